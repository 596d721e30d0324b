//! Durations in buckets, as Prometheus takes them: classic ones, with bounds that are given, and native ones, whose bounds
//! grow by a constant factor.

use std::collections::BTreeMap;
use std::time::Duration;

/// Bounds for what a machine does, in seconds.
pub const QUICK: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds for what people do, in seconds: up to the half hour that a lobby lets them wait, and beyond.
pub const SLOW: &[f64] = &[1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];

/// The resolution of native buckets: each is 2^(1/2^3), 9 %, wider than the one before (Prometheus' native histograms,
/// "Schema"). From a microsecond to a day these are 290 buckets at most.
pub const SCHEMA: i32 = 3;

/// Durations up to this, in seconds, count as none: no clock here is finer.
pub const ZERO_THRESHOLD: f64 = 1e-9;

/// How long something took, each time.
#[derive(Clone, PartialEq, Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// For each bound how many were above the one before and at most this.
    classic: Vec<u64>,
    native: BTreeMap<i32, u64>,
    zero: u64,
    count: u64,
    sum: f64,
}

impl Histogram {
    /// Nothing yet; with these bounds of classic buckets, ascending and in seconds.
    #[must_use]
    pub fn new(bounds: &'static [f64]) -> Self {
        let classic = vec![0; bounds.len()];
        Self { bounds, classic, native: BTreeMap::new(), zero: 0, count: 0, sum: 0.0 }
    }

    /// One more.
    pub fn observe(&mut self, took: Duration) {
        self.observe_many(took, 1);
    }

    /// So many more, each of which took this long.
    pub fn observe_many(&mut self, took: Duration, times: u64) {
        let seconds = took.as_secs_f64();
        self.count += times;
        self.sum += seconds * times as f64;
        if let Some(bucket) = self.bounds.iter().position(|bound| seconds <= *bound) {
            self.classic[bucket] += times;
        }
        if seconds <= ZERO_THRESHOLD {
            self.zero += times;
        } else {
            *self.native.entry(native_bucket(seconds)).or_default() += times;
        }
    }

    /// Returns each bound with the number of durations up to it.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut below = 0;
        self.bounds.iter().zip(&self.classic).map(move |(bound, count)| {
            below += count;
            (*bound, below)
        })
    }

    /// Returns the native buckets that are not empty, by their numbers: bucket `n` ends at 2^(n/2^[`SCHEMA`]).
    #[must_use]
    pub const fn native(&self) -> &BTreeMap<i32, u64> {
        &self.native
    }

    /// Returns how many took no time.
    #[must_use]
    pub const fn zero(&self) -> u64 {
        self.zero
    }

    /// Returns how many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns all of them together, in seconds.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }
}

fn native_bucket(seconds: f64) -> i32 {
    (seconds.log2() * f64::from(1 << SCHEMA)).ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_each_bucket_that_ends_above_it() {
        let mut took = Histogram::new(&[0.1, 1.0]);
        for millis in [0, 100, 101, 1_000, 5_000] {
            took.observe(Duration::from_millis(millis));
        }
        assert_eq!(took.cumulative().collect::<Vec<_>>(), [(0.1, 2), (1.0, 4)]);
        assert_eq!((took.count(), took.zero()), (5, 1));
        assert!((took.sum() - 6.201).abs() < 1e-9, "{}", took.sum());
    }

    #[test]
    fn native_buckets_end_at_powers_of_their_base() {
        for (seconds, bucket) in [(1.0, 0), (1.01, 1), (2.0, 8), (0.5, -8), (0.51, -7), (0.001, -79)] {
            assert_eq!(native_bucket(seconds), bucket, "{seconds}");
            let base = 2_f64.powf(1.0 / 8.0);
            let (from, to) = (base.powi(bucket - 1), base.powi(bucket));
            assert!(from < seconds * (1.0 + 1e-12) && seconds <= to * (1.0 + 1e-12), "{from} {seconds} {to}");
        }
    }
}
