//! One call's media, both ways.

mod reports;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::encoded::{EncodedLibrary, EncodedName, Payload};
use super::jitter::JitterFigures;
use super::latch::{Expected, Latch, Verdict, canonical};
use super::packet::{Kind, Packet};
use super::receive::{Format, Formats, Pressed, Receiver};
use super::refusal::{Refusal, Refusals};
use super::rtcp::Compound;
use super::rtcp::ntp::NtpTime;
use super::send::{Codec, Outgoing, Sender, Sent};
use crate::control::call::Source;
use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::media::mixer::Frame;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::telephone_event::TelephoneEvent;
use crate::media::telephone_event::decoder;
use reports::Reports;

/// Packets that a call may send in a second: five times what one does with packets of 20 ms.
pub const PACKETS_A_FLOW: u16 = 250;

/// Telephone events that are kept of senders who are not believed yet: those of one press that is all of what they send.
pub const EARLY_EVENTS_MAX: usize = 16;

/// What is drawn by chance for a flow, and where its time comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Our synchronization source.
    pub ssrc: u32,
    /// The sequence number of the first packet.
    pub sequence: u16,
    /// From where our timestamps count.
    pub timestamp: u32,
    /// The time of the run's beginning, as reports tell it.
    pub origin: NtpTime,
}

/// What both sides agreed upon, by offer and answer (RFC 3264).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// From where packets are expected.
    pub expected: Expected,
    /// How our sound is sent.
    pub codec: Codec,
    /// What may come.
    pub formats: Formats,
    /// The peer takes in what we send; not while it holds the call.
    pub sends: bool,
    /// What the peer sends is heard, and its keys are; not while it holds the call.
    pub hears: bool,
    /// How long nothing may come before [`Output::Silent`]; `None` where nothing need come.
    pub silence_max: Option<Duration>,
    /// Where the peer takes in reports: the port above that of the packets, or the one that it names (RFC 3605). `None` if
    /// they go with the packets (RFC 5761).
    pub reports: Option<SocketAddr>,
}

/// What happened in a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// A key went down.
    Pressed(Pressed),
    /// It is time for [`Flow::report`].
    ReportDue,
    /// Nothing has come for as long as was agreed on: the caller is gone. Told once for each agreement.
    Silent,
}

/// What the peer said of our stream in its last report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerFigures {
    /// Packets that it has lost so far.
    pub lost: i32,
    /// The part of packets lost lately, in 256ths.
    pub fraction_lost: u8,
    /// How unevenly they came.
    pub jitter: Duration,
}

/// All figures of a flow, for the record of its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// What was sent.
    pub sent: Sent,
    /// Packets that came of the caller.
    pub received: u64,
    /// Packets that were lost on the way; fewer than none where more came twice.
    pub lost: i64,
    /// How unevenly the caller's packets come.
    pub jitter: Duration,
    /// From us to the peer and back, by its last report that told.
    pub round_trip: Option<Duration>,
    /// What the peer said of our packets.
    pub peer: Option<PeerFigures>,
    /// What became of the caller's sound where it was listened to.
    pub buffer: JitterFigures,
    /// What was not taken.
    pub refusals: Refusals,
}

/// One call's media, both ways.
///
/// The driver calls [`Flow::packet`] every 20 ms of the flow's [slot](super::slots), and [`Flow::pull`] with it while
/// [`Flow::is_decoding`]; it hands over each datagram that comes to the flow's port. After each call but
/// [`Flow::packet`] and [`Flow::report`] it drains [`Flow::poll_output`] completely; [`Flow::poll_timeout`] says when
/// [`Flow::handle_timeout`] is due.
///
/// A caller who waits costs no memory but this, unless keys have to be heard in the sound.
#[derive(Clone, Debug)]
pub struct Flow {
    latch: Latch,
    sender: Sender,
    receiver: Receiver,
    sends: bool,
    reports: Reports,
    silence_max: Option<Duration>,
    /// When something came of the caller, or was agreed on.
    last: Instant,
    /// The second that packets are counted in, and how many came in it.
    second: (u64, u16),
    early: Vec<Early>,
    refusals: Refusals,
    timers: Timers<Timer>,
    outputs: Outputs<Output>,
}

/// A telephone event of a sender who was not believed yet.
#[derive(Clone, Debug)]
struct Early {
    from: SocketAddr,
    ssrc: u32,
    packet: decoder::Packet,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to report.
    Report,
    /// When something must have come.
    Silence,
}

impl Flow {
    /// A flow that sends silence, as soon as it has an address.
    #[must_use]
    pub fn new(now: Instant, identity: Identity, agreement: &Agreement) -> Self {
        let Identity { ssrc, sequence, timestamp, .. } = identity;
        let mut flow = Self {
            latch: Latch::new(agreement.expected),
            sender: Sender::new(ssrc, sequence, timestamp, agreement.codec),
            receiver: Receiver::new(agreement.formats),
            sends: agreement.sends,
            reports: Reports::new(&identity, agreement.reports),
            silence_max: None,
            last: now,
            second: (0, 0),
            early: Vec::new(),
            refusals: Refusals::default(),
            timers: Timers::default(),
            outputs: Outputs::default(),
        };
        let first = now + flow.reports.next_interval(true);
        flow.timers.set(Timer::Report, first);
        flow.expect(now, agreement);
        flow
    }

    /// Takes a new agreement, as of a re-INVITE or UPDATE. Our stream goes on as the same.
    pub fn agree(&mut self, now: Instant, agreement: &Agreement) {
        self.latch.expect(now, agreement.expected);
        self.sender.set_codec(agreement.codec);
        self.receiver.set_formats(agreement.formats);
        self.sends = agreement.sends;
        self.reports.agree(agreement.reports);
        self.expect(now, agreement);
    }

    fn expect(&mut self, now: Instant, agreement: &Agreement) {
        self.receiver.set_hears(agreement.hears);
        self.silence_max = agreement.silence_max;
        self.last = now;
        match agreement.silence_max {
            Some(silence) => self.timers.set(Timer::Silence, now + silence),
            None => self.timers.clear(Timer::Silence),
        }
    }

    /// From this moment on the caller hears this; see [`Sender::hear`].
    pub fn hear(
        &mut self,
        at: Instant,
        source: Source,
        name: Option<Arc<EncodedName>>,
        library: &EncodedLibrary,
    ) {
        self.sender.hear(at, source, name, library);
    }

    /// Somebody listens to the caller from now on, or nobody does any more.
    pub fn listen(&mut self, listens: bool) {
        self.receiver.listen(listens);
    }

    /// Returns how our sound is encoded, for the mix.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.sender.codec()
    }

    /// Returns what may come.
    #[must_use]
    pub fn formats(&self) -> Formats {
        self.receiver.formats()
    }

    /// The packet that is due at `now`, and where it goes; see [`Sender::packet`]. Nothing while the caller holds the call,
    /// and where no address is known that may be sent to: the clock goes on all the same.
    pub fn packet<'p>(
        &mut self,
        now: Instant,
        library: &'p EncodedLibrary,
        mix: Option<&'p Payload>,
        own: &'p mut Payload,
    ) -> Option<(SocketAddr, Outgoing<'p>)> {
        let destination = if self.sends { self.latch.next_destination() } else { None };
        let Some(destination) = destination else {
            self.sender.pass(now);
            return None;
        };
        Some((destination, self.sender.packet(now, library, mix, own)))
    }

    /// Plays the next 20 ms of what the caller says; see [`Receiver::pull`].
    pub fn pull(&mut self, frame: &mut Frame) -> bool {
        let is_there = self.receiver.pull(frame);
        self.take_keys();
        is_there
    }

    /// Whether the caller's sound is decoded.
    #[must_use]
    pub fn is_decoding(&self) -> bool {
        self.receiver.is_decoding()
    }

    /// Takes a datagram that came to the flow's port, or to that of its reports.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let taken = match Kind::of(datagram) {
            Kind::Rtp => self.take_packet(now, from, datagram),
            Kind::Rtcp => self.take_reports(now, from, datagram),
            Kind::Stun if self.latch.hears(from) => Ok(()),
            Kind::Stun => Err(Refusal::Stranger),
            Kind::Unknown => Err(Refusal::Malformed),
        };
        match taken {
            Ok(()) => self.last = now,
            Err(reason) => self.refusals.count(reason),
        }
    }

    /// Does what falls due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.receiver.handle_timeout(now);
        self.take_keys();
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Report => {
                    self.outputs.push(Output::ReportDue);
                    self.timers.set(Timer::Report, now + self.reports.next_interval(false));
                }
                Timer::Silence => match self.silence_max.map(|silence| self.last + silence) {
                    Some(until) if now < until => self.timers.set(Timer::Silence, until),
                    Some(_) => self.outputs.push(Output::Silent),
                    None => {}
                },
            }
        }
    }

    /// The next thing that happened.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// When to call [`Flow::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.timers.next(), self.receiver.poll_timeout()].into_iter().flatten().min()
    }

    /// Appends a report (RFC 3550, section 6), and says where it goes; nothing where no address is known for it.
    /// `cname` names this end, the same in all of its flows (RFC 7022). With `goodbye` it is the last.
    pub fn report(
        &mut self,
        now: Instant,
        cname: &str,
        goodbye: bool,
        datagram: &mut Vec<u8>,
    ) -> Option<SocketAddr> {
        let destination = self.reports.destination(self.latch.next_destination()?)?;
        self.reports.write(now, (&self.sender, &mut self.receiver), cname, goodbye, datagram);
        Some(destination)
    }

    /// All figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            sent: self.sender.sent(),
            received: self.receiver.received(),
            lost: self.receiver.lost(),
            jitter: time_of(self.receiver.jitter()),
            round_trip: self.reports.round_trip,
            peer: self.reports.peer,
            buffer: self.receiver.figures(),
            refusals: self.refusals,
        }
    }

    fn take_packet(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Result<(), Refusal> {
        let packet = Packet::parse(datagram).map_err(|_| Refusal::Malformed)?;
        let header = &packet.header;
        let format = self.receiver.formats().of(header.payload_type);
        if format.is_none() && !self.latch.believes(from) {
            return Err(Refusal::PayloadType);
        }
        match self.latch.judge(now, from, header) {
            Verdict::Refused(reason) => {
                if (reason, format) == (Refusal::Probation, Some(Format::Events)) {
                    self.keep_early_event(from, &packet);
                }
                return Err(reason);
            }
            Verdict::Known => {}
            Verdict::New { replaces } => self.receiver.begin_another(now, header, replaces),
            Verdict::Locked => {
                self.receiver.begin(now, header);
                let from = canonical(from);
                for early in std::mem::take(&mut self.early) {
                    if early.from == from {
                        self.receiver.handle_event(now, early.ssrc, early.packet);
                    }
                }
            }
        }
        self.count_in_this_second(now)?;
        let taken = self.receiver.handle_packet(now, &packet);
        self.take_keys();
        taken
    }

    fn keep_early_event(&mut self, from: SocketAddr, packet: &Packet<'_>) {
        let Ok(event) = TelephoneEvent::parse(packet.payload) else { return };
        if self.early.len() == EARLY_EVENTS_MAX {
            self.early.remove(0);
        }
        let header = packet.header;
        let packet = decoder::Packet { sequence: header.sequence, timestamp: header.timestamp, event };
        self.early.push(Early { from: canonical(from), ssrc: header.ssrc, packet });
    }

    fn take_reports(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Result<(), Refusal> {
        if !self.latch.hears(from) {
            return Err(Refusal::Stranger);
        }
        self.count_in_this_second(now)?;
        let compound = Compound::parse(datagram).map_err(|_| Refusal::Malformed)?;
        self.reports.take(now, from, compound, self.sender.ssrc(), &mut self.receiver);
        Ok(())
    }

    fn count_in_this_second(&mut self, now: Instant) -> Result<(), Refusal> {
        let second = now.micros() / 1_000_000;
        if self.second.0 != second {
            self.second = (second, 0);
        }
        if self.second.1 == PACKETS_A_FLOW {
            return Err(Refusal::TooMany);
        }
        self.second.1 += 1;
        Ok(())
    }

    fn take_keys(&mut self) {
        while let Some(pressed) = self.receiver.poll_output() {
            self.outputs.push(Output::Pressed(pressed));
        }
    }
}

/// The time of so many timestamp units.
fn time_of(units: u32) -> Duration {
    Duration::from_micros(u64::from(units) * 1_000_000 / u64::from(SAMPLES_PER_SECOND))
}

#[cfg(test)]
mod tests;
