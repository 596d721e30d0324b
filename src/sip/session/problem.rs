//! Why a request is refused.

use crate::sip::dialog::OutOfDialog;
use crate::sip::message::{HeaderError, HeaderName, Request, Response};
use crate::sip::offer::OfferError;

use super::RETRY_AFTER;

/// A error: its status code, and the field that says more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Problem {
    pub(super) code: u16,
    field: Option<(HeaderName, String)>,
}

impl Problem {
    pub(super) const fn new(code: u16) -> Self {
        Self { code, field: None }
    }

    pub(super) fn with(code: u16, name: HeaderName, value: impl Into<String>) -> Self {
        Self { code, field: Some((name, value.into())) }
    }

    /// Not now: try again a little later (RFC 3261 sections 14.2 and 21.5.1).
    pub(super) fn later() -> Self {
        Self::with(500, HeaderName::RetryAfter, RETRY_AFTER.as_secs().to_string())
    }

    /// The response that says so.
    pub(super) fn respond(&self, request: &Request, tag: &str) -> Response {
        let mut response = request.respond(self.code, tag);
        if let Some((name, value)) = &self.field {
            response.headers.push(name.clone(), value);
        }
        response
    }
}

impl From<HeaderError> for Problem {
    fn from(_: HeaderError) -> Self {
        Self::new(400)
    }
}

impl From<OutOfDialog> for Problem {
    fn from(why: OutOfDialog) -> Self {
        Self::new(why.status())
    }
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        // The agent is a name of no host (RFC 3261 section 20.43): ours would say too much.
        let warning = format!("{} attendant \"{error}\"", error.warn_code());
        Self::with(error.status(), HeaderName::Warning, warning)
    }
}

/// The offer or answer in a request; `None` if it has no body.
pub(super) fn description(request: &Request) -> Option<&[u8]> {
    (!request.body.is_empty()).then_some(&*request.body)
}
