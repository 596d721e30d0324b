//! `/users`

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::bearer::{Administrator, Bearer};
use super::bodies::{ActResult, MailOptions, OneUser, User, Users, WithMail};
use super::etag::{is_for_state, tag_of_user};
use super::extract::{Body, Maybe, PathOf, QueryOf};
use super::idempotency::RedactedBody;
use super::language::LanguageTag;
use crate::admin::act::{
    Act, Change, ConferenceIdChange, Description, Enable, Listing, PasscodeChange, UserName,
};
use crate::admin::actor::Actor;
use crate::admin::administration::Seen;
use crate::admin::answer::{Answer, Done};
use crate::admin::refusal::Refusal;
use crate::control::call::Digits;
use crate::control::numbers;
use crate::store::search::{Matter, Sought};
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// Users on a page, if nobody says how many.
const PAGE: u32 = 100;

/// The most on a page.
const PAGE_MAX: u32 = 1_000;

/// The users to return.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Each word begins a word of the name or display name, or the conference ID
    #[param(max_length = 200)]
    search: Option<String>,
    /// Only those who are enabled for dial-in conferencing
    enabled_only: Option<bool>,
    /// Only those with this service number in their invitations, written in any form
    #[param(max_length = 64)]
    number: Option<String>,
    /// Only those who need an administrator's attention: `locked-out`, `without-pin`, `disabled` or `without-number`
    #[param(max_length = 64)]
    matter: Option<String>,
    /// Only those whose names come after this one: `next` of the page before
    #[param(max_length = 256)]
    after: Option<String>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Characters of a search.
const SEARCH_CHARS: usize = 200;

/// Characters of a user's name.
const NAME_CHARS: usize = 256;

/// Characters of a service number: E.164 has 15 digits, and people write blanks, hyphens and brackets between them.
const NUMBER_CHARS: usize = 64;

fn at_most(name: &str, text: Option<&str>, chars: usize) -> Result<(), Problem> {
    let fits = text.is_none_or(|text| text.chars().count() <= chars);
    if fits { Ok(()) } else { Err(Problem::bad(format!("`{name}` has at most {chars} characters"))) }
}

/// Returns the page size.
pub(super) fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    let wanted = wanted.unwrap_or(PAGE);
    let fits = (1..=PAGE_MAX).contains(&wanted);
    if fits { Ok(wanted) } else { Err(Problem::bad("expected a `limit` from 1 to 1000")) }
}

/// List and search users
#[utoipa::path(get, path = "/users", tag = "users", params(UsersQuery), responses((status = 200, body = Users, description = "A page of users")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Bearer(actor): Bearer,
    QueryOf(which): QueryOf<UsersQuery>,
) -> Result<Json<Users>, Problem> {
    let limit = limit(which.limit)?;
    at_most("search", which.search.as_deref(), SEARCH_CHARS)?;
    at_most("after", which.after.as_deref(), NAME_CHARS)?;
    at_most("number", which.number.as_deref(), NUMBER_CHARS)?;
    let matter = which.matter.map(|word| {
        Matter::of_word(&word, app.now()).ok_or_else(|| {
            let words = Matter::all(0).map(Matter::word).join("`, `");
            Problem::bad(format!("expected a `matter` of `{words}`"))
        })
    });
    let listing = Listing {
        limit: Some(limit + 1),
        sought: Sought {
            matter: matter.transpose()?,
            search: which.search.unwrap_or_default(),
            enabled_only: which.enabled_only.unwrap_or_default(),
            number: which.number,
        },
        after: which.after.unwrap_or_default(),
    };
    let Answer::Users(mut users) = app.perform(&actor, &Act::ListUsers(listing), None).await? else {
        return Ok(Json(Users { users: Vec::new(), next: None }));
    };
    let more = users.len() > limit as usize;
    users.truncate(limit as usize);
    let next = users.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Json(Users { users: users.iter().map(User::from).collect(), next }))
}

/// Show a user
#[utoipa::path(get, path = "/users/{name}", tag = "users",
    responses((status = 200, body = OneUser, description = "The user", headers(("etag" = String, description = "Identifies this state, for `If-Match`")))))]
pub(super) async fn show(
    State(app): State<Shared>,
    Bearer(actor): Bearer,
    PathOf(name): PathOf<String>,
) -> Result<Response, Problem> {
    let (user, pin) = app.user(&actor, &name).await?;
    let one = OneUser { user: (&user).into(), pin_entry: pin.as_ref().map(Into::into) };
    Ok(([(header::ETAG, tag_of_user(&user))], Json(one)).into_response())
}

/// A change of the passcode as it is written. Its digits are never printed.
#[derive(Clone, Copy, Debug)]
struct PasscodeText(PasscodeChange);

impl<'de> Deserialize<'de> for PasscodeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let change = PasscodeChange::from_text(&String::deserialize(deserializer)?);
        change.map(Self).ok_or_else(|| D::Error::custom("a passcode is 4 to 10 digits, or `none`"))
    }
}

/// The values to change; omitted ones stay.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    /// 1 to 12 digits, in groups or not: `314 1592`
    conference_id: Option<String>,
    /// Whether their meetings start without a PIN
    allow_anonymous_start: Option<bool>,
    /// A toll service number
    number: Option<String>,
    /// A toll-free service number
    toll_free_number: Option<String>,
    allow_toll_free: Option<bool>,
    /// The passcode of their meetings, 4 to 10 digits, or `none`
    #[schema(value_type = Option<String>)]
    passcode: Option<PasscodeText>,
    display_name: Option<String>,
    /// The primary address; empty for none
    address: Option<String>,
    /// The user's own telephone, which no PIN may be part of
    phone: Option<String>,
    language: Option<LanguageTag>,
    /// A mail that is asked for
    mail: Option<MailOptions>,
}

impl UserChange {
    fn act(self, user: &UserName) -> Result<Act, Problem> {
        let description = Description {
            user: user.clone(),
            display_name: self.display_name,
            mail: self.address,
            phone: self.phone,
            language: self.language.map(Into::into),
        };
        let conference_id = self.conference_id.as_deref().map(conference_id).transpose()?;
        let change = Change {
            conference_id: conference_id.map(ConferenceIdChange::Set),
            allow_anonymous_start: self.allow_anonymous_start,
            number: self.number,
            toll_free_number: self.toll_free_number,
            allow_toll_free: self.allow_toll_free,
            passcode: self.passcode.map(|PasscodeText(change)| change),
            mail: self.mail.map(Into::into),
            ..Change::of(user.clone())
        };
        Ok(Act::Edit(Box::new(description), Box::new(change)))
    }
}

fn conference_id(text: &str) -> Result<Digits, Problem> {
    numbers::conference_id(text).ok_or_else(|| Refusal::BadConferenceId.into())
}

/// A user on whom an administrator acts: the one of the path, if they are as `If-Match` says.
pub(super) struct OnUser {
    app: Shared,
    actor: Actor,
    name: UserName,
    headers: HeaderMap,
}

impl FromRequestParts<Shared> for OnUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let Administrator(actor) = Administrator::from_request_parts(parts, app).await?;
        let PathOf(name) = PathOf::from_request_parts(parts, app).await?;
        Ok(Self { app: Arc::clone(app), actor, name: UserName(name), headers: parts.headers.clone() })
    }
}

impl OnUser {
    async fn does(&self, act: &Act) -> Result<Response, Problem> {
        let seen = if self.headers.contains_key(header::IF_MATCH) { self.seen().await? } else { None };
        Ok(answered(self.app.change(&self.actor, act, seen.as_ref()).await?))
    }

    /// The user as they are, if the act is for that state only.
    async fn seen(&self) -> Result<Option<Seen>, Problem> {
        let (user, _) = self.app.user(&self.actor, &self.name.0).await?;
        Ok(is_for_state(&self.headers, &tag_of_user(&user))?.then_some(Seen::User(user)))
    }
}

/// An answer with the state that is reached. A PIN is in it once.
fn answered(done: Done) -> Response {
    let tag = done.user.as_ref().map(tag_of_user);
    let became = ActResult::from(done);
    let instead = became.masked();
    let mut response = Json(became).into_response();
    if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if let Some(Ok(instead)) = instead.map(|instead| serde_json::to_vec(&instead)) {
        response.extensions_mut().insert(RedactedBody(instead.into()));
    }
    response
}

/// Change a user
#[utoipa::path(patch, path = "/users/{name}", tag = "users", request_body = UserChange,
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn change(on: OnUser, Body(wish): Body<UserChange>) -> Result<Response, Problem> {
    on.does(&wish.act(&on.name)?).await
}

/// The options for enabling a user.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableOptions {
    /// 1 to 12 digits, in groups or not; a free one is drawn if there is none
    conference_id: Option<String>,
    /// A toll service number; the first if there is none
    number: Option<String>,
    /// A toll-free service number
    toll_free_number: Option<String>,
    /// The tenant's default if not said
    allow_anonymous_start: Option<bool>,
    allow_toll_free: Option<bool>,
    /// A mail that is asked for
    mail: Option<MailOptions>,
}

/// Enable a user: conference ID, PIN, mail; one who is not there is added
#[utoipa::path(post, path = "/users/{name}/enable", tag = "users", request_body = Option<EnableOptions>,
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn enable(on: OnUser, Maybe(wish): Maybe<EnableOptions>) -> Result<Response, Problem> {
    let wish = wish.unwrap_or_default();
    let act = Act::Enable(Enable {
        user: on.name.clone(),
        conference_id: wish.conference_id.as_deref().map(conference_id).transpose()?,
        number: wish.number,
        toll_free_number: wish.toll_free_number,
        allow_anonymous_start: wish.allow_anonymous_start,
        allow_toll_free: wish.allow_toll_free,
        mail: wish.mail.map(Into::into),
        description: None,
    });
    on.does(&act).await
}

/// Disable a user: the conference ID is released
#[utoipa::path(post, path = "/users/{name}/disable", tag = "users", request_body = Option<WithMail>,
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn disable(on: OnUser, Maybe(wish): Maybe<WithMail>) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let act = Act::Disable { user: on.name.clone(), mail };
    on.does(&act).await
}

/// Give a user a new PIN, in this answer only
#[utoipa::path(post, path = "/users/{name}/reset-pin", tag = "users", request_body = Option<WithMail>,
    responses((status = 200, body = ActResult, description = "The PIN, and the mails sent")))]
pub(super) async fn reset_pin(on: OnUser, Maybe(wish): Maybe<WithMail>) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let act = Act::Change(Change { reset_pin: true, mail, ..Change::of(on.name.clone()) });
    on.does(&act).await
}

/// Give a user a new conference ID
#[utoipa::path(post, path = "/users/{name}/reset-conference-id", tag = "users", request_body = Option<WithMail>,
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn reset_conference_id(
    on: OnUser,
    Maybe(wish): Maybe<WithMail>,
) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let conference_id = Some(ConferenceIdChange::Reset);
    let act = Act::Change(Change { conference_id, mail, ..Change::of(on.name.clone()) });
    on.does(&act).await
}

/// Send a user the coordinates by mail, without a PIN
#[utoipa::path(post, path = "/users/{name}/send-mail", tag = "users", request_body = Option<MailOptions>,
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn send_mail(on: OnUser, Maybe(wish): Maybe<MailOptions>) -> Result<Response, Problem> {
    let mail = Some(wish.unwrap_or_default().into());
    let act = Act::Change(Change { mail, ..Change::of(on.name.clone()) });
    on.does(&act).await
}

/// Refuse every PIN of a user, until it is unlocked
#[utoipa::path(post, path = "/users/{name}/lock", tag = "users",
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn lock(on: OnUser) -> Result<Response, Problem> {
    on.does(&Act::LockPin(on.name.clone())).await
}

/// Unlock a user's PIN entry, and forget all wrong PINs
#[utoipa::path(post, path = "/users/{name}/unlock", tag = "users",
    responses((status = 200, body = ActResult, description = "The result")))]
pub(super) async fn unlock(on: OnUser) -> Result<Response, Problem> {
    on.does(&Act::UnlockPin(on.name.clone())).await
}
