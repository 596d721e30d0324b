//! Packets come early, late, twice and in the wrong order; sound is played sample after sample. In between is a ring of
//! samples, each at the place that its packet's timestamp gives it: order and duplicates, packets of any length, and
//! pauses without packets need no rule of their own.
//!
//! How late sound is played follows from how late packets come. A packet that comes after its time makes all that follows
//! later: at once if the sound had run out, else in the next silence; and never by more than [`JITTER_MAX`]. Once no
//! packet has needed the wait for a second, a frame of silence is left out.

use std::time::Duration;

use super::conceal::Concealer;
use crate::media::g711::Law;
use crate::media::mixer::Frame;
use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

/// How long the first packet waits.
pub const JITTER_START: Duration = Duration::from_millis(40);

/// The most sound that waits to be played.
pub const JITTER_MAX: Duration = Duration::from_millis(200);

const START: u32 = samples_in(JITTER_START);
const MAX: u32 = samples_in(JITTER_MAX);
const PULLED: u32 = FRAME as u32;

/// Places in the ring: a power of two above [`MAX`], so that places go round as timestamps do.
const RING: usize = 2_048;
const _: () = assert!(RING.is_power_of_two() && RING >= MAX as usize);

/// Stands in the ring where no sample is: no code of either law decodes to it.
const MISSING: i16 = i16::MIN;

/// Frames in which it is seen how long packets wait: a second.
const WINDOW: u32 = 50;

/// A frame of this power or less is silence, as the mean of squares: -46.9 dBm0, which is 15.9 dB (ITU-T P.56, 8.3) below a
/// voice that is 12 dB softer than RFC 7874 (section 4) has it.
const SILENCE: i64 = 5_319;

const fn samples_in(time: Duration) -> u32 {
    time.as_millis() as u32 * (SAMPLES_PER_SECOND / 1_000)
}

/// What became of packets and samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JitterFigures {
    /// Packets of which nothing could be played any more when they came.
    pub late: u32,
    /// Samples that were made up for such as were missing.
    pub concealed: u64,
    /// Frames that were left out, of silence or of sound that could not wait.
    pub skipped: u32,
    /// Times that the stream's timestamps jumped, and the buffer began again.
    pub resets: u32,
}

/// The buffer of one stream. It begins with the first packet, and goes on with each [`pull`](Self::pull), one every
/// 20 ms.
#[derive(Clone, Debug)]
pub struct JitterBuffer {
    ring: [i16; RING],
    /// Nothing before the first packet.
    position: Option<Position>,
    concealer: Concealer,
    figures: JitterFigures,
}

/// Where playing stands, in timestamps.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// The sample that is played next.
    next: u32,
    /// The first sample behind the newest.
    end: u32,
    /// By how many samples all is to be played later, from the next silence on.
    wanted: u32,
    /// The shortest wait of a packet in this window.
    shortest: Option<u32>,
    /// Frames pulled in this window.
    frames: u32,
}

impl JitterBuffer {
    /// A buffer that goes on counting from these figures.
    #[must_use]
    pub fn new(figures: JitterFigures) -> Self {
        Self { ring: [MISSING; RING], position: None, concealer: Concealer::default(), figures }
    }

    /// Takes the codes of a packet; `newer` says whether its sequence number is newer than all before. What is longer
    /// than [`JITTER_MAX`] is cut: no telephone sends such packets.
    pub fn push(&mut self, timestamp: u32, newer: bool, law: Law, codes: &[u8]) {
        let codes = &codes[..codes.len().min(MAX as usize)];
        let length = codes.len() as u32;
        let mut position = self.position.unwrap_or(Position::begin(timestamp));
        let wait = distance(position.next, timestamp);
        let has_run_out = distance(position.next, position.end) <= 0;
        if wait.unsigned_abs() > MAX && newer {
            self.figures.resets += 1;
            self.ring.fill(MISSING);
            position = Position::begin(timestamp);
        } else if wait.unsigned_abs() > MAX {
            self.figures.late += 1;
            return;
        } else if wait < 0 && has_run_out && newer {
            position.next = timestamp;
        } else if wait < 0 {
            position.wanted = position.wanted.max(wait.unsigned_abs());
            self.figures.late += u32::from(wait.unsigned_abs() >= length);
        }
        let wait = distance(position.next, timestamp).max(0).unsigned_abs();
        position.shortest = Some(position.shortest.map_or(wait, |shortest| shortest.min(wait)));
        let end = timestamp.wrapping_add(length);
        if distance(position.end, end) > 0 {
            position.end = end;
        }
        // Before the packet is put in, so that no place is needed twice.
        while distance(position.next, position.end) > MAX.cast_signed() {
            self.skip(&mut position);
        }
        for (place, code) in (0..).map(|at| timestamp.wrapping_add(at)).zip(codes) {
            if distance(position.next, place) >= 0 {
                self.ring[place as usize % RING] = law.decode_sample(*code);
            }
        }
        self.position = Some(position);
    }

    /// Plays the next 20 ms. Whether there is anything to hear: without, the frame is silent.
    pub fn pull(&mut self, frame: &mut Frame) -> bool {
        let Some(mut position) = self.position else {
            frame.fill(0);
            return false;
        };
        let was_faded = self.concealer.is_faded();
        position.frames += 1;
        let is_over = position.frames >= WINDOW;
        let can_wait_less = position.shortest.is_some_and(|shortest| shortest >= START + PULLED);
        if position.wanted > 0 && self.is_silent(&position) {
            position.wanted = position.wanted.saturating_sub(PULLED);
            frame.fill_with(|| self.conceal());
        } else {
            if is_over && !can_wait_less {
                position.begin_window();
            } else if is_over && self.is_silent(&position) {
                self.skip(&mut position);
            }
            for out in frame {
                let place = &mut self.ring[position.next as usize % RING];
                *out = match std::mem::replace(place, MISSING) {
                    MISSING => self.conceal(),
                    sample => self.concealer.next(Some(sample)),
                };
                position.next = position.next.wrapping_add(1);
            }
        }
        self.position = Some(position);
        !(was_faded && self.concealer.is_faded())
    }

    /// Forgets what waits, for another stream.
    pub fn begin_again(&mut self) {
        self.ring.fill(MISSING);
        self.position = None;
    }

    /// What became of packets and samples so far.
    #[must_use]
    pub fn figures(&self) -> JitterFigures {
        self.figures
    }

    fn conceal(&mut self) -> i16 {
        self.figures.concealed += u64::from(!self.concealer.is_faded());
        self.concealer.next(None)
    }

    /// Whether the next frame is silent, as far as it is there.
    fn is_silent(&self, position: &Position) -> bool {
        let places = (0..PULLED).map(|at| position.next.wrapping_add(at) as usize % RING);
        let samples = places.map(|place| self.ring[place]).filter(|sample| *sample != MISSING);
        let squares = samples.map(|sample| i64::from(sample).pow(2));
        squares.sum::<i64>() <= SILENCE * i64::from(PULLED)
    }

    /// Leaves out a frame.
    fn skip(&mut self, position: &mut Position) {
        for at in 0..PULLED {
            self.ring[position.next.wrapping_add(at) as usize % RING] = MISSING;
        }
        position.next = position.next.wrapping_add(PULLED);
        position.begin_window();
        self.figures.skipped += 1;
    }
}

impl Position {
    fn begin(timestamp: u32) -> Self {
        let next = timestamp.wrapping_sub(START);
        Self { next, end: timestamp, wanted: 0, shortest: None, frames: 0 }
    }

    fn begin_window(&mut self) {
        self.shortest = None;
        self.frames = 0;
    }
}

/// How many samples one timestamp is behind another; below zero if it is before it.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests;
