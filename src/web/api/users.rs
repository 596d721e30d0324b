//! `/users`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::bearer::{Administrator, Bearer};
use super::bodies::{Became, MailWish, OneUser, Tongue, User, Users, WithMail};
use super::etag::{is_for_state, tag_of_user};
use super::extract::{Body, Maybe, PathOf, QueryOf};
use super::idempotency::Instead;
use crate::admin::act::{Act, Change, ConferenceIdChange, Description, Enable, Listing, UserName};
use crate::admin::administration::{Actor, Seen};
use crate::admin::answer::{Answer, Done};
use crate::admin::refusal::Refusal;
use crate::control::call::Digits;
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// Users on a page, if nobody says how many.
const PAGE: u32 = 100;

/// The most on a page.
const PAGE_MAX: u32 = 1_000;

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Each word begins a word of the name or display name, or the conference ID
    #[param(max_length = 200)]
    search: Option<String>,
    /// Only those whose names come after this one: `next` of the page before
    #[param(max_length = 256)]
    after: Option<String>,
    /// At most so many
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// How many are on a page.
pub(super) fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    let wanted = wanted.unwrap_or(PAGE);
    let fits = (1..=PAGE_MAX).contains(&wanted);
    if fits { Ok(wanted) } else { Err(Problem::bad("a page has 1 to 1000 of them")) }
}

/// List and search users
#[utoipa::path(get, path = "/users", tag = "users", params(Which), responses((status = 200, body = Users, description = "A page of users")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Bearer(actor): Bearer,
    QueryOf(which): QueryOf<Which>,
) -> Result<Json<Users>, Problem> {
    let limit = limit(which.limit)?;
    let listing = Listing {
        limit: Some(limit + 1),
        search: which.search.unwrap_or_default(),
        after: which.after.unwrap_or_default(),
        ..Listing::default()
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
#[utoipa::path(get, path = "/users/{name}", tag = "users", params(("name" = String, Path, description = "The user principal name")),
    responses((status = 200, body = OneUser, description = "The user", headers(("etag" = String, description = "Names this state, for `If-Match`")))))]
pub(super) async fn show(
    State(app): State<Shared>,
    Bearer(actor): Bearer,
    PathOf(name): PathOf<String>,
) -> Result<Response, Problem> {
    let (user, pin) = app.user(&actor, &name).await?;
    let one = OneUser { user: (&user).into(), pin_entry: pin.as_ref().map(Into::into) };
    Ok(([(header::ETAG, tag_of_user(&user))], Json(one)).into_response())
}

/// What is to be other than it is; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeWish {
    /// 1 to 12 digits
    conference_id: Option<String>,
    /// Whether their meetings start without a PIN
    allow_anonymous_start: Option<bool>,
    /// A toll service number
    number: Option<String>,
    /// A toll-free service number
    toll_free_number: Option<String>,
    allow_toll_free: Option<bool>,
    display_name: Option<String>,
    /// The primary address; empty for none
    address: Option<String>,
    /// The user's own telephone, which no PIN may be part of
    phone: Option<String>,
    language: Option<Tongue>,
    /// A mail that is asked for
    mail: Option<MailWish>,
}

impl ChangeWish {
    fn describe(&self, user: &UserName) -> Option<Act> {
        let Self { display_name, address, phone, language, .. } = self.clone();
        let said = display_name.is_some() || address.is_some() || phone.is_some() || language.is_some();
        let language = language.map(Into::into);
        said.then(|| {
            Act::Describe(Description { user: user.clone(), display_name, mail: address, phone, language })
        })
    }

    fn change(self, user: UserName) -> Result<Option<Act>, Problem> {
        let change = Change {
            reset_pin: false,
            conference_id: self
                .conference_id
                .as_deref()
                .map(digits)
                .transpose()?
                .map(ConferenceIdChange::Set),
            allow_anonymous_start: self.allow_anonymous_start,
            number: self.number,
            toll_free_number: self.toll_free_number,
            allow_toll_free: self.allow_toll_free,
            mail: self.mail.map(Into::into),
            user: user.clone(),
        };
        Ok((change != Change::of(user)).then_some(Act::Change(change)))
    }
}

fn digits(text: &str) -> Result<Digits, Problem> {
    Digits::from_symbols(text).ok_or_else(|| Refusal::BadConferenceId.into())
}

/// What was seen, if the request is for it only.
async fn seen(app: &Shared, actor: &Actor, headers: &HeaderMap, name: &str) -> Result<Option<Seen>, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let (user, _) = app.user(actor, name).await?;
    Ok(is_for_state(headers, &tag_of_user(&user))?.then_some(Seen::User(user)))
}

/// An answer with the state that is reached. A PIN is in it once.
fn answered(done: Done) -> Response {
    let tag = done.user.as_ref().map(tag_of_user);
    let became = Became::from(done);
    let instead = became.masked();
    let mut response = Json(became).into_response();
    if let Some(tag) = tag.and_then(|tag| tag.parse().ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if let Some(Ok(instead)) = instead.map(|instead| serde_json::to_vec(&instead)) {
        response.extensions_mut().insert(Instead(instead.into()));
    }
    response
}

async fn done(
    app: &Shared,
    actor: &Actor,
    (headers, name): (&HeaderMap, &str),
    act: &Act,
) -> Result<Response, Problem> {
    let seen = seen(app, actor, headers, name).await?;
    Ok(answered(app.change(actor, act, seen.as_ref()).await?))
}

/// Change a user
#[utoipa::path(patch, path = "/users/{name}", tag = "users", request_body = ChangeWish,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn change(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Body(wish): Body<ChangeWish>,
) -> Result<Response, Problem> {
    let user = UserName(name.clone());
    // One who is not there is not added by a change.
    let (before, _) = app.user(&actor, &name).await?;
    let mut seen = is_for_state(&headers, &tag_of_user(&before))?.then(|| Seen::User(before.clone()));
    let acts = [wish.describe(&user), wish.change(user)?];
    let mut became = Done { user: Some(before), ..Done::default() };
    for act in acts.into_iter().flatten() {
        let done = app.change(&actor, &act, seen.as_ref()).await?;
        seen = seen.and_then(|_| done.user.clone().map(Seen::User));
        became.changed |= done.changed;
        became.user = done.user;
        became.mailed_to.extend(done.mailed_to);
        became.remarks.extend(done.remarks);
    }
    Ok(answered(became))
}

/// How a user is enabled.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnableWish {
    /// 1 to 12 digits; a free one is drawn if there is none
    conference_id: Option<String>,
    /// A toll service number; the first if there is none
    number: Option<String>,
    /// A toll-free service number
    toll_free_number: Option<String>,
    /// The tenant's default if not said
    allow_anonymous_start: Option<bool>,
    allow_toll_free: Option<bool>,
    /// A mail that is asked for
    mail: Option<MailWish>,
}

/// Enable a user: conference ID, PIN, mail; one who is not there is added
#[utoipa::path(post, path = "/users/{name}/enable", tag = "users", request_body = Option<EnableWish>,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn enable(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Maybe(wish): Maybe<EnableWish>,
) -> Result<Response, Problem> {
    let wish = wish.unwrap_or_default();
    let act = Act::Enable(Enable {
        user: UserName(name.clone()),
        conference_id: wish.conference_id.as_deref().map(digits).transpose()?,
        number: wish.number,
        toll_free_number: wish.toll_free_number,
        allow_anonymous_start: wish.allow_anonymous_start,
        allow_toll_free: wish.allow_toll_free,
        mail: wish.mail.map(Into::into),
    });
    done(&app, &actor, (&headers, &name), &act).await
}

/// Disable a user: the conference ID is released
#[utoipa::path(post, path = "/users/{name}/disable", tag = "users", request_body = Option<WithMail>,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn disable(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Maybe(wish): Maybe<WithMail>,
) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let act = Act::Disable { user: UserName(name.clone()), mail };
    done(&app, &actor, (&headers, &name), &act).await
}

/// Give a user a new PIN, in this answer only
#[utoipa::path(post, path = "/users/{name}/reset-pin", tag = "users", request_body = Option<WithMail>,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "The PIN, and what was mailed to whom")))]
pub(super) async fn reset_pin(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Maybe(wish): Maybe<WithMail>,
) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let act = Act::Change(Change { reset_pin: true, mail, ..Change::of(UserName(name.clone())) });
    done(&app, &actor, (&headers, &name), &act).await
}

/// Give a user a new conference ID
#[utoipa::path(post, path = "/users/{name}/reset-conference-id", tag = "users", request_body = Option<WithMail>,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn reset_conference_id(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Maybe(wish): Maybe<WithMail>,
) -> Result<Response, Problem> {
    let mail = wish.unwrap_or_default().mail.map(Into::into);
    let conference_id = Some(ConferenceIdChange::Reset);
    let act = Act::Change(Change { conference_id, mail, ..Change::of(UserName(name.clone())) });
    done(&app, &actor, (&headers, &name), &act).await
}

/// Send a user the coordinates by mail, without a PIN
#[utoipa::path(post, path = "/users/{name}/send-mail", tag = "users", request_body = Option<MailWish>,
    params(("name" = String, Path, description = "The user principal name"), ("If-Match" = Option<String>, Header, description = "Only if this is the state")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn send_mail(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Maybe(wish): Maybe<MailWish>,
) -> Result<Response, Problem> {
    let mail = Some(wish.unwrap_or_default().into());
    let act = Act::Change(Change { mail, ..Change::of(UserName(name.clone())) });
    done(&app, &actor, (&headers, &name), &act).await
}

/// Refuse every PIN of a user, until it is unlocked
#[utoipa::path(post, path = "/users/{name}/lock", tag = "users", params(("name" = String, Path, description = "The user principal name")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn lock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    done(&app, &actor, (&headers, &name), &Act::LockPin(UserName(name.clone()))).await
}

/// Unlock a user's PIN entry, and forget all wrong PINs
#[utoipa::path(post, path = "/users/{name}/unlock", tag = "users", params(("name" = String, Path, description = "The user principal name")),
    responses((status = 200, body = Became, description = "What became of it")))]
pub(super) async fn unlock(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    done(&app, &actor, (&headers, &name), &Act::UnlockPin(UserName(name.clone()))).await
}
