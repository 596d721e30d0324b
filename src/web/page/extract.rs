//! Extracts what handlers of pages need: who sends the request, so that nobody reaches one without the right, and what
//! the address and the form ask for.

use std::net::{IpAddr, Ipv4Addr};

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::forms::Fields;
use super::frame::{Frame, failed, failed_for, path_of, see};
use crate::web::access::origin;
use crate::web::app::Shared;
use crate::web::client;
use crate::web::cookie;
use crate::web::note::Note;
use crate::web::session::Session;
use crate::web::translation::{self, Translation};

/// The cookie that names the session.
pub(crate) const COOKIE: &str = "session";

/// The same over encrypted connections: browsers take it from this host only (RFC 6265bis, 4.1.3.2).
pub(crate) const SECURE_COOKIE: &str = "__Host-session";

/// Somebody who reads a page, signed in or not.
pub(crate) struct Reader {
    pub(crate) t: &'static Translation,
    pub(crate) uri: Uri,
    pub(crate) address: IpAddr,
    pub(crate) session: Option<Session>,
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let t = translation::of(&parts.headers);
        let uri = parts.uri.clone();
        let address = client::address(parts, app.access.proxy).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let name = cookie::get(&parts.headers, if app.access.secure { SECURE_COOKIE } else { COOKIE });
        let session = name.and_then(|name| app.access.sessions.of(app.now(), &name));
        let session = match session {
            None => None,
            Some(session) => of_an_account(app, t, session).await?,
        };
        let session = session.map(|mut session| {
            session.actor.origin = origin("page", address);
            session
        });
        Ok(Self { t, uri, address, session })
    }
}

/// The session, if its account is still what it was.
async fn of_an_account(
    app: &Shared,
    t: &'static Translation,
    session: Session,
) -> Result<Option<Session>, Response> {
    let unavailable = |_| failed(t, StatusCode::SERVICE_UNAVAILABLE, t.store_unavailable);
    let account = app.administration.account(&session.actor.name).await.map_err(unavailable)?;
    let same = account.is_some_and(|account| session.is_of(&account));
    if !same {
        app.access.sessions.end(&session);
    }
    Ok(same.then_some(session))
}

/// Somebody who is signed in, with a password of their own.
pub(crate) struct Signed {
    pub(crate) t: &'static Translation,
    pub(crate) session: Session,
    /// Where the page is found again; nothing while a form is answered.
    path: Option<String>,
    note: Option<Note>,
}

impl Signed {
    /// The frame of a page for them.
    pub(crate) fn frame(&self, here: &'static str, title: &str) -> Frame {
        let path = self.path.clone().unwrap_or_else(|| format!("/{here}"));
        Frame::of(self.t, Some(&self.session), (here, title), path).with(self.note.clone())
    }

    /// The same, of a page that is found at this path.
    pub(crate) fn frame_at(&self, here: &'static str, title: &str, path: &str) -> Frame {
        let frame = self.frame(here, title);
        if self.path.is_none() { frame.at(path.to_owned()) } else { frame }
    }

    /// Sends them on, with something to be said there.
    pub(crate) fn sent(&self, app: &Shared, path: &str, note: Note) -> Response {
        app.access.sessions.leave_note(&self.session, path.split('?').next().unwrap_or_default(), note);
        see(path)
    }

    /// A page that only says what is wrong.
    pub(crate) fn failed(&self, status: StatusCode, detail: &str) -> Response {
        failed_for(self.t, Some(&self.session), status, detail)
    }
}

impl FromRequestParts<Shared> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let method = parts.method.clone();
        let Reader { t, uri, session, .. } = Reader::from_request_parts(parts, app).await?;
        match session {
            Some(session) if session.must_change => Err(see("/password")),
            Some(session) => {
                let path = (method == Method::GET).then(|| path_of(&uri));
                let note =
                    path.is_some().then(|| app.access.sessions.take_note(&session, uri.path())).flatten();
                Ok(Self { t, session, path, note })
            }
            None if method == Method::GET => {
                let path = path_of(&uri);
                let next = utf8_percent_encode(&path, NON_ALPHANUMERIC);
                Err(see(&format!("/sign-in?next={next}")))
            }
            None => Err(failed(t, StatusCode::UNAUTHORIZED, t.forged)),
        }
    }
}

/// An administrator who reads a page.
pub(crate) struct Admin(pub(crate) Signed);

impl FromRequestParts<Shared> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let signed = Signed::from_request_parts(parts, app).await?;
        if signed.session.is_administrator() {
            return Ok(Self(signed));
        }
        let _written_down = app.refuse(&signed.session.actor, parts).await;
        Err(signed.failed(StatusCode::FORBIDDEN, signed.t.forbidden))
    }
}

/// A form that an administrator sends, from a page of their session.
pub(crate) struct AdminForm {
    pub(crate) by: Signed,
    pub(crate) fields: Fields,
}

impl FromRequest<Shared> for AdminForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Admin(by) = Admin::from_request_parts(&mut parts, app).await?;
        let fields = fields(Request::from_parts(parts, body), app, by.t).await?;
        if !by.session.has_token(fields.raw("csrf")) {
            return Err(by.failed(StatusCode::FORBIDDEN, by.t.forged));
        }
        Ok(Self { by, fields })
    }
}

/// The parts of the path.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for PathOf<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(path)) => Ok(Self(path)),
            Err(_) => Err(no_page(parts, app).await),
        }
    }
}

/// The parameters behind the path.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for QueryOf<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        match Query::from_request_parts(parts, app).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(_) => Err(no_page(parts, app).await),
        }
    }
}

/// The page that says that there is no such page.
pub(crate) fn nothing_here(reader: Reader) -> Response {
    let Reader { t, session, .. } = reader;
    failed_for(t, session.as_ref(), StatusCode::NOT_FOUND, t.not_found)
}

async fn no_page(parts: &mut Parts, app: &Shared) -> Response {
    match Reader::from_request_parts(parts, app).await {
        Ok(reader) => nothing_here(reader),
        Err(refused) => refused,
    }
}

/// Returns the fields of a form, whether or not its sender is signed in.
pub(crate) async fn fields(
    request: Request,
    app: &Shared,
    t: &'static Translation,
) -> Result<Fields, Response> {
    let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
    let Form(pairs) = form.map_err(|rejected| failed(t, rejected.status(), t.wrong))?;
    Ok(Fields::new(pairs))
}
