//! The figures of a run for Prometheus: what a report has at the end, while it goes on.

use super::exposition::{Exposition, Kind};
use super::run::Run;
use crate::scenario::load::Metric;

/// The run as it stands.
#[must_use]
pub fn write(run: &Run) -> String {
    let (mut text, totals) = (Exposition::new("attendant_load"), &run.totals);
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
        text.one(name, Kind::Counter, help, value);
    }
    for (name, help, value) in [
        ("stories", "Stories that are played.", last.in_flight),
        ("calls", "Calls that are up.", last.calls),
        ("lobby_callers", "Callers in lobbies.", last.lobby),
        ("meeting_callers", "Callers in meetings.", last.joined),
        ("memory_bytes", "Bytes of this process that lie in memory.", last.memory),
    ] {
        text.one(name, Kind::Gauge, help, value);
    }
    text.one("cores", Kind::Gauge, "Cores that this process uses.", last.cpu);
    text.one("offered", Kind::Gauge, "The level that the profile wants.", last.wanted);
    for metric in Metric::ALL {
        text.summary(metric.name(), metric.meaning(), run.latencies.of(metric));
    }
    text.summary("dialled_late", "How late stories dialled.", &run.late);
    text.summary("woken_late", "How late the machine woke a task that slept.", &run.lag);
    text.into_text()
}
