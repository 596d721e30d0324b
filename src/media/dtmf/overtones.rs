//! Analyses the sounds that accompany a key's tones and started with them.

use std::array;
use std::f32::consts::TAU;
use std::sync::LazyLock;

use super::spectrum::TONES;
use super::{HIGH_GROUP, LOW_GROUP};
use crate::media::rate::SAMPLES_PER_SECOND;

/// Samples that are kept: 128 ms, a power of two so that one is found fast.
const KEPT: usize = 1024;

/// Samples of the close look: 32 ms, which tells apart what is 62.5 Hz apart.
const LOOK: usize = 256;

/// Samples before the tones that tell what was there already: 16 ms, which is shorter than any pause ...
const BEFORE: usize = 128;

/// ... and so many before the moment at which they began, since they may have risen slowly.
const CLEAR: usize = 16;

/// Frequencies that are looked at: from 650 Hz, each [`STEP`] Hz above the one before.
const PLACES: usize = 52;

/// The lowest frequency searched, in Hz.
const FIRST: f32 = 650.0;

/// Their distance in Hz: that of the lines of a spectrum over [`LOOK`] samples, twice, which a Hann window makes wide.
const STEP: f32 = 62.5;

/// The distance from a tone within which another cannot be distinguished from it, in Hz.
const NEAR: f32 = 60.0;

/// The same for the tones of other keys, of which the nearest is 73 Hz away, less what either may be off.
const KEY_NEAR: f32 = 45.0;

/// The same for octaves, of which less counts.
const OCTAVE_NEAR: f32 = 90.0;

/// Less than this part of both tones is noise of a quantizer and not looked into.
const FAINT: f32 = 0.003;

/// Powers that differ by less than this factor are those of a steady tone: 2 dB.
const STEADY: f32 = 0.63;

/// Tones of which more than this part was there before had begun already.
const BEGUN: f32 = 0.02;

/// Sound whose highest peak is less than this many times its mean power has been clipped, and has overtones from that:
/// a sine has 2, two tones as loud as each other have 4.
const CLIPPED: f32 = 2.4;

/// The last samples of a stream, without what is below the tones.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    samples: [f32; KEPT],
    /// Samples that came.
    count: u64,
}

/// The sounds that accompany a key's tones. Powers are relative to that of both tones.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Overtones {
    /// At twice the frequency of each tone, unless that was there before the tones.
    pub(super) octaves: f32,
    /// The strongest anywhere that was not there before the tones.
    pub(super) new: f32,
    /// The strongest of other keys' tones that was not there before: of a key that is pressed together with this one.
    pub(super) third: f32,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self { samples: [0.0; KEPT], count: 0 }
    }

    pub(super) fn push(&mut self, sample: f32) {
        self.samples[self.count as usize % KEPT] = sample;
        self.count += 1;
    }

    /// The samples from number `from` on, counted from 0; those before the first are silence.
    fn since<const N: usize>(&self, from: u64) -> [f32; N] {
        array::from_fn(|n| self.samples[(from as usize).wrapping_add(n) % KEPT])
    }

    /// Returns the sounds that accompany tones of these frequencies in Hz that began at a sample.
    pub(super) fn beside(&self, tones: [f32; 2], start: u64) -> Overtones {
        let tables = &*TABLES;
        let now: [f32; LOOK] = self.since(self.count.wrapping_sub(LOOK as u64));
        let peak = now.iter().map(|sample| sample * sample).fold(0.0, f32::max);
        let mean = now.iter().map(|sample| sample * sample).sum::<f32>() / LOOK as f32;
        if peak < CLIPPED * mean {
            return Overtones::default();
        }
        let [low, high] = tones;
        let exact = [low, high, 2.0 * low, 2.0 * high].map(turning);
        let before: [f32; BEFORE] = self.since(start.wrapping_sub((BEFORE + CLEAR) as u64));
        let [low_power, high_power, low_octave, high_octave] = powers(&now, &tables.look, &exact);
        let [low_before, high_before, octaves_before @ ..] = powers(&before, &tables.before, &exact);
        let both = (low_power + high_power).max(f32::MIN_POSITIVE);
        // A tone of the line is not an overtone. If the tones began before they were found, nothing can be concluded.
        let told = low_before + high_before < BEGUN * both;
        let steady = |now: f32, before: f32| told && (STEADY * before..before / STEADY).contains(&now);
        let [low_octave, high_octave] = [(low_octave, octaves_before[0]), (high_octave, octaves_before[1])]
            .map(|(now, before)| if steady(now, before) { 0.0 } else { now });
        // The low tone's may be so near to the high tone that it cannot be told.
        let low_octave = if (2.0 * low - high).abs() > OCTAVE_NEAR { low_octave } else { 0.0 };

        let present = powers(&now, &tables.look, &tables.turning);
        let past = powers(&before, &tables.before, &tables.turning);
        let mut new = 0.0f32;
        for (place, (present, past)) in present.iter().zip(past).enumerate() {
            let hertz = FIRST + STEP * place as f32;
            let apart = tones.iter().all(|tone| (hertz - tone).abs() > NEAR);
            if apart && *present > FAINT * both {
                new = new.max(present - 2.0 * past);
            }
        }
        let (keys, keys_before) =
            (powers(&now, &tables.look, &tables.keys), powers(&before, &tables.before, &tables.keys));
        let mut third = 0.0f32;
        for (hertz, (present, past)) in keypad().zip(keys.iter().zip(keys_before)) {
            if tones.iter().all(|tone| (hertz - tone).abs() > KEY_NEAR) {
                third = third.max(present - 2.0 * past);
            }
        }
        Overtones { octaves: (low_octave + high_octave) / both, new: new / both, third: third / both }
    }
}

/// The factor of Goertzel's recurrence for a frequency in Hz.
fn turning(hertz: f32) -> f32 {
    2.0 * (TAU * hertz / SAMPLES_PER_SECOND as f32).cos()
}

/// The power of a sine at each frequency, by Goertzel's recurrence, all of them side by side.
fn powers<const N: usize>(samples: &[f32], window: &[f32], turning: &[f32; N]) -> [f32; N] {
    let (mut last, mut before) = ([0.0; N], [0.0; N]);
    for (sample, weight) in samples.iter().zip(window) {
        let weighted = sample * weight;
        for ((last, before), turning) in last.iter_mut().zip(&mut before).zip(turning) {
            let next = weighted + turning * *last - *before;
            (*before, *last) = (*last, next);
        }
    }
    array::from_fn(|at| {
        let (last, before) = (last[at], before[at]);
        2.0 * (last * last + before * before - turning[at] * last * before)
    })
}

/// Tables that all streams share.
struct Tables {
    look: [f32; LOOK],
    before: [f32; BEFORE],
    turning: [f32; PLACES],
    keys: [f32; TONES],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    look: hann(),
    before: hann(),
    turning: array::from_fn(|place| turning(FIRST + STEP * place as f32)),
    keys: array::from_fn(|tone| turning(keypad().nth(tone).expect("as many"))),
});

/// The frequencies of all keys in Hz.
fn keypad() -> impl Iterator<Item = f32> {
    LOW_GROUP.into_iter().chain(HIGH_GROUP).map(|hertz| hertz as f32)
}

/// Hann's window, with a sum of one.
fn hann<const N: usize>() -> [f32; N] {
    array::from_fn(|n| (1.0 - (TAU * (n as f32 + 0.5) / N as f32).cos()) / N as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the overtones of `5` a while after it began over these other tones, in Hz with amplitudes.
    fn beside(always: &[(f32, f32)], with_them: &[(f32, f32)], clip: f32) -> Overtones {
        let mut recent = Recent::new();
        let sum = |tones: &[(f32, f32)], n: u32| -> f32 {
            let sine = |(hertz, amplitude): &(f32, f32)| amplitude * (TAU * hertz * n as f32 / 8000.0).sin();
            tones.iter().map(sine).sum()
        };
        for n in 0..1000 {
            let mut sample = sum(always, n);
            if n >= 700 {
                sample += sum(&[(770.0, 1.0), (1336.0, 1.0)], n) + sum(with_them, n);
            }
            recent.push(sample.clamp(-clip, clip));
        }
        recent.beside([770.0, 1336.0], 700)
    }

    #[test]
    fn a_key_alone_has_no_overtones() {
        let found = beside(&[], &[], 9.0);
        assert!(found.octaves < 0.001 && found.new < 0.001, "{found:?}");
    }

    #[test]
    fn octaves_are_found() {
        let found = beside(&[], &[(1540.0, 0.2), (2672.0, 0.2)], 9.0);
        assert!((found.octaves - 0.04).abs() < 0.005, "{found:?}");
    }

    #[test]
    fn an_octave_that_was_there_before_is_none_of_the_tones() {
        let found = beside(&[(1540.0, 0.3)], &[], 9.0);
        assert!(found.octaves < 0.002, "{found:?}");
    }

    #[test]
    fn another_tone_counts_if_it_began_with_the_key_only() {
        let tone = [(1900.0, 0.5)];
        assert!((beside(&[], &tone, 9.0).new - 0.125).abs() < 0.01);
        assert!(beside(&tone, &[], 9.0).new < 0.01);
    }

    #[test]
    fn what_clipping_makes_does_not_count() {
        assert_eq!(beside(&[], &[], 0.5), Overtones::default());
    }
}
