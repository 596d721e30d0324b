//! The classes in which every key is to be heard, one kind of trouble at a time: other tones, echo, mains, clipping.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use attendant::media::impair::line::{Echo, Gain, Reflection};
use attendant::media::impair::noise::{DirectCurrent, Hum, Mains};
use attendant::media::level::{level_of_power, peak, power, sample};
use attendant::media::oscillator::Oscillator;
use rand::rngs::ChaCha8Rng;

use crate::accept::full_scale_pair;
use crate::corpus::{Corpus, KEYS};
use crate::score::Kind::{Must, Stretch};
use crate::signal::{Recording, any_digit, between, keyed, one_of, pair_level, plain, samples, sign};

/// Everything here, with keys of two lengths.
pub(crate) fn all(corpus: &mut Corpus) {
    for ms in [100.0, 50.0] {
        tones(corpus, ms);
        echoes(corpus, ms);
        direct_current_and_hum(corpus, ms);
        clipping(corpus, ms);
    }
}

/// Dial tones: continental Europe, North America, Great Britain, Japan, India; and North America's ringing tone,
/// of all such the nearest to the keys.
pub(crate) const DIAL_TONES: [&[f64]; 6] =
    [&[425.0], &[350.0, 440.0], &[350.0, 450.0], &[400.0], &[400.0, 450.0], &[440.0, 480.0]];

/// Where one more tone may be: below the low group, between the groups, above the high group.
pub(crate) const THIRD_TONES: [(f64, f64); 3] = [(250.0, 600.0), (1_030.0, 1_120.0), (1_800.0, 3_300.0)];

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

fn tones(corpus: &mut Corpus, ms: f64) {
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
                let band = one_of(rng, &THIRD_TONES);
                let hz = between(rng, band.0, band.1);
                steady(recording, &[hz], -12.0 - below);
            };
            let name = format!("any tone {below} dB below each, {ms}/{ms} ms");
            corpus.keys(("i_third_tone", kind), name, 30, each, line);
        }
    }
}

fn echoes(corpus: &mut Corpus, ms: f64) {
    let each = move |_: &mut ChaCha8Rng, _| plain(-12.0, ms, ms);
    let mut add = |class, kind, reflections: &'static [(f64, f64)], part: f64| {
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            let moved = between(rng, 1.0 - part, 1.0 + part);
            let reflections: Vec<_> =
                reflections.iter().map(|(delay, loss)| (delay * moved, *loss)).collect();
            echo(recording, &reflections);
        };
        let name = format!("ms and dB {reflections:?}, {ms}/{ms} ms");
        corpus.keys((class, kind), name.as_str(), 15, each, line);
        corpus.add((class, kind), format!("{name}, equal keys"), 5, move |rng| {
            let digit = any_digit(rng);
            let mut recording = keyed(rng, &[digit; KEYS], each);
            line(rng, &mut recording);
            recording
        });
    };
    for reflections in
        [&[(4.0, 14.0)][..], &[(12.0, 16.0)], &[(25.0, 18.0)], &[(40.0, 24.0)], &[(5.0, 18.0), (17.0, 20.0)]]
    {
        add("l_echo", Must, reflections, 0.2);
    }
    // At 10 dB a tone may gain 2.4 and lose 3.3 dB by its own echo: twice that is the twist to be expected.
    for reflections in
        [&[(3.0, 11.0)][..], &[(8.0, 10.0)], &[(15.0, 10.0)], &[(30.0, 12.0)], &[(7.0, 13.0), (22.0, 15.0)]]
    {
        add("l_echo", Stretch, reflections, 0.2);
    }
    for reflections in [
        &[(60.0, 20.0)][..],
        &[(80.0, 16.0)],
        &[(100.0, 14.0)],
        &[(130.0, 18.0)],
        &[(200.0, 20.0)],
        &[(70.0, 14.0), (140.0, 20.0)],
        &[(150.0, 12.0)],
        &[(250.0, 14.0)],
        &[(400.0, 26.0)],
        &[(400.0, 20.0)],
        &[(400.0, 15.0)],
    ] {
        add("l_echo_long", Stretch, reflections, 0.05);
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

fn direct_current_and_hum(corpus: &mut Corpus, ms: f64) {
    let each = move |_: &mut ChaCha8Rng, _| plain(-12.0, ms, ms);
    let mut add = |kind, name: String, offset: f64, hum: Option<(Mains, f64)>| {
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            if let Some((mains, dbm0)) = hum {
                Hum::new(mains, dbm0).apply(&mut recording.samples);
            }
            DirectCurrent::new(sign(rng) * offset).apply(&mut recording.samples);
        };
        corpus.keys(("m_dc_hum", kind), format!("{name}, {ms}/{ms} ms"), 15, each, line);
    };
    for (kind, offsets, hums, both) in [
        (Must, &[500.0, 2_000.0][..], &[-30.0, -20.0, -15.0][..], (2_000.0, -20.0)),
        (Stretch, &[6_000.0, 12_000.0], &[-10.0, -6.0], (6_000.0, -10.0)),
    ] {
        for offset in offsets.iter().copied() {
            add(kind, format!("offset {offset}"), offset, None);
        }
        for mains in [Mains::Fifty, Mains::Sixty] {
            for dbm0 in hums.iter().copied() {
                add(kind, format!("hum {mains:?} of {dbm0} dBm0"), 0.0, Some((mains, dbm0)));
            }
            let (offset, dbm0) = both;
            let name = format!("offset {offset} and hum {mains:?} of {dbm0} dBm0");
            add(kind, name, offset, Some((mains, dbm0)));
        }
    }
}

fn clipping(corpus: &mut Corpus, ms: f64) {
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
