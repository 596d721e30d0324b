//! What of a session description (RFC 8866) counts for us. `sdp-types` splits the lines; their sense is read here.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use super::{Agreed, Direction, FORMATS_MAX, MEDIA_LINES_MAX, OfferError, RemoteRtcp};
use crate::media::g711::Law;

/// Plain RTP (RFC 3551).
pub(super) const AVP: &str = "RTP/AVP";

/// The transports that we speak: plain RTP, and with feedback that may be left unused (RFC 4585).
const TRANSPORTS: [&str; 2] = [AVP, "RTP/AVPF"];

/// A description: its media lines in order.
pub(super) struct Description {
    pub(super) lines: Vec<Line>,
}

/// A media line.
pub(super) struct Line {
    kind: String,
    transport: String,
    first_format: String,
    /// What we would agree on with it, or why we do not use it.
    pub(super) audio: Result<Agreed, OfferError>,
}

impl Description {
    /// Reads a description of which `local` could use the audio.
    pub(super) fn read(body: &[u8], local: IpAddr) -> Result<Self, OfferError> {
        let session = Session::parse(body).map_err(|_| OfferError::Malformed)?;
        let lines = session.medias.iter().enumerate().map(|(at, media)| Line {
            kind: media.media.clone(),
            transport: media.proto.clone(),
            first_format: formats(media).next().unwrap_or("0").to_owned(),
            audio: if at < MEDIA_LINES_MAX {
                audio(&session, media, local)
            } else {
                Err(OfferError::NoAudio)
            },
        });
        Ok(Self { lines: lines.collect() })
    }

    /// The first media line that we can use and its place, or why we cannot use the first that is audio.
    pub(super) fn first_usable(&self) -> Result<(usize, Agreed), OfferError> {
        let mut error = OfferError::NoAudio;
        for (at, line) in self.lines.iter().enumerate() {
            match line.audio {
                Ok(agreed) => return Ok((at, agreed)),
                Err(other) if error == OfferError::NoAudio => error = other,
                Err(_) => {}
            }
        }
        Err(error)
    }
}

impl Line {
    /// The same line with port 0, as an answer rejects it (RFC 3264, section 6).
    pub(super) fn rejected(&self) -> Box<str> {
        let Self { kind, transport, first_format, .. } = self;
        format!("m={kind} 0 {transport} {first_format}\r\n").into_boxed_str()
    }

    /// The transport's name, of a line that we use.
    pub(super) fn transport(&self) -> &'static str {
        TRANSPORTS.into_iter().find(|known| *known == self.transport).unwrap_or(AVP)
    }
}

fn audio(session: &Session, media: &Media, local: IpAddr) -> Result<Agreed, OfferError> {
    if media.media != "audio" || media.port == 0 {
        return Err(OfferError::NoAudio);
    }
    if !TRANSPORTS.contains(&media.proto.as_str()) {
        return Err(OfferError::Transport);
    }
    let ip =
        address(media.connections.first().or(session.connection.as_ref()).ok_or(OfferError::Malformed)?)?;
    if ip.is_ipv4() != local.is_ipv4() || ip.is_multicast() {
        return Err(OfferError::Address);
    }
    let remote = SocketAddr::new(ip, media.port);
    let encodings: Vec<_> = formats(media).filter_map(|format| encoding(media, format)).collect();
    let codec = encodings.iter().find_map(|(payload_type, name)| {
        Some((Law::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))?, *payload_type))
    });
    let (codec, payload_type) = codec.ok_or(OfferError::NoCodec)?;
    let is_events = |(_, name): &&(u8, &str)| name.eq_ignore_ascii_case("telephone-event");
    // The direction of one medium overrides the session's (RFC 8866, section 6.7).
    let direction =
        direction(&media.attributes).or_else(|| direction(&session.attributes)).unwrap_or_default();
    let receives = direction.receives() && !ip.is_unspecified();
    Ok(Agreed {
        remote,
        rtcp: rtcp(media, remote)?,
        codec,
        payload_type,
        events: encodings.iter().find(is_events).map(|(payload_type, _)| *payload_type),
        direction: Direction::of(direction.sends(), receives).reversed(),
    })
}

fn formats(media: &Media) -> impl Iterator<Item = &str> {
    media.fmt.split_ascii_whitespace().take(FORMATS_MAX)
}

/// The payload type and name of a format at 8,000 Hz: as `a=rtpmap` says, else PCMU and PCMA by their numbers.
fn encoding<'m>(media: &'m Media, format: &str) -> Option<(u8, &'m str)> {
    let payload_type: u8 = format.parse().ok().filter(|payload_type| *payload_type < 128)?;
    let mapped = values(media, "rtpmap").find_map(|value| {
        let (mapped, encoding) = value.trim().split_once(' ')?;
        (mapped.parse() == Ok(payload_type)).then_some(encoding.trim())
    });
    let Some(mapped) = mapped else {
        let codec = Law::from_payload_type(payload_type)?;
        return Some((payload_type, codec.name()));
    };
    let mut parts = mapped.split('/');
    let (name, rate, channels) = (parts.next()?, parts.next()?, parts.next().unwrap_or("1"));
    (rate == "8000" && channels == "1").then_some((payload_type, name))
}

fn values<'m>(media: &'m Media, name: &str) -> impl Iterator<Item = &'m str> {
    media
        .attributes
        .iter()
        .filter(move |found| found.attribute == name)
        .filter_map(|found| found.value.as_deref())
}

fn rtcp(media: &Media, remote: SocketAddr) -> Result<RemoteRtcp, OfferError> {
    if media.has_attribute("rtcp-mux") {
        return Ok(RemoteRtcp::Muxed);
    }
    let Some(value) = values(media, "rtcp").next() else {
        let port = remote.port().checked_add(1).ok_or(OfferError::Malformed)?;
        return Ok(RemoteRtcp::At(SocketAddr::new(remote.ip(), port)));
    };
    let mut parts = value.split_ascii_whitespace();
    let port = parts.next().and_then(|port| port.parse().ok()).ok_or(OfferError::Malformed)?;
    let ip = match parts.nth(2) {
        Some(ip) => ip.parse().map_err(|_| OfferError::Address)?,
        None => remote.ip(),
    };
    Ok(RemoteRtcp::At(SocketAddr::new(ip, port)))
}

fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().find_map(|found| Direction::from_name(&found.attribute))
}

/// The address of a `c=` line. A host name would have to be looked up, which no machine does.
fn address(connection: &Connection) -> Result<IpAddr, OfferError> {
    let text = connection.connection_address.split('/').next().unwrap_or_default();
    text.parse().map_err(|_| OfferError::Address)
}
