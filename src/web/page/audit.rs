//! *Audit*: who did what, the newest first.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Frame, page};
use super::signed::Admin;
use crate::admin::answer::time;
use crate::store::Directory as _;
use crate::store::audit::{AuditEntry, NewAudit};
use crate::web::app::Shared;

/// Entries on a page.
const PAGE: u32 = 50;

struct Line {
    number: i64,
    when: String,
    actor: String,
    act: String,
    subject: String,
    detail: String,
    origin: String,
}

impl From<AuditEntry> for Line {
    fn from(entry: AuditEntry) -> Self {
        let NewAudit { at, actor, origin, act, subject, detail, .. } = entry.entry;
        Self { number: entry.number, when: time(at), actor, act, subject, detail, origin }
    }
}

#[derive(Template)]
#[template(path = "web/templates/audit.html")]
struct Audit {
    frame: Frame,
    entries: Vec<Line>,
    first: bool,
    older: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

/// `/audit`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    Query(Before { before }): Query<Before>,
) -> Response {
    let entries = app.store().audit_before(before.unwrap_or(i64::MAX), PAGE).await;
    let Ok(entries) = entries else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let older = entries.last().map(|last| last.number).filter(|number| *number > 1);
    let entries = entries.into_iter().map(Line::from).collect();
    let frame = by.frame("audit", by.t.audit);
    page(StatusCode::OK, &Audit { frame, entries, first: before.is_none(), older })
}
