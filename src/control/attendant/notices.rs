//! Plays to the caller what the meeting's notices mean.

use super::{Attendant, State};
use crate::control::call::{Digits, HangupCause, Language, Prompt, Source, Tone};
use crate::control::event::{Admission, EndReason, Outcome, Refusal};
use crate::control::meeting::{Notice, Parking};
use crate::control::policy::MusicPolicy;
use crate::control::time::Instant;

/// The most others that a roll call counts out; beyond, `many-participants` (BEHAVIOUR section 2).
const COUNTED_MAX: u8 = 20;
/// The most names that a roll call reads out: as many as it counts.
const NAMES_MAX: usize = COUNTED_MAX as usize;

/// Prompts that wait to be said, beyond which no arrival or departure is told in private.
const ANNOUNCED_MAX: usize = 32;

impl Attendant {
    pub(super) fn notice(&mut self, now: Instant, notice: Notice) {
        // A call that has left the meeting takes nothing from it any more.
        if self.meeting.is_none() {
            return;
        }
        match notice {
            Notice::AskOrganizer => self.ask_fields(now, false, true),
            Notice::Proceed => self.ask_fields(now, false, false),
            Notice::AskPasscode { asks_organizer } => self.ask_fields(now, true, asks_organizer),
            Notice::PasscodeAccepted { asks_organizer } => self.passcode_accepted(now, asks_organizer),
            Notice::PasscodeRejected { tries_left } => {
                self.passcode_failed(now, tries_left, Prompt::InvalidPasscode);
            }
            Notice::Full => {
                let outcome = Outcome::Refused(Refusal::Full);
                self.say_goodbye(now, outcome, &[Prompt::MeetingFull, Prompt::Goodbye]);
            }
            Notice::Locked => {
                let outcome = Outcome::Refused(Refusal::Locked);
                self.say_goodbye(now, outcome, &[Prompt::MeetingLocked, Prompt::Goodbye]);
            }
            Notice::Parked(parking) => self.parked(now, parking),
            Notice::MusicRestarts => self.music_restarts(now),
            Notice::Admitted(admission) => self.admitted(now, admission),
            Notice::PinRejected { tries_left } => self.pin_rejected(now, tries_left),
            Notice::TryLater if self.state == State::PasscodeChecking => self.passcode_unchecked(now),
            Notice::TryLater => {
                if let State::PinChecking { in_lobby } = self.state {
                    self.ask_pin(now, &[Prompt::TechnicalError], in_lobby);
                }
            }
            Notice::LobbyTimeout { running } => {
                let why = if running { Prompt::LobbyDenied } else { Prompt::HoldTimeout };
                self.say_goodbye(now, Outcome::LobbyTimeout, &[why, Prompt::Goodbye]);
            }
            Notice::Removed => self.say_goodbye(now, Outcome::Removed, &[Prompt::Removed]),
            Notice::Refused => {
                let outcome = Outcome::Refused(Refusal::Denied);
                self.say_goodbye(now, outcome, &[Prompt::LobbyDenied, Prompt::Goodbye]);
            }
            Notice::Ended(reason) => {
                let (outcome, last): (_, &[_]) = match reason {
                    EndReason::Person => (Outcome::Ended, &[Prompt::MeetingEnded]),
                    EndReason::Limit | EndReason::Grace | EndReason::Empty => {
                        (Outcome::Ended, &[Prompt::Goodbye])
                    }
                    // Where the meeting went on for a while, it has heard so.
                    EndReason::OrganizerLeft if self.policy.meeting.end_after.0.is_none() => {
                        (Outcome::OrganizerLeft, &[Prompt::OrganizerHasLeft, Prompt::Goodbye])
                    }
                    EndReason::OrganizerLeft => (Outcome::OrganizerLeft, &[Prompt::Goodbye]),
                };
                self.say_goodbye(now, outcome, last);
            }
            Notice::RollCall { others, names } => {
                self.tell_in_private(now, &count_of(others));
                let names = names.iter().take(NAMES_MAX);
                let names: Vec<Prompt> =
                    names.map(|&(leg, millis)| Prompt::RecordedName { leg, millis }).collect();
                self.tell_in_private(now, &names);
            }
            Notice::Muted { muted, by_organizer } => {
                let prompt = match (muted, by_organizer) {
                    (true, true) => Prompt::MutedByOrganizer,
                    (true, false) => Prompt::Muted,
                    (false, _) => Prompt::Unmuted,
                };
                self.tell_in_private(now, &[prompt]);
            }
            Notice::CannotUnmute => self.tell_in_private(now, &[Prompt::CannotUnmute]),
            Notice::Hand { raised } => {
                let prompt = if raised { Prompt::HandRaised } else { Prompt::HandLowered };
                self.tell_in_private(now, &[prompt]);
            }
            Notice::SomebodyWaits { words: false, .. } => {
                self.tell_in_private(now, &[Prompt::Tone(Tone::High)]);
            }
            Notice::SomebodyWaits { words: true, name: Some((leg, millis)) } => {
                self.tell_in_private(now, &[Prompt::RecordedName { leg, millis }, Prompt::IsWaiting]);
            }
            Notice::SomebodyWaits { words: true, name: None } => {
                self.tell_in_private(now, &[Prompt::SomeoneIsWaiting]);
            }
            Notice::Announced { prompts } if self.playlist.len() < ANNOUNCED_MAX => {
                self.tell_in_private(now, &prompts);
            }
            Notice::Announced { .. } => {}
            Notice::OwnTone => self.tell_in_private(now, &[Prompt::Tone(Tone::High)]),
            Notice::MeetingCount { joined: ..=1 } => self.tell_in_private(now, &[Prompt::OnlyParticipant]),
            Notice::MeetingCount { joined } => {
                let count = there_are(self.language, joined, Prompt::ParticipantsInMeeting);
                self.tell_in_private(now, &count);
            }
            Notice::LobbyCount { waiting: 0 } => self.tell_in_private(now, &[Prompt::NobodyWaiting]),
            Notice::LobbyCount { waiting: 1 } => self.tell_in_private(now, &[Prompt::OneWaiting]),
            Notice::LobbyCount { waiting } => {
                let count = there_are(self.language, waiting, Prompt::WaitingInLobby);
                self.tell_in_private(now, &count);
            }
            Notice::AdmitOrDeny { leg, name_millis } => {
                if let State::Joined { .. } | State::AdmitOrDeny { .. } = self.state {
                    self.ask_admission(now, leg, name_millis, false);
                }
            }
            Notice::Recording { on } => {
                let prompt = if on { Prompt::RecordingStarted } else { Prompt::RecordingStopped };
                self.tell_in_private(now, &[prompt]);
            }
            Notice::IsRecorded => self.is_recorded = true,
            Notice::HangsUp => self.finish(Outcome::Joined, HangupCause::Bridge),
            Notice::Menu => self.tell_in_private(now, &[Prompt::HelpMenu]),
            Notice::Done | Notice::Promoted => self.tell_in_private(now, &[Prompt::Tone(Tone::High)]),
            Notice::Denied => self.tell_in_private(now, &[Prompt::Tone(Tone::Low)]),
        }
    }

    fn parked(&mut self, now: Instant, parking: Parking) {
        if self.policy.meeting.music_policy == MusicPolicy::Restart {
            self.music.restart(now);
        }
        // The meeting has started, and its lobby keeps this caller, who may be keying the PIN there and continues.
        if let State::Pin { in_lobby: true, .. } | State::PinChecking { in_lobby: true } = self.state
            && parking != Parking::ForOthers
        {
            return;
        }
        self.interrupt();
        self.state = State::Lobby;
        self.queue(match parking {
            Parking::ForOrganizer => &[Prompt::HoldForOrganizer],
            Parking::ForOthers => &[Prompt::OnlyParticipant],
            Parking::ForAdmission => &[Prompt::LobbyWait],
            Parking::OrganizerLeft => &[Prompt::OrganizerLeft, Prompt::HoldForOrganizer],
        });
        self.play_queue(now);
        self.replay_type_ahead(now);
    }

    /// Somebody came into the lobby: where its music is one for all, it begins again.
    fn music_restarts(&mut self, now: Instant) {
        let policy = self.policy.meeting.music_policy;
        if policy == MusicPolicy::Restart && self.music.restart(now) {
            let begun = self.music.begin(now, policy);
            self.hear(now, Source::HoldMusic { begun });
        }
    }

    /// In the meeting: what was asked is dropped, with what was keyed for it.
    fn admitted(&mut self, now: Instant, admission: Admission) {
        self.interrupt();
        self.state = State::Joined { keyed: Digits::default() };
        if std::mem::take(&mut self.is_recorded) {
            self.queue(&[Prompt::RecordingStarted]);
        }
        self.queue(match admission {
            Admission::Pin => &[Prompt::PinAccepted],
            Admission::Released => &[Prompt::MeetingStarted],
            Admission::Admitted | Admission::Direct => &[Prompt::Joining],
            Admission::Client => &[],
        });
        self.play_queue(now);
        self.replay_type_ahead(now);
    }
}

/// A count of two or more, all told: its digits one by one if there is no recording of the number. In Japanese
/// `there-are` would speak of others.
fn there_are(language: Language, count: u32, what: Prompt) -> Vec<Prompt> {
    let there_are = (language != Language::JaJp).then_some(Prompt::ThereAre);
    let number = match u8::try_from(count) {
        Ok(number @ 0..=COUNTED_MAX) => vec![Prompt::Number(number)],
        Ok(_) | Err(_) => {
            let digits = count.to_string().into_bytes();
            digits.into_iter().map(|digit| Prompt::Number(digit - b'0')).collect()
        }
    };
    there_are.into_iter().chain(number).chain([what]).collect()
}

fn count_of(others: u32) -> Vec<Prompt> {
    match (others, u8::try_from(others)) {
        (0, _) => vec![Prompt::OnlyParticipant],
        (1, _) => vec![Prompt::OneOtherParticipant],
        (_, Ok(number @ 2..=COUNTED_MAX)) => {
            vec![Prompt::ThereAre, Prompt::Number(number), Prompt::OtherParticipants]
        }
        (_, _) => vec![Prompt::ManyParticipants],
    }
}
