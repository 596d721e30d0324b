//! Limits: how long a caller may wait, and how long a meeting may last.

use super::{EndReason, Meeting, MeetingEvent, Notice, Place, Timer};
use crate::control::policy::{AfterOrganizerLeaves, GraceApplies, MaxLengthCountsFrom};
use crate::control::time::Instant;

impl Meeting {
    /// The lobby's one timer is that of the caller who has waited longest: the limit is the same for all.
    pub(super) fn arm_lobby(&mut self) {
        let limit = self.terms.policy.meeting.lobby_time_limit.0;
        match self.roster.longest_waiting().zip(limit) {
            Some(((_, parked), limit)) => self.timers.set(Timer::Lobby, parked + limit),
            None => self.timers.clear(Timer::Lobby),
        }
    }

    pub(super) fn lobby_time_over(&mut self, now: Instant) {
        let Some(limit) = self.terms.policy.meeting.lobby_time_limit.0 else {
            return;
        };
        let running = self.is_running();
        while let Some((leg, parked)) = self.roster.longest_waiting()
            && parked + limit <= now
        {
            self.roster.remove(leg);
            self.record(MeetingEvent::Left { meeting: self.id, leg, place: Place::Lobby });
            self.notify(leg, Notice::LobbyTimeout { running });
        }
    }

    /// Somebody came, went or was authenticated: the meeting's end moves.
    pub(super) fn roster_changed(&mut self, now: Instant) {
        if let Some(running) = self.running_mut() {
            running.roster_changed = now;
        }
        self.arm_end(now);
    }

    /// Sets the meeting's end, and the word about it, by the limits as they are now.
    pub(super) fn arm_end(&mut self, now: Instant) {
        let Some(ends) = self.ends() else {
            self.timers.clear(Timer::End);
            return self.timers.clear(Timer::EndingSoon);
        };
        self.timers.set(Timer::End, ends);
        let soon = ends - self.terms.policy.meeting.ending_soon_before;
        if soon > now {
            self.timers.set(Timer::EndingSoon, soon);
        } else {
            self.timers.clear(Timer::EndingSoon);
        }
    }

    /// Returns when the meeting will end if nothing changes, by the earliest limit.
    fn ends(&self) -> Option<Instant> {
        let running = self.running()?;
        let limits = &self.terms.policy.meeting;
        let longest = if running.ever_authenticated {
            let from = match limits.max_length_counts_from {
                MaxLengthCountsFrom::Start => running.since,
                MaxLengthCountsFrom::StartIfPhonesOnly if !running.app_joined => running.since,
                MaxLengthCountsFrom::StartIfPhonesOnly | MaxLengthCountsFrom::RosterChange => {
                    running.roster_changed
                }
            };
            limits.max_length.0.map(|limit| from + limit)
        } else {
            limits.max_length_unauthenticated.0.map(|limit| running.since + limit)
        };
        [self.left_ends(), self.grace_ends(), longest].into_iter().flatten().min()
    }

    fn grace_ends(&self) -> Option<Instant> {
        let applies = match self.terms.policy.meeting.grace_applies {
            GraceApplies::Always => true,
            GraceApplies::WithoutAnonymousStart => !self.terms.anonymous_start,
        };
        if !applies {
            return None;
        }
        let left = self.running()?.last_authenticated_left?;
        Some(left + self.terms.policy.meeting.grace_after_last_authenticated.0?)
    }

    /// Returns when the meeting ends because its organizer has left.
    fn left_ends(&self) -> Option<Instant> {
        let policy = &self.terms.policy.meeting;
        let ends = policy.after_organizer_leaves == AfterOrganizerLeaves::End;
        Some(self.running()?.organizer_left.filter(|_| ends)? + policy.end_after.0.unwrap_or_default())
    }

    /// Why the meeting ends when its end is due.
    pub(super) fn end_reason(&self) -> EndReason {
        let ends = |of: Option<Instant>| of.is_some() && of == self.ends();
        if ends(self.left_ends()) {
            EndReason::OrganizerLeft
        } else if ends(self.grace_ends()) {
            EndReason::Grace
        } else {
            EndReason::Limit
        }
    }
}
