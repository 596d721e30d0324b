//! The question whether to admit somebody who waits, in the meeting: 1 admits, 2 denies, a star lets them wait.

use super::{Attendant, State, Timer};
use crate::control::call::{Digit, Digits, LegId, Prompt, Source};
use crate::control::meeting;
use crate::control::time::Instant;

impl Attendant {
    /// Plays the name of this caller, if there is one, and asks. The meeting is heard again while the answer is awaited.
    pub(super) fn ask_admission(&mut self, now: Instant, leg: LegId, name_millis: u16, asked_again: bool) {
        self.timers.clear(Timer::Key);
        self.state = State::AdmitOrDeny { leg, name_millis, asked_again };
        if name_millis > 0 {
            self.queue(&[Prompt::RecordedName { leg, millis: name_millis }]);
        }
        self.queue(&[Prompt::AdmitOrDeny]);
        self.play_queue(now);
    }

    pub(super) fn admission_key(&mut self, now: Instant, leg: LegId, key: Digit) {
        let admit = match (key, key.number()) {
            (_, Some(1)) => Some(true),
            (_, Some(2)) => Some(false),
            (Digit::STAR, _) => None,
            (_, _) => return self.ignore(1),
        };
        self.timers.clear(Timer::Admission);
        if self.stop_playback() {
            self.hear(now, Source::Conference);
        }
        self.state = State::Joined { keyed: Digits::default() };
        if let (Some(meeting), Some(admit)) = (self.meeting, admit) {
            let by = self.leg;
            self.tell(meeting, meeting::Input::Decide { by, leg, admit });
        }
    }

    /// Asked twice without an answer, the organizer lets the caller wait.
    pub(super) fn admission_unanswered(&mut self, now: Instant) {
        match self.state {
            State::AdmitOrDeny { leg, name_millis, asked_again: false } => {
                self.ask_admission(now, leg, name_millis, true);
            }
            State::AdmitOrDeny { .. } => self.state = State::Joined { keyed: Digits::default() },
            State::Arriving
            | State::ConferenceId { .. }
            | State::Confirming { .. }
            | State::Finding { .. }
            | State::Arrived
            | State::Passcode { .. }
            | State::PasscodeChecking
            | State::OrganizerQuestion
            | State::Pin { .. }
            | State::PinChecking { .. }
            | State::Name { .. }
            | State::GoingIn
            | State::Entering
            | State::Lobby
            | State::Joined { .. }
            | State::Leaving { .. }
            | State::Over => {}
        }
    }
}
