//! The attendant's dialog, told in sentences. Outputs are drained into short lines.

mod administered;
mod admission;
mod commands;
mod fields;
mod stray_keys;

use std::time::Duration;

use super::*;
use crate::control::call::{Digit, LegEvent, Source};
use crate::control::event::{Admission, EndReason, Event};
use crate::control::meeting::{self, Notice, Parking, Unavailable};
use crate::control::policy::{OrganizerId, Terms};

/// A call on the bench: what the attendant put out since it was last looked at.
struct Call {
    attendant: Attendant,
    now: Instant,
    playing: Option<PlaybackId>,
    question: Option<QuestionId>,
    /// Since when the loop runs that was heard last.
    music: Option<Instant>,
    out: Vec<String>,
}

impl Call {
    fn with(settings: &[(&str, &str)]) -> Self {
        let mut policy = Policy::default();
        settings.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        let attendant = Attendant::new(LegId::new(7), Arc::new(policy));
        Self { attendant, now: Instant::ZERO, playing: None, question: None, music: None, out: Vec::new() }
    }

    /// Answered, and asked for the conference ID to the prompt's end.
    fn asked() -> Self {
        Self::asked_with(&[])
    }

    fn asked_with(settings: &[(&str, &str)]) -> Self {
        let mut call = Self::with(settings);
        call.input(Input::Arrived(Dialled::Number(Arc::default())));
        call.listen();
        call.out.clear();
        call
    }

    /// Has named the meeting, which waits for its organizer.
    fn at_the_door(settings: &[(&str, &str)]) -> Self {
        let mut call = Self::asked_with(settings);
        call.keys("3141592#");
        call.found(true);
        call.notice(Notice::AskOrganizer);
        call.out.clear();
        call
    }

    fn in_lobby() -> Self {
        Self::waiting(&[("name_recording", "false")])
    }

    /// Has come to the lobby, with names not recorded.
    fn waiting(settings: &[(&str, &str)]) -> Self {
        let mut call = Self::at_the_door(settings);
        call.listen();
        call.after(5);
        call.notice(Notice::Parked(Parking::ForOrganizer));
        call.listen();
        call.out.clear();
        call
    }

    fn joined() -> Self {
        let mut call = Self::in_lobby();
        call.notice(Notice::Admitted(Admission::Released));
        call.listen();
        call.out.clear();
        call
    }

    fn input(&mut self, input: Input) {
        self.attendant.handle_input(self.now, input);
        self.drain();
    }

    fn notice(&mut self, notice: Notice) {
        self.input(Input::Notice(notice));
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.input(Input::Leg(LegEvent::Digit(Digit::from_symbol(key).unwrap())));
        }
    }

    /// Every prompt is heard to its end, which takes no time here.
    fn listen(&mut self) {
        while let Some(playback) = self.playing.take() {
            self.input(Input::Leg(LegEvent::PlaybackFinished(playback)));
        }
    }

    fn after(&mut self, secs: u64) {
        let until = self.now + Duration::from_secs(secs);
        while let Some(due) = self.attendant.poll_timeout().filter(|due| *due <= until) {
            self.now = due;
            self.attendant.handle_timeout(due);
            self.drain();
        }
        self.now = until;
    }

    fn found(&mut self, found: bool) {
        let terms = Terms {
            organizer: OrganizerId(0),
            version: 0,
            enabled: true,
            anonymous_start: false,
            passcode: false,
            refuses_toll_free: false,
            language: Language::EnUs,
            policy: Arc::default(),
        };
        let question = self.question.unwrap();
        let found = found.then_some(Found { meeting: MeetingId(3), terms });
        self.input(Input::MeetingFound { question, result: Ok(found) });
    }

    fn drain(&mut self) {
        while let Some(output) = self.attendant.poll_output() {
            let line = match output {
                Output::Leg(LegCommand::Answer) => "answer".to_owned(),
                Output::Leg(LegCommand::HangUp(_)) => "hang up".to_owned(),
                Output::Leg(LegCommand::Hear(source)) => self.hear(source),
                Output::FindMeeting { question, key } => {
                    self.question = Some(question);
                    match key {
                        MeetingKey::ConferenceId(digits) => format!("find {}", digits.reveal()),
                        MeetingKey::Organizer(_) => "find the organizer's".to_owned(),
                    }
                }
                Output::Tell(_, input) => tell(&input),
                Output::Record(Event::Call(CallEvent::Finished { outcome, .. })) => {
                    format!("over: {}", outcome.name())
                }
                Output::Record(Event::Call(CallEvent::KeysIgnored { count, .. })) => {
                    format!("{count} ignored")
                }
                Output::Record(Event::Call(CallEvent::DirectoryFailed { again, .. })) => {
                    let then = if again { "again" } else { "no more" };
                    format!("failed, asked {then}")
                }
                Output::Record(_) => continue,
            };
            self.out.push(line);
        }
    }

    fn hear(&mut self, source: Source) -> String {
        self.playing = None;
        match source {
            Source::Silence => "silence".to_owned(),
            Source::HoldMusic { begun } => {
                self.music = Some(begun);
                "music".to_owned()
            }
            Source::Conference => "conference".to_owned(),
            Source::Prompt { playback, prompt, language } => {
                self.playing = Some(playback);
                if language == Language::EnUs {
                    prompt.name().to_owned()
                } else {
                    format!("{} ({})", prompt.name(), language.tag())
                }
            }
        }
    }

    #[track_caller]
    fn puts_out(&mut self, lines: &[&str]) {
        assert_eq!(std::mem::take(&mut self.out), lines);
    }
}

fn tell(input: &meeting::Input) -> String {
    match input {
        meeting::Input::Arrive { .. } => "tell: arrives".to_owned(),
        meeting::Input::Enter { name_millis, .. } => format!("tell: enters, name {name_millis} ms"),
        meeting::Input::PinEntered { .. } => "tell: keyed a PIN".to_owned(),
        meeting::Input::PasscodeEntered { tries_left, .. } => {
            format!("tell: keyed a passcode, {tries_left} left")
        }
        meeting::Input::Command { command, .. } => format!("tell: {command:?}"),
        meeting::Input::Decide { leg, admit: true, .. } => format!("tell: admits {}", leg.number()),
        meeting::Input::Decide { leg, admit: false, .. } => format!("tell: denies {}", leg.number()),
        meeting::Input::Leave { .. } => "tell: leaves".to_owned(),
        meeting::Input::PinChecked { .. }
        | meeting::Input::NewTerms { .. }
        | meeting::Input::TermsFound { .. }
        | meeting::Input::AnnouncementFinished { .. }
        | meeting::Input::Admit { .. }
        | meeting::Input::Remove { .. }
        | meeting::Input::Refuse { .. }
        | meeting::Input::SetMuted { .. }
        | meeting::Input::SetLocked { .. }
        | meeting::Input::SetRecording { .. }
        | meeting::Input::End => panic!("an attendant never says {input:?}"),
    }
}

#[test]
fn a_call_is_answered_welcomed_and_asked_for_the_conference_id() {
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::Number(Arc::default())));
    call.listen();
    call.puts_out(&["answer", "welcome", "enter-conference-id", "silence"]);
}

#[test]
fn a_number_that_is_none_of_ours_is_busy() {
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::UnknownNumber));
    call.puts_out(&["hang up", "over: refused(no-such-number)"]);
}

#[test]
fn a_star_and_a_digit_switch_to_a_secondary_language() {
    let number =
        ServiceNumber { secondary: vec![Language::DeDe, Language::FrFr], ..ServiceNumber::default() };
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::Number(Arc::new(number))));
    call.listen();
    call.puts_out(&[
        "answer",
        "welcome",
        "welcome (de-DE)",
        "welcome (fr-FR)",
        "enter-conference-id",
        "silence",
    ]);
    call.keys("31*2");
    call.puts_out(&["enter-conference-id (fr-FR)"]);
    call.keys("3141592#");
    call.puts_out(&["silence", "find 3141592"]);
}

#[test]
fn an_unknown_language_key_is_ignored() {
    let mut call = Call::asked();
    call.keys("314*41592#");
    call.puts_out(&["2 ignored", "find 3141592"]);
}

#[test]
fn a_key_stops_all_prompts_and_counts() {
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::Number(Arc::default())));
    call.keys("3141592#");
    call.puts_out(&["answer", "welcome", "silence", "find 3141592"]);
}

#[test]
fn the_end_of_a_prompt_that_was_cut_changes_nothing() {
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::Number(Arc::default())));
    let cut = call.playing.unwrap();
    call.keys("3");
    call.out.clear();
    call.input(Input::Leg(LegEvent::PlaybackFinished(cut)));
    call.puts_out(&[]);
}

#[test]
fn the_first_digit_timeout_starts_at_the_prompts_end() {
    let mut call = Call::asked();
    call.after(9);
    call.puts_out(&[]);
    call.after(1);
    call.puts_out(&["no-input"]);
}

#[test]
fn the_interdigit_timeout_ends_an_entry_as_pound_does() {
    let mut call = Call::asked();
    call.keys("314");
    call.after(4);
    call.keys("1592");
    call.after(4);
    call.puts_out(&[]);
    call.after(1);
    call.puts_out(&["find 3141592"]);
}

#[test]
fn silence_counts_as_one_of_three_conference_id_tries() {
    let mut call = Call::asked();
    call.after(10);
    call.listen();
    call.puts_out(&["no-input", "enter-conference-id", "silence"]);
    call.keys("1234567890123#");
    call.listen();
    call.puts_out(&["invalid-conference-id", "please-try-again", "enter-conference-id", "silence"]);
    call.keys("999#");
    call.found(false);
    call.listen();
    call.puts_out(&[
        "find 999",
        "invalid-conference-id",
        "too-many-attempts",
        "goodbye",
        "hang up",
        "over: refused(too-many-attempts)",
    ]);
}

#[test]
fn a_silent_directory_is_asked_twice_then_the_caller_again() {
    let mut call = Call::asked();
    call.keys("314#");
    let first = call.question;
    call.after(3);
    call.puts_out(&["find 314", "failed, asked again", "find 314"]);
    assert_ne!(call.question, first);
    call.after(3);
    call.listen();
    call.puts_out(&["failed, asked no more", "technical-error", "enter-conference-id", "silence"]);
}

#[test]
fn an_answer_to_a_question_that_was_given_up_is_dropped() {
    let mut call = Call::asked();
    call.keys("314#");
    let first = call.question.unwrap();
    call.after(3);
    call.out.clear();
    call.input(Input::MeetingFound { question: first, result: Ok(None) });
    call.puts_out(&[]);
    call.input(Input::MeetingFound { question: call.question.unwrap(), result: Err(Unavailable) });
    call.puts_out(&["failed, asked no more", "technical-error"]);
}

#[test]
fn silence_leads_to_name_recording_and_the_lobby() {
    let mut call = Call::at_the_door(&[]);
    call.listen();
    call.after(5);
    call.listen();
    call.puts_out(&["silence", "say-your-name", "high-tone", "silence"]);
    call.after(2);
    call.keys("#");
    call.puts_out(&["tell: enters, name 2000 ms"]);
}

#[test]
fn ten_seconds_without_pound_are_no_name() {
    let mut call = Call::at_the_door(&[]);
    call.keys("5");
    call.listen();
    call.out.clear();
    call.after(10);
    call.puts_out(&["tell: enters, name 0 ms"]);
}

#[test]
fn a_call_that_left_its_meeting_takes_nothing_from_it_any_more() {
    let mut call = Call::at_the_door(&[("after_last_pin", "hang_up")]);
    call.keys("*1#");
    call.notice(Notice::PinRejected { tries_left: 0 });
    call.out.clear();
    call.notice(Notice::Admitted(Admission::Released));
    call.puts_out(&[]);
}

#[test]
fn a_wrong_pin_is_asked_for_again_and_the_last_one_leads_in() {
    let mut call = Call::at_the_door(&[("name_recording", "false")]);
    call.keys("*1#");
    call.notice(Notice::PinRejected { tries_left: 1 });
    call.listen();
    call.keys("2#");
    call.out.clear();
    call.notice(Notice::PinRejected { tries_left: 0 });
    call.puts_out(&["invalid-pin"]);
    call.listen();
    call.puts_out(&["tell: enters, name 0 ms"]);
}

#[test]
fn the_last_wrong_pin_ends_the_call_where_that_is_set() {
    let mut call = Call::at_the_door(&[("after_last_pin", "hang_up")]);
    call.keys("*1#");
    call.out.clear();
    call.notice(Notice::PinRejected { tries_left: 0 });
    call.listen();
    call.puts_out(&[
        "tell: leaves",
        "invalid-pin",
        "too-many-attempts",
        "goodbye",
        "hang up",
        "over: refused(too-many-pins)",
    ]);
}

#[test]
fn silence_for_a_pin_is_no_try_and_leads_in() {
    let mut call = Call::at_the_door(&[("name_recording", "false")]);
    call.keys("*");
    call.listen();
    call.out.clear();
    call.after(10);
    call.listen();
    call.puts_out(&["no-input", "tell: enters, name 0 ms"]);
}

#[test]
fn silence_after_a_star_in_the_lobby_returns_to_the_music() {
    let mut call = Call::in_lobby();
    call.keys("*");
    call.listen();
    call.after(10);
    call.puts_out(&["enter-pin", "silence", "music"]);
}

#[test]
fn a_star_in_the_lobby_answers_with_a_tone_when_no_try_is_left() {
    let mut call = Call::in_lobby();
    call.keys("*1#");
    call.notice(Notice::PinRejected { tries_left: 0 });
    call.listen();
    call.out.clear();
    call.keys("*");
    call.listen();
    call.puts_out(&["low-tone", "music"]);
}

#[test]
fn other_keys_in_the_lobby_leave_the_music_alone() {
    let mut call = Call::in_lobby();
    call.keys("5#");
    call.puts_out(&["1 ignored", "1 ignored"]);
}

#[test]
fn an_unchecked_pin_is_a_technical_error() {
    let mut call = Call::in_lobby();
    call.keys("*27182#");
    call.out.clear();
    call.notice(Notice::TryLater);
    call.listen();
    call.puts_out(&["technical-error", "enter-pin", "silence"]);
}

#[test]
fn joining_during_pin_entry_discards_the_keys() {
    let mut call = Call::in_lobby();
    call.keys("*271");
    call.out.clear();
    call.notice(Notice::Admitted(Admission::Released));
    call.keys("82");
    call.listen();
    call.after(60);
    call.puts_out(&["meeting-started", "1 ignored", "1 ignored", "conference"]);
}

#[test]
fn a_star_and_a_digit_give_a_command_in_the_meeting() {
    let mut call = Call::joined();
    call.keys("*6*3*2");
    call.listen();
    call.puts_out(&["tell: Mute", "tell: RollCall", "low-tone", "conference"]);
}

#[test]
fn the_menu_is_read_out_and_stopped_by_the_next_star() {
    let mut call = Call::joined();
    call.keys("*1");
    call.notice(Notice::Menu);
    call.keys("*5");
    call.puts_out(&["tell: Help", "help-menu", "conference", "tell: Hand"]);
}

#[test]
fn a_star_alone_is_forgotten_after_the_interdigit_timeout() {
    let mut call = Call::joined();
    call.keys("*");
    call.after(5);
    call.keys("6");
    call.puts_out(&["1 ignored", "1 ignored"]);
}

#[test]
fn a_roll_call_counts_the_others_and_reads_their_names() {
    for (others, said) in [
        (0, vec!["only-participant"]),
        (1, vec!["one-other-participant"]),
        (2, vec!["there-are", "digits/2", "other-participants"]),
        (20, vec!["there-are", "digits/20", "other-participants"]),
        (21, vec!["many-participants"]),
        (300, vec!["many-participants"]),
    ] {
        let mut call = Call::joined();
        let names = [(LegId::new(1), 900_u16)].into();
        call.notice(Notice::RollCall { others, names });
        call.listen();
        call.puts_out(&[said, vec!["recorded-name", "conference"]].concat());
    }
}

#[test]
fn how_a_call_stood_when_the_caller_hung_up_is_its_outcome() {
    let gone = |mut call: Call, cause| {
        call.input(Input::Leg(LegEvent::HungUp(cause)));
        call.out.pop().unwrap()
    };
    let mut keying_pin = Call::in_lobby();
    keying_pin.keys("*2");
    let mut ended = Call::joined();
    ended.notice(Notice::Ended(EndReason::Person));
    assert_eq!(gone(Call::asked(), HangupCause::Caller), "over: abandoned");
    assert_eq!(gone(Call::at_the_door(&[]), HangupCause::Caller), "over: abandoned");
    assert_eq!(gone(Call::in_lobby(), HangupCause::Caller), "over: lobby-hangup");
    assert_eq!(gone(keying_pin, HangupCause::Caller), "over: lobby-hangup");
    assert_eq!(gone(Call::joined(), HangupCause::Caller), "over: joined");
    assert_eq!(gone(Call::asked(), HangupCause::Cancelled), "over: abandoned");
    for cause in [HangupCause::Lost, HangupCause::NoAck, HangupCause::MediaGone] {
        assert_eq!(gone(Call::joined(), cause), "over: failed(lost)");
    }
    assert_eq!(gone(ended, HangupCause::Caller), "over: ended");
}

#[test]
fn a_hang_up_leaves_no_timer_and_tells_the_meeting() {
    let mut call = Call::in_lobby();
    call.keys("*271");
    call.out.clear();
    call.input(Input::Leg(LegEvent::HungUp(HangupCause::Caller)));
    call.puts_out(&["tell: leaves", "over: lobby-hangup"]);
    assert_eq!(call.attendant.poll_timeout(), None);
    call.keys("82#");
    call.notice(Notice::Admitted(Admission::Pin));
    call.puts_out(&[]);
}

#[test]
fn the_client_app_hears_no_prompts() {
    let mut call = Call::with(&[]);
    call.input(Input::Arrived(Dialled::App { organizer: OrganizerId(0), own: true }));
    call.found(true);
    call.notice(Notice::Admitted(Admission::Client));
    call.puts_out(&["answer", "find the organizer's", "tell: arrives", "conference"]);
    call.notice(Notice::Ended(EndReason::Limit));
    call.puts_out(&["tell: leaves", "hang up", "over: ended"]);
}

#[test]
fn arrivals_restart_the_music_if_the_policy_says_so() {
    let mut call = Call::waiting(&[("name_recording", "false"), ("music_policy", "restart")]);
    call.after(30);
    call.notice(Notice::MusicRestarts);
    call.puts_out(&["music"]);
    assert_eq!(call.music, Some(call.now));
    let restarted = call.now;
    call.keys("*");
    call.after(2);
    call.notice(Notice::MusicRestarts);
    call.puts_out(&["enter-pin"]);
    call.listen();
    call.after(10);
    assert_eq!(call.music, Some(restarted + Duration::from_secs(2)));

    let mut undisturbed = Call::in_lobby();
    undisturbed.after(30);
    undisturbed.notice(Notice::MusicRestarts);
    undisturbed.puts_out(&[]);
}

#[test]
fn resumed_music_pauses_during_pin_entry() {
    let mut call = Call::waiting(&[("name_recording", "false"), ("music_policy", "resume")]);
    let begun = call.music.unwrap();
    call.after(30);
    call.keys("*");
    call.listen();
    call.after(10);
    call.puts_out(&["enter-pin", "silence", "music"]);
    assert_eq!(call.music, Some(begun + Duration::from_secs(10)));
}
