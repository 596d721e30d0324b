//! The packets that one caller gets: one every 20 ms, whatever is heard.

use std::sync::Arc;

use smallvec::SmallVec;

use super::encoded::{Clip, EncodedLibrary, EncodedName, Payload};
use super::packet::{HEADER_BYTES, Header};
use crate::control::call::Source;
use crate::control::time::Instant;
use crate::media::g711::Law;
use crate::media::rate::{FRAME, FRAME_TIME, SAMPLES_PER_SECOND};

/// Changes that wait for their moment. They are told as they happen, so that one or two wait for the next packet; with
/// more, the earliest counts at once.
pub const CHANGES_MAX: usize = 8;

/// How long a sample lasts.
const MICROSECONDS: u64 = 1_000_000 / SAMPLES_PER_SECOND as u64;

/// How sound is sent: one of the two laws, under the payload type that the peer gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Codec {
    /// The law.
    pub law: Law,
    /// The payload type, 0 to 127.
    pub payload_type: u8,
}

impl Codec {
    /// The law under its static payload type (RFC 3551, section 6).
    #[must_use]
    pub const fn of(law: Law) -> Self {
        Self { law, payload_type: law.payload_type() }
    }
}

/// A packet to send now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outgoing<'p> {
    /// Its header.
    pub header: [u8; HEADER_BYTES],
    /// Its payload, most often where it lies among the sounds.
    pub payload: &'p Payload,
}

/// One stream that is sent. Its synchronization source, sequence and timestamps never jump, whatever is heard, and
/// whether packets are sent or not: telephones lose the sound of a stream that does (RFC 3550, section 5.1).
#[derive(Clone, Debug)]
pub struct Sender {
    ssrc: u32,
    /// The sequence number of the next packet.
    sequence: u16,
    /// The timestamp of a packet that ends as the run begins.
    timestamp: u32,
    codec: Codec,
    playing: Playing,
    /// In the order of their moments.
    changes: SmallVec<[Playing; 1]>,
    /// When the last packet was sent.
    last: Option<Instant>,
    packets: u32,
}

#[derive(Clone, Debug)]
struct Playing {
    since: Instant,
    sound: Playable,
}

#[derive(Clone, Debug)]
enum Playable {
    Silence,
    Prompt(Clip),
    Name(Arc<EncodedName>),
    HoldMusic { begun: Instant },
    Conference,
}

/// What a stream has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sent {
    /// Packets; wraps around (RFC 3550, section 6.4.1).
    pub packets: u32,
    /// Bytes of payload; wraps around.
    pub octets: u32,
}

impl Sender {
    /// A silent stream. All numbers are to be drawn by chance (RFC 3550, section 5.1).
    #[must_use]
    pub fn new(ssrc: u32, sequence: u16, timestamp: u32, codec: Codec) -> Self {
        Self {
            ssrc,
            sequence,
            timestamp,
            codec,
            playing: Playing { since: Instant::ZERO, sound: Playable::Silence },
            changes: SmallVec::new(),
            last: None,
            packets: 0,
        }
    }

    /// Who sends.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// How it is sent.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Sends the same in another way from now on.
    pub fn set_codec(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// From this moment on, to the sample, this is heard. `name` is how a recorded name sounds, if `source` is one;
    /// without it such a name is silence.
    pub fn hear(
        &mut self,
        at: Instant,
        source: Source,
        name: Option<Arc<EncodedName>>,
        library: &EncodedLibrary,
    ) {
        let sound = match (source, name) {
            (Source::Prompt { .. }, Some(name)) => Playable::Name(name),
            (Source::Prompt { prompt, language, .. }, None) => {
                library.prompt(prompt, language).map_or(Playable::Silence, Playable::Prompt)
            }
            (Source::HoldMusic { begun }, _) => Playable::HoldMusic { begun },
            (Source::Silence, _) => Playable::Silence,
            (Source::Conference, _) => Playable::Conference,
        };
        if self.changes.len() == CHANGES_MAX {
            self.playing = self.changes.remove(0);
        }
        self.changes.push(Playing { since: at, sound });
    }

    /// The timestamp of this moment, as it stands in the packet that is sent at it.
    #[must_use]
    pub fn timestamp_at(&self, now: Instant) -> u32 {
        self.timestamp.wrapping_add((now.micros() / MICROSECONDS) as u32)
    }

    /// The packet that is due at `now`: what is heard in the 20 ms before, as a telephone sends what it has just taken
    /// in. `mix` is what is heard of the conference in that time, and `own` is where a payload is put together that a
    /// change falls into.
    ///
    /// After a pause, and at the beginning, it has the marker (RFC 3551, section 4.1).
    pub fn packet<'p>(
        &mut self,
        now: Instant,
        library: &'p EncodedLibrary,
        mix: Option<&'p Payload>,
        own: &'p mut Payload,
    ) -> Outgoing<'p> {
        let header = Header {
            marker: self.last != Some(now - FRAME_TIME),
            payload_type: self.codec.payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp_at(now),
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.last = Some(now);
        let from = now - FRAME_TIME;
        let changes = self.changes.iter().any(|change| change.since < now);
        let steady = if changes { None } else { self.playing.payload(self.codec.law, from, library, mix) };
        let payload = steady.unwrap_or_else(|| {
            self.put_together(from, library, mix, own);
            self.settle(now);
            own
        });
        Outgoing { header: header.to_bytes(), payload }
    }

    /// Lets the packet that is due at `now` pass, since nobody is to hear it: time goes on all the same.
    pub fn pass(&mut self, now: Instant) {
        self.settle(now);
    }

    /// What was sent so far.
    #[must_use]
    pub fn sent(&self) -> Sent {
        Sent { packets: self.packets, octets: self.packets.wrapping_mul(FRAME as u32) }
    }

    fn put_together(
        &self,
        from: Instant,
        library: &EncodedLibrary,
        mix: Option<&Payload>,
        own: &mut Payload,
    ) {
        let law = self.codec.law;
        let (mut playing, mut at) = (&self.playing, 0);
        for next in &self.changes {
            // A moment within a sample counts from the next one on, as it does for the packets that follow.
            let until = next.since.since(from).as_micros().div_ceil(MICROSECONDS.into());
            let until = usize::try_from(until).unwrap_or(FRAME).clamp(at, FRAME);
            playing.copy(law, from, at, library, mix, &mut own[at..until]);
            (playing, at) = (next, until);
        }
        playing.copy(law, from, at, library, mix, &mut own[at..]);
    }

    /// Forgets what is over by now.
    fn settle(&mut self, now: Instant) {
        let begun = self.changes.iter().take_while(|change| change.since < now).count();
        if let Some(last) = self.changes.drain(..begun).next_back() {
            self.playing = last;
        }
        if self.changes.is_empty() {
            self.changes.shrink_to_fit();
        }
    }
}

impl Playing {
    /// What is heard of it in the 20 ms from this moment on; nothing for a name, which may be gone before its packet is.
    fn payload<'p>(
        &self,
        law: Law,
        from: Instant,
        library: &'p EncodedLibrary,
        mix: Option<&'p Payload>,
    ) -> Option<&'p Payload> {
        // Less than a sample earlier.
        let from = from.max(self.since);
        match &self.sound {
            Playable::Silence => Some(library.silence(law)),
            Playable::Prompt(clip) => Some(library.once(law, *clip, samples(self.since, from))),
            Playable::HoldMusic { begun } => Some(library.hold_music(law, samples(*begun, from))),
            Playable::Conference => Some(mix.unwrap_or(library.silence(law))),
            Playable::Name(_) => None,
        }
    }

    /// Copies what is heard of it from sample `at` of the packet on that begins at `from`.
    fn copy(
        &self,
        law: Law,
        from: Instant,
        at: usize,
        library: &EncodedLibrary,
        mix: Option<&Payload>,
        part: &mut [u8],
    ) {
        let moment = from + FRAME_TIME * at as u32 / FRAME as u32;
        let codes = match &self.sound {
            Playable::Name(name) => name.once(law, samples(self.since, moment)),
            Playable::Silence | Playable::Prompt(_) | Playable::HoldMusic { .. } | Playable::Conference => {
                self.payload(law, moment, library, mix).unwrap_or(library.silence(law))
            }
        };
        // The mix is of the packet's own time, all else of any.
        let skipped = if matches!(self.sound, Playable::Conference) { at } else { 0 };
        part.copy_from_slice(&codes[skipped..][..part.len()]);
    }
}

/// Whole samples between two moments; none if they are the other way round.
fn samples(from: Instant, to: Instant) -> u64 {
    to.micros().saturating_sub(from.micros()) / MICROSECONDS
}

#[cfg(test)]
mod tests;
