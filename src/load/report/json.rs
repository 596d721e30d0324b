//! The figures of a run for programs. Times are in microseconds.

use serde_json::{Map, Value, json};

use super::odds::odds;
use crate::load::figures::Latencies;
use crate::load::run::{Run, Streams};
use crate::load::tally::micros;
use crate::scenario::load::Statistic;

/// The version of the form.
const FORMAT: u32 = 1;

pub(super) fn write(run: &Run) -> String {
    let mut latencies = Map::new();
    for (metric, all) in run.measured() {
        let at = |statistic| all.figure(statistic).map(micros);
        let percentile = |part| at(Statistic::Percentile(part));
        let figures = json!({
            "count": all.count(),
            "mean": at(Statistic::Mean),
            "p50": percentile(5_000),
            "p90": percentile(9_000),
            "p99": percentile(9_900),
            "p99.9": percentile(9_990),
            "max": at(Statistic::Max),
        });
        latencies.insert(metric.name().to_owned(), figures);
    }
    let guesses = odds(run).map(|(in_a_day, odds)| {
        let odds =
            odds.map(|odds| json!({ "digits": odds.digits, "day": odds.in_a_day, "year": odds.in_a_year }));
        json!({ "compared_in_a_day": in_a_day, "odds": odds })
    });
    let report: Value = json!({
        "format": FORMAT,
        "about": run.about,
        "totals": run.totals,
        "latencies_us": latencies,
        "late_p99_us": run.late.figure(Statistic::Percentile(9_900)).map(micros),
        "lag_p99_us": run.lag.figure(Statistic::Percentile(9_900)).map(micros),
        "streams": run.streams.as_deref().map(streams),
        "outcomes": run.outcomes,
        "failures": run.failures,
        "guesses": guesses,
        "thresholds": run.thresholds,
        "interrupted": run.interrupted,
        "void": run.void,
    });
    format!("{report:#}\n")
}

/// What became of the packets, as far as programs judge it.
fn streams(streams: &Streams) -> Value {
    let us = |latencies: &Latencies, statistic| latencies.figure(statistic).map(micros);
    let p99 = Statistic::Percentile(9_900);
    json!({
        "not_placed": streams.not_placed,
        "sent": streams.sent,
        "received": streams.received,
        "lost": streams.lost,
        "reordered": streams.reordered,
        "doubled": streams.doubled,
        "restarts": streams.restarts,
        "equal": streams.equal,
        "silent": streams.silent,
        "changes": streams.changes,
        "unknown": streams.unknown,
        "jumps": streams.jumps,
        "listened": streams.listened,
        "alike": streams.alike,
        "heard_otherwise": streams.heard_otherwise,
        "late_p99_us": us(&streams.late, p99),
        "late_max_us": us(&streams.late, Statistic::Max),
        "gaps": streams.gaps.count(),
        "gap_max_us": us(&streams.gaps, Statistic::Max),
        "sent_late_p99_us": us(&streams.sent_late, p99),
    })
}
