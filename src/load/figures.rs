//! Latencies as histograms that can be merged and written down, three significant figures each.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2Serializer};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::ranks::Ranks;
use crate::scenario::load::{Metric, Statistic};
use crate::telemetry::histogram::Histogram as Buckets;

/// Significant figures of a latency: one part in a thousand is finer than any machine repeats.
const FIGURES: u8 = 3;

/// The longest latency that is told from longer ones: a day.
const LONGEST_US: u64 = 86_400_000_000;

/// Latencies of one kind, in microseconds. Each counts as at least 1 µs and at most a day.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(FIGURES).expect("three figures are allowed"))
    }
}

impl Latencies {
    /// One more.
    pub fn add(&mut self, took: Duration) {
        self.add_many(took, 1);
    }

    /// So many more, each of which took this long.
    pub fn add_many(&mut self, took: Duration, times: u64) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // The histogram grows as it needs to.
        let _grown = self.0.record_n(micros.clamp(1, LONGEST_US), times);
    }

    /// All of the others too.
    pub fn merge(&mut self, other: &Self) {
        let _grown = self.0.add(&other.0);
    }

    /// Returns the number of measurements.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// All of them together, as exact as each is kept: it never falls when one more comes.
    #[must_use]
    pub fn sum(&self) -> Duration {
        let recorded = self.0.iter_recorded();
        let micros = recorded.map(|step| step.value_iterated_to().saturating_mul(step.count_at_value()));
        Duration::from_micros(micros.fold(0, u64::saturating_add))
    }

    /// Returns all of them in buckets with these bounds.
    #[must_use]
    pub fn histogram(&self, bounds: &'static [f64]) -> Buckets {
        let mut buckets = Buckets::new(bounds);
        for step in self.0.iter_recorded() {
            let micros = self.0.lowest_equivalent(step.value_iterated_to());
            buckets.observe_many(Duration::from_micros(micros), step.count_at_value());
        }
        buckets
    }

    /// A figure of them; `None` if there are not one.
    #[must_use]
    pub fn figure(&self, statistic: Statistic) -> Option<Duration> {
        let micros = match statistic {
            _ if self.0.is_empty() => return None,
            Statistic::Percentile(part) => self.0.value_at_quantile(f64::from(part) / 10_000.0),
            Statistic::Mean => self.0.mean().round() as u64,
            Statistic::Max => self.0.max(),
        };
        Some(Duration::from_micros(micros))
    }

    /// Returns between which latencies the percentile `part`, in hundredths of a percent, lies with the confidence
    /// `confidence`, from 0 to 1, for measurements that do not depend on each other. Each bound is the outer edge of
    /// what the histogram keeps as one latency, so that rounding never draws them together.
    #[must_use]
    pub fn bounds(&self, part: u16, confidence: f64) -> Bounds {
        let Ranks { lower, upper } = Ranks::of(self.count(), part, confidence);
        let edge = |rank: Option<u64>, edge: fn(&Histogram<u64>, u64) -> u64| {
            self.of_rank(rank?).map(|micros| Duration::from_micros(edge(&self.0, micros)))
        };
        Bounds {
            lower: edge(lower, Histogram::lowest_equivalent),
            upper: edge(upper, Histogram::highest_equivalent),
        }
    }

    /// The latency of that rank, from 1, in microseconds. By rank and not by quantile: a quotient is rounded.
    fn of_rank(&self, rank: u64) -> Option<u64> {
        let mut below = 0_u64;
        let mut reaches = |count: u64| {
            below = below.saturating_add(count);
            below >= rank
        };
        self.0
            .iter_recorded()
            .find(|step| reaches(step.count_at_value()))
            .map(|step| step.value_iterated_to())
    }

    /// Returns the values for a plot of one second.
    #[must_use]
    pub fn spread(&self) -> Option<Spread> {
        let at = |statistic| {
            self.figure(statistic).map(|took| took.as_micros()).and_then(|took| u64::try_from(took).ok())
        };
        Some(Spread {
            count: self.count(),
            p50: at(Statistic::Percentile(5_000))?,
            p90: at(Statistic::Percentile(9_000))?,
            p99: at(Statistic::Percentile(9_900))?,
            max: at(Statistic::Max)?,
        })
    }
}

/// Between which latencies a percentile lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// It is not below this; `None` if too few were measured to tell.
    pub lower: Option<Duration>,
    /// It is not above this; `None` if too few were measured to tell.
    pub upper: Option<Duration>,
}

/// The latencies of one kind in one second, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

/// The latencies of each metric.
#[derive(Clone, Debug, Default)]
pub struct ByMetric([Latencies; Metric::ALL.len()]);

impl ByMetric {
    /// Those of one metric.
    #[must_use]
    pub fn of(&self, metric: Metric) -> &Latencies {
        &self.0[metric as usize]
    }

    /// One more.
    pub fn add(&mut self, metric: Metric, took: Duration) {
        self.0[metric as usize].add(took);
    }

    /// All of the others too.
    pub fn merge(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| own.merge(other));
    }
}

/// In a run file a histogram is HdrHistogram's own V2 encoding in Base64: other tools read it.
impl Serialize for Latencies {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&self.0, &mut bytes).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(D::Error::custom)?;
        let read = Deserializer::new().deserialize(&mut bytes.as_slice());
        let mut histogram: Histogram<u64> =
            read.map_err(|error| D::Error::custom(format!("unreadable histogram: {error}")))?;
        histogram.auto(true);
        Ok(Self(histogram))
    }
}

impl Serialize for ByMetric {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Metric::ALL.map(|metric| (metric.name(), self.of(metric))))
    }
}

impl<'de> Deserialize<'de> for ByMetric {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = std::collections::BTreeMap::<String, Latencies>::deserialize(deserializer)?;
        let mut all = Self::default();
        for (name, latencies) in named {
            let metric = Metric::from_name(&name)
                .ok_or_else(|| D::Error::custom(format!("`{name}` is not a metric of this version")))?;
            all.0[metric as usize] = latencies;
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        millis.into_iter().for_each(|took| latencies.add(Duration::from_millis(took)));
        latencies
    }

    fn close(found: Option<Duration>, millis: u64) -> bool {
        found.is_some_and(|found| {
            found.abs_diff(Duration::from_millis(millis)) <= Duration::from_millis(millis) / 500
        })
    }

    #[test]
    fn figures_are_those_of_all_latencies_to_three_figures() {
        let latencies = of(1..=1_000);
        assert!(close(latencies.figure(Statistic::Percentile(5_000)), 500));
        assert!(close(latencies.figure(Statistic::Percentile(9_900)), 990));
        assert!(close(latencies.figure(Statistic::Max), 1_000));
        assert!(close(latencies.figure(Statistic::Mean), 500));
        assert_eq!(Latencies::default().figure(Statistic::Max), None);
    }

    #[test]
    fn parts_that_are_merged_are_as_good_as_all_at_once() {
        let mut merged = of(1..=10);
        merged.merge(&of(11..=100_000));
        let whole = of(1..=100_000);
        assert_eq!(merged.count(), 100_000);
        assert_eq!(merged.spread(), whole.spread());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut all = ByMetric::default();
        (1..500).for_each(|took| all.add(Metric::StartToJoined, Duration::from_millis(took)));
        let text = serde_json::to_string(&all).unwrap();
        let again: ByMetric = serde_json::from_str(&text).unwrap();
        assert_eq!(again.of(Metric::StartToJoined).spread(), all.of(Metric::StartToJoined).spread());
        assert_eq!(again.of(Metric::HangUp).count(), 0);
        let wrong = text.replace("start_to_joined", "start_to_joyned");
        let told = serde_json::from_str::<ByMetric>(&wrong).unwrap_err().to_string();
        assert!(told.contains("`start_to_joyned` is not a metric"), "{told}");
        assert!(serde_json::from_str::<Latencies>("\"AAAA\"").is_err());
    }

    #[test]
    fn bounds_narrow_with_more_measurements() {
        let (few, many) = (of(1..=100), of((1..=1_000).flat_map(|took| [took; 20])));
        let Bounds { lower, upper } = few.bounds(9_000, 0.95);
        assert!(close(lower, 84) && close(upper, 96), "{lower:?} {upper:?}");
        let Bounds { lower, upper } = many.bounds(9_000, 0.95);
        assert!(close(lower, 896) && close(upper, 905), "{lower:?} {upper:?}");
    }

    #[test]
    fn bounds_hold_all_that_the_histogram_keeps_as_one() {
        // 100,000 to 100,063 µs are one latency of three figures.
        let mut latencies = Latencies::default();
        (0..50).for_each(|_| latencies.add(Duration::from_micros(100_030)));
        let Bounds { lower, upper } = latencies.bounds(5_000, 0.95);
        assert!(lower.unwrap() <= Duration::from_micros(100_030), "{lower:?}");
        assert!(upper.unwrap() >= Duration::from_micros(100_030), "{upper:?}");
    }
}
