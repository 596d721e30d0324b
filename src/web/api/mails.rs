//! `/mails`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bearer::Administrator;
use super::extract::{PathOf, QueryOf};
use super::users::limit;
use crate::admin::answer::time;
use crate::store::Outbox as _;
use crate::store::mail::{MailId, MailRecord, MailState, Resend};
use crate::web::app::Shared;
use crate::web::problem::Problem;
use axum::http::StatusCode;

/// The state of a mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Waiting,
    Sent,
    Dead,
    /// It was never sent: its PIN was replaced before
    Superseded,
}

impl From<MailState> for Stage {
    fn from(state: MailState) -> Self {
        match state {
            MailState::Waiting => Self::Waiting,
            MailState::Sent => Self::Sent,
            MailState::Dead => Self::Dead,
            MailState::Superseded => Self::Superseded,
        }
    }
}

impl From<Stage> for MailState {
    fn from(state: Stage) -> Self {
        match state {
            Stage::Waiting => Self::Waiting,
            Stage::Sent => Self::Sent,
            Stage::Dead => Self::Dead,
            Stage::Superseded => Self::Superseded,
        }
    }
}

/// A mail of the outbox. It holds no PIN.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Mail {
    id: MailId,
    state: Stage,
    /// Its kind: `enabled`, `pin_reset`, `coordinates_changed`, `disabled`, `coordinates`
    tells: &'static str,
    /// The user it is about
    user: String,
    to: String,
    put_in: String,
    /// When it is tried next, while it waits
    next_try: Option<String>,
    tries: u32,
    last_error: Option<String>,
    message_id: String,
}

impl From<MailRecord> for Mail {
    fn from(record: MailRecord) -> Self {
        let MailRecord { id, mail, attempts, next_attempt_at, state, last_error, .. } = record;
        Self {
            id,
            state: state.into(),
            tells: mail.kind.word(),
            user: mail.user,
            to: mail.to,
            put_in: time(mail.at),
            next_try: (state == MailState::Waiting).then(|| time(next_attempt_at)),
            tries: attempts,
            last_error,
            message_id: mail.message_id,
        }
    }
}

/// A page of mails, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Mails {
    mails: Vec<Mail>,
    /// `after` of the next page; nothing on the last
    next: Option<MailId>,
}

/// The mails to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MailsQuery {
    #[param(inline)]
    state: Option<Stage>,
    /// Only those after this one: `next` of the page before
    after: Option<MailId>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List the mails of the outbox
#[utoipa::path(get, path = "/mails", tag = "mails", params(MailsQuery), responses((status = 200, body = Mails, description = "A page of mails")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    QueryOf(which): QueryOf<MailsQuery>,
) -> Result<Json<Mails>, Problem> {
    let limit = limit(which.limit)?;
    let state = which.state.map(Into::into);
    let mut mails = app.store().mails_after(which.after.unwrap_or(0), state, limit + 1).await?;
    let more = mails.len() > limit as usize;
    mails.truncate(limit as usize);
    let next = mails.last().filter(|_| more).map(|last| last.id);
    Ok(Json(Mails { mails: mails.into_iter().map(Into::into).collect(), next }))
}

/// A mail as its reader sees it, the PIN masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OneMail {
    mail: Mail,
    subject: String,
    text: String,
}

fn unknown(id: MailId) -> Problem {
    Problem::unknown("unknown-mail", format!("unknown mail {id}"))
}

/// Show a mail as its reader sees it, the PIN masked
#[utoipa::path(get, path = "/mails/{id}", tag = "mails", params(("id" = i64, Path, description = "Its number")), responses((status = 200, body = OneMail, description = "The mail")))]
pub(super) async fn show(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
    PathOf(id): PathOf<MailId>,
) -> Result<Json<OneMail>, Problem> {
    let record = app.store().mail(id).await?.ok_or_else(|| unknown(id))?;
    let (_, letter) = app.courier.preview(&record);
    Ok(Json(OneMail { mail: record.into(), subject: letter.subject, text: letter.text }))
}

/// Send a mail once more, under the same message ID
#[utoipa::path(post, path = "/mails/{id}/resend", tag = "mails", params(("id" = i64, Path, description = "Its number")), responses((status = 200, body = Mail, description = "The mail waits to be sent")))]
pub(super) async fn resend(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(id): PathOf<MailId>,
) -> Result<Json<Mail>, Problem> {
    let conflict = |code, detail: &str| Problem::new(StatusCode::CONFLICT, code, detail);
    match app.resend(&actor, id).await? {
        Resend::Waiting => {
            let record = app.store().mail(id).await?.ok_or_else(|| unknown(id))?;
            Ok(Json(record.into()))
        }
        Resend::Unknown => Err(unknown(id)),
        Resend::NotSettled => {
            Err(conflict("not-settled", "it is already waiting, and will be sent when it is due"))
        }
        Resend::PinWiped => Err(conflict("pin-wiped", "its PIN was erased; reset the PIN to mail a new one")),
    }
}
