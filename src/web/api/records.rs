//! `/records`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::bearer::Administrator;
use super::extract::QueryOf;
use super::users::limit;
use crate::report::records::{RecordLine, moment};
use crate::store::sql::RecordPage;
use crate::web::app::Shared;
use crate::web::live::records::RECORDS_KEPT;
use crate::web::problem::Problem;

/// A page of records, in the order in which calls and meetings ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Records {
    #[schema(value_type = Vec<RecordLine>)]
    records: Vec<Value>,
    /// `after` of the next page; nothing on the last
    next: Option<i64>,
}

/// The records to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordsQuery {
    /// Only what ended then or later: a moment (RFC 3339) or a day in UTC; 90 days before `until` where it is left out
    from: Option<String>,
    /// Only what ended before then; now where it is left out
    until: Option<String>,
    /// Only records after this number: `next` of the page before
    after: Option<i64>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List the records of calls and meetings that are over
#[utoipa::path(get, path = "/records", tag = "records", params(RecordsQuery), responses((status = 200, body = Records, description = "A page of records")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<RecordsQuery>,
) -> Result<Json<Records>, Problem> {
    let limit = limit(which.limit)?;
    let (from, until) = span(which.from.as_deref(), which.until.as_deref(), app.now())?;
    let page = RecordPage { from, until, after: which.after.unwrap_or(0), limit: limit + 1 };
    let mut kept = app.store().records(page).await?;
    let more = kept.len() > limit as usize;
    kept.truncate(limit as usize);
    let next = kept.last().filter(|_| more).map(|last| last.id);
    let records: Result<_, _> = kept.iter().map(|kept| serde_json::from_str(&kept.line)).collect();
    let damaged = |_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", "a record in the directory is damaged")
    };
    let records = records.map_err(damaged)?;
    Ok(Json(Records { records, next }))
}

/// The span that is asked for, in milliseconds since the Unix epoch.
pub(super) fn span(from: Option<&str>, until: Option<&str>, now: i64) -> Result<(i64, i64), Problem> {
    let kept = i64::try_from(RECORDS_KEPT.as_millis()).unwrap_or(i64::MAX);
    let read = |text: Option<&str>| text.map(moment).transpose().map_err(Problem::bad);
    let until = read(until)?.unwrap_or(now);
    let from = read(from)?.unwrap_or_else(|| until.saturating_sub(kept));
    if until.saturating_sub(from) > kept {
        return Err(Problem::bad(
            "expected `from` at most 90 days before `until`: records are kept no longer",
        ));
    }
    Ok((from, until))
}
