//! The short tones that answer a key, and the one after which a name is recorded: made here, not recorded.

use super::level::{peak, sample};
use super::oscillator::{Oscillator, sine_of_turns};
use super::rate::SAMPLES_PER_SECOND;
use crate::control::call::Tone;

/// The duration of each tone, in milliseconds.
const MILLISECONDS: u32 = 250;
/// The rise and fall time, in milliseconds: slow enough not to click.
const RAMP: u32 = 10;
/// The level of each: that of the prompts, -23 dBov.
const DBM0: f64 = -16.9;

/// The samples of a tone at [`SAMPLES_PER_SECOND`]. One frequency each, so that no detector takes it for a key.
pub(super) fn samples(tone: Tone) -> Vec<i16> {
    let mut sine = Oscillator::new(match tone {
        Tone::Low => 330.0,
        Tone::High => 990.0,
    });
    let [count, ramp] = [MILLISECONDS, RAMP].map(|milliseconds| milliseconds * SAMPLES_PER_SECOND / 1000);
    let shaped = |at: u32| {
        let from_an_end = f64::from(at.min(count - 1 - at)) / f64::from(ramp);
        // A quarter of a turn, squared, is half a cosine.
        let rise = sine_of_turns(from_an_end.min(1.0) / 4.0).powi(2);
        sample(peak(DBM0) * rise * sine.next_sample())
    };
    (0..count).map(shaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level::level;

    #[test]
    fn a_tone_is_as_loud_as_a_prompt_and_does_not_click() {
        for tone in [Tone::Low, Tone::High] {
            let samples = samples(tone);
            assert_eq!(samples.len(), 2_000);
            let level = level(&samples[80..1_920]);
            assert!((level - DBM0).abs() < 0.1, "{tone:?} has {level} dBm0");
            let steps = samples.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
            // No step is larger than the sine's own steepest.
            let steepest = peak(DBM0) * std::f64::consts::TAU * 990.0 / 8_000.0;
            assert!(steps.max().map(f64::from) <= Some(steepest));
            assert_eq!((samples[0], samples[1_999]), (0, 0));
        }
    }
}
