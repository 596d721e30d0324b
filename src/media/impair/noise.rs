//! Noises that are added to a line: noise, hum, direct current, clicks.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use crate::media::level::{peak, power, sample};
use crate::media::oscillator::Oscillator;
use crate::media::rate::SAMPLES_PER_SECOND;

/// The spectrum of a noise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// Evenly.
    White,
    /// Equal power per octave: 3 dB less for each octave up, as in rooms and crowds.
    Pink,
}

/// Steady noise with normally distributed amplitudes.
#[derive(Debug)]
pub struct Noise {
    rng: ChaCha8Rng,
    deviation: f64,
    pink: Option<Pink>,
}

impl Noise {
    /// Creates noise of this total level in dBm0, from 0 Hz to 4 kHz.
    #[must_use]
    pub fn new(colour: Colour, dbm0: f64, rng: ChaCha8Rng) -> Self {
        let deviation = power(dbm0).sqrt();
        let pink = match colour {
            Colour::White => None,
            Colour::Pink => Some(Pink::default()),
        };
        Self { rng, deviation, pink }
    }

    /// Adds noise to these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            let white = normal(&mut self.rng);
            let noise = self.pink.as_mut().map_or(white, |pink| pink.filter(white));
            *out = sample(f64::from(*out) + noise * self.deviation);
        }
    }
}

/// Draws from an approximate normal distribution with deviation 1: the sum of eight uniform numbers, which ends at
/// ±4.9 deviations. It uses sums only, so every machine draws the same.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    const EACH: u64 = 0xFFFF;
    let words = [rng.next_u64(), rng.next_u64()];
    let sum: u64 = words.into_iter().flat_map(|word| [0, 16, 32, 48].map(|shift| word >> shift & EACH)).sum();
    // Eight even numbers between 0 and 1 have the mean 4 and the variance 8/12.
    (sum as f64 / 65_536.0 - 4.0 + 4.0 / 65_536.0) / (8.0f64 / 12.0).sqrt()
}

/// Makes white noise pink: a sum of first-order filters whose corners lie apart by about the same ratio (P. Kellet,
/// music-dsp mailing list, 1999), within half a decibel of a fall of 3 dB an octave.
#[derive(Clone, Default, Debug)]
struct Pink {
    states: [f64; 6],
    last: f64,
}

impl Pink {
    /// The decay of each state, and its share of the input.
    const STATES: [(f64, f64); 6] = [
        (0.99886, 0.055_517_9),
        (0.99332, 0.075_075_9),
        (0.96900, 0.153_852_0),
        (0.86650, 0.310_485_6),
        (0.55000, 0.532_952_2),
        (-0.7616, -0.016_898_0),
    ];
    /// Makes the output as loud as the input; verified by a test.
    const GAIN: f64 = 0.3275;

    fn filter(&mut self, white: f64) -> f64 {
        for (state, (decay, share)) in self.states.iter_mut().zip(Self::STATES) {
            *state = *state * decay + white * share;
        }
        let sum = self.states.iter().sum::<f64>() + self.last + white * 0.5362;
        self.last = white * 0.115_926;
        sum * Self::GAIN
    }
}

/// A constant added to every sample.
#[derive(Clone, Copy, Debug)]
pub struct DirectCurrent {
    offset: f64,
}

impl DirectCurrent {
    /// Creates a constant, in units of samples.
    #[must_use]
    pub fn new(offset: f64) -> Self {
        Self { offset }
    }

    /// Adds the constant to these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            *out = sample(f64::from(*out) + self.offset);
        }
    }
}

/// The frequency of the power grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mains {
    /// 50 Hz: Europe, Africa, most of Asia.
    Fifty,
    /// 60 Hz: North America, parts of Japan.
    Sixty,
}

/// The hum of the power grid: its frequency and four harmonics, each weaker than the one before.
#[derive(Clone, Debug)]
pub struct Hum {
    tones: [(Oscillator, f64); 5],
}

impl Hum {
    /// Creates hum of this level in dBm0, harmonics included.
    #[must_use]
    pub fn new(mains: Mains, dbm0: f64) -> Self {
        let hz = match mains {
            Mains::Fifty => 50.0,
            Mains::Sixty => 60.0,
        };
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0f64];
        // A harmonic of number n has 1/n of the amplitude.
        let all: f64 = numbers.iter().map(|number| number.powi(-2)).sum();
        let first = peak(dbm0) / all.sqrt();
        Self { tones: numbers.map(|number| (Oscillator::new(hz * number), first / number)) }
    }

    /// Adds hum to these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            let hum: f64 = self.tones.iter_mut().map(|(tone, peak)| *peak * tone.next_sample()).sum();
            *out = sample(f64::from(*out) + hum);
        }
    }
}

/// Clicks at random times: bursts whose samples have random signs and decay by 20 dB.
#[derive(Debug)]
pub struct Clicks {
    rng: ChaCha8Rng,
    chance: f64,
    peak: f64,
    decay: f64,
    length: u32,
    /// Remaining samples of the current click.
    left: u32,
    now: f64,
}

impl Clicks {
    /// Creates clicks with this average number per second, with the peak of a sine of `dbm0`, each lasting `length`
    /// samples: 1 is a single sample, the sharpest that there is.
    #[must_use]
    pub fn new(each_second: f64, dbm0: f64, length: u32, rng: ChaCha8Rng) -> Self {
        Self {
            rng,
            chance: each_second / f64::from(SAMPLES_PER_SECOND),
            peak: peak(dbm0),
            decay: 0.1f64.powf(1.0 / f64::from(length.max(1))),
            length,
            left: 0,
            now: 0.0,
        }
    }

    /// Adds clicks to these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            let word = self.rng.next_u64();
            if unit(word) < self.chance {
                self.left = self.length;
                self.now = self.peak;
            }
            if self.left > 0 {
                // The lowest bit, which the draw above does not look at.
                let sign = if word & 1 == 0 { 1.0 } else { -1.0 };
                *out = sample(f64::from(*out) + sign * self.now);
                self.now *= self.decay;
                self.left -= 1;
            }
        }
    }
}

/// Returns a number from 0 (included) to 1 (excluded), from the upper 53 bits of a word.
pub(super) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;
    use crate::media::level::level;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    fn of(seconds: usize, apply: impl FnOnce(&mut [i16])) -> Vec<i16> {
        let mut samples = vec![0; 8_000 * seconds];
        apply(&mut samples);
        samples
    }

    /// The mean power at a frequency, over blocks of 0.1 s, in dB.
    fn power_at(samples: &[i16], hz: f64) -> f64 {
        let waves: [(f64, f64); 800] = std::array::from_fn(|at| (TAU * hz / 8_000.0 * at as f64).sin_cos());
        let blocks = samples.chunks_exact(800).map(|block| {
            let (mut sine, mut cosine) = (0.0, 0.0);
            for (sample, wave) in block.iter().zip(&waves) {
                sine += f64::from(*sample) * wave.0;
                cosine += f64::from(*sample) * wave.1;
            }
            sine * sine + cosine * cosine
        });
        10.0 * blocks.sum::<f64>().log10()
    }

    /// A minute of noise of -20 dBm0.
    fn minute(colour: Colour) -> &'static [i16] {
        static WHITE: LazyLock<Vec<i16>> = LazyLock::new(|| noise(Colour::White));
        static PINK: LazyLock<Vec<i16>> = LazyLock::new(|| noise(Colour::Pink));
        fn noise(colour: Colour) -> Vec<i16> {
            of(60, |samples| Noise::new(colour, -20.0, rng()).apply(samples))
        }
        match colour {
            Colour::White => &WHITE,
            Colour::Pink => &PINK,
        }
    }

    #[test]
    fn noise_of_either_colour_has_the_level_asked_for() {
        for colour in [Colour::White, Colour::Pink] {
            let level = level(minute(colour));
            assert!((level + 20.0).abs() < 0.2, "{colour:?}: {level} dBm0");
        }
    }

    #[test]
    fn white_noise_is_even_and_pink_noise_falls_3_db_an_octave() {
        for (colour, fall) in [(Colour::White, 0.0), (Colour::Pink, 3.01)] {
            let octaves = [250.0, 500.0, 1_000.0, 2_000.0].map(|hz| power_at(minute(colour), hz));
            let fallen = (octaves[0] - octaves[3]) / 3.0;
            assert!((fallen - fall).abs() < 0.5, "{colour:?} falls {fallen} dB an octave");
        }
    }

    #[test]
    fn noise_is_normally_distributed() {
        let (samples, deviation) = (minute(Colour::White), power(-20.0).sqrt());
        let beyond = |deviations: f64| {
            let count = samples.iter().filter(|s| f64::from(s.abs()) > deviations * deviation).count();
            count as f64 / samples.len() as f64
        };
        assert!((beyond(1.0) - 0.317).abs() < 0.01);
        assert!((beyond(2.0) - 0.0455).abs() < 0.005);
        assert!(beyond(3.0) > 0.001 && beyond(3.0) < 0.003);
    }

    #[test]
    fn hum_has_its_level_and_stands_at_the_harmonics() {
        for (mains, hz) in [(Mains::Fifty, 50.0), (Mains::Sixty, 60.0)] {
            let samples = of(10, |samples| Hum::new(mains, -15.0).apply(samples));
            assert!((level(&samples) + 15.0).abs() < 0.1);
            for harmonic in 1..=5 {
                let at = f64::from(harmonic) * hz;
                assert!(power_at(&samples, at) > power_at(&samples, at + 20.0) + 40.0, "{at} Hz");
            }
        }
    }

    #[test]
    fn direct_current_moves_every_sample() {
        let mut samples = [0, -5, 32_000];
        DirectCurrent::new(1_000.0).apply(&mut samples);
        assert_eq!(samples, [1_000, 995, i16::MAX]);
    }

    #[test]
    fn clicks_come_as_often_and_as_high_as_asked_for() {
        let samples = of(60, |samples| Clicks::new(50.0, 0.0, 1, rng()).apply(samples));
        let clicks = samples.iter().filter(|sample| **sample != 0).count();
        assert!((2_800..3_200).contains(&clicks), "{clicks} clicks in 60 s");
        assert_eq!(samples.iter().map(|sample| sample.abs()).max(), Some(sample(peak(0.0))));
    }

    #[test]
    fn a_seed_makes_the_same_noise_again_in_any_blocks() {
        let whole = of(1, |samples| Noise::new(Colour::Pink, -30.0, rng()).apply(samples));
        let mut noise = Noise::new(Colour::Pink, -30.0, rng());
        let parts = of(1, |samples| samples.chunks_mut(77).for_each(|block| noise.apply(block)));
        assert_eq!(parts, whole);
    }

    proptest! {
        #[test]
        fn no_parameter_is_too_much(dbm0 in any::<f64>(), other in any::<f64>(), length in any::<u32>()) {
            let mut samples = [100; 500];
            Noise::new(Colour::White, dbm0, rng()).apply(&mut samples);
            Noise::new(Colour::Pink, dbm0, rng()).apply(&mut samples);
            Clicks::new(other, dbm0, length, rng()).apply(&mut samples);
            Hum::new(Mains::Sixty, dbm0).apply(&mut samples);
            DirectCurrent::new(other).apply(&mut samples);
        }
    }
}
