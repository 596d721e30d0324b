//! The figures for Prometheus, in its text format (version 0.0.4 of the exposition formats).

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::app::Shared;
use super::live::figures::Figures;
use crate::scenario::load::{Metric, Statistic};

/// The percentiles that are told, in hundredths of a percent.
const PERCENTILES: [(u16, &str); 3] = [(5_000, "0.5"), (9_000, "0.9"), (9_900, "0.99")];

/// `/metrics`
pub(crate) async fn metrics(State(app): State<Shared>) -> Response {
    let text = write(&app.wire.figures());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn write(figures: &Figures) -> String {
    let (mut text, counts, last) = (String::new(), &figures.counts, figures.last());
    for (name, kind, help, value) in [
        ("calls_dialled_total", "counter", "Calls that were dialled.", counts.dialled),
        ("calls_answered_total", "counter", "Calls that were answered.", counts.answered),
        ("calls_finished_total", "counter", "Calls that are over.", counts.finished),
        (
            "directory_unanswered_total",
            "counter",
            "Questions the directory did not answer.",
            counts.unanswered,
        ),
        ("wrong_pins_total", "counter", "PINs that were compared and wrong.", counts.wrong_pins),
        ("pin_lockouts_total", "counter", "How often PIN entry was locked.", counts.lockouts),
        ("calls", "gauge", "Calls that are up.", last.calls),
        ("lobby_callers", "gauge", "Callers in lobbies.", last.lobby),
        ("meeting_callers", "gauge", "Callers in meetings.", last.joined),
        ("meetings", "gauge", "Meetings with somebody in them.", last.meetings),
    ] {
        let name = format!("attendant_{name}");
        let _always = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    let name = "attendant_call_outcomes_total";
    let _always = writeln!(text, "# HELP {name} How calls ended.\n# TYPE {name} counter");
    for (outcome, count) in &counts.outcomes {
        let _always = writeln!(text, "{name}{{outcome=\"{outcome}\"}} {count}");
    }
    for metric in Metric::ALL {
        let (name, all) = (format!("attendant_{}_seconds", metric.name()), figures.latencies.of(metric));
        let _always = writeln!(text, "# TYPE {name} summary");
        for (part, quantile) in PERCENTILES {
            if let Some(took) = all.figure(Statistic::Percentile(part)) {
                let _always = writeln!(text, "{name}{{quantile=\"{quantile}\"}} {}", took.as_secs_f64());
            }
        }
        let mean = all.figure(Statistic::Mean).unwrap_or_default().as_secs_f64();
        let (sum, count) = (mean * all.count() as f64, all.count());
        let _always = writeln!(text, "{name}_sum {sum}\n{name}_count {count}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tally::{Counts, News};

    #[test]
    fn every_figure_has_a_type_and_a_value() {
        let mut figures = Figures::default();
        let outcomes = [("joined", 2)].into_iter().collect();
        let counts = Counts { dialled: 5, finished: 2, lobby: 3, outcomes, ..Counts::default() };
        figures.second(counts, &News::default(), 1);
        let text = write(&figures);
        for line in [
            "attendant_calls_dialled_total 5",
            "attendant_calls 3",
            "attendant_lobby_callers 3",
            "attendant_call_outcomes_total{outcome=\"joined\"} 2",
            "attendant_start_to_joined_seconds_count 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
        }
    }
}
