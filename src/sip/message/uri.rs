//! URIs and hosts: the text as it came, which is what goes back to the peer, and its parts.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A URI, kept exactly as written: what a peer gave as its Contact or Record-Route is sent back to it byte for byte
/// (RFC 3261 section 12.2.1.1), with escapes and parameters that mean something to the peer alone.
///
/// Checked is what this program uses or could break a message: the scheme, no space, quote or angle bracket, and the
/// host of `sip` and `sips` URIs (RFC 3261 section 19.1). Parameters of proxies are often outside the grammar, and are
/// nobody's business but theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri(Box<str>);

/// What a user part holds unescaped (RFC 3261 section 25.1, `user`) beside letters and digits.
const ESCAPED_IN_USER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b';')
    .remove(b'?')
    .remove(b'/');

impl Uri {
    /// Returns the URI of this text; nothing if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let breaks_a_message =
            |byte: u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || b"<>\"".contains(&byte);
        if !is_scheme || rest.is_empty() || rest.bytes().any(breaks_a_message) {
            return None;
        }
        let uri = Self(text.into());
        (!uri.is_sip() || uri.host_port().is_some()).then_some(uri)
    }

    /// Returns the `sip` URI of a user at a host: what our Contact is made of. Characters that a user part cannot hold
    /// are escaped.
    #[must_use]
    pub fn sip(user: Option<&str>, host: &HostPort) -> Self {
        let user = user.map(|user| format!("{}@", utf8_percent_encode(user, ESCAPED_IN_USER)));
        Self(format!("sip:{}{host}", user.unwrap_or_default()).into())
    }

    /// Returns this URI with one more parameter, such as `transport=tcp`. Both are tokens, and the URI has no headers.
    #[must_use]
    pub fn with_param(&self, name: &str, value: &str) -> Self {
        Self(format!("{self};{name}={value}").into())
    }

    /// Returns the `sip` URI of somebody else at the same host, without parameters.
    #[must_use]
    pub fn with_user(&self, user: &str) -> Self {
        self.host_port().map_or_else(|| self.clone(), |host| Self::sip(Some(user), &host))
    }

    /// Returns the URI as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the scheme as written, such as `sip` or `tel`. Schemes are compared without regard to case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.split().0
    }

    /// Whether the scheme is `sip` or `sips`.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sip") || self.is_sips()
    }

    /// Whether the scheme is `sips` (RFC 5630).
    #[must_use]
    pub fn is_sips(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sips")
    }

    /// Whether the scheme is `tel` (RFC 3966).
    #[must_use]
    pub fn is_tel(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("tel")
    }

    /// Returns the user of a `sip` URI, or the number of a `tel` URI, each with its parameters (`+1555;ext=1`) but without
    /// a password, and with escapes resolved.
    #[must_use]
    pub fn user(&self) -> Option<Cow<'_, str>> {
        let rest = self.split().1;
        let user = if self.is_tel() {
            rest
        } else {
            let userinfo = rest.split_once('@').filter(|_| self.is_sip())?.0;
            userinfo.split_once(':').map_or(userinfo, |(user, _)| user)
        };
        Some(percent_decode_str(user).decode_utf8_lossy())
    }

    /// Returns the host and port of a `sip` URI.
    #[must_use]
    pub fn host_port(&self) -> Option<HostPort> {
        HostPort::parse(self.host_and_params()?.0)
    }

    /// Returns the value of a parameter of a `sip` or `tel` URI as written, empty if it has none (`;lr`). Names are compared
    /// without regard to case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        let (_, params) = self.host_and_params()?;
        let params = params.split_once('?').map_or(params, |(params, _)| params);
        let mut params = params.split(';').map(|param| param.split_once('=').unwrap_or((param, "")));
        params.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether a `sip` URI carries header fields (`?Route=…`), which a Request-URI must not (RFC 3261 section 19.1.1).
    #[must_use]
    pub fn has_headers(&self) -> bool {
        self.is_sip() && self.host_and_params().is_some_and(|(_, params)| params.contains('?'))
    }

    /// Scheme and what follows its colon.
    fn split(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((&self.0, ""))
    }

    /// Host with port (of `tel`: the number), and what follows it. A user may hold semicolons and question marks too.
    fn host_and_params(&self) -> Option<(&str, &str)> {
        let rest = self.split().1;
        let rest = match rest.split_once('@') {
            Some((_, host)) if self.is_sip() => host,
            _ if self.is_sip() || self.is_tel() => rest,
            _ => return None,
        };
        Some(rest.split_at(rest.find([';', '?']).unwrap_or(rest.len())))
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The host of a URI or of a Via.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Host {
    /// An address.
    Ip(IpAddr),
    /// A name, which nothing here resolves.
    Name(Box<str>),
}

/// A host with an optional port (RFC 3261 section 25.1, `hostport`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// Where.
    pub host: Host,
    /// The port, if one was given.
    pub port: Option<u16>,
}

impl HostPort {
    /// Returns the host and port of this text; nothing if it is not one. Underscores are let pass in names, for
    /// container networks are full of them, and so are three colons before an IPv4 address, which RFC 3261's grammar
    /// demanded by mistake (RFC 5118 section 4.10).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let address = address.replacen(":::", "::", 1).parse().ok()?;
                (Host::Ip(IpAddr::V6(address)), port)
            }
            None => {
                let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
                (Self::name_or_v4(host)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            None if port.is_empty() => None,
            Some(_) | None => return None,
        };
        Some(Self { host, port })
    }

    fn name_or_v4(host: &str) -> Option<Host> {
        if let Ok(address) = host.parse() {
            return Some(Host::Ip(IpAddr::V4(address)));
        }
        let is_name = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            && host.starts_with(|first: char| first.is_ascii_alphanumeric());
        is_name.then(|| Host::Name(host.into()))
    }

    /// Returns the address, if the host is one and not a name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self.host {
            Host::Ip(address) => Some(address),
            Host::Name(_) => None,
        }
    }
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Ip(address.ip()), port: Some(address.port()) }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Ip(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            Host::Name(name) => f.write_str(name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
