//! Recordings made from a seed, with the keys that are in them.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::{Generator, Settings};
use attendant::media::dtmf::{frequencies, key_at};
use attendant::media::level::{level_of_power, power, ratio, sample};
use attendant::media::rate::SAMPLES_PER_SECOND;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

/// Where a key is in a recording, in samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    pub(crate) digit: Digit,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) samples: Vec<i16>,
    pub(crate) truth: Vec<Truth>,
}

impl Recording {
    /// Something that has no key in it.
    pub(crate) fn without_keys(samples: Vec<i16>) -> Self {
        Self { samples, truth: Vec::new() }
    }

    pub(crate) fn silence(&mut self, ms: f64) {
        self.samples.resize(self.samples.len() + samples(ms) as usize, 0);
    }

    /// Presses a key at the end of what is there.
    pub(crate) fn press(&mut self, generator: &mut Generator, digit: Digit, settings: &Settings) {
        let from = self.samples.len();
        generator.press(digit, settings);
        self.samples.resize(from + usize::try_from(settings.length()).expect("a short press"), 0);
        generator.render(&mut self.samples[from..]);
        let start = from as u64 + u64::from(settings.start());
        self.truth.push(Truth { digit, start, end: start + u64::from(settings.on) });
    }
}

/// Keys in a row, between silences of odd lengths so that no block of a detector begins with a key. A telephone has
/// one level: that of the first key is every key's.
pub(crate) fn keyed(
    rng: &mut ChaCha8Rng,
    digits: &[Digit],
    mut each: impl FnMut(&mut ChaCha8Rng, Digit) -> Settings,
) -> Recording {
    let mut recording = Recording::default();
    let mut generator = Generator::default();
    recording.silence(between(rng, 150.0, 350.0));
    let mut level = None;
    for digit in digits {
        let own = each(rng, *digit);
        let level_dbm0 = *level.get_or_insert(own.level_dbm0);
        recording.press(&mut generator, *digit, &Settings { level_dbm0, ..own });
    }
    recording.silence(300.0);
    recording
}

/// So many random keys.
pub(crate) fn digits(rng: &mut ChaCha8Rng, count: usize) -> Vec<Digit> {
    (0..count).map(|_| any_digit(rng)).collect()
}

pub(crate) fn any_digit(rng: &mut ChaCha8Rng) -> Digit {
    key_at(rng.random_range(0..4), rng.random_range(0..4)).expect("a place of the keypad")
}

/// Both tones at `level_dbm0`, for so many milliseconds.
pub(crate) fn plain(level_dbm0: f64, on_ms: f64, off_ms: f64) -> Settings {
    Settings { level_dbm0, twist_db: 0.0, on: samples(on_ms), off: samples(off_ms), ..Settings::default() }
}

/// The stronger tone at `stronger_dbm0`, the high one stronger by `twist_db`.
pub(crate) fn twisted(stronger_dbm0: f64, twist_db: f64, on_ms: f64, off_ms: f64) -> Settings {
    let level_dbm0 = stronger_dbm0 - twist_db.abs() / 2.0;
    Settings { twist_db, ..plain(level_dbm0, on_ms, off_ms) }
}

/// How far tones are off that are so many percent and, in the same direction, so many Hz away.
pub(crate) fn detuned(digit: Digit, signs: [f64; 2], percent: f64, hz: f64) -> [f64; 2] {
    let (low, high) = frequencies(digit);
    [signs[0] * (percent / 100.0 + hz / low), signs[1] * (percent / 100.0 + hz / high)]
}

pub(crate) fn samples(ms: f64) -> u32 {
    (ms * f64::from(SAMPLES_PER_SECOND) / 1000.0).round() as u32
}

/// The level of both tones together, in dBm0.
pub(crate) fn pair_level(settings: &Settings) -> f64 {
    let half = settings.twist_db / 2.0;
    level_of_power(power(settings.level_dbm0 - half) + power(settings.level_dbm0 + half))
}

pub(crate) fn between(rng: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    rng.random_range(least..=most)
}

pub(crate) fn one_of<T: Copy>(rng: &mut ChaCha8Rng, of: &[T]) -> T {
    of[rng.random_range(0..of.len())]
}

pub(crate) fn sign(rng: &mut ChaCha8Rng) -> f64 {
    one_of(rng, &[-1.0, 1.0])
}

/// A generator of its own for one impairment.
pub(crate) fn fork(rng: &mut ChaCha8Rng) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(rng.next_u64())
}

/// Adds a sound, changed by so many dB, for as long as both last.
pub(crate) fn mix(into: &mut [i16], other: &[i16], gain_db: f64) {
    let gain = ratio(gain_db);
    for (out, other) in into.iter_mut().zip(other) {
        *out = sample(f64::from(*out) + f64::from(*other) * gain);
    }
}

/// Plays a sound so many times as fast, with Hermite's cubic between samples.
pub(crate) fn at_speed(sound: &[i16], speed: f64) -> Vec<i16> {
    let length = (sound.len() as f64 / speed) as usize;
    let at = |index: usize| f64::from(sound.get(index).copied().unwrap_or(0));
    let interpolated = (0..length).map(|out| {
        let place = out as f64 * speed;
        let (index, part) = (place as usize, place.fract());
        let [before, from, to, after] =
            [at(index.saturating_sub(1)), at(index), at(index + 1), at(index + 2)];
        let (rise, fall) = ((to - before) / 2.0, (after - from) / 2.0);
        let bend = 2.0 * (from - to) + rise + fall;
        let curve = 3.0 * (to - from) - 2.0 * rise - fall;
        sample(((bend * part + curve) * part + rise) * part + from)
    });
    interpolated.collect()
}

/// The level in dBm0 while there is sound: of the frames of 20 ms within 15 dB of the loudest, a stand-in for
/// the active level of ITU-T P.56.
pub(crate) fn active_level(sound: &[i16]) -> f64 {
    let powers: Vec<f64> = sound
        .chunks_exact(160)
        .map(|frame| frame.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / 160.0)
        .collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let (mut sum, mut count) = (0.0, 0.0);
    for power in powers.into_iter().filter(|power| *power > loudest / 30.0) {
        sum += power;
        count += 1.0;
    }
    level_of_power(sum / f64::max(count, 1.0))
}
