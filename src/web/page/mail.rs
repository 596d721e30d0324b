//! *Mail*: what waits, what was sent, and what could not be.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::explain::explain;
use super::extract::{Admin, AdminForm, PathOf, QueryOf};
use super::frame::{Frame, page};
use super::moment::Moment;
use crate::mail::letter::one_line;
use crate::store::Outbox as _;
use crate::store::mail::{MailId, MailKind, MailRecord, MailState, Resend};
use crate::web::app::Shared;
use crate::web::note::Note;
use crate::web::translation::Translation;

/// Mails on a page.
const PAGE: u32 = 25;

struct Row {
    id: MailId,
    when: Moment,
    to: String,
    tells: &'static str,
    state: &'static str,
    class: &'static str,
    tries: u32,
    error: String,
    /// When it is tried next, while it waits.
    next_try: String,
    /// Whether it can be sent again: it is settled, and no PIN was wiped from it.
    again: bool,
}

impl Row {
    fn of(t: &'static Translation, record: MailRecord) -> Self {
        let again = record.state != MailState::Waiting && !record.is_outdated();
        let MailRecord { id, mail, attempts, next_attempt_at, state, last_error, .. } = record;
        let (word, class) = match state {
            MailState::Waiting => (t.waiting, "wait"),
            MailState::Sent => (t.sent, "good"),
            MailState::Dead => (t.dead, "bad"),
            MailState::Superseded => (t.superseded, ""),
        };
        let tells = match mail.kind {
            MailKind::Enabled => t.tells_enabled,
            MailKind::PinReset => t.tells_pin_reset,
            MailKind::CoordinatesChanged => t.tells_changed,
            MailKind::Disabled => t.tells_disabled,
            MailKind::Coordinates => t.tells_coordinates,
        };
        Self {
            id,
            when: Moment(mail.at),
            to: mail.to.clone(),
            tells,
            state: word,
            class,
            tries: attempts,
            error: last_error.unwrap_or_default(),
            next_try: if state == MailState::Waiting {
                Moment(next_attempt_at).to_string()
            } else {
                String::new()
            },
            again,
        }
    }
}

/// A mail as its reader sees it, the PIN masked.
struct MailText {
    subject: String,
    from: String,
    to: String,
    text: String,
}

#[derive(Template)]
#[template(path = "web/templates/mail.html")]
struct Mail {
    frame: Frame,
    states: [(&'static str, &'static str); 5],
    state: &'static str,
    letter: Option<MailText>,
    mails: Vec<Row>,
    first: bool,
    older: Option<MailId>,
    /// The folder that mails are put into, where no server takes them.
    folder: Option<String>,
    csrf: String,
}

#[derive(Deserialize)]
pub(crate) struct MailQuery {
    #[serde(default)]
    state: String,
    before: Option<MailId>,
    show: Option<MailId>,
}

/// `/mail`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(sought): QueryOf<MailQuery>,
) -> Response {
    let t = by.t;
    let state = MailState::from_word(&sought.state);
    let unavailable = || by.failed(StatusCode::SERVICE_UNAVAILABLE, t.store_unavailable);
    let found = app.store().mails_before(sought.before.unwrap_or(MailId::MAX), state, PAGE + 1).await;
    let Ok(mut found) = found else { return unavailable() };
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let older = found.last().filter(|_| more).map(|last| last.id);
    let letter = match sought.show {
        None => None,
        Some(id) => match app.store().mail(id).await {
            Err(_) => return unavailable(),
            Ok(record) => record.map(|record| {
                let (envelope, letter) = app.courier.preview(&record);
                let from = format!("{} <{}>", one_line(&envelope.from_name), one_line(&envelope.from));
                let to = one_line(&envelope.to).to_string();
                MailText { subject: letter.subject, from, to, text: letter.text }
            }),
        },
    };
    let (waiting, sent, dead) = (MailState::Waiting.word(), MailState::Sent.word(), MailState::Dead.word());
    let superseded = MailState::Superseded.word();
    let mail = Mail {
        frame: by.frame("mail", t.mail),
        states: [
            ("", t.all),
            (waiting, t.waiting),
            (sent, t.sent),
            (dead, t.dead),
            (superseded, t.superseded),
        ],
        state: state.map_or("", MailState::word),
        letter,
        mails: found.into_iter().map(|record| Row::of(t, record)).collect(),
        first: sought.before.is_none(),
        older,
        folder: app.courier.folder().map(|folder| folder.display().to_string()),
        csrf: by.session.csrf.clone(),
    };
    page(StatusCode::OK, &mail)
}

/// A mail is to be sent again.
pub(crate) async fn resend(
    State(app): State<Shared>,
    PathOf(id): PathOf<MailId>,
    AdminForm { by, fields }: AdminForm,
) -> Response {
    let state = MailState::from_word(fields.raw("state")).map_or("", MailState::word);
    match app.resend(&by.session.actor, id).await {
        Ok(became) => {
            let note = match became {
                Resend::Waiting => Note::good(by.t.resent),
                Resend::PinWiped => Note::bad(by.t.pin_wiped),
                Resend::NotSettled => Note::good(by.t.not_settled),
                Resend::Unknown => return by.failed(StatusCode::NOT_FOUND, by.t.not_found),
            };
            by.sent(&app, &format!("/mail?state={state}"), note)
        }
        Err(refusal) => by.failed(StatusCode::SERVICE_UNAVAILABLE, &explain(by.t, &refusal)),
    }
}
