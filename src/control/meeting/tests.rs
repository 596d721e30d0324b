//! A meeting's rules, told in sentences. Outputs are drained into short lines; records are left out.

mod announced;
mod leaving;
mod limits;
mod lobby;
mod mute;
mod passcodes;
mod recording;
mod running;
mod starting;
mod terms;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::control::call::{Digits, Language};
use crate::control::policy::{KeyCommand, OrganizerId, Policy};

const AMOS: u32 = 100;
const KIM: u32 = 200;

struct Bench {
    meeting: Meeting,
    terms: Terms,
    now: Instant,
    check: Option<(CheckId, LegId)>,
    announcing: Option<AnnouncementId>,
    asked: Option<(TermsId, LegId)>,
    holds_terms: bool,
    out: Vec<String>,
}

impl Bench {
    fn with(settings: &[(&str, &str)]) -> Self {
        let mut policy = Policy::default();
        settings.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        let terms = Terms {
            organizer: OrganizerId(0),
            version: 0,
            enabled: true,
            anonymous_start: false,
            passcode: false,
            refuses_toll_free: false,
            language: Language::EnUs,
            policy: Arc::new(policy),
        };
        Self {
            meeting: Meeting::new(MeetingId(0), Epoch(0), terms.clone()),
            terms,
            now: Instant::ZERO,
            check: None,
            announcing: None,
            asked: None,
            holds_terms: false,
            out: Vec::new(),
        }
    }

    fn anonymous() -> Self {
        let mut bench = Self::with(&[]);
        bench.terms.anonymous_start = true;
        bench
    }

    /// Amos has started it, with these callers released from the lobby.
    fn running(settings: &[(&str, &str)], released: &[u32]) -> Self {
        let mut bench = Self::with(settings);
        released.iter().for_each(|leg| bench.parks(*leg));
        bench.starts();
        bench.out.clear();
        bench
    }

    fn input(&mut self, input: Input) {
        self.meeting.handle_input(self.now, input);
        self.drain();
    }

    fn arrives(&mut self, leg: u32) {
        let terms = self.terms.clone();
        self.input(Input::Arrive {
            leg: LegId::new(leg.into()),
            who: CallerKind::Phone,
            number: None,
            terms,
        });
    }

    fn signs_in(&mut self, leg: u32, organizer: bool) {
        let terms = self.terms.clone();
        self.input(Input::Arrive {
            leg: LegId::new(leg.into()),
            who: CallerKind::SignedIn { organizer },
            number: None,
            terms,
        });
    }

    fn enters(&mut self, leg: u32) {
        self.input(Input::Enter { leg: LegId::new(leg.into()), name_millis: 0 });
    }

    fn parks(&mut self, leg: u32) {
        self.arrives(leg);
        self.enters(leg);
    }

    fn keys_pin(&mut self, leg: u32) {
        let entry = PinEntry::new(Digits::from_symbols("27182").unwrap());
        self.input(Input::PinEntered { leg: LegId::new(leg.into()), entry });
    }

    fn checked(&mut self, verdict: PinVerdict) {
        let check = self.check.take().unwrap();
        self.answered(check, verdict);
    }

    fn answered(&mut self, (check, leg): (CheckId, LegId), verdict: PinVerdict) {
        self.input(Input::PinChecked { check, leg, result: Ok(verdict) });
    }

    fn starts(&mut self) {
        self.arrives(AMOS);
        self.keys_pin(AMOS);
        self.checked(PinVerdict::Right);
    }

    fn command(&mut self, leg: u32, command: KeyCommand) {
        self.input(Input::Command { leg: LegId::new(leg.into()), command, organizers_keys: false });
    }

    fn leaves(&mut self, leg: u32) {
        self.input(Input::Leave { leg: LegId::new(leg.into()) });
    }

    fn after(&mut self, secs: u64) {
        let until = self.now + Duration::from_secs(secs);
        while let Some(due) = self.meeting.poll_timeout().filter(|due| *due <= until) {
            self.now = due;
            self.meeting.handle_timeout(due);
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        while let Some(output) = self.meeting.poll_output() {
            let line = match output {
                Output::CheckPin { check, leg, secret, .. } => {
                    self.check = Some((check, leg));
                    match secret {
                        Secret::Pin => "check PIN".to_owned(),
                        Secret::Passcode => "check passcode".to_owned(),
                        Secret::Either => "check passcode or PIN".to_owned(),
                    }
                }
                Output::AskTerms { question, leg, .. } => {
                    self.asked = Some((question, leg));
                    continue;
                }
                Output::Notify { leg, notice } => format!("{}: {}", leg.number(), word(&notice)),
                Output::Announce { prompt, announcement, .. } => {
                    self.announcing = Some(announcement);
                    format!("all: {}", prompt.name())
                }
                Output::StopAnnouncing => "all: silence".to_owned(),
                Output::Record(_) => continue,
            };
            self.out.push(line);
        }
        if !self.holds_terms && self.asked.is_some() {
            self.terms_are(Ok(self.terms.clone()));
        }
    }

    #[track_caller]
    fn puts_out(&mut self, lines: &[&str]) {
        assert_eq!(std::mem::take(&mut self.out), lines);
    }
}

fn word(notice: &Notice) -> String {
    match notice {
        Notice::AskOrganizer => "ask".into(),
        Notice::Proceed => "go in".into(),
        Notice::AskPasscode { asks_organizer: true } => "passcode, then ask".into(),
        Notice::AskPasscode { asks_organizer: false } => "passcode".into(),
        Notice::PasscodeAccepted { asks_organizer: true } => "passcode right, ask".into(),
        Notice::PasscodeAccepted { asks_organizer: false } => "passcode right".into(),
        Notice::PasscodeRejected { tries_left } => format!("wrong passcode, {tries_left} left"),
        Notice::Full => "full".into(),
        Notice::Locked => "locked".into(),
        Notice::Parked(Parking::ForOrganizer) => "wait for organizer".into(),
        Notice::Parked(Parking::ForOthers) => "wait for others".into(),
        Notice::Parked(Parking::ForAdmission) => "wait to be let in".into(),
        Notice::Parked(Parking::OrganizerLeft) => "wait again".into(),
        Notice::MusicRestarts => "music again".into(),
        Notice::Admitted(admission) => format!("in by {}", admission.name()),
        Notice::PinRejected { tries_left } => format!("wrong PIN, {tries_left} left"),
        Notice::TryLater => "try later".into(),
        Notice::Promoted => "promoted".into(),
        Notice::LobbyTimeout { running } => format!("waited too long, running {running}"),
        Notice::Ended(reason) => format!("ended by {}", reason.name()),
        Notice::RollCall { others, names } => format!("{others} others, {} names", names.len()),
        Notice::SomebodyWaits { words: false, .. } => "somebody waits, by tone".into(),
        Notice::SomebodyWaits { words: true, name } => format!("somebody waits, name {}", name.is_some()),
        Notice::LobbyCount { waiting } => format!("{waiting} wait"),
        Notice::AdmitOrDeny { leg, name_millis } => format!("admit {}, name {name_millis}", leg.number()),
        Notice::Announced { prompts } => {
            prompts.iter().map(|prompt| prompt.name()).collect::<Vec<_>>().join(" ")
        }
        Notice::OwnTone => "own tone".into(),
        Notice::MeetingCount { joined } => format!("{joined} there"),
        Notice::Recording { on } => format!("recording {on}"),
        Notice::IsRecorded => "is recorded".into(),
        Notice::HangsUp => "hangs up".into(),
        Notice::Menu => "menu".into(),
        Notice::Muted { muted, by_organizer } => format!("muted {muted}, by organizer {by_organizer}"),
        Notice::CannotUnmute => "may not unmute".into(),
        Notice::Hand { raised } => format!("hand raised {raised}"),
        Notice::Removed => "removed".into(),
        Notice::Refused => "refused".into(),
        Notice::Done => "done".into(),
        Notice::Denied => "denied".into(),
    }
}

#[test]
fn callers_wait_and_the_right_pin_releases_them_all_in_order() {
    let mut bench = Bench::with(&[]);
    for leg in [3, 1, 2] {
        bench.parks(leg);
    }
    bench.out.clear();
    bench.starts();
    bench.puts_out(&[
        "100: ask",
        "check PIN",
        "100: in by pin",
        "3: in by released",
        "1: in by released",
        "2: in by released",
    ]);
}

#[test]
fn one_who_is_asked_when_the_meeting_starts_goes_in_at_once() {
    let mut bench = Bench::with(&[]);
    bench.arrives(1);
    bench.starts();
    bench.enters(1);
    bench.puts_out(&["1: ask", "100: ask", "check PIN", "100: in by pin", "1: in by direct"]);
}

#[test]
fn who_comes_to_a_running_meeting_is_not_asked() {
    let mut bench = Bench::running(&[], &[]);
    bench.parks(1);
    bench.puts_out(&["1: go in", "all: someone-joined", "1: in by direct"]);
}

#[test]
fn a_wrong_pin_starts_nothing_and_counts_down() {
    let mut bench = Bench::with(&[]);
    bench.arrives(1);
    for _ in 0..3 {
        bench.keys_pin(1);
        bench.checked(PinVerdict::Wrong);
    }
    bench.puts_out(&[
        "1: ask",
        "check PIN",
        "1: wrong PIN, 2 left",
        "check PIN",
        "1: wrong PIN, 1 left",
        "check PIN",
        "1: wrong PIN, 0 left",
    ]);
    assert!(!bench.meeting.is_running());
}

#[test]
fn an_unanswered_pin_check_is_repeated_once() {
    let mut bench = Bench::with(&[]);
    bench.arrives(1);
    bench.keys_pin(1);
    let first = bench.check.unwrap();
    bench.after(6);
    bench.answered(first, PinVerdict::Right);
    bench.puts_out(&["1: ask", "check PIN", "check PIN", "1: try later"]);
    assert!(!bench.meeting.is_running(), "an answer that comes too late starts nothing");
}

#[test]
fn an_answer_to_an_earlier_epoch_is_dropped() {
    let mut bench = Bench::with(&[]);
    bench.arrives(AMOS);
    bench.keys_pin(AMOS);
    let before = bench.check.unwrap();
    bench.leaves(AMOS);
    assert!(bench.meeting.is_idle());
    bench.meeting = Meeting::new(MeetingId(0), Epoch(1), bench.terms.clone());
    bench.arrives(1);
    bench.keys_pin(1);
    bench.out.clear();
    bench.answered(before, PinVerdict::Right);
    bench.answered((before.0, LegId::new(1)), PinVerdict::Right);
    bench.puts_out(&[]);
    bench.checked(PinVerdict::Wrong);
    bench.puts_out(&["1: wrong PIN, 2 left"]);
}

#[test]
fn an_answer_counts_only_for_the_leg_that_it_names() {
    let mut bench = Bench::with(&[]);
    bench.arrives(1);
    bench.keys_pin(1);
    let (check, _) = bench.check.unwrap();
    bench.out.clear();
    bench.answered((check, LegId::new(2)), PinVerdict::Right);
    bench.puts_out(&[]);
}

#[test]
fn an_announcement_of_an_earlier_opening_ends_none_of_this_one() {
    let mut bench = Bench::running(&[], &[]);
    bench.parks(1);
    let before = bench.announcing.unwrap();
    let mut again = Bench::running(&[], &[]);
    again.meeting = Meeting::new(MeetingId(0), Epoch(1), again.terms.clone());
    again.starts();
    again.parks(1);
    again.parks(2);
    again.out.clear();
    again.input(Input::AnnouncementFinished { announcement: before });
    again.puts_out(&[]);
}

#[test]
fn the_answer_for_a_caller_who_has_gone_starts_nothing() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.arrives(AMOS);
    bench.keys_pin(AMOS);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.checked(PinVerdict::Right);
    bench.puts_out(&[]);
    assert_eq!((bench.meeting.is_running(), bench.meeting.waiting()), (false, 1));
}

#[test]
fn a_late_correct_pin_gives_a_participant_organizer_rights() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.keys_pin(1);
    bench.signs_in(KIM, false);
    bench.out.clear();
    bench.checked(PinVerdict::Right);
    bench.command(1, KeyCommand::Lock);
    bench.puts_out(&["1: promoted", "1: done"]);
}

#[test]
fn a_signed_in_user_starts_the_meeting() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.signs_in(KIM, false);
    bench.puts_out(&["1: ask", "1: wait for organizer", "200: in by client", "1: in by released"]);
}

#[test]
fn an_anonymous_starter_has_no_organizer_rights() {
    let mut bench = Bench::anonymous();
    bench.parks(1);
    bench.command(1, KeyCommand::Lock);
    bench.puts_out(&["1: go in", "1: in by direct", "1: denied"]);
}

#[test]
fn a_signed_in_user_admitted_from_the_lobby_is_authenticated() {
    let mut bench = Bench::running(&[("entry_exit_notifications", "false")], &[]);
    bench.command(AMOS, KeyCommand::Lock);
    bench.signs_in(KIM, false);
    bench.command(AMOS, KeyCommand::AdmitAll);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.after(91 * 60);
    bench.puts_out(&[]);
}

#[test]
fn a_signed_in_user_in_the_lobby_starts_the_next_meeting() {
    let mut bench = Bench::running(&[], &[]);
    bench.command(AMOS, KeyCommand::Lock);
    bench.signs_in(KIM, false);
    bench.parks(1);
    bench.out.clear();
    bench.leaves(AMOS);
    bench.puts_out(&["200: in by client", "1: in by released"]);
}

#[test]
fn the_pin_opens_a_locked_meeting() {
    let mut bench = Bench::running(&[], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(1);
    bench.keys_pin(1);
    bench.out.clear();
    bench.checked(PinVerdict::Right);
    bench.puts_out(&["all: someone-joined", "1: in by pin"]);
}

#[test]
fn one_place_is_kept_until_an_organizer_is_authenticated() {
    let mut bench = Bench::with(&[("capacity", "3")]);
    bench.parks(1);
    bench.parks(2);
    bench.parks(3);
    bench.out.clear();
    bench.starts();
    bench.arrives(4);
    bench.puts_out(&[
        "100: ask",
        "check PIN",
        "100: in by pin",
        "1: in by released",
        "2: in by released",
        "4: full",
    ]);
}

#[test]
fn the_place_that_was_kept_is_anybodys_once_the_organizer_is_in() {
    let settings = [("capacity", "3"), ("entry_exit_notifications", "false")];
    let mut bench = Bench::running(&settings, &[]);
    bench.signs_in(KIM, false);
    bench.parks(1);
    bench.parks(2);
    bench.arrives(3);
    bench.puts_out(&[
        "200: in by client",
        "1: go in",
        "1: in by direct",
        "2: go in",
        "2: in by direct",
        "3: full",
    ]);
}

#[test]
fn where_all_are_asked_a_full_meeting_asks_nobody() {
    let mut bench = Bench::running(&[("capacity", "1"), ("asks_for_organizer", "always")], &[]);
    bench.arrives(1);
    bench.puts_out(&["1: full"]);
}

#[test]
fn a_correct_pin_needs_a_place_in_the_meeting() {
    let mut bench = Bench::with(&[("capacity", "3")]);
    bench.parks(1);
    bench.parks(2);
    bench.arrives(3);
    Arc::make_mut(&mut bench.terms.policy).set("capacity", "2").unwrap();
    let terms = bench.terms.clone();
    bench.input(Input::NewTerms { terms });
    bench.out.clear();
    bench.keys_pin(3);
    bench.checked(PinVerdict::Right);
    bench.keys_pin(1);
    bench.checked(PinVerdict::Right);
    bench.puts_out(&["check PIN", "3: full", "check PIN", "1: in by pin", "2: in by released"]);
}

#[test]
fn leaving_cancels_the_own_pin_check_and_no_other() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.parks(2);
    bench.keys_pin(1);
    let first = bench.check.take().unwrap();
    bench.keys_pin(2);
    bench.leaves(2);
    bench.out.clear();
    bench.after(2);
    bench.puts_out(&[]);
    bench.after(1);
    bench.puts_out(&["check PIN"]);
    bench.answered(first, PinVerdict::Right);
    bench.puts_out(&["1: in by pin"]);
}

#[test]
fn a_caller_held_by_a_lock_starts_the_next_meeting() {
    let mut bench = Bench::anonymous();
    bench.parks(1);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(2);
    bench.out.clear();
    bench.leaves(1);
    bench.puts_out(&["2: in by direct"]);
}

#[test]
fn after_everybody_left_the_next_meeting_waits_again() {
    let mut bench = Bench::running(&[], &[1]);
    bench.command(AMOS, KeyCommand::Lock);
    bench.leaves(AMOS);
    bench.leaves(1);
    assert!(bench.meeting.is_idle());
    bench.out.clear();
    bench.parks(2);
    bench.puts_out(&["2: ask", "2: wait for organizer"]);
}

#[test]
fn arrivals_restart_the_music_of_waiting_callers_only() {
    let mut bench = Bench::with(&[("music_policy", "restart")]);
    bench.parks(2);
    bench.parks(1);
    bench.arrives(4);
    bench.out.clear();
    bench.parks(3);
    bench.puts_out(&["3: ask", "2: music again", "1: music again", "3: wait for organizer"]);
    bench.starts();
    bench.command(AMOS, KeyCommand::Lock);
    bench.out.clear();
    bench.parks(5);
    bench.parks(6);
    bench.puts_out(&[
        "5: go in",
        "5: wait to be let in",
        "6: go in",
        "5: music again",
        "6: wait to be let in",
    ]);
}

#[test]
fn callers_who_wait_after_the_start_have_not_come_again() {
    let settings = [("music_policy", "restart"), ("release_on_start", "false")];
    let mut bench = Bench::with(&settings);
    bench.parks(1);
    bench.parks(2);
    bench.out.clear();
    bench.starts();
    bench.puts_out(&["100: ask", "check PIN", "100: in by pin", "100: somebody waits, name false"]);
}

#[test]
fn phone_callers_stay_in_the_lobby_if_configured() {
    let mut bench = Bench::with(&[("phone_callers_bypass_lobby", "false")]);
    bench.parks(1);
    bench.parks(2);
    bench.arrives(3);
    bench.out.clear();
    bench.starts();
    bench.enters(3);
    bench.signs_in(KIM, false);
    bench.command(AMOS, KeyCommand::AdmitAll);
    bench.puts_out(&[
        "100: ask",
        "check PIN",
        "100: in by pin",
        "1: wait to be let in",
        "2: wait to be let in",
        "100: somebody waits, name false",
        "3: wait to be let in",
        "all: someone-joined",
        "200: in by client",
        "100: done",
        "1: in by admitted",
        "2: in by admitted",
        "3: in by admitted",
    ]);
    assert_eq!(bench.meeting.waiting(), 0);
}

#[test]
fn where_that_is_set_a_locked_meeting_turns_newcomers_away() {
    let mut bench = Bench::running(&[("locked_newcomers", "refused")], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(1);
    bench.signs_in(KIM, false);
    bench.input(Input::SetLocked { locked: false });
    bench.parks(2);
    bench.puts_out(&[
        "1: go in",
        "1: locked",
        "200: locked",
        "2: go in",
        "all: someone-joined",
        "2: in by direct",
    ]);
}
