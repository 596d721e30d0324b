//! Refusals counted by reason.

use std::time::Duration;

use crate::control::time::Instant;
use crate::sip::refusal::Refusal;

/// How often a summary is given.
const EVERY: Duration = Duration::from_secs(1);

/// Counts refusals, and says once a second which there were.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: [u64; Refusal::ALL.len()],
    told: [u64; Refusal::ALL.len()],
    /// When the next summary is due; nothing if there is nothing to tell.
    due: Option<Instant>,
}

impl Tally {
    /// Counts one.
    pub fn count(&mut self, now: Instant, refusal: Refusal) {
        self.counts[refusal as usize] += 1;
        self.due.get_or_insert(now + EVERY);
    }

    /// Returns each reason with how often it was given since the beginning.
    pub fn totals(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().zip(self.counts)
    }

    /// Returns when a summary is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Returns the reasons since the last summary with how often each was given, once it is due; nothing before.
    pub fn summary(&mut self, now: Instant) -> Vec<(Refusal, u64)> {
        if self.due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.due = None;
        let told = std::mem::replace(&mut self.told, self.counts);
        let since = self.totals().zip(told).map(|((refusal, count), told)| (refusal, count - told));
        since.filter(|(_, count)| *count > 0).collect()
    }
}
