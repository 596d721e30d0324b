//! Generates keypad tones: one press at a time, in blocks of samples, or a whole row of keys.
//!
//! A tone rises and falls along half a cosine, since a sudden start clicks: it spreads energy over the whole band,
//! where a receiver, or an ear, mistakes it for something else. Durations are measured between the points of
//! half the amplitude, so ramps do not change them.

use std::error::Error;
use std::fmt;

use super::{HIGH_GROUP, frequencies};
use crate::control::call::Digit;
use crate::media::level::{peak, sample};
use crate::media::oscillator::{Oscillator, sine_of_turns};
use crate::media::rate::SAMPLES_PER_SECOND;

/// Samples from silence to full level and back: 4 ms. Longer ramps click less, but both tones must stand within 7 ms
/// of their start (ETSI ES 201 235-2, rise time), and a tone of 40 ms should have most of its length. At 4 ms
/// what falls more than 500 Hz away from both tones is 55 dB below them.
const RAMP: u32 = SAMPLES_PER_SECOND / 250;

/// The pause that `w` stands for, in samples.
const SHORT_PAUSE: u32 = SAMPLES_PER_SECOND / 2;

/// The pause that `W` stands for, in samples.
const LONG_PAUSE: u32 = SAMPLES_PER_SECOND;

/// The settings of key presses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    /// The mean of the two tones' levels, in dBm0. Samples above full scale are clipped.
    pub level_dbm0: f64,
    /// How much louder the tone of the high group is, in dB.
    pub twist_db: f64,
    /// How long a key is held, in samples.
    pub on: u32,
    /// The length of the silence after it, in samples.
    pub off: u32,
    /// The relative frequency error of the low and the high tone: 0.015 is 1.5 % too high.
    pub detune: [f64; 2],
    /// Whether a finger presses the next key of the row too: its high tone sounds as loud as the key's own.
    pub with_neighbor: bool,
}

impl Default for Settings {
    /// The settings of a telephone by ETSI ES 201 235-2: high group -9 dBV and low group -11 dBV, which are -6.8 and
    /// -8.8 dBm in 600 ohms, taken as they stand for dBm0. 100 ms on and 100 ms off as in scenarios.
    fn default() -> Self {
        let tenth = SAMPLES_PER_SECOND / 10;
        Self {
            level_dbm0: -7.8,
            twist_db: 2.0,
            on: tenth,
            off: tenth,
            detune: [0.0; 2],
            with_neighbor: false,
        }
    }
}

impl Settings {
    /// Returns the length of a press with the silence after it, in samples.
    #[must_use]
    pub fn length(&self) -> u64 {
        u64::from(self.on) + u64::from(self.off)
    }

    /// Returns where in a press its tone starts, at half its amplitude: the ramp begins with the press.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.ramp() / 2
    }

    /// A ramp of this length fits into the tone and into the silence; it is even, so it has a middle.
    fn ramp(&self) -> u32 {
        RAMP.min(self.on).min(self.off) & !1
    }
}

/// Generates the samples of one press after the other, in blocks of any size. Allocates nothing.
///
/// From a press on, [`Generator::render`] gives half a ramp, the tone, and the silence after it less half a ramp, so
/// that the tone of the next press starts `on` and `off` samples after this one's. The phases of the tones go on from
/// press to press, as those of a telephone's oscillators do. Before the first press there is nothing to render.
#[derive(Clone, Default, Debug)]
pub struct Generator {
    /// The low, the high, and the high of a neighbor that is pressed too.
    tones: [Oscillator; 3],
    peaks: [f64; 3],
    /// Until the tone has fallen to half its amplitude, and until the press is over, in samples.
    on: u64,
    length: u64,
    ramp: u32,
    /// Samples of this press that have been given.
    at: u64,
}

impl Generator {
    /// Starts a press. The rest of the previous one is discarded: call it when [`Generator::render`] has given all.
    pub fn press(&mut self, digit: Digit, settings: &Settings) {
        let (low, high) = frequencies(digit);
        let [low_off, high_off] = settings.detune;
        let tones = [(low, low_off), (high, high_off), (beside(high), high_off)];
        for (tone, (hz, off)) in self.tones.iter_mut().zip(tones) {
            tone.tune(hz * (1.0 + off));
        }
        let half_twist = settings.twist_db / 2.0;
        let [low, high] = [settings.level_dbm0 - half_twist, settings.level_dbm0 + half_twist].map(peak);
        self.peaks = [low, high, if settings.with_neighbor { high } else { 0.0 }];
        self.ramp = settings.ramp();
        self.on = u64::from(settings.on);
        self.length = settings.length();
        self.at = 0;
    }

    /// Writes the next samples of the press, and returns how many: fewer than fit once it is over.
    /// The rest of the block is unchanged.
    pub fn render(&mut self, out: &mut [i16]) -> usize {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let count = left.min(out.len());
        for out in &mut out[..count] {
            *out = self.next_sample();
        }
        count
    }

    fn next_sample(&mut self) -> i16 {
        let to_go = (self.on + u64::from(self.ramp)).saturating_sub(self.at);
        let risen = ramp(self.at + 1, self.ramp).min(ramp(to_go, self.ramp));
        self.at += 1;
        let tones = self.tones.iter_mut().zip(self.peaks);
        sample(risen * tones.map(|(tone, peak)| peak * tone.next_sample()).sum::<f64>())
    }
}

/// The high tone of the next key in a row, in Hz; of the one before the last.
fn beside(high: f64) -> f64 {
    let at = HIGH_GROUP.iter().position(|hz| *hz == high).unwrap_or_default();
    HIGH_GROUP.get(at + 1).copied().unwrap_or(HIGH_GROUP[HIGH_GROUP.len() - 2])
}

/// The part of the amplitude at the `at`th sample of a ramp, counted from 1; all of it behind the ramp. It passes
/// one half between the two samples in the middle.
fn ramp(at: u64, length: u32) -> f64 {
    if at == 0 {
        0.0
    } else if at > u64::from(length) {
        1.0
    } else {
        // A quarter of a turn at length 0.5: (1 - cos x) / 2 = sin²(x / 2).
        sine_of_turns((at as f64 - 0.5) / f64::from(length) / 4.0).powi(2)
    }
}

/// A part of a row of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// A press.
    Digit(Digit),
    /// Silence of so many samples.
    Pause(u32),
}

/// Parses a row of keys: `0` to `9`, `*`, `#`, `A` to `D` in either case, and `w` and `W` for half a second and a
/// second of silence, as in scenario files.
///
/// # Errors
///
/// The first symbol that is none of these.
pub fn keys(text: &str) -> Result<Vec<Key>, NotAKey> {
    let key = |(before, symbol)| match symbol {
        'w' => Ok(Key::Pause(SHORT_PAUSE)),
        'W' => Ok(Key::Pause(LONG_PAUSE)),
        _ => Digit::from_symbol(symbol).map(Key::Digit).ok_or(NotAKey { symbol, place: before + 1 }),
    };
    text.chars().enumerate().map(key).collect()
}

/// A symbol that is not a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAKey {
    symbol: char,
    /// Counted from 1.
    place: usize,
}

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, place } = self;
        write!(
            f,
            "{symbol:?}, symbol {place}, is not a key: keys are 0-9 * # A-D; w and W pause 0.5 s and 1 s"
        )
    }
}

impl Error for NotAKey {}

/// Returns a row of keys as samples, with the silence after the last one.
#[must_use]
pub fn dial(keys: &[Key], settings: &Settings) -> Vec<i16> {
    let mut samples = Vec::new();
    let mut generator = Generator::default();
    for key in keys {
        let from = samples.len();
        let length = match *key {
            Key::Digit(digit) => {
                generator.press(digit, settings);
                settings.length()
            }
            Key::Pause(length) => u64::from(length),
        };
        samples.resize(from.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)), 0);
        // Nothing is left to render in a pause.
        generator.render(&mut samples[from..]);
    }
    samples
}

#[cfg(test)]
mod tests;
