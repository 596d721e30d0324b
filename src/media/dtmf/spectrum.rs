//! The spectrum of a stream at the keypad tones: every 2 ms, the strength of each of the eight tones, and of
//! the whole signal.

use std::array;
use std::f32::consts::PI;
use std::f64::consts::TAU;
use std::sync::LazyLock;

use super::overtones::Recent;
use super::{HIGH_GROUP, LOW_GROUP};
use crate::media::level::power;
use crate::media::rate::SAMPLES_PER_SECOND;

/// Samples from one moment to the next: 2 ms.
pub(super) const HOP: usize = 16;

/// Samples that a moment looks at: 16 ms under a Hann window. Shorter, and the tones of a group run into each other
/// (73 Hz between the lowest two); longer, and the breaks inside a press blur. The window's side lobes keep dial
/// tone, hum and the other group at least 31 dB down.
pub(super) const WINDOW: usize = 128;

/// The tones: the low group's four, then the high group's.
pub(super) const TONES: usize = 8;

/// The quietest sound that is looked into, in dBm0: below the quietest key.
const FLOOR_DBM0: f64 = -50.0;

/// The spectrum of a stream around one moment. Powers are mean squares of samples.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment {
    /// Of each tone the phasor: its phase, with a length whose square is the tone's power.
    phasors: [[f32; 2]; TONES],
    /// The power above 650 Hz, where the tones are.
    pub(super) band: f32,
    /// The power between 250 Hz and there: dial tone, the lower harmonics of a voice; not mains and direct current.
    pub(super) below: f32,
}

impl Moment {
    /// The power of a tone.
    pub(super) fn power(&self, tone: usize) -> f32 {
        let [re, im] = self.phasors[tone];
        re * re + im * im
    }

    /// Returns how the phasor of a tone turned since an earlier moment, beyond what its nominal frequency turns it in
    /// [`LAG`] hops; its length is the product of both lengths.
    pub(super) fn turned(&self, earlier: &Self, tone: usize) -> [f32; 2] {
        let ([a, b], [c, d]) = (self.phasors[tone], earlier.phasors[tone]);
        let [cos, sin] = TABLES.turns[tone];
        let (re, im) = (a * c + b * d, b * c - a * d);
        [re * cos + im * sin, im * cos - re * sin]
    }
}

/// Returns the fraction of a tone's power that the window shows at the nominal frequency if the tone is `off` Hz away.
pub(super) fn seen_of(off: f32) -> f32 {
    let lines = off * WINDOW as f32 / SAMPLES_PER_SECOND as f32;
    let turn = PI * lines;
    let sinc = if turn.abs() < 1e-3 { 1.0 } else { turn.sin() / turn };
    (sinc / (1.0 - lines * lines)).powi(2)
}

/// Hops between the two moments whose phases [`Moment::turned`] compares: 6 ms, in which a tone 57 Hz off, the
/// farthest that must be told from a key, turns by less than half a circle.
pub(super) const LAG: usize = 3;

/// Takes samples, gives a [`Moment`] every [`HOP`] of them.
#[derive(Clone, Debug)]
pub(super) struct Spectrum {
    samples: [f32; WINDOW],
    /// The same, squared, without hum and direct current.
    voice: [f32; WINDOW],
    /// The same, squared, without what is below the band.
    band: [f32; WINDOW],
    hum_filter: [Biquad; 2],
    high_pass: [Biquad; 2],
    recent: Recent,
    /// Samples of the present hop that have come.
    filled: usize,
}

impl Spectrum {
    pub(super) fn new() -> Self {
        Self {
            samples: [0.0; WINDOW],
            voice: [0.0; WINDOW],
            band: [0.0; WINDOW],
            hum_filter: HUM_FILTER,
            high_pass: HIGH_PASS,
            recent: Recent::new(),
            filled: 0,
        }
    }

    /// Takes one sample; each [`HOP`]th completes a moment.
    pub(super) fn feed(&mut self, sample: i16) -> Option<Moment> {
        let sample = f32::from(sample);
        let voice = self.hum_filter.iter_mut().fold(sample, |sample, stage| stage.run(sample));
        let high = self.high_pass.iter_mut().fold(voice, |sample, stage| stage.run(sample));
        let at = WINDOW - HOP + self.filled;
        self.samples[at] = sample;
        self.voice[at] = voice * voice;
        self.band[at] = high * high;
        self.recent.push(high);
        self.filled += 1;
        if self.filled < HOP {
            return None;
        }
        self.filled = 0;
        self.hum_filter.iter_mut().chain(&mut self.high_pass).for_each(Biquad::rest);
        let moment = self.look();
        self.samples.copy_within(HOP.., 0);
        self.voice.copy_within(HOP.., 0);
        self.band.copy_within(HOP.., 0);
        Some(moment)
    }

    /// The last samples, without what is below the band.
    pub(super) fn recent(&self) -> &Recent {
        &self.recent
    }

    fn look(&self) -> Moment {
        let tables = &*TABLES;
        let band = weighted(&self.band, &tables.window);
        let below = (weighted(&self.voice, &tables.window) - band).max(0.0);
        if band < tables.floor {
            return Moment { band, below, ..Moment::default() };
        }

        // Around the middle of the window cosines are even and sines odd, so samples as far before it as behind it go
        // together. Eight tones side by side, so that they are added up at once.
        let (mut even, mut odd) = ([0.0; TONES], [0.0; TONES]);
        let (before, behind) = self.samples.split_at(WINDOW / 2);
        for ((before, behind), waves) in before.iter().rev().zip(behind).zip(tables.waves.iter()) {
            let (sum, difference) = (behind + before, behind - before);
            for (even, cosine) in even.iter_mut().zip(&waves.cosines) {
                *even += sum * cosine;
            }
            for (odd, sine) in odd.iter_mut().zip(&waves.sines) {
                *odd += difference * sine;
            }
        }
        let phasors = array::from_fn(|tone| [even[tone], odd[tone]]);
        Moment { phasors, band, below }
    }
}

/// The mean of values under the window, in eight sums side by side.
fn weighted(values: &[f32; WINDOW], window: &[f32; WINDOW]) -> f32 {
    let mut sums = [0.0; 8];
    for (values, weights) in values.chunks_exact(8).zip(window.chunks_exact(8)) {
        for (sum, (value, weight)) in sums.iter_mut().zip(values.iter().zip(weights)) {
            *sum += value * weight;
        }
    }
    sums.iter().sum()
}

/// Tables that all streams share.
struct Tables {
    /// The window, with a sum of one.
    window: [f32; WINDOW],
    /// Of each sample behind the middle of the window.
    waves: Box<[Waves; WINDOW / 2]>,
    /// How far each tone's phasor turns in [`LAG`] hops, as cosine and sine.
    turns: [[f32; 2]; TONES],
    /// [`FLOOR_DBM0`] as a power.
    floor: f32,
}

/// The tones' waves at one sample under the window, scaled so that a tone's phasor has its power.
#[derive(Clone, Copy, Default)]
struct Waves {
    cosines: [f32; TONES],
    sines: [f32; TONES],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let frequencies = || LOW_GROUP.into_iter().chain(HIGH_GROUP);
    let turn =
        |frequency: f64, samples: usize| TAU * frequency * samples as f64 / f64::from(SAMPLES_PER_SECOND);
    let hann = |n: usize| (1.0 - (TAU * (n as f64 + 0.5) / WINDOW as f64).cos()) / WINDOW as f64;

    let mut waves = Box::new([Waves::default(); WINDOW / 2]);
    for (n, waves) in waves.iter_mut().enumerate() {
        let scale = hann(WINDOW / 2 + n) * 2f64.sqrt();
        for (tone, frequency) in frequencies().enumerate() {
            // The middle is half a sample before the first of these.
            let (sin, cos) = (turn(frequency, 2 * n + 1) / 2.0).sin_cos();
            waves.cosines[tone] = (scale * cos) as f32;
            waves.sines[tone] = (-scale * sin) as f32;
        }
    }
    let mut turns = [[0.0; 2]; TONES];
    for (turned, frequency) in turns.iter_mut().zip(frequencies()) {
        let (sin, cos) = turn(frequency, LAG * HOP).sin_cos();
        *turned = [cos as f32, sin as f32];
    }
    Tables { window: array::from_fn(|n| hann(n) as f32), waves, turns, floor: power(FLOOR_DBM0) as f32 }
});

/// A second-order filter, transposed direct form II.
#[derive(Clone, Copy, Debug)]
struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    state: [f32; 2],
}

impl Biquad {
    fn run(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.state[0];
        self.state = [self.b[1] * x - self.a[0] * y + self.state[1], self.b[2] * x - self.a[1] * y];
        y
    }

    /// Far below one unit of a sample; it keeps a filter at rest from counting down through subnormal numbers.
    fn rest(&mut self) {
        for state in &mut self.state {
            if state.abs() < 1e-6 {
                *state = 0.0;
            }
        }
    }
}

/// An elliptic high-pass filter of the fourth order at 250 Hz: 0.3 dB of ripple from there up, 30 dB below 180 Hz.
const HUM_FILTER: [Biquad; 2] = [
    Biquad { b: [0.791_367_4, -1.579_582_4, 0.791_367_4], a: [-1.654_824, 0.707_914], state: [0.0; 2] },
    Biquad { b: [1.0, -1.981_955_2, 1.0], a: [-1.921_169_5, 0.955_053_5], state: [0.0; 2] },
];

/// An elliptic high-pass filter of the fourth order at 660 Hz: less than half a dB from there up, 34 dB below 450 Hz.
const HIGH_PASS: [Biquad; 2] = [
    Biquad { b: [0.535_930_7, -1.058_606_5, 0.535_930_7], a: [-1.059_503_1, 0.387_987_1], state: [0.0; 2] },
    Biquad { b: [1.0, -1.886_241_6, 1.0], a: [-1.656_112_5, 0.886_175_2], state: [0.0; 2] },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level::{decibels, peak};

    /// The last moment of half a second of a sine at -10 dBm0.
    fn moment(frequency: f64) -> Moment {
        let mut spectrum = Spectrum::new();
        let sine = |n: u32| (peak(-10.0) * (TAU * frequency * f64::from(n) / 8000.0).sin()).round() as i16;
        (0..4000).filter_map(|n| spectrum.feed(sine(n))).last().unwrap()
    }

    fn below(part: f32, whole: f64) -> f64 {
        decibels((f64::from(part) / whole).sqrt())
    }

    #[test]
    fn each_tone_shows_its_power_in_its_own_group() {
        for (tone, frequency) in LOW_GROUP.into_iter().chain(HIGH_GROUP).enumerate() {
            let moment = moment(frequency);
            assert!(below(moment.power(tone), power(-10.0)).abs() < 0.05, "{frequency} Hz");
            assert!(below(moment.band, power(-10.0)).abs() < 0.5, "{frequency} Hz in the band");
            let other = if tone < 4 { 4..8 } else { 0..4 };
            for other in other {
                assert!(
                    below(moment.power(other), power(-10.0)) < -31.0,
                    "{frequency} Hz heard as tone {other}"
                );
            }
        }
    }

    #[test]
    fn dial_tone_and_hum_are_below_the_band_and_no_tone() {
        for frequency in [50.0, 60.0, 150.0, 350.0, 440.0] {
            let moment = moment(frequency);
            assert!(below(moment.band, power(-10.0)) < -33.0, "{frequency} Hz in the band");
            let loudest = (0..TONES).map(|tone| moment.power(tone)).fold(0.0, f32::max);
            assert!(below(loudest, power(-10.0)) < -31.0, "{frequency} Hz heard as a tone");
        }
    }

    #[test]
    fn dial_tone_counts_as_below_the_band_but_hum_does_not() {
        for frequency in [0.0, 50.0, 60.0, 120.0, 150.0] {
            let below = below(moment(frequency).below, power(-10.0));
            assert!(below < -28.0, "{frequency} Hz below the band");
        }
        let dial_tone = below(moment(425.0).below, power(-10.0));
        assert!(dial_tone.abs() < 0.6, "{dial_tone}");
    }

    #[test]
    fn a_detuned_tone_shows_the_documented_part_of_its_power() {
        for off in [-24.0, 12.0, 25.0] {
            let seen = moment(941.0 + f64::from(off)).power(3) / power(-10.0) as f32;
            assert!((seen - seen_of(off)).abs() < 0.01, "{off} Hz off: {seen}");
        }
    }

    #[test]
    fn a_tone_that_is_off_turns_its_phasor_by_as_much() {
        for (tone, off) in [(0, 12.5), (0, -24.4), (7, 57.0), (7, -57.0)] {
            let frequency = LOW_GROUP.into_iter().chain(HIGH_GROUP).nth(tone).unwrap() + off;
            let mut spectrum = Spectrum::new();
            let sine = |n: u32| (8000.0 * (TAU * frequency * f64::from(n) / 8000.0).sin()).round() as i16;
            let moments: Vec<Moment> = (0..4000).filter_map(|n| spectrum.feed(sine(n))).collect();
            let [re, im] = moments[200].turned(&moments[200 - LAG], tone);
            let turned = f64::from(im.atan2(re)) / TAU / (LAG * HOP) as f64 * 8000.0;
            assert!((turned - off).abs() < 0.5, "{off} Hz off, found {turned}");
        }
    }

    #[test]
    fn silence_is_no_power_at_all() {
        let mut spectrum = Spectrum::new();
        let moments: Vec<Moment> = (0..800).filter_map(|_| spectrum.feed(0)).collect();
        assert_eq!(moments.len(), 50);
        assert!(moments.iter().all(|moment| moment.band == 0.0 && moment.below == 0.0));
    }
}
