//! `/meetings`, `/calls` and `/events`

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};

use super::bearer::{Administrator, is_administrators};
use super::extract::{Body, PathOf, QueryOf};
use super::users::limit;
use crate::admin::administration::Actor;
use crate::admin::refusal::Refusal;
use crate::control::call::{LegId, Source};
use crate::control::event::{MeetingId, Place};
use crate::web::app::{Order, Shared};
use crate::web::live::happening::Happening;
use crate::web::live::picture::{Call, Meeting as Pictured};
use crate::web::live::place::{Play, Unplaced, Whose, Wish};
use crate::web::problem::Problem;

/// A meeting with somebody in it, in its lobby or at its door.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Meeting {
    id: u32,
    /// The organizer, or which of the demo
    organizer: String,
    /// Whether it runs: while it does not, all wait
    started: bool,
    locked: bool,
    /// Callers in its lobby
    lobby: usize,
    /// Callers in the meeting
    joined: usize,
    /// Callers who are being asked, or record their names
    door: usize,
}

/// A page of meetings, in the order of their numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Meetings {
    meetings: Vec<Meeting>,
    /// `after` of the next page; nothing on the last
    next: Option<u32>,
}

/// Where a caller is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Where {
    Door,
    Lobby,
    Meeting,
}

/// A caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Caller {
    call: u32,
    name: String,
    place: Where,
    /// For how long they have been there, in milliseconds
    for_ms: u64,
    /// What they hear: `hold-music`, `meeting`, `silence`, or a prompt's name
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

/// Which meetings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those after this one: `next` of the page before
    after: Option<u32>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

fn meeting(app: &Shared, id: MeetingId, pictured: &Pictured) -> Meeting {
    Meeting {
        id: id.0,
        organizer: app.meeting_name(id),
        started: pictured.started.is_some(),
        locked: pictured.locked,
        lobby: pictured.lobby.len(),
        joined: pictured.joined.len(),
        door: pictured.door.len(),
    }
}

/// List meetings with somebody in them
#[utoipa::path(get, path = "/meetings", tag = "meetings", params(Which), responses((status = 200, body = Meetings, description = "A page of meetings")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<Meetings>, Problem> {
    let limit = limit(which.limit)? as usize;
    let picture = app.wire.picture();
    let from = which.after.map_or(std::ops::Bound::Unbounded, |id| std::ops::Bound::Excluded(MeetingId(id)));
    let mut found = picture.meetings.range((from, std::ops::Bound::Unbounded));
    let meetings: Vec<Meeting> =
        found.by_ref().take(limit).map(|(id, pictured)| meeting(&app, *id, pictured)).collect();
    let next = found.next().and(meetings.last()).map(|last| last.id);
    drop(picture);
    Ok(Json(Meetings { meetings, next }))
}

fn nobody(id: u32) -> Problem {
    Problem::unknown("nobody-there", format!("nobody is in a meeting {id}"))
}

/// Show a meeting with its lobby and roster
#[utoipa::path(get, path = "/meetings/{id}", tag = "meetings", params(("id" = u32, Path, description = "Its number")), responses((status = 200, body = OneMeeting, description = "The meeting")))]
pub(super) async fn show(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<Json<OneMeeting>, Problem> {
    let now = app.clock.now();
    let picture = app.wire.picture();
    let pictured = picture.meetings.get(&MeetingId(id)).ok_or_else(|| nobody(id))?;
    let places =
        [(Where::Lobby, &pictured.lobby), (Where::Meeting, &pictured.joined), (Where::Door, &pictured.door)];
    let legs = places.into_iter().flat_map(|(place, legs)| legs.iter().map(move |(_, leg)| (place, leg)));
    let callers = legs.filter_map(|(place, leg)| {
        let call = picture.calls.get(leg)?;
        let for_ms = u64::try_from(now.since(call.since).as_millis()).unwrap_or(u64::MAX);
        Some(caller(*leg, place, for_ms, call))
    });
    let callers = callers.take(CALLERS_TOLD).collect();
    Ok(Json(OneMeeting { meeting: meeting(&app, MeetingId(id), pictured), callers }))
}

fn caller(leg: LegId, place: Where, for_ms: u64, call: &Call) -> Caller {
    Caller {
        call: leg.0,
        name: call.name.clone(),
        place,
        for_ms,
        hears: match call.hears {
            Source::Silence => "silence",
            Source::HoldMusic { .. } => "hold-music",
            Source::Conference => "meeting",
            Source::Prompt { prompt, .. } => prompt.name(),
        },
        organizer: call.organizer,
        muted: call.muted,
        hand: call.hand,
    }
}

async fn ordered(app: &Shared, actor: &Actor, id: u32, order: Order) -> Result<StatusCode, Problem> {
    if app.order(actor, MeetingId(id), order).await? { Ok(StatusCode::NO_CONTENT) } else { Err(nobody(id)) }
}

/// Let newcomers wait in the lobby
#[utoipa::path(post, path = "/meetings/{id}/lock", tag = "meetings", params(("id" = u32, Path, description = "Its number")), responses((status = 204, description = "It is told")))]
pub(super) async fn lock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::Lock).await
}

/// Let newcomers in again
#[utoipa::path(post, path = "/meetings/{id}/unlock", tag = "meetings", params(("id" = u32, Path, description = "Its number")), responses((status = 204, description = "It is told")))]
pub(super) async fn unlock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::Unlock).await
}

/// End a meeting for all
#[utoipa::path(post, path = "/meetings/{id}/end", tag = "meetings", params(("id" = u32, Path, description = "Its number")), responses((status = 204, description = "It is told")))]
pub(super) async fn end(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<u32>,
) -> Result<StatusCode, Problem> {
    ordered(&app, &actor, id, Order::End).await
}

/// Let a caller in the lobby of a running meeting in
#[utoipa::path(post, path = "/meetings/{id}/callers/{call}/admit", tag = "meetings",
    params(("id" = u32, Path, description = "The meeting's number"), ("call" = u32, Path, description = "The call's number")),
    responses((status = 204, description = "The meeting is told")))]
pub(super) async fn admit(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf((id, call)): PathOf<(u32, u32)>,
) -> Result<StatusCode, Problem> {
    let waits = app.wire.picture().calls.get(&LegId(call)).and_then(|call| call.place);
    if waits != Some((MeetingId(id), Place::Lobby)) {
        return Err(Problem::unknown("nobody-waits", format!("no call {call} waits in the lobby of {id}")));
    }
    ordered(&app, &actor, id, Order::Admit(LegId(call))).await
}

/// What simulated callers do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scene {
    /// Callers wait, then the organizer gives the PIN
    Meeting,
    /// Callers wait for whoever comes
    Waiting,
    /// Somebody calls with the PIN
    Organizer,
    /// A stranger errs with the PIN, while somebody waits
    WrongPin,
}

/// Simulated callers who are placed: a scene, or a scenario.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallsWish {
    #[schema(inline)]
    scene: Option<Scene>,
    /// The name of one of those that `serve --scenarios` was given; it has callers and organizers of its own
    scenario: Option<String>,
    /// Of the scenes `meeting` and `waiting`: 1 if it is left out, and at most as many as one meeting holds
    #[schema(minimum = 1, maximum = 10000)]
    callers: Option<u32>,
    /// A real meeting; one of the demo if there is none
    #[schema(pattern = "^[0-9]{1,12}$")]
    conference_id: Option<String>,
    /// The PIN that the organizer of a real meeting keys. It is kept nowhere
    #[schema(pattern = "^[0-9]{4,12}$")]
    pin: Option<String>,
}

impl CallsWish {
    fn wish(self) -> Result<Wish, Problem> {
        let Self { scene, scenario, callers, conference_id, pin } = self;
        let play = match (scene, scenario) {
            (Some(Scene::Meeting), None) => Play::Meeting,
            (Some(Scene::Waiting), None) => Play::Waiting,
            (Some(Scene::Organizer), None) => Play::Organizer,
            (Some(Scene::WrongPin), None) => Play::WrongPin,
            (None, Some(name)) if callers.is_none() && conference_id.is_none() && pin.is_none() => {
                return Ok(Wish::Scenario(name));
            }
            (None, Some(_)) => return Err(Problem::bad("a scenario has its own callers and organizers")),
            (None, None) | (Some(_), Some(_)) => {
                return Err(Problem::bad("say either a scene or a scenario"));
            }
        };
        let whose = Whose::named(conference_id.as_deref(), pin.as_deref()).map_err(unplaced)?;
        Ok(Wish::Play { play, callers: callers.or(play.has_callers().then_some(1)), whose })
    }
}

fn unplaced(unplaced: Unplaced) -> Problem {
    match unplaced {
        Unplaced::NoPin => Problem::bad("for a real conference ID the organizer needs the PIN"),
        Unplaced::PinOfNobody => Problem::bad("a PIN goes with a conference ID, and there is none"),
        Unplaced::BadConferenceId => Refusal::BadConferenceId.into(),
        Unplaced::BadPin => Problem::bad("a PIN has 4 to 12 digits"),
        Unplaced::Callers(most) => {
            Problem::bad(format!("1 to {most} callers can be placed at once: a meeting holds no more"))
        }
        Unplaced::CallersOfItsOwn => {
            Problem::bad("this scene has its own callers; right would be no `callers`")
        }
        Unplaced::UnknownScenario => {
            Problem::bad("there is no such scenario; `serve --scenarios` was given those that there are")
        }
        Unplaced::OutOfService => {
            let detail = "the bridge goes out of service";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "out-of-service", detail)
        }
    }
}

/// Place simulated callers
#[utoipa::path(post, path = "/calls", tag = "meetings", request_body = CallsWish, responses((status = 202, description = "They dial")))]
pub(super) async fn place(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    Body(wish): Body<CallsWish>,
) -> Result<StatusCode, Problem> {
    let placed = app.place(&actor, &wish.wish()?).await?;
    placed.map(|()| StatusCode::ACCEPTED).map_err(unplaced)
}

/// How often a stream looks whether its token is good still.
const ASKED_AGAIN: Duration = Duration::from_secs(20);

/// Follow what happens, as server-sent events
///
/// Each event `happening` holds a `Happening`; `missed` says how many came too fast for whoever reads.
#[utoipa::path(get, path = "/events", tag = "meetings", responses((status = 200, body = Happening, content_type = "text/event-stream", description = "What happens from now on")))]
pub(super) async fn events(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    headers: HeaderMap,
) -> Response {
    let ask = tokio::time::interval(ASKED_AGAIN);
    let following = (app.wire.happenings(), app, headers, ask);
    let events = stream::unfold(following, |(mut happenings, app, headers, mut ask)| async move {
        let event = tokio::select! {
            biased;
            () = app.stop.cancelled() => return None,
            _again = ask.tick() => {
                if !is_administrators(&app, &headers).await {
                    return None;
                }
                Event::default().comment("the token is good")
            }
            happening = happenings.recv() => match happening {
                Ok(happening) => Event::default().event("happening").json_data(happening).ok()?,
                Err(RecvError::Lagged(missed)) => Event::default().event("missed").data(missed.to_string()),
                Err(RecvError::Closed) => return None,
            },
        };
        Some((Ok::<_, Infallible>(event), (happenings, app, headers, ask)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
