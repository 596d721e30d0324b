//! Figures of the service around the bridge: its build, the directory, mails, requests, limits.

use std::time::Duration;

use tokio::time::timeout;

use crate::leg::sip::Gauge;
use crate::load::exposition::{Exposition, Kind};
use crate::sip::refusal::Refusal;
use crate::store::mail::OutboxCounts;
use crate::store::{Outbox as _, StoreError};
use crate::telemetry;
use crate::telemetry::histogram::Histogram;
use crate::web::app::{App, Shared};
use crate::web::bridge::TelephoneFigures;
use crate::web::requests::Requests;
use crate::web::session::SESSIONS_MAX;

/// How long the directory has for one figure: a scrape waits for ten seconds at most, and is worth more than one figure.
const FIGURE_WITHIN: Duration = Duration::from_secs(1);

/// Which program this is.
pub(super) fn build(text: &mut Exposition) {
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("os", std::env::consts::OS),
        ("arch", std::env::consts::ARCH),
    ];
    let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
    text.labelled(
        "attendant_build_info",
        Kind::Gauge,
        "1, with the version of the program.",
        [(labels, 1_u64)],
    );
}

/// Whether the directory answers, and how fast.
pub(super) async fn directory(text: &mut Exposition, app: &Shared) {
    let size = answered(app.store().size()).await;
    let is_up = size.is_some() && app.store().answers();
    let help = "1 while the directory answers and takes what is written, 0 otherwise.";
    text.one("attendant_directory_up", Kind::Gauge, help, is_up);
    if let Some(size) = size {
        text.one("attendant_directory_size_bytes", Kind::Gauge, "The database on disk.", size);
    }
    let (pins, questions): (Vec<_>, Vec<_>) =
        app.bridge.kept.latencies().into_iter().partition(|(question, _)| *question == "check_pin");
    let by_question = |(question, took): (&str, Histogram)| (vec![("question", question.to_owned())], took);
    text.histograms(
        "attendant_directory_question",
        "How long the directory took to answer a call's question.",
        questions.into_iter().map(by_question),
    );
    text.histograms(
        "attendant_pin_check",
        "How long a PIN took to be checked, with its hash.",
        pins.into_iter().map(|(_, took)| (Vec::new(), took)),
    );
}

/// The outbox, and what became of mails since the start.
pub(super) async fn mails(text: &mut Exposition, app: &Shared) {
    let tried = app.worker.tried();
    let by_result = [("sent", tried.sent), ("deferred", tried.deferred), ("dead", tried.dead)];
    let by_result = by_result.map(|(result, count)| (result, count as u64));
    let help = "Attempts to send a mail since the start, by what became of it.";
    text.each("attendant_mail_attempts_total", Kind::Counter, help, ("result", by_result));
    let Some(counts) = answered(app.store().outbox_counts()).await else { return };
    let OutboxCounts { waiting, deferred, dead, oldest_at } = counts;
    let states = [("waiting", waiting), ("deferred", deferred), ("dead", dead)];
    let help = "Mails in the outbox: not tried yet, to be tried again, given up.";
    text.each("attendant_outbox_mails", Kind::Gauge, help, ("state", states));
    let age = oldest_at.map_or(0.0, |oldest| app.now().saturating_sub(oldest).max(0) as f64 / 1e3);
    let help = "Age of the oldest mail that is still to be sent.";
    text.one("attendant_outbox_oldest_seconds", Kind::Gauge, help, age);
}

async fn answered<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    timeout(FIGURE_WITHIN, asked).await.ok()?.ok()
}

/// Requests that were answered.
pub(super) fn requests(text: &mut Exposition, requests: &Requests) {
    let under_way = requests.under_way();
    text.one("attendant_http_requests", Kind::Gauge, "Requests that are being answered.", under_way);
    let answered = requests.answered().clone().into_iter().map(|(kind, took)| {
        let method = ("method", kind.method.to_owned());
        (vec![("route", kind.route), method, ("status", kind.class.to_owned())], took)
    });
    let help = "How long requests took until their answer began, by route, method and class of status.";
    text.histograms("attendant_http_request_duration", help, answered);
}

/// Calls of telephones: how many there are, for how many there is room, and how many were refused beyond.
struct Telephones {
    used: u64,
    room: u64,
    reached: u64,
}

/// How far limits are used, and how often they were reached.
pub(super) fn limits(text: &mut Exposition, app: &App) {
    let all = app.bridge.exchange.usage();
    let sessions = (app.access.sessions.count() as u64, SESSIONS_MAX as u64);
    let figures = app.bridge.telephones.as_ref();
    let telephones = figures.map(|TelephoneFigures { gauges, room, .. }| Telephones {
        used: gauges.get(Gauge::Calls) as u64,
        room: *room as u64,
        reached: gauges.refused_for(Refusal::NoPorts) + gauges.refused_for(Refusal::Full),
    });
    let of_telephones =
        |value: fn(&Telephones) -> u64| telephones.iter().map(move |of| ("telephone_calls", value(of)));
    let used = all.iter().map(|of| (of.name, of.used)).chain([("sessions", sessions.0)]);
    let used = used.chain(of_telephones(|of| of.used));
    text.each("attendant_limit_used", Kind::Gauge, "How much of a limit is used.", ("limit", used));
    let limits = all.iter().map(|of| (of.name, of.limit)).chain([("sessions", sessions.1)]);
    let limits = limits.chain(of_telephones(|of| of.room));
    text.each("attendant_limit", Kind::Gauge, "A limit of the program.", ("limit", limits));
    let reached = all.iter().filter_map(|of| Some((of.name, of.reached?)));
    let reached = reached.chain([("calls", app.bridge.events.calls_refused())]);
    let [address, account] = app.access.limits.counters();
    let counters = [address, account, app.access.sessions.counter(), app.answers.counter()];
    let reached = reached.chain(counters.map(|counter| (counter.name(), counter.total())));
    let taps = app.bridge.events.webhooks();
    let lost = taps.iter().map(|tap| tap.counter().total()).sum();
    let reached = reached.chain(taps.first().map(|tap| (tap.counter().name(), lost)));
    let reached = reached.chain([("log_lines", telemetry::lines_dropped())]);
    let waiting = figures.into_iter().flat_map(|figures| &figures.limits);
    let reached = reached.chain(waiting.map(|limit| (limit.name(), limit.total())));
    let reached = reached.chain(of_telephones(|of| of.reached));
    let help = "How often a limit was reached, and something refused or dropped.";
    text.each("attendant_limit_reached_total", Kind::Counter, help, ("limit", reached));
}
