//! The stream of a part of a page that is drawn again whenever it has changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::extract::Signed;
use crate::web::app::{App, Shared};
use crate::web::drawings::Drawing;
use crate::web::translation::Translation;

/// Interval at which it checks whether to draw again: four times a second looks live.
const LOOK: Duration = Duration::from_millis(250);

/// Draws something in a language.
pub(super) type Draw = fn(&App, Drawing, &'static Translation) -> String;

/// Somebody who looks at a page.
struct Watching {
    app: Shared,
    by: Signed,
    drawing: Drawing,
    draw: Draw,
    seen: Option<u64>,
    look: Interval,
    changed: watch::Receiver<i64>,
}

impl Watching {
    /// The next drawing; nothing once the session is over, or the service ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                biased;
                () = self.app.stop.cancelled() => return None,
                _passed = self.look.tick() => {}
            }
            if !self.may().await {
                return None;
            }
            let version = self.app.bridge.events.version();
            if self.seen == Some(version) {
                continue;
            }
            let (app, of) = (&self.app, (self.drawing, self.by.t));
            let drawn =
                app.drawings.of(of, (app.now(), version), || (self.draw)(app, self.drawing, self.by.t));
            if self.seen != Some(drawn.version) {
                self.seen = Some(drawn.version);
                return Some(Event::default().event("board").data(drawn.text));
            }
        }
    }

    /// Returns whether they are still signed in, and the account still as it was when the directory last changed.
    async fn may(&mut self) -> bool {
        let session = &self.by.session;
        let lives = self.app.access.sessions.touch(self.app.now(), session);
        // The sender lives as long as the program.
        if !lives || !self.changed.has_changed().unwrap_or(true) {
            return lives;
        }
        self.changed.mark_unchanged();
        let account = self.app.administration.account(&session.actor.name).await;
        account.is_ok_and(|account| account.is_some_and(|account| session.is_of(&account)))
    }
}

/// The stream of drawings.
pub(super) fn watch(app: Shared, by: Signed, drawing: Drawing, draw: Draw) -> Response {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut changed = app.changed.subscribe();
    // A change since the page was requested counts too.
    changed.mark_changed();
    let watching = Watching { app, by, drawing, draw, seen: None, look, changed };
    let drawings = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    Sse::new(drawings).keep_alive(KeepAlive::default()).into_response()
}
