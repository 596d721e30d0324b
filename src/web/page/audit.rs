//! *Audit*: who did what, the newest first.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::extract::{Admin, QueryOf};
use super::frame::{Frame, page};
use super::moment::Moment;
use crate::store::Directory as _;
use crate::store::audit::{AuditEntry, NewAudit};
use crate::web::app::Shared;
use crate::web::translation::Translation;

/// Entries on a page.
const PAGE: u32 = 50;

struct AuditRow {
    number: i64,
    when: Moment,
    actor: String,
    act: &'static str,
    /// The act by its own name, which the API and the command line tell.
    word: String,
    subject: String,
    detail: String,
    origin: String,
}

impl AuditRow {
    fn of(t: &'static Translation, entry: AuditEntry) -> Self {
        let NewAudit { at, actor, origin, act: word, subject, detail, .. } = entry.entry;
        let act = t.act(&word);
        // Where somebody signs in is where they come from.
        let subject = if word == "sign_in" { String::new() } else { subject };
        Self { number: entry.number, when: Moment(at), actor, act, word, subject, detail, origin }
    }
}

#[derive(Template)]
#[template(path = "web/templates/audit.html")]
struct Audit {
    frame: Frame,
    entries: Vec<AuditRow>,
    first: bool,
    older: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct AuditQuery {
    before: Option<i64>,
}

/// `/audit`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(AuditQuery { before }): QueryOf<AuditQuery>,
) -> Response {
    let entries = app.store().audit_before(before.unwrap_or(i64::MAX), PAGE + 1).await;
    let Ok(mut entries) = entries else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let older = entries.last().map(|last| last.number).filter(|_| more);
    let entries = entries.into_iter().map(|entry| AuditRow::of(by.t, entry)).collect();
    let frame = by.frame("audit", by.t.audit);
    page(StatusCode::OK, &Audit { frame, entries, first: before.is_none(), older })
}
