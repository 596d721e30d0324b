//! Reading a message: lines, folding, the start line, fields. What a message must have beyond its form is the guard's.

use std::borrow::Cow;
use std::fmt;

use super::headers::Headers;
use super::names::{HeaderName, Method};
use super::uri::Uri;
use super::values::parse_number;

/// The start line and header fields of a message, without its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The start line.
    pub start: StartLine,
    /// The fields.
    pub headers: Headers,
    /// How long the body is, in bytes, if it says so (RFC 3261 section 20.14).
    pub content_length: Option<usize>,
}

/// The first line of a message (RFC 3261 sections 7.1, 7.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StartLine {
    /// What is asked, of whom.
    Request(Method, Uri),
    /// How it was answered, and the reason phrase.
    Response(u16, Box<str>),
}

/// A head that cannot be read, with what can: enough of a request to answer it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The first thing that is wrong.
    pub defect: Defect,
    /// The method, where a request line had one; nothing if this is not a request.
    pub method: Option<Method>,
    /// The fields that could be read.
    pub headers: Headers,
    /// How long the body is, if that could be read.
    pub content_length: Option<usize>,
}

/// What is wrong with a head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Defect {
    /// It is not UTF-8 (RFC 3261 section 7).
    NotUtf8,
    /// No empty line ends it.
    NoEnd,
    /// Neither a request line nor a status line.
    StartLine,
    /// The Request-URI is not a URI.
    RequestUri,
    /// A version other than SIP/2.0.
    Version,
    /// A line without a colon, or whose name is not a token.
    HeaderLine,
    /// Content-Length is not a number, or stands twice.
    ContentLength,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::NoEnd => "no end of the header fields",
            Self::StartLine => "malformed start line",
            Self::RequestUri => "malformed Request-URI",
            Self::Version => "version is not SIP/2.0",
            Self::HeaderLine => "malformed header field",
            Self::ContentLength => "malformed Content-Length",
        })
    }
}

impl std::error::Error for Defect {}

/// Returns where the head ends, its empty line included. Lines end in CRLF; a bare LF is let pass.
#[must_use]
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    head_end_from(bytes, 0)
}

/// The same, for bytes of which the first `searched` had no end in them.
pub(crate) fn head_end_from(bytes: &[u8], searched: usize) -> Option<usize> {
    // The end may have begun in the last three bytes of what was searched.
    let mut at = searched.saturating_sub(3);
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'\n')? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

impl Head {
    /// Reads the head of a message: all that stands before its body, the empty line included.
    ///
    /// # Errors
    /// Says what is wrong first, and hands over what could be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Box<Malformed>> {
        let (text, mut defect) = match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), None),
            Err(_) => (String::from_utf8_lossy(bytes), Some(Defect::NotUtf8)),
        };
        if head_end(bytes) != Some(bytes.len()) {
            defect.get_or_insert(Defect::NoEnd);
        }
        let mut lines = Lines(&text);
        let start = parse_start_line(&lines.next().unwrap_or_default());
        let mut headers = Headers::default();
        let mut lengths = Vec::new();
        for line in lines {
            let Some((name, value)) = parse_field(&line) else {
                defect.get_or_insert(Defect::HeaderLine);
                continue;
            };
            if name == HeaderName::ContentLength {
                lengths.push(parse_number(value));
            } else {
                headers.push_line(name, value);
            }
        }
        let content_length = match lengths[..] {
            [] => None,
            [Some(length)] => Some(length as usize),
            _ => {
                defect.get_or_insert(Defect::ContentLength);
                None
            }
        };
        let head = match start {
            Ok(start) => Self { start, headers, content_length },
            Err((defect, method)) => {
                return Err(Box::new(Malformed { defect, method, headers, content_length }));
            }
        };
        match defect {
            None => Ok(head),
            Some(defect) => Err(Box::new(head.into_malformed(defect))),
        }
    }

    /// What is left of a head whose body is not what it says.
    #[must_use]
    pub fn into_malformed(self, defect: Defect) -> Malformed {
        let method = match self.start {
            StartLine::Request(method, _) => Some(method),
            StartLine::Response(..) => None,
        };
        Malformed { defect, method, headers: self.headers, content_length: self.content_length }
    }
}

/// The start line; or what is wrong with it, and its method if it is a request line.
fn parse_start_line(line: &str) -> Result<StartLine, (Defect, Option<Method>)> {
    let parts = line.split_once(' ').filter(|_| !line.contains('\r'));
    let (first, rest) = parts.ok_or((Defect::StartLine, None))?;
    if first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) {
        if !first.eq_ignore_ascii_case("SIP/2.0") {
            return Err((Defect::Version, None));
        }
        let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let code = Some(code).filter(|code| code.len() == 3).and_then(parse_number);
        let code = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (100..700).contains(code));
        let code = code.ok_or((Defect::StartLine, None))?;
        return Ok(StartLine::Response(code, reason.trim_ascii().into()));
    }
    let method = Method::parse(first).ok_or((Defect::StartLine, None))?;
    // White space at the end of the line is let pass (RFC 4475 section 3.1.2.10), elsewhere it is not.
    let (uri, version) = match rest.trim_ascii_end().rsplit_once(' ') {
        Some(parts) => parts,
        None => return Err((Defect::StartLine, Some(method))),
    };
    match version {
        _ if version.eq_ignore_ascii_case("SIP/2.0") => {}
        _ if version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/")) => {
            return Err((Defect::Version, Some(method)));
        }
        _ => return Err((Defect::StartLine, Some(method))),
    }
    match Uri::parse(uri) {
        Some(uri) => Ok(StartLine::Request(method, uri)),
        None => Err((Defect::RequestUri, Some(method))),
    }
}

/// Name and value of a field; white space may stand before the colon (RFC 3261 section 7.3.1). A bare CR in it would end
/// the line for some who read it after us.
fn parse_field(line: &str) -> Option<(HeaderName, &str)> {
    let (name, value) = line.split_once(':').filter(|_| !line.contains('\r'))?;
    Some((HeaderName::parse(name.trim_ascii_end())?, value.trim_ascii()))
}

/// The lines of a head, folded ones made whole (RFC 3261 section 7.3.1): a line that begins with white space goes on with
/// the one before.
struct Lines<'t>(&'t str);

impl<'t> Iterator for Lines<'t> {
    type Item = Cow<'t, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Cow::Borrowed(self.physical()?);
        if line.is_empty() {
            return None;
        }
        while self.0.starts_with([' ', '\t']) {
            let more = self.physical()?;
            let whole = line.to_mut();
            whole.truncate(whole.trim_ascii_end().len());
            whole.push(' ');
            whole.push_str(more.trim_ascii_start());
        }
        Some(line)
    }
}

impl<'t> Lines<'t> {
    fn physical(&mut self) -> Option<&'t str> {
        if self.0.is_empty() {
            return None;
        }
        let (line, rest) = self.0.split_once('\n').unwrap_or((self.0, ""));
        self.0 = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}
