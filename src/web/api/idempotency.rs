//! The same request with the same key is carried out once.
//!
//! Kept in memory, for a day: a program that tries again after its network failed gets the first answer. Of an answer with a
//! PIN a copy without it is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::bearer::Bearer;
use crate::web::apart::apart;
use crate::web::app::Shared;
use crate::web::guard::BODY_BYTES_MAX;
use crate::web::problem::Problem;

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest key, in characters.
const KEY_CHARS_MAX: usize = 255;

/// How long an answer is kept, in milliseconds: a day.
const KEPT_MS: i64 = 86_400_000;

/// Answers that are kept at once, of all accounts; the account with the most makes room with its oldest.
const ANSWERS_MAX: usize = 10_000;

/// Answers of one account that are kept at once, whichever of its tokens asked: one that sends without end pushes out its
/// own answers and nobody else's. Ten accounts can have that many.
const ANSWERS_OF_ONE_MAX: usize = 1_000;

/// Bytes of an answer to a request that changes something.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Names a request: who sends it, and the key.
type Name = [u8; 32];

/// What is kept in place of an answer that holds a secret.
#[derive(Clone, Debug)]
pub(super) struct Instead(pub(super) Bytes);

#[derive(Clone, Debug)]
struct Given {
    status: StatusCode,
    kept_headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

#[derive(Debug)]
struct Kept {
    at: i64,
    /// What was asked: the method, the address and the body.
    asked: [u8; 32],
    /// Nothing while it is carried out.
    given: Option<Given>,
}

/// Answers of one account.
type Answers = BTreeMap<Name, Kept>;

/// Answers that were given, by the account whose token asked.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<BTreeMap<String, Answers>>);

/// What is known of a request.
#[derive(Debug)]
enum Known {
    New,
    /// So many of this account are under way that none can be kept.
    TooMany,
    UnderWay,
    Other,
    Given(Given),
}

impl Remembered {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of it; if nothing is, it is under way from now on.
    fn begin(&self, now: i64, account: &str, name: Name, asked: [u8; 32]) -> Known {
        let mut all = self.kept();
        let own = all.get(account);
        if let Some(kept) = own.and_then(|own| own.get(&name)).filter(|kept| now - kept.at < KEPT_MS) {
            return match &kept.given {
                _ if kept.asked != asked => Known::Other,
                None => Known::UnderWay,
                Some(given) => Known::Given(given.clone()),
            };
        }
        let is_full =
            |all: &BTreeMap<String, Answers>| all.values().map(Answers::len).sum::<usize>() >= ANSWERS_MAX;
        let has_its_share = |all: &BTreeMap<String, Answers>| {
            all.get(account).is_some_and(|own| own.len() >= ANSWERS_OF_ONE_MAX)
        };
        if is_full(&all) || has_its_share(&all) {
            all.values_mut().for_each(|own| own.retain(|_, kept| now - kept.at < KEPT_MS));
            all.retain(|_, own| !own.is_empty());
        }
        let made_room = if has_its_share(&all) {
            all.get_mut(account).is_some_and(forget_oldest)
        } else if is_full(&all) {
            all.values_mut().max_by_key(|own| own.len()).is_some_and(forget_oldest)
        } else {
            true
        };
        if !made_room {
            return Known::TooMany;
        }
        let own = all.entry(account.to_owned()).or_default();
        own.insert(name, Kept { at: now, asked, given: None });
        Known::New
    }

    fn end(&self, account: &str, name: Name, given: Option<Given>) {
        let mut all = self.kept();
        let Some(own) = all.get_mut(account) else { return };
        match given {
            None => {
                own.remove(&name);
            }
            Some(given) => {
                if let Some(kept) = own.get_mut(&name) {
                    kept.given = Some(given);
                }
            }
        }
    }
}

/// Forgets the oldest answer; whether there was one. What is under way stays: forgotten, it could be carried out twice.
fn forget_oldest(own: &mut Answers) -> bool {
    let given = own.iter().filter(|(_, kept)| kept.given.is_some());
    let oldest = given.min_by_key(|(_, kept)| kept.at).map(|(name, _)| *name);
    oldest.is_some_and(|oldest| own.remove(&oldest).is_some())
}

/// Forgets a request whose handler panicked.
struct UnderWay<'a> {
    remembered: &'a Remembered,
    account: String,
    name: Name,
    ended: bool,
}

impl UnderWay<'_> {
    fn end(mut self, given: Option<Given>) {
        self.ended = true;
        self.remembered.end(&self.account, self.name, given);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.remembered.end(&self.account, self.name, None);
        }
    }
}

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
    match app.remembered.begin(app.now(), &account, name, asked) {
        Known::New => {}
        Known::TooMany => {
            let detail = "too many requests of this account with an Idempotency-Key are carried out right now; try again";
            return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).into_response();
        }
        Known::UnderWay => {
            let detail = "the same request is carried out right now";
            return Problem::new(StatusCode::CONFLICT, "under-way", detail).into_response();
        }
        Known::Other => {
            let detail = "another request came with this Idempotency-Key before";
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-used", detail).into_response();
        }
        Known::Given(given) => return again(given),
    }
    let request = Request::from_parts(parts, Body::from(body));
    // In a task of its own: whoever tries again since the connection was lost gets this answer.
    let answering = apart(async move { remember(&app, account, name, next.run(request)).await });
    answering.await.unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// Answers a request that is under way, and keeps the answer.
async fn remember(
    app: &Shared,
    account: String,
    name: Name,
    answer: impl Future<Output = Response>,
) -> Response {
    let under_way = UnderWay { remembered: &app.remembered, account, name, ended: false };
    let (parts, body) = answer.await.into_parts();
    let Ok(body) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // Who is not known, or comes too early, may try again.
    let settled = parts.status.is_success()
        || parts.status.is_client_error() && parts.status != StatusCode::UNAUTHORIZED;
    let given = settled.then(|| Given {
        status: parts.status,
        kept_headers: kept_headers(&parts.headers),
        body: parts.extensions.get::<Instead>().map_or_else(|| body.clone(), |instead| instead.0.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Name {
        hash(&[&number.to_be_bytes()])
    }

    fn answer() -> Given {
        Given { status: StatusCode::OK, kept_headers: Vec::new(), body: Bytes::new() }
    }

    /// Asks and is answered, each time a millisecond later.
    fn ask(remembered: &Remembered, account: &str, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let at = i64::try_from(number).unwrap();
            assert!(matches!(remembered.begin(at, account, name(number), [0; 32]), Known::New), "{number}");
            remembered.end(account, name(number), Some(answer()));
        }
    }

    fn knows(remembered: &Remembered, account: &str, number: usize) -> bool {
        remembered.kept().get(account).is_some_and(|own| own.contains_key(&name(number)))
    }

    #[test]
    fn one_account_pushes_out_its_own_answers_only() {
        let remembered = Remembered::default();
        ask(&remembered, "amos", 0..1);
        ask(&remembered, "script", 1..ANSWERS_MAX + 2);
        assert!(knows(&remembered, "amos", 0), "another account's answer");
        assert!(!knows(&remembered, "script", 1), "its own oldest");
        assert!(knows(&remembered, "script", ANSWERS_MAX + 1), "its own newest");
        assert_eq!(remembered.kept()["script"].len(), ANSWERS_OF_ONE_MAX);
    }

    #[test]
    fn many_accounts_take_room_from_those_with_the_most() {
        let remembered = Remembered::default();
        ask(&remembered, "amos", 0..1);
        for account in 0..=ANSWERS_MAX / ANSWERS_OF_ONE_MAX {
            ask(&remembered, &format!("script-{account}"), 0..ANSWERS_OF_ONE_MAX);
        }
        assert!(knows(&remembered, "amos", 0));
        assert_eq!(remembered.kept().values().map(Answers::len).sum::<usize>(), ANSWERS_MAX);
    }

    #[test]
    fn what_is_under_way_is_never_forgotten() {
        let remembered = Remembered::default();
        for number in 0..ANSWERS_OF_ONE_MAX {
            assert!(matches!(remembered.begin(0, "amos", name(number), [0; 32]), Known::New));
        }
        let more = remembered.begin(0, "amos", name(ANSWERS_OF_ONE_MAX), [0; 32]);
        assert!(matches!(more, Known::TooMany), "{more:?}");
        assert!(matches!(remembered.begin(0, "amos", name(0), [0; 32]), Known::UnderWay));
    }
}
