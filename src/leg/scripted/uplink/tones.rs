//! Keys as tones in the sound: made, spoilt as the line does, and listened to, frame by frame.

use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use smallvec::SmallVec;

use crate::control::call::Digit;
use crate::control::time::Instant;
use crate::media::dtmf::detector::{Detector, Heard};
use crate::media::dtmf::generator::{Generator, Settings};
use crate::media::impair::conditions::{Conditions, Line};
use crate::media::rate::{FRAME, FRAME_TIME, samples_of};

/// Time for which the bridge keeps listening after the last key: a tone is over once it has been away for longer than
/// any break.
const TAIL: Duration = Duration::from_millis(200);

/// A line with keys on it.
#[derive(Debug)]
pub(super) struct Tones {
    began: Instant,
    frames: u32,
    settings: Settings,
    /// Keys that have not begun to sound: their first sample, and how long they are held.
    waiting: SmallVec<[(u64, Digit, Duration); 4]>,
    sounding: Generator,
    last_up: Instant,
    tail: Duration,
    line: Line,
    detector: Detector,
}

impl Tones {
    pub(super) fn new(now: Instant, faults: &Conditions, chance: &mut ChaCha8Rng) -> Self {
        Self {
            began: now,
            frames: 0,
            settings: faults.keys(),
            waiting: SmallVec::new(),
            sounding: Generator::default(),
            last_up: now,
            tail: TAIL + faults.latest(),
            line: Line::new(faults, chance),
            detector: Detector::new(),
        }
    }

    pub(super) fn press(&mut self, now: Instant, digit: Digit, hold: Duration) {
        let first = u64::from(samples_of(now.since(self.began)));
        self.waiting.push((first, digit, hold));
        self.last_up = self.last_up.max(now + hold);
    }

    /// Returns when the next frame is complete.
    pub(super) fn due(&self) -> Instant {
        self.began + FRAME_TIME * (self.frames + 1)
    }

    /// Carries one frame. Tells which keys the bridge hears in it, and whether nothing more is to come.
    pub(super) fn frame(&mut self, mut heard: impl FnMut(Digit)) -> bool {
        let mut frame = [0; FRAME];
        self.sound(&mut frame);
        self.line.apply(&mut frame);
        self.detector.feed(&frame, |what| match what {
            Heard::Pressed { digit, .. } => heard(digit),
            Heard::ToneBegan | Heard::ToneEnded | Heard::Released(_) => {}
        });
        self.frames += 1;
        self.waiting.is_empty() && self.due() >= self.last_up + self.tail
    }

    fn sound(&mut self, frame: &mut [i16; FRAME]) {
        let first = u64::from(self.frames) * FRAME as u64;
        let mut at = 0;
        loop {
            let next = self.waiting.first().filter(|(start, ..)| *start < first + FRAME as u64);
            let until = next.map_or(FRAME, |(start, ..)| start.saturating_sub(first) as usize);
            self.sounding.render(&mut frame[at..until]);
            at = until;
            if next.is_none() {
                return;
            }
            let (_, digit, hold) = self.waiting.remove(0);
            self.sounding.press(digit, &Settings { on: samples_of(hold), ..self.settings });
        }
    }
}
