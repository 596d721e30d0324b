//! Sounds that are put together from sines.

use attendant::media::level::{peak, sample};
use attendant::media::oscillator::{Oscillator, sine_of_turns};
use attendant::media::rate::SAMPLES_PER_SECOND;

/// A sine in a sound: Hz, dBm0.
pub(crate) type Partial = (f64, f64);

/// Sines together for so many ms, rising and falling along half a cosine of `ramp_ms`, and silence for so many.
pub(crate) fn tones(partials: &[Partial], ms: f64, ramp_ms: f64, pause_ms: f64) -> Vec<i16> {
    let wobbles: Vec<_> = partials.iter().map(|partial| (*partial, Wobble::default())).collect();
    wobbling(&wobbles, ms, ramp_ms, pause_ms)
}

/// How a sine's pitch and loudness go up and down.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wobble {
    /// How often a second.
    pub(crate) hz: f64,
    /// By what part the pitch goes up and down.
    pub(crate) pitch: f64,
    /// By what part the loudness does.
    pub(crate) loudness: f64,
    /// The part by which the pitch has gone up at the end.
    pub(crate) glide: f64,
    /// Where the wobble begins, in turns.
    pub(crate) phase: f64,
}

/// The same with sines that wobble.
pub(crate) fn wobbling(partials: &[(Partial, Wobble)], ms: f64, ramp_ms: f64, pause_ms: f64) -> Vec<i16> {
    let of = |ms: f64| (ms * f64::from(SAMPLES_PER_SECOND) / 1000.0).round() as usize;
    let (length, ramp) = (of(ms), of(ramp_ms).min(of(ms) / 2));
    let mut sum = vec![0.0; length];
    for ((hz, dbm0), wobble) in partials {
        let mut tone = Oscillator::new(*hz);
        tone.turn_to(wobble.phase * 7.0);
        for (at, out) in sum.iter_mut().enumerate() {
            let turn = sine_of_turns(wobble.phase + wobble.hz * at as f64 / f64::from(SAMPLES_PER_SECOND));
            if at % 8 == 0 {
                let glide = wobble.glide * at as f64 / length as f64;
                tone.tune(hz * (1.0 + wobble.pitch * turn + glide));
            }
            *out += peak(*dbm0) * (1.0 + wobble.loudness * turn) * tone.next_sample();
        }
    }
    let risen = |at: usize| {
        let edge = at.min(length - 1 - at);
        if edge >= ramp { 1.0 } else { sine_of_turns((edge as f64 + 0.5) / ramp as f64 / 4.0).powi(2) }
    };
    let mut sound: Vec<i16> = sum.iter().enumerate().map(|(at, value)| sample(value * risen(at))).collect();
    sound.resize(length + of(pause_ms), 0);
    sound
}

/// A vowel: a voice's pulses through resonators, each of so many Hz and so wide. The pitch comes with the level.
pub(crate) fn vowel(pitch: Partial, wobble: Wobble, formants: &[(f64, f64)], ms: f64) -> Vec<i16> {
    let length = (ms * f64::from(SAMPLES_PER_SECOND) / 1000.0) as usize;
    let mut states = vec![[0.0; 2]; formants.len()];
    let mut phase = 0.0;
    let mut voice = Vec::with_capacity(length);
    for at in 0..length {
        let seconds = at as f64 / f64::from(SAMPLES_PER_SECOND);
        let turn = sine_of_turns(wobble.phase + wobble.hz * seconds);
        let glide = wobble.glide * at as f64 / length as f64;
        phase += pitch.0 * (1.0 + wobble.pitch * turn + glide) / f64::from(SAMPLES_PER_SECOND);
        let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
        phase -= pulse;
        let mut sum = 0.0;
        for ((hz, width), state) in formants.iter().zip(&mut states) {
            let decay = (-std::f64::consts::PI * width / f64::from(SAMPLES_PER_SECOND)).exp();
            let cosine = sine_of_turns(hz / f64::from(SAMPLES_PER_SECOND) + 0.25);
            let out = pulse + 2.0 * decay * cosine * state[0] - decay * decay * state[1];
            *state = [out, state[0]];
            sum += out;
        }
        voice.push(sum);
    }
    let mean_square = voice.iter().map(|value: &f64| value * value).sum::<f64>() / length.max(1) as f64;
    let gain = (attendant::media::level::power(pitch.1) / mean_square.max(1e-12)).sqrt();
    let edge = 80;
    let risen = |at: usize| (at.min(length - 1 - at) as f64 / f64::from(edge)).min(1.0);
    voice.iter().enumerate().map(|(at, value)| sample(value * gain * risen(at))).collect()
}
