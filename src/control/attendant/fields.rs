//! What a caller is asked for, one field after another, as the settings list them.

use super::{Attendant, State};
use crate::control::call::{Prompt, Tone};
use crate::control::collect::Field;
use crate::control::policy::DialogField;
use crate::control::time::Instant;

impl Attendant {
    /// The meeting has said what it wants to know of this caller, who is asked from the beginning of the list.
    pub(super) fn ask_fields(&mut self, now: Instant, asks_organizer: bool) {
        self.next_field = 0;
        self.asks_organizer = asks_organizer;
        self.go_on(now, &[]);
    }

    /// Says this, then asks for the next field; enters once everything has been asked.
    pub(super) fn go_on(&mut self, now: Instant, first: &[Prompt]) {
        self.queue(first);
        while let Some(field) = self.policy.dialog.fields.at(self.next_field) {
            self.next_field += 1;
            match field {
                DialogField::Organizer if self.asks_organizer => return self.ask_organizer(now),
                DialogField::Name if self.policy.tenant.name_recording => return self.ask_name(now),
                DialogField::ConferenceId | DialogField::Organizer | DialogField::Name => {}
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

    pub(super) fn conference_id_field(&self) -> Field {
        self.policy.dialog.field(&self.policy.dialog.conference_id)
    }

    pub(super) fn pin_field(&self) -> Field {
        self.policy.dialog.field(&self.policy.dialog.pin)
    }

    /// The field whose keys are taken now, if one is open.
    pub(super) fn open_field(&self) -> Option<Field> {
        match self.state {
            State::ConferenceId { .. } => Some(self.conference_id_field()),
            State::Pin { .. } => Some(self.pin_field()),
            State::Arriving
            | State::Finding { .. }
            | State::Arrived
            | State::OrganizerQuestion
            | State::PinChecking { .. }
            | State::Name { .. } => None,
            State::GoingIn | State::Entering | State::Lobby | State::Joined { .. } => None,
            State::Leaving { .. } | State::Over => None,
        }
    }
}
