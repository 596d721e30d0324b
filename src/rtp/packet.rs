//! One RTP packet as it lies in its datagram (RFC 3550, section 5.1), and what else comes to the same port.

use std::error::Error;
use std::fmt;

/// Length of the header of a packet without contributing sources and extension.
pub const HEADER_BYTES: usize = 12;

/// The version that this is (RFC 3550, section 5.1), in the two highest bits.
const VERSION: u8 = 2 << 6;
const VERSION_BITS: u8 = 0b1100_0000;
const PADDING: u8 = 0b0010_0000;
const EXTENSION: u8 = 0b0001_0000;
const CONTRIBUTING_SOURCES: u8 = 0b0000_1111;
const MARKER: u8 = 0b1000_0000;
const PAYLOAD_TYPE: u8 = 0b0111_1111;

/// Bytes of a contributing source, and of the word in which an extension counts its length.
const WORD: usize = 4;

/// What a datagram on a media port holds, by its first two bytes (RFC 7983, section 7; RFC 5761, section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An RTP packet.
    Rtp,
    /// An RTCP packet, on the same port where both sides agreed to that.
    Rtcp,
    /// A STUN message: some telephones keep a NAT's mapping alive with them.
    Stun,
    /// None of these.
    Unknown,
}

impl Kind {
    /// What this datagram holds; says nothing of whether it is well-formed.
    #[must_use]
    pub fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..=3, ..] => Self::Stun,
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            [..] => Self::Unknown,
        }
    }
}

/// The fields that every packet has, but for those that tell of its own layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// The first packet of a talkspurt (RFC 3551, section 4.1), or of a press (RFC 4733, section 2.5.1.1).
    pub marker: bool,
    /// What the payload is, 0 to 127.
    pub payload_type: u8,
    /// One more with each packet; wraps around.
    pub sequence: u16,
    /// When the payload's first sample was taken, in samples of the payload's clock; wraps around.
    pub timestamp: u32,
    /// The synchronization source: which stream of which sender.
    pub ssrc: u32,
}

impl Header {
    /// The header of a packet without contributing sources, extension and padding: its payload follows. Of the payload
    /// type the seven lowest bits are sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let [s1, s2] = self.sequence.to_be_bytes();
        let [t1, t2, t3, t4] = self.timestamp.to_be_bytes();
        let [i1, i2, i3, i4] = self.ssrc.to_be_bytes();
        let marker = if self.marker { MARKER } else { 0 };
        [VERSION, marker | self.payload_type & PAYLOAD_TYPE, s1, s2, t1, t2, t3, t4, i1, i2, i3, i4]
    }
}

/// A packet, where it lies. Contributing sources are counted and passed over: they name who is in a mix, which nobody
/// here asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'d> {
    /// The fields of its header.
    pub header: Header,
    /// How many contributing sources it names, 0 to 15.
    pub contributing_sources: u8,
    /// Its header extension, if it has one.
    pub extension: Option<Extension<'d>>,
    /// The payload, without padding; may be empty.
    pub payload: &'d [u8],
}

/// A header extension (RFC 3550, section 5.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extension<'d> {
    /// What it is, as its profile defines it.
    pub profile: u16,
    /// What it says: a multiple of 4 bytes.
    pub data: &'d [u8],
}

impl<'d> Packet<'d> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// It is not a packet of this version, or is shorter than it says of itself.
    pub fn parse(datagram: &'d [u8]) -> Result<Self, PacketError> {
        let Some((&[first, second, s1, s2, t1, t2, t3, t4, i1, i2, i3, i4], rest)) =
            datagram.split_first_chunk::<HEADER_BYTES>()
        else {
            return Err(PacketError::TooShort { found: datagram.len() });
        };
        if first & VERSION_BITS != VERSION {
            return Err(PacketError::Version(first >> 6));
        }
        let contributing_sources = first & CONTRIBUTING_SOURCES;
        let rest = rest.get(WORD * usize::from(contributing_sources)..).ok_or(PacketError::Cut)?;
        let (extension, rest) = match first & EXTENSION {
            0 => (None, rest),
            _ => Extension::split(rest).map(|(extension, rest)| (Some(extension), rest))?,
        };
        let payload = match first & PADDING {
            0 => rest,
            _ => without_padding(rest)?,
        };
        let header = Header {
            marker: second & MARKER != 0,
            payload_type: second & PAYLOAD_TYPE,
            sequence: u16::from_be_bytes([s1, s2]),
            timestamp: u32::from_be_bytes([t1, t2, t3, t4]),
            ssrc: u32::from_be_bytes([i1, i2, i3, i4]),
        };
        Ok(Self { header, contributing_sources, extension, payload })
    }
}

impl<'d> Extension<'d> {
    fn split(bytes: &'d [u8]) -> Result<(Self, &'d [u8]), PacketError> {
        let (&[p1, p2, l1, l2], rest) = bytes.split_first_chunk::<WORD>().ok_or(PacketError::Cut)?;
        let words = usize::from(u16::from_be_bytes([l1, l2]));
        let (data, rest) = rest.split_at_checked(WORD * words).ok_or(PacketError::Cut)?;
        Ok((Self { profile: u16::from_be_bytes([p1, p2]), data }, rest))
    }
}

/// The last byte of a padding is its length, itself included.
fn without_padding(padded: &[u8]) -> Result<&[u8], PacketError> {
    let length = usize::from(*padded.last().ok_or(PacketError::Padding)?);
    let payload = padded.len().checked_sub(length).filter(|_| length > 0).ok_or(PacketError::Padding)?;
    Ok(&padded[..payload])
}

/// Why a datagram is not an RTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketError {
    /// It has no room for a header.
    TooShort {
        /// How many bytes there were.
        found: usize,
    },
    /// It has another version than 2.
    Version(u8),
    /// It ends before its contributing sources or its extension do.
    Cut,
    /// It has the padding bit, and its last byte is not the length of a padding.
    Padding,
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { found } => write!(f, "{found} bytes; an RTP header takes {HEADER_BYTES}")?,
            Self::Version(version) => write!(f, "RTP version {version}; only version 2 is known")?,
            Self::Cut => f.write_str("the packet ends within its header")?,
            Self::Padding => f.write_str("the padding is longer than the payload, or has no length")?,
        }
        f.write_str(" (RFC 3550, section 5.1)")
    }
}

impl Error for PacketError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: Header = Header {
        marker: true,
        payload_type: 101,
        sequence: 0x1234,
        timestamp: 0x5678_9ABC,
        ssrc: 0xDEF0_1122,
    };

    const BYTES: [u8; HEADER_BYTES] =
        [0x80, 0xE5, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11, 0x22];

    /// A packet with these bits in its first byte and these bytes behind the first twelve.
    fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
        [&[VERSION | first], &BYTES[1..], rest].concat()
    }

    #[test]
    fn a_header_is_laid_out_as_the_rfc_draws_it() {
        assert_eq!(HEADER.to_bytes(), BYTES);
        let plain = Packet { header: HEADER, contributing_sources: 0, extension: None, payload: &[] };
        assert_eq!(Packet::parse(&BYTES), Ok(plain));
    }

    #[test]
    fn contributing_sources_and_extension_are_passed_over() {
        let rest = [1, 1, 1, 1, 2, 2, 2, 2, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9, 7, 7, 7];
        let bytes = packet(EXTENSION | 2, &rest);
        let read = Packet::parse(&bytes).unwrap();
        assert_eq!((read.header, read.contributing_sources), (HEADER, 2));
        assert_eq!(read.extension, Some(Extension { profile: 0xBEDE, data: &[9; 4] }));
        assert_eq!(read.payload, [7; 3]);
    }

    #[test]
    fn padding_does_not_belong_to_the_payload() {
        let padded = |rest: &[u8]| Packet::parse(&packet(PADDING, rest)).map(|read| read.payload.to_vec());
        assert_eq!(padded(&[7, 7, 0, 0, 3]), Ok(vec![7, 7]));
        assert_eq!(padded(&[0, 0, 0, 4]), Ok(vec![]));
        for wrong in [&[][..], &[7, 7, 0], &[7, 7, 4]] {
            assert_eq!(padded(wrong), Err(PacketError::Padding), "{wrong:?}");
        }
    }

    #[test]
    fn a_packet_that_ends_too_early_is_told_where() {
        assert_eq!(Packet::parse(&BYTES[..11]), Err(PacketError::TooShort { found: 11 }));
        for (first, rest) in
            [(1, &[1, 1, 1][..]), (EXTENSION, &[0xBE, 0xDE, 0]), (EXTENSION, &[0xBE, 0xDE, 0, 1, 9, 9, 9])]
        {
            assert_eq!(Packet::parse(&packet(first, rest)), Err(PacketError::Cut), "{first} {rest:?}");
        }
        assert_eq!(
            PacketError::TooShort { found: 11 }.to_string(),
            "11 bytes; an RTP header takes 12 (RFC 3550, section 5.1)"
        );
    }

    #[test]
    fn other_versions_are_refused() {
        for version in [0, 1, 3] {
            let mut bytes = BYTES;
            bytes[0] = version << 6;
            assert_eq!(Packet::parse(&bytes), Err(PacketError::Version(version)));
        }
    }

    #[test]
    fn rtcp_and_stun_are_told_from_rtp_on_one_port() {
        for (kind, bytes) in [
            (Kind::Rtp, &[0x80, 0][..]),
            (Kind::Rtp, &[0x80, 0xE5]),
            (Kind::Rtp, &[0xBF, 127]),
            (Kind::Rtcp, &[0x80, 200]),
            (Kind::Rtcp, &[0x81, 192]),
            (Kind::Rtcp, &[0x81, 223]),
            (Kind::Rtp, &[0x80, 191]),
            (Kind::Rtp, &[0x80, 224]),
            (Kind::Stun, &[0, 1]),
            (Kind::Unknown, &[22, 254]),
            (Kind::Unknown, &[0x80]),
            (Kind::Unknown, b"\r\n"),
            (Kind::Unknown, &[]),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            marker: bool, payload_type in 0_u8..128, sequence: u16, timestamp: u32, ssrc: u32, payload: Vec<u8>,
        ) {
            let header = Header { marker, payload_type, sequence, timestamp, ssrc };
            let bytes = [&header.to_bytes()[..], &payload].concat();
            let read = Packet::parse(&bytes).unwrap();
            prop_assert_eq!((read.header, read.payload), (header, &payload[..]));
        }

        #[test]
        fn any_bytes_are_read_or_refused(first in VERSION..VERSION + 64, rest: Vec<u8>) {
            let bytes = [&[first], &rest[..]].concat();
            if let Ok(read) = Packet::parse(&bytes) {
                let extension = read.extension.map_or(0, |extension| WORD + extension.data.len());
                let sources = WORD * usize::from(read.contributing_sources);
                prop_assert!(HEADER_BYTES + sources + extension + read.payload.len() <= bytes.len());
            }
        }
    }
}
