//! The active speech level, that is the level while somebody speaks: ITU-T P.56 (12/2011), method B.

use super::level::FULL_SCALE_DBM0;
use super::rate::SAMPLES_PER_SECOND;

/// Time constant of the envelope in seconds, P.56 table 1.
const ENVELOPE: f64 = 0.03;
/// The hangover time: shorter pauses within a sentence count as speech, in seconds.
const HANGOVER: f64 = 0.2;
/// The distance of the threshold between speech and pauses from the active level, in dB.
const MARGIN: f64 = 15.9;
/// Thresholds of the envelope, each 6 dB below the next; the highest is half of full scale.
const THRESHOLDS: usize = 15;

/// 0 dBov is the level of the loudest square wave (ITU-T G.100.1), 3.01 dB above the largest sine.
const DBM0_OF_0_DBOV: f64 = FULL_SCALE_DBM0 + 3.01;

/// The results of measuring a recording by P.56.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SpeechLevel {
    /// Level while somebody speaks, in dB of overload.
    pub active_dbov: f64,
    /// Level of the whole recording, pauses included, in dB of overload.
    pub long_term_dbov: f64,
    /// The share of time in which somebody speaks, 0 to 1.
    pub activity: f64,
}

impl SpeechLevel {
    /// The active level as the telephone network counts it.
    #[must_use]
    pub fn active_dbm0(&self) -> f64 {
        dbm0(self.active_dbov)
    }
}

/// A level in dB of overload as the telephone network counts it.
#[must_use]
pub fn dbm0(dbov: f64) -> f64 {
    dbov + DBM0_OF_0_DBOV
}

/// Measures samples at [`SAMPLES_PER_SECOND`]; `None` where nothing rises 15.9 dB over the lowest threshold, -90 dBov.
#[must_use]
pub fn measure(samples: &[i16]) -> Option<SpeechLevel> {
    let rate = f64::from(SAMPLES_PER_SECOND);
    let hangover = (rate * HANGOVER).ceil() as u32;
    let keep = (-1.0 / (rate * ENVELOPE)).exp();
    let thresholds: [f64; THRESHOLDS] = std::array::from_fn(|at| 0.5_f64.powi((THRESHOLDS - at) as i32));
    let mut active = [0_u32; THRESHOLDS];
    // Nobody has spoken before the beginning.
    let mut quiet_for = [hangover; THRESHOLDS];
    let (mut smooth, mut envelope, mut energy) = (0.0, 0.0, 0.0);
    for sample in samples.iter().map(|sample| scaled(*sample)) {
        energy += sample * sample;
        smooth = keep * smooth + (1.0 - keep) * sample.abs();
        envelope = keep * envelope + (1.0 - keep) * smooth;
        for ((threshold, active), quiet_for) in thresholds.iter().zip(&mut active).zip(&mut quiet_for) {
            if envelope >= *threshold {
                *active += 1;
                *quiet_for = 0;
            } else if *quiet_for < hangover {
                *active += 1;
                *quiet_for += 1;
            } else {
                // Nothing rises over a higher threshold either, nor has done so more lately.
                break;
            }
        }
    }
    let active_dbov = at_the_margin(energy, &thresholds, &active)?;
    let long_term_dbov = 10.0 * (energy / samples.len() as f64).log10();
    let activity = 10_f64.powf((long_term_dbov - active_dbov) / 10.0).min(1.0);
    Some(SpeechLevel { active_dbov, long_term_dbov, activity })
}

/// The active level for the threshold that lies [`MARGIN`] below it, between the measured ones.
fn at_the_margin(energy: f64, thresholds: &[f64; THRESHOLDS], active: &[u32; THRESHOLDS]) -> Option<f64> {
    let mut before = None;
    for (threshold, active) in thresholds.iter().zip(active).filter(|(_, active)| **active > 0) {
        let level = 10.0 * (energy / f64::from(*active)).log10();
        let over = level - 20.0 * threshold.log10();
        match before {
            // Even over the lowest threshold it is not loud enough.
            None if over < MARGIN => return None,
            Some((lower, lower_over)) if over <= MARGIN => {
                let share: f64 = (lower_over - MARGIN) / (lower_over - over);
                return Some(lower + share * (level - lower));
            }
            None | Some(_) => before = Some((level, over)),
        }
    }
    None
}

fn scaled(sample: i16) -> f64 {
    f64::from(sample) / 32_768.0
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn sine(peak: f64, seconds: f64) -> Vec<i16> {
        let count = (seconds * 8_000.0) as usize;
        (0..count).map(|at| (peak * 32_767.0 * (TAU * 1_004.0 * at as f64 / 8_000.0).sin()) as i16).collect()
    }

    #[test]
    fn a_continuous_sine_is_active_at_its_own_level() {
        let level = measure(&sine(1.0, 20.0)).unwrap();
        assert!((level.active_dbov + 3.01).abs() < 0.05, "{level:?}");
        assert!((level.active_dbm0() - level.active_dbov - 6.15).abs() < 0.05, "{level:?}");
        assert!(level.activity > 0.98, "{level:?}");
    }

    #[test]
    fn pauses_count_for_the_long_term_only() {
        // One second of sound and nine of silence, four times over.
        let burst: Vec<i16> = [sine(0.1, 1.0), vec![0; 72_000]].concat();
        let level = measure(&burst.repeat(4)).unwrap();
        // The hangover of 200 ms is active too, and a little time passes until the envelope falls below the threshold.
        let expected = -23.01 - 10.0 * (1.0_f64 + 0.2 + 0.06).log10();
        assert!((level.active_dbov - expected).abs() < 0.15, "{level:?}, not {expected}");
        assert!((level.long_term_dbov + 33.01).abs() < 0.05, "{level:?}");
        assert!((level.activity - 0.126).abs() < 0.005, "{level:?}");
    }

    #[test]
    fn short_pauses_belong_to_the_speech() {
        let burst: Vec<i16> = [sine(0.1, 0.3), vec![0; 1_200]].concat();
        let level = measure(&burst.repeat(40)).unwrap();
        assert!(level.activity > 0.95, "{level:?}");
    }

    #[test]
    fn what_is_louder_by_a_gain_has_a_level_that_is_higher_by_it() {
        let words: Vec<i16> = [sine(0.02, 0.4), vec![0; 3_000], sine(0.1, 0.2), vec![0; 9_000]].concat();
        let louder: Vec<i16> = words.iter().map(|sample| sample * 4).collect();
        let [quiet, loud] = [words, louder].map(|samples| measure(&samples).unwrap().active_dbov);
        assert!((loud - quiet - 12.04).abs() < 0.1, "{quiet} and {loud}");
    }

    #[test]
    fn silence_has_no_speech_level() {
        assert_eq!(measure(&[]), None);
        assert_eq!(measure(&[0; 8_000]), None);
        assert_eq!(measure(&[1; 8_000]), None);
    }
}
