//! The figures for Prometheus.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::api::bearer::Administrator;
use super::app::Shared;
use super::live::figures::Figures;
use super::problem::Problem;
use crate::load::exposition::{Exposition, Kind};
use crate::scenario::load::Metric;

/// `/metrics`. What is told of PINs is told to administrators only: a caller who sees it could tell a locked PIN entry from a
/// wrong PIN.
pub(crate) async fn metrics(
    State(app): State<Shared>,
    administrator: Result<Administrator, Problem>,
) -> Response {
    let text = write(&app.bridge.events.figures(), administrator.is_ok());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

fn write(figures: &Figures, pins: bool) -> String {
    let (counts, last) = (&figures.counts, figures.last());
    let mut text = Exposition::new("attendant");
    for (name, help, value) in [
        ("calls_dialled_total", "Calls that were dialled.", counts.dialled),
        ("calls_answered_total", "Calls that were answered.", counts.answered),
        ("calls_finished_total", "Calls that are over.", counts.finished),
        ("directory_unanswered_total", "Questions the directory did not answer.", counts.unanswered),
    ] {
        text.one(name, Kind::Counter, help, value);
    }
    if pins {
        text.one("wrong_pins_total", Kind::Counter, "PINs that were compared and wrong.", counts.wrong_pins);
        text.one("pin_lockouts_total", Kind::Counter, "How often PIN entry was locked.", counts.lockouts);
    }
    for (name, help, value) in [
        ("calls", "Calls that are up.", last.calls),
        ("lobby_callers", "Callers in lobbies.", last.lobby),
        ("meeting_callers", "Callers in meetings.", last.joined),
        ("meetings", "Meetings with somebody in them.", last.meetings),
    ] {
        text.one(name, Kind::Gauge, help, value);
    }
    let outcomes = counts.outcomes.iter().map(|(outcome, count)| (*outcome, *count));
    text.each("call_outcomes_total", Kind::Counter, "How calls ended.", ("outcome", outcomes));
    for metric in Metric::ALL {
        text.summary(metric.name(), metric.meaning(), figures.latencies.of(metric));
    }
    text.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tally::{Counts, TallyDelta};

    #[test]
    fn every_figure_has_a_type_and_a_value() {
        let mut figures = Figures::default();
        let outcomes = [("joined", 2)].into_iter().collect();
        let counts = Counts { dialled: 5, finished: 2, lobby: 3, outcomes, ..Counts::default() };
        figures.second(counts, &TallyDelta::default(), 1);
        let text = write(&figures, false);
        assert!(!text.contains("pin"), "{text}");
        assert!(write(&figures, true).contains("attendant_pin_lockouts_total 0"));
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
