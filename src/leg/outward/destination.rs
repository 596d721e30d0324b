//! Where telephones of this program call, and how: a bridge or the proxy before it, and who calls with which keys and codecs.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::leg::cast::KeyPath;
use crate::media::g711::Law;
use crate::sip::digest::Login;
use crate::sip::message::{Host, HostPort, Uri};

/// The port of SIP where none is said (RFC 3261 section 19.1.2).
const SIP_PORT: u16 = 5060;

/// Where a URI names nobody at its host, this is who is called.
const BRIDGE: &str = "bridge";

/// An address as people write it: `sip:192.0.2.1`, `sip:+14255550100@sbc.example:5080`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipAddress {
    uri: Uri,
    host: HostPort,
}

impl SipAddress {
    /// Returns the URI as written.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the host, with its port if one is written.
    #[must_use]
    pub const fn host(&self) -> &HostPort {
        &self.host
    }

    /// Returns the address of somebody else at the same host.
    #[must_use]
    pub fn of_user(&self, user: &str) -> Uri {
        Uri::sip(Some(user), &self.host)
    }

    /// Returns whom the URI names; `bridge` if nobody.
    #[must_use]
    pub fn user(&self) -> String {
        self.uri.user().map_or_else(|| BRIDGE.to_owned(), std::borrow::Cow::into_owned)
    }

    /// Looks up where messages to it go, and our own address on the way there. Of several addresses the first is taken to which
    /// there is a way.
    ///
    /// # Errors
    /// The host has no address, or there is no way to it.
    pub fn resolve(&self) -> Result<NextHop, UnreachableError> {
        let wrong = |error| UnreachableError { host: self.host.to_string(), error };
        let port = self.host.port.unwrap_or(SIP_PORT);
        let found: Vec<SocketAddr> = match &self.host.host {
            Host::Ip(address) => vec![SocketAddr::new(*address, port)],
            Host::Name(name) => (&**name, port).to_socket_addrs().map_err(wrong)?.collect(),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
        for address in found {
            match own_address(address) {
                Ok(home) => return Ok(NextHop { address, home }),
                Err(error) => last = error,
            }
        }
        Err(wrong(last))
    }
}

/// Our own address towards another: nothing is sent to find it out.
fn own_address(there: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr =
        if there.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(there)?;
    Ok(socket.local_addr()?.ip())
}

impl FromStr for SipAddress {
    type Err = SipAddressError;

    fn from_str(text: &str) -> Result<Self, SipAddressError> {
        let uri = Uri::parse(text).ok_or(SipAddressError::Malformed)?;
        if uri.is_sips() {
            return Err(SipAddressError::Encrypted);
        }
        let host = uri.host_port().filter(|_| uri.is_sip() && !uri.has_headers());
        let host = host.ok_or(SipAddressError::Malformed)?;
        match uri.param("transport") {
            Some(transport) if !transport.eq_ignore_ascii_case("udp") => {
                return Err(SipAddressError::Transport);
            }
            Some(_) | None => {}
        }
        let uri = if uri.user().is_some() { uri } else { Uri::sip(Some(BRIDGE), &host) };
        Ok(Self { uri, host })
    }
}

impl fmt::Display for SipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

/// Where messages go, and where they come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextHop {
    /// The bridge, or a proxy before it.
    pub address: SocketAddr,
    /// Our own address towards it.
    pub home: IpAddr,
}

/// How a caller gives a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identity {
    /// By its part of the cast: the bridge runs in this program.
    Part,
    /// By its number, or not at all.
    Number,
    /// By this URI, in which `{n}` stands for the caller's number from 1; by its own number where the script gives one.
    Pattern(Arc<str>),
}

/// How a bridge is called.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Where every message goes.
    pub hop: NextHop,
    /// How callers name themselves.
    pub identity: Identity,
    /// What 401 and 407 are answered with.
    pub login: Option<Login>,
    /// What is offered, the preferred first.
    pub codecs: Vec<Law>,
    /// How keys are told that a script presses in no way of its own; as telephone-events, if nothing is said.
    pub keys: Option<KeyPath>,
    /// The shortest time that a key is down there.
    pub hold: Duration,
    /// The shortest pause after a key.
    pub gap: Duration,
}

impl Destination {
    /// A bridge that takes calls as they come: every codec that we speak, keys as telephone-events, no password.
    #[must_use]
    pub fn new(hop: NextHop, identity: Identity) -> Self {
        let (codecs, hold, gap) = (Law::ALL.to_vec(), Duration::ZERO, Duration::ZERO);
        Self { hop, identity, login: None, codecs, keys: None, hold, gap }
    }

    /// Returns how the keys travel of a telephone whose script says this.
    #[must_use]
    pub fn key_path(&self, own: KeyPath) -> KeyPath {
        match own {
            KeyPath::Direct => self.keys.unwrap_or(own),
            KeyPath::TelephoneEvents | KeyPath::Inband | KeyPath::Both | KeyPath::Info => own,
        }
    }
}

/// Why a text is not an address that can be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SipAddressError {
    /// It is no `sip` URI.
    Malformed,
    /// It asks for TLS.
    Encrypted,
    /// It asks for another transport than UDP.
    Transport,
}

impl fmt::Display for SipAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "expected sip:HOST, sip:HOST:PORT or sip:NUMBER@HOST",
            Self::Encrypted => "callers speak SIP over UDP, not over TLS: expected sip:",
            Self::Transport => "callers speak SIP over UDP only",
        })
    }
}

impl Error for SipAddressError {}

/// Why a host cannot be called.
#[derive(Debug)]
pub struct UnreachableError {
    host: String,
    error: io::Error,
}

impl fmt::Display for UnreachableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be called: {}", self.host, self.error)
    }
}

impl Error for UnreachableError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SipAddress, SipAddressError> {
        text.parse()
    }

    #[test]
    fn an_address_without_a_user_calls_the_bridge() {
        let address = read("sip:127.0.0.1:5070").unwrap();
        assert_eq!(address.uri().as_str(), "sip:bridge@127.0.0.1:5070");
        assert_eq!(address.of_user("+14255550100").as_str(), "sip:+14255550100@127.0.0.1:5070");
        let address = read("sip:+14255550100@bridge.example;transport=UDP").unwrap();
        assert_eq!(address.uri().as_str(), "sip:+14255550100@bridge.example;transport=UDP");
        assert_eq!(address.of_user("x").as_str(), "sip:x@bridge.example");
    }

    #[test]
    fn what_cannot_be_called_is_refused_with_what_can() {
        for (text, error) in [
            ("127.0.0.1", SipAddressError::Malformed),
            ("tel:+14255550100", SipAddressError::Malformed),
            ("sip:", SipAddressError::Malformed),
            ("sip:b@127.0.0.1?Route=x", SipAddressError::Malformed),
            ("sips:bridge@127.0.0.1", SipAddressError::Encrypted),
            ("sip:bridge@127.0.0.1;transport=tcp", SipAddressError::Transport),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_address_is_found_with_the_port_of_sip_and_our_own_address() {
        let hop = read("sip:127.0.0.1").unwrap().resolve().unwrap();
        assert_eq!(hop.address, "127.0.0.1:5060".parse().unwrap());
        assert_eq!(hop.home, IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
}
