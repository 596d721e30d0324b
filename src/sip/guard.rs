//! The first look at what comes in: whether it is a message that may go further, can be answered at once, or is nothing.
//! Whatever it lets pass has a well-formed Via, From, To, Call-ID and CSeq, so that nobody behind it has to ask again.

use std::net::SocketAddr;

use bytes::Bytes;

use super::message::{
    Defect, Head, HeaderError, HeaderName, Headers, Malformed, Message, Method, NameAddr, Request, Response,
    Via, head_end, reason_phrase,
};
use super::refusal::Refusal;

/// The longest datagram there is, in bytes.
pub const MESSAGE_MAX: usize = 65_535;
/// The longest start line and header fields together, in bytes. The longest of RFC 4475 has 3,400.
pub const HEAD_MAX: usize = 16 * 1024;
/// The most header fields.
pub const HEADERS_MAX: usize = 128;
/// The most Vias: as many as Max-Forwards lets a request collect (RFC 3261 section 8.1.1.6).
pub const VIAS_MAX: usize = 70;
/// The longest body, in bytes. An offer of eight media lines has 3,000.
pub const BODY_MAX: usize = 8 * 1024;

/// What to do with what came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Goes on to its transaction. The topmost Via of a request says where it came from.
    Pass(Box<Message>),
    /// Is answered without any state (RFC 3261 section 8.2.7), to where it came from.
    Answer(Refusal, Box<Response>),
    /// Is neither answered nor heard.
    Drop(Refusal),
    /// Kept a NAT's binding alive, no more.
    KeepAlive,
}

/// Judges a datagram: one message, or none. What stands behind the length that it names is ignored (RFC 3261 section 18.3).
#[must_use]
pub fn datagram(bytes: &[u8], source: SocketAddr) -> Verdict {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
    let bytes = &bytes[blank..];
    if bytes.is_empty() {
        return Verdict::KeepAlive;
    }
    let (head, body) = bytes.split_at(head_end(bytes).unwrap_or(bytes.len()));
    if bytes.len() > MESSAGE_MAX || head.len() > HEAD_MAX {
        return Verdict::Drop(Refusal::TooLarge);
    }
    match Head::parse(head) {
        Err(malformed) => refuse(*malformed, source),
        Ok(head) => match body.get(..head.content_length.unwrap_or(body.len())) {
            Some(body) if body.len() > BODY_MAX => refuse_length(head, 413, source),
            Some(body) => message(head, Bytes::copy_from_slice(body), source),
            None => refuse(head.into_malformed(Defect::ContentLength), source),
        },
    }
}

/// Judges a message whose head could be read.
pub(super) fn message(head: Head, body: Bytes, source: SocketAddr) -> Verdict {
    if head.headers.len() > HEADERS_MAX || head.headers.list(&HeaderName::Via).count() > VIAS_MAX {
        return refuse_length(head, 513, source);
    }
    match Message::new(head, body) {
        Message::Request(mut request) => match check_request(&request) {
            Ok(mut via) => {
                via.stamp_source(source);
                request.headers.set_top_via(&via);
                Verdict::Pass(Box::new(request.into()))
            }
            Err(flaw) => {
                let reason = format!("{} ({flaw})", reason_phrase(400));
                answer(Refusal::Malformed, 400, &reason, &request.method, request.headers, source)
            }
        },
        Message::Response(response) => match check_response(&response.headers) {
            Ok(()) => Verdict::Pass(Box::new(response.into())),
            Err(_) => Verdict::Drop(Refusal::StrayResponse),
        },
    }
}

/// Judges a message whose head cannot be read.
pub(super) fn refuse(malformed: Malformed, source: SocketAddr) -> Verdict {
    let Some(method) = malformed.method else {
        return Verdict::Drop(Refusal::Junk);
    };
    let (refusal, code) = match malformed.defect {
        Defect::Version => (Refusal::Version, 505),
        Defect::NotUtf8
        | Defect::NoEnd
        | Defect::StartLine
        | Defect::RequestUri
        | Defect::HeaderLine
        | Defect::ContentLength => (Refusal::Malformed, 400),
    };
    let reason = format!("{} ({})", reason_phrase(code), malformed.defect);
    answer(refusal, code, &reason, &method, malformed.headers, source)
}

/// Judges a message that is longer than it may be: 413 for the body, 513 for the rest.
pub(super) fn refuse_length(head: Head, code: u16, source: SocketAddr) -> Verdict {
    // Which defect is told does not matter here: only what could be read does.
    let Malformed { method, headers, .. } = head.into_malformed(Defect::ContentLength);
    match method {
        Some(method) => answer(Refusal::TooLarge, code, reason_phrase(code), &method, headers, source),
        None => Verdict::Drop(Refusal::TooLarge),
    }
}

/// Checks what a request must have (RFC 3261 sections 8.1.1, 8.2.6, 16.3), Max-Forwards excepted, which RFC 2543 did not
/// know. Returns its topmost Via.
fn check_request(request: &Request) -> Result<Via, Flaw> {
    let headers = &request.headers;
    let via = headers.top_via()?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    headers.max_forwards()?;
    headers.record_route()?;
    let is_address = |contact| contact == "*" || NameAddr::parse(contact).is_some();
    if !headers.list(&HeaderName::Contact).all(is_address) {
        return Err(HeaderError::Malformed(HeaderName::Contact).into());
    }
    if headers.cseq()?.method != request.method {
        return Err(Flaw::OtherMethod);
    }
    if request.uri.has_headers() {
        return Err(Flaw::HeadersInUri);
    }
    Ok(via)
}

/// What a response must have to be one to us: a single Via, ours (RFC 3261 section 8.1.3.3).
fn check_response(headers: &Headers) -> Result<(), HeaderError> {
    headers.top_via()?;
    if headers.list(&HeaderName::Via).count() > 1 {
        return Err(HeaderError::Malformed(HeaderName::Via));
    }
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    headers.record_route()?;
    headers.cseq()?;
    Ok(())
}

/// What is wrong with a request whose lines can be read.
#[derive(Debug)]
enum Flaw {
    Header(HeaderError),
    /// RFC 3261 section 8.1.1.5.
    OtherMethod,
    /// RFC 3261 section 19.1.1.
    HeadersInUri,
}

impl From<HeaderError> for Flaw {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header(error) => write!(f, "{error}"),
            Self::OtherMethod => f.write_str("CSeq names another method"),
            Self::HeadersInUri => f.write_str("header fields in the Request-URI"),
        }
    }
}

/// The answer to a request; none to an ACK (RFC 3261 section 17.1.1.3), and none to what names no Via, for nobody could tell
/// what it answers.
fn answer(
    refusal: Refusal,
    code: u16,
    reason: &str,
    method: &Method,
    mut headers: Headers,
    source: SocketAddr,
) -> Verdict {
    if *method == Method::Ack || headers.get(&HeaderName::Via).is_none() {
        return Verdict::Drop(refusal);
    }
    if let Ok(mut via) = headers.top_via() {
        via.stamp_source(source);
        headers.set_top_via(&via);
    }
    let mut response = Response::to_fields(&headers, code, &stateless_tag(&headers));
    response.reason = reason.into();
    Verdict::Answer(refusal, Box::new(response))
}

/// Returns a To tag that is the same for each repetition of a request, as an answer without state needs it (RFC 3261 section
/// 8.2.7): a hash (FNV-1a) of what tells requests apart.
#[must_use]
pub fn stateless_tag(headers: &Headers) -> String {
    let names = [HeaderName::CallId, HeaderName::CSeq, HeaderName::From, HeaderName::Via];
    let bytes = names.iter().filter_map(|name| headers.get(name)).flat_map(str::bytes);
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests;
