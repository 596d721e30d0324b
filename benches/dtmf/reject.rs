//! Bursts that are no keys, though they look like some.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use attendant::media::dtmf::{HIGH_GROUP, LOW_GROUP, frequencies};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::corpus::{Corpus, clean};
use crate::score::Kind::Reject;
use crate::signal::{Recording, Truth, any_digit, between, one_of, plain, sign, twisted};
use crate::synth::{Partial, Wobble, tones, wobbling};

/// Bursts of two tones that are off, short or quiet.
pub(crate) fn bursts(corpus: &mut Corpus) {
    for (which, signs) in
        [("low", [1.0, 0.0]), ("high", [0.0, 1.0]), ("both", [1.0, 1.0]), ("both apart", [1.0, -1.0])]
    {
        for percent in [3.5, 4.0, 5.0] {
            for ms in [100.0, 50.0] {
                let each = move |rng: &mut ChaCha8Rng, _| {
                    let direction = sign(rng) * percent / 100.0;
                    let detune = signs.map(|sign| sign * direction);
                    Settings { detune, ..plain(between(rng, -20.0, -6.0), ms, 80.0) }
                };
                let name = format!("{which} {percent} % off, {ms} ms");
                corpus.keys(("b_freq_reject", Reject), name, 15, each, clean);
            }
        }
    }
    for ms in [8.0, 12.0, 16.0, 20.0, 23.0] {
        let each =
            move |rng: &mut ChaCha8Rng, _| plain(between(rng, -20.0, -4.0), ms, between(rng, 60.0, 120.0));
        corpus.keys(("c_duration_reject", Reject), format!("{ms} ms"), 40, each, clean);
    }
    for level in [-55.0, -60.0] {
        let each = move |_: &mut ChaCha8Rng, _| plain(level, 100.0, 100.0);
        corpus.keys(("f_level_reject", Reject), format!("{level} dBm0"), 30, each, clean);
    }
}

/// Other sounds with some of a key's marks.
pub(crate) fn not_digits(corpus: &mut Corpus) {
    let dbm0 = -10.0;
    let mut add = |name: &str, burst: fn(&mut ChaCha8Rng, Digit, f64) -> Vec<i16>| {
        corpus.add(("v_notdigit", Reject), name, 30, move |rng| {
            let mut recording = Recording::default();
            recording.silence(between(rng, 150.0, 350.0));
            for _ in 0..10 {
                let digit = any_digit(rng);
                let start = recording.samples.len() as u64;
                let sound = burst(rng, digit, dbm0);
                recording.samples.extend(sound);
                let end = recording.samples.len() as u64;
                recording.truth.push(Truth { digit, start, end });
                recording.silence(between(rng, 80.0, 160.0));
            }
            recording
        });
    };
    add("one tone alone", |rng, digit, dbm0| {
        let (low, high) = frequencies(digit);
        tones(&[(one_of(rng, &[low, high]), dbm0)], 100.0, 4.0, 0.0)
    });
    add("two tones of one group", |rng, _, dbm0| {
        let group = one_of(rng, &[LOW_GROUP, HIGH_GROUP]);
        let first = rng.random_range(0..3);
        let second = rng.random_range(first + 1..4);
        tones(&[(group[first], dbm0), (group[second], dbm0)], 100.0, 4.0, 0.0)
    });
    add("two keys at once", |rng, digit, dbm0| {
        let other = loop {
            let other = any_digit(rng);
            let ((low, high), (other_low, other_high)) = (frequencies(digit), frequencies(other));
            if low != other_low && high != other_high {
                break other;
            }
        };
        let ((low, high), (other_low, other_high)) = (frequencies(digit), frequencies(other));
        tones(&[low, high, other_low, other_high].map(|hz| (hz, dbm0)), 100.0, 4.0, 0.0)
    });
    add("two keys of a row or column at once", |rng, digit, dbm0| {
        let (low, high) = frequencies(digit);
        let group = if rng.random() { LOW_GROUP } else { HIGH_GROUP };
        let third = loop {
            let third = one_of(rng, &group);
            if third != low && third != high {
                break third;
            }
        };
        tones(&[low, high, third].map(|hz| (hz, dbm0)), 100.0, 4.0, 0.0)
    });
    add("a key and a third tone 6 dB louder between the groups", |rng, digit, dbm0| {
        let (low, high) = frequencies(digit);
        let third = (between(rng, 1_020.0, 1_120.0), dbm0);
        tones(&[(low, dbm0 - 6.0), (high, dbm0 - 6.0), third], 100.0, 4.0, 0.0)
    });
    add("twisted by 20 dB", |rng, digit, dbm0| press(digit, &twisted(dbm0, sign(rng) * 20.0, 100.0, 10.0)));
    add("tones whose pitch wobbles by 6 %", |rng, digit, dbm0| {
        let wobble = Wobble { hz: 8.0, pitch: 0.06, phase: between(rng, 0.0, 1.0), ..Wobble::default() };
        let (low, high) = frequencies(digit);
        wobbling(&[((low, dbm0), wobble), ((high, dbm0), wobble)], 125.0, 4.0, 0.0)
    });
    add("tones that glide by 15 %", |rng, digit, dbm0| {
        let (low, high) = frequencies(digit);
        let wobble = Wobble { glide: sign(rng) * 0.15, ..Wobble::default() };
        let half = 1.0 - wobble.glide / 2.0;
        wobbling(&[((low * half, dbm0), wobble), ((high * half, dbm0), wobble)], 120.0, 4.0, 0.0)
    });
    add("tones with loud harmonics", |rng, digit, dbm0| {
        let (low, high) = frequencies(digit);
        let second = dbm0 - between(rng, 0.0, 3.0);
        tones(&[(low, dbm0), (high, dbm0), (2.0 * low, second), (2.0 * high, second)], 100.0, 4.0, 0.0)
    });
    add("a key's tones one after the other", |_, digit, dbm0| {
        let (low, high) = frequencies(digit);
        let mut sound = tones(&[(low, dbm0)], 60.0, 4.0, 0.0);
        sound.extend(tones(&[(high, dbm0)], 60.0, 4.0, 0.0));
        sound
    });
    add("a chord of four notes", |rng, _, dbm0| {
        let root = between(rng, 300.0, 700.0);
        let chord: Vec<Partial> =
            [1.0, 1.26, 1.5, 2.0].iter().map(|ratio| (root * ratio, dbm0 - 4.0)).collect();
        tones(&chord, 150.0, 10.0, 0.0)
    });
}

fn press(digit: Digit, settings: &Settings) -> Vec<i16> {
    let mut recording = Recording::default();
    recording.press(&mut Default::default(), digit, settings);
    recording.samples
}
