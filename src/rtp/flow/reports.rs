//! The reports of one flow, both ways.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Identity, PeerFigures, time_of};
use crate::control::time::Instant;
use crate::rtp::receive::Receiver;
use crate::rtp::rtcp::compose::Report;
use crate::rtp::rtcp::ntp::{NtpTime, round_trip};
use crate::rtp::rtcp::{Blocks, Compound, Packet, ReportBlock, SenderInfo, interval};
use crate::rtp::send::{Sender, Sent};

#[derive(Clone, Debug)]
pub(super) struct Reports {
    /// Where the peer takes them in, if not with the packets.
    named: Option<SocketAddr>,
    /// From where they came.
    from: Option<SocketAddr>,
    origin: NtpTime,
    /// What chance decides of the next.
    chance: u64,
    /// Packets that had been sent at the last report, and at the one before.
    sent_before: [u32; 2],
    pub(super) round_trip: Option<Duration>,
    pub(super) peer: Option<PeerFigures>,
}

impl Reports {
    pub(super) fn new(identity: &Identity, named: Option<SocketAddr>) -> Self {
        Self {
            named,
            from: None,
            origin: identity.origin,
            chance: u64::from(identity.ssrc) << 32 | u64::from(identity.timestamp),
            sent_before: [0; 2],
            round_trip: None,
            peer: None,
        }
    }

    pub(super) fn agree(&mut self, named: Option<SocketAddr>) {
        if self.named != named {
            self.named = named;
            self.from = None;
        }
    }

    /// How long it is to the next report.
    pub(super) fn next_interval(&mut self, first: bool) -> Duration {
        // The next of a linear congruence (Knuth's MMIX), whose upper half is even enough to spread reports.
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        interval((self.chance >> 32) as u32, first)
    }

    /// Where reports go, if packets go to `media`: with those, or to where they came from; and to the port that the peer
    /// names, but not to another host, which may be anybody's.
    pub(super) fn destination(&self, media: SocketAddr) -> Option<SocketAddr> {
        let named = match self.named {
            Some(named) => Some(named).filter(|named| named.ip().to_canonical() == media.ip()),
            None => return Some(media),
        };
        self.from.or(named)
    }

    pub(super) fn write(
        &mut self,
        now: Instant,
        (sender, receiver): (&Sender, &mut Receiver),
        cname: &str,
        goodbye: bool,
        datagram: &mut Vec<u8>,
    ) {
        let Sent { packets, octets } = sender.sent();
        let [last, before] = self.sent_before;
        self.sent_before = [packets, last];
        let info =
            || SenderInfo { ntp: self.origin.at(now), timestamp: sender.timestamp_at(now), packets, octets };
        let blocks = receiver.report(now);
        let sender_info = (packets != before).then(info);
        Report { ssrc: sender.ssrc(), sender: sender_info, blocks: &blocks, cname, goodbye }.write(datagram);
    }

    /// Takes reports of somebody who is believed; `ours` is the source of what we send.
    pub(super) fn take(
        &mut self,
        now: Instant,
        from: SocketAddr,
        compound: Compound<'_>,
        ours: u32,
        receiver: &mut Receiver,
    ) {
        self.from = Some(from);
        for packet in compound {
            match packet {
                Packet::SenderReport { ssrc, sender, blocks } => {
                    receiver.note_report(now, ssrc, sender.ntp.middle());
                    self.take_blocks(now, ours, blocks);
                }
                Packet::ReceiverReport { blocks, .. } => self.take_blocks(now, ours, blocks),
                Packet::Goodbye => {}
            }
        }
    }

    fn take_blocks(&mut self, now: Instant, ours: u32, mut blocks: Blocks<'_>) {
        let Some(block) = blocks.find(|block| block.ssrc == ours) else { return };
        let ReportBlock { lost, fraction_lost, jitter, last_sender_report, delay_since, .. } = block;
        self.peer = Some(PeerFigures { lost, fraction_lost, jitter: time_of(jitter) });
        let middle = self.origin.at(now).middle();
        self.round_trip = round_trip(middle, last_sender_report, delay_since).or(self.round_trip);
    }
}
