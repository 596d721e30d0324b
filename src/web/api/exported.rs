//! `/records/export`

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use super::bearer::Administrator;
use super::extract::QueryOf;
use super::records::span;
use crate::report;
use crate::report::records::RecordLine;
use crate::report::records::format::{FORMATS, FormatError, Writer};
use crate::store::sql::RecordPage;
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// How many records are read at a time.
const PAGE: u32 = 1_000;

/// The records to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// `native`, `teams-csv`, `graph-json`, `freeswitch-xml`, `asterisk-csv` or `asterisk-cel`
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
    let page = RecordPage { from, until, after: 0, limit: PAGE };
    let export = Export { app, writer: (format.writer)(), page: Some(page) };
    let parts = stream::unfold(export, |mut export| async {
        let part = export.next().await?;
        Some((part, export))
    });
    let media_type = match format.ending {
        "csv" => "text/csv; charset=utf-8",
        "xml" => "application/xml",
        "json" => "application/json",
        _ => "application/jsonl",
    };
    Ok(([(CONTENT_TYPE, media_type)], Body::from_stream(parts)).into_response())
}

/// An export under way.
struct Export {
    app: Shared,
    writer: Box<dyn Writer>,
    /// What is read next; nothing after the end.
    page: Option<RecordPage>,
}

impl Export {
    /// The next part. An error cuts the answer off, so that nobody takes a part for the whole.
    async fn next(&mut self) -> Option<Result<Bytes, FormatError>> {
        let page = self.page.take()?;
        let kept = match self.app.store().records(page).await {
            Ok(kept) => kept,
            Err(error) => return Some(Err(FormatError::Output(std::io::Error::other(error)))),
        };
        let mut part = Vec::new();
        let written = match kept.last() {
            Some(last) => {
                self.page = Some(RecordPage { after: last.id, ..page });
                kept.iter().try_for_each(|kept| {
                    let record: RecordLine = serde_json::from_str(&kept.line)?;
                    self.writer.record(&mut part, &record).map(|_has_place| ())
                })
            }
            None => self.writer.end(&mut part).map_err(FormatError::from),
        };
        Some(written.map(|()| part.into()))
    }
}
