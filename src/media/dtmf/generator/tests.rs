//! The generator, measured on its samples.

use std::f64::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::media::dtmf::{HIGH_GROUP, LOW_GROUP};
use crate::media::level::{decibels, level_of_peak};

fn digit(symbol: char) -> Digit {
    Digit::from_symbol(symbol).expect("a key")
}

fn one(symbol: char, settings: Settings) -> Vec<i16> {
    dial(&[Key::Digit(digit(symbol))], &settings)
}

/// The peak of the sine at `hz` in these samples, by Goertzel's sum behind a Hann window, which keeps the other tone
/// out where there are periods enough.
fn peak_at(samples: &[i16], hz: f64) -> f64 {
    let (mut sine, mut cosine, mut weights) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let weight = 0.5 - 0.5 * (TAU * (at as f64 + 0.5) / samples.len() as f64).cos();
        let angle = TAU * hz / 8_000.0 * at as f64;
        sine += weight * f64::from(*sample) * angle.sin();
        cosine += weight * f64::from(*sample) * angle.cos();
        weights += weight;
    }
    2.0 * sine.hypot(cosine) / weights
}

/// The frequency near `hz` at which the peak is highest: looked for in steps of a thousandth, of which the peak of a second
/// of sound has several, and then in tenths of them.
fn frequency_near(samples: &[i16], hz: f64) -> f64 {
    let highest = |around: f64, step: f64, steps: i32| {
        let candidates = (-steps..=steps).map(|number| around + hz * step * f64::from(number));
        candidates
            .max_by(|one, other| peak_at(samples, *one).total_cmp(&peak_at(samples, *other)))
            .expect("many")
    };
    highest(highest(hz, 1e-3, 60), 1e-4, 10)
}

#[test]
fn every_key_has_its_two_tones_at_the_level_and_twist_asked_for() {
    for symbol in "0123456789*#ABCD".chars() {
        for (level_dbm0, twist_db) in [(-8.0, 0.0), (-25.0, 4.0), (-12.0, -8.0), (-40.0, 2.0)] {
            let settings = Settings { level_dbm0, twist_db, on: 1_600, ..Settings::default() };
            let tone = &one(symbol, settings)[100..1_500];
            let (low, high) = frequencies(digit(symbol));
            let (low, high) = (level_of_peak(peak_at(tone, low)), level_of_peak(peak_at(tone, high)));
            assert!(((low + high) / 2.0 - level_dbm0).abs() < 0.1, "{symbol}: {low} and {high} dBm0");
            assert!((high - low - twist_db).abs() < 0.1, "{symbol}: {low} and {high} dBm0");
            for other in LOW_GROUP.into_iter().chain(HIGH_GROUP) {
                let (of_key_low, of_key_high) = frequencies(digit(symbol));
                if other != of_key_low && other != of_key_high {
                    let rest = level_of_peak(peak_at(tone, other));
                    assert!(rest < level_dbm0 - 30.0, "{symbol}: {rest} dBm0 at {other} Hz");
                }
            }
        }
    }
}

#[test]
fn tones_are_off_by_what_was_asked_for() {
    let settings = Settings { on: 8_000, detune: [0.015, -0.02], ..Settings::default() };
    let tone = &one('5', settings)[100..7_900];
    assert!((frequency_near(tone, 770.0) / (770.0 * 1.015) - 1.0).abs() < 2e-4);
    assert!((frequency_near(tone, 1_336.0) / (1_336.0 * 0.98) - 1.0).abs() < 2e-4);
}

#[test]
fn a_tone_lasts_between_the_points_of_half_its_amplitude() {
    let (on, off) = (400, 240);
    let samples = dial(&[Key::Digit(digit('1')); 3], &Settings { on, off, ..Settings::default() });
    assert_eq!(samples.len(), 3 * 640);
    let settings = Settings { on, off, ..Settings::default() };
    let start = settings.start() as usize;
    assert_eq!(start, 16);
    // The ramp by itself, without the tones under it.
    assert!(ramp(16, 32) < 0.5 && ramp(17, 32) > 0.5, "half the amplitude is passed in the middle");
    for press in 0..3 {
        let press = &samples[press * 640..][..640];
        assert!(press[start + 400 + 16..].iter().all(|sample| *sample == 0), "silence behind the ramp");
        assert!(press[start + 400 - 16..].iter().take(8).any(|sample| sample.abs() > 9_000), "no early end");
    }
}

#[test]
fn a_press_does_not_click() {
    // What a ramp spreads, a Hann window over the ramp and its surroundings shows: far from the tones next to nothing.
    let settings = Settings { on: 800, off: 800, ..Settings::default() };
    let samples = dial(&[Key::Digit(digit('1')), Key::Digit(digit('D'))], &settings);
    for edge in [816, 1_616] {
        let around = &samples[edge - 256..edge + 256];
        for hz in [100.0, 2_500.0, 3_000.0, 3_500.0] {
            let rest = level_of_peak(peak_at(around, hz));
            assert!(rest < settings.level_dbm0 - 55.0, "{rest} dBm0 at {hz} Hz around {edge}");
        }
    }
}

#[test]
fn pauses_are_silent_and_as_long_as_in_scenario_files() {
    let keys = keys("1wW2").unwrap();
    assert_eq!(keys, [Key::Digit(digit('1')), Key::Pause(4_000), Key::Pause(8_000), Key::Digit(digit('2'))]);
    let samples = dial(&keys, &Settings::default());
    assert_eq!(samples.len(), 1_600 + 12_000 + 1_600);
    assert!(samples[832..13_600].iter().all(|sample| *sample == 0));
}

#[test]
fn what_is_no_key_is_refused_with_its_place() {
    assert_eq!(
        keys("12x").unwrap_err().to_string(),
        "'x', symbol 3, is not a key: keys are 0-9 * # A-D; w and W pause 0.5 s and 1 s"
    );
    assert_eq!(keys("").unwrap(), []);
    assert_eq!(keys("d").unwrap(), keys("D").unwrap());
}

#[test]
fn a_generator_that_was_never_pressed_is_silent() {
    let mut out = [7; 9];
    assert_eq!(Generator::default().render(&mut out), 0);
    assert_eq!(out, [7; 9]);
}

#[test]
fn the_default_levels_are_within_what_etsi_lets_telephones_send() {
    let Settings { level_dbm0, twist_db, .. } = Settings::default();
    // dBm in 600 ohms less dBV.
    let dbv = -decibels((0.6f64).sqrt());
    let (low, high) = (level_dbm0 - twist_db / 2.0 - dbv, level_dbm0 + twist_db / 2.0 - dbv);
    assert!((low + 11.0).abs() < 0.1 && (high + 9.0).abs() < 0.1, "{low} and {high} dBV");
}

proptest! {
    #[test]
    fn samples_do_not_depend_on_the_blocks_they_are_asked_for_in(
        blocks in prop::collection::vec(1usize..400, 1..40),
        on in 0u32..900,
        off in 0u32..900,
    ) {
        let settings = Settings { on, off, ..Settings::default() };
        let whole = dial(&[Key::Digit(digit('7'))], &settings);
        let mut generator = Generator::default();
        generator.press(digit('7'), &settings);
        let mut parts = Vec::new();
        for block in blocks.into_iter().cycle().take(2_000) {
            let mut out = vec![0; block];
            let count = generator.render(&mut out);
            parts.extend_from_slice(&out[..count]);
            if count < block {
                break;
            }
        }
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn no_setting_is_too_much(
        level_dbm0 in any::<f64>(),
        twist_db in any::<f64>(),
        low in any::<f64>(),
        high in any::<f64>(),
        on in any::<u32>(),
        off in any::<u32>(),
    ) {
        let settings = Settings { level_dbm0, twist_db, on, off, detune: [low, high], with_neighbor: false };
        let mut generator = Generator::default();
        generator.press(digit('0'), &settings);
        let length = settings.length();
        let mut out = [0; 100];
        prop_assert!(generator.render(&mut out) as u64 == length.min(100));
    }
}
