//! Hashes the part of a meeting's state that decides what it does next, so that searches visit each state once.

use std::hash::{Hash, Hasher};

use super::announce::{Announcing, BURST};
use super::running::Running;
use super::{Asking, Check, Meeting, Phase, Timer};
use crate::control::call::LegId;
use crate::control::policy::{KeyCommand, Terms};
use crate::control::time::Instant;

impl Meeting {
    /// Hashes everything that decides what this meeting does from `now` on and is nobody's own: moments as they lie
    /// from `now`. Numbers that only have to differ (epochs, checks, announcements, tickets) and the settings that all meetings of
    /// a search share are left out. What is somebody's own is [`Meeting::fingerprint_of`] each.
    pub fn fingerprint(&self, now: Instant, hasher: &mut impl Hasher) {
        // Taken apart, so that a new field cannot be forgotten here.
        let Self {
            id: _,
            epoch: _,
            terms:
                Terms {
                    organizer,
                    version: _,
                    enabled,
                    anonymous_start,
                    passcode,
                    refuses_toll_free: _,
                    language: _,
                    policy: _,
                },
            phase,
            roster,
            checks,
            next_check: _,
            askings,
            next_question: _,
            next_announcement: _,
            timers,
            outputs: _,
            telling: _,
        } = self;
        (organizer, enabled, anonymous_start, passcode).hash(hasher);
        matches!(phase, Phase::Started(_)).hash(hasher);
        if let Phase::Started(running) = phase {
            running.fingerprint(now, hasher);
            self.roster.lobby_since(running.told_of).count().hash(hasher);
        }
        roster.fingerprint(hasher);
        (checks.len(), askings.len()).hash(hasher);
        for (at, timer) in timers.all() {
            let whose = match timer {
                Timer::Check(check, _) => (3, checks.iter().position(|open| open.id == check)),
                Timer::Terms(question, _) => (4, askings.iter().position(|open| open.id == question)),
                Timer::Lobby => (0, None),
                Timer::EndingSoon => (1, None),
                Timer::End => (2, None),
                Timer::AutoLock => (5, None),
                Timer::LobbyNotice => (6, None),
            };
            (at.since(now), whose).hash(hasher);
        }
    }

    /// Hashes everything of this call that decides what the meeting does from `now` on, with its place in every queue
    /// but without its number: of two calls that are alike it does not matter which is which.
    pub fn fingerprint_of(&self, leg: LegId, now: Instant, hasher: &mut impl Hasher) {
        let keys = &self.terms.policy.meeting.keys;
        let by_joining = !keys.keyed(KeyCommand::RemoveLast).is_empty();
        self.roster.fingerprint_of(leg, now, by_joining, hasher);
        for (at, Check { id: _, leg: _, secret, entry, tries_left, asked_again }) in
            self.checks.iter().enumerate().filter(|(_, check)| check.leg == leg)
        {
            (at, secret, entry, tries_left, asked_again).hash(hasher);
        }
        for (at, Asking { id: _, leg: _, action, asked_again }) in
            self.askings.iter().enumerate().filter(|(_, asking)| asking.leg == leg)
        {
            (at, action, asked_again).hash(hasher);
        }
    }
}

impl Running {
    fn fingerprint(&self, now: Instant, hasher: &mut impl Hasher) {
        let Self {
            since,
            locked,
            released,
            phones_bypass,
            admits_all,
            announces,
            recording,
            mute_mode,
            ever_authenticated,
            organizer_authenticated,
            app_joined,
            roster_changed,
            last_authenticated_left,
            organizer_left,
            arrivals,
            in_burst,
            told_of: _,
            lobby_told,
            announcements,
            announcing,
        } = self;
        (locked, released, phones_bypass, admits_all, announces, *mute_mode as u8).hash(hasher);
        (ever_authenticated, organizer_authenticated, app_joined, recording).hash(hasher);
        (now.since(*since), now.since(*roster_changed)).hash(hasher);
        [last_authenticated_left, organizer_left].map(|left| left.map(|left| now.since(left))).hash(hasher);
        lobby_told.map(|told| now.since(told)).hash(hasher);
        announcements.hash(hasher);
        announcing.map(|Announcing { id: _, of, at }| (of, at)).hash(hasher);
        in_burst.hash(hasher);
        arrivals.iter().for_each(|arrival| now.since(*arrival).min(BURST).hash(hasher));
    }
}
