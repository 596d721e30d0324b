//! `/audit`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bearer::Administrator;
use super::extract::QueryOf;
use super::users::limit;
use crate::admin::answer::time;
use crate::store::Directory as _;
use crate::store::audit::{AuditEntry, NewAudit};
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// Something that somebody did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    number: i64,
    at: String,
    actor: String,
    role: String,
    origin: String,
    act: String,
    subject: String,
    detail: String,
    /// Over all of the above and the hash of the entry before
    hash: String,
}

impl From<AuditEntry> for Entry {
    fn from(appended: AuditEntry) -> Self {
        let NewAudit { at, actor, role, origin, act, subject, detail } = appended.entry;
        let (number, hash) = (appended.number, appended.hash);
        Self { number, at: time(at), actor, role, origin, act, subject, detail, hash }
    }
}

/// A page of the audit log, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    /// `after` of the next page; nothing on the last
    next: Option<i64>,
}

/// The entries to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only those after this number: `next` of the page before
    after: Option<i64>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List who did what, when and from where
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = Entries, description = "A page of the log")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<AuditQuery>,
) -> Result<Json<Entries>, Problem> {
    let limit = limit(which.limit)?;
    let mut entries = app.store().audit_after(which.after.unwrap_or(0), limit + 1).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|last| last.number);
    Ok(Json(Entries { entries: entries.into_iter().map(Into::into).collect(), next }))
}
