//! The meetings that one thread mixes.

use std::collections::{BTreeMap, BTreeSet};

use super::room::Room;
use super::shared::Shared;
use crate::control::event::{MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::media::library::Library;

/// Those with somebody in them.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<MeetingId, Room>,
    /// Those in which somebody may listen: the others are not mixed, and cost nothing but their rows.
    heard: BTreeSet<MeetingId>,
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
        let Some(room) = self.rooms.get_mut(&meeting) else { return };
        room.take(at, event, shared);
        if room.is_heard() {
            self.heard.insert(meeting);
        } else {
            self.heard.remove(&meeting);
        }
        if room.is_empty() {
            self.rooms.remove(&meeting);
        }
    }

    /// Mixes what is due by `now`.
    pub(super) fn handle_timeout(&mut self, now: Instant, library: &Library) {
        for meeting in &self.heard {
            if let Some(room) = self.rooms.get_mut(meeting) {
                room.handle_timeout(now, library);
            }
        }
    }

    /// Whether one of them is mixed in this millisecond.
    pub(super) fn are_due(&self, millisecond: u64) -> bool {
        let mut heard = self.heard.iter().filter_map(|meeting| self.rooms.get(meeting));
        heard.any(|room| room.is_due(millisecond))
    }

    /// Whether somebody may listen in any of them.
    pub(super) fn are_heard(&self) -> bool {
        !self.heard.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }
}
