//! Who reads the figures.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::web::api::bearer::{Administrator, token};
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// Who reads the figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    /// Anybody: sees calls. What is told of PINs is told to operators only: a caller who sees it could tell a locked PIN entry
    /// from a wrong PIN.
    Anybody,
    /// With the scrape token, or an administrator's.
    Operator,
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let expected = app.access.scrape_token.as_ref();
        match (token(&parts.headers), expected) {
            (None, None) => Ok(Self::Anybody),
            (None, Some(_)) => {
                let right =
                    "send `Authorization: Bearer TOKEN` with web.scrape_token, or an administrator's token";
                Err(Problem::new(StatusCode::UNAUTHORIZED, "no-token", right))
            }
            (Some(given), Some(expected)) if same(given, expected.reveal()) => Ok(Self::Operator),
            (Some(_), _) => match Administrator::from_request_parts(parts, app).await {
                Ok(_) => Ok(Self::Operator),
                Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => {
                    let right = "it is neither web.scrape_token nor a valid token of an administrator";
                    Err(Problem::new(StatusCode::UNAUTHORIZED, "bad-token", right))
                }
                Err(problem) => Err(problem),
            },
        }
    }
}

/// Compared in the same time however much of it is right, and however long it is.
fn same(given: &str, expected: &str) -> bool {
    Sha256::digest(given).ct_eq(&Sha256::digest(expected)).into()
}
