//! Makes presses of packets that may be lost, late, doubled or out of order: each press once.
//!
//! What is a new press and what belongs to the last one is decided by what peers cannot get wrong, never by the
//! marker, which many do not set, nor by the end bit, whose packets may all be lost:
//!
//! - A packet with the key of the last press and a timestamp within its span, or at the next segment of it, belongs to
//!   it, since two presses of one key cannot overlap. That holds for gateways too that give every report of a press a
//!   timestamp of its own. Only what is sent after the end, and is not the end again, begins a press all the same: sipp's
//!   clock of timestamps is slower than its keys.
//! - Any other packet begins a new press if its sequence number is newer than those of the last press, and is too late
//!   to be told in order if it is older.

use std::time::Duration;

use super::{SEGMENT_MAX, TelephoneEvent, Volume, time};
use crate::control::call::Digit;
use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};

/// A key of which nothing is heard for so long has gone up: three reports in a row may be lost from a sender that
/// reports every 50 ms, as RFC 2833 proposed.
pub const SILENCE_LIMIT: Duration = Duration::from_millis(200);

/// How long after its last packet a press is known again: some senders say nothing between the first packets of a held
/// key and its end. Far less than the time in which sequence numbers, which tell late from new, come round (5 minutes
/// at 5 ms a packet).
pub const MEMORY: Duration = Duration::from_secs(60);

/// A packet this many places behind is late; one farther behind comes from a sender that has begun a new sequence
/// (`MAX_MISORDER` of RFC 3550, appendix A.1).
pub const MISORDER_MAX: u16 = 100;

/// A packet of telephone events as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The RTP header's sequence number.
    pub sequence: u16,
    /// The RTP header's timestamp.
    pub timestamp: u32,
    /// The payload.
    pub event: TelephoneEvent,
}

/// A change of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// It went down; told at the first packet that comes of the press.
    Pressed(Digit),
    /// It went up again. Each press is told so once, before the next.
    Released {
        /// The key.
        digit: Digit,
        /// How long it was down, as far as was heard.
        duration: Duration,
        /// How loud its tone was.
        volume: Volume,
    },
}

/// The keys of one stream (one SSRC). Events that are not keys are ignored.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Decoder::poll_output`] completely before
/// the next. [`Decoder::poll_timeout`] says when [`Decoder::handle_timeout`] is due.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    last: Option<Press>,
    timers: Timers<Timer>,
    outputs: Outputs<Output>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When a key that is still down counts as up.
    Silence,
    /// When the last press is forgotten.
    Memory,
}

impl Decoder {
    /// Takes a packet as it comes.
    pub fn handle_input(&mut self, now: Instant, packet: Packet) {
        let Some(digit) = packet.event.digit() else { return };
        match &mut self.last {
            Some(last) if last.holds(digit, packet) => last.extend(packet),
            Some(last) if last.is_before(packet) => return,
            _ => {
                self.release();
                self.outputs.push(Output::Pressed(digit));
                self.last = Some(Press::begin(digit, packet));
            }
        }
        self.timers.set(Timer::Memory, now + MEMORY);
        let Some(last) = self.last.as_ref().filter(|last| !last.told) else { return };
        if last.ended {
            self.release();
        } else {
            self.timers.set(Timer::Silence, now + SILENCE_LIMIT);
        }
    }

    /// Does what falls due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Silence => self.release(),
                Timer::Memory => self.last = None,
            }
        }
    }

    /// The next thing that a key did.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Returns when to call [`Decoder::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn release(&mut self) {
        self.timers.clear(Timer::Silence);
        let Some(last) = self.last.as_mut().filter(|last| !last.told) else { return };
        last.told = true;
        let Press { digit, length, volume, .. } = *last;
        self.outputs.push(Output::Released { digit, duration: time(length), volume });
    }
}

/// The last press that began.
#[derive(Clone, Copy, Debug)]
struct Press {
    digit: Digit,
    /// The timestamp at which it began.
    began: u32,
    /// The newest of its packets.
    newest: u16,
    /// How long it has been so far, in timestamp units.
    length: u32,
    volume: Volume,
    /// A packet with the end bit has come.
    ended: bool,
    /// Its release has been told.
    told: bool,
}

impl Press {
    fn begin(digit: Digit, packet: Packet) -> Self {
        let event = packet.event;
        Self {
            digit,
            began: packet.timestamp,
            newest: packet.sequence,
            length: event.duration.into(),
            volume: event.volume,
            ended: event.end,
            told: false,
        }
    }

    /// Returns whether the packet belongs to this press.
    fn holds(&self, digit: Digit, packet: Packet) -> bool {
        let offset = packet.timestamp.wrapping_sub(self.began);
        // The end of a segment may come again after that of the press.
        let is_segment = packet.event.duration == SEGMENT_MAX;
        let is_after_the_end = self.ended && !packet.event.end && !is_segment && !self.is_before(packet);
        let within = offset == 0 || offset < self.length && !is_after_the_end;
        let joins = !self.ended
            && (offset == self.length
                // The last packets of its segments may be lost.
                || (offset.is_multiple_of(SEGMENT_MAX.into()) && !self.is_before(packet)));
        self.digit == digit && (within || joins || self.follows(packet))
    }

    /// Returns whether the packet ends the segment before the first of which anything has come. It may be a repetition,
    /// and so be newer.
    fn follows(&self, packet: Packet) -> bool {
        let TelephoneEvent { end, duration, .. } = packet.event;
        !end && duration == SEGMENT_MAX && packet.timestamp.wrapping_add(duration.into()) == self.began
    }

    fn extend(&mut self, packet: Packet) {
        let event = packet.event;
        if self.follows(packet) {
            self.began = packet.timestamp;
            self.length = self.length.saturating_add(event.duration.into());
        }
        let length = packet.timestamp.wrapping_sub(self.began).saturating_add(event.duration.into());
        if length >= self.length {
            self.length = length;
            self.volume = event.volume;
        }
        self.ended |= event.end;
        if !self.is_before(packet) {
            self.newest = packet.sequence;
        }
    }

    /// Returns whether the packet was sent before the newest of this press.
    fn is_before(&self, packet: Packet) -> bool {
        self.newest.wrapping_sub(packet.sequence) <= MISORDER_MAX
    }
}

#[cfg(test)]
mod tests;
