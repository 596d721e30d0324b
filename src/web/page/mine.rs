//! What a user sees: their own coordinates, and nothing else.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::explain::explain;
use super::frame::{Frame, Note, failed, page, see};
use super::signed::Signed;
use super::users::Shown;
use crate::control::pin::MASK;
use crate::web::app::Shared;

#[derive(Template)]
#[template(path = "web/templates/mine.html")]
struct Mine {
    frame: Frame,
    user: Shown,
}

#[derive(Deserialize)]
pub(crate) struct Noted {
    #[serde(default)]
    note: String,
}

/// Where everybody begins.
pub(crate) async fn home(by: Signed, Query(noted): Query<Noted>) -> Response {
    let note = if noted.note == "password" { "?note=password" } else { "" };
    see(&format!("{}{note}", if by.session.is_administrator() { "/users" } else { "/me" }))
}

/// `/me`
pub(crate) async fn show(State(app): State<Shared>, by: Signed, Query(noted): Query<Noted>) -> Response {
    let t = by.t;
    match app.user(&by.session.actor, &by.session.actor.name).await {
        Ok((user, _)) => {
            let note = (noted.note == "password").then(|| Note::good(t.password_changed));
            page(StatusCode::OK, &Mine { frame: by.frame("mine", t.mine).with(note), user: user.into() })
        }
        Err(refusal) => failed(t, StatusCode::NOT_FOUND, &explain(t, &refusal)),
    }
}
