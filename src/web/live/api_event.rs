//! Events of meetings for programs: one JSON object each.

use serde::Serialize;
use utoipa::ToSchema;

use super::snapshot::Snapshot;
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::report::Details;

/// Something that happened to a call or in a meeting. It never holds a key that was pressed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Happening)]
pub(crate) struct ApiEvent {
    /// Milliseconds since the bridge went into service.
    pub(crate) at_ms: u64,
    /// The event, in one word: `parked`, `started`, `joined`.
    pub(crate) event: &'static str,
    /// The call, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<u64>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caller: Option<String>,
    /// The meeting where it is in one, by its `id`: that of its organizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meeting: Option<u32>,
    /// The details.
    #[serde(flatten)]
    pub(crate) details: Details,
}

impl ApiEvent {
    /// Returns the object for an entry; `None` for keys and for steps of scripts.
    pub(super) fn of(at: Instant, entry: &Entry, snapshot: &Snapshot) -> Option<Self> {
        let Entry::Event(event) = entry else { return None };
        if !is_public(*event) {
            return None;
        }
        Some(Self {
            at_ms: at.millis(),
            event: event.name(),
            call: event.leg().map(|leg| leg.number()),
            caller: event.leg().map(|leg| snapshot.name(leg)),
            meeting: event.meeting().map(|meeting| meeting.0),
            details: Details::of(*event),
        })
    }
}

/// Returns whether programs are told of it: of keys they are not, nor of what the directory is asked and administrators
/// do.
fn is_public(event: Event) -> bool {
    match event {
        Event::Call(CallEvent::Key { .. } | CallEvent::KeysIgnored { .. })
        | Event::Call(CallEvent::Says { .. } | CallEvent::HearsVoice { .. })
        | Event::Meeting(MeetingEvent::Commanded { .. } | MeetingEvent::AnnouncementDropped { .. })
        | Event::Account(AccountEvent::Administered { .. } | AccountEvent::PinChecked { .. }) => false,
        Event::Account(AccountEvent::PasscodeChecked { .. }) => false,
        Event::Account(AccountEvent::PasscodeLockedOut { .. }) => true,
        Event::Call(_) | Event::Meeting(_) | Event::Account(AccountEvent::LockedOut { .. }) => true,
    }
}
