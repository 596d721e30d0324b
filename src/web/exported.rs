//! Records in the format of another system, as an answer that is written while it is read.

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::app::Shared;
use super::record_filter::RecordFilter;
use crate::report::records::RecordLine;
use crate::report::records::format::{Format, FormatError, Writer};
use crate::store::sql::RecordPage;

/// How many records are read at a time.
const PAGE: u32 = 1_000;

/// Gives out the records of this time that the filter lets through.
pub(super) fn exported(
    app: Shared,
    format: &'static Format,
    (from, until): (i64, i64),
    filter: RecordFilter,
) -> Response {
    let page = RecordPage { from, until, after: 0, limit: PAGE };
    let writer = (format.writer)(&app.bridge.rates);
    let export = Export { app, writer, filter, page: Some(page) };
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
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(media_type))];
    (headers, Body::from_stream(parts)).into_response()
}

/// An export under way.
struct Export {
    app: Shared,
    writer: Box<dyn Writer>,
    filter: RecordFilter,
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
                    if !self.filter.lets_through(&record) {
                        return Ok(());
                    }
                    self.writer.record(&mut part, &record).map(|_has_place| ())
                })
            }
            None => self.writer.end(&mut part).map_err(FormatError::from),
        };
        Some(written.map(|()| part.into()))
    }
}
