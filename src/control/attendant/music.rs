//! A caller's position in the hold music: the music policy applied to one call.

use std::hash::{Hash, Hasher};

use crate::control::policy::MusicPolicy;
use crate::control::time::Instant;

/// The hold music of one call. What it did not hear of the loop it has not missed: with the policy `resume` the music
/// goes on from there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Music {
    /// Never heard.
    #[default]
    Unheard,
    /// Is heard.
    Plays { begun: Instant },
    /// Does not play: something else is heard, or the loop has begun again and is not heard yet.
    Stopped { begun: Instant, at: Instant },
}

impl Music {
    /// The caller hears music from now on; since when its loop runs.
    pub(super) fn begin(&mut self, now: Instant, policy: MusicPolicy) -> Instant {
        let begun = match (policy, *self) {
            (MusicPolicy::FromZero, _) => now,
            (MusicPolicy::Shared, _) => Instant::ZERO,
            (MusicPolicy::Resume, Self::Stopped { begun, at }) => begun + now.since(at),
            (MusicPolicy::Restart, Self::Stopped { begun, .. }) => begun,
            (MusicPolicy::Resume | MusicPolicy::Restart, Self::Plays { begun }) => begun,
            (MusicPolicy::Resume | MusicPolicy::Restart, Self::Unheard) => now,
        };
        *self = Self::Plays { begun };
        begun
    }

    /// The caller hears music again after a prompt that belongs to the wait; since when its loop runs. It goes on where
    /// it was, or where the loop that all hear is by now.
    pub(super) fn go_on(&mut self, now: Instant, policy: MusicPolicy) -> Instant {
        let policy = if policy == MusicPolicy::FromZero { MusicPolicy::Resume } else { policy };
        self.begin(now, policy)
    }

    /// The caller hears something else from now on.
    pub(super) fn stop(&mut self, now: Instant) {
        if let Self::Plays { begun } = *self {
            *self = Self::Stopped { begun, at: now };
        }
    }

    /// The loop of the whole lobby begins again. Whether this caller hears it.
    pub(super) fn restart(&mut self, now: Instant) -> bool {
        let plays = matches!(self, Self::Plays { .. });
        *self = Self::Stopped { begun: now, at: now };
        plays
    }

    /// Hashes what decides where music will begin, with moments as they lie from `now`.
    pub(super) fn fingerprint(self, now: Instant, policy: MusicPolicy, hasher: &mut impl Hasher) {
        match (policy, self) {
            (MusicPolicy::FromZero | MusicPolicy::Shared, _) | (_, Self::Unheard) => {}
            (MusicPolicy::Resume, Self::Stopped { begun, at }) => at.since(begun).hash(hasher),
            (MusicPolicy::Resume | MusicPolicy::Restart, Self::Plays { begun })
            | (MusicPolicy::Restart, Self::Stopped { begun, .. }) => now.since(begun).hash(hasher),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the position in the loop at each start, in seconds: at 10 s, and at 100 s after a break that began at 30
    /// s.
    fn positions(policy: MusicPolicy) -> [u64; 2] {
        let mut music = Music::default();
        let [first, again] = [10, 100].map(Instant::from_secs);
        let begun = music.begin(first, policy);
        music.stop(Instant::from_secs(30));
        [first.since(begun), again.since(music.begin(again, policy))].map(|position| position.as_secs())
    }

    #[test]
    fn each_policy_has_a_beginning_of_its_own() {
        assert_eq!(positions(MusicPolicy::FromZero), [0, 0]);
        assert_eq!(positions(MusicPolicy::Shared), [10, 100]);
        assert_eq!(positions(MusicPolicy::Resume), [0, 20]);
        assert_eq!(positions(MusicPolicy::Restart), [0, 90]);
    }

    #[test]
    fn a_restart_counts_for_callers_who_hear_no_music_now() {
        let mut music = Music::default();
        assert!(!music.restart(Instant::from_secs(5)));
        assert_eq!(music.begin(Instant::from_secs(9), MusicPolicy::Restart), Instant::from_secs(5));
        assert!(music.restart(Instant::from_secs(20)));
        assert_eq!(music.begin(Instant::from_secs(20), MusicPolicy::Restart), Instant::from_secs(20));
    }

    #[test]
    fn what_stops_twice_goes_on_where_it_stopped_first() {
        let mut music = Music::default();
        music.begin(Instant::from_secs(0), MusicPolicy::Resume);
        music.stop(Instant::from_secs(7));
        music.stop(Instant::from_secs(8));
        assert_eq!(music.begin(Instant::from_secs(50), MusicPolicy::Resume), Instant::from_secs(43));
    }
}
