//! The figures for Prometheus: `/metrics`.

mod bridge;
mod process;
mod reader;
mod service;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::app::Shared;
use crate::load::exposition::Exposition;
use crate::load::protobuf;
use reader::Reader;

/// `/metrics`.
pub(crate) async fn metrics(State(app): State<Shared>, reader: Reader, headers: HeaderMap) -> Response {
    let mut figures = Exposition::new("");
    bridge::calls(&mut figures, &app.bridge.events.figures());
    bridge::telephones(&mut figures, &app.bridge);
    service::build(&mut figures);
    if reader == Reader::Operator {
        bridge::pins(&mut figures, &app.bridge);
        bridge::waits(&mut figures, &app.bridge);
        bridge::refused(&mut figures, &app.bridge);
        service::directory(&mut figures, &app).await;
        service::mails(&mut figures, &app).await;
        service::requests(&mut figures, &app.requests);
        service::limits(&mut figures, &app);
        process::own(&mut figures, &app.process);
    }
    if takes_protobuf(&headers) {
        return ([(CONTENT_TYPE, protobuf::CONTENT_TYPE)], figures.protobuf()).into_response();
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], figures.text()).into_response()
}

/// Prometheus names this format where it wants native histograms, and leaves it out otherwise.
fn takes_protobuf(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    accepted
        .flat_map(|line| line.split(','))
        .any(|kind| kind.trim().starts_with("application/vnd.google.protobuf"))
}
