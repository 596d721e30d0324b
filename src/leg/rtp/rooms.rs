//! The meetings that one thread mixes.

use std::collections::BTreeMap;

use super::room::Room;
use super::shared::Shared;
use crate::control::event::{MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::media::library::Library;

/// Those with somebody in them.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<MeetingId, Room>,
    /// How many have begun: spreads them over the milliseconds.
    begun: u64,
}

impl Rooms {
    /// Takes an event of a meeting, of this moment; `now` is the present one.
    pub(super) fn take(&mut self, now: Instant, at: Instant, event: MeetingEvent, shared: &Shared) {
        let meeting = event.meeting();
        if matches!(event, MeetingEvent::Joined { .. }) && !self.rooms.contains_key(&meeting) {
            self.rooms.insert(meeting, Room::new(meeting, self.begun, now));
            self.begun += 1;
        }
        if let Some(room) = self.rooms.get_mut(&meeting) {
            room.take(at, event, shared);
            if room.is_empty() {
                self.rooms.remove(&meeting);
            }
        }
    }

    /// Mixes what is due by `now`.
    pub(super) fn handle_timeout(&mut self, now: Instant, library: &Library) {
        self.rooms.values_mut().for_each(|room| room.handle_timeout(now, library));
    }

    /// Whether somebody may listen in any of them.
    pub(super) fn are_heard(&self) -> bool {
        self.rooms.values().any(Room::is_heard)
    }

    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }
}
