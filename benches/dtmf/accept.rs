//! The classes in which every key is to be heard, one kind of trouble at a time: the telephone, noise and clicks.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use attendant::media::impair::noise::{Clicks, Colour, Noise};
use attendant::media::level::{FULL_SCALE_DBM0, decibels};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::corpus::{Corpus, KEYS, clean};
use crate::score::Kind::{Must, Stretch};
use crate::signal::{
    Recording, any_digit, between, detuned, fork, keyed, pair_level, plain, samples, twisted,
};

/// The level of each tone at which the peaks of both together are full scale, in dBm0.
pub(crate) fn full_scale_pair() -> f64 {
    FULL_SCALE_DBM0 - decibels(2.0)
}

pub(crate) const USUAL: f64 = -10.0;

pub(crate) fn clean_and_tolerances(corpus: &mut Corpus) {
    for ms in [100.0, 50.0] {
        let class = ("a_clean", Must);
        let each = move |rng: &mut ChaCha8Rng, _| plain(between(rng, -22.0, -4.0), ms, ms);
        corpus.keys(class, format!("{ms}/{ms} ms, any level"), 80, each, clean).timed = true;
        for level in [-4.0, -10.0, -16.0, -22.0] {
            let name = format!("{ms}/{ms} ms, {level} dBm0");
            let condition = corpus.add(class, name, 20, move |rng| {
                let every: Vec<Digit> = "0123456789*#ABCD".chars().filter_map(Digit::from_symbol).collect();
                keyed(rng, &every, |_, _| plain(level, ms, ms))
            });
            condition.timed = true;
        }
    }

    let directions: [(&str, [f64; 2]); 8] = [
        ("both up", [1.0, 1.0]),
        ("both down", [-1.0, -1.0]),
        ("low up, high down", [1.0, -1.0]),
        ("low down, high up", [-1.0, 1.0]),
        ("low up", [1.0, 0.0]),
        ("low down", [-1.0, 0.0]),
        ("high up", [0.0, 1.0]),
        ("high down", [0.0, -1.0]),
    ];
    for (direction, signs) in directions {
        for (percent, hz) in [(1.0, 0.0), (1.5, 0.0), (1.5, 2.0)] {
            for ms in [100.0, 50.0] {
                let each = move |_: &mut ChaCha8Rng, digit| Settings {
                    detune: detuned(digit, signs, percent, hz),
                    ..plain(USUAL, ms, ms)
                };
                let name = format!("{direction} {percent} % and {hz} Hz, {ms}/{ms} ms");
                corpus.keys(("b_freq", Must), name, 10, each, clean).timed = true;
            }
        }
    }

    for on in [40.0, 45.0, 50.0, 60.0, 80.0, 150.0, 400.0] {
        let each =
            move |rng: &mut ChaCha8Rng, _| plain(between(rng, -18.0, -6.0), on, between(rng, 50.0, 100.0));
        corpus.keys(("c_duration", Must), format!("{on} ms"), 30, each, clean).timed = true;
    }
    for off in [40.0, 45.0, 50.0, 60.0, 80.0] {
        let each =
            move |rng: &mut ChaCha8Rng, _| plain(between(rng, -18.0, -6.0), between(rng, 50.0, 120.0), off);
        corpus.keys(("d_pause", Must), format!("{off} ms"), 30, each, clean).timed = true;
        corpus.add(("d_pause", Must), format!("{off} ms, equal keys"), 30, move |rng| {
            let digit = any_digit(rng);
            keyed(rng, &[digit; KEYS], each)
        });
    }

    for (kind, breaks) in [(Must, &[1.0, 2.0, 4.0, 6.0, 8.0, 10.0][..]), (Stretch, &[12.0, 15.0, 18.0])] {
        for length in breaks.iter().copied() {
            let each =
                |rng: &mut ChaCha8Rng, _| plain(between(rng, -18.0, -6.0), between(rng, 100.0, 200.0), 80.0);
            let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                interrupt(rng, recording, length);
            };
            corpus.keys(("d_interrupt", kind), format!("{length} ms"), 30, each, line);
        }
    }

    for twist in [-8.0, -6.0, -4.0, -2.0, 2.0, 4.0] {
        for (stronger, ms) in [(-5.0, 50.0), (-10.0, 100.0), (-17.0, 50.0)] {
            let each = move |_: &mut ChaCha8Rng, _| twisted(stronger, twist, ms, ms);
            let name = format!("{twist} dB, {stronger} dBm0, {ms}/{ms} ms");
            corpus.keys(("e_twist", Must), name, 12, each, clean).timed = true;
        }
    }
}

/// Mutes each press once for so long, at least 25 ms after its start and before its end.
pub(crate) fn interrupt(rng: &mut ChaCha8Rng, recording: &mut Recording, ms: f64) {
    let (length, margin) = (u64::from(samples(ms)), u64::from(samples(25.0)));
    for truth in &recording.truth {
        let from = rng.random_range(truth.start + margin..=truth.end - margin - length) as usize;
        recording.samples[from..from + length as usize].fill(0);
    }
}

pub(crate) fn levels_and_noise(corpus: &mut Corpus) {
    let loudest = full_scale_pair();
    for (kind, levels) in
        [(Must, &[loudest, -5.0, -15.0, -20.0, -23.0, -25.0][..]), (Stretch, &[-27.0, -29.0])]
    {
        for level in levels.iter().copied() {
            for ms in [100.0, 50.0] {
                let each = move |_: &mut ChaCha8Rng, _| plain(level, ms, ms);
                let name = format!("{level:.1} dBm0, {ms}/{ms} ms");
                corpus.keys(("f_level", kind), name, 15, each, clean).timed = true;
            }
        }
    }

    for (class, level) in [("g_noise", USUAL), ("g_noise_low", -24.0)] {
        for (kind, snrs) in [(Must, &[25.0, 20.0, 18.0, 15.0][..]), (Stretch, &[12.0, 11.0, 10.0])] {
            for snr in snrs.iter().copied() {
                for ms in [100.0, 50.0] {
                    let each = move |_: &mut ChaCha8Rng, _| plain(level, ms, ms);
                    let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                        noise(rng, recording, pair_level(&plain(level, ms, ms)) - snr);
                    };
                    let name = format!("SNR {snr} dB, {ms}/{ms} ms");
                    corpus.keys((class, kind), name, 20, each, line).timed = true;
                }
            }
        }
    }

    for (kind, clicks) in [
        (Must, &[(1.0, 0.0, 1), (3.0, -3.0, 3), (5.0, -10.0, 8), (1.0, -6.0, 24)][..]),
        (Stretch, &[(10.0, 0.0, 3), (5.0, 0.0, 16), (3.0, 0.0, 40)]),
    ] {
        for (each_second, dbm0, length) in clicks.iter().copied() {
            for ms in [100.0, 50.0] {
                let each = move |_: &mut ChaCha8Rng, _| plain(USUAL, ms, ms);
                let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    Clicks::new(each_second, dbm0, length, fork(rng)).apply(&mut recording.samples);
                };
                let name = format!("{each_second}/s of {dbm0} dBm0 and {length} samples, {ms}/{ms} ms");
                corpus.keys(("h_impulse", kind), name, 20, each, line);
            }
        }
    }
}

pub(crate) fn noise(rng: &mut ChaCha8Rng, recording: &mut Recording, dbm0: f64) {
    Noise::new(Colour::White, dbm0, fork(rng)).apply(&mut recording.samples);
}
