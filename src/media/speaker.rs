//! The voice of a simulated participant: a tone of their own, in syllables, so that who is heard where can be told from
//! samples.

use super::level::{peak, sample};
use super::oscillator::{Oscillator, sine_of_turns};
use super::rate::SAMPLES_PER_SECOND;

/// The level of one participant: seven together stay below full scale.
const DBM0: f64 = -16.9;

/// The number of different voices; after that they repeat.
pub const VOICES: u32 = 64;

/// The lowest voice in Hz, and from one to the next. No two of them are the harmonics of one sound.
const LOWEST: f64 = 331.0;
const STEP: f64 = 47.0;

/// A syllable and the pause after it, in samples: shorter than what a mixer bridges (200 ms).
const SYLLABLE: u32 = SAMPLES_PER_SECOND / 4;
const PAUSE: u32 = SAMPLES_PER_SECOND / 10;

/// The rise and fall time of a syllable, in samples.
const RAMP: u32 = SAMPLES_PER_SECOND / 100;

/// One participant's voice. It costs nothing while nobody listens, and goes on from where it was.
#[derive(Clone, Debug)]
pub struct Speaker {
    tone: Oscillator,
    at: u32,
}

impl Speaker {
    /// The voice of the participant with this number.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self { tone: Oscillator::new(Self::frequency(number)), at: 0 }
    }

    /// The frequency of a participant's tone, in Hz.
    #[must_use]
    pub fn frequency(number: u32) -> f64 {
        LOWEST + STEP * f64::from(number % VOICES)
    }

    /// Sounds a steady tone on, as high as the voice.
    pub fn hum(&mut self, out: &mut [i16]) {
        for out in out {
            *out = sample(peak(DBM0) * self.tone.next_sample());
        }
    }

    /// Says what comes next.
    pub fn speak(&mut self, out: &mut [i16]) {
        for out in out {
            let from_an_end = self.at.min(SYLLABLE.saturating_sub(self.at));
            let rise = sine_of_turns(f64::from(from_an_end.min(RAMP)) / f64::from(RAMP) / 4.0).powi(2);
            *out = sample(peak(DBM0) * rise * self.tone.next_sample());
            self.at = (self.at + 1) % (SYLLABLE + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::dtmf::detector::decode;

    fn said(number: u32) -> Vec<i16> {
        let mut samples = vec![0; 16_000];
        Speaker::new(number).speak(&mut samples);
        samples
    }

    #[test]
    fn a_voice_speaks_in_syllables_that_do_not_click() {
        let samples = said(0);
        let silent = samples.chunks(80).filter(|chunk| chunk.iter().all(|sample| *sample == 0)).count();
        assert!((50..=60).contains(&silent), "{silent} of 200 stretches of 10 ms");
        let steepest = peak(DBM0) * std::f64::consts::TAU * Speaker::frequency(0) / 8_000.0;
        let steps = samples.windows(2).map(|pair| f64::from(pair[0].abs_diff(pair[1])));
        assert!(steps.fold(0.0, f64::max) <= steepest * 1.05);
    }

    #[test]
    fn no_voice_is_a_key_and_no_two_of_the_first_are_alike() {
        for number in 0..VOICES {
            assert_eq!(decode(&said(number)), [], "voice {number}");
        }
        assert_eq!(said(3), said(3 + VOICES));
        assert_ne!(said(3), said(4));
    }
}
