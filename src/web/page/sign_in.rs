//! Signing in and out, the password, and the language.

use askama::Template;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::explain::explain;
use super::extract::{COOKIE, PathOf, QueryOf, Reader, SECURE_COOKIE, fields};
use super::frame::{Frame, failed, failed_for, page, path_of, see};
use crate::admin::accounts::FIRST_ADMINISTRATOR;
use crate::admin::actor::Role;
use crate::store::Directory as _;
use crate::store::account::Password;
use crate::web::access::origin;
use crate::web::app::Shared;
use crate::web::cookie;
use crate::web::note::Note;
use crate::web::translation::{self, Translation};

/// A year, in seconds: for so long a browser keeps the language that was chosen.
const LANGUAGE_KEPT: u32 = 31_536_000;

#[derive(Template)]
#[template(path = "web/templates/sign_in.html")]
struct SignIn {
    frame: Frame,
    account: String,
    next: String,
    /// Whether nobody has changed the first password yet.
    first: bool,
}

#[derive(Deserialize)]
pub(crate) struct NextPage {
    #[serde(default)]
    next: String,
}

/// A path of this place; never another's. Browsers leave out tabs and line breaks, so that `/`, a tab and `/` are `//` to
/// them, and a header takes nothing but ASCII.
fn inside(path: &str) -> &str {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

async fn is_first(app: &Shared) -> bool {
    let admin = app.store().account(FIRST_ADMINISTRATOR).await;
    admin.is_ok_and(|admin| admin.is_some_and(|admin| admin.must_change))
}

/// `/sign-in`
pub(crate) async fn show(
    State(app): State<Shared>,
    reader: Reader,
    QueryOf(next): QueryOf<NextPage>,
) -> Response {
    if reader.session.is_some() {
        return see(inside(&next.next));
    }
    let frame = Frame::of(reader.t, None, ("", reader.t.sign_in), path_of(&reader.uri));
    let first = is_first(&app).await;
    page(StatusCode::OK, &SignIn { frame, account: String::new(), next: next.next, first })
}

/// The page once more, with what was wrong.
async fn again(
    app: &Shared,
    t: &'static Translation,
    (account, next): (&str, &str),
    (status, note): (StatusCode, String),
) -> Response {
    let frame = Frame::of(t, None, ("", t.sign_in), "/sign-in".to_owned());
    let frame = frame.with(Some(Note::bad(note)));
    let (account, next, first) = (account.to_owned(), next.to_owned(), is_first(app).await);
    page(status, &SignIn { frame, account, next, first })
}

/// Somebody signs in.
pub(crate) async fn sign_in(State(app): State<Shared>, request: Request) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let reader = Reader::from_request_parts(&mut parts, &app).await?;
    let t = reader.t;
    let fields = fields(Request::from_parts(parts, body), &app, t).await?;
    let (account, next) = (fields.raw("account").trim().to_owned(), fields.raw("next").to_owned());
    let again = |status, note: String| again(&app, t, (&account, &next), (status, note));
    if !app.access.limits.allow(app.bridge.clock.now(), reader.address, &account) {
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, t.too_many.to_owned()).await);
    }
    let password = Password::typed(fields.raw("password").to_owned());
    let origin = origin("page", reader.address);
    let signed = app.administration.sign_in_by_password(app.now(), &account, &password, &origin).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(refusal) => return Ok(again(StatusCode::SERVICE_UNAVAILABLE, explain(t, &refusal)).await),
    };
    let Some((actor, record)) = signed else {
        return Ok(again(StatusCode::UNAUTHORIZED, t.wrong_sign_in.to_owned()).await);
    };
    app.access.limits.signed_in(reader.address, &account);
    if let Some(before) = &reader.session {
        app.access.sessions.end(before);
    }
    let to = if record.must_change { "/password" } else { inside(&next) };
    let name = app.access.sessions.begin(app.now(), actor, &record);
    Ok(with_session(&app, see(to), &name, None))
}

fn with_session(app: &Shared, mut response: Response, name: &str, max_age: Option<u32>) -> Response {
    let cookie_name = if app.access.secure { SECURE_COOKIE } else { COOKIE };
    let value = cookie::set(cookie_name, name, app.access.secure, max_age);
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}

/// Somebody signs out.
pub(crate) async fn sign_out(State(app): State<Shared>, request: Request) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let reader = Reader::from_request_parts(&mut parts, &app).await?;
    let Some(session) = reader.session else { return Ok(see("/sign-in")) };
    let fields = fields(Request::from_parts(parts, body), &app, reader.t).await?;
    if !session.has_token(fields.raw("csrf")) {
        return Err(failed(reader.t, StatusCode::FORBIDDEN, reader.t.forged));
    }
    app.access.sessions.end(&session);
    Ok(with_session(&app, see("/sign-in"), "", Some(0)))
}

#[derive(Template)]
#[template(path = "web/templates/password.html")]
struct ChangePassword {
    frame: Frame,
    must_change: bool,
    account: String,
    csrf: String,
}

fn password_page(reader: &Reader, status: StatusCode, note: Option<Note>) -> Response {
    let Some(session) = &reader.session else { return see("/sign-in?next=%2Fpassword") };
    let at = path_of(&reader.uri);
    let frame = Frame::of(reader.t, Some(session), ("", reader.t.change_password), at).with(note);
    let (account, csrf) = (session.actor.name.clone(), session.csrf.clone());
    page(status, &ChangePassword { frame, must_change: session.must_change, account, csrf })
}

/// `/password`
pub(crate) async fn password(reader: Reader) -> Response {
    password_page(&reader, StatusCode::OK, None)
}

/// Somebody changes their password: every session of theirs ends, and a new one begins.
pub(crate) async fn change_password(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Response> {
    let (mut parts, body) = request.into_parts();
    let reader = Reader::from_request_parts(&mut parts, &app).await?;
    let Some(session) = reader.session.clone() else { return Ok(see("/sign-in?next=%2Fpassword")) };
    let t = reader.t;
    let fields = fields(Request::from_parts(parts, body), &app, t).await?;
    if !session.has_token(fields.raw("csrf")) {
        return Err(failed_for(t, Some(&session), StatusCode::FORBIDDEN, t.forged));
    }
    let again = |status, note: &str| password_page(&reader, status, Some(Note::bad(note)));
    if !app.access.limits.allow(app.bridge.clock.now(), reader.address, &session.actor.name) {
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, t.too_many));
    }
    if fields.raw("new") != fields.raw("again") {
        return Ok(again(StatusCode::BAD_REQUEST, t.not_the_same));
    }
    let [before, new] = ["before", "new"].map(|name| Password::typed(fields.raw(name).to_owned()));
    let changed = app.administration.change_password(app.now(), &session.actor, &before, &new).await;
    match changed {
        Err(refusal) => Ok(again(StatusCode::BAD_REQUEST, &explain(t, &refusal))),
        Ok(account) => {
            app.access.sessions.end_all_of(&session.actor.name);
            let name = app.access.sessions.begin(app.now(), session.actor.clone(), &account);
            let begun = app.access.sessions.of(app.now(), &name);
            let to = if session.actor.role == Role::Administrator { "/users" } else { "/me" };
            if let Some(session) = begun {
                app.access.sessions.leave_note(&session, to, Note::good(t.password_changed));
            }
            Ok(with_session(&app, see(to), &name, None))
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// Somebody chooses a language.
pub(crate) async fn language(
    State(app): State<Shared>,
    PathOf(tag): PathOf<String>,
    QueryOf(back): QueryOf<Back>,
    headers: HeaderMap,
) -> Response {
    let known = [&translation::EN, &translation::DE].into_iter().find(|words| words.tag == tag);
    let tag = known.unwrap_or_else(|| translation::of(&headers)).tag;
    let mut response = see(inside(&back.back));
    let value = cookie::set(translation::COOKIE, tag, app.access.secure, Some(LANGUAGE_KEPT));
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn nobody_is_sent_to_another_place() {
        assert_eq!(inside("/users?q=a"), "/users?q=a");
        for outside in [
            "",
            "users",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nb",
            "/\t/evil.example",
            "/\0",
            "/ä",
        ] {
            assert_eq!(inside(outside), "/", "{outside}");
        }
    }
}
