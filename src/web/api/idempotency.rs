//! The same request with the same key is carried out once.
//!
//! Kept in memory, for a day: a program that tries again after its network failed gets the first answer. Of an answer with a
//! PIN a copy without it is kept.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::bearer::Bearer;
use crate::web::answers::{ANSWERS_OF_ONE_MAX, Given, Known, Name, UnderWay};
use crate::web::app::Shared;
use crate::web::detached::run_detached;
use crate::web::guard::BODY_BYTES_MAX;
use crate::web::problem::Problem;

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// Bytes of an answer to a request that changes something.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The replacement for an answer that contains a secret.
#[derive(Clone, Debug)]
pub(super) struct RedactedBody(pub(super) Bytes);

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Carries out a request once, if it has a key.
pub(super) async fn once(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let key = match request.headers().get(KEY) {
        Some(key) if request.method() == Method::POST => key.clone(),
        Some(_) | None => return next.run(request).await,
    };
    let fits = key.to_str().is_ok_and(|key| {
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    if !fits {
        return Problem::bad("an Idempotency-Key has 1 to 255 printable characters and no blank")
            .into_response();
    }
    let (mut parts, body) = request.into_parts();
    // What was answered is for nobody whose token is good no longer.
    let account = match Bearer::from_request_parts(&mut parts, &app).await {
        Ok(Bearer(actor)) => actor.name,
        Err(unknown) => return unknown.into_response(),
    };
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let large = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large");
        return large.into_response();
    };
    let who = parts.headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    let name = hash(&[who, key.as_bytes()]);
    let asked = hash(&[parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &body]);
    match app.answers.begin(app.now(), &account, name, asked) {
        Known::New => {}
        Known::TooMany => {
            let (now, counter) = (app.bridge.clock.now(), app.answers.counter());
            counter.reached(now, ANSWERS_OF_ONE_MAX as u64, "a request with an Idempotency-Key was refused");
            let detail =
                "too many requests of this account with an Idempotency-Key are in progress; try again";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).into_response();
        }
        Known::UnderWay => {
            let detail = "the same request is already in progress";
            return Problem::new(StatusCode::CONFLICT, "under-way", detail).into_response();
        }
        Known::Other => {
            let detail = "this Idempotency-Key was used for another request";
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-used", detail).into_response();
        }
        Known::Given(given) => return again(given),
    }
    let request = Request::from_parts(parts, Body::from(body));
    // In a task of its own: anyone who tries again since the connection was lost gets this answer.
    let answering = run_detached(async move { remember(&app, account, name, next.run(request)).await });
    answering.await.unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Answers a request that is under way, and keeps the answer.
async fn remember(
    app: &Shared,
    account: String,
    name: Name,
    answer: impl Future<Output = Response>,
) -> Response {
    let under_way = UnderWay::new(&app.answers, account, name);
    let (parts, body) = answer.await.into_parts();
    let Ok(body) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // A client that is not known, or comes too early, may try again.
    let settled = parts.status.is_success()
        || parts.status.is_client_error() && parts.status != StatusCode::UNAUTHORIZED;
    let given = settled.then(|| Given {
        status: parts.status,
        kept_headers: kept_headers(&parts.headers),
        body: parts
            .extensions
            .get::<RedactedBody>()
            .map_or_else(|| body.clone(), |instead| instead.0.clone()),
    });
    under_way.end(given);
    Response::from_parts(parts, Body::from(body))
}

fn kept_headers(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let names = [header::CONTENT_TYPE, header::ETAG];
    names.into_iter().filter_map(|name| headers.get(&name).map(|value| (name, value.clone()))).collect()
}

fn again(given: Given) -> Response {
    let mut response = (given.status, given.body).into_response();
    let headers = response.headers_mut();
    for (name, value) in given.kept_headers {
        headers.insert(name, value);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
