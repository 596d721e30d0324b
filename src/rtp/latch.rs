//! Whose packets a flow believes, and where it sends its own. A telephone behind a NAT sends from another address than
//! the one that it names, so the bridge waits to see; and anyone who can guess a port can send to it, so the bridge does
//! not believe the first who comes (CVE-2017-14099, "RTP Bleed").

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::packet::Header;
use super::refusal::Refusal;
use crate::control::time::Instant;

/// Packets in sequence after which a sender is believed.
pub const LOCK_AFTER: u8 = 5;

/// Packets that are sent to an address which may be anybody's: 5 s of sound.
pub const UNPROVEN_MAX: u16 = 250;

/// How long the locked address must have been silent before another port of its host may take its place.
pub const RELOCK_AFTER: Duration = Duration::from_secs(10);

/// Streams that one address may send: some telephones send keys with a source of their own.
pub const SSRCS: usize = 2;

/// Senders that are watched at once.
pub const CANDIDATES_MAX: usize = 4;

/// How long a sender keeps a less likely one from being believed, and how long one that has fallen silent is watched.
pub const CANDIDATE_LIFE: Duration = Duration::from_secs(1);

/// From where a flow's packets are expected, as signalling knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The address in the peer's session description; `None` where it names none (`0.0.0.0`, on hold), and as good as
    /// none where it is not that of one host.
    pub media: Option<SocketAddr>,
    /// From where the peer's signalling came.
    pub signalling: IpAddr,
    /// The peer is on the list of those who may name any address.
    pub listed: bool,
}

/// How likely a sender is the expected one, the likeliest first. Nobody else is considered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    /// The very address of the session description.
    Media,
    /// Another port of that host: a NAT that maps ports.
    MediaHost,
    /// The host that signalling comes from: a NAT, and an address behind it in the session description.
    Signalling,
}

/// What becomes of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// From now on its sender is believed, and nobody else. Its stream is the only one.
    Locked,
    /// It belongs to a stream that is known.
    Known,
    /// It is the first of another stream of the sender, at most [`SSRCS`] at once.
    New {
        /// The source of the stream that is forgotten for it.
        replaces: Option<u32>,
    },
    /// It is not believed.
    Refused(Refusal),
}

/// The latch of one flow: `Expecting`, then locked to one address and the streams that come from there.
///
/// Each call is one change, and what it answers is all that follows from it; there are no deadlines, since time matters
/// only when somebody sends.
#[derive(Clone, Debug)]
pub struct Latch {
    expected: Expected,
    locked: Option<Locked>,
    /// Those who may be locked to; empty most of the time, and then without memory.
    candidates: Vec<Candidate>,
    /// The address that was locked before the last agreement, and until when it is not believed.
    left: Option<(SocketAddr, Instant)>,
    /// The host of the session description has sent something.
    proven: bool,
    /// Packets sent to addresses that were not proven.
    unproven: u16,
}

#[derive(Clone, Copy, Debug)]
struct Locked {
    address: SocketAddr,
    /// The source that was heard last.
    recent: u32,
    /// The other, if there is one.
    other: Option<u32>,
    heard: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    rank: Rank,
    began: Instant,
    heard: Instant,
    /// The sequence number that would be one more in sequence.
    next: u16,
    in_sequence: u8,
}

impl Latch {
    /// A latch that waits for the first packets.
    #[must_use]
    pub fn new(expected: Expected) -> Self {
        let expected = canonical_expected(expected);
        Self { expected, locked: None, candidates: Vec::new(), left: None, proven: false, unproven: 0 }
    }

    /// Takes a new agreement, as of a re-INVITE or UPDATE: waits again if it names other addresses, and changes nothing
    /// if it names the same, or none for media. What was sent to unproven addresses still counts. What is still under way
    /// from the address that is left must not lock to it again: unless it is named, it is not believed for
    /// [`CANDIDATE_LIFE`].
    pub fn expect(&mut self, now: Instant, expected: Expected) {
        let expected = canonical_expected(expected);
        if expected.media.is_none() || expected == self.expected {
            return;
        }
        let proven = self.proven
            && expected.media.map(|media| media.ip()) == self.expected.media.map(|media| media.ip());
        let left = self.locked().map(|address| (address, now + CANDIDATE_LIFE));
        *self = Self { left, proven, unproven: self.unproven, ..Self::new(expected) };
    }

    /// Judges an RTP packet whose payload type was agreed upon.
    pub fn judge(&mut self, now: Instant, from: SocketAddr, header: &Header) -> Verdict {
        let from = canonical(from);
        let rank = match &mut self.locked {
            Some(locked) if locked.address == from => {
                self.candidates = Vec::new();
                return locked.stream(now, header.ssrc);
            }
            Some(locked) if locked.address.ip() == from.ip() && now >= locked.heard + RELOCK_AFTER => {
                Rank::MediaHost
            }
            Some(_) => {
                let refusal =
                    if self.rank(from).is_some() { Refusal::OtherAddress } else { Refusal::Stranger };
                return Verdict::Refused(refusal);
            }
            None => match self.rank(from) {
                Some(rank) if rank > Rank::Media && self.has_just_left(now, from) => {
                    return Verdict::Refused(Refusal::OtherAddress);
                }
                Some(rank) => rank,
                None => return Verdict::Refused(Refusal::Stranger),
            },
        };
        self.proven |= rank <= Rank::MediaHost;
        if !self.watch(now, from, header, rank) {
            return Verdict::Refused(Refusal::Probation);
        }
        self.locked = Some(Locked { address: from, recent: header.ssrc, other: None, heard: now });
        self.candidates = Vec::new();
        Verdict::Locked
    }

    /// Judges a datagram that is not RTP: whether reports from there are believed. It proves an address, so that more
    /// may be sent there.
    pub fn hears(&mut self, from: SocketAddr) -> bool {
        let from = canonical(from);
        self.proven |= self.rank(from).is_some_and(|rank| rank <= Rank::MediaHost);
        match &self.locked {
            Some(locked) => locked.address.ip() == from.ip(),
            None => self.rank(from).is_some(),
        }
    }

    /// Where the next packet is to be sent; nowhere if no address is known, or if the one that is known may be
    /// anybody's and [`UNPROVEN_MAX`] packets have been sent (no amplification).
    pub fn next_destination(&mut self) -> Option<SocketAddr> {
        if let Some(locked) = &self.locked {
            return Some(locked.address);
        }
        let media = self.expected.media?;
        if !self.is_proven() {
            if self.unproven == UNPROVEN_MAX {
                return None;
            }
            self.unproven += 1;
        }
        Some(media)
    }

    /// The address that is believed, if there is one yet.
    #[must_use]
    pub fn locked(&self) -> Option<SocketAddr> {
        self.locked.map(|locked| locked.address)
    }

    /// Whether this is the address that is believed.
    #[must_use]
    pub fn believes(&self, from: SocketAddr) -> bool {
        self.locked() == Some(canonical(from))
    }

    fn is_proven(&self) -> bool {
        let named_itself = self.expected.media.is_some_and(|media| media.ip() == self.expected.signalling);
        self.proven || self.expected.listed || named_itself
    }

    fn rank(&self, from: SocketAddr) -> Option<Rank> {
        let Expected { media, signalling, .. } = self.expected;
        match media {
            Some(media) if media == from => Some(Rank::Media),
            Some(media) if media.ip() == from.ip() => Some(Rank::MediaHost),
            Some(_) | None => (signalling == from.ip()).then_some(Rank::Signalling),
        }
    }

    fn has_just_left(&self, now: Instant, from: SocketAddr) -> bool {
        self.left.is_some_and(|(left, until)| left == from && now < until)
    }

    /// Takes a packet of a candidate. Whether it is believed now.
    fn watch(&mut self, now: Instant, from: SocketAddr, header: &Header, rank: Rank) -> bool {
        self.candidates.retain(|candidate| now < candidate.heard + CANDIDATE_LIFE);
        let known = |candidate: &Candidate| candidate.from == from && candidate.ssrc == header.ssrc;
        let place = match self.candidates.iter().position(known) {
            Some(place) => place,
            None => match self.make_room(rank) {
                Some(place) => {
                    self.candidates.insert(place, Candidate::new(now, from, header, rank));
                    place
                }
                None => return false,
            },
        };
        let candidate = &mut self.candidates[place];
        candidate.take(now, header.sequence);
        let enough = candidate.in_sequence >= LOCK_AFTER;
        let is_likelier = |other: &Candidate| other.rank < rank && now < other.began + CANDIDATE_LIFE;
        enough && !self.candidates.iter().any(is_likelier)
    }

    /// A place for a candidate of this rank, if need be that of the least likely.
    fn make_room(&mut self, rank: Rank) -> Option<usize> {
        if self.candidates.len() < CANDIDATES_MAX {
            return Some(self.candidates.len());
        }
        let (place, least) =
            self.candidates.iter().enumerate().max_by_key(|(_, candidate)| candidate.rank)?;
        let takes_it = rank < least.rank;
        takes_it.then(|| self.candidates.remove(place)).map(|_| place)
    }
}

impl Locked {
    fn stream(&mut self, now: Instant, ssrc: u32) -> Verdict {
        self.heard = now;
        if self.recent == ssrc {
            return Verdict::Known;
        }
        let other = self.other.replace(self.recent);
        self.recent = ssrc;
        if other == Some(ssrc) { Verdict::Known } else { Verdict::New { replaces: other } }
    }
}

impl Candidate {
    fn new(now: Instant, from: SocketAddr, header: &Header, rank: Rank) -> Self {
        Self { from, ssrc: header.ssrc, rank, began: now, heard: now, next: header.sequence, in_sequence: 0 }
    }

    /// A packet that comes twice changes nothing; any other that is not the next begins the sequence again.
    fn take(&mut self, now: Instant, sequence: u16) {
        self.heard = now;
        let last = self.next.wrapping_sub(1);
        if sequence == last && self.in_sequence > 0 {
            return;
        }
        self.in_sequence = if sequence == self.next { self.in_sequence + 1 } else { 1 };
        self.next = sequence.wrapping_add(1);
    }
}

fn canonical_expected(expected: Expected) -> Expected {
    let media = expected.media.map(canonical);
    let is_one_host = |media: &SocketAddr| {
        let is_broadcast = matches!(media.ip(), IpAddr::V4(ip) if ip.is_broadcast());
        !(media.ip().is_unspecified() || media.ip().is_multicast() || is_broadcast || media.port() == 0)
    };
    let signalling = expected.signalling.to_canonical();
    Expected { media: media.filter(is_one_host), signalling, ..expected }
}

/// A socket of both families shows IPv4 senders as IPv6 addresses.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests;
