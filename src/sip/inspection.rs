//! What every request is asked before its method does anything (RFC 3261 section 8.2): the same for all calls, and answered
//! without any.

use std::fmt::Write as _;

use super::guard::stateless_tag;
use super::message::{HeaderName, Method, Request, Response};

/// The methods that are understood here, as Allow lists them (RFC 3261 section 20.5).
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO";
/// The extensions that are understood here, as Supported lists them (RFC 3262, RFC 4028).
pub const SUPPORTED: &str = "100rel, timer";
/// The one type of session description (RFC 3264), as Accept lists it.
pub const ACCEPT: &str = "application/sdp";

/// Returns the refusal of a request that nothing here could serve; nothing if it may go on. An ACK is never refused.
///
/// In the order of RFC 3261 section 8.2: 501 or 405 for the method, 416 for the scheme of the Request-URI, 420 for a required
/// extension, 415 for a body that is encoded or not of a known type, 406 for an INVITE whose sender takes no session
/// description.
#[must_use]
pub fn inspect(request: &Request) -> Option<Response> {
    if request.method == Method::Ack {
        return None;
    }
    let refuse = |code, name: HeaderName, value: &str| {
        let mut response = request.respond(code, &stateless_tag(&request.headers));
        response.headers.push(name, value);
        Some(response)
    };
    if matches!(request.method, Method::Extension(_)) {
        return refuse(501, HeaderName::Allow, ALLOW);
    }
    if request.method == Method::Register {
        return refuse(405, HeaderName::Allow, ALLOW);
    }
    if !request.uri.is_sip() && !request.uri.is_tel() {
        return Some(request.respond(416, &stateless_tag(&request.headers)));
    }
    // A CANCEL is not to be refused for that (RFC 3261 section 8.2.2.3).
    if request.method == Method::Cancel {
        return None;
    }
    let unsupported = unsupported(request);
    if !unsupported.is_empty() {
        return refuse(420, HeaderName::Unsupported, &unsupported);
    }
    let is_encoded = request.headers.list(&HeaderName::ContentEncoding).any(|coding| coding != "identity");
    if is_encoded && !request.body.is_empty() {
        return refuse(415, HeaderName::AcceptEncoding, "identity");
    }
    if carries_offers(&request.method) {
        let is_sdp = request.headers.media_type().as_deref() == Some(ACCEPT);
        if !request.body.is_empty() && !is_sdp {
            return refuse(415, HeaderName::Accept, ACCEPT);
        }
        if !accepts_sdp(request) {
            return Some(request.respond(406, &stateless_tag(&request.headers)));
        }
    }
    None
}

/// The required extensions that are not understood here, as a list.
fn unsupported(request: &Request) -> String {
    let mut list = String::new();
    for option in request.headers.list(&HeaderName::Require) {
        if !SUPPORTED.split(", ").any(|known| known.eq_ignore_ascii_case(option)) {
            let comma = if list.is_empty() { "" } else { ", " };
            let _infallible = write!(list, "{comma}{option}");
        }
    }
    list
}

/// Whether a method's body is a session description (RFC 3264, RFC 3262 section 5, RFC 3311).
fn carries_offers(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Update | Method::Prack)
}

/// Whether the sender takes a session description back; without Accept it does (RFC 3261 section 20.1).
fn accepts_sdp(request: &Request) -> bool {
    let mut ranges = request.headers.list(&HeaderName::Accept).peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            let range =
                range.split_once(';').map_or(range, |(range, _)| range).trim_ascii().to_ascii_lowercase();
            matches!(&*range, "*/*" | "application/*" | ACCEPT)
        })
}

#[cfg(test)]
mod tests;
