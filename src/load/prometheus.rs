//! The figures of a run for Prometheus: what a report has at the end, while it goes on.

use super::exposition::{Exposition, Kind};
use super::run::Run;
use crate::scenario::load::Metric;

/// The run as it stands.
#[must_use]
pub fn write(run: &Run) -> String {
    let (mut text, totals) = (Exposition::new("attendant_load_"), &run.totals);
    let last = run.seconds.last().cloned().unwrap_or_default();
    for (name, help, value) in [
        ("stories_begun_total", "Stories started.", totals.begun),
        ("stories_ended_total", "Stories ended.", totals.ended),
        ("stories_failed_total", "Stories with a failed step.", totals.failed),
        ("stories_dropped_total", "Stories not started because max_in_flight was reached.", totals.dropped),
        ("calls_dialled_total", "Calls dialled.", totals.dialled),
        ("calls_answered_total", "Calls answered.", totals.answered),
        ("directory_unanswered_total", "Questions the directory did not answer.", totals.unanswered),
        ("pin_lockouts_total", "Times PIN entry was locked.", totals.lockouts),
    ] {
        text.one(name, Kind::Counter, help, value);
    }
    if let Some(streams) = &run.streams {
        for (name, help, value) in [
            ("packets_sent_total", "Packets of sound and keys sent.", streams.sent),
            (
                "packets_received_total",
                "Packets of sound received, each of which was read.",
                streams.received,
            ),
            ("packets_lost_total", "Packets of sound that never came.", streams.lost),
            ("packets_unknown_total", "Packets of no known sound.", streams.unknown),
        ] {
            text.one(name, Kind::Counter, help, value);
        }
        text.summary(
            "packet_late",
            "How late packets came, against the least delayed of their stream.",
            &streams.late,
        );
    }
    for (name, help, value) in [
        ("stories", "Stories running.", last.in_flight),
        ("calls", "Calls in progress.", last.calls),
        ("lobby_callers", "Callers in lobbies.", last.lobby),
        ("meeting_callers", "Callers in meetings.", last.joined),
        ("memory_bytes", "Resident memory of this process in bytes.", last.memory),
    ] {
        text.one(name, Kind::Gauge, help, value);
    }
    text.one("cores", Kind::Gauge, "Cores used by this process.", last.cpu);
    text.one("offered", Kind::Gauge, "The level of load that the profile asks for.", last.wanted);
    for metric in Metric::ALL {
        text.summary(metric.name(), metric.meaning(), run.latencies.of(metric));
    }
    text.summary("dialled_late", "How late stories dialled.", &run.late);
    text.summary("woken_late", "How late sleeping tasks were woken.", &run.lag);
    text.text()
}
