//! Figures of calls, lobbies, meetings and PINs, read off the event stream.

use std::collections::BTreeMap;

use crate::control::event::Outcome;
use crate::leg::sip::Gauge;
use crate::load::exposition::{Exposition, Kind};
use crate::scenario::load::Metric;
use crate::telemetry::histogram::{QUICK, SLOW};
use crate::web::bridge::{Bridge, TelephoneFigures};
use crate::web::live::figures::Figures;

/// What everybody may see.
pub(super) fn calls(text: &mut Exposition, figures: &Figures) {
    let (counts, last) = (&figures.counts, figures.last());
    for (name, help, value) in [
        ("attendant_calls_dialled_total", "Calls that were dialled.", counts.called),
        ("attendant_calls_answered_total", "Calls that were answered.", counts.answered),
        ("attendant_calls_finished_total", "Calls that are over.", counts.finished),
        (
            "attendant_directory_unanswered_total",
            "Questions the directory did not answer.",
            counts.unanswered,
        ),
    ] {
        text.one(name, Kind::Counter, help, value);
    }
    for (name, help, value) in [
        ("attendant_calls", "Calls that are up.", last.calls),
        ("attendant_lobby_callers", "Callers in lobbies.", last.lobby),
        ("attendant_meeting_callers", "Callers in meetings.", last.joined),
        ("attendant_meetings", "Meetings with somebody in them.", last.meetings),
    ] {
        text.one(name, Kind::Gauge, help, value);
    }
    // Those that nobody had yet are there from the start, so that the first one is seen to come.
    let mut outcomes: BTreeMap<&str, u64> = Outcome::ALL.map(|outcome| (outcome.name(), 0)).into();
    outcomes.extend(&counts.outcomes);
    text.each("attendant_call_outcomes_total", Kind::Counter, "How calls ended.", ("outcome", outcomes));
    for metric in Metric::ALL {
        // On the way to the lobby people listen and press keys.
        let bounds = if metric == Metric::LobbyEntry { SLOW } else { QUICK };
        let took = figures.latencies.of(metric).histogram(bounds);
        text.histograms(&format!("attendant_{}", metric.name()), metric.meaning(), [(Vec::new(), took)]);
    }
}

/// The rows of telephones, where they can call: none is left of a call that is over.
pub(super) fn telephones(text: &mut Exposition, bridge: &Bridge) {
    let Some(TelephoneFigures { gauges, .. }) = &bridge.telephones else { return };
    for gauge in Gauge::ALL {
        text.one(gauge.name(), Kind::Gauge, gauge.meaning(), gauges.get(gauge) as u64);
    }
}

/// What of telephones was not let in, where they can call.
pub(super) fn refused(text: &mut Exposition, bridge: &Bridge) {
    let Some(TelephoneFigures { gauges, .. }) = &bridge.telephones else { return };
    let reasons = gauges.refused().map(|(reason, count)| (reason.name(), count));
    let help = "SIP messages and connections that were not let in.";
    text.each("attendant_sip_refused_total", Kind::Counter, help, ("reason", reasons));
}

/// What is told of PINs.
pub(super) fn pins(text: &mut Exposition, bridge: &Bridge) {
    let (wrong, lockouts) = {
        let figures = bridge.events.figures();
        (figures.counts.wrong_pins, figures.counts.lockouts)
    };
    let help = "PINs that were compared and wrong.";
    text.one("attendant_wrong_pins_total", Kind::Counter, help, wrong);
    text.one("attendant_pin_lockouts_total", Kind::Counter, "How often PIN entry was locked.", lockouts);
}

/// How long callers were in a lobby.
pub(super) fn waits(text: &mut Exposition, bridge: &Bridge) {
    let waits = bridge.events.lobby_waits().clone();
    let by_end = [("joined", waits.joined), ("left", waits.left)];
    let by_end = by_end.map(|(end, took)| (vec![("end", end.to_owned())], took));
    text.histograms("attendant_lobby_wait", "How long callers waited in a lobby, by how that ended.", by_end);
}
