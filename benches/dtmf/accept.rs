//! The classes in which every key is to be heard, one kind of trouble at a time.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use attendant::media::g711::Law;
use attendant::media::impair::codec::Tandem;
use attendant::media::impair::line::{Echo, Gain, Reflection};
use attendant::media::impair::noise::{Clicks, Colour, DirectCurrent, Hum, Mains, Noise};
use attendant::media::impair::packets::{Concealment, Loss, Slips};
use attendant::media::level::{FULL_SCALE_DBM0, decibels, level_of_power, peak, power, sample};
use attendant::media::oscillator::Oscillator;
use attendant::media::rate::FRAME;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::adpcm;
use crate::corpus::{Corpus, KEYS, clean};
use crate::score::Kind::{Must, Stretch};
use crate::signal::{
    Recording, any_digit, at_speed, between, detuned, digits, fork, keyed, mix, one_of, pair_level, plain,
    samples, sign, twisted,
};

/// The level of each tone at which the peaks of both together are full scale, in dBm0.
pub(crate) fn full_scale_pair() -> f64 {
    FULL_SCALE_DBM0 - decibels(2.0)
}

const USUAL: f64 = -10.0;

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

/// Dial tones: continental Europe, North America, Great Britain, Japan.
pub(crate) const DIAL_TONES: [&[f64]; 4] = [&[425.0], &[350.0, 440.0], &[350.0, 450.0], &[400.0]];

/// Tones that go on all the time, in Hz, of this level together in dBm0.
pub(crate) fn steady(recording: &mut Recording, tones: &[f64], dbm0: f64) {
    let each = level_of_power(power(dbm0) / tones.len() as f64);
    for hz in tones {
        let mut oscillator = Oscillator::new(*hz);
        for out in &mut recording.samples {
            *out = sample(f64::from(*out) + peak(each) * oscillator.next_sample());
        }
    }
}

pub(crate) fn tones_and_echoes(corpus: &mut Corpus) {
    for ms in [100.0, 50.0] {
        let each = move |_: &mut ChaCha8Rng, _| plain(-12.0, ms, ms);
        let pair = pair_level(&plain(-12.0, ms, ms));
        for (kind, below) in [(Must, &[15.0, 10.0, 6.0][..]), (Stretch, &[3.0, 0.0])] {
            for below in below.iter().copied() {
                for tones in DIAL_TONES {
                    let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                        steady(recording, tones, pair - below);
                    };
                    let name = format!("{tones:?} Hz, {below} dB below both tones, {ms}/{ms} ms");
                    corpus.keys(("i_dialtone", kind), name, 10, each, line);
                }
            }
        }
        for (kind, below) in [(Must, &[20.0, 15.0][..]), (Stretch, &[12.0, 10.0])] {
            for below in below.iter().copied() {
                let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    // Below the low group, between the groups, above the high group.
                    let hz = one_of(rng, &[(250.0, 600.0), (1_030.0, 1_120.0), (1_800.0, 3_300.0)]);
                    let hz = between(rng, hz.0, hz.1);
                    steady(recording, &[hz], -12.0 - below);
                };
                let name = format!("any tone {below} dB below each, {ms}/{ms} ms");
                corpus.keys(("i_third_tone", kind), name, 30, each, line);
            }
        }

        for (kind, reflections) in [
            (Must, &[(4.0, 14.0), (12.0, 16.0), (25.0, 18.0), (40.0, 24.0)][..]),
            // At 10 dB a tone may gain 2.4 and lose 3.3 dB by its own echo: twice that is the twist to be expected.
            (Stretch, &[(3.0, 11.0), (8.0, 10.0), (15.0, 10.0), (30.0, 12.0)]),
        ] {
            for (delay, loss) in reflections.iter().copied() {
                let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    echo(recording, &[(delay * between(rng, 0.8, 1.2), loss)]);
                };
                let name = format!("{loss} dB after about {delay} ms, {ms}/{ms} ms");
                corpus.keys(("l_echo", kind), name, 15, each, line);
            }
        }
        for (delay, loss) in [(60.0, 20.0), (80.0, 16.0), (100.0, 14.0), (130.0, 18.0), (200.0, 20.0)] {
            let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                echo(recording, &[(delay * between(rng, 0.95, 1.05), loss)]);
            };
            let name = format!("{loss} dB after about {delay} ms, {ms}/{ms} ms");
            corpus.keys(("l_echo_long", Stretch), name, 15, each, line);
        }

        for (kind, offsets, hums) in [
            (Must, &[500.0, 2_000.0][..], &[-30.0, -20.0, -15.0][..]),
            (Stretch, &[6_000.0, 12_000.0], &[-10.0, -6.0]),
        ] {
            for offset in offsets.iter().copied() {
                let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    DirectCurrent::new(sign(rng) * offset).apply(&mut recording.samples);
                };
                let name = format!("offset {offset}, {ms}/{ms} ms");
                corpus.keys(("m_dc_hum", kind), name, 20, each, line);
            }
            for dbm0 in hums.iter().copied() {
                for mains in [Mains::Fifty, Mains::Sixty] {
                    let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                        Hum::new(mains, dbm0).apply(&mut recording.samples);
                    };
                    let name = format!("hum {mains:?} of {dbm0} dBm0, {ms}/{ms} ms");
                    corpus.keys(("m_dc_hum", kind), name, 15, each, line);
                }
            }
        }

        for (kind, over, twists) in [(Must, &[2.0, 4.0, 6.0][..], 0.0), (Stretch, &[10.0, 14.0, 18.0], 3.0)] {
            for over in over.iter().copied() {
                let each = move |_: &mut ChaCha8Rng, digit: Digit| Settings {
                    // An overdriven amplifier makes twist worse: the louder tone takes the other's place.
                    twist_db: if digit.number().is_some() { twists } else { -twists },
                    ..plain(-12.0, ms, ms)
                };
                let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                    Gain::new(full_scale_pair() + over + 12.0).apply(&mut recording.samples);
                };
                corpus.keys(("n_clip", kind), format!("{over} dB, {ms}/{ms} ms"), 20, each, line);
            }
        }
    }
}

/// Adds reflections of so many ms and so many dB less.
pub(crate) fn echo(recording: &mut Recording, reflections: &[(f64, f64)]) {
    let reflections: Vec<Reflection> = reflections
        .iter()
        .map(|(ms, loss_db)| Reflection { delay: samples(*ms), loss_db: *loss_db })
        .collect();
    Echo::new(&reflections).apply(&mut recording.samples);
}

pub(crate) const CONCEALMENTS: [Concealment; 3] =
    [Concealment::Silence, Concealment::Repeat, Concealment::Fade];

pub(crate) fn networks(corpus: &mut Corpus) {
    let tandems: [&'static [Law]; 4] =
        [&[Law::Pcmu], &[Law::Pcma], &[Law::Pcmu, Law::Pcma], &[Law::Pcma, Law::Pcmu, Law::Pcma, Law::Pcmu]];
    for laws in tandems {
        for (level, off, ms) in [
            (-6.0, 0.0, 50.0),
            (-15.0, 1.5, 50.0),
            (-25.0, 1.5, 100.0),
            (-25.0, 0.0, 50.0),
            (-20.0, 1.5, 40.0),
        ] {
            let each = move |rng: &mut ChaCha8Rng, digit| Settings {
                detune: detuned(digit, [sign(rng), sign(rng)], off, 0.0),
                ..plain(level, ms, ms)
            };
            let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                Tandem::new(laws).apply(&mut recording.samples);
            };
            let names: Vec<_> = laws.iter().map(|law| law.name()).collect();
            let name = format!("{}, {level} dBm0, {off} % off, {ms}/{ms} ms", names.join(" "));
            corpus.keys(("j_g711", Must), name, 12, each, line).timed = true;
        }
    }

    let slow = |rng: &mut ChaCha8Rng, _: Digit| plain(between(rng, -18.0, -6.0), 100.0, 100.0);
    for how in CONCEALMENTS {
        for (kind, part, burst) in
            [(Must, 0.01, None), (Stretch, 0.03, None), (Stretch, 0.05, None), (Stretch, 0.03, Some(1.5))]
        {
            let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                let mut loss = match burst {
                    None => Loss::random(part, how, fork(rng)),
                    Some(length) => Loss::bursts(part, length, how, fork(rng)),
                };
                packets(rng, recording, |frame| loss.apply(frame));
            };
            let name = format!("{} % in bursts of {burst:?}, {how:?}", part * 100.0);
            corpus.keys(("k_loss", kind), name, 60, slow, line);
        }
    }
    for (kind, part, ms) in [(Must, 0.01, 100.0), (Stretch, 0.01, 60.0), (Stretch, 0.03, 80.0)] {
        let each = move |rng: &mut ChaCha8Rng, _| plain(between(rng, -18.0, -6.0), ms, ms);
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            recording.silence(300.0);
            let mut slips = Slips::new(part, fork(rng));
            packets(rng, recording, |frame| slips.apply(frame));
        };
        corpus.keys(("k_slip", kind), format!("{} % of packets, {ms}/{ms} ms", part * 100.0), 60, each, line);
    }

    type Codec = fn(&mut [i16]);
    let codecs: [(_, _, Codec); 3] =
        [(Must, "IMA", adpcm::ima), (Must, "VOX", adpcm::vox), (Stretch, "VOX at 6 kHz", vox_at_6_khz)];
    for (kind, name, codec) in codecs {
        for (level, ms) in [(-6.0, 50.0), (-15.0, 50.0), (-15.0, 100.0), (-24.0, 100.0)] {
            let each = move |_: &mut ChaCha8Rng, _| plain(level, ms, ms);
            let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| codec(&mut recording.samples);
            corpus.keys(("p_codec", kind), format!("{name}, {level} dBm0, {ms}/{ms} ms"), 20, each, line);
        }
    }
}

/// Applies something to the whole of a recording, whose packets begin anywhere.
pub(crate) fn packets(rng: &mut ChaCha8Rng, recording: &mut Recording, apply: impl FnOnce(&mut [i16])) {
    let from = rng.random_range(0..FRAME);
    apply(&mut recording.samples[from..]);
}

fn vox_at_6_khz(samples: &mut [i16]) {
    let mut slow = at_speed(samples, 8.0 / 6.0);
    adpcm::vox(&mut slow);
    let again = at_speed(&slow, 6.0 / 8.0);
    let length = again.len().min(samples.len());
    samples[..length].copy_from_slice(&again[..length]);
}

pub(crate) fn over_sounds(corpus: &mut Corpus) {
    for (kind, above) in [(Must, &[22.0, 18.0][..]), (Stretch, &[14.0, 12.0, 10.0])] {
        for above in above.iter().copied() {
            for what in [Under::Music, Under::Echo, Under::Speech] {
                let sources = corpus.sources.clone();
                let each = |_: &mut ChaCha8Rng, _| plain(USUAL, 80.0, 80.0);
                let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    let length = recording.samples.len();
                    let mut sound = match what {
                        Under::Speech => sources.speech(rng, length),
                        Under::Music | Under::Echo => sources.music(rng, length),
                    };
                    if what == Under::Echo {
                        let delay = samples(between(rng, 5.0, 60.0));
                        let near = Reflection { delay, loss_db: 0.0 };
                        let far = Reflection { delay: delay * 3, loss_db: 9.0 };
                        Echo::new(&[near, far]).apply(&mut sound);
                    }
                    let gain =
                        pair_level(&plain(USUAL, 80.0, 80.0)) - above - crate::signal::active_level(&sound);
                    mix(&mut recording.samples, &sound, gain);
                };
                corpus.keys(("q_over", kind), format!("{above} dB over {what:?}"), 40, each, line);
            }
        }
    }

    let fast = |rng: &mut ChaCha8Rng, _: Digit| plain(between(rng, -18.0, -6.0), 40.0, 40.0);
    corpus.keys(("r_fast", Must), "40/40 ms", 60, fast, clean).timed = true;

    let slow = |rng: &mut ChaCha8Rng, _: Digit| {
        plain(between(rng, -18.0, -6.0), between(rng, 1_800.0, 2_200.0), between(rng, 100.0, 300.0))
    };
    corpus.keys(("r_slow", Must), "2 s", 15, slow, clean).timed = true;
    for how in CONCEALMENTS {
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            let mut loss = Loss::random(0.01, how, fork(rng));
            packets(rng, recording, |frame| loss.apply(frame));
        };
        corpus.keys(("r_slow", Stretch), format!("1 % lost, {how:?}"), 15, slow, line);
    }
    for snr in [20.0, 15.0] {
        corpus.add(("r_slow", Stretch), format!("SNR {snr} dB"), 15, move |rng| {
            let level = between(rng, -18.0, -6.0);
            let keys = digits(rng, KEYS);
            let mut recording =
                keyed(rng, &keys, |rng, digit| Settings { level_dbm0: level, ..slow(rng, digit) });
            noise(rng, &mut recording, pair_level(&plain(level, 0.0, 0.0)) - snr);
            recording
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Under {
    Music,
    Echo,
    Speech,
}
