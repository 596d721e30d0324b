//! *Live meetings*: lobby and roster as calls come and go, and what an administrator does there.

mod boards;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::explain::explain;
use super::extract::{Admin, AdminForm, PathOf, QueryOf, Signed};
use super::forms::Fields;
use super::frame::{Frame, page};
use super::watch::watch;
use crate::control::event::MeetingId;
use crate::control::meeting::CallerAct;
use crate::web::app::{App, Shared};
use crate::web::drawings::Drawing;
use crate::web::live::launch::{LaunchError, LaunchRequest, PLACED_MAX, Preset, Target};
use crate::web::note::Note;
use crate::web::order::{CallNumber, Order, Pointless};
use crate::web::translation::Translation;

#[derive(Template)]
#[template(path = "web/templates/live.html")]
struct Live {
    frame: Frame,
    plays: [(&'static str, &'static str); 4],
    scenarios: Vec<String>,
    callers_max: u32,
    meeting: Option<u32>,
    board: String,
    csrf: String,
}

fn play_words(t: &'static Translation) -> [(&'static str, &'static str); 4] {
    Preset::ALL.map(|preset| {
        let told = match preset {
            Preset::Meeting => t.play_meeting,
            Preset::Waiting => t.play_waiting,
            Preset::Organizer => t.play_organizer,
            Preset::WrongPin => t.play_wrong_pin,
        };
        (preset.word(), told)
    })
}

fn view(
    app: &Shared,
    by: &Signed,
    meeting: Option<u32>,
    (status, note): (StatusCode, Option<Note>),
) -> Response {
    let board = match meeting {
        None => boards::overview(app, by.t),
        Some(meeting) => boards::meeting(app, by.t, MeetingId(meeting)),
    };
    let frame = by.frame("live", by.t.live).with(note);
    let csrf = by.session.csrf.clone();
    let scenarios = app.bridge.launcher.scenarios().map(str::to_owned).collect();
    let (plays, callers_max) = (play_words(by.t), app.bridge.launcher.callers_max());
    page(status, &Live { frame, plays, scenarios, callers_max, meeting, board, csrf })
}

/// `/live`
pub(crate) async fn overview(State(app): State<Shared>, Admin(by): Admin) -> Response {
    view(&app, &by, None, (StatusCode::OK, None))
}

/// `/live/{meeting}`
pub(crate) async fn meeting(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(meeting): PathOf<u32>,
) -> Response {
    view(&app, &by, Some(meeting), (StatusCode::OK, None))
}

#[derive(Deserialize)]
pub(crate) struct Watched {
    meeting: Option<u32>,
}

fn draw(app: &App, drawing: Drawing, t: &'static Translation) -> String {
    match drawing {
        Drawing::Meeting(id) => boards::meeting(app, t, id),
        Drawing::Overview | Drawing::Wall => boards::overview(app, t),
    }
}

/// The board, each time that it has changed.
pub(crate) async fn stream(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(Watched { meeting }): QueryOf<Watched>,
) -> Response {
    let drawing = match meeting {
        None => Drawing::Overview,
        Some(meeting) => Drawing::Meeting(MeetingId(meeting)),
    };
    watch(app, by, drawing, draw)
}

async fn ordered(app: &Shared, by: &Signed, meeting: u32, order: Order) -> Response {
    match app.order(&by.session.actor, MeetingId(meeting), order).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(pointless)) => by.failed(StatusCode::CONFLICT, told_pointless(by.t, pointless)),
        Err(refusal) => by.failed(StatusCode::SERVICE_UNAVAILABLE, &explain(by.t, &refusal)),
    }
}

fn told_pointless(t: &'static Translation, pointless: Pointless) -> &'static str {
    match pointless {
        Pointless::NobodyThere => t.nobody_there,
        Pointless::NotRunning => t.not_running,
        Pointless::NobodyWaits => t.nobody_waits,
        Pointless::NotJoined => t.not_joined,
    }
}

/// A meeting is locked, unlocked, recorded or ended.
pub(crate) async fn order(
    State(app): State<Shared>,
    PathOf((meeting, order)): PathOf<(u32, String)>,
    AdminForm { by, .. }: AdminForm,
) -> Response {
    let order = match order.as_str() {
        "lock" => Order::Lock,
        "unlock" => Order::Unlock,
        "record" => Order::Record,
        "stop-recording" => Order::StopRecording,
        "end" => Order::End,
        _ => return by.failed(StatusCode::NOT_FOUND, by.t.not_found),
    };
    ordered(&app, &by, meeting, order).await
}

/// Somebody is let in, turned away, removed, muted or unmuted.
pub(crate) async fn act(
    State(app): State<Shared>,
    PathOf((meeting, CallNumber(leg), act)): PathOf<(u32, CallNumber, String)>,
    AdminForm { by, .. }: AdminForm,
) -> Response {
    match CallerAct::named(&act) {
        Some(act) => ordered(&app, &by, meeting, Order::Caller(act, leg)).await,
        None => by.failed(StatusCode::NOT_FOUND, by.t.not_found),
    }
}

/// Before the name of a scenario, among the words of the stories.
const SCENARIO: &str = "scenario:";

fn request(fields: &Fields) -> Result<LaunchRequest, LaunchError> {
    let (word, callers) = (fields.raw("play"), fields.text("callers"));
    let (id, pin) = (fields.text("conference_id"), fields.text("pin"));
    let Some(preset) = Preset::from_word(word) else {
        let name = word.strip_prefix(SCENARIO).ok_or(LaunchError::UnknownScenario)?;
        let plain = callers.is_none() && id.is_none() && pin.is_none();
        return if plain {
            Ok(LaunchRequest::Scenario(name.to_owned()))
        } else {
            Err(LaunchError::CallersOfItsOwn)
        };
    };
    // Text that is not a number is refused like a number that is too large.
    let callers = callers.map(|callers| callers.parse().unwrap_or(0));
    Ok(LaunchRequest::Preset { preset, callers, target: Target::named(id.as_deref(), pin.as_deref())? })
}

fn launch_error(t: &'static Translation, launch_error: LaunchError) -> String {
    let text = match launch_error {
        LaunchError::NoPin => t.needs_pin,
        LaunchError::PinOfNobody => t.pin_of_nobody,
        LaunchError::BadConferenceId => t.bad_conference_id,
        LaunchError::BadPin => t.bad_pin,
        LaunchError::Callers(most) => return format!("{} {most}.", t.callers_from_one_to),
        LaunchError::CallersOfItsOwn => t.callers_of_its_own,
        LaunchError::UnknownScenario => t.unknown_scenario,
        LaunchError::TooMany => return format!("{} {PLACED_MAX}.", t.too_many_placed),
        LaunchError::OutOfService => t.not_in_service,
    };
    text.to_owned()
}

/// Launches simulated callers.
pub(crate) async fn launch(State(app): State<Shared>, AdminForm { by, fields }: AdminForm) -> Response {
    let t = by.t;
    let placed = match request(&fields) {
        Ok(request) => app.launch(&by.session.actor, &request).await,
        Err(launch_error) => Ok(Err(launch_error)),
    };
    match placed {
        Ok(Ok(())) => by.sent(&app, "/live", Note::good(t.placed)),
        Ok(Err(why)) => {
            view(&app, &by, None, (StatusCode::BAD_REQUEST, Some(Note::bad(launch_error(t, why)))))
        }
        Err(refusal) => by.failed(StatusCode::SERVICE_UNAVAILABLE, &explain(t, &refusal)),
    }
}
