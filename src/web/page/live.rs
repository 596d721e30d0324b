//! *Live meetings*: lobby and roster as calls come and go, and what an administrator does there.

mod boards;
mod drawings;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::asked::{PathOf, QueryOf};
use super::explain::explain;
use super::forms::Fields;
use super::frame::{Frame, Note, page};
use super::signed::{Admin, Posted, Signed};
use crate::control::call::LegId;
use crate::control::event::MeetingId;
use crate::web::app::{Order, Pointless, Shared};
use crate::web::live::place::{PLACED_MAX, Play, Unplaced, Whose, Wish};
use crate::web::words::Words;

pub(super) use boards::{Drawing, drawn_again, written};
pub(crate) use drawings::Drawings;

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

fn play_words(t: &'static Words) -> [(&'static str, &'static str); 4] {
    Play::ALL.map(|play| {
        let told = match play {
            Play::Meeting => t.play_meeting,
            Play::Waiting => t.play_waiting,
            Play::Organizer => t.play_organizer,
            Play::WrongPin => t.play_wrong_pin,
        };
        (play.word(), told)
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
    let scenarios = app.placing.scenarios().map(str::to_owned).collect();
    let (plays, callers_max) = (play_words(by.t), app.placing.callers_max());
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

/// The board, each time that it is another.
pub(crate) async fn stream(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(Watched { meeting }): QueryOf<Watched>,
) -> Response {
    let drawing = match meeting {
        None => Drawing::Overview,
        Some(meeting) => Drawing::Meeting(MeetingId(meeting)),
    };
    drawn_again(app, by, drawing)
}

async fn ordered(app: &Shared, by: &Signed, meeting: u32, order: Order) -> Response {
    match app.order(&by.session.actor, MeetingId(meeting), order).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(pointless)) => by.failed(StatusCode::CONFLICT, told_pointless(by.t, pointless)),
        Err(refusal) => by.failed(StatusCode::SERVICE_UNAVAILABLE, &explain(by.t, &refusal)),
    }
}

fn told_pointless(t: &'static Words, pointless: Pointless) -> &'static str {
    match pointless {
        Pointless::NobodyThere => t.nobody_there,
        Pointless::NotRunning => t.not_running,
        Pointless::NobodyWaits => t.nobody_waits,
    }
}

/// A meeting is locked, unlocked or ended.
pub(crate) async fn order(
    State(app): State<Shared>,
    PathOf((meeting, order)): PathOf<(u32, String)>,
    Posted { by, .. }: Posted,
) -> Response {
    let order = match order.as_str() {
        "lock" => Order::Lock,
        "unlock" => Order::Unlock,
        "end" => Order::End,
        _ => return by.failed(StatusCode::NOT_FOUND, by.t.not_found),
    };
    ordered(&app, &by, meeting, order).await
}

/// Somebody in the lobby is let in.
pub(crate) async fn admit(
    State(app): State<Shared>,
    PathOf((meeting, leg)): PathOf<(u32, u32)>,
    Posted { by, .. }: Posted,
) -> Response {
    ordered(&app, &by, meeting, Order::Admit(LegId(leg))).await
}

/// Before the name of a scenario, among the words of the stories.
const SCENARIO: &str = "scenario:";

fn wish(fields: &Fields) -> Result<Wish, Unplaced> {
    let (word, callers) = (fields.raw("play"), fields.text("callers"));
    let (id, pin) = (fields.text("conference_id"), fields.text("pin"));
    let Some(play) = Play::from_word(word) else {
        let name = word.strip_prefix(SCENARIO).ok_or(Unplaced::UnknownScenario)?;
        let plain = callers.is_none() && id.is_none() && pin.is_none();
        return if plain { Ok(Wish::Scenario(name.to_owned())) } else { Err(Unplaced::CallersOfItsOwn) };
    };
    // What is no number is as wrong as too large a one.
    let callers = callers.map(|callers| callers.parse().unwrap_or(0));
    Ok(Wish::Play { play, callers, whose: Whose::named(id.as_deref(), pin.as_deref())? })
}

fn unplaced(t: &'static Words, unplaced: Unplaced) -> String {
    let text = match unplaced {
        Unplaced::NoPin => t.needs_pin,
        Unplaced::PinOfNobody => t.pin_of_nobody,
        Unplaced::BadConferenceId => t.bad_conference_id,
        Unplaced::BadPin => t.bad_pin,
        Unplaced::Callers(most) => return format!("{} {most}.", t.callers_from_one_to),
        Unplaced::CallersOfItsOwn => t.callers_of_its_own,
        Unplaced::UnknownScenario => t.unknown_scenario,
        Unplaced::TooMany => return format!("{} {PLACED_MAX}.", t.too_many_placed),
        Unplaced::OutOfService => t.not_in_service,
    };
    text.to_owned()
}

/// Simulated callers are placed.
pub(crate) async fn place(State(app): State<Shared>, Posted { by, fields }: Posted) -> Response {
    let t = by.t;
    let placed = match wish(&fields) {
        Ok(wish) => app.place(&by.session.actor, &wish).await,
        Err(unplaced) => Ok(Err(unplaced)),
    };
    match placed {
        Ok(Ok(())) => by.sent(&app, "/live", Note::good(t.placed)),
        Ok(Err(why)) => view(&app, &by, None, (StatusCode::BAD_REQUEST, Some(Note::bad(unplaced(t, why))))),
        Err(refusal) => by.failed(StatusCode::SERVICE_UNAVAILABLE, &explain(t, &refusal)),
    }
}
