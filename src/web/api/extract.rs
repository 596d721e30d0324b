//! What a request brings, with a [`Problem`] for whatever is none.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::web::app::Shared;
use crate::web::problem::Problem;

/// The parts of the path.
pub(super) struct PathOf<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for PathOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        no_controls(parts.uri.path())?;
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(path)| Self(path)).map_err(|rejected| Problem::bad(rejected.body_text()))
    }
}

/// The parameters behind the path.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        no_controls(parts.uri.query().unwrap_or_default())?;
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|Query(query)| Self(query)).map_err(|rejected| Problem::bad(rejected.body_text()))
    }
}

/// Names and words have no control characters; a NUL is more than some databases take.
fn no_controls(encoded: &str) -> Result<(), Problem> {
    let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8();
    let fits = decoded.is_ok_and(|text| !text.chars().any(char::is_control));
    if fits { Ok(()) } else { Err(Problem::bad("the address is no UTF-8, or has control characters")) }
}

/// A body that must be there.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (json, bytes) = read(request, app).await?;
        parsed(json, &bytes).map(Self)
    }
}

/// A body that may be left out.
pub(super) struct Maybe<T>(pub(super) Option<T>);

impl<T: DeserializeOwned> FromRequest<Shared> for Maybe<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (json, bytes) = read(request, app).await?;
        if bytes.is_empty() { Ok(Self(None)) } else { parsed(json, &bytes).map(Self) }
    }
}

async fn read(request: Request, app: &Shared) -> Result<(bool, Bytes), Problem> {
    let json = is_json(request.headers());
    let bytes = Bytes::from_request(request, app).await.map_err(|rejected| {
        let status = rejected.status();
        let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "too-large" } else { "bad-request" };
        Problem::new(status, code, rejected.body_text())
    })?;
    Ok((json, bytes))
}

fn parsed<T: DeserializeOwned>(json: bool, bytes: &[u8]) -> Result<T, Problem> {
    if !json {
        let right = "send `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", right));
    }
    // What is wrong is told without what was sent, which may hold a PIN.
    serde_json::from_slice(bytes).map_err(|error| {
        let kind = if error.is_data() { "is not what this takes" } else { "is no JSON" };
        let (line, column) = (error.line(), error.column());
        Problem::bad(format!("the body {kind}, at line {line}, column {column}"))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
