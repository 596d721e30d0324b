//! Serves a run's figures to Prometheus while it goes on.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::{Router, serve as serve_http};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::cli::exit::Trouble;
use crate::cli::screen::Screen;
use crate::load::board::Board;
use crate::load::prometheus;

/// Serves `/metrics` of the run that goes on at this address, for as long as what it gives back lives.
///
/// # Errors
/// Nobody can listen there.
pub(super) fn serve(
    address: SocketAddr,
    board: Arc<Mutex<Arc<Board>>>,
    screen: &Screen,
) -> Result<Runtime, Trouble> {
    let bad = |error: std::io::Error| Trouble::bad(format!("error: --metrics {address}: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(bad)?;
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(bad)?;
    let bound = listener.local_addr().map_err(bad)?;
    let answer = move || {
        let board = Arc::clone(&board.lock().unwrap_or_else(PoisonError::into_inner));
        let text = prometheus::write(&board.run());
        async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
    };
    let router = Router::new().route("/metrics", get(answer));
    runtime.spawn(async move {
        if let Err(error) = serve_http(listener, router).await {
            tracing::warn!(%error, "nobody serves the figures any more");
        }
    });
    screen.say(&format!("figures for Prometheus: http://{bound}/metrics"));
    Ok(runtime)
}
