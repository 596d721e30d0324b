//! Shows a run while it goes on: to Prometheus, and on a wall.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, REFRESH};
use axum::response::Html;
use axum::routing::get;
use axum::{Router, serve as serve_http};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::load::progress::RunProgress;
use crate::load::{prometheus, report};

/// How often a browser asks again, in seconds.
const AGAIN: &str = "2";

/// Serves `/metrics` of the run that goes on at this address, and its page at `/`, for as long as what it gives back
/// lives.
///
/// # Errors
/// Nobody can listen there.
pub(super) fn serve(
    address: SocketAddr,
    progress: Arc<Mutex<Arc<RunProgress>>>,
    screen: &Screen,
) -> Result<Runtime, CliError> {
    let bad = |error: std::io::Error| CliError::bad(format!("error: --metrics {address}: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(bad)?;
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(bad)?;
    let bound = listener.local_addr().map_err(bad)?;
    let now = move || progress.lock().unwrap_or_else(PoisonError::into_inner).run().clone();
    let shown = now.clone();
    let figures =
        move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], prometheus::write(&now())) };
    let wall = move || async move {
        let page = report::wall(&shown()).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error));
        ([(REFRESH, AGAIN)], page.map(Html))
    };
    let router = Router::new().route("/metrics", get(figures)).route("/", get(wall));
    runtime.spawn(async move {
        if let Err(error) = serve_http(listener, router).await {
            tracing::warn!(target: "attendant::load", %error, "the metrics are no longer served");
        }
    });
    screen.say(&format!("metrics for Prometheus: http://{bound}/metrics, wall display: http://{bound}/"));
    Ok(runtime)
}
