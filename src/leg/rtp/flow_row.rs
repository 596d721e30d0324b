//! One call's media as its thread has them: the flow, its socket, and its place in a meeting.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::UdpSocket;

use super::name::NameQuestion;
use super::orders::FlowId;
use super::room::{SAID_MAX, Seat};
use super::shared::Shared;
use super::sockets::BoundPort;
use crate::control::call::{LegId, Prompt, Source};
use crate::control::time::Instant;
use crate::leg::capture::{FlowTap, Way};
use crate::media::rate::FRAME;
use crate::rtp::encoded::{EncodedLibrary, Payload};
use crate::rtp::flow::Flow;
use crate::rtp::packet::HEADER_BYTES;

/// A packet of ours. It is put together here: copying 160 bytes costs a hundredth of the system call that sends them, less
/// than a call that gathers pieces costs more than a plain one.
const PACKET: usize = HEADER_BYTES + FRAME;

/// One call.
#[derive(Debug)]
pub(super) struct FlowRow {
    pub(super) side: u16,
    pub(super) id: FlowId,
    pub(super) bound: BoundPort,
    pub(super) flow: Flow,
    /// Our synchronization source.
    pub(super) ssrc: u32,
    /// Reports go with the packets.
    pub(super) multiplexes: bool,
    leg: Option<LegId>,
    hears_conference: bool,
    seat: Option<Arc<Seat>>,
    name: NameQuestion,
    /// Frames that the caller said, for the mix.
    said: u64,
    tap: Option<Box<FlowTap>>,
    /// Since the call began it has heard what other callers say: their keys may be in it.
    has_heard_callers: bool,
}

impl FlowRow {
    pub(super) fn new(
        key: (u16, FlowId),
        bound: BoundPort,
        flow: Flow,
        ssrc: u32,
        multiplexes: bool,
    ) -> Self {
        Self {
            side: key.0,
            id: key.1,
            bound,
            flow,
            ssrc,
            multiplexes,
            leg: None,
            hears_conference: false,
            seat: None,
            name: NameQuestion::Off,
            said: 0,
            tap: None,
            has_heard_callers: false,
        }
    }

    /// What passes is taken down.
    pub(super) fn tapped_by(self, tap: Option<Box<FlowTap>>) -> Self {
        Self { tap, ..self }
    }

    /// A datagram came to this socket, or to the flow's own.
    pub(super) fn came(&self, socket: Option<&UdpSocket>, from: SocketAddr, datagram: &[u8]) {
        if let Some(tap) = &self.tap {
            tap.datagram(Way::In, (self.port(socket), from), (self.flow.formats(), true), datagram);
        }
    }

    /// A datagram goes from this socket, or from the flow's own.
    pub(super) fn goes(&self, socket: Option<&UdpSocket>, to: SocketAddr, datagram: &[u8]) {
        if let Some(tap) = &self.tap {
            let sound = (self.flow.formats(), self.has_heard_callers);
            tap.datagram(Way::Out, (self.port(socket), to), sound, datagram);
        }
    }

    fn port(&self, socket: Option<&UdpSocket>) -> u16 {
        let other = socket.and_then(|socket| socket.local_addr().ok());
        other.map_or_else(|| self.bound.number(), |ours| ours.port())
    }

    /// The bridge answered.
    pub(super) fn set_leg(&mut self, leg: LegId) {
        self.leg = Some(leg);
    }

    /// The caller hears this from then on.
    pub(super) fn hear(&mut self, at: Instant, source: Source, library: &EncodedLibrary, shared: &Shared) {
        self.name.hear(source);
        if let (NameQuestion::Answering, Some(leg)) = (self.name, self.leg) {
            shared.voices().begin_name(leg);
        }
        self.hears_conference = source == Source::Conference;
        self.has_heard_callers |= match source {
            Source::Conference | Source::Prompt { prompt: Prompt::RecordedName { .. }, .. } => true,
            Source::Prompt { .. } | Source::HoldMusic { .. } | Source::Silence => false,
        };
        let name = match source {
            Source::Prompt { prompt: Prompt::RecordedName { leg, millis }, .. } => {
                shared.voices().name(leg, millis).map(|name| name.encoded)
            }
            Source::Prompt { .. } | Source::HoldMusic { .. } | Source::Silence | Source::Conference => None,
        };
        self.flow.hear(at, source, name, library);
        self.take_seat(shared);
    }

    /// What is due every 20 ms: listens to the caller where somebody does, and sends a packet. Whether one was sent.
    ///
    /// # Errors
    /// The system does not take it.
    pub(super) fn send(
        &mut self,
        due: Instant,
        library: &EncodedLibrary,
        shared: &Shared,
    ) -> io::Result<bool> {
        if self.hears_conference || self.seat.is_some() {
            self.take_seat(shared);
        }
        if self.flow.is_decoding() {
            self.listen(due, shared);
        }
        let mix = self.seat.as_ref().and_then(|seat| seat.board.frame(due));
        let law = self.flow.codec().law;
        let heard = mix.as_ref().zip(self.leg).and_then(|(mix, leg)| mix.heard(leg, law));
        let mut own: Payload = [0; FRAME];
        let Some((destination, packet)) = self.flow.packet(due, library, heard, &mut own) else {
            return Ok(false);
        };
        let mut datagram = [0; PACKET];
        datagram[..HEADER_BYTES].copy_from_slice(&packet.header);
        datagram[HEADER_BYTES..].copy_from_slice(packet.payload);
        self.goes(None, destination, &datagram);
        let Some(socket) = self.bound.socket() else { return Ok(false) };
        socket.send_to(&datagram, destination).map(|_| true)
    }

    fn listen(&mut self, due: Instant, shared: &Shared) {
        let mut frame = [0; FRAME];
        let is_there = self.flow.pull(&mut frame);
        self.said += 1;
        let Some(leg) = self.leg else { return };
        if self.name == NameQuestion::Answering {
            shared.voices().say(leg, &frame);
        }
        if let (Some(seat), true) = (&self.seat, is_there)
            && !seat.board.say(leg, self.said, &frame)
        {
            let effect = "20 ms of a participant are not heard";
            shared.limits().frames.reached(due, SAID_MAX as u64, effect);
        }
    }

    /// Takes the seat in a meeting that the caller has now, or none.
    fn take_seat(&mut self, shared: &Shared) {
        if self.seat.as_ref().is_some_and(|seat| seat.is_left()) {
            self.seat = None;
        }
        if self.seat.is_none() && self.hears_conference {
            self.seat = self.leg.and_then(|leg| shared.seats().get(&leg).cloned());
        }
        self.flow.listen(self.seat.is_some() || self.name != NameQuestion::Off);
    }
}
