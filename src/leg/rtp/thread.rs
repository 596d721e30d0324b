//! One media thread: the only loop, and the only sockets.
//!
//! It sleeps until the next millisecond, and then, in this order: takes orders and events, mixes the meetings that are due,
//! sends the packets of all flows that are due, takes in what came, and tells signalling. With fewer flows than milliseconds
//! in a packet's time it passes over some in which nothing is due. Each flow has its millisecond of each 20 for life. A thread that was kept from running sends what fell due within the last 20 ms, one packet of each flow
//! at most, and lets older ones pass: a burst of late packets is worth nothing to a telephone.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::agreement::agreement;
use super::flow_row::FlowRow;
use super::flows::Flows;
use super::line_side::Reserved;
use super::orders::{FlowId, ORDERS, Order, Peer, REPORTS, Report};
use super::replies::Replies;
use super::resting::Resting;
use super::rooms::Rooms;
use super::shared::Shared;
use super::stats::{ThreadStats, count};
use crate::clock::Clock;
use crate::control::event::MeetingEvent;
use crate::control::time::Instant;
use crate::leg::capture::FlowTap;
use crate::media::library::Library;
use crate::rtp::encoded::EncodedLibrary;
use crate::rtp::flow::{Figures, Flow, Identity, Output};
use crate::rtp::rtcp::ntp::NtpTime;
use crate::rtp::rtcp::{Compound, Packet};
use crate::rtp::slots::SLOTS;
use crate::sip::offer::Agreed;
use crate::telemetry::LogLimit;

/// Sockets that are looked at in one turn.
const EVENTS: usize = 4_096;

/// Datagrams that are read of one socket in one turn: one caller's flood does not hold the others up.
const READS: usize = 16;

/// Milliseconds that a thread with few flows sleeps at most: so much later, orders and keys are taken in.
const STRIDE: u64 = 4;

/// Longer datagrams are cut, and refused by those who read them: no telephone sends such.
const DATAGRAM_MAX: usize = 2_048;

/// The socket of reports.
const RTCP: Token = Token(usize::MAX - 1);

/// A message to a media thread.
#[derive(Debug)]
pub(super) enum ToThread {
    /// Of the side with this number.
    Order(u16, Order),
    /// Something happened in a meeting that this thread mixes.
    Meeting(Instant, MeetingEvent),
    /// Wakes it up to stop.
    Stop,
}

/// What a thread is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) clock: Clock,
    /// How long nothing may come of a caller.
    pub(super) media_gone: Option<Duration>,
    pub(super) library: Arc<Library>,
    pub(super) encoded: Arc<EncodedLibrary>,
    pub(super) messages: Receiver<ToThread>,
    /// For each side.
    pub(super) replies: Vec<Replies>,
    pub(super) shared: Arc<Shared>,
    pub(super) stats: Arc<ThreadStats>,
    /// For the reports of those who do not multiplex.
    pub(super) rtcp: UdpSocket,
    /// The name of this end in reports (RFC 7022), the same for all flows.
    pub(super) cname: String,
    /// The time of the clock's zero, as reports tell it.
    pub(super) origin: NtpTime,
    pub(super) seed: u64,
}

/// A media thread.
#[derive(Debug)]
pub(super) struct MediaThread {
    parts: Parts,
    rtcp: mio::net::UdpSocket,
    poll: Poll,
    chance: ChaCha8Rng,
    flows: Flows,
    rooms: Rooms,
    resting: Resting,
    /// Sockets that have more than was read.
    unread: Vec<Token>,
    /// The first millisecond that has not been handled.
    next: u64,
    /// Packets that cannot be sent.
    refused: LogLimit,
}

impl MediaThread {
    pub(super) fn new(parts: Parts) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut rtcp = mio::net::UdpSocket::from_std(parts.rtcp.try_clone()?);
        poll.registry().register(&mut rtcp, RTCP, Interest::READABLE)?;
        let chance = ChaCha8Rng::seed_from_u64(parts.seed);
        let next = parts.clock.now().millis() + 1;
        Ok(Self {
            parts,
            rtcp,
            poll,
            chance,
            flows: Flows::new(),
            rooms: Rooms::default(),
            resting: Resting::default(),
            unread: Vec::new(),
            next,
            refused: LogLimit::default(),
        })
    }

    /// Runs until it is to stop, or until nobody can give it orders any more.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = [0; DATAGRAM_MAX];
        while !self.parts.shared.is_stopping() {
            if self.is_idle() {
                let Ok(message) = self.parts.messages.recv() else { return };
                let now = self.parts.clock.now();
                self.next = now.millis() + 1;
                self.take(now, message);
            }
            self.wait();
            let now = self.parts.clock.now();
            self.take_messages(now);
            self.rooms.handle_timeout(now, &self.parts.library);
            self.send(now);
            self.receive(&mut events, &mut buffer);
            self.resting.handle_timeout(now);
            self.parts.replies.iter_mut().for_each(Replies::settle);
            self.note();
        }
        let now = self.parts.clock.now();
        for (side, flow) in self.flows.keys() {
            self.close(now, side, flow);
        }
    }

    /// Whether nothing happens before the next message.
    fn is_idle(&self) -> bool {
        let is_settled = self.parts.replies.iter().all(Replies::is_settled);
        self.flows.len() == 0 && self.resting.len() == 0 && !self.rooms.are_heard() && is_settled
    }

    fn wait(&self) {
        let next = Instant::from_millis(self.wakes_in());
        loop {
            let left = self.parts.clock.until(next);
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }

    /// The next millisecond in which something is due, or may be.
    fn wakes_in(&self) -> u64 {
        if self.flows.len() >= SLOTS {
            return self.next;
        }
        let last = self.next + STRIDE - 1;
        let is_due = |millisecond: &u64| {
            !self.flows.slots.due(*millisecond).is_empty() || self.rooms.are_due(*millisecond)
        };
        (self.next..last).find(is_due).unwrap_or(last)
    }

    fn take_messages(&mut self, now: Instant) {
        for _ in 0..ORDERS {
            match self.parts.messages.try_recv() {
                Ok(message) => self.take(now, message),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, now: Instant, message: ToThread) {
        let Parts { encoded, shared, .. } = &self.parts;
        match message {
            ToThread::Order(side, order) => match order {
                Order::Open { flow, reserved, agreed, peer, tap } => {
                    self.open(now, (side, flow), reserved, (&agreed, peer), tap);
                }
                Order::Change { flow, agreed, peer } => {
                    if let Some(row) = self.flows.get_mut(side, flow) {
                        let agreement = agreement(&agreed, peer, self.parts.media_gone);
                        row.multiplexes = agreement.reports.is_none();
                        row.flow.agree(now, &agreement);
                    }
                }
                Order::Close { flow } => self.close(now, side, flow),
                Order::Hear { flow, at, source } => {
                    if let Some(row) = self.flows.get_mut(side, flow) {
                        row.hear(at, source, encoded, shared);
                    }
                }
                Order::Leg { flow, leg } => {
                    if let Some(row) = self.flows.get_mut(side, flow) {
                        row.set_leg(leg);
                    }
                }
            },
            ToThread::Meeting(at, event) => self.rooms.take(now, at, event, shared),
            ToThread::Stop => {}
        }
    }

    fn open(
        &mut self,
        now: Instant,
        key: (u16, FlowId),
        reserved: Reserved,
        (agreed, peer): (&Agreed, Peer),
        tap: Option<Box<FlowTap>>,
    ) {
        let (side, id) = key;
        self.close(now, side, id);
        let mut bound = reserved.bound;
        let registered = self.flows.reserve().map_err(io::Error::other).and_then(|index| {
            let socket = bound.socket().ok_or(io::ErrorKind::NotConnected)?;
            let registered = self.poll.registry().register(socket, Token(index as usize), Interest::READABLE);
            registered.inspect_err(|_| self.flows.release(index)).map(|()| index)
        });
        let index = match registered {
            Ok(index) => index,
            Err(error) => {
                tracing::warn!(target: "attendant::sip", %error, "a call has no media, and is ended");
                return self.tell(side, Report::Closed { flow: id, figures: Figures::default() });
            }
        };
        let mut ssrc = self.chance.random();
        while self.flows.has_ssrc(ssrc) {
            ssrc = self.chance.random();
        }
        let (sequence, timestamp) = (self.chance.random(), self.chance.random());
        let identity = Identity { ssrc, sequence, timestamp, origin: self.parts.origin };
        let agreement = agreement(agreed, peer, self.parts.media_gone);
        let flow = Flow::new(now, identity, &agreement);
        let row = FlowRow::new(key, bound, flow, ssrc, agreement.reports.is_none());
        self.flows.insert(index, row.tapped_by(tap));
    }

    fn close(&mut self, now: Instant, side: u16, id: FlowId) {
        let Some(mut row) = self.flows.remove(side, id) else { return };
        report(&mut row, now, (&self.rtcp, &self.parts.cname), true);
        let figures = row.flow.figures();
        self.resting.add(now, row.bound, self.poll.registry());
        self.tell(side, Report::Closed { flow: id, figures });
    }

    fn tell(&mut self, side: u16, report: Report) {
        if !self.parts.replies.get_mut(usize::from(side)).is_none_or(|replies| replies.tell(report)) {
            lose_key(&self.parts.shared, self.parts.clock.now());
        }
    }

    /// Sends what fell due since the last time.
    fn send(&mut self, now: Instant) {
        let until = now.millis() + 1;
        let from = self.next.max(until.saturating_sub(SLOTS as u64));
        for passed in self.next..from.min(self.next + SLOTS as u64) {
            // All flows have missed as many packets as 20 ms have passed.
            let rounds = (from - passed).div_ceil(SLOTS as u64);
            let skipped = self.flows.slots.due(passed).len() as u64 * rounds;
            self.parts.stats.packets_skipped.fetch_add(skipped, std::sync::atomic::Ordering::Relaxed);
        }
        for millisecond in from..until {
            self.send_slot(millisecond);
        }
        self.next = until;
    }

    fn send_slot(&mut self, millisecond: u64) {
        let due = Instant::from_millis(millisecond);
        let Self { parts, rtcp, flows, refused, .. } = self;
        let Parts { clock, encoded, replies, shared, stats, cname, .. } = parts;
        let mut sent = 0;
        for index in flows.slots.due(millisecond) {
            let Some(row) = flows.rows.get_mut(*index as usize).and_then(Option::as_deref_mut) else {
                continue;
            };
            match row.send(due, encoded, shared) {
                Ok(was_sent) => sent += u64::from(was_sent),
                Err(error) => {
                    count(&stats.packets_refused);
                    if let Some(packets) = refused.count(due) {
                        tracing::warn!(target: "attendant::sip", %error, packets, "cannot send media: look at the network and its addresses");
                    }
                }
            }
            if row.flow.poll_timeout().is_some_and(|at| at <= due) {
                row.flow.handle_timeout(due);
            }
            drain(row, due, (rtcp, cname), replies, shared);
        }
        stats.sent(sent, clock.now().since(due));
    }

    /// Takes in what came.
    fn receive(&mut self, events: &mut Events, buffer: &mut [u8; DATAGRAM_MAX]) {
        let unread = std::mem::take(&mut self.unread);
        // Nothing is waited for, and what is interrupted is looked at in a millisecond.
        let _interrupted = self.poll.poll(events, Some(Duration::ZERO));
        let now = self.parts.clock.now();
        for token in unread.into_iter().chain(events.iter().map(|event| event.token())) {
            match token {
                RTCP => self.receive_reports(now, buffer),
                token if Resting::is_resting(token) => self.resting.drain(token),
                token => self.receive_of(now, token, buffer),
            }
        }
    }

    fn receive_of(&mut self, now: Instant, token: Token, buffer: &mut [u8; DATAGRAM_MAX]) {
        let Self { parts, rtcp, flows, unread, .. } = self;
        let Parts { replies, shared, stats, cname, .. } = parts;
        // It may have been closed in this turn.
        let Some(row) = flows.at_mut(token.0) else { return };
        for _ in 0..READS {
            let Some(socket) = row.bound.socket() else { return };
            let (length, from) = match socket.recv_from(buffer) {
                Ok(received) => received,
                // Nothing more, or a network that is gone.
                Err(_) => return,
            };
            count(&stats.datagrams_received);
            row.came(None, from, &buffer[..length]);
            row.flow.handle_datagram(now, from, &buffer[..length]);
            drain(row, now, (rtcp, cname), replies, shared);
        }
        unread.push(token);
    }

    /// Reports that come to the thread's own socket belong to the flow whose stream they are about.
    fn receive_reports(&mut self, now: Instant, buffer: &mut [u8; DATAGRAM_MAX]) {
        let Self { parts, rtcp, flows, unread, .. } = self;
        let Parts { replies, shared, stats, cname, .. } = parts;
        for _ in 0..READS {
            let (length, from) = match rtcp.recv_from(buffer) {
                Ok(received) => received,
                Err(_) => return,
            };
            let datagram = &buffer[..length];
            let Some(row) = stream_of(datagram).and_then(|ssrc| flows.by_ssrc_mut(ssrc)) else {
                count(&stats.reports_astray);
                continue;
            };
            row.came(Some(&*rtcp), from, datagram);
            row.flow.handle_datagram(now, from, datagram);
            drain(row, now, (rtcp, cname), replies, shared);
        }
        unread.push(RTCP);
    }

    fn note(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        let stats = &self.parts.stats;
        stats.flows.store(self.flows.len(), Relaxed);
        stats.resting.store(self.resting.len(), Relaxed);
        stats.meetings.store(self.rooms.len(), Relaxed);
    }
}

/// Tells what happened in a flow.
fn drain(
    row: &mut FlowRow,
    now: Instant,
    reporting: (&mio::net::UdpSocket, &str),
    replies: &mut [Replies],
    shared: &Shared,
) {
    while let Some(output) = row.flow.poll_output() {
        match output {
            Output::Pressed(pressed) => {
                let heard = Report::Heard { flow: row.id, at: now, pressed };
                if !replies.get_mut(usize::from(row.side)).is_none_or(|replies| replies.tell(heard)) {
                    lose_key(shared, now);
                }
            }
            Output::ReportDue => report(row, now, reporting, false),
            Output::Silent => {
                if let Some(replies) = replies.get_mut(usize::from(row.side)) {
                    // Only keys are dropped.
                    let _told = replies.tell(Report::Silent { flow: row.id });
                }
            }
        }
    }
}

/// A key found no room.
fn lose_key(shared: &Shared, now: Instant) {
    shared.limits().keys.reached(now, REPORTS as u64, "a key is not heard");
}

/// Sends a report (RTCP). One that the system does not take is lost, as any may be on the way.
fn report(row: &mut FlowRow, now: Instant, (rtcp, cname): (&mio::net::UdpSocket, &str), goodbye: bool) {
    let mut datagram = Vec::new();
    let Some(destination) = row.flow.report(now, cname, goodbye, &mut datagram) else { return };
    let _lost = if row.multiplexes {
        row.goes(None, destination, &datagram);
        send_from(row, &datagram, destination)
    } else {
        row.goes(Some(rtcp), destination, &datagram);
        rtcp.send_to(&datagram, destination)
    };
}

fn send_from(row: &mut FlowRow, datagram: &[u8], destination: SocketAddr) -> io::Result<usize> {
    row.bound.socket().map_or(Ok(0), |socket| socket.send_to(datagram, destination))
}

/// The stream that a report is about: the first that it names.
fn stream_of(datagram: &[u8]) -> Option<u32> {
    Compound::parse(datagram).ok()?.find_map(|packet| match packet {
        Packet::SenderReport { mut blocks, .. } | Packet::ReceiverReport { mut blocks, .. } => {
            blocks.next().map(|block| block.ssrc)
        }
        Packet::Goodbye => None,
    })
}

#[cfg(test)]
mod tests;
