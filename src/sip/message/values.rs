//! The values of header fields: name-addr, Via, CSeq and the like. Each `parse` takes one
//! value, unfolded, and refuses anything that is left over; each `Display` writes what `parse` reads as the same.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use super::names::{Method, is_token};
use super::params::{Params, is_quoted, quote, unquote};
use super::uri::{HostPort, Uri};

/// An address with an optional display name and parameters: From, To, Contact, Route, Record-Route,
/// P-Asserted-Identity (RFC 3261 section 20.10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameAddr {
    /// The display name without its quotes.
    pub display: Option<Box<str>>,
    /// The address.
    pub uri: Uri,
    /// The header's parameters, `tag` among them.
    pub params: Params,
}

impl NameAddr {
    /// An address without name and parameters.
    #[must_use]
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::default() }
    }

    /// Returns this address with a tag (RFC 3261 section 19.3).
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", tag);
        self
    }

    /// Reads `"Name" <uri>;params`, `Name <uri>;params` or `uri;params`. Without angle brackets, what follows a semicolon
    /// belongs to the header, not to the URI (RFC 3261 section 20.10).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        let Some(open) = find_bracket(text) else {
            let (uri, params) = text.split_at(text.find(';').unwrap_or(text.len()));
            // A comma or question mark would need the brackets.
            let uri = Uri::parse(uri.trim_ascii_end()).filter(|uri| !uri.as_str().contains([',', '?']))?;
            return Some(Self { display: None, uri, params: Params::parse(params)? });
        };
        let name = text[..open].trim_ascii();
        let (uri, params) = text[open + 1..].split_once('>')?;
        let display = match name {
            "" => None,
            _ if is_quoted(name) => Some(unquote(name).into()),
            // Commas and other signs in a bare name are forbidden, common, and harmless (RFC 4475 section 3.1.2.16
            // lets an element accept them).
            _ if name.contains(['"', '<', '\0']) => return None,
            _ => Some(name.into()),
        };
        Some(Self { display, uri: Uri::parse(uri)?, params: Params::parse(params)? })
    }

    /// Returns the tag (RFC 3261 section 19.3).
    #[must_use]
    pub fn tag(&self) -> Option<Cow<'_, str>> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }
}

/// Where the angle bracket of a name-addr opens; quotes before it may hold others.
fn find_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = byte == b'\\' && quoted;
        quoted ^= byte == b'"';
        byte == b'<' && !quoted
    })
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// One hop of a message's way (RFC 3261 section 20.42).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// The transport as written, such as `UDP`.
    pub transport: Box<str>,
    /// Where its sender says it is. Nothing is ever sent there: responses go to where the request came from.
    pub sent_by: HostPort,
    /// `branch`, `received`, `rport` and others.
    pub params: Params,
}

/// What a branch begins with whose sender knows RFC 3261 (section 8.1.1.7): it is unique, and names a transaction.
pub const BRANCH_COOKIE: &str = "z9hG4bK";

impl Via {
    /// The Via of a request of ours, which asks for responses to where it came from (`rport`, RFC 3581).
    #[must_use]
    pub fn new(transport: &str, sent_by: HostPort, branch: &str) -> Self {
        let mut params = Params::default();
        params.set("branch", branch);
        params.set_flag("rport");
        Self { transport: transport.into(), sent_by, params }
    }

    /// Reads `SIP/2.0/UDP host:port;params`, with white space around each sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/').map(str::trim_ascii);
        let is_sip = parts.next()?.eq_ignore_ascii_case("SIP") && parts.next()? == "2.0";
        let (transport, rest) = parts.next().filter(|_| is_sip)?.split_once([' ', '\t'])?;
        let (sent_by, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let sent_by = match sent_by.trim_ascii().rsplit_once(':') {
            Some((host, port)) => format!("{}:{}", host.trim_ascii_end(), port.trim_ascii_start()),
            None => sent_by.trim_ascii().into(),
        };
        is_token(transport).then_some(())?;
        Some(Self {
            transport: transport.into(),
            sent_by: HostPort::parse(&sent_by)?,
            params: Params::parse(params)?,
        })
    }

    /// Returns the branch, if it names a transaction (RFC 3261 section 8.1.1.7: it begins with `z9hG4bK` and goes on).
    #[must_use]
    pub fn branch(&self) -> Option<Cow<'_, str>> {
        let branch = self.params.get("branch")?;
        let is_unique = branch.len() > BRANCH_COOKIE.len()
            && branch.is_char_boundary(BRANCH_COOKIE.len())
            && branch[..BRANCH_COOKIE.len()].eq_ignore_ascii_case(BRANCH_COOKIE);
        is_unique.then_some(branch)
    }

    /// Writes down where a request came from, for the answer to find back (RFC 3261 section 18.2.1, RFC 3581 section
    /// 4), whatever its sender claimed.
    pub fn stamp_source(&mut self, source: SocketAddr) {
        self.params.set("received", &source.ip().to_string());
        if self.params.get("rport").is_some() {
            self.params.set("rport", &source.port().to_string());
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}{}", self.transport, self.sent_by, self.params)
    }
}

/// The sequence number and method of a request (RFC 3261 section 20.16).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CSeq {
    /// Below 2³¹ in requests (RFC 3261 section 8.1.1.5).
    pub number: u32,
    /// The method of the request that the message belongs to.
    pub method: Method,
}

impl CSeq {
    /// Reads `7 INVITE`; nothing for a number that reaches 2³¹.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, method) = text.trim_ascii().split_once([' ', '\t'])?;
        let number = parse_number(number).filter(|number| *number < 1 << 31)?;
        Some(Self { number, method: Method::parse(method.trim_ascii_start())? })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// What a PRACK acknowledges (RFC 3262 section 7.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RAck {
    /// The RSeq of the provisional response.
    pub rseq: u32,
    /// The CSeq of the provisional response.
    pub cseq: CSeq,
}

impl RAck {
    /// Reads `1 7 INVITE`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (rseq, cseq) = text.trim_ascii().split_once([' ', '\t'])?;
        Some(Self { rseq: parse_number(rseq)?, cseq: CSeq::parse(cseq)? })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rseq, self.cseq)
    }
}

/// Who refreshes a session (RFC 4028 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refresher {
    /// The side that sends the request which carries it.
    Uac,
    /// The side that answers it.
    Uas,
}

/// How long a session lives without a refresh (RFC 4028 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionExpires {
    /// Seconds.
    pub secs: u32,
    /// Who refreshes it, if that was said.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Reads `1800;refresher=uac`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (secs, params) = text.split_at(text.find(';').unwrap_or(text.len()));
        let refresher = match Params::parse(params)?.get("refresher") {
            Some(side) if side.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) => return None,
            None => None,
        };
        Some(Self { secs: parse_number(secs.trim_ascii())?, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.secs)?;
        match self.refresher {
            Some(Refresher::Uac) => f.write_str(";refresher=uac"),
            Some(Refresher::Uas) => f.write_str(";refresher=uas"),
            None => Ok(()),
        }
    }
}

/// A number of digits only: no sign, no white space.
pub(super) fn parse_number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
