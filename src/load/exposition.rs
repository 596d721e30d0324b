//! The text format of Prometheus (version 0.0.4 of the exposition formats).

use std::fmt::{Display, Write as _};

use super::figures::Latencies;
use crate::scenario::load::Statistic;

/// The percentiles of a summary, in hundredths of a percent.
const PERCENTILES: [(u16, &str); 4] = [(5_000, "0.5"), (9_000, "0.9"), (9_900, "0.99"), (9_990, "0.999")];

/// The type of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It comes and goes.
    Gauge,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// Figures as they are written down.
#[derive(Debug)]
pub struct Exposition {
    /// The prefix of every name.
    prefix: &'static str,
    text: String,
}

impl Exposition {
    /// Nothing yet; names will begin with this.
    #[must_use]
    pub fn new(prefix: &'static str) -> Self {
        Self { prefix, text: String::new() }
    }

    /// Returns the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    fn line(&mut self, line: impl Display) {
        let _always = writeln!(self.text, "{line}");
    }

    fn begin(&mut self, name: &str, kind: &str, help: &str) -> String {
        let name = format!("{}_{name}", self.prefix);
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        name
    }

    /// One figure.
    pub fn one(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        let name = self.begin(name, kind.word(), help);
        self.line(format_args!("{name} {value}"));
    }

    /// A figure for each value of a label: words without quotes.
    pub fn each<V: Display>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        (label, values): (&str, impl IntoIterator<Item = (&'static str, V)>),
    ) {
        let name = self.begin(name, kind.word(), help);
        for (word, value) in values {
            self.line(format_args!("{name}{{{label}=\"{word}\"}} {value}"));
        }
    }

    /// Latencies, in seconds. Where there are none, their percentiles are no numbers.
    pub fn summary(&mut self, name: &str, help: &str, all: &Latencies) {
        let name = self.begin(&format!("{name}_seconds"), "summary", help);
        for (part, quantile) in PERCENTILES {
            let took = all.figure(Statistic::Percentile(part)).map_or(f64::NAN, |took| took.as_secs_f64());
            self.line(format_args!("{name}{{quantile=\"{quantile}\"}} {took}"));
        }
        self.line(format_args!("{name}_sum {}", all.sum().as_secs_f64()));
        self.line(format_args!("{name}_count {}", all.count()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_figure_has_its_help_and_its_kind() {
        let mut written = Exposition::new("attendant");
        written.one("calls", Kind::Gauge, "Calls in progress.", 3);
        written.each("outcomes_total", Kind::Counter, "How calls ended.", ("outcome", [("joined", 2)]));
        let mut latencies = Latencies::default();
        written.summary("hang_up", "From the hang-up.", &latencies);
        [1, 3].into_iter().for_each(|millis| latencies.add(Duration::from_millis(millis)));
        written.summary("call_setup", "From the dialling.", &latencies);
        insta::assert_snapshot!(written.into_text());
    }
}
