//! Levels of sound: dBm0, the telephone network's decibels, and what they are in samples.
//!
//! 0 dBm0 is here a sine 3.14 dB below the largest that 16 bits hold, as ITU-T G.711 has it for A-law. Its µ-law
//! puts the same sine 0.03 dB lower, less than any figure in this program tells apart.

/// The level of the largest sine, in dBm0 (ITU-T G.711, the load capacity of A-law).
#[expect(clippy::approx_constant, reason = "it is not pi")]
pub const FULL_SCALE_DBM0: f64 = 3.14;

/// The peak of the largest sine, in samples' units.
const FULL_SCALE: f64 = 32768.0;

/// Decibels as a ratio of amplitudes.
#[must_use]
pub fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// A ratio of amplitudes in decibels; minus infinity for 0.
#[must_use]
pub fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// The peak of a sine of this level, in samples' units.
#[must_use]
pub fn peak(dbm0: f64) -> f64 {
    FULL_SCALE * ratio(dbm0 - FULL_SCALE_DBM0)
}

/// The level in dBm0 of a sine with this peak, in samples' units; minus infinity for 0.
#[must_use]
pub fn level_of_peak(peak: f64) -> f64 {
    decibels(peak / FULL_SCALE) + FULL_SCALE_DBM0
}

/// The mean square of any sound of this level, in samples' units squared: half the square of a sine's peak.
#[must_use]
pub fn power(dbm0: f64) -> f64 {
    peak(dbm0).powi(2) / 2.0
}

/// The level in dBm0 of a sound with this mean square, in samples' units squared; minus infinity for 0.
#[must_use]
pub fn level_of_power(mean_square: f64) -> f64 {
    level_of_peak((2.0 * mean_square).sqrt())
}

/// The level in dBm0 of these samples; minus infinity for silence, and for none at all.
#[must_use]
pub fn level(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    level_of_power(sum / samples.len().max(1) as f64)
}

/// The sample nearest to a value, within 16 bits; 0 if it is not a number.
#[must_use]
pub fn sample(value: f64) -> i16 {
    // `as` saturates, and takes NaN for 0.
    value.round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_sine_has_the_load_capacity_of_the_a_law() {
        assert!((peak(FULL_SCALE_DBM0) - 32768.0).abs() < 1e-6);
        assert!((level_of_peak(32768.0) - FULL_SCALE_DBM0).abs() < 1e-9);
        let square = [32767, -32768].repeat(500);
        assert!((level(&square) - 6.15).abs() < 0.01, "a full-scale square is 3.01 dB above the sine");
    }

    #[test]
    fn levels_come_back_from_peaks_and_powers() {
        for dbm0 in [-60.0, -25.0, 0.0, FULL_SCALE_DBM0] {
            assert!((level_of_peak(peak(dbm0)) - dbm0).abs() < 1e-9);
            assert!((level_of_power(power(dbm0)) - dbm0).abs() < 1e-9);
        }
        assert!((decibels(ratio(-6.0)) + 6.0).abs() < 1e-9);
    }

    #[test]
    fn silence_and_no_sound_at_all_have_no_level() {
        assert_eq!(level(&[0; 160]), f64::NEG_INFINITY);
        assert_eq!(level(&[]), f64::NEG_INFINITY);
    }

    #[test]
    fn samples_saturate() {
        assert_eq!([40_000.0, -40_000.0, f64::NAN, 0.5].map(sample), [i16::MAX, i16::MIN, 0, 1]);
    }
}
