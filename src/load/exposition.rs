//! Figures for Prometheus, and its text format (version 0.0.4 of the exposition formats).

use std::fmt::{self, Display, Write as _};

use super::figures::Latencies;
use crate::scenario::load::Statistic;
use crate::telemetry::histogram::Histogram;

/// The percentiles of a summary, in hundredths of a percent.
const PERCENTILES: [(u16, f64); 4] = [(5_000, 0.5), (9_000, 0.9), (9_900, 0.99), (9_990, 0.999)];

/// The type of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It comes and goes.
    Gauge,
    /// Durations, by their percentiles.
    Summary,
    /// Durations, in buckets.
    Histogram,
}

impl Kind {
    /// Its word in the text format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
            Self::Histogram => "histogram",
        }
    }
}

/// The labels of a figure, each with its value.
pub type Labels = Vec<(&'static str, String)>;

/// The value of a figure.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A number.
    Number(f64),
    /// Percentiles, where there are any, the sum in seconds and the count.
    Summary(Vec<(f64, f64)>, f64, u64),
    /// Buckets.
    Histogram(Box<Histogram>),
}

/// All figures of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// The whole name.
    pub name: String,
    /// Its meaning.
    pub help: String,
    /// The type.
    pub kind: Kind,
    /// The figures by their labels.
    pub figures: Vec<(Labels, Value)>,
}

/// Figures as they are gathered.
#[derive(Debug)]
pub struct Exposition {
    /// The prefix of every name.
    prefix: &'static str,
    families: Vec<Family>,
}

impl Exposition {
    /// Nothing yet; names will begin with this.
    #[must_use]
    pub const fn new(prefix: &'static str) -> Self {
        Self { prefix, families: Vec::new() }
    }

    /// Returns the figures, in the order in which they came.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    fn add(&mut self, name: &str, kind: Kind, help: &str, figures: Vec<(Labels, Value)>) {
        let name = format!("{}{name}", self.prefix);
        self.families.push(Family { name, help: help.to_owned(), kind, figures });
    }

    /// One figure.
    pub fn one(&mut self, name: &str, kind: Kind, help: &str, value: impl IntoNumber) {
        self.add(name, kind, help, vec![(Labels::new(), Value::Number(value.number()))]);
    }

    /// A figure for each value of a label.
    pub fn each<W: Into<String>, V: IntoNumber>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        (label, values): (&'static str, impl IntoIterator<Item = (W, V)>),
    ) {
        let labelled = values.into_iter().map(|(word, value)| (vec![(label, word.into())], value));
        self.labelled(name, kind, help, labelled);
    }

    /// A figure for each of these labels.
    pub fn labelled<V: IntoNumber>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        values: impl IntoIterator<Item = (Labels, V)>,
    ) {
        let figures = values.into_iter().map(|(labels, value)| (labels, Value::Number(value.number())));
        self.add(name, kind, help, figures.collect());
    }

    /// Durations in buckets, by their labels; the unit ends the name.
    pub fn histograms(&mut self, name: &str, help: &str, all: impl IntoIterator<Item = (Labels, Histogram)>) {
        let all = all.into_iter().map(|(labels, took)| (labels, Value::Histogram(Box::new(took))));
        self.add(&format!("{name}_seconds"), Kind::Histogram, help, all.collect());
    }

    /// Latencies, in seconds. Where there are none, their percentiles are no numbers.
    pub fn summary(&mut self, name: &str, help: &str, all: &Latencies) {
        let percentile = |(part, quantile)| {
            let took = all.figure(Statistic::Percentile(part)).map_or(f64::NAN, |took| took.as_secs_f64());
            (quantile, took)
        };
        let percentiles = PERCENTILES.into_iter().map(percentile).collect();
        let value = Value::Summary(percentiles, all.sum().as_secs_f64(), all.count());
        self.add(&format!("{name}_seconds"), Kind::Summary, help, vec![(Labels::new(), value)]);
    }

    /// Returns the text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Family { name, help, kind, figures } in &self.families {
            let _in_memory = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
            for (labels, value) in figures {
                write_figure(&mut text, name, labels, value);
            }
        }
        text
    }
}

fn write_figure(text: &mut String, name: &str, labels: &Labels, value: &Value) {
    let mut line = |ending: &str, more: Option<(&'static str, f64)>, value: &dyn Display| {
        let _in_memory = writeln!(text, "{name}{ending}{} {value}", Written { labels, more });
    };
    match value {
        Value::Number(number) => line("", None, number),
        Value::Summary(percentiles, sum, count) => {
            for (quantile, took) in percentiles {
                line("", Some(("quantile", *quantile)), took);
            }
            line("_sum", None, sum);
            line("_count", None, count);
        }
        Value::Histogram(took) => {
            for (bound, count) in took.cumulative().chain([(f64::INFINITY, took.count())]) {
                line("_bucket", Some(("le", bound)), &count);
            }
            line("_sum", None, &took.sum());
            line("_count", None, &took.count());
        }
    }
}

/// Labels as they stand behind a name.
struct Written<'l> {
    labels: &'l Labels,
    /// The label of a part of the figure.
    more: Option<(&'static str, f64)>,
}

impl Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|(name, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        });
        let more = self.more.map(|(name, value)| {
            if value.is_infinite() { format!("{name}=\"+Inf\"") } else { format!("{name}=\"{value}\"") }
        });
        let all: Vec<String> = labels.chain(more).collect();
        if all.is_empty() { Ok(()) } else { write!(f, "{{{}}}", all.join(",")) }
    }
}

/// What is a number in an exposition: a floating-point number, exact up to 2^53.
pub trait IntoNumber {
    /// Returns the number.
    fn number(self) -> f64;
}

impl IntoNumber for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl IntoNumber for u64 {
    fn number(self) -> f64 {
        self as f64
    }
}

impl IntoNumber for bool {
    fn number(self) -> f64 {
        f64::from(u8::from(self))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::telemetry::histogram::SLOW;

    #[test]
    fn every_figure_has_its_help_and_its_kind() {
        let mut written = Exposition::new("attendant_");
        written.one("calls", Kind::Gauge, "Calls in progress.", 3_u64);
        written.each("outcomes_total", Kind::Counter, "How calls ended.", ("outcome", [("joined", 2_u64)]));
        let mut latencies = Latencies::default();
        written.summary("hang_up", "From the hang-up.", &latencies);
        [1, 3].into_iter().for_each(|millis| latencies.add(Duration::from_millis(millis)));
        written.summary("call_setup", "From the dialling.", &latencies);
        let mut waits = Histogram::new(SLOW);
        [0, 2, 7_200].into_iter().for_each(|seconds| waits.observe(Duration::from_secs(seconds)));
        let odd = vec![("end", "a \"quoted\"\nline\\".to_owned())];
        written.histograms("wait", "In the lobby.", [(odd, waits)]);
        insta::assert_snapshot!(written.text());
    }
}
