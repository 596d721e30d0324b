//! *Live meetings*: lobby and roster as calls come and go, and what an administrator does there.

mod boards;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::explain::explain;
use super::frame::{Frame, Note, failed, page, see};
use super::signed::{Admin, Posted, Signed};
use crate::control::call::LegId;
use crate::control::event::MeetingId;
use crate::control::pin::Pin;
use crate::web::app::{Order, Shared};
use crate::web::live::place::{CALLERS_MAX, Play, Unplaced, Whose, conference_id};
use crate::web::words::Words;

pub(super) use boards::{Drawing, drawn_again, written};

#[derive(Template)]
#[template(path = "web/templates/live.html")]
struct Live {
    frame: Frame,
    plays: [(&'static str, &'static str); 4],
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
    page(status, &Live { frame, plays: play_words(by.t), meeting, board, csrf })
}

#[derive(Deserialize)]
pub(crate) struct Noted {
    #[serde(default)]
    note: String,
}

/// `/live`
pub(crate) async fn overview(
    State(app): State<Shared>,
    Admin(by): Admin,
    Query(noted): Query<Noted>,
) -> Response {
    let note = (noted.note == "placed").then(|| Note::good(by.t.placed));
    view(&app, &by, None, (StatusCode::OK, note))
}

/// `/live/{meeting}`
pub(crate) async fn meeting(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(meeting): Path<u32>,
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
    Query(Watched { meeting }): Query<Watched>,
) -> Response {
    let drawing = match meeting {
        None => Drawing::Overview,
        Some(meeting) => Drawing::Meeting(MeetingId(meeting)),
    };
    drawn_again(app, by, drawing)
}

async fn ordered(app: &Shared, by: &Signed, meeting: u32, order: Order) -> Response {
    match app.order(&by.session.actor, MeetingId(meeting), order).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => failed(by.t, StatusCode::CONFLICT, by.t.nobody_there),
        Err(refusal) => failed(by.t, StatusCode::SERVICE_UNAVAILABLE, &explain(by.t, &refusal)),
    }
}

/// A meeting is locked, unlocked or ended.
pub(crate) async fn order(
    State(app): State<Shared>,
    Path((meeting, order)): Path<(u32, String)>,
    Posted { by, .. }: Posted,
) -> Response {
    let order = match order.as_str() {
        "lock" => Order::Lock,
        "unlock" => Order::Unlock,
        "end" => Order::End,
        _ => return failed(by.t, StatusCode::NOT_FOUND, by.t.not_found),
    };
    ordered(&app, &by, meeting, order).await
}

/// Somebody in the lobby is let in.
pub(crate) async fn admit(
    State(app): State<Shared>,
    Path((meeting, leg)): Path<(u32, u32)>,
    Posted { by, .. }: Posted,
) -> Response {
    ordered(&app, &by, meeting, Order::Admit(LegId(leg))).await
}

/// Simulated callers are placed.
pub(crate) async fn place(State(app): State<Shared>, Posted { by, fields }: Posted) -> Response {
    let t = by.t;
    let wrong = |text: &str| view(&app, &by, None, (StatusCode::BAD_REQUEST, Some(Note::bad(text))));
    let Some(play) = Play::from_word(fields.raw("play")) else { return wrong(t.wrong) };
    let callers = fields.raw("callers").trim().parse().ok().filter(|count| (1..=CALLERS_MAX).contains(count));
    let Some(callers) = callers else { return wrong(t.bad_number_of_callers) };
    let whose = match (fields.text("conference_id"), fields.text("pin")) {
        (None, _) => Whose::Demo,
        (Some(id), pin) => {
            let Some(conference_id) = conference_id(&id) else { return wrong(t.bad_conference_id) };
            let given = pin.is_some();
            let pin = pin.and_then(|pin| Pin::from_symbols(&pin));
            if given && pin.is_none() {
                return wrong(t.bad_pin);
            }
            Whose::Real { conference_id, pin }
        }
    };
    match app.place(&by.session.actor, play, callers, whose).await {
        Ok(Ok(())) => see("/live?note=placed"),
        Ok(Err(Unplaced::NoPin)) => wrong(t.needs_pin),
        Ok(Err(Unplaced::OutOfService)) => wrong(t.not_in_service),
        Err(refusal) => failed(t, StatusCode::SERVICE_UNAVAILABLE, &explain(t, &refusal)),
    }
}
