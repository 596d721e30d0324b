//! `/events`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;

use super::bearer::{Administrator, is_administrators};
use crate::web::app::Shared;
use crate::web::live::api_event::ApiEvent;

/// Interval at which a stream checks that its token is still valid, even without a change: it may have expired.
const ASKED_AGAIN: Duration = Duration::from_secs(20);

/// Follow what happens, as server-sent events
///
/// Each event `happening` holds a `Happening`; `missed` says how many the reader missed.
#[utoipa::path(get, path = "/events", tag = "meetings", responses((status = 200, body = ApiEvent, content_type = "text/event-stream", description = "Events from now on")))]
pub(super) async fn follow(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    headers: HeaderMap,
) -> Response {
    let ask = tokio::time::interval(ASKED_AGAIN);
    let following = (app.bridge.events.subscribe(), app.changed.subscribe(), app, headers, ask);
    let events = stream::unfold(following, |(mut coming, mut changed, app, headers, mut ask)| async move {
        let event = tokio::select! {
            biased;
            () = app.stop.cancelled() => return None,
            // The sender lives as long as the program.
            _changed = changed.changed() => good(&app, &headers).await?,
            _again = ask.tick() => good(&app, &headers).await?,
            event = coming.recv() => match event {
                Ok(event) => Event::default().event("happening").json_data(event).ok()?,
                Err(RecvError::Lagged(missed)) => Event::default().event("missed").data(missed.to_string()),
                Err(RecvError::Closed) => return None,
            },
        };
        Some((Ok::<_, Infallible>(event), (coming, changed, app, headers, ask)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Says that the token is good still; nothing if it is not, and the stream ends.
async fn good(app: &Shared, headers: &HeaderMap) -> Option<Event> {
    is_administrators(app, headers).await.then(|| Event::default().comment("the token is good"))
}
