//! The calls of the last hour: which there were, why each was treated so, and each as a scenario.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use super::extract::{Admin, PathOf, Signed};
use super::frame::{Frame, page};
use super::moment::Moment;
use crate::control::event::MeetingId;
use crate::control::time::Instant;
use crate::report::why::Reason;
use crate::web::app::Shared;
use crate::web::live::recent::{RecentCall, WRITTEN_MAX};
use crate::web::live::recorded::UnwrittenError;
use crate::web::order::CallNumber;
use crate::web::recorded::{RecordedError, Wanted};

/// Calls in the list.
const SHOWN_MAX: usize = 100;

/// A call as it is shown.
struct CallRow {
    leg: u64,
    name: String,
    meeting_id: Option<u32>,
    meeting: String,
    outcome: &'static str,
    ended: String,
}

impl CallRow {
    fn of(app: &Shared, call: RecentCall) -> Self {
        let RecentCall { leg, name, meeting, outcome, ended } = call;
        Self {
            leg: leg.number(),
            name: name.unwrap_or_else(|| format!("#{}", leg.number())),
            meeting_id: meeting.map(|meeting| meeting.0),
            meeting: meeting.map_or_else(String::new, |meeting| app.bridge.meeting_name(meeting)),
            outcome: outcome.map_or("", |outcome| outcome.name()),
            ended: ended.map_or_else(String::new, |ended| when(app, ended)),
        }
    }
}

/// A moment of the bridge's clock as the wall's shows it.
fn when(app: &Shared, at: Instant) -> String {
    let clock = app.bridge.clock;
    let passed = clock.now().since(at).as_millis() / u128::from(clock.speed().max(1));
    Moment(app.now().saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX))).to_string()
}

#[derive(Template)]
#[template(path = "web/templates/calls.html")]
struct Calls {
    frame: Frame,
    calls: Vec<CallRow>,
    dropped: u64,
}

/// `/live/calls`
pub(crate) async fn list(State(app): State<Shared>, Admin(by): Admin) -> Response {
    let (over, dropped) = {
        let recent = app.bridge.events.recent();
        (recent.over(SHOWN_MAX), recent.dropped())
    };
    let calls = over.into_iter().map(|call| CallRow::of(&app, call)).collect();
    page(StatusCode::OK, &Calls { frame: by.frame_at("live", by.t.last_hour, "/live/calls"), calls, dropped })
}

/// A reason, and how long after the first it was decided.
struct ReasonRow {
    after: String,
    words: String,
}

#[derive(Template)]
#[template(path = "web/templates/call.html")]
struct OneCall {
    frame: Frame,
    call: CallRow,
    reasons: Vec<ReasonRow>,
}

fn rows(reasons: &[Reason]) -> Vec<ReasonRow> {
    let first = reasons.first().map_or(Instant::ZERO, |reason| reason.at);
    let row = |reason: &Reason| {
        let seconds = reason.at.since(first).as_secs();
        ReasonRow { after: format!("+{}:{:02}", seconds / 60, seconds % 60), words: reason.to_string() }
    };
    reasons.iter().map(row).collect()
}

/// `/live/calls/{leg}`
pub(crate) async fn show(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(CallNumber(leg)): PathOf<CallNumber>,
) -> Response {
    let call = app.bridge.events.recent().call(leg);
    match (call, app.why(leg).await) {
        (Some(call), Ok(Some(reasons))) => {
            let path = format!("/live/calls/{}", leg.number());
            let call = CallRow::of(&app, call);
            let frame = by.frame_at("live", &call.name, &path);
            page(StatusCode::OK, &OneCall { frame, call, reasons: rows(&reasons) })
        }
        (_, Err(_)) => by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable),
        (None, Ok(_)) | (Some(_), Ok(None)) => by.failed(StatusCode::NOT_FOUND, by.t.not_kept),
    }
}

async fn saved(app: &Shared, by: &Signed, wanted: Wanted, name: &str) -> Response {
    match app.scenario(wanted).await {
        Ok(text) => {
            let named = format!("attachment; filename=\"{name}.yaml\"");
            let headers = [(CONTENT_TYPE, "application/yaml".to_owned()), (CONTENT_DISPOSITION, named)];
            (headers, text).into_response()
        }
        Err(RecordedError::Unwritten(UnwrittenError::NotKept)) => {
            by.failed(StatusCode::NOT_FOUND, by.t.not_kept)
        }
        Err(RecordedError::Unwritten(UnwrittenError::TooMany(_))) => {
            by.failed(StatusCode::CONFLICT, &format!("{} {WRITTEN_MAX}.", by.t.too_many_to_save))
        }
        Err(RecordedError::Store(_)) => by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable),
    }
}

/// `/live/calls/{leg}/scenario`
pub(crate) async fn save_call(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(CallNumber(leg)): PathOf<CallNumber>,
) -> Response {
    saved(&app, &by, Wanted::Call(leg), &format!("call-{}", leg.number())).await
}

/// `/live/{meeting}/scenario`
pub(crate) async fn save_meeting(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(meeting): PathOf<u32>,
) -> Response {
    saved(&app, &by, Wanted::Meeting(MeetingId(meeting)), &format!("meeting-{meeting}")).await
}
