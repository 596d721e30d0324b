//! What can happen often is logged seldom: a log must not fill because something else has.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::control::time::Instant;

/// The time between two lines of one kind.
const BETWEEN: Duration = Duration::from_secs(1);

/// Counts what happens, and says when it is time for a line.
#[derive(Debug, Default)]
pub struct LogLimit {
    /// When the next line may be written, in microseconds.
    next: AtomicU64,
    /// How often it happened since the last line.
    count: AtomicU64,
}

impl LogLimit {
    /// Counts once more, by the machine's own clock.
    pub fn count_now(&self) -> Option<u64> {
        let since = Duration::from_millis(u64::try_from(clock::epoch_ms()).unwrap_or(0));
        self.count(Instant::ZERO + since)
    }

    /// Counts once more. Returns how often it happened since the last line if it is time for the next.
    pub fn count(&self, now: Instant) -> Option<u64> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let next = self.next.load(Ordering::Relaxed);
        let later = (now + BETWEEN).micros();
        let is_due = now.micros() >= next
            && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        is_due.then(|| self.count.swap(0, Ordering::Relaxed))
    }
}

/// A limit by its name: how often it was reached. It says so in the log, once a second at most.
#[derive(Debug)]
pub struct LimitCounter {
    name: &'static str,
    total: AtomicU64,
    lines: LogLimit,
}

impl LimitCounter {
    /// The limit of this name, never reached.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let lines = LogLimit { next: AtomicU64::new(0), count: AtomicU64::new(0) };
        Self { name, total: AtomicU64::new(0), lines }
    }

    /// The limit of so many was reached once more; `effect` says what became of what came beyond it.
    pub fn reached(&self, now: Instant, limit: u64, effect: &str) {
        self.total.fetch_add(1, Ordering::Relaxed);
        if let Some(times) = self.lines.count(now) {
            tracing::warn!(target: "attendant::limits", limit = self.name, at = limit, times, "limit reached: {effect}");
        }
    }

    /// Its name in the log and in figures.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns how often it was reached.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::tests::logged;

    #[test]
    fn a_line_a_second_counts_all_since_the_last() {
        let limit = LogLimit::default();
        let at = |millis| limit.count(Instant::ZERO + Duration::from_millis(millis));
        assert_eq!([at(0), at(1), at(999)], [Some(1), None, None]);
        assert_eq!([at(1_000), at(1_999), at(5_000)], [Some(3), None, Some(2)]);
    }

    #[test]
    fn a_limit_that_is_reached_often_says_so_seldom() {
        let counter = LimitCounter::new("calls");
        let text = logged(|| {
            for millis in [0, 1, 2, 1_000] {
                counter.reached(Instant::ZERO + Duration::from_millis(millis), 5, "the caller hears busy");
            }
        });
        let line = |times| {
            format!(
                "WARN attendant::limits: limit reached: the caller hears busy limit=\"calls\" at=5 times={times}\n"
            )
        };
        assert_eq!(text, line(1) + &line(3));
        assert_eq!((counter.name(), counter.total()), ("calls", 4));
    }
}
