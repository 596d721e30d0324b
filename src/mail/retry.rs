//! Decides when a mail that could not be sent is retried.

use std::time::Duration;

use crate::config::Retry;

/// Returns when to try again after `attempts` tries, the last at `now` in milliseconds since the Unix epoch; `None` if
/// it is given up. The wait doubles from the first on up to the longest, and is shortened by up to half, by chance:
/// mails that failed together are not tried together. `draw` gives uniformly random bits.
pub fn next_attempt(retry: &Retry, attempts: u32, now: i64, draw: impl FnOnce() -> u64) -> Option<i64> {
    if attempts >= retry.attempts {
        return None;
    }
    let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let wait = retry.first.saturating_mul(doubled).min(retry.longest);
    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let by_chance = draw() % (ms / 2 + 1);
    Some(now.saturating_add(i64::try_from(ms - by_chance).unwrap_or(i64::MAX)))
}

/// The margin by which a claim outlasts the time limit for sending one mail.
pub(super) const LEASE_MARGIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry =
        Retry { first: Duration::from_secs(60), longest: Duration::from_secs(3_600), attempts: 9 };

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_then_ends() {
        let waits: Vec<Option<i64>> = (1..=9)
            .map(|attempts| next_attempt(&RETRY, attempts, 1_000, || 0).map(|at| (at - 1_000) / 1_000))
            .collect();
        let minutes = [1, 2, 4, 8, 16, 32, 60, 60].map(|minutes| Some(minutes * 60));
        assert_eq!(waits[..8], minutes);
        assert_eq!(waits[8], None);
    }

    #[test]
    fn chance_shortens_a_wait_by_half_at_most() {
        for draw in [0, 1, 30_000, 30_001, 12_345_678_901, u64::MAX] {
            let wait = next_attempt(&RETRY, 1, 0, || draw).unwrap();
            assert!((30_000..=60_000).contains(&wait), "{draw}: {wait}");
        }
        assert_eq!(next_attempt(&RETRY, 1, 0, || 30_000), Some(30_000));
    }

    #[test]
    fn many_tries_and_long_waits_do_not_overflow() {
        let long = Retry { first: Duration::MAX, longest: Duration::MAX, attempts: u32::MAX };
        assert_eq!(next_attempt(&long, 4_000_000_000, i64::MAX, || 0), Some(i64::MAX));
    }
}
