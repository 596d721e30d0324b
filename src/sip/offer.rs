//! Offer and answer (RFC 3264) for one call: one stream of G.711 with telephone-events, everything else that is offered kept
//! and rejected. The guard has limited the length of what is read here.

mod description;
mod direction;

use std::fmt;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::net::{IpAddr, SocketAddr};

use rustc_hash::FxHasher;

use description::{Description, Line};
pub use direction::Direction;

use crate::media::g711::Law;

/// Media lines that are looked at; those beyond are rejected as any other that is not used.
pub const MEDIA_LINES_MAX: usize = 8;

/// Formats of a media line that are looked at.
pub const FORMATS_MAX: usize = 64;

/// How long a packet of ours lasts, in milliseconds, and what we ask for.
pub const PTIME: u8 = 20;

/// The payload type under which we offer telephone-events, until a telephone has chosen its own.
const EVENTS_OFFERED: u8 = 101;

/// Where our packets come from and theirs are to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalAddress {
    /// For RTP, and RTCP where both share a port.
    pub rtp: SocketAddr,
    /// For RTCP of a telephone that does not multiplex (RFC 3605); its address may differ from RTP's.
    pub rtcp: SocketAddr,
}

/// Where RTCP goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemoteRtcp {
    /// To RTP's address and port (RFC 5761).
    Muxed,
    /// To this address: `a=rtcp` (RFC 3605), else the port after RTP's.
    At(SocketAddr),
}

/// What both sides agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreed {
    /// Where their description asks for RTP. Unspecified (`0.0.0.0`) on hold as RFC 2543 had it; then we do not send.
    pub remote: SocketAddr,
    /// Where RTCP goes.
    pub rtcp: RemoteRtcp,
    /// How speech is coded, both ways.
    pub codec: Law,
    /// The payload type of speech.
    pub payload_type: u8,
    /// The payload type of telephone-events at 8,000 Hz, if keys come so (RFC 4733).
    pub events: Option<u8>,
    /// What we do: on hold we do not send, or do not receive, or neither.
    pub direction: Direction,
}

/// Why a description is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfferError {
    /// Not a session description (RFC 8866), or an answer that does not fit the offer.
    Malformed,
    /// An offer while ours is not answered, or an answer to none.
    OutOfTurn,
    /// No audio, or only with port 0.
    NoAudio,
    /// Only encrypted audio (`RTP/SAVP`), or another transport than RTP over UDP.
    Transport,
    /// Neither PCMU nor PCMA at 8,000 Hz.
    NoCodec,
    /// An address that we cannot send to: of the other IP version, multicast, or a host name.
    Address,
}

impl OfferError {
    /// Returns the status code with which the request is refused (RFC 3261, section 21.4).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::OutOfTurn => 491,
            Self::NoAudio | Self::Transport | Self::NoCodec | Self::Address => 488,
        }
    }

    /// Returns the warn-code of a `Warning` header (RFC 3261, section 20.43) that goes with a 488.
    #[must_use]
    pub const fn warn_code(self) -> u16 {
        match self {
            Self::NoAudio => 304,
            Self::Transport => 302,
            Self::NoCodec => 305,
            Self::Address => 301,
            Self::Malformed | Self::OutOfTurn => 399,
        }
    }
}

impl fmt::Display for OfferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed session description",
            Self::OutOfTurn => "offer or answer out of turn",
            Self::NoAudio => "no audio offered",
            Self::Transport => "only RTP/AVP over UDP is supported",
            Self::NoCodec => "only PCMU and PCMA are supported",
            Self::Address => "incompatible network address",
        })
    }
}

impl std::error::Error for OfferError {}

/// Returns whether an offer could be answered by one whose media are at this address: a call that cannot be heard need not
/// ring.
///
/// # Errors
/// Says why not; see [`OfferError`].
pub fn check_offer(offer: &[u8], local: IpAddr) -> Result<(), OfferError> {
    Description::read(offer, local)?.first_usable().map(drop)
}

/// The offers and answers of one call, in either direction, one at a time (RFC 3264, section 4).
///
/// An offer or answer that is refused changes nothing: what was agreed on before stays.
#[derive(Clone, Debug)]
pub struct Negotiation {
    id: u64,
    local: LocalAddress,
    version: u32,
    /// Of the last description that was sent without its version, so that one that is sent again keeps it.
    fingerprint: Option<u64>,
    is_offering: bool,
    /// Which media line is ours, and the others as they are repeated in each description.
    audio_at: usize,
    others: Box<[Box<str>]>,
    transport: &'static str,
    events: u8,
    /// Whether keys may come as events; otherwise they are offered in no form at all.
    offers_events: bool,
    /// What is offered, the preferred first.
    codecs: Box<[Law]>,
    agreed: Option<Agreed>,
}

impl Negotiation {
    /// Returns that of a new call, whose media are at this address. `id` is the `sess-id` of its descriptions (RFC 8866,
    /// section 5.2), unique on this host.
    #[must_use]
    pub fn new(id: u64, local: LocalAddress) -> Self {
        Self {
            id,
            local,
            version: 0,
            fingerprint: None,
            is_offering: false,
            audio_at: 0,
            others: Box::default(),
            transport: description::AVP,
            events: EVENTS_OFFERED,
            offers_events: true,
            codecs: Law::ALL.into(),
            agreed: None,
        }
    }

    /// Offers no telephone-events, so that the other end listens to tones.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.offers_events = false;
        self
    }

    /// Offers these codecs only, the preferred first.
    #[must_use]
    pub fn with_codecs(mut self, codecs: &[Law]) -> Self {
        self.codecs = codecs.into();
        self
    }

    /// Returns what was agreed on last.
    #[must_use]
    pub const fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Returns whether our offer waits for its answer.
    #[must_use]
    pub const fn is_offering(&self) -> bool {
        self.is_offering
    }

    /// Returns an offer of all that we speak, in both directions: in a response to an INVITE without one, or in a request of
    /// ours (RFC 6337, section 5.2.5). The media lines of earlier descriptions keep their places (RFC 3264, section 8).
    pub fn offer(&mut self) -> String {
        self.is_offering = true;
        let local = self.local;
        let mut audio = format!("m=audio {} {}", local.rtp.port(), self.transport);
        for codec in &self.codecs {
            let _never_fails = write!(audio, " {}", codec.payload_type());
        }
        if self.offers_events {
            let _never_fails = write!(audio, " {}", self.events);
        }
        audio += "\r\n";
        for codec in &self.codecs {
            let _never_fails = write!(audio, "a=rtpmap:{} {}/8000\r\n", codec.payload_type(), codec.name());
        }
        if self.offers_events {
            audio += &events_lines(self.events);
        }
        audio += &end_lines(Direction::SendRecv, &rtcp_line(local));
        audio += "a=rtcp-mux\r\n";
        self.print(&audio)
    }

    /// Takes our offer back: the request that carried it was refused.
    pub fn withdraw(&mut self) {
        self.is_offering = false;
    }

    /// Takes an offer and returns the answer.
    ///
    /// # Errors
    /// Says why it is refused, and with which status code; see [`OfferError`].
    pub fn answer(&mut self, offer: &[u8]) -> Result<String, OfferError> {
        if self.is_offering {
            return Err(OfferError::OutOfTurn);
        }
        let description = Description::read(offer, self.local.rtp.ip())?;
        let (at, agreed) = description.first_usable()?;
        self.audio_at = at;
        self.transport = description.lines.get(at).map_or(description::AVP, Line::transport);
        self.events = agreed.events.unwrap_or(self.events);
        let others = description.lines.iter().enumerate().filter(|(other, _)| *other != at);
        self.others = others.map(|(_, line)| line.rejected()).collect();
        self.agreed = Some(agreed);
        Ok(self.print(&self.answered(agreed)))
    }

    /// Takes the answer to our offer.
    ///
    /// # Errors
    /// Says why the call cannot go on with it; the offer counts as answered. See [`OfferError`].
    pub fn take_answer(&mut self, answer: &[u8]) -> Result<(), OfferError> {
        if !std::mem::take(&mut self.is_offering) {
            return Err(OfferError::OutOfTurn);
        }
        let description = Description::read(answer, self.local.rtp.ip())?;
        if description.lines.len() != self.others.len() + 1 {
            return Err(OfferError::Malformed);
        }
        let line = description.lines.get(self.audio_at).ok_or(OfferError::Malformed)?;
        self.agreed = Some(line.audio?);
        Ok(())
    }

    /// The media line of an answer, with its attributes.
    fn answered(&self, agreed: Agreed) -> String {
        let Agreed { codec, payload_type, events, direction, .. } = agreed;
        let mut audio = format!("m=audio {} {} {payload_type}", self.local.rtp.port(), self.transport);
        if let Some(events) = events {
            let _never_fails = write!(audio, " {events}");
        }
        let _never_fails = write!(audio, "\r\na=rtpmap:{payload_type} {}/8000\r\n", codec.name());
        if let Some(events) = events {
            audio += &events_lines(events);
        }
        let rtcp = match agreed.rtcp {
            RemoteRtcp::Muxed => "a=rtcp-mux\r\n".to_owned(),
            RemoteRtcp::At(_) => rtcp_line(self.local),
        };
        audio + &end_lines(direction, &rtcp)
    }

    /// A whole description with this media line and all others in their places. Its version is one higher than the last
    /// one's if it differs from that (RFC 3264, section 8).
    fn print(&mut self, audio: &str) -> String {
        let address = address(self.local.rtp.ip());
        let mut rest = format!("s=-\r\nc=IN {address}\r\nt=0 0\r\n");
        let (before, after) = self.others.split_at(self.audio_at.min(self.others.len()));
        before.iter().for_each(|line| rest += line);
        rest += audio;
        after.iter().for_each(|line| rest += line);
        let mut hasher = FxHasher::default();
        rest.hash(&mut hasher);
        let fingerprint = hasher.finish();
        if self.fingerprint != Some(fingerprint) {
            self.fingerprint = Some(fingerprint);
            self.version += 1;
        }
        let Self { id, version, .. } = self;
        format!("v=0\r\no=- {id} {version} IN {address}\r\n{rest}")
    }
}

fn address(address: IpAddr) -> String {
    let version = if address.is_ipv4() { "IP4" } else { "IP6" };
    format!("{version} {address}")
}

fn rtcp_line(local: LocalAddress) -> String {
    format!("a=rtcp:{} IN {}\r\n", local.rtcp.port(), address(local.rtcp.ip()))
}

/// Telephone-events 0 to 15: the keys (RFC 4733, section 2.4.1 and table 3).
fn events_lines(payload_type: u8) -> String {
    format!("a=rtpmap:{payload_type} telephone-event/8000\r\na=fmtp:{payload_type} 0-15\r\n")
}

fn end_lines(direction: Direction, rtcp: &str) -> String {
    format!("a=ptime:{PTIME}\r\n{rtcp}a={}\r\n", direction.name())
}

#[cfg(test)]
mod tests;
