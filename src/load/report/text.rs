//! The figures of a run for people, as text.

use std::time::Duration;

use super::odds::odds;
use crate::load::run::{About, Run};
use crate::load::verdict::{LIVE, VIRTUAL, percent};
use crate::report::Paint;
use crate::scenario::load::{Metric, Statistic};

/// The statistics that are shown of each metric.
pub(super) const SHOWN: [(&str, Statistic); 5] = [
    ("p50", Statistic::Percentile(5_000)),
    ("p90", Statistic::Percentile(9_000)),
    ("p99", Statistic::Percentile(9_900)),
    ("p99.9", Statistic::Percentile(9_990)),
    ("max", Statistic::Max),
];

/// The report, in colours or not.
#[must_use]
pub fn write(run: &Run, coloured: bool) -> String {
    let (mut text, paint) = (String::new(), Paint { coloured });
    let (about, totals) = (&run.about, &run.totals);
    let machine = &about.machine;
    line(&mut text, &format!("{}: {}", about.profile, about.line));
    let on = played_on(about);
    line(
        &mut text,
        &paint.faint(&format!(
            "{on}, seed {}; {}, {} cores, {:.1} GiB; {:.1} s, {:.1} s of processor time",
            about.seed,
            machine.processor,
            machine.cores,
            machine.memory as f64 / f64::from(1 << 30),
            totals.took,
            totals.cpu
        )),
    );
    line(&mut text, "");
    let numbers = |counts: &[(u64, &str)]| {
        let all: Vec<String> =
            counts.iter().map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
        all.join(", ")
    };
    let stories = [
        (totals.begun, "started"),
        (totals.ended, "ended"),
        (totals.failed, "failed"),
        (totals.dropped, "not started"),
    ];
    line(&mut text, &format!("stories  {}", numbers(&stories)));
    line(
        &mut text,
        &format!(
            "calls    {}; peak {}, {} bytes each",
            numbers(&[(totals.dialled, "dialled"), (totals.answered, "answered")]),
            grouped(totals.calls_peak),
            grouped(totals.bytes_a_call)
        ),
    );
    line(&mut text, &format!("lobbies  peak {} callers", grouped(totals.lobby_peak)));
    if totals.unanswered > 0 {
        line(&mut text, &format!("directory  {} questions unanswered", grouped(totals.unanswered)));
    }
    line(&mut text, "");
    latencies(&mut text, run);
    endings(&mut text, run, paint);
    guesses(&mut text, run);
    streams(&mut text, run);
    if about.bridge != VIRTUAL {
        generator(&mut text, run);
    }
    verdict(&mut text, run, paint);
    text
}

/// Says on which bridge a run was played.
pub(super) fn played_on(about: &About) -> String {
    match about.bridge.as_str() {
        LIVE => "on the live exchange".to_owned(),
        VIRTUAL => "in virtual time".to_owned(),
        bridge => format!("by SIP, {bridge}"),
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn latencies(text: &mut String, run: &Run) {
    let mut header = format!("{:18}{:>12}", "", "count");
    SHOWN.iter().for_each(|(name, _)| header += &format!("{name:>10}"));
    line(text, &header);
    for metric in Metric::ALL {
        let all = run.latencies.of(metric);
        let mut row = format!("{:18}{:>12}", metric.name(), grouped(all.count()));
        for (_, statistic) in SHOWN {
            row += &format!("{:>10}", all.figure(statistic).map_or("-".to_owned(), took));
        }
        line(text, &row);
    }
}

fn endings(text: &mut String, run: &Run, paint: Paint) {
    if !run.outcomes.is_empty() {
        let outcomes: Vec<String> =
            run.outcomes.iter().map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
        line(text, &format!("\nended as  {}", outcomes.join(", ")));
    }
    for (what, count) in &run.failures {
        line(text, &format!("{} {} times: {what}", paint.bad("failed"), grouped(*count)));
    }
}

fn guesses(text: &mut String, run: &Run) {
    let totals = &run.totals;
    if totals.refused_pins == 0 {
        return;
    }
    line(
        text,
        &format!(
            "\nPINs  {} refused, of which {} were compared; PIN entry was locked {} times",
            grouped(totals.refused_pins),
            grouped(totals.wrong_pins),
            grouped(totals.lockouts)
        ),
    );
    if let Some((in_a_day, odds)) = odds(run) {
        line(text, &format!("At this rate {in_a_day:.0} are compared per day. The odds of a correct guess:"));
        line(text, &format!("{:>8}{:>14}{:>14}", "digits", "in a day", "in a year"));
        for odds in odds {
            line(
                text,
                &format!("{:>8}{:>14}{:>14}", odds.digits, chance(odds.in_a_day), chance(odds.in_a_year)),
            );
        }
    }
}

/// A chance with two significant figures.
pub(super) fn chance(chance: f64) -> String {
    if chance >= 0.999_5 {
        "certain".to_owned()
    } else if chance >= 1e-4 {
        format!("{:.2}%", 100.0 * chance)
    } else {
        format!("{chance:.1e}")
    }
}

fn streams(text: &mut String, run: &Run) {
    let Some(streams) = &run.streams else { return };
    let shown = |latencies: &crate::load::figures::Latencies, statistic| {
        latencies.figure(statistic).map_or("-".to_owned(), took)
    };
    let p99 = |latencies| shown(latencies, Statistic::Percentile(9_900));
    let of_all = |count| percent(count, streams.received);
    line(
        text,
        &format!(
            "\npackets  {} sent, {} received and read; {} lost ({}), {} out of order, {} doubled",
            grouped(streams.sent),
            grouped(streams.received),
            grouped(streams.lost),
            percent(streams.lost, streams.received + streams.lost),
            grouped(streams.reordered),
            grouped(streams.doubled)
        ),
    );
    line(
        text,
        &format!(
            "payload  {} as expected, {} silent, {} where sounds change, {} of no known sound; {} jumps",
            of_all(streams.equal),
            of_all(streams.silent),
            of_all(streams.changes),
            of_all(streams.unknown),
            grouped(streams.jumps)
        ),
    );
    line(
        text,
        &format!(
            "arrival  p(99) {} late, at most {}; {} gaps of 60 ms and more, the longest {}",
            p99(&streams.late),
            shown(&streams.late, Statistic::Max),
            grouped(streams.gaps.count()),
            shown(&streams.gaps, Statistic::Max)
        ),
    );
    if streams.listened > 0 {
        line(
            text,
            &format!(
                "listened to {} calls: {} sounds known as the codes tell them, {} otherwise",
                grouped(streams.listened),
                grouped(streams.alike),
                grouped(streams.heard_otherwise)
            ),
        );
    }
}

fn generator(text: &mut String, run: &Run) {
    let p99 = |latencies: &crate::load::figures::Latencies| {
        latencies.figure(Statistic::Percentile(9_900)).map_or("-".to_owned(), took)
    };
    let busiest = run.seconds.iter().map(|second| second.cpu).fold(0.0, f64::max);
    line(
        text,
        &format!(
            "\ngenerator  dialled {} late at p(99), woken {} late; {busiest:.2} of {} cores in the busiest \
             second",
            p99(&run.late),
            p99(&run.lag),
            run.about.machine.cores
        ),
    );
}

fn verdict(text: &mut String, run: &Run, paint: Paint) {
    if !run.thresholds.is_empty() || !run.void.is_empty() || run.interrupted {
        line(text, "");
    }
    for held in &run.thresholds {
        let found = held.found.as_deref().unwrap_or("not measured");
        let word = if held.holds { paint.good("passes") } else { paint.bad("FAILS") };
        line(text, &format!("{word}  {}: {found}", held.text));
    }
    for why in &run.void {
        line(text, &format!("{}  {why}", paint.bad("VOID")));
    }
    if run.interrupted {
        let left = run.totals.begun.saturating_sub(run.totals.ended);
        line(text, &format!("interrupted: {} of the stories had not ended", percent(left, run.totals.begun)));
    }
}

/// A latency with three significant figures: `8.13ms`.
#[must_use]
pub fn took(took: Duration) -> String {
    let micros = took.as_micros() as f64;
    let (value, unit) = match micros {
        ..1e3 => return format!("{micros:.0}us"),
        ..1e6 => (micros / 1e3, "ms"),
        _ => (micros / 1e6, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$}{unit}")
}

pub(super) fn grouped(number: u64) -> String {
    crate::scenario::source::grouped(usize::try_from(number).unwrap_or(usize::MAX))
}
