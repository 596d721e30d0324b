//! The current and previous PIN and conference ID of each organizer, which scripted callers use by name.

use crate::control::call::Digits;
use crate::control::caller::{Named, OrganizerRef};
use crate::control::directory::Coordinates;
use crate::control::pin::Pin;

/// An organizer's coordinates: the latest, and the previous ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credentials {
    pin: Pin,
    previous_pin: Option<Pin>,
    passcode: Option<Pin>,
    conference_id: Digits,
    previous_conference_id: Option<Digits>,
}

impl Credentials {
    pub(super) fn new(given: &Coordinates) -> Self {
        Self {
            pin: given.pin,
            previous_pin: None,
            passcode: given.passcode,
            conference_id: given.conference_id,
            previous_conference_id: None,
        }
    }

    pub(super) fn new_pin(&mut self, pin: Pin) {
        self.previous_pin = Some(std::mem::replace(&mut self.pin, pin));
    }

    pub(super) fn new_conference_id(&mut self, id: Digits) {
        self.previous_conference_id = Some(std::mem::replace(&mut self.conference_id, id));
    }
}

/// Looks something up in the credentials of one stage.
pub(super) fn resolve(credentials: &[Credentials], named: Named) -> Option<Digits> {
    let of = |organizer: OrganizerRef| credentials.get(usize::from(organizer.0));
    match named {
        Named::Pin(organizer) => Some(of(organizer)?.pin.reveal()),
        Named::PreviousPin(organizer) => of(organizer)?.previous_pin.map(|pin| pin.reveal()),
        Named::Passcode(organizer) => of(organizer)?.passcode.map(|passcode| passcode.reveal()),
        Named::ConferenceId(organizer) => Some(of(organizer)?.conference_id),
        Named::PreviousConferenceId(organizer) => of(organizer)?.previous_conference_id,
    }
}
