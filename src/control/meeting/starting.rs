//! A start that needs others (`start_needs_participants`): who may start the meeting waits for them in its lobby, and the
//! last who is missing brings it about.

use super::{Admission, LegId, Meeting, Parking, Place, StartRight};
use crate::control::time::Instant;

impl Meeting {
    /// Starts the meeting if enough are there with this one, who may start it. If not, this one waits for the others.
    pub(super) fn start_with_others(
        &mut self,
        now: Instant,
        by: LegId,
        right: StartRight,
        admission: Admission,
    ) {
        let newcomer = usize::from(!self.is_at(by, Place::Lobby));
        if self.is_enough(self.roster.waiting() + newcomer) {
            self.start(now, by, right, admission);
        } else {
            self.restart_music();
            self.park(now, by, Parking::ForOthers);
        }
    }

    /// Somebody has come into the lobby of a meeting that waits for others: it starts if these are enough.
    pub(super) fn start_with_enough(&mut self, now: Instant) {
        let needs_others = self.terms.policy.meeting.start_needs_participants > 1;
        if needs_others && !self.is_running() {
            self.start_by_waiting(now);
        }
    }

    /// Organizers who gave the PIN waited for others, and need not be let in by anybody.
    pub(super) fn join_organizers(&mut self, now: Instant) {
        for leg in self.roster.lobby() {
            if self.roster.get(leg).is_some_and(|person| person.phone && person.organizer) {
                self.join(now, leg, Admission::Direct);
            }
        }
    }

    /// Returns whether so many are enough for a start.
    pub(super) fn is_enough(&self, there: usize) -> bool {
        let needed = self.terms.policy.meeting.start_needs_participants;
        usize::try_from(needed).is_ok_and(|needed| there >= needed)
    }
}
