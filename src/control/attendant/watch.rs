//! The dialog as others see it: its states by name, and the steps that an input or a deadline makes it take. Nothing is
//! recorded for this: a step is found by letting a copy of the machine take it.

use super::{Attendant, Input, State};
use crate::control::call::{Digit, Digits, LegEvent};
use crate::control::named::named;
use crate::control::time::Instant;

named! {
    /// A state of the dialog.
    pub enum DialogState {
        /// The call has come in and is not answered yet.
        Arriving = "arriving",
        /// Asks for the conference ID.
        ConferenceId = "conference-id",
        /// Waits for the digit after `*` that chooses a language.
        Language = "language",
        /// Reads the conference ID back, to be confirmed.
        Confirmation = "confirmation",
        /// Asks the directory for the meeting.
        Finding = "finding",
        /// Asks the meeting what to do with the caller.
        Arrived = "arrived",
        /// Asks for the meeting's passcode.
        Passcode = "passcode",
        /// Has the passcode checked.
        PasscodeCheck = "passcode-check",
        /// Asks whether the caller is the organizer.
        OrganizerQuestion = "organizer-question",
        /// Asks for the PIN, before the lobby.
        Pin = "pin",
        /// Has the PIN checked, before the lobby.
        PinCheck = "pin-check",
        /// Asks for the name, and records it.
        Name = "name",
        /// Says what is left to say before the caller goes in.
        GoingIn = "going-in",
        /// Asks the meeting to let the caller in.
        Entering = "entering",
        /// The caller waits in the lobby, with music.
        Lobby = "lobby",
        /// Asks for the PIN, in the lobby.
        LobbyPin = "lobby-pin",
        /// Has the PIN checked, in the lobby.
        LobbyPinCheck = "lobby-pin-check",
        /// The caller is in the meeting.
        Joined = "joined",
        /// Waits for the next key of a command, in the meeting.
        Command = "command",
        /// In the meeting, asks whether to admit somebody who waits.
        AdmitOrDeny = "admit-or-deny",
        /// Says goodbye, then hangs up.
        Leaving = "leaving",
        /// The call has ended.
        Over = "over",
    }
}

named! {
    /// A deadline of the dialog.
    pub enum DialogTimer {
        /// When to stop waiting for the next key.
        Key = "key",
        /// When to take silence as "I am not the organizer".
        Question = "question",
        /// When a name is long enough.
        Name = "name",
        /// When to ask the directory again, or give up.
        Directory = "directory",
        /// When to say to a caller who hears music that the wait goes on.
        StillWaiting = "still-waiting",
        /// When to ask again whether to admit somebody, or give up.
        Admission = "admission",
    }
}

named! {
    /// Keys that the dialog tells apart.
    pub enum KeyKind {
        /// A number key, or one of the letters A to D, which count as numbers that nobody has.
        Number = "0-9",
        /// The star key.
        Star = "*",
        /// The pound key.
        Pound = "#",
    }
}

impl From<Digit> for KeyKind {
    fn from(digit: Digit) -> Self {
        match digit {
            Digit::STAR => Self::Star,
            Digit::POUND => Self::Pound,
            _ => Self::Number,
        }
    }
}

/// What makes a dialog take a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trigger {
    /// The caller pressed a key, now or ahead of time.
    Key(KeyKind),
    /// A deadline was reached.
    Timer(DialogTimer),
    /// An input of another kind, by its name.
    Input(&'static str),
}

impl Trigger {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Key(kind) => format!("key {}", kind.name()),
            Self::Timer(timer) => format!("{} timeout", timer.name()),
            Self::Input(name) => name.to_owned(),
        }
    }
}

/// A step of a dialog, which may lead back to the state that it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DialogStep {
    /// The state before.
    pub from: DialogState,
    /// What happened.
    pub by: Trigger,
    /// The state after.
    pub to: DialogState,
}

impl Attendant {
    /// Returns the state of the dialog.
    #[must_use]
    pub fn state(&self) -> DialogState {
        match self.state {
            State::Arriving => DialogState::Arriving,
            State::ConferenceId { star: false, .. } => DialogState::ConferenceId,
            State::ConferenceId { star: true, .. } => DialogState::Language,
            State::Confirming { .. } => DialogState::Confirmation,
            State::Finding { .. } => DialogState::Finding,
            State::Arrived => DialogState::Arrived,
            State::Passcode { .. } => DialogState::Passcode,
            State::PasscodeChecking => DialogState::PasscodeCheck,
            State::OrganizerQuestion => DialogState::OrganizerQuestion,
            State::Pin { in_lobby: false, .. } => DialogState::Pin,
            State::Pin { in_lobby: true, .. } => DialogState::LobbyPin,
            State::PinChecking { in_lobby: false } => DialogState::PinCheck,
            State::PinChecking { in_lobby: true } => DialogState::LobbyPinCheck,
            State::Name { .. } => DialogState::Name,
            State::GoingIn => DialogState::GoingIn,
            State::Entering => DialogState::Entering,
            State::Lobby => DialogState::Lobby,
            State::Joined { keyed } if keyed.is_empty() => DialogState::Joined,
            State::Joined { .. } => DialogState::Command,
            State::AdmitOrDeny { .. } => DialogState::AdmitOrDeny,
            State::Leaving { .. } => DialogState::Leaving,
            State::Over => DialogState::Over,
        }
    }

    /// Returns every deadline that is set.
    pub fn deadlines(&self) -> impl Iterator<Item = (Instant, DialogTimer)> + '_ {
        self.timers.all()
    }

    /// Returns the PINs that the caller may still give in this call, once one is asked for.
    #[must_use]
    pub fn pin_tries_left(&self) -> Option<u8> {
        let is_asked = matches!(self.state, State::Pin { .. } | State::PinChecking { .. });
        let was_asked = self.pin_tries_left < self.policy.dialog.pin.tries.get();
        (is_asked || was_asked).then_some(self.pin_tries_left)
    }

    /// Returns the steps that [`Attendant::handle_input`] would take. A key that was pressed ahead of time is a step of
    /// its own, in the state that takes it.
    #[must_use]
    pub fn steps(&self, now: Instant, input: &Input) -> Vec<DialogStep> {
        if self.state == State::Over {
            return Vec::new();
        }
        let mut steps = Vec::new();
        self.clone().stepped(now, input.trigger(), &mut steps, |copy| copy.handle_input(now, input.clone()));
        steps
    }

    /// Returns the steps that [`Attendant::handle_timeout`] would take.
    #[must_use]
    pub fn steps_due(&self, now: Instant) -> Vec<DialogStep> {
        let (mut copy, mut steps) = (self.clone(), Vec::new());
        while let Some(timer) = copy.timers.pop_due(now) {
            copy.stepped(now, Trigger::Timer(timer), &mut steps, |copy| copy.timeout(now, timer));
        }
        steps
    }

    /// Takes one step, then one for each of the keys that waited for it.
    fn stepped(
        &mut self,
        now: Instant,
        by: Trigger,
        steps: &mut Vec<DialogStep>,
        step: impl FnOnce(&mut Self),
    ) {
        let mut ahead = std::mem::take(&mut self.type_ahead);
        let from = self.state();
        step(self);
        steps.push(DialogStep { from, by, to: self.state() });
        while self.takes_keys()
            && let Some(key) = ahead.pop_front()
        {
            let from = self.state();
            self.take(now, key);
            steps.push(DialogStep { from, by: Trigger::Key(key.into()), to: self.state() });
        }
        self.type_ahead = joined(ahead, self.type_ahead);
    }
}

/// These keys, and behind them those as far as there is room.
fn joined(mut first: Digits, then: Digits) -> Digits {
    then.iter().all(|key| first.push(key));
    first
}

impl Input {
    fn trigger(&self) -> Trigger {
        match self {
            Self::Arrived(_) => Trigger::Input("call comes in"),
            Self::Leg(LegEvent::Digit(digit)) => Trigger::Key((*digit).into()),
            Self::Leg(LegEvent::PlaybackFinished(_)) => Trigger::Input("prompt ends"),
            Self::Leg(LegEvent::HungUp(cause)) if cause.is_lost() => Trigger::Input("line drops"),
            Self::Leg(LegEvent::HungUp(_)) => Trigger::Input("caller hangs up"),
            Self::MeetingFound { result: Ok(Some(_)), .. } => Trigger::Input("meeting found"),
            Self::MeetingFound { result: Ok(None), .. } => Trigger::Input("no such meeting"),
            Self::MeetingFound { result: Err(_), .. } => Trigger::Input("directory fails"),
            Self::Notice(notice) => Trigger::Input(notice.name()),
            Self::Shutdown => Trigger::Input("bridge shuts down"),
        }
    }
}
