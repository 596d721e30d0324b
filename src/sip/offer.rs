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

/// Media lines that are looked at; those beyond are rejected as any other that is not used.
pub const MEDIA_LINES_MAX: usize = 8;

/// Formats of a media line that are looked at.
pub const FORMATS_MAX: usize = 64;

/// How long a packet of ours lasts, in milliseconds, and what we ask for.
pub const PTIME: u8 = 20;

/// The payload type under which we offer telephone-events, until a telephone has chosen its own.
const EVENTS_OFFERED: u8 = 101;

/// The kinds of speech coding that are spoken (ITU-T G.711).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Codec {
    /// µ-law.
    Pcmu,
    /// A-law.
    Pcma,
}

impl Codec {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// Returns the name in `a=rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Returns the payload type that it has without `a=rtpmap` (RFC 3551, table 4).
    #[must_use]
    pub const fn static_payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }
}

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
    pub codec: Codec,
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
            agreed: None,
        }
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
        let mut audio = format!("m=audio {} {} 0 8 {}\r\n", local.rtp.port(), self.transport, self.events);
        for codec in Codec::ALL {
            let _never_fails =
                write!(audio, "a=rtpmap:{} {}/8000\r\n", codec.static_payload_type(), codec.name());
        }
        audio += &events_lines(self.events);
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOCAL: &str = "192.0.2.1:40000";

    fn local_at(rtp: &str) -> LocalAddress {
        let rtp: SocketAddr = rtp.parse().unwrap();
        LocalAddress { rtp, rtcp: SocketAddr::new(rtp.ip(), 39_999) }
    }

    fn local() -> LocalAddress {
        local_at(LOCAL)
    }

    /// A description of a telephone at 198.51.100.7 with these lines after `t=`, each ended by a semicolon.
    fn theirs(lines: &str) -> Vec<u8> {
        let lines: String = lines.split(';').map(|line| format!("{}\r\n", line.trim())).collect();
        format!("v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{lines}")
            .into_bytes()
    }

    fn answer(lines: &str) -> Result<(String, Agreed), OfferError> {
        let mut negotiation = Negotiation::new(7, local());
        let answer = negotiation.answer(&theirs(lines))?;
        Ok((answer, *negotiation.agreed().unwrap()))
    }

    #[test]
    fn an_answer_is_written_line_by_line() {
        let (answer, agreed) = answer(
            "m=audio 4000 RTP/AVP 8 0 96 97; a=rtpmap:96 telephone-event/8000; a=rtpmap:97 opus/48000/2; a=ptime:30",
        )
        .unwrap();
        assert_eq!(
            answer.replace("\r\n", "\n"),
            "v=0
o=- 7 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 40000 RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=rtcp:39999 IN IP4 192.0.2.1
a=sendrecv
"
        );
        assert_eq!(
            agreed,
            Agreed {
                remote: "198.51.100.7:4000".parse().unwrap(),
                rtcp: RemoteRtcp::At("198.51.100.7:4001".parse().unwrap()),
                codec: Codec::Pcma,
                payload_type: 8,
                events: Some(96),
                direction: Direction::SendRecv,
            }
        );
    }

    #[test]
    fn hold_is_answered_by_direction() {
        for (lines, expected) in [
            ("m=audio 4000 RTP/AVP 0", Direction::SendRecv),
            ("m=audio 4000 RTP/AVP 0; a=sendrecv", Direction::SendRecv),
            ("m=audio 4000 RTP/AVP 0; a=sendonly", Direction::RecvOnly),
            ("m=audio 4000 RTP/AVP 0; a=recvonly", Direction::SendOnly),
            ("m=audio 4000 RTP/AVP 0; a=inactive", Direction::Inactive),
            ("a=sendonly; m=audio 4000 RTP/AVP 0", Direction::RecvOnly),
            ("a=sendonly; m=audio 4000 RTP/AVP 0; a=recvonly", Direction::SendOnly),
            ("m=audio 4000 RTP/AVP 0; c=IN IP4 0.0.0.0", Direction::RecvOnly),
            ("m=audio 4000 RTP/AVP 0; c=IN IP4 0.0.0.0; a=recvonly", Direction::Inactive),
        ] {
            let (answer, agreed) = answer(lines).unwrap();
            assert_eq!(agreed.direction, expected, "{lines}");
            assert!(answer.ends_with(&format!("a={}\r\n", expected.name())), "{answer}");
        }
    }

    #[test]
    fn a_call_goes_on_hold_and_comes_back() {
        let mut negotiation = Negotiation::new(7, local());
        let mut play = |lines: &str| {
            let answer = negotiation.answer(&theirs(lines)).unwrap();
            let version = answer.split(' ').nth(2).unwrap().to_owned();
            (version, negotiation.agreed().unwrap().direction)
        };
        assert_eq!(play("m=audio 4000 RTP/AVP 0"), ("1".to_owned(), Direction::SendRecv));
        assert_eq!(play("m=audio 4000 RTP/AVP 0; a=sendonly"), ("2".to_owned(), Direction::RecvOnly));
        assert_eq!(play("m=audio 4000 RTP/AVP 0; a=sendonly"), ("2".to_owned(), Direction::RecvOnly));
        assert_eq!(play("m=audio 4000 RTP/AVP 0"), ("3".to_owned(), Direction::SendRecv));
    }

    #[test]
    fn events_are_chosen_by_clock_rate_at_any_payload_type() {
        let map = |types: &str| format!("m=audio 4000 RTP/AVP 0 {types}");
        for (lines, expected) in [
            (map("101; a=rtpmap:101 telephone-event/8000; a=fmtp:101 0-16"), Some(101)),
            (map("127; a=rtpmap:127 TELEPHONE-EVENT/8000/1"), Some(127)),
            (map("98; a=rtpmap:98 telephone-event/48000"), None),
            (map("98 99; a=rtpmap:98 telephone-event/48000; a=rtpmap:99 telephone-event/8000"), Some(99)),
            (map("101"), None),
            (map("8; a=rtpmap:101 telephone-event/8000"), None),
            (map("128; a=rtpmap:128 telephone-event/8000"), None),
        ] {
            assert_eq!(answer(&lines).unwrap().1.events, expected, "{lines}");
        }
    }

    #[test]
    fn the_offered_order_decides_the_codec() {
        for (lines, codec, payload_type) in [
            ("m=audio 4000 RTP/AVP 0 8", Codec::Pcmu, 0),
            ("m=audio 4000 RTP/AVP 18 8 0", Codec::Pcma, 8),
            ("m=audio 4000 RTP/AVP 96 0; a=rtpmap:96 pcma/8000/1", Codec::Pcma, 96),
            ("m=audio 4000 RTP/AVP 96 8; a=rtpmap:96 PCMU/16000", Codec::Pcma, 8),
            ("m=audio 4000 RTP/AVP 0 8; a=rtpmap:0 G726-32/8000", Codec::Pcma, 8),
        ] {
            let agreed = answer(lines).unwrap().1;
            assert_eq!((agreed.codec, agreed.payload_type), (codec, payload_type), "{lines}");
        }
    }

    #[test]
    fn rejected_media_lines_keep_their_places() {
        let offer = "m=video 5000 RTP/AVP 31 32; m=audio 4000 RTP/AVP 18; m=audio 4002 RTP/AVP 0; m=text 0 RTP/AVP 98";
        let mut negotiation = Negotiation::new(7, local());
        let answer = negotiation.answer(&theirs(offer)).unwrap();
        let media = |body: &str| {
            body.lines().filter(|line| line.starts_with("m=")).map(str::to_owned).collect::<Vec<_>>()
        };
        let expected = [
            "m=video 0 RTP/AVP 31",
            "m=audio 0 RTP/AVP 18",
            "m=audio 40000 RTP/AVP 0",
            "m=text 0 RTP/AVP 98",
        ];
        assert_eq!(media(&answer), expected);
        let later = negotiation.offer();
        assert_eq!(media(&later)[2], "m=audio 40000 RTP/AVP 0 8 101");
        assert_eq!((&media(&later)[..2], media(&later).len()), (&expected.map(str::to_owned)[..2], 4));
        negotiation.take_answer(answer.replace("192.0.2.1", "198.51.100.7").as_bytes()).unwrap();
        assert_eq!(negotiation.agreed().unwrap().remote, "198.51.100.7:40000".parse().unwrap());
    }

    #[test]
    fn media_lines_beyond_the_limit_are_rejected() {
        let before = "m=video 5000 RTP/AVP 31;".repeat(MEDIA_LINES_MAX - 1);
        assert!(answer(&format!("{before}m=audio 4000 RTP/AVP 0")).is_ok());
        let refused = answer(&format!("m=video 5000 RTP/AVP 31;{before}m=audio 4000 RTP/AVP 0"));
        assert_eq!(refused, Err(OfferError::NoAudio));
    }

    #[test]
    fn formats_beyond_the_limit_are_not_looked_at() {
        let unknown = "18 ".repeat(FORMATS_MAX - 1);
        assert!(answer(&format!("m=audio 4000 RTP/AVP {unknown}0")).is_ok());
        assert_eq!(answer(&format!("m=audio 4000 RTP/AVP 18 {unknown}0")), Err(OfferError::NoCodec));
    }

    #[test]
    fn rtcp_goes_where_it_is_asked_for() {
        for (attributes, expected) in [
            ("a=rtcp:5001", Some("198.51.100.7:5001")),
            ("a=rtcp:5001 IN IP4 203.0.113.9", Some("203.0.113.9:5001")),
            ("a=rtcp:5001; a=rtcp-mux", None),
        ] {
            let (answer, agreed) = answer(&format!("m=audio 4000 RTP/AVP 0; {attributes}")).unwrap();
            let at = expected.map_or(RemoteRtcp::Muxed, |at| RemoteRtcp::At(at.parse().unwrap()));
            assert_eq!(agreed.rtcp, at, "{attributes}");
            assert_eq!(answer.contains("a=rtcp-mux"), expected.is_none(), "{answer}");
            assert_eq!(answer.contains("a=rtcp:39999"), expected.is_some(), "{answer}");
        }
    }

    #[test]
    fn what_cannot_be_agreed_on_is_refused_with_its_reason() {
        for (lines, error, codes) in [
            ("m=audio 4000 RTP/SAVP 0", OfferError::Transport, (488, 302)),
            ("m=audio 4000 UDP/TLS/RTP/SAVPF 0", OfferError::Transport, (488, 302)),
            ("m=audio 4000 RTP/AVP 18 9", OfferError::NoCodec, (488, 305)),
            ("m=audio 0 RTP/AVP 0", OfferError::NoAudio, (488, 304)),
            ("m=video 4000 RTP/AVP 31", OfferError::NoAudio, (488, 304)),
            ("m=image 4000 udptl t38; m=audio 0 RTP/AVP 0", OfferError::NoAudio, (488, 304)),
            ("m=audio 4000 RTP/AVP 0; c=IN IP6 2001:db8::7", OfferError::Address, (488, 301)),
            ("m=audio 4000 RTP/AVP 0; c=IN IP4 224.2.36.42/127", OfferError::Address, (488, 301)),
            ("m=audio 4000 RTP/AVP 0; c=IN IP4 phone.example", OfferError::Address, (488, 301)),
            ("m=audio 65535 RTP/AVP 0", OfferError::Malformed, (400, 399)),
            ("m=audio 70000 RTP/AVP 0", OfferError::Malformed, (400, 399)),
            ("m=audio", OfferError::Malformed, (400, 399)),
        ] {
            assert_eq!(answer(lines), Err(error), "{lines}");
            assert_eq!((error.status(), error.warn_code()), codes, "{lines}");
        }
    }

    #[test]
    fn plain_audio_is_taken_beside_encrypted() {
        let (answer, _) = answer("m=audio 4000 RTP/SAVP 0; m=audio 4002 RTP/AVPF 0").unwrap();
        assert!(answer.contains("m=audio 0 RTP/SAVP 0\r\nm=audio 40000 RTP/AVPF 0\r\n"), "{answer}");
    }

    #[test]
    fn a_description_may_be_ipv6() {
        let offer =
            b"v=0\no=- 1 1 IN IP6 2001:db8::7\ns=-\nc=IN IP6 2001:db8::7\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
        let mut negotiation = Negotiation::new(7, local());
        assert_eq!(negotiation.answer(offer), Err(OfferError::Address));
        let mut negotiation = Negotiation::new(7, local_at("[2001:db8::1]:40000"));
        let answer = negotiation.answer(offer).unwrap();
        assert!(answer.contains("c=IN IP6 2001:db8::1\r\n"), "{answer}");
        assert_eq!(negotiation.agreed().unwrap().remote, "[2001:db8::7]:4000".parse().unwrap());
    }

    #[test]
    fn a_refused_offer_changes_nothing() {
        let mut negotiation = Negotiation::new(7, local());
        negotiation.answer(&theirs("m=audio 4000 RTP/AVP 0")).unwrap();
        let before = *negotiation.agreed().unwrap();
        negotiation.answer(&theirs("m=audio 4000 RTP/AVP 18")).unwrap_err();
        assert_eq!(negotiation.agreed(), Some(&before));
        let again = negotiation.answer(&theirs("m=audio 4000 RTP/AVP 0")).unwrap();
        assert!(again.contains("o=- 7 1 "), "{again}");
    }

    #[test]
    fn offers_and_answers_take_turns() {
        let mut negotiation = Negotiation::new(7, local());
        let answer = theirs("m=audio 4000 RTP/AVP 0");
        assert_eq!(negotiation.take_answer(&answer), Err(OfferError::OutOfTurn));
        negotiation.offer();
        assert_eq!(negotiation.answer(&answer), Err(OfferError::OutOfTurn));
        assert_eq!(OfferError::OutOfTurn.status(), 491);
        negotiation.take_answer(&answer).unwrap();
        negotiation.offer();
        negotiation.withdraw();
        assert!(negotiation.answer(&answer).is_ok());
    }

    #[test]
    fn an_answer_that_does_not_fit_the_offer_is_refused() {
        for (lines, error) in [
            ("m=audio 4000 RTP/AVP 0; m=video 5000 RTP/AVP 31", OfferError::Malformed),
            ("m=audio 0 RTP/AVP 0", OfferError::NoAudio),
            ("m=audio 4000 RTP/AVP 18", OfferError::NoCodec),
            ("a=x", OfferError::Malformed),
        ] {
            let mut negotiation = Negotiation::new(7, local());
            negotiation.offer();
            assert_eq!(negotiation.take_answer(&theirs(lines)), Err(error), "{lines}");
            assert!(!negotiation.is_offering());
        }
    }

    /// A description as telephones write it: media lines of some kind, some codecs, some attributes.
    fn descriptions() -> impl Strategy<Value = String> {
        let kind = prop::sample::select(vec!["audio", "audio", "audio", "video", "image"]);
        let transport = prop::sample::select(vec!["RTP/AVP", "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "udptl"]);
        let attribute = prop::sample::select(vec![
            "a=sendonly",
            "a=inactive",
            "a=rtcp:99",
            "a=rtcp-mux",
            "a=rtpmap:96 telephone-event/8000",
            "a=rtpmap:97 PCMA/8000",
            "a=rtpmap:96",
            "c=IN IP4 0.0.0.0",
            "c=IN IP4 10.0.0.1/3",
            "a=fmtp:96 0-15",
        ]);
        let formats =
            prop::collection::vec(prop::sample::select(vec!["0", "8", "18", "96", "97", "t38"]), 1..6);
        let line = (kind, 0u16..3, transport, formats, prop::collection::vec(attribute, 0..5)).prop_map(
            |(kind, port, transport, formats, attributes)| {
                format!(
                    "m={kind} {} {transport} {};{}",
                    port * 2_000,
                    formats.join(" "),
                    attributes.join(";")
                )
            },
        );
        prop::collection::vec(line, 0..10).prop_map(|lines| lines.join(";"))
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _refused = Negotiation::new(7, local()).answer(&body);
            let mut negotiation = Negotiation::new(7, local());
            negotiation.offer();
            let _refused = negotiation.take_answer(&body);
        }

        #[test]
        fn an_answer_has_a_line_for_each_of_the_offer(lines in descriptions()) {
            let mut negotiation = Negotiation::new(7, local());
            let body = theirs(&lines);
            if let Ok(answer) = negotiation.answer(&body) {
                let offered = sdp_types::Session::parse(&body).unwrap();
                let answered = sdp_types::Session::parse(answer.as_bytes()).unwrap();
                prop_assert_eq!(offered.medias.len(), answered.medias.len());
                let used: Vec<_> = answered.medias.iter().filter(|media| media.port != 0).collect();
                prop_assert_eq!(used.len(), 1);
                for (offered, answered) in offered.medias.iter().zip(&answered.medias) {
                    prop_assert_eq!((&offered.media, &offered.proto), (&answered.media, &answered.proto));
                    prop_assert!(answered.fmt.split(' ').all(|format| offered.fmt.split(' ').any(|one| one == format)));
                }
                prop_assert_eq!(negotiation.answer(&body), Ok(answer));
            }
        }

        /// Two of us, one offers, the other answers: both agree on the same, seen from either side.
        #[test]
        fn both_sides_agree_on_the_same(
            first in prop::option::of(prop::sample::select(vec!["0 8 96", "8 96", "97 8", "0"])),
            is_v6 in any::<bool>(),
        ) {
            let hosts = if is_v6 { ["[2001:db8::1]:4000", "[2001:db8::2]:6000"] } else { ["192.0.2.1:4000", "192.0.2.2:6000"] };
            let [at_one, at_two] = hosts.map(local_at);
            let (mut one, mut two) = (Negotiation::new(1, at_one), Negotiation::new(2, at_two));
            if let Some(formats) = first.filter(|_| !is_v6) {
                let lines = format!("m=audio 9 RTP/AVP {formats};a=rtpmap:96 telephone-event/8000;a=rtpmap:97 PCMA/8000");
                one.answer(&theirs(&lines)).unwrap();
            }
            let offer = one.offer();
            let answer = two.answer(offer.as_bytes()).unwrap();
            one.take_answer(answer.as_bytes()).unwrap();
            let (seen_by_one, seen_by_two) = (one.agreed().unwrap(), two.agreed().unwrap());
            prop_assert_eq!((seen_by_one.remote, seen_by_two.remote), (at_two.rtp, at_one.rtp));
            prop_assert_eq!((seen_by_one.rtcp, seen_by_two.rtcp), (RemoteRtcp::Muxed, RemoteRtcp::Muxed));
            let coding = |agreed: &Agreed| (agreed.codec, agreed.payload_type, agreed.events);
            prop_assert_eq!(coding(seen_by_one), coding(seen_by_two));
            prop_assert_eq!(seen_by_one.direction, seen_by_two.direction.reversed());
        }
    }
}
