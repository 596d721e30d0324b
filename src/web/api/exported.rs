//! `/records/export`

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::bearer::Administrator;
use super::extract::QueryOf;
use super::records::span;
use crate::report;
use crate::report::records::format::FORMATS;
use crate::web::app::Shared;
use crate::web::exported::exported;
use crate::web::problem::Problem;
use crate::web::record_filter::RecordFilter;

/// The records to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `native`, `teams-csv`, `graph-json`, `twilio-json`, `freeswitch-xml`, `asterisk-csv` or `asterisk-cel`
    format: String,
    /// Only what ended then or later: a moment (RFC 3339) or a day in UTC; 90 days before `until` where it is left out
    from: Option<String>,
    /// Only what ended before then; now where it is left out
    until: Option<String>,
}

/// Export records in the format of another system
///
/// What a format has no place for is left out: meetings, users of the app and unanswered calls in those of telephone systems.
#[utoipa::path(get, path = "/records/export", tag = "records", params(ExportQuery), responses((status = 200, body = String, content_type = "text/plain", description = "The records, as `text/csv`, `application/xml` or `application/json`")))]
pub(super) async fn export(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<ExportQuery>,
) -> Result<Response, Problem> {
    let format = report::named(FORMATS, "format", &which.format).map_err(Problem::bad)?;
    let (from, until) = span(which.from.as_deref(), which.until.as_deref(), app.now())?;
    Ok(exported(app, format, (from, until), RecordFilter::default()))
}
