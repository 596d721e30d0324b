//! What a caller is asked for, one field after another, as the settings list them.

use super::{Attendant, Caller, MeetingKey, State, Timer};
use crate::control::call::{Digit, Digits, Prompt, Tone};
use crate::control::collect::{Collect, Collected, Field};
use crate::control::event::{Outcome, Refusal};
use crate::control::meeting;
use crate::control::pin::PinEntry;
use crate::control::policy::{DialogField, DigitCount, EntryPolicy};
use crate::control::time::Instant;

impl Attendant {
    /// The meeting has said what it wants to know of this caller, who is asked from the beginning of the list.
    pub(super) fn ask_fields(&mut self, now: Instant, asks_passcode: bool, asks_organizer: bool) {
        (self.asks_passcode, self.asks_organizer) = (asks_passcode, asks_organizer);
        // Everything else has been asked: the meeting has been given a passcode meanwhile.
        if self.state == State::Entering {
            return self.ask_passcode(now, &[]);
        }
        self.next_field = 0;
        self.go_on(now, &[]);
    }

    /// Says this, then asks for the next field; enters once everything has been asked.
    pub(super) fn go_on(&mut self, now: Instant, first: &[Prompt]) {
        self.queue(first);
        while let Some(field) = self.policy.dialog.fields.at(self.next_field) {
            self.next_field += 1;
            match field {
                DialogField::Passcode if self.asks_passcode => return self.ask_passcode(now, &[]),
                DialogField::Organizer if self.asks_organizer => return self.ask_organizer(now),
                DialogField::Name if self.policy.tenant.name_recording => return self.ask_name(now),
                DialogField::ConferenceId | DialogField::Passcode => {}
                DialogField::Organizer | DialogField::Name => {}
            }
        }
        self.state = State::GoingIn;
        self.play_queue(now);
    }

    fn ask_organizer(&mut self, now: Instant) {
        self.state = State::OrganizerQuestion;
        self.queue(&[Prompt::PressStarIfOrganizer]);
        self.prompt(now);
    }

    fn ask_name(&mut self, now: Instant) {
        self.queue(&[Prompt::SayYourName, Prompt::Tone(Tone::High)]);
        self.state = State::Name { recording: None };
        self.play_queue(now);
        self.replay_type_ahead(now);
    }

    /// An entry that is complete without the key that ends it otherwise: callers key that one out of habit.
    fn ends_by_length(&mut self, now: Instant, field: &Field, key: Digit) {
        let terminator = field.termchar.filter(|terminator| *terminator != key);
        let until = now + field.interdigit_timeout;
        self.ended_by_length = terminator.map(|terminator| (terminator, until));
    }

    /// Returns whether this key ends what has ended by its length. Any other key says that it will not come.
    pub(super) fn is_end_of_what_has_ended(&mut self, now: Instant, key: Digit) -> bool {
        self.ended_by_length.take().is_some_and(|(terminator, until)| key == terminator && now < until)
    }

    /// A key of an open field: the whole entry if this key ended it.
    pub(super) fn collect(
        &mut self,
        now: Instant,
        entry: &mut Collect,
        field: &Field,
        key: Digit,
    ) -> Option<Collected> {
        let collected = entry.key(field, key)?;
        self.timers.clear(Timer::Key);
        self.ends_by_length(now, field, key);
        Some(collected)
    }

    /// Reads the conference ID back.
    pub(super) fn confirm(&mut self, now: Instant, digits: Digits) {
        self.state = State::Confirming { digits };
        self.queue(&[Prompt::YouEntered]);
        let numbers = digits.iter().filter_map(Digit::number);
        self.queue(&numbers.map(Prompt::Number).collect::<Vec<_>>());
        self.queue(&[Prompt::ConfirmEntry]);
        self.play_queue(now);
        self.replay_type_ahead(now);
    }

    /// 1 goes on, 2 asks again, which is a try; another key is nothing.
    pub(super) fn confirmation_key(&mut self, now: Instant, digits: Digits, key: Digit) {
        match key.number() {
            Some(1) => {
                self.timers.clear(Timer::Key);
                self.barge_in(now);
                self.find(now, MeetingKey::ConferenceId(digits));
            }
            Some(2) => {
                self.timers.clear(Timer::Key);
                self.barge_in(now);
                self.conference_id_failed(now, &[]);
            }
            Some(_) | None => self.ignore(1),
        }
    }

    pub(super) fn ask_passcode(&mut self, now: Instant, first: &[Prompt]) {
        self.queue(first);
        self.queue(&[Prompt::EnterPasscode]);
        self.state = State::Passcode { entry: Collect::default() };
        self.prompt(now);
    }

    pub(super) fn passcode_key(&mut self, now: Instant, entry: Collect, key: Digit) {
        let (entry, collected) = self.secret_key(now, entry, &self.passcode_field(), key);
        match collected {
            Some(collected) => self.passcode_collected(now, collected),
            None => self.state = State::Passcode { entry },
        }
    }

    /// A key of a PIN or a passcode: the entry as it is now, and the whole of it if this key ended it.
    pub(super) fn secret_key(
        &mut self,
        now: Instant,
        mut entry: Collect,
        field: &Field,
        key: Digit,
    ) -> (Collect, Option<Collected>) {
        self.barge_in(now);
        // A star in the middle of an entry is a wish to begin again.
        if key == Digit::STAR && field.termchar != Some(key) {
            entry = Collect::default();
        } else if let Some(collected) = self.collect(now, &mut entry, field, key) {
            return (entry, Some(collected));
        }
        self.timers.set(Timer::Key, now + entry.next_timeout(field));
        (entry, None)
    }

    pub(super) fn passcode_collected(&mut self, now: Instant, collected: Collected) {
        self.passcode_tries += 1;
        let tries_left = self.policy.dialog.passcode.tries.get().saturating_sub(self.passcode_tries);
        match (collected, self.meeting) {
            (Collected::NoInput, _) => self.passcode_failed(now, tries_left, Prompt::NoInput),
            (Collected::Filled(keys) | Collected::NoMatch(keys), Some(meeting)) => {
                self.state = State::PasscodeChecking;
                let (leg, entry) = (self.leg, PinEntry::new(keys));
                let entered = meeting::Input::PasscodeEntered { leg, entry, tries_left };
                self.tell(meeting, entered);
            }
            (Collected::Filled(_) | Collected::NoMatch(_), None) => {}
        }
    }

    /// The passcode was wrong, or none was keyed.
    pub(super) fn passcode_failed(&mut self, now: Instant, tries_left: u8, said: Prompt) {
        if tries_left > 0 {
            return self.ask_passcode(now, &[said]);
        }
        let outcome = Outcome::Refused(Refusal::Passcode);
        self.say_goodbye(now, outcome, &[said, Prompt::TooManyAttempts, Prompt::Goodbye]);
    }

    /// The directory could not say whether the passcode is right: that was no try.
    pub(super) fn passcode_unchecked(&mut self, now: Instant) {
        self.passcode_tries -= 1;
        self.ask_passcode(now, &[Prompt::TechnicalError]);
    }

    pub(super) fn passcode_accepted(&mut self, now: Instant, asks_organizer: bool) {
        (self.asks_passcode, self.asks_organizer) = (false, asks_organizer);
        self.go_on(now, &[]);
    }

    /// Returns whether the called side pays for this call.
    pub(super) fn is_toll_free(&self) -> bool {
        match &self.caller {
            Caller::Phone(number) => number.toll_free,
            Caller::Client { .. } => false,
        }
    }

    fn field_of(&self, entry: &EntryPolicy) -> Field {
        let dialog = &self.policy.dialog;
        Field {
            digits_min: entry.min_digits.get(),
            digits_max: entry.max_digits.get(),
            digits_exact: entry.exact_digits.0.map(DigitCount::get),
            termchar: entry.terminator.key(),
            timeout: entry.timeout.0.unwrap_or(dialog.first_digit_timeout),
            interdigit_timeout: dialog.interdigit_timeout,
        }
    }

    pub(super) fn conference_id_field(&self) -> Field {
        self.field_of(&self.policy.dialog.conference_id)
    }

    pub(super) fn pin_field(&self) -> Field {
        self.field_of(&self.policy.dialog.pin)
    }

    pub(super) fn passcode_field(&self) -> Field {
        self.field_of(&self.policy.dialog.passcode)
    }

    /// The field whose keys are taken now, if one is open.
    pub(super) fn open_field(&self) -> Option<Field> {
        match self.state {
            State::ConferenceId { .. } => Some(self.conference_id_field()),
            State::Pin { .. } => Some(self.pin_field()),
            State::Passcode { .. } => Some(self.passcode_field()),
            State::Arriving
            | State::Confirming { .. }
            | State::Finding { .. }
            | State::Arrived
            | State::OrganizerQuestion
            | State::PinChecking { .. }
            | State::PasscodeChecking
            | State::Name { .. } => None,
            State::GoingIn | State::Entering | State::Lobby | State::Joined { .. } => None,
            State::AdmitOrDeny { .. } => None,
            State::Leaving { .. } | State::Over => None,
        }
    }
}
