//! `/meetings`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bearer::Administrator;
use super::extract::{PathOf, QueryOf};
use super::users::limit;
use crate::admin::actor::Actor;
use crate::control::call::{LegId, Source};
use crate::control::event::{MeetingId, Place};
use crate::control::meeting::CallerAct;
use crate::control::presence::{self, Attendance};
use crate::web::app::Shared;
use crate::web::order::{CallNumber, Order, Pointless};
use crate::web::problem::Problem;

/// A meeting with somebody in it, in its lobby or in screening.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Meeting {
    /// The organizer's `id`; that of a simulated organizer, from 2147483648 on, is gone with the program
    id: u32,
    /// The organizer, or which of the demo
    organizer: String,
    /// Whether it runs: while it does not, all wait
    started: bool,
    locked: bool,
    /// Whether it is recorded.
    recorded: bool,
    /// Callers in its lobby
    lobby: usize,
    /// Callers in the meeting
    joined: usize,
    /// Callers who are being asked, or record their names
    screening: usize,
}

/// A page of meetings, in the order of their numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Meetings {
    meetings: Vec<Meeting>,
    /// `after` of the next page; nothing on the last
    next: Option<u32>,
}

/// A caller's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CallerPlace {
    Screening,
    Lobby,
    Meeting,
}

/// A caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Caller {
    call: u64,
    name: String,
    place: CallerPlace,
    /// For how long they have been there, in milliseconds
    for_ms: u64,
    /// The sound they hear: `hold-music`, `meeting`, `silence`, or a prompt's name
    hears: &'static str,
    /// Whether the organizer's PIN was given
    organizer: bool,
    muted: bool,
    hand: bool,
}

/// A meeting with its roster.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OneMeeting {
    meeting: Meeting,
    /// The first thousand, those who have been where they are longest first
    callers: Vec<Caller>,
}

/// Callers of one meeting that are told at once.
const CALLERS_TOLD: usize = 1_000;

/// The meetings to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MeetingsQuery {
    /// Only those after this one: `next` of the page before
    after: Option<u32>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

fn meeting(app: &Shared, id: MeetingId, attendance: &Attendance) -> Meeting {
    Meeting {
        id: id.0,
        organizer: app.bridge.meeting_name(id),
        started: attendance.started.is_some(),
        locked: attendance.locked,
        recorded: attendance.recorded,
        lobby: attendance.count(Place::Lobby),
        joined: attendance.count(Place::Joined),
        screening: attendance.count(Place::Screening),
    }
}

/// List meetings with somebody in them
#[utoipa::path(get, path = "/meetings", tag = "meetings", params(MeetingsQuery), responses((status = 200, body = Meetings, description = "A page of meetings")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<MeetingsQuery>,
) -> Result<Json<Meetings>, Problem> {
    let limit = limit(which.limit)? as usize;
    let snapshot = app.bridge.events.snapshot();
    let from = which.after.map_or(std::ops::Bound::Unbounded, |id| std::ops::Bound::Excluded(MeetingId(id)));
    let mut found = snapshot.presence.meetings().range((from, std::ops::Bound::Unbounded));
    let meetings: Vec<Meeting> =
        found.by_ref().take(limit).map(|(id, attendance)| meeting(&app, *id, attendance)).collect();
    let next = found.next().and(meetings.last()).map(|last| last.id);
    drop(snapshot);
    Ok(Json(Meetings { meetings, next }))
}

fn nobody(id: u32) -> Problem {
    Problem::unknown("nobody-there", format!("nobody is in meeting {id}"))
}

/// Show a meeting with its lobby and roster
#[utoipa::path(get, path = "/meetings/{id}", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 200, body = OneMeeting, description = "The meeting")))]
pub(super) async fn show(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<Json<OneMeeting>, Problem> {
    let now = app.bridge.clock.now();
    let snapshot = app.bridge.events.snapshot();
    let attendance = snapshot.presence.meeting(MeetingId(id)).ok_or_else(|| nobody(id))?;
    let places = [
        (CallerPlace::Lobby, Place::Lobby),
        (CallerPlace::Meeting, Place::Joined),
        (CallerPlace::Screening, Place::Screening),
    ];
    let legs = places.into_iter().flat_map(|(place, of)| attendance.at(of).map(move |leg| (place, leg)));
    let callers = legs.filter_map(|(place, leg)| {
        let known = snapshot.presence.caller(leg)?;
        let for_ms = u64::try_from(now.since(known.since).as_millis()).unwrap_or(u64::MAX);
        Some(caller(leg, snapshot.name(leg), place, for_ms, known))
    });
    let callers = callers.take(CALLERS_TOLD).collect();
    Ok(Json(OneMeeting { meeting: meeting(&app, MeetingId(id), attendance), callers }))
}

fn caller(leg: LegId, name: String, place: CallerPlace, for_ms: u64, known: &presence::Caller) -> Caller {
    Caller {
        call: leg.number(),
        name,
        place,
        for_ms,
        hears: match known.hears {
            Source::Prompt { prompt, .. } => prompt.name(),
            source @ (Source::Silence | Source::HoldMusic { .. } | Source::Conference) => source.name(),
        },
        organizer: known.organizer,
        muted: known.muted,
        hand: known.hand_raised,
    }
}

async fn ordered(app: &Shared, actor: &Actor, id: u32, order: Order) -> Result<StatusCode, Problem> {
    match app.order(actor, MeetingId(id), order).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Pointless::NobodyThere) => Err(nobody(id)),
        Err(Pointless::NotRunning) => {
            let detail = format!("meeting {id} has not started: it is waiting for its organizer");
            Err(Problem::new(StatusCode::CONFLICT, "not-running", detail))
        }
        Err(Pointless::NobodyWaits) => {
            let detail = format!("this call is not in the lobby of meeting {id}");
            Err(Problem::unknown("nobody-waits", detail))
        }
        Err(Pointless::NotJoined) => {
            Err(Problem::unknown("not-joined", format!("this call has not joined meeting {id}")))
        }
    }
}

/// Let newcomers wait in the lobby
#[utoipa::path(post, path = "/meetings/{id}/lock", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn lock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::Lock).await
}

/// Let newcomers in again
#[utoipa::path(post, path = "/meetings/{id}/unlock", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn unlock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::Unlock).await
}

/// Start recording a meeting
#[utoipa::path(post, path = "/meetings/{id}/record", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn record(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::Record).await
}

/// Stop recording a meeting
#[utoipa::path(post, path = "/meetings/{id}/stop-recording", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn stop_recording(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::StopRecording).await
}

/// End a meeting for all
#[utoipa::path(post, path = "/meetings/{id}/end", tag = "meetings", params(("id" = u32, Path, description = "Its `id`")), responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn end(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::End).await
}

/// Admit, deny, remove, mute or unmute a caller
///
/// `admit` lets a caller in the lobby of a running meeting in, `deny` turns one away, `remove` ends the call of a
/// participant, `mute` and `unmute` are heard as the organizer's.
#[utoipa::path(post, path = "/meetings/{id}/callers/{call}/{act}", tag = "meetings",
    params(("id" = u32, Path, description = "The meeting's `id`"), ("call" = u64, Path, description = "The call's number"),
        ("act" = String, Path, description = "`admit`, `deny`, `remove`, `mute` or `unmute`")),
    responses((status = 204, description = "The meeting was notified")))]
pub(super) async fn act(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf((id, call, act)): PathOf<(u32, CallNumber, String)>,
) -> Result<StatusCode, Problem> {
    let Some(act) = CallerAct::named(&act) else {
        let known = CallerAct::ALL.map(CallerAct::name).join(", ");
        return Err(Problem::unknown("unknown-act", format!("expected one of: {known}")));
    };
    ordered(&app, &actor, id, Order::Caller(act, call.0)).await
}
