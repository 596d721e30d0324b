//! The figures of a run in the text format of Prometheus (version 0.0.4 of the exposition formats): what a report has at
//! the end, while it goes on.

use std::fmt::Write as _;
use std::time::Duration;

use super::run::Run;
use crate::scenario::load::{Metric, Statistic};

/// The percentiles that are told, in hundredths of a percent.
const PERCENTILES: [(u16, &str); 4] = [(5_000, "0.5"), (9_000, "0.9"), (9_900, "0.99"), (9_990, "0.999")];

/// The run as it stands.
#[must_use]
pub fn write(run: &Run) -> String {
    let (mut text, totals) = (String::new(), &run.totals);
    let last = run.seconds.last().cloned().unwrap_or_default();
    for (name, help, value) in [
        ("stories_begun_total", "Stories that began.", totals.begun),
        ("stories_ended_total", "Stories that ended.", totals.ended),
        ("stories_failed_total", "Stories in which a step failed.", totals.failed),
        ("stories_dropped_total", "Stories that did not begin because too many were played.", totals.dropped),
        ("calls_dialled_total", "Calls that were dialled.", totals.dialled),
        ("calls_answered_total", "Calls that were answered.", totals.answered),
        ("directory_unanswered_total", "Questions that the directory did not answer.", totals.unanswered),
        ("pin_lockouts_total", "How often PIN entry was locked.", totals.lockouts),
    ] {
        one(&mut text, name, "counter", help, &value.to_string());
    }
    for (name, help, value) in [
        ("stories", "Stories that are played.", last.in_flight),
        ("calls", "Calls that are up.", last.calls),
        ("lobby_callers", "Callers in lobbies.", last.lobby),
        ("meeting_callers", "Callers in meetings.", last.joined),
        ("memory_bytes", "Bytes of this process that lie in memory.", last.memory),
    ] {
        one(&mut text, name, "gauge", help, &value.to_string());
    }
    one(&mut text, "cores", "gauge", "Cores that this process uses.", &last.cpu.to_string());
    one(&mut text, "offered", "gauge", "The level that the profile wants.", &last.wanted.to_string());
    for metric in Metric::ALL {
        summary(&mut text, metric.name(), run.latencies.of(metric));
    }
    summary(&mut text, "dialled_late", &run.late);
    summary(&mut text, "woken_late", &run.lag);
    text
}

fn one(text: &mut String, name: &str, kind: &str, help: &str, value: &str) {
    let name = format!("attendant_load_{name}");
    let _always = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}

fn summary(text: &mut String, name: &str, all: &super::figures::Latencies) {
    let name = format!("attendant_load_{name}_seconds");
    let _always = writeln!(text, "# TYPE {name} summary");
    for (part, quantile) in PERCENTILES {
        let value = all.figure(Statistic::Percentile(part)).map_or(f64::NAN, |took| took.as_secs_f64());
        let value = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
        let _always = writeln!(text, "{name}{{quantile=\"{quantile}\"}} {value}");
    }
    let mean = all.figure(Statistic::Mean).unwrap_or(Duration::ZERO).as_secs_f64();
    let (sum, count) = (mean * all.count() as f64, all.count());
    let _always = writeln!(text, "{name}_sum {sum}\n{name}_count {count}");
}
