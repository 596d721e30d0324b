//! `/calls/{call}/scenario`, `/calls/{call}/why`, `/meetings/{id}/scenario`

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::bearer::Administrator;
use super::extract::PathOf;
use crate::control::event::MeetingId;
use crate::report::why::Reason;
use crate::web::app::Shared;
use crate::web::live::recent::WRITTEN_MAX;
use crate::web::live::recorded::UnwrittenError;
use crate::web::order::CallNumber;
use crate::web::problem::Problem;
use crate::web::recorded::{RecordedError, Wanted};

/// A scenario file.
type Yaml = ([(HeaderName, &'static str); 1], String);

fn not_kept() -> Problem {
    Problem::unknown("not-kept", "no such call: calls are kept while they are up and for an hour after")
}

impl From<RecordedError> for Problem {
    fn from(error: RecordedError) -> Self {
        match error {
            RecordedError::Unwritten(UnwrittenError::NotKept) => not_kept(),
            RecordedError::Unwritten(UnwrittenError::TooMany(calls)) => {
                let detail =
                    format!("the meeting has {calls} calls; a scenario is written of up to {WRITTEN_MAX}");
                Self::new(StatusCode::CONFLICT, "too-many-calls", detail)
            }
            RecordedError::Store(error) => error.into(),
        }
    }
}

async fn written(app: &Shared, wanted: Wanted) -> Result<Yaml, Problem> {
    Ok(([(CONTENT_TYPE, "application/yaml")], app.scenario(wanted).await?))
}

/// Save a call as a scenario
///
/// With all other calls of its meeting; of a call that is up, what has happened so far. PINs are named, numbers replaced. The
/// first line says whether the scenario passes when it is replayed, or where it parts.
#[utoipa::path(get, path = "/calls/{call}/scenario", tag = "meetings", operation_id = "save_call", params(("call" = u64, Path, description = "The call's number")), responses((status = 200, body = String, content_type = "application/yaml", description = "The scenario")))]
pub(super) async fn of_call(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(call): PathOf<CallNumber>,
) -> Result<Yaml, Problem> {
    written(&app, Wanted::Call(call.0)).await
}

/// Save a meeting of the last hour as a scenario
///
/// As it is now, or was last; see the same of a call.
#[utoipa::path(get, path = "/meetings/{id}/scenario", tag = "meetings", operation_id = "save_meeting", params(("id" = u32, Path, description = "Its `id`")), responses((status = 200, body = String, content_type = "application/yaml", description = "The scenario")))]
pub(super) async fn of_meeting(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<Yaml, Problem> {
    written(&app, Wanted::Meeting(MeetingId(id))).await
}

/// A setting that decided something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecidingSetting {
    name: &'static str,
    value: String,
}

/// What the bridge decided about a caller.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Decision {
    /// When, in milliseconds of the bridge's clock
    at_ms: u64,
    /// What was decided and why, in a sentence without its subject
    decided: String,
    /// The settings that decided it, as they are now
    settings: Vec<DecidingSetting>,
    /// The section of docs/behaviour.md
    section: &'static str,
}

impl From<Reason> for Decision {
    fn from(reason: Reason) -> Self {
        let Reason { at, decided, settings, section } = reason;
        let settings = settings.into_iter().map(|(name, value)| DecidingSetting { name, value }).collect();
        Self { at_ms: at.millis(), decided, settings, section }
    }
}

/// Tell why a caller waits, was let in or turned away
#[utoipa::path(get, path = "/calls/{call}/why", tag = "meetings", params(("call" = u64, Path, description = "The call's number")), responses((status = 200, body = Vec<Decision>, description = "What the bridge decided, in order")))]
pub(super) async fn why(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(call): PathOf<CallNumber>,
) -> Result<Json<Vec<Decision>>, Problem> {
    let reasons = app.why(call.0).await?.ok_or_else(not_kept)?;
    Ok(Json(reasons.into_iter().map(Decision::from).collect()))
}
