//! Who is heard: the voices of [`crate::media::speaker`], each a tone of its own, also several at once and over other sound.
//!
//! A sine under a Hann window leaves three lines in the spectrum, of which the outer ones stand to the middle one in a
//! relation that follows from its frequency alone. So few lines are looked at that the next voice, three lines away, does
//! not matter. Speech and music have lines like that too, but none that comes and goes in the rhythm of syllables.

use std::fmt;

use realfft::num_complex::Complex32;

use super::fingerprint::WINDOW;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::speaker::{Speaker, VOICES};

/// How far the outer lines may be from what they are to be, as a share of the middle one's power. A tone that is 5 Hz off
/// is as far.
const OFF_MAX: f32 = 0.12;

/// A tone's middle line has this mean square at least: -50 dB relative to full scale.
const QUIETEST: f32 = 10_700.0;

/// Frames from one syllable to the next: 350 ms.
const RHYTHM: u32 = 35;

/// Of two syllables, frames that hold the tone in both, frames that hold it in neither, and frames in which they may differ.
const BOTH_MIN: u32 = 12;
const NEITHER_MIN: u32 = 5;
const DIFFER_MAX: u32 = 6;

/// Frames without the tone after which the voice is taken to be silent: 300 ms. Between two syllables are 100 ms.
const GONE: u32 = 30;

/// A set of voices.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct VoiceSet(u64);

impl VoiceSet {
    /// The voices in it, by their [numbers](Speaker::new).
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (0..VOICES).filter(move |voice| self.contains(*voice))
    }

    /// Returns whether this voice is in it.
    #[must_use]
    pub const fn contains(self, voice: u32) -> bool {
        voice < VOICES && self.0 >> voice & 1 == 1
    }

    /// Returns whether none is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn insert(&mut self, voice: u32) {
        self.0 |= 1 << voice;
    }
}

impl fmt::Debug for VoiceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.numbers()).finish()
    }
}

/// Where a voice lies in the spectrum, in lines.
pub(super) fn place_of(voice: u32) -> f32 {
    Speaker::frequency(voice) as f32 * WINDOW as f32 / SAMPLES_PER_SECOND as f32
}

/// The voices of which the spectrum of a frame holds the tone.
pub(super) fn tones(spectrum: &[Complex32]) -> VoiceSet {
    // A sine of amplitude 1 gives its middle line a quarter of the window's length.
    let scale = 0.5 * (4.0 / WINDOW as f32).powi(2);
    let mut found = VoiceSet::default();
    for voice in 0..VOICES {
        let place = place_of(voice);
        let line = place.round() as usize;
        let Some(&[before, middle, after]) = spectrum.get(line - 1..=line + 1) else { continue };
        let power = middle.norm_sqr();
        if power * scale < QUIETEST {
            continue;
        }
        let off = place - line as f32;
        // What the Hann window makes of a sine that lies beside its line.
        let (left, right) = (-(1.0 - off) / (2.0 + off), -(1.0 + off) / (2.0 - off));
        let missed = (before - middle * left).norm_sqr() + (after - middle * right).norm_sqr();
        if missed < OFF_MAX * power {
            found.insert(voice);
        }
    }
    found
}

/// Follows the voices of one call.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    /// Of each voice, a bit for each of the latest frames that held its tone, the newest as the lowest.
    held: [u128; VOICES as usize],
    speaking: VoiceSet,
}

impl Default for Tracker {
    fn default() -> Self {
        Self { held: [0; VOICES as usize], speaking: VoiceSet::default() }
    }
}

impl Tracker {
    /// Takes the tones of the next frame; returns the voices that speak and, if those are others than before, since how many
    /// frames.
    pub(super) fn take(&mut self, tones: VoiceSet) -> (VoiceSet, u32) {
        let (mut speaking, mut since) = (VoiceSet::default(), 0);
        for (voice, held) in (0..).zip(&mut self.held) {
            *held = *held << 1 | u128::from(tones.contains(voice));
            let speaks = if self.speaking.contains(voice) {
                let speaks = *held & latest(GONE) != 0;
                since = if speaks { since } else { GONE };
                speaks
            } else {
                let speaks = is_in_rhythm(*held);
                since = if speaks { u128::BITS - held.leading_zeros() } else { since };
                speaks
            };
            if speaks {
                speaking.insert(voice);
            }
        }
        self.speaking = speaking;
        (speaking, since)
    }
}

/// A bit for each of the latest frames.
const fn latest(frames: u32) -> u128 {
    (1 << frames) - 1
}

/// Whether the tone came and went in the latest frames as in as many before.
const fn is_in_rhythm(held: u128) -> bool {
    let (now, before) = (held & latest(RHYTHM), held >> RHYTHM & latest(RHYTHM));
    (now & before).count_ones() >= BOTH_MIN
        && RHYTHM - (now | before).count_ones() >= NEITHER_MIN
        && (now ^ before).count_ones() <= DIFFER_MAX
}
