//! A user's own page: their own coordinates, and nothing else.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::explain;
use super::extract::Signed;
use super::frame::{Frame, page, see};
use super::users::Shown;
use crate::control::pin::MASK;
use crate::web::app::Shared;

#[derive(Template)]
#[template(path = "web/templates/mine.html")]
struct Mine {
    frame: Frame,
    user: Shown,
}

/// Redirects to the person's start page.
pub(crate) async fn home(by: Signed) -> Response {
    see(if by.session.is_administrator() { "/overview" } else { "/me" })
}

/// `/me`
pub(crate) async fn show(State(app): State<Shared>, by: Signed) -> Response {
    let t = by.t;
    match app.user(&by.session.actor, &by.session.actor.name).await {
        Ok((user, _)) => page(StatusCode::OK, &Mine { frame: by.frame("me", t.mine), user: user.into() }),
        Err(refusal) => by.failed(StatusCode::NOT_FOUND, &explain(t, &refusal)),
    }
}
