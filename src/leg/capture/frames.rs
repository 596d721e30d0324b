//! The frames around messages and packets: what was sent over sockets has none here, so they are made up, each with the
//! addresses, ports and lengths that it had. Of a stream the segments are made up too.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::tap::Way;
use crate::sip::transport::Transport;

/// The most bytes of a message in one frame: what the length of an IPv4 packet has room for, with a few to spare.
const PART_MAX: usize = 65_000;

/// Streams whose bytes are counted; beyond them the count of the longest silent one begins anew.
const STREAMS_MAX: usize = 20_000;

const TCP: u8 = 6;
const UDP: u8 = 17;
const HOPS: u8 = 64;

const FIN: u8 = 1;
const SYN: u8 = 2;
const PUSH: u8 = 8;
const ACK: u8 = 16;

/// A window that never closes.
const WINDOW: u16 = 65_535;

/// Between whom something passes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Ends {
    /// At this machine.
    pub(super) ours: SocketAddr,
    /// At the telephone.
    pub(super) theirs: SocketAddr,
}

impl Ends {
    /// Both with addresses of one family: one that is written as the other's is taken for what it is.
    pub(super) fn new(ours: SocketAddr, theirs: SocketAddr) -> Self {
        let canonical = |at: SocketAddr| SocketAddr::new(at.ip().to_canonical(), at.port());
        let (ours, theirs) = (canonical(ours), canonical(theirs));
        if ours.is_ipv4() == theirs.is_ipv4() {
            return Self { ours, theirs };
        }
        let wide = |at: SocketAddr| match at.ip() {
            IpAddr::V4(address) => SocketAddr::new(address.to_ipv6_mapped().into(), at.port()),
            IpAddr::V6(_) => at,
        };
        Self { ours: wide(ours), theirs: wide(theirs) }
    }

    /// From where to where.
    pub(super) fn along(self, way: Way) -> [SocketAddr; 2] {
        match way {
            Way::In => [self.theirs, self.ours],
            Way::Out => [self.ours, self.theirs],
        }
    }
}

/// A datagram in its frame.
pub(super) fn datagram(ends: Ends, way: Way, payload: &[u8]) -> Vec<u8> {
    let [from, to] = ends.along(way);
    let payload = &payload[..payload.len().min(PART_MAX)];
    let mut packet = Vec::with_capacity(8 + payload.len());
    packet.extend(from.port().to_be_bytes());
    packet.extend(to.port().to_be_bytes());
    packet.extend(length(8 + payload.len()).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(payload);
    // A checksum of 0 says that there is none (RFC 768).
    let sum = match checksum(from.ip(), to.ip(), UDP, &packet) {
        0 => u16::MAX,
        sum => sum,
    };
    packet[6..8].copy_from_slice(&sum.to_be_bytes());
    framed(from.ip(), to.ip(), UDP, &packet)
}

/// The streams that are open, each with what has passed so far.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<(Transport, Ends), Stream>,
    /// Counts what passes, to know who has been silent for longest.
    turn: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    /// The numbers of the next bytes from us and from them.
    ours: u32,
    theirs: u32,
    turn: u64,
}

impl Streams {
    /// A message in its segments; before the first of a stream, those that open it. Telephones open all streams.
    pub(super) fn message(
        &mut self,
        transport: Transport,
        ends: Ends,
        way: Way,
        payload: &[u8],
    ) -> Vec<Vec<u8>> {
        self.turn += 1;
        let mut frames = Vec::new();
        let stream = match self.open.get_mut(&(transport, ends)) {
            Some(stream) => stream,
            None => {
                self.make_room();
                let stream = self.open.entry((transport, ends)).or_default();
                for (way, flags) in [(Way::In, SYN), (Way::Out, SYN | ACK), (Way::In, ACK)] {
                    frames.push(stream.segment(ends, way, flags, &[]));
                }
                stream
            }
        };
        stream.turn = self.turn;
        for part in payload.chunks(PART_MAX) {
            frames.push(stream.segment(ends, way, PUSH | ACK, part));
        }
        frames
    }

    /// The segments that close a stream; none if nothing has passed.
    pub(super) fn close(&mut self, transport: Transport, ends: Ends) -> Vec<Vec<u8>> {
        let Some(mut stream) = self.open.remove(&(transport, ends)) else { return Vec::new() };
        [Way::In, Way::Out].map(|way| stream.segment(ends, way, FIN | ACK, &[])).to_vec()
    }

    fn make_room(&mut self) {
        if self.open.len() >= STREAMS_MAX
            && let Some((oldest, _)) = self.open.iter().min_by_key(|(_, stream)| stream.turn)
        {
            let oldest = *oldest;
            self.open.remove(&oldest);
        }
    }
}

impl Stream {
    fn segment(&mut self, ends: Ends, way: Way, flags: u8, payload: &[u8]) -> Vec<u8> {
        let [from, to] = ends.along(way);
        let (next, seen) = match way {
            Way::In => (&mut self.theirs, self.ours),
            Way::Out => (&mut self.ours, self.theirs),
        };
        let seen = if flags & ACK == 0 { 0 } else { seen };
        let mut packet = Vec::with_capacity(20 + payload.len());
        packet.extend(from.port().to_be_bytes());
        packet.extend(to.port().to_be_bytes());
        packet.extend(next.to_be_bytes());
        packet.extend(seen.to_be_bytes());
        packet.extend([5 << 4, flags]);
        packet.extend(WINDOW.to_be_bytes());
        packet.extend([0; 4]);
        packet.extend(payload);
        let sum = checksum(from.ip(), to.ip(), TCP, &packet);
        packet[16..18].copy_from_slice(&sum.to_be_bytes());
        // What opens or closes a direction has a number of its own (RFC 9293, section 3.4).
        let counted = u32::from(flags & (SYN | FIN) != 0) + u32::from(length(payload.len()));
        *next = next.wrapping_add(counted);
        framed(from.ip(), to.ip(), TCP, &packet)
    }
}

fn framed(from: IpAddr, to: IpAddr, protocol: u8, packet: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(40 + packet.len());
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            frame.extend([4 << 4 | 5, 0]);
            frame.extend(length(20 + packet.len()).to_be_bytes());
            frame.extend([0, 0, 0x40, 0, HOPS, protocol, 0, 0]);
            frame.extend(from.octets());
            frame.extend(to.octets());
            let sum = !folded(words(&frame));
            frame[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        (from, to) => {
            frame.extend([6 << 4, 0, 0, 0]);
            frame.extend(length(packet.len()).to_be_bytes());
            frame.extend([protocol, HOPS]);
            frame.extend(wide(from).octets());
            frame.extend(wide(to).octets());
        }
    }
    frame.extend(packet);
    frame
}

/// The checksum of a packet whose own is still 0 (RFC 768, RFC 9293 section 3.1, RFC 8200 section 8.1). Addresses of IPv4
/// that are written as IPv6 have the same sum but for their prefix.
fn checksum(from: IpAddr, to: IpAddr, protocol: u8, packet: &[u8]) -> u16 {
    let address = |address: IpAddr| match address {
        IpAddr::V4(address) => words(&address.octets()),
        IpAddr::V6(address) => words(&address.octets()),
    };
    let pseudo = address(from) + address(to) + u32::from(protocol) + u32::from(length(packet.len()));
    !folded(pseudo + words(packet))
}

/// The sum of 16-bit words: of 65,535 bytes it has room in 32 bits.
fn words(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    };
    bytes.chunks(2).map(word).sum()
}

/// A sum in ones' complement (RFC 1071).
fn folded(sum: u32) -> u16 {
    let once = (sum & 0xFFFF) + (sum >> 16);
    ((once & 0xFFFF) + (once >> 16)) as u16
}

fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

fn wide(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(ours: &str, theirs: &str) -> Ends {
        Ends::new(ours.parse().unwrap(), theirs.parse().unwrap())
    }

    /// The sequence number, the number acknowledged, the flags, and the payload of a segment over IPv4.
    fn segment(frame: &[u8]) -> (u32, u32, u8, &[u8]) {
        let word = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
        (word(24), word(28), frame[33], &frame[40..])
    }

    #[test]
    fn a_datagram_has_its_addresses_ports_length_and_sums() {
        let frame = datagram(ends("192.0.2.1:5060", "198.51.100.7:40000"), Way::In, b"SIP");
        assert_eq!(frame.len(), 20 + 8 + 3);
        assert_eq!(frame[..10], [0x45, 0, 0, 31, 0, 0, 0x40, 0, 64, 17]);
        assert_eq!(frame[12..20], [198, 51, 100, 7, 192, 0, 2, 1]);
        assert_eq!(frame[20..26], [0x9c, 0x40, 0x13, 0xc4, 0, 11]);
        assert_eq!(&frame[28..], b"SIP");
        assert_eq!(folded(words(&frame[..20])), u16::MAX, "the sum over a header with its checksum");
        let pseudo = words(&frame[12..20]) + u32::from(UDP) + 11;
        assert_eq!(folded(pseudo + words(&frame[20..])), u16::MAX);
    }

    #[test]
    fn ipv6_is_framed_as_such_and_ipv4_in_it_as_ipv4() {
        let frame = datagram(ends("[2001:db8::1]:5060", "[2001:db8::2]:5060"), Way::Out, b"x");
        assert_eq!((frame[0] >> 4, frame[6], frame.len()), (6, UDP, 40 + 9));
        let frame = datagram(ends("[::ffff:192.0.2.1]:5060", "192.0.2.2:5060"), Way::Out, b"x");
        assert_eq!(frame[0] >> 4, 4);
        let frame = datagram(ends("[::]:5060", "192.0.2.2:5060"), Way::Out, b"x");
        assert_eq!(frame[0] >> 4, 6);
    }

    #[test]
    fn the_segments_of_a_stream_follow_each_other() {
        let (mut streams, ends) = (Streams::default(), ends("192.0.2.1:5060", "192.0.2.2:4000"));
        let mut frames = streams.message(Transport::Tcp, ends, Way::In, b"INVITE");
        frames.extend(streams.message(Transport::Tcp, ends, Way::Out, b"OK"));
        frames.extend(streams.message(Transport::Tcp, ends, Way::In, b"ACK"));
        frames.extend(streams.close(Transport::Tcp, ends));
        let segments: Vec<_> = frames.iter().map(|frame| segment(frame)).collect();
        assert_eq!(
            segments,
            [
                (0, 0, SYN, &b""[..]),
                (0, 1, SYN | ACK, b""),
                (1, 1, ACK, b""),
                (1, 1, PUSH | ACK, b"INVITE"),
                (1, 7, PUSH | ACK, b"OK"),
                (7, 3, PUSH | ACK, b"ACK"),
                (10, 3, FIN | ACK, b""),
                (3, 11, FIN | ACK, b""),
            ]
        );
        assert!(streams.close(Transport::Tcp, ends).is_empty());
    }

    #[test]
    fn a_message_that_no_packet_carries_is_cut_into_several() {
        let (mut streams, ends) = (Streams::default(), ends("192.0.2.1:5060", "192.0.2.2:4000"));
        let long = vec![b'x'; 2 * PART_MAX + 1];
        let frames = streams.message(Transport::Tls, ends, Way::In, &long);
        let parts: Vec<usize> = frames[3..].iter().map(|frame| frame.len() - 40).collect();
        assert_eq!(parts, [PART_MAX, PART_MAX, 1]);
        assert_eq!(segment(&frames[5]).0, 1 + 2 * PART_MAX as u32);
    }
}
