//! Impairments of an analogue line: loss and gain, overdrive, echo, and limited bandwidth.

use smallvec::SmallVec;

use crate::media::level::{ratio, sample};
use crate::media::oscillator::sine_of_turns;
use crate::media::rate::SAMPLES_PER_SECOND;

/// Amplifies or attenuates. Samples that do not fit 16 bits are clipped, so a gain of 10 dB on a loud signal is the
/// overdriven input of an amplifier.
#[derive(Clone, Copy, Debug)]
pub struct Gain {
    ratio: f64,
}

impl Gain {
    /// Creates a gain in dB.
    #[must_use]
    pub fn new(db: f64) -> Self {
        Self { ratio: ratio(db) }
    }

    /// Changes these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            *out = sample(f64::from(*out) * self.ratio);
        }
    }
}

/// Clips the signal at a level, as a defective or overdriven part of a line does.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    highest: i16,
}

impl Clip {
    /// Creates a clipper at the peak of a sine of this level in dBm0.
    #[must_use]
    pub fn new(dbm0: f64) -> Self {
        Self { highest: sample(crate::media::level::peak(dbm0)).max(0) }
    }

    /// Changes these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            *out = (*out).clamp(-self.highest, self.highest);
        }
    }
}

/// One reflection of an echo.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reflection {
    /// The delay in samples; at most [`Echo::LATEST`].
    pub delay: u32,
    /// The attenuation in dB: the return loss.
    pub loss_db: f64,
}

/// Adds delayed copies of the signal to it.
#[derive(Clone, Debug)]
pub struct Echo {
    taps: SmallVec<[(usize, f64); 4]>,
    /// A ring buffer of the input, as long as the latest reflection.
    past: Vec<i16>,
    at: usize,
}

impl Echo {
    /// The largest delay, in samples: one second.
    pub const LATEST: u32 = SAMPLES_PER_SECOND;

    /// Creates an echo of these reflections.
    #[must_use]
    pub fn new(reflections: &[Reflection]) -> Self {
        let tap = |reflection: &Reflection| {
            (reflection.delay.min(Self::LATEST) as usize, ratio(-reflection.loss_db))
        };
        let taps: SmallVec<_> = reflections.iter().map(tap).collect();
        let longest = taps.iter().map(|(delay, _)| *delay).max().unwrap_or(0);
        Self { taps, past: vec![0; longest + 1], at: 0 }
    }

    /// Adds the echo of these and earlier samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        let length = self.past.len();
        for out in samples {
            self.past[self.at] = *out;
            let back = |(delay, gain): &(usize, f64)| {
                f64::from(self.past[(self.at + length - delay) % length]) * gain
            };
            *out = sample(f64::from(*out) + self.taps.iter().map(back).sum::<f64>());
            self.at = (self.at + 1) % length;
        }
    }
}

/// The band of a telephone line: 300 to 3,400 Hz, 3 dB down at both ends and falling 24 dB an octave outside.
#[derive(Clone, Debug)]
pub struct Band {
    sections: [Section; 4],
}

impl Default for Band {
    fn default() -> Self {
        // The two halves of a fourth-order Butterworth filter (Q 0.541 and 1.307), at each end.
        let [wide, narrow] = [0.541_196_1, 1.306_563];
        Self {
            sections: [
                Section::high_pass(300.0, wide),
                Section::high_pass(300.0, narrow),
                Section::low_pass(3_400.0, wide),
                Section::low_pass(3_400.0, narrow),
            ],
        }
    }
}

impl Band {
    /// Filters these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            let filtered =
                self.sections.iter_mut().fold(f64::from(*out), |value, section| section.filter(value));
            *out = sample(filtered);
        }
    }
}

/// A second-order section, in the transposed direct form II.
#[derive(Clone, Debug)]
struct Section {
    forward: [f64; 3],
    back: [f64; 2],
    states: [f64; 2],
}

impl Section {
    fn low_pass(hz: f64, q: f64) -> Self {
        Self::new(hz, q, |cosine| [(1.0 - cosine) / 2.0, 1.0 - cosine, (1.0 - cosine) / 2.0])
    }

    fn high_pass(hz: f64, q: f64) -> Self {
        Self::new(hz, q, |cosine| [(1.0 + cosine) / 2.0, -1.0 - cosine, (1.0 + cosine) / 2.0])
    }

    /// The bilinear transform of the analogue section (R. Bristow-Johnson, Audio EQ Cookbook).
    fn new(hz: f64, q: f64, forward: impl Fn(f64) -> [f64; 3]) -> Self {
        let turns = hz / f64::from(SAMPLES_PER_SECOND);
        let (sine, cosine) = (sine_of_turns(turns), sine_of_turns(turns + 0.25));
        let alpha = sine / (2.0 * q);
        let whole = 1.0 + alpha;
        Self {
            forward: forward(cosine).map(|value| value / whole),
            back: [-2.0 * cosine / whole, (1.0 - alpha) / whole],
            states: [0.0; 2],
        }
    }

    fn filter(&mut self, value: f64) -> f64 {
        let out = self.forward[0] * value + self.states[0];
        self.states[0] = self.forward[1] * value - self.back[0] * out + self.states[1];
        self.states[1] = self.forward[2] * value - self.back[1] * out;
        out
    }
}

#[cfg(test)]
mod tests {
    use crate::media::dtmf::detector::decode;
    use crate::media::dtmf::generator::{Settings, dial, keys};
    use proptest::prelude::*;

    use super::*;
    use crate::media::level::{level, peak};
    use crate::media::oscillator::Oscillator;

    fn sine(hz: f64, dbm0: f64) -> Vec<i16> {
        let mut oscillator = Oscillator::new(hz);
        (0..8_000).map(|_| sample(peak(dbm0) * oscillator.next_sample())).collect()
    }

    #[test]
    fn gain_changes_the_level() {
        let mut samples = sine(1_000.0, -20.0);
        Gain::new(-7.5).apply(&mut samples);
        assert!((level(&samples) + 27.5).abs() < 0.01);
    }

    #[test]
    fn too_much_gain_clips() {
        let mut samples = sine(1_000.0, 0.0);
        Gain::new(60.0).apply(&mut samples);
        assert!(samples.contains(&i16::MAX) && samples.contains(&i16::MIN));
    }

    #[test]
    fn clipping_takes_off_the_peaks_and_nothing_else() {
        let whole = sine(1_000.0, 0.0);
        let mut clipped = whole.clone();
        Clip::new(-6.0).apply(&mut clipped);
        let highest = sample(peak(-6.0));
        for (whole, clipped) in whole.into_iter().zip(clipped) {
            assert_eq!(clipped, whole.clamp(-highest, highest));
        }
    }

    #[test]
    fn an_echo_comes_back_later_and_weaker() {
        let mut samples = vec![0; 3_000];
        samples[10] = 10_000;
        let reflections =
            [Reflection { delay: 80, loss_db: 20.0 }, Reflection { delay: 2_400, loss_db: 40.0 }];
        Echo::new(&reflections).apply(&mut samples);
        let heard: Vec<_> = samples.iter().enumerate().filter(|(_, sample)| **sample != 0).collect();
        assert_eq!(heard, [(10, &10_000), (90, &1_000), (2_410, &100)]);
    }

    #[test]
    fn an_echo_does_not_depend_on_blocks() {
        let reflections = [Reflection { delay: 77, loss_db: 6.0 }];
        let mut whole = sine(440.0, -10.0);
        let mut parts = whole.clone();
        Echo::new(&reflections).apply(&mut whole);
        let mut echo = Echo::new(&reflections);
        parts.chunks_mut(160).for_each(|frame| echo.apply(frame));
        assert_eq!(parts, whole);
    }

    #[test]
    fn the_band_lets_speech_through_and_stops_hum() {
        let through = |hz| {
            let mut samples = sine(hz, -10.0);
            Band::default().apply(&mut samples);
            level(&samples[4_000..]) + 10.0
        };
        assert!(through(1_000.0).abs() < 0.1);
        assert!((through(300.0) + 3.0).abs() < 0.2 && (through(3_400.0) + 3.0).abs() < 0.2);
        assert!(through(697.0).abs() < 0.3 && through(1_633.0).abs() < 0.1);
        assert!(through(50.0) < -55.0 && through(3_900.0) < -30.0);
    }

    proptest! {
        #[test]
        fn no_parameter_is_too_much(db in any::<f64>(), delays in prop::collection::vec(any::<u32>(), 0..9)) {
            let mut samples = [100; 500];
            Gain::new(db).apply(&mut samples);
            Clip::new(db).apply(&mut samples);
            let reflections: Vec<_> =
                delays.into_iter().map(|delay| Reflection { delay, loss_db: db }).collect();
            Echo::new(&reflections).apply(&mut samples);
            Band::default().apply(&mut samples);
        }
    }

    #[test]
    fn echoes_neither_hide_keys_nor_count_as_keys() {
        let row = "3115592#";
        for delay_ms in [30, 130, 250] {
            let mut samples = dial(&keys(row).unwrap(), &Settings::default());
            samples.extend([0; 4000]);
            Echo::new(&[Reflection { delay: delay_ms * 8, loss_db: 12.0 }]).apply(&mut samples);
            let heard: String = decode(&samples).iter().map(|press| press.digit.symbol()).collect();
            assert_eq!(heard, row, "{delay_ms} ms");
        }
    }
}
