//! *Records*: what became of calls and meetings, the newest first, with each of them whole.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::extract::{Admin, PathOf, QueryOf};
use super::frame::{Frame, page};
use crate::control::call::LegId;
use crate::control::event::Outcome;
use crate::report;
use crate::report::records::format::FORMATS;
use crate::report::records::{RecordLine, moment};
use crate::store::sql::KeptRecord;
use crate::web::app::Shared;
use crate::web::exported::exported;
use crate::web::live::records::RECORDS_KEPT;
use crate::web::record_filter::{MEETINGS, RecordFilter};

/// Records on a page.
const PAGE: usize = 50;

/// Records that are read at a time.
const BATCH: u32 = 1_000;

/// Records that are looked through for one page: where fewer than a page are found, the next page goes on.
const LOOKED_THROUGH_MAX: usize = 20_000;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RecordsQuery {
    from: String,
    until: String,
    organizer: String,
    outcome: String,
    /// Only records before this number.
    before: Option<i64>,
}

impl RecordsQuery {
    fn filter(&self) -> RecordFilter {
        RecordFilter { organizer: self.organizer.trim().to_owned(), outcome: self.outcome.clone() }
    }

    /// The time that is asked for, in milliseconds since the Unix epoch; `until` is a whole day where it is a day.
    fn span(&self, now: i64) -> Result<(i64, i64), String> {
        let kept = i64::try_from(RECORDS_KEPT.as_millis()).unwrap_or(i64::MAX);
        let from = if self.from.is_empty() { now.saturating_sub(kept) } else { moment(&self.from)? };
        let until = if self.until.is_empty() { now.saturating_add(1) } else { moment(&self.until)? };
        let is_day = !self.until.is_empty() && !self.until.contains('T');
        Ok((from, if is_day { until.saturating_add(24 * 3_600_000) } else { until }))
    }

    /// The same as a query of an address, without the page.
    fn written(&self) -> String {
        let pairs = [
            ("from", &self.from),
            ("until", &self.until),
            ("organizer", &self.organizer),
            ("outcome", &self.outcome),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let encoded = pairs.map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        });
        encoded.collect::<Vec<_>>().join("&")
    }
}

/// A record in the list.
struct RecordRow {
    id: i64,
    ended: String,
    is_meeting: bool,
    who: String,
    organizer: String,
    waited: String,
    inside: String,
    outcome: String,
}

impl RecordRow {
    fn of(id: i64, record: &RecordLine) -> Self {
        match record {
            RecordLine::Call(call) => {
                let who = match (&call.name, &call.from) {
                    (Some(name), Some(from)) => format!("{name} ({from})"),
                    (Some(known), None) | (None, Some(known)) => known.clone(),
                    (None, None) => format!("#{}", call.call),
                };
                Self {
                    id,
                    ended: shown(&call.ended_at),
                    is_meeting: false,
                    who,
                    organizer: call.organizer.clone().unwrap_or_default(),
                    waited: clock(call.waited_ms),
                    inside: clock(call.attended_ms),
                    outcome: call.outcome.clone(),
                }
            }
            RecordLine::Meeting(meeting) => Self {
                id,
                ended: shown(&meeting.ended_at),
                is_meeting: true,
                who: meeting.callers.to_string(),
                organizer: meeting.organizer.clone(),
                waited: String::new(),
                inside: String::new(),
                outcome: meeting.ended_by.clone(),
            },
        }
    }
}

/// A moment as the other pages show one: to the second, without a letter for the zone.
fn shown(moment: &str) -> String {
    moment.split('.').next().unwrap_or_default().replace('T', " ")
}

/// A time as a clock shows it.
fn clock(millis: u64) -> String {
    let seconds = millis.div_ceil(1_000);
    if seconds == 0 { String::new() } else { format!("{}:{:02}", seconds / 60, seconds % 60) }
}

#[derive(Template)]
#[template(path = "web/templates/records.html")]
struct Records {
    frame: Frame,
    query: RecordsQuery,
    written: String,
    outcomes: Vec<&'static str>,
    records: Vec<RecordRow>,
    formats: Vec<&'static str>,
    first: bool,
    older: Option<i64>,
    wrong: String,
}

/// Every outcome that a call can have, and the word for all refusals.
fn outcomes() -> Vec<&'static str> {
    let mut names: Vec<&str> = Outcome::ALL.map(Outcome::name).to_vec();
    names.push("refused");
    names.sort_unstable();
    names.dedup();
    names
}

/// `/records`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(query): QueryOf<RecordsQuery>,
) -> Response {
    let (span, wrong) = match query.span(app.now()) {
        Ok(span) => (Some(span), String::new()),
        Err(wrong) => (None, wrong),
    };
    let found = match span {
        Some(span) => find(&app, span, &query).await,
        None => Some((Vec::new(), None)),
    };
    let Some((records, older)) = found else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    page(
        status,
        &Records {
            frame: by.frame("records", by.t.records),
            written: query.written(),
            outcomes: outcomes(),
            records,
            formats: FORMATS.iter().map(|format| format.name).collect(),
            first: query.before.is_none(),
            older,
            wrong,
            query,
        },
    )
}

/// The newest records that are asked for, and before which the next page begins; nothing if the directory does not answer.
async fn find(app: &Shared, span: (i64, i64), query: &RecordsQuery) -> Option<(Vec<RecordRow>, Option<i64>)> {
    let (filter, mut before) = (query.filter(), query.before.unwrap_or(i64::MAX));
    let (mut rows, mut looked_through) = (Vec::new(), 0);
    loop {
        let batch = app.store().records_before(span, before, BATCH).await.ok()?;
        let is_last = batch.len() < BATCH as usize;
        looked_through += batch.len();
        for KeptRecord { id, line, .. } in &batch {
            // One that is damaged is told by the export.
            let Ok(record) = serde_json::from_str::<RecordLine>(line) else { continue };
            if !filter.lets_through(&record) {
                continue;
            }
            if rows.len() == PAGE {
                return Some((rows, Some(before)));
            }
            before = *id;
            rows.push(RecordRow::of(*id, &record));
        }
        before = batch.last().map_or(before, |last| last.id);
        if is_last {
            return Some((rows, None));
        }
        if looked_through >= LOOKED_THROUGH_MAX {
            return Some((rows, Some(before)));
        }
    }
}

/// What is exported.
#[derive(Debug, Deserialize)]
pub(crate) struct ExportQuery {
    format: String,
    #[serde(flatten)]
    which: RecordsQuery,
}

/// `/records/export`
pub(crate) async fn export(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(ExportQuery { format, which }): QueryOf<ExportQuery>,
) -> Response {
    let format = match report::named(FORMATS, "format", &format) {
        Ok(format) => format,
        Err(wrong) => return by.failed(StatusCode::BAD_REQUEST, &wrong),
    };
    let span = match which.span(app.now()) {
        Ok(span) => span,
        Err(wrong) => return by.failed(StatusCode::BAD_REQUEST, &wrong),
    };
    let mut response = exported(app, format, span, which.filter());
    let name = format!("attachment; filename=\"{}.{}\"", format.name, format.ending);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

#[derive(Template)]
#[template(path = "web/templates/record.html")]
struct OneRecord {
    frame: Frame,
    title: String,
    fields: Vec<(String, String)>,
    /// The call, while it can be saved as a scenario.
    call: Option<u64>,
}

/// `/records/{id}`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin, PathOf(id): PathOf<i64>) -> Response {
    let all = (i64::MIN, i64::MAX);
    let Ok(found) = app.store().records_before(all, id.saturating_add(1), 1).await else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let Some(kept) = found.into_iter().find(|kept| kept.id == id) else {
        return by.failed(StatusCode::NOT_FOUND, by.t.no_record);
    };
    let fields: Map<String, Value> = serde_json::from_str(&kept.line).unwrap_or_default();
    let is_meeting = fields.get("record").and_then(Value::as_str) == Some("meeting");
    let title = if is_meeting { by.t.meeting } else { by.t.call }.to_owned();
    let call = fields.get("call").and_then(Value::as_u64).filter(|call| *call <= LegId::MAX);
    let call = call.filter(|call| is_kept(&app, LegId::new(*call), kept.ended_at));
    let fields = fields.into_iter().filter(|(name, _)| name != "record").map(field).collect();
    let frame = by.frame_at("records", &title, &format!("/records/{id}"));
    page(StatusCode::OK, &OneRecord { frame, title, fields, call })
}

/// Whether the events of this call are kept, and not those of another of the same number in an earlier run.
fn is_kept(app: &Shared, leg: LegId, ended_at: i64) -> bool {
    let Some(ended) = app.bridge.events.recent().call(leg).and_then(|call| call.ended) else { return false };
    let clock = app.bridge.clock;
    let passed = clock.now().since(ended).as_millis() / u128::from(clock.speed().max(1));
    let ended = app.now().saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
    ended.abs_diff(ended_at) < SAME
}

/// Milliseconds between the end of a call and the keeping of its record, at most.
const SAME: u64 = 5_000;

fn field((name, value): (String, Value)) -> (String, String) {
    let text = if let Value::String(text) = value { text } else { value.to_string() };
    (name.replace('_', " "), text)
}

impl Records {
    /// The value of the option for meetings.
    fn meetings(&self) -> &'static str {
        MEETINGS
    }

    fn is_outcome(&self, outcome: &str) -> bool {
        self.query.outcome == outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_to_its_end() {
        let span = |from: &str, until: &str| {
            let query = RecordsQuery { from: from.into(), until: until.into(), ..RecordsQuery::default() };
            query.span(1_796_025_600_000)
        };
        let (from, until) = span("2026-11-29", "2026-11-30").unwrap();
        assert_eq!(until - from, 2 * 24 * 3_600_000);
        assert_eq!(span("", "").unwrap().1, 1_796_025_600_001, "now is in it");
        assert!(span("yesterday", "").is_err());
    }

    #[test]
    fn what_is_asked_for_is_written_as_an_address() {
        let query =
            RecordsQuery { organizer: "a&b".into(), outcome: "refused(full)".into(), ..Default::default() };
        assert_eq!(query.written(), "organizer=a%26b&outcome=refused%28full%29");
        assert_eq!([clock(0), clock(61_001)], ["", "1:02"]);
    }
}
