//! The access log: a line for each request that was answered, and its figures.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::app::Shared;
use super::client;
use super::requests::{Kind, UnderWay};
use crate::clock;

/// Stands for every path that has no route: those that strangers try have no end.
const UNMATCHED: &str = "unmatched";

/// Routes that programs and browsers ask for all the time: their lines are for `debug`.
const FREQUENT: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/static/{file}"];

/// Counts a request and writes its line once its answer begins: a stream goes on. What follows the path may hold a secret and
/// is left out, and what stands for a part of the route too.
pub(crate) async fn record(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let begun = clock::now();
    let (parts, body) = request.into_parts();
    let client = client::address(&parts, app.access.proxy);
    let route = parts.extensions.get::<MatchedPath>().map_or(UNMATCHED, MatchedPath::as_str);
    // The router's own name for what a nested router does not know.
    let route = if route.contains("__private__") { UNMATCHED } else { route }.to_owned();
    let method = known(&parts.method);
    let under_way = UnderWay::new(&app.requests);
    let response = next.run(Request::from_parts(parts, body)).await;
    drop(under_way);
    let took = clock::now().saturating_duration_since(begun);
    let status = response.status();
    write_line(&route, method, status, took, client.map(|client| client.to_string()).as_deref());
    app.requests.count(Kind { route, method, class: class(status) }, took);
    response
}

fn write_line(route: &str, method: &str, status: StatusCode, took: Duration, client: Option<&str>) {
    // To the microsecond: a binary fraction would be written with all of its digits.
    let duration_ms = took.as_micros() as f64 / 1e3;
    let status = status.as_u16();
    if FREQUENT.contains(&route) {
        tracing::debug!(target: "attendant::http", method, route, status, duration_ms, client, "answered");
    } else {
        tracing::info!(target: "attendant::http", method, route, status, duration_ms, client, "answered");
    }
}

/// A method by its name; those that nobody here answers are one.
fn known(method: &Method) -> &'static str {
    let known = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::POST, "POST"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
    ];
    known.into_iter().find(|(known, _)| known == method).map_or("other", |(_, name)| name)
}

/// The class of a status (RFC 9110, section 15).
fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
