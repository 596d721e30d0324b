//! Why a request was not carried out, as RFC 9457 has it for programs: `application/problem+json`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::refusal::Refusal;
use crate::store::StoreError;
use crate::store::pin_hash::HashError;

/// The problem.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub(crate) status: u16,
    /// The problem in one word that does not change: `unknown-user`, `changed`.
    pub(crate) code: &'static str,
    /// The meaning of the status.
    pub(crate) title: &'static str,
    /// The problem in this case, and what was expected.
    pub(crate) detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Self { status: status.as_u16(), code, title, detail: detail.into() }
    }

    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    pub(crate) fn unknown(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use StatusCode as S;
        let (status, code) = match &refusal {
            Refusal::Forbidden(_) => (S::FORBIDDEN, "forbidden"),
            Refusal::UnknownUser(_) => (S::NOT_FOUND, "unknown-user"),
            Refusal::UnknownToken(_) => (S::NOT_FOUND, "unknown-token"),
            Refusal::UnknownAccount(_) => (S::NOT_FOUND, "unknown-account"),
            Refusal::UnknownNumber(..) => (S::NOT_FOUND, "unknown-number"),
            Refusal::Changed => (S::PRECONDITION_FAILED, "changed"),
            Refusal::NotEnabled(_) => (S::CONFLICT, "not-enabled"),
            Refusal::NotAdministrators(_) => (S::CONFLICT, "not-administrators"),
            Refusal::LastAdministrator(_) => (S::CONFLICT, "last-administrator"),
            Refusal::ConferenceIdTaken(_) => (S::CONFLICT, "conference-id-taken"),
            Refusal::PinInside(_) => (S::CONFLICT, "pin-inside"),
            Refusal::NoFreeConferenceId => (S::CONFLICT, "no-free-conference-id"),
            Refusal::NumberThere(_) => (S::CONFLICT, "number-there"),
            Refusal::NumberInUse(..) => (S::CONFLICT, "number-in-use"),
            Refusal::WrongKindOfNumber { .. } => (S::CONFLICT, "wrong-kind-of-number"),
            Refusal::AmbiguousUser(..) | Refusal::BadName(_) => (S::BAD_REQUEST, "bad-name"),
            Refusal::BadAddress(_) => (S::BAD_REQUEST, "bad-address"),
            Refusal::BadText(_) => (S::BAD_REQUEST, "bad-text"),
            Refusal::BadPassword(_) => (S::BAD_REQUEST, "bad-password"),
            Refusal::BadConferenceId => (S::BAD_REQUEST, "bad-conference-id"),
            Refusal::BadNumber(_) => (S::BAD_REQUEST, "bad-number"),
            Refusal::BadLanguages => (S::BAD_REQUEST, "bad-languages"),
            Refusal::Setting(..) => (S::BAD_REQUEST, "bad-setting"),
            Refusal::SenderIncomplete => (S::BAD_REQUEST, "sender-incomplete"),
            Refusal::File(..) => (S::BAD_REQUEST, "bad-file"),
            Refusal::Store(StoreError::Stale | StoreError::ConferenceIdTaken) => (S::CONFLICT, "changed"),
            Refusal::Hash(HashError::Busy) => (S::SERVICE_UNAVAILABLE, "busy"),
            Refusal::Hash(HashError::Key(_) | HashError::NoHash | HashError::Ending)
            | Refusal::Store(StoreError::Unavailable(_)) => {
                // What a store says is for its administrators' log, not for the network; and the directory itself says once
                // that it does not answer.
                tracing::debug!(target: "attendant::web", error = %refusal, "a request was not carried out");
                let unavailable = "the directory does not answer; try again later";
                return Self::new(S::SERVICE_UNAVAILABLE, "unavailable", unavailable);
            }
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                let how = HeaderValue::from_static("Bearer realm=\"attendant\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            }
            _ => {}
        }
        response
    }
}
