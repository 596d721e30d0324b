//! What can happen often is logged seldom: a log must not fill because something else has.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::control::time::Instant;

/// The time between two lines of one kind.
const BETWEEN: Duration = Duration::from_secs(1);

/// Counts what happens, and says when it is time for a line.
#[derive(Debug, Default)]
pub(super) struct LogLimit {
    /// When the next line may be written, in microseconds.
    next: AtomicU64,
    /// How often it happened since the last line.
    count: AtomicU64,
}

impl LogLimit {
    /// Counts once more. Returns how often it happened since the last line if it is time for the next.
    pub(super) fn count(&self, now: Instant) -> Option<u64> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let next = self.next.load(Ordering::Relaxed);
        let later = (now + BETWEEN).micros();
        let is_due = now.micros() >= next
            && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        is_due.then(|| self.count.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_second_counts_all_since_the_last() {
        let limit = LogLimit::default();
        let at = |millis| limit.count(Instant::ZERO + Duration::from_millis(millis));
        assert_eq!([at(0), at(1), at(999)], [Some(1), None, None]);
        assert_eq!([at(1_000), at(1_999), at(5_000)], [Some(3), None, Some(2)]);
    }
}
