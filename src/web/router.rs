//! Every route of the admin center, behind what holds for all of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::app::Shared;
use super::metrics::metrics;
use super::{access_log, api, guard, page};

/// Pages, REST API, metrics, and whether the service is alive and ready.
pub(crate) fn router(app: &Shared) -> Router {
    let pages = page::router().layer(axum::middleware::from_fn(guard::same_site));
    let plain = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    let headers = axum::middleware::from_fn_with_state(Arc::clone(app), guard::headers);
    Router::new()
        .merge(pages)
        .merge(plain)
        .nest("/api", api::router(app))
        .fallback(page::nothing_here)
        .layer(axum::middleware::from_fn(guard::readable))
        .layer(axum::middleware::from_fn(guard::whole))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), guard::known_host))
        .layer(headers)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), access_log::record))
        .with_state(Arc::clone(app))
}

async fn ready(State(app): State<Shared>) -> (StatusCode, String) {
    match app.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
