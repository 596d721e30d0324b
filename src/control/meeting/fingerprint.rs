//! What of a meeting decides what it does next, for searches that must not look at one state twice.

use std::hash::{Hash, Hasher};

use super::{Announcing, Check, Meeting, Phase, Timer};
use crate::control::policy::Terms;
use crate::control::time::Instant;

impl Meeting {
    /// Hashes everything that decides what this meeting does from `now` on: moments as they lie from `now`, checks by
    /// whose they are. Numbers that only have to differ (checks, playbacks, tickets) and the settings that all meetings
    /// of a search share are left out.
    pub fn fingerprint(&self, now: Instant, hasher: &mut impl Hasher) {
        // Taken apart, so that a new field cannot be forgotten here.
        let Self {
            id: _,
            terms: Terms { organizer, anonymous_start, language: _, policy: _ },
            phase,
            roster,
            locked,
            released,
            phones_bypass,
            admits_all,
            announces,
            ever_authenticated,
            organizer_authenticated,
            roster_changed,
            last_authenticated_left,
            checks,
            next_check: _,
            announcements,
            announcing,
            next_playback: _,
            timers,
            outputs: _,
        } = self;
        (organizer, anonymous_start, locked, released, phones_bypass, admits_all, announces).hash(hasher);
        (ever_authenticated, organizer_authenticated, now.since(*roster_changed)).hash(hasher);
        last_authenticated_left.map(|left| now.since(left)).hash(hasher);
        match phase {
            Phase::Waiting => None,
            Phase::Started { since } => Some(now.since(*since)),
        }
        .hash(hasher);
        roster.fingerprint(now, hasher);
        checks.len().hash(hasher);
        for Check { id: _, leg, entry, asked_again } in checks {
            (leg, entry, asked_again).hash(hasher);
        }
        announcements.hash(hasher);
        announcing.map(|Announcing { playback: _, then }| then).hash(hasher);
        for (at, timer) in timers.all() {
            let whose = match timer {
                Timer::Check(check) => checks.iter().position(|open| open.id == check).map(|at| 3 + at),
                Timer::Lobby => Some(0),
                Timer::EndingSoon => Some(1),
                Timer::End => Some(2),
            };
            (at.since(now), whose).hash(hasher);
        }
    }
}
