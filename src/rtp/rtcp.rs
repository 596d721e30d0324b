//! Reports about streams (RFC 3550, section 6): here those that come, read where they lie. [`compose`] writes ours,
//! [`reception`] counts what ours tell, [`ntp`] has their times.

pub mod compose;
pub mod ntp;
pub mod reception;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use ntp::NtpTime;

/// The mean time between two reports of one stream (RFC 3550, section 6.2: the recommended minimum).
pub const INTERVAL: Duration = Duration::from_secs(5);

/// Report blocks that fit one report (RFC 3550, section 6.4.1: a count of 5 bits).
pub const BLOCKS_MAX: usize = 31;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;

const VERSION: u8 = 2 << 6;
const VERSION_BITS: u8 = 0b1100_0000;
const PADDING: u8 = 0b0010_0000;
const COUNT: u8 = 0b0001_1111;

/// Bytes in which lengths are counted.
const WORD: usize = 4;
const BLOCK_BYTES: usize = 24;

/// When the next report is due after the last, or after the beginning: [`INTERVAL`], half as much more or less by
/// chance, so that streams which began together do not report together; the first comes after half of that
/// (RFC 3550, section 6.2). There is nobody to reconsider the time for, since a call has two ends.
#[must_use]
pub fn interval(chance: u32, first: bool) -> Duration {
    let micros = INTERVAL.as_micros() as u64;
    let micros = micros / 2 + micros * u64::from(chance) / u64::from(u32::MAX);
    Duration::from_micros(if first { micros / 2 } else { micros })
}

/// What a sender says of its own stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SenderInfo {
    /// When this was said.
    pub ntp: NtpTime,
    /// The same moment in the stream's timestamps.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Bytes of payload sent so far.
    pub octets: u32,
}

/// What a receiver says of one stream (RFC 3550, section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportBlock {
    /// Which stream.
    pub ssrc: u32,
    /// The part of packets lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Packets lost so far; fewer than none where some came twice. 24 bits are sent, and what does not fit is held at
    /// the nearest that does.
    pub lost: i32,
    /// The highest sequence number that came, and above its 16 bits how often numbers have wrapped around.
    pub highest_sequence: u32,
    /// Interarrival jitter, in timestamp units.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's time; 0 if none has come.
    pub last_sender_report: u32,
    /// How long ago that came, in 65,536ths of a second.
    pub delay_since: u32,
}

impl ReportBlock {
    fn parse(bytes: &[u8; BLOCK_BYTES]) -> Self {
        let word = |at: usize| u32::from_be_bytes(std::array::from_fn(|byte| bytes[WORD * at + byte]));
        Self {
            ssrc: word(0),
            fraction_lost: bytes[4],
            // The sign of 24 bits is carried on by an arithmetic shift.
            lost: (word(1) << 8).cast_signed() >> 8,
            highest_sequence: word(2),
            jitter: word(3),
            last_sender_report: word(4),
            delay_since: word(5),
        }
    }
}

/// One packet of a compound. Source descriptions and what is not of RFC 3550 are passed over: nobody here asks for
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packet<'d> {
    /// A report of somebody who sends, and perhaps receives too.
    SenderReport {
        /// Who reports.
        ssrc: u32,
        /// What they send.
        sender: SenderInfo,
        /// What they receive.
        blocks: Blocks<'d>,
    },
    /// A report of somebody who only receives.
    ReceiverReport {
        /// Who reports.
        ssrc: u32,
        /// What they receive.
        blocks: Blocks<'d>,
    },
    /// Streams have ended. Their sources are not read, since a call ends by its signalling.
    Goodbye,
}

/// The blocks of a report, an iterator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocks<'d> {
    rest: &'d [[u8; BLOCK_BYTES]],
}

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(ReportBlock::parse(first))
    }
}

/// A datagram of reports that has been looked through: an iterator of its packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compound<'d> {
    rest: &'d [u8],
}

impl<'d> Compound<'d> {
    /// Looks through a datagram as a whole, since one that is wrong anywhere may be anything (RFC 3550, sections 6.1
    /// and A.2).
    ///
    /// # Errors
    /// It does not begin with a report, or one of its packets is not what it says of itself.
    pub fn parse(datagram: &'d [u8]) -> Result<Self, RtcpError> {
        match datagram {
            [first, SENDER_REPORT | RECEIVER_REPORT, ..] if first & PADDING == 0 => {}
            [_, _, ..] => return Err(RtcpError::NoReport),
            [..] => return Err(RtcpError::Cut),
        }
        let compound = Self { rest: datagram };
        let mut packets = compound;
        while packets.take_packet()?.is_some() {}
        Ok(compound)
    }

    /// The next packet that is known, if one is left.
    fn take_packet(&mut self) -> Result<Option<Packet<'d>>, RtcpError> {
        while let Some((&[first, kind, l1, l2], rest)) = self.rest.split_first_chunk() {
            if first & VERSION_BITS != VERSION {
                return Err(RtcpError::Version(first >> 6));
            }
            let words = usize::from(u16::from_be_bytes([l1, l2]));
            let (body, rest) = rest.split_at_checked(WORD * words).ok_or(RtcpError::Cut)?;
            // Only the last may be padded.
            if first & PADDING != 0 && !rest.is_empty() {
                return Err(RtcpError::Padding);
            }
            self.rest = rest;
            if let Some(packet) = known(kind, first & COUNT, body)? {
                return Ok(Some(packet));
            }
        }
        if self.rest.is_empty() { Ok(None) } else { Err(RtcpError::Cut) }
    }
}

impl<'d> Iterator for Compound<'d> {
    type Item = Packet<'d>;

    fn next(&mut self) -> Option<Packet<'d>> {
        self.take_packet().ok().flatten()
    }
}

fn known(kind: u8, count: u8, body: &[u8]) -> Result<Option<Packet<'_>>, RtcpError> {
    let count = usize::from(count);
    match kind {
        SENDER_REPORT => {
            let (ssrc, rest) = word(body)?;
            let (&ntp, rest) = rest.split_first_chunk().ok_or(RtcpError::Cut)?;
            let (timestamp, rest) = word(rest)?;
            let (packets, rest) = word(rest)?;
            let (octets, rest) = word(rest)?;
            let ntp = NtpTime::from_bits(u64::from_be_bytes(ntp));
            let sender = SenderInfo { ntp, timestamp, packets, octets };
            Ok(Some(Packet::SenderReport { ssrc, sender, blocks: blocks(count, rest)? }))
        }
        RECEIVER_REPORT => {
            let (ssrc, rest) = word(body)?;
            Ok(Some(Packet::ReceiverReport { ssrc, blocks: blocks(count, rest)? }))
        }
        GOODBYE if body.len() < WORD * count => Err(RtcpError::Cut),
        GOODBYE => Ok(Some(Packet::Goodbye)),
        _ => Ok(None),
    }
}

fn word(bytes: &[u8]) -> Result<(u32, &[u8]), RtcpError> {
    let (&word, rest) = bytes.split_first_chunk().ok_or(RtcpError::Cut)?;
    Ok((u32::from_be_bytes(word), rest))
}

/// What stands behind the blocks is an extension of some profile.
fn blocks(count: usize, bytes: &[u8]) -> Result<Blocks<'_>, RtcpError> {
    let (blocks, _) = bytes.as_chunks();
    Ok(Blocks { rest: blocks.get(..count).ok_or(RtcpError::Cut)? })
}

/// Why a datagram is not a compound of reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RtcpError {
    /// A packet is shorter than it says of itself.
    Cut,
    /// The first packet is not a report, or is padded.
    NoReport,
    /// A packet before the last is padded.
    Padding,
    /// A packet has another version than 2.
    Version(u8),
}

impl fmt::Display for RtcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("an RTCP packet is shorter than it says")?,
            Self::NoReport => f.write_str("RTCP that does not begin with a sender or receiver report")?,
            Self::Padding => f.write_str("RTCP with padding before its last packet")?,
            Self::Version(version) => write!(f, "RTCP version {version}; only version 2 is known")?,
        }
        f.write_str(" (RFC 3550, section A.2)")
    }
}

impl Error for RtcpError {}

#[cfg(test)]
mod tests;
