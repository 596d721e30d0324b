//! The report as one page: the verdict first, then the figures, then how they came about, second by second.

use askama::Template;

use super::odds::{Odds, odds};
use super::plot::{Axis, Curve, plot};
use super::text;
use crate::load::run::{Run, Second};
use crate::load::verdict::VIRTUAL;
use crate::scenario::load::{Metric, Statistic};

#[derive(Template)]
#[template(path = "load/report/report.html")]
struct Page<'r> {
    run: &'r Run,
    verdict: Verdict,
    /// On which bridge it was played.
    on: String,
    live: bool,
    rows: Vec<Row>,
    plots: Vec<Plot>,
    guesses: Option<(String, Vec<[String; 3]>)>,
    began: String,
    late: String,
    lag: String,
}

struct Verdict {
    class: &'static str,
    word: &'static str,
}

struct Row {
    name: &'static str,
    cells: Vec<String>,
}

struct Plot {
    title: &'static str,
    told: &'static str,
    svg: String,
}

/// The page; of a run that goes on without a verdict.
pub(super) fn write(run: &Run, goes_on: bool) -> Result<String, String> {
    let all = |metric: Metric| run.latencies.of(metric);
    let rows = Metric::ALL.map(|metric| Row {
        name: metric.name(),
        cells: std::iter::once(text::grouped(all(metric).count()))
            .chain(
                text::SHOWN
                    .iter()
                    .map(|(_, statistic)| all(metric).figure(*statistic).map_or("–".to_owned(), text::took)),
            )
            .collect(),
    });
    let p99 = |latencies: &crate::load::figures::Latencies| {
        latencies.figure(Statistic::Percentile(9_900)).map_or("–".to_owned(), text::took)
    };
    let page = Page {
        run,
        verdict: if goes_on { Verdict { class: "soft", word: "Running" } } else { verdict(run) },
        on: text::played_on(&run.about),
        live: run.about.bridge != VIRTUAL,
        rows: rows.into(),
        plots: plots(run)?,
        guesses: odds(run)
            .map(|(in_a_day, odds)| (format!("{in_a_day:.0}"), odds.iter().map(chances).collect())),
        began: jiff::Timestamp::from_millisecond(run.about.began)
            .map_or(String::new(), |at| format!("{at:.0}")),
        late: p99(&run.late),
        lag: p99(&run.lag),
    };
    page.render().map_err(|error| error.to_string())
}

fn verdict(run: &Run) -> Verdict {
    let (class, word) = match () {
        () if !run.void.is_empty() => ("void", "Void: the measurements say nothing about the bridge"),
        () if run.interrupted => ("void", "Interrupted"),
        () if run.thresholds.iter().any(|held| !held.holds) => ("bad", "A threshold failed"),
        () if run.totals.failed > 0 => ("bad", "Stories failed"),
        () => ("good", "All passed"),
    };
    Verdict { class, word }
}

fn chances(odds: &Odds) -> [String; 3] {
    [odds.digits.to_string(), text::chance(odds.in_a_day), text::chance(odds.in_a_year)]
}

fn plots(run: &Run) -> Result<Vec<Plot>, String> {
    let curve = |name, of: &dyn Fn(&Second) -> f64| Curve {
        name,
        points: run.seconds.iter().map(|second| (second.at, of(second))).collect(),
    };
    let micros = |micros: u64| micros as f64 / 1e6;
    let mut plots = Vec::new();
    if run.seconds.is_empty() {
        return Ok(plots);
    }
    let mut add = |title, told, curves: &[Curve], axis| {
        plot(curves, run.totals.took, axis).map(|svg| plots.push(Plot { title, told, svg }))
    };
    let offered = if run.about.unit.ends_with("second") {
        [curve("offered", &|second| second.wanted), curve("started", &|second| second.begun as f64)]
    } else {
        [curve("offered", &|second| second.wanted), curve("played", &|second| second.in_flight as f64)]
    };
    add(
        "Offered and achieved",
        "What the profile asks for, and what the generator achieved.",
        &offered,
        Axis::Even,
    )?;
    add(
        "In flight",
        "At the end of each second.",
        &[
            curve("calls", &|second| second.calls as f64),
            curve("in lobbies", &|second| second.lobby as f64),
            curve("in meetings", &|second| second.joined as f64),
            curve("stories", &|second| second.in_flight as f64),
        ],
        Axis::Even,
    )?;
    for (metric, _) in run.measured() {
        let spread = |name, of: fn(&crate::load::figures::Spread) -> u64| Curve {
            name,
            points: run
                .seconds
                .iter()
                .filter_map(|second| Some((second.at, micros(of(second.latencies.get(metric.name())?)))))
                .collect(),
        };
        let curves = [
            spread("p(50)", |spread| spread.p50),
            spread("p(90)", |spread| spread.p90),
            spread("p(99)", |spread| spread.p99),
            spread("max", |spread| spread.max),
        ];
        add(metric.name(), metric.meaning(), &curves, Axis::Times)?;
    }
    add(
        "Failures",
        "Stories with a failed step, and stories not started, per second.",
        &[
            curve("failed", &|second| second.failed as f64),
            curve("not started", &|second| second.dropped as f64),
        ],
        Axis::Even,
    )?;
    if run.about.bridge != VIRTUAL {
        let late = [
            curve("dialled late", &|second| micros(second.late_max)),
            curve("woken late", &|second| micros(second.lag_max)),
        ];
        add("The generator's own lateness", "The maximum of each second.", &late, Axis::Times)?;
    }
    add(
        "Cores in use",
        "Used by this process, bridge and callers together.",
        &[curve("cores", &|second| second.cpu)],
        Axis::Even,
    )?;
    add(
        "Memory",
        "Of this process, in MiB.",
        &[curve("MiB", &|second| second.memory as f64 / f64::from(1 << 20))],
        Axis::Even,
    )?;
    Ok(plots)
}
