//! A SIP message as this program sees it (RFC 3261 section 7): parsed, built, printed.
//!
//! Values stay text, exactly as the peer wrote it, until somebody asks for them: a Contact, a tag or a Route goes back to
//! the peer byte for byte. Typed access ([`Headers::cseq`], [`Headers::top_via`] and so on) reads on demand and says what
//! is wrong. Nothing here panics, whatever the bytes.

mod headers;
mod names;
mod params;
mod parse;
mod reason;
mod uri;
mod values;

use std::fmt::{self, Write as _};

use bytes::Bytes;

pub use headers::{HeaderError, Headers};
pub use names::{HeaderName, Method, is_token};
pub use params::Params;
pub(crate) use parse::head_end_from;
pub use parse::{Defect, Head, Malformed, StartLine, head_end};
pub use reason::reason_phrase;
pub use uri::{Host, HostPort, Uri};
pub use values::{BRANCH_COOKIE, CSeq, NameAddr, RAck, Refresher, SessionExpires, Via};

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// What is asked.
    Request(Request),
    /// How it was answered.
    Response(Response),
}

/// A request (RFC 3261 section 7.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// Of whom: the Request-URI.
    pub uri: Uri,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// A response (RFC 3261 section 7.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The status code, 100 to 699.
    pub code: u16,
    /// The reason phrase.
    pub reason: Box<str>,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Message {
    /// Reads one whole message, as a datagram holds it: the body goes to the end, or as far as Content-Length says (RFC
    /// 3261 section 18.3). Empty lines before it are passed over (section 7.5).
    ///
    /// # Errors
    /// Says what is wrong first, and hands over what could be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Box<Malformed>> {
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let bytes = &bytes[blank..];
        let (head, body) = bytes.split_at(head_end(bytes).unwrap_or(bytes.len()));
        let head = Head::parse(head)?;
        let length = head.content_length.unwrap_or(body.len());
        match body.get(..length) {
            Some(body) => Ok(Self::new(head, Bytes::copy_from_slice(body))),
            None => Err(Box::new(head.into_malformed(Defect::ContentLength))),
        }
    }

    /// The message of a head and a body.
    #[must_use]
    pub fn new(head: Head, body: Bytes) -> Self {
        let headers = head.headers;
        match head.start {
            StartLine::Request(method, uri) => Self::Request(Request { method, uri, headers, body }),
            StartLine::Response(code, reason) => Self::Response(Response { code, reason, headers, body }),
        }
    }

    /// Returns the header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// Returns the message as it goes to the wire.
    #[must_use]
    pub fn print(&self) -> Bytes {
        match self {
            Self::Request(request) => request.print(),
            Self::Response(response) => response.print(),
        }
    }
}

impl Request {
    /// A request without header fields and body.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Bytes::new() }
    }

    /// Gives it a body and the Content-Type that says what it is.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Bytes>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body.into();
    }

    /// Returns the response to this request (RFC 3261 section 8.2.6.2): Via, From, Call-ID, CSeq and To as they are, the
    /// latter with `tag` added if it has none and this is not a 100.
    #[must_use]
    pub fn respond(&self, code: u16, tag: &str) -> Response {
        Response::to_fields(&self.headers, code, tag)
    }

    /// Returns the ACK for a final response other than 2xx (RFC 3261 section 17.1.1.3): the same hop, the same branch,
    /// the To of the response.
    #[must_use]
    pub fn ack(&self, response: &Response) -> Self {
        let mut ack = self.on_the_same_hop(Method::Ack);
        if let Some(to) = response.headers.get(&HeaderName::To) {
            ack.headers.set(HeaderName::To, to);
        }
        ack
    }

    /// Returns the CANCEL for this request (RFC 3261 section 9.1), which goes by the same hop with the same branch.
    #[must_use]
    pub fn cancel(&self) -> Self {
        self.on_the_same_hop(Method::Cancel)
    }

    fn on_the_same_hop(&self, method: Method) -> Self {
        let mut request = Self::new(method.clone(), self.uri.clone());
        if let Some(top) = self.headers.list(&HeaderName::Via).next() {
            request.headers.push(HeaderName::Via, top);
        }
        for route in self.headers.all(&HeaderName::Route) {
            request.headers.push(HeaderName::Route, route);
        }
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId] {
            if let Some(value) = self.headers.get(&name) {
                request.headers.push(name, value);
            }
        }
        if let Ok(cseq) = self.headers.cseq() {
            request.headers.push(HeaderName::CSeq, CSeq { method, ..cseq });
        }
        request.headers.push(HeaderName::MaxForwards, 70);
        request
    }

    /// Returns the request as it goes to the wire.
    #[must_use]
    pub fn print(&self) -> Bytes {
        print(format_args!("{} {} SIP/2.0", self.method, self.uri), &self.headers, &self.body)
    }
}

impl Response {
    /// The response to the request with these fields; see [`Request::respond`].
    #[must_use]
    pub fn to_fields(request: &Headers, code: u16, tag: &str) -> Self {
        let mut headers = Headers::default();
        for via in request.all(&HeaderName::Via) {
            headers.push(HeaderName::Via, via);
        }
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
            let Some(value) = request.get(&name) else { continue };
            // What cannot be read is given back as it came.
            let lacks_tag = || NameAddr::parse(value).is_some_and(|to| to.tag().is_none());
            if name == HeaderName::To && code > 100 && lacks_tag() {
                headers.push(name, format_args!("{value};tag={tag}"));
            } else {
                headers.push(name, value);
            }
        }
        if let Some(timestamp) = request.get(&HeaderName::Timestamp).filter(|_| code == 100) {
            headers.push(HeaderName::Timestamp, timestamp);
        }
        Self { code, reason: reason_phrase(code).into(), headers, body: Bytes::new() }
    }

    /// Gives it a body and the Content-Type that says what it is.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Bytes>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body.into();
    }

    /// Whether others may follow it: 100 to 199.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.code < 200
    }

    /// Whether it accepts: 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Returns the response as it goes to the wire.
    #[must_use]
    pub fn print(&self) -> Bytes {
        print(format_args!("SIP/2.0 {} {}", self.code, self.reason), &self.headers, &self.body)
    }
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// A message's bytes: Content-Length is always there, for streams are cut by it (RFC 3261 section 20.14).
fn print(start: fmt::Arguments<'_>, headers: &Headers, body: &Bytes) -> Bytes {
    let mut head = String::with_capacity(512 + body.len());
    let written = write!(head, "{start}\r\n").and_then(|()| {
        headers.iter().try_for_each(|(name, value)| write!(head, "{name}: {value}\r\n"))?;
        write!(head, "{}: {}\r\n\r\n", HeaderName::ContentLength, body.len())
    });
    debug_assert!(written.is_ok(), "a string takes whatever is written");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes.into()
}

#[cfg(test)]
mod tests;
