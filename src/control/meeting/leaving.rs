//! What becomes of a meeting when a participant leaves it, above all the last who may start it.

use super::roster::Person;
use super::{EndReason, Meeting, Parking, Place};
use crate::control::call::{LegId, Prompt};
use crate::control::policy::{AfterOrganizerLeaves, OrganizerLeavesWhen};
use crate::control::time::Instant;

impl Meeting {
    pub(super) fn participant_left(&mut self, now: Instant, leg: LegId, person: Person) {
        if self.roster.joined() == 0 {
            self.close(EndReason::Empty);
            return self.start_by_waiting(now);
        }
        let policy = &self.terms.policy.meeting;
        let was_last = person.authenticated && self.roster.authenticated_joined() == 0;
        let ends = policy.after_organizer_leaves == AfterOrganizerLeaves::End
            && match policy.organizer_leaves_when {
                OrganizerLeavesWhen::Last => was_last,
                OrganizerLeavesWhen::Any => person.authenticated,
            };
        if ends && policy.end_after.0.is_none() {
            return self.end(EndReason::OrganizerLeft);
        }
        let sends_back = policy.after_organizer_leaves == AfterOrganizerLeaves::Lobby;
        if was_last && sends_back && !self.terms.anonymous_start {
            return self.send_back_to_lobby(now);
        }
        self.announce_departure(leg, person);
        if let Some(running) = self.running_mut() {
            if was_last {
                running.last_authenticated_left = Some(now);
            }
            if ends {
                running.organizer_left.get_or_insert(now);
            }
        }
        if ends {
            self.announce_first(Prompt::OrganizerHasLeft);
        } else if was_last && person.organizer {
            self.announce_first(Prompt::OrganizerLeft);
        }
        self.roster_changed(now);
    }

    /// Nobody who may start a meeting is left: it is over, and the others wait for the next one.
    fn send_back_to_lobby(&mut self, now: Instant) {
        self.close(EndReason::OrganizerLeft);
        self.restart_music();
        for leg in self.roster.at(Place::Joined) {
            self.park(now, leg, Parking::OrganizerLeft);
        }
    }
}
