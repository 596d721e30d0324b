//! The protocol-buffer format of Prometheus: the only one that carries native histograms, which are finer than the classic ones
//! beside them and need no bounds.
//!
//! Field numbers are those of `io/prometheus/client/metrics.proto` in Prometheus' repository `client_model`.

use prost::Message;

use super::exposition::{Exposition, Family, Kind, Labels, Value};
use crate::telemetry::histogram::{self, SCHEMA, ZERO_THRESHOLD};

/// The media type of this format.
pub const CONTENT_TYPE: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

#[derive(Clone, PartialEq, Message)]
struct MetricFamily {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    help: String,
    #[prost(int32, tag = "3")]
    kind: i32,
    #[prost(message, repeated, tag = "4")]
    metric: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(message, repeated, tag = "1")]
    label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    gauge: Option<Number>,
    #[prost(message, optional, tag = "3")]
    counter: Option<Number>,
    #[prost(message, optional, tag = "4")]
    summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// A gauge or a counter.
#[derive(Clone, PartialEq, Message)]
struct Number {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(uint64, tag = "1")]
    sample_count: u64,
    #[prost(double, tag = "2")]
    sample_sum: f64,
    #[prost(message, repeated, tag = "3")]
    quantile: Vec<Quantile>,
}

#[derive(Clone, PartialEq, Message)]
struct Quantile {
    #[prost(double, tag = "1")]
    quantile: f64,
    #[prost(double, tag = "2")]
    value: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    sample_count: u64,
    #[prost(double, tag = "2")]
    sample_sum: f64,
    #[prost(message, repeated, tag = "3")]
    bucket: Vec<Bucket>,
    #[prost(sint32, tag = "5")]
    schema: i32,
    #[prost(double, tag = "6")]
    zero_threshold: f64,
    #[prost(uint64, tag = "7")]
    zero_count: u64,
    #[prost(message, repeated, tag = "12")]
    positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "13")]
    positive_delta: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Bucket {
    #[prost(uint64, tag = "1")]
    cumulative_count: u64,
    #[prost(double, tag = "2")]
    upper_bound: f64,
}

/// Native buckets without a gap between them.
#[derive(Clone, PartialEq, Message)]
struct BucketSpan {
    /// The number of the first, or how many empty ones are between it and the last of the span before.
    #[prost(sint32, tag = "1")]
    offset: i32,
    #[prost(uint32, tag = "2")]
    length: u32,
}

impl Exposition {
    /// Returns the protocol-buffer format: each family with its length before it.
    #[must_use]
    pub fn protobuf(&self) -> Vec<u8> {
        self.families().iter().flat_map(|of| family(of).encode_length_delimited_to_vec()).collect()
    }
}

fn family(Family { name, help, kind, figures }: &Family) -> MetricFamily {
    let kind_number = match kind {
        Kind::Counter => 0,
        Kind::Gauge => 1,
        Kind::Summary => 2,
        Kind::Histogram => 4,
    };
    let metric = figures.iter().map(|(labels, value)| metric(*kind, labels, value)).collect();
    MetricFamily { name: name.clone(), help: help.clone(), kind: kind_number, metric }
}

fn metric(kind: Kind, labels: &Labels, value: &Value) -> Metric {
    let label =
        labels.iter().map(|(name, value)| LabelPair { name: (*name).to_owned(), value: value.clone() });
    let mut metric = Metric { label: label.collect(), ..Metric::default() };
    match value {
        Value::Number(number) if kind == Kind::Counter => metric.counter = Some(Number { value: *number }),
        Value::Number(number) => metric.gauge = Some(Number { value: *number }),
        Value::Summary(percentiles, sum, count) => {
            let quantile =
                percentiles.iter().map(|(quantile, value)| Quantile { quantile: *quantile, value: *value });
            let quantile = quantile.collect();
            metric.summary = Some(Summary { sample_count: *count, sample_sum: *sum, quantile });
        }
        Value::Histogram(took) => metric.histogram = Some(buckets(took)),
    }
    metric
}

fn buckets(took: &histogram::Histogram) -> Histogram {
    let bucket =
        took.cumulative().map(|(bound, count)| Bucket { cumulative_count: count, upper_bound: bound });
    let (mut positive_span, mut positive_delta) = (Vec::<BucketSpan>::new(), Vec::new());
    let (mut next, mut before) = (None::<i32>, 0);
    for (number, count) in took.native() {
        match positive_span.last_mut() {
            Some(span) if next == Some(*number) => span.length += 1,
            Some(_) | None => {
                let offset = next.map_or(*number, |next| number - next);
                positive_span.push(BucketSpan { offset, length: 1 });
            }
        }
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        positive_delta.push(count - before);
        (next, before) = (Some(number + 1), count);
    }
    if positive_span.is_empty() && took.zero() == 0 {
        // One span without buckets is how a native histogram without durations is told from a classic one.
        positive_span.push(BucketSpan { offset: 0, length: 0 });
    }
    Histogram {
        sample_count: took.count(),
        sample_sum: took.sum(),
        bucket: bucket.collect(),
        schema: SCHEMA,
        zero_threshold: ZERO_THRESHOLD,
        zero_count: took.zero(),
        positive_span,
        positive_delta,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::telemetry::histogram::SLOW;

    #[test]
    fn native_buckets_are_spans_with_the_steps_between_counts() {
        let mut took = histogram::Histogram::new(SLOW);
        for (millis, times) in [(0, 1), (1_000, 3), (1_050, 5), (2_000, 2)] {
            took.observe_many(Duration::from_millis(millis), times);
        }
        let native = buckets(&took);
        // 1 s ends bucket 0, 1.05 s is in bucket 1, 2 s ends bucket 8.
        let spans: Vec<_> = native.positive_span.iter().map(|span| (span.offset, span.length)).collect();
        assert_eq!((spans, native.positive_delta), (vec![(0, 2), (6, 1)], vec![3, 2, -3]));
        assert_eq!((native.sample_count, native.zero_count), (11, 1));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut written = Exposition::new("");
        written.one("calls", Kind::Gauge, "Calls.", 3_u64);
        written.histograms(
            "wait",
            "Waits.",
            [(vec![("end", "left".to_owned())], histogram::Histogram::new(SLOW))],
        );
        let bytes = written.protobuf();
        let mut rest = bytes.as_slice();
        let calls = MetricFamily::decode_length_delimited(&mut rest).unwrap();
        let waits = MetricFamily::decode_length_delimited(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!((calls.name.as_str(), calls.kind), ("calls", 1));
        assert_eq!(calls.metric[0].gauge.as_ref().map(|gauge| gauge.value), Some(3.0));
        let wait = &waits.metric[0];
        assert_eq!((wait.label[0].value.as_str(), waits.name.as_str()), ("left", "wait_seconds"));
        assert_eq!(wait.histogram.clone().unwrap().positive_span.len(), 1, "it is a native one");
    }
}
