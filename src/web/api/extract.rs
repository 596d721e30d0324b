//! Extracts the parts of a request, or returns a [`Problem`] that says what is wrong.

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
        let path = Path::<T>::from_request_parts(parts, app).await;
        // The only possible error in a path: all other parts are names.
        let wrong = |_| Problem::bad("a number in the path is not a number, or is too large");
        path.map(|Path(path)| Self(path)).map_err(wrong)
    }
}

/// The parameters behind the path.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|Query(query)| Self(query)).map_err(|rejected| wrong_query(&rejected.body_text()))
    }
}

/// Returns which parameter is wrong, and what was expected: of the parser's message only the name and the expectation.
fn wrong_query(text: &str) -> Problem {
    let own = text.split_once(": ").map_or(text, |(_, own)| own);
    let (name, own) = own.split_once(": ").unwrap_or(("a parameter", own));
    let expected = own.rsplit_once("expected ").or_else(|| own.rsplit_once("was not "));
    let right = expected.map_or("a whole number", |(_, right)| right);
    Problem::bad(format!("`{name}` is not valid; expected {right}"))
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
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let place = error.path().to_string();
        wrong(&place, &error.into_inner())
    })?;
    text.end().map_err(|error| wrong(WHOLE, &error))?;
    Ok(read)
}

/// The path of the whole body.
const WHOLE: &str = ".";

/// Returns the problem at a place, without what was sent, which may contain a PIN: of the parser's message only what it
/// expected, and which field is missing.
fn wrong(place: &str, error: &serde_json::Error) -> Problem {
    let place = if place == WHOLE { "the body".to_owned() } else { format!("`{place}`") };
    let kind = if error.is_data() { "is not valid" } else { "is not JSON" };
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let own = text.rsplit_once(" at line ").map_or(text.as_str(), |(own, _)| own);
    let right = match own.rsplit_once("expected ") {
        Some((_, expected)) => format!("; expected {expected}"),
        None if own.starts_with("missing field") => format!("; {own}"),
        None => String::new(),
    };
    Problem::bad(format!("{place} {kind}, at line {line}, column {column}{right}"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    struct Wish {
        #[expect(dead_code, reason = "it is only read")]
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Long,
        Short,
    }

    #[test]
    fn a_wrong_body_is_explained_without_quoting_it() {
        for (body, right) in [
            (r#"{"kind":"97531"}"#, "`kind` is not valid, at line 1, column 15; expected `long` or `short`"),
            (
                r#"{"kind":"expected 97531 "}"#,
                "`kind` is not valid, at line 1, column 25; expected `long` or `short`",
            ),
            (r#"{"kind":97531}"#, "`kind` is not JSON, at line 1, column 9; expected value"),
            (r#"{"kind":"long","pin":"97531"}"#, "`pin` is not valid, at line 1, column 20; expected `kind`"),
            ("{}", "the body is not valid, at line 1, column 2; missing field `kind`"),
            (r#"{"kind":"long"} 97531"#, "the body is not JSON, at line 1, column 17"),
        ] {
            let problem = parsed::<Wish>(true, body.as_bytes()).unwrap_err();
            let told = serde_json::to_value(&problem).unwrap()["detail"].clone();
            assert_eq!(told, right, "{body}");
            assert!(!told.to_string().contains("97531"));
        }
    }
}
