//! Keys with several troubles at once: limits of the standards together, and whole calls as they come.

use attendant::media::dtmf::generator::Settings;
use attendant::media::g711::Law;
use attendant::media::impair::codec::Tandem;
use attendant::media::impair::line::Gain;
use attendant::media::impair::noise::{Clicks, Colour, DirectCurrent, Hum, Mains, Noise};
use attendant::media::impair::packets::{Loss, Slips};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::accept::{interrupt, noise};
use crate::corpus::{Corpus, KEYS};
use crate::lines::{DIAL_TONES, THIRD_TONES, echo, steady};
use crate::networks::{CONCEALMENTS, packets};
use crate::score::Kind::{Must, Stretch};
use crate::signal::{
    Recording, active_level, between, detuned, digits, fork, keyed, mix, one_of, pair_level, sign, twisted,
};

/// Limits of the standards, several at once.
pub(crate) fn corners(corpus: &mut Corpus) {
    // The weaker tone is at -25 dBm0.
    for (twist, hz) in [(-8.0, 0.0), (4.0, 0.0), (-6.0, 2.0), (4.0, 2.0)] {
        for law in Law::ALL {
            for ms in [40.0, 50.0] {
                let each = move |rng: &mut ChaCha8Rng, digit| Settings {
                    detune: detuned(digit, [sign(rng), sign(rng)], 1.5, hz),
                    ..twisted(-25.0 + f64::abs(twist), twist, ms, ms)
                };
                let coded = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                    Tandem::new(&[law]).apply(&mut recording.samples);
                };
                let name =
                    format!("1.5 % and {hz} Hz off, {twist} dB, -25 dBm0, {ms}/{ms} ms, {}", law.name());
                corpus.keys(("s_corner", Must), name.as_str(), 15, each, coded);

                let noisy = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                    let pair = pair_level(&twisted(-25.0 + f64::abs(twist), twist, ms, ms));
                    noise(rng, recording, pair - 18.0);
                    coded(rng, recording);
                };
                corpus.keys(("s_corner", Stretch), format!("{name}, SNR 18 dB"), 15, each, noisy);
            }
        }
    }
    for twist in [-8.0, 4.0] {
        further_corners(corpus, twist);
    }
}

type Trouble = fn(&mut ChaCha8Rng, &mut Recording);

/// Tones that are off and twisted, with one or two troubles more, each at its own limit.
fn further_corners(corpus: &mut Corpus, twist: f64) {
    let troubles: [(_, _, _, Trouble); 10] = [
        (Must, "a break of 10 ms", 90.0, |rng, recording| interrupt(rng, recording, 10.0)),
        (Must, "echo", 50.0, |rng, recording| echo(recording, &[(between(rng, 10.0, 30.0), 18.0)])),
        (Must, "noise", 50.0, |rng, recording| noise(rng, recording, -35.0)),
        (Must, "dial tone", 50.0, |rng, recording| steady(recording, one_of(rng, &DIAL_TONES), -23.0)),
        (Must, "hum and direct current", 50.0, |rng, recording| mains(rng, recording, -20.0, 2_000.0)),
        (Must, "packets lost", 100.0, |rng, recording| lose(rng, recording, 0.005)),
        (Stretch, "dial tone and noise", 90.0, |rng, recording| {
            steady(recording, one_of(rng, &DIAL_TONES), -25.0);
            noise(rng, recording, -32.0);
        }),
        (Stretch, "echo and noise", 50.0, |rng, recording| {
            echo(recording, &[(between(rng, 5.0, 30.0), 15.0)]);
            noise(rng, recording, -32.0);
        }),
        (Stretch, "hum, loud", 50.0, |rng, recording| mains(rng, recording, -10.0, 6_000.0)),
        (Stretch, "a break of 15 ms and noise", 90.0, |rng, recording| {
            interrupt(rng, recording, 15.0);
            noise(rng, recording, -35.0);
        }),
    ];
    for (kind, name, ms, trouble) in troubles {
        let each = move |rng: &mut ChaCha8Rng, digit| Settings {
            detune: detuned(digit, [sign(rng), sign(rng)], 1.5, 0.0),
            ..twisted(-15.0, twist, ms, 50.0)
        };
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            trouble(rng, recording);
            Tandem::new(&[one_of(rng, &Law::ALL)]).apply(&mut recording.samples);
        };
        corpus.keys(("s_corner", kind), format!("{twist} dB, 1.5 % off, {name}"), 20, each, line);
    }
}

fn mains(rng: &mut ChaCha8Rng, recording: &mut Recording, dbm0: f64, offset: f64) {
    Hum::new(one_of(rng, &[Mains::Fifty, Mains::Sixty]), dbm0).apply(&mut recording.samples);
    DirectCurrent::new(sign(rng) * offset).apply(&mut recording.samples);
}

fn lose(rng: &mut ChaCha8Rng, recording: &mut Recording, part: f64) {
    let mut loss = Loss::random(part, one_of(rng, &CONCEALMENTS), fork(rng));
    packets(rng, recording, |frame| loss.apply(frame));
}

/// How bad the lines of a call are.
#[derive(Clone, Copy)]
struct Line {
    levels: (f64, f64),
    twists: (f64, f64),
    off_percent: f64,
    on: (f64, f64),
    off: (f64, f64),
    snr: (f64, f64),
    lost: f64,
    return_loss: (f64, f64),
    hum: f64,
    /// The most direct current, in samples' units.
    offset: f64,
    /// By how much one more tone is weaker than each of a key's.
    third_tone: f64,
    clicks: f64,
    under: (f64, f64),
    /// How likely each of the troubles is.
    chance: f64,
}

pub(crate) fn calls(corpus: &mut Corpus) {
    let usual = Line {
        levels: (-20.0, -6.0),
        twists: (-5.0, 3.0),
        off_percent: 1.0,
        on: (60.0, 250.0),
        off: (60.0, 300.0),
        snr: (20.0, 40.0),
        lost: 0.003,
        return_loss: (16.0, 30.0),
        hum: -35.0,
        offset: 500.0,
        third_tone: 20.0,
        clicks: -20.0,
        under: (20.0, 30.0),
        chance: 0.4,
    };
    let bad = Line {
        levels: (-26.0, -4.0),
        twists: (-8.0, 4.0),
        off_percent: 1.5,
        on: (50.0, 250.0),
        off: (50.0, 300.0),
        snr: (15.0, 30.0),
        lost: 0.005,
        return_loss: (10.0, 25.0),
        hum: -20.0,
        offset: 2_000.0,
        third_tone: 14.0,
        clicks: -10.0,
        under: (16.0, 25.0),
        chance: 0.5,
    };
    for (kind, line) in [(Must, usual), (Stretch, bad)] {
        let sources = corpus.sources.clone();
        corpus.add(("t_field", kind), "random calls", 600, move |rng| call(rng, &line, &sources));
    }
}

fn call(rng: &mut ChaCha8Rng, line: &Line, sources: &crate::sources::Sources) -> Recording {
    let happens = |rng: &mut ChaCha8Rng| rng.random_bool(line.chance);
    // A telephone has its level, twist and pitch; a person has fingers.
    let weaker = between(rng, line.levels.0, line.levels.1);
    let twist = between(rng, line.twists.0, line.twists.1);
    let signs = [between(rng, -1.0, 1.0), between(rng, -1.0, 1.0)];
    let mut keys = digits(rng, KEYS);
    if rng.random_bool(0.3) {
        // As in many a number.
        let at = rng.random_range(1..KEYS);
        keys[at] = keys[at - 1];
    }
    let stronger = (weaker + twist.abs()).min(-4.0);
    let mut recording = keyed(rng, &keys, |rng, digit| Settings {
        detune: detuned(digit, signs, line.off_percent, 0.0),
        ..twisted(stronger, twist, between(rng, line.on.0, line.on.1), between(rng, line.off.0, line.off.1))
    });
    let pair = pair_level(&twisted(stronger, twist, 0.0, 0.0));

    if happens(rng) {
        let loss = between(rng, line.return_loss.0, line.return_loss.1);
        let far = (between(rng, 30.0, 120.0), loss + between(rng, 6.0, 15.0));
        let reflections = [(between(rng, 2.0, 40.0), loss), far];
        echo(&mut recording, &reflections[..rng.random_range(1..=2)]);
    }
    if happens(rng) {
        let length = recording.samples.len();
        let sound =
            if rng.random_bool(0.5) { sources.speech(rng, length) } else { sources.music(rng, length) };
        let below = between(rng, line.under.0, line.under.1);
        mix(&mut recording.samples, &sound, pair - below - active_level(&sound));
    }
    if happens(rng) {
        let colour = one_of(rng, &[Colour::White, Colour::Pink]);
        let dbm0 = pair - between(rng, line.snr.0, line.snr.1);
        Noise::new(colour, dbm0, fork(rng)).apply(&mut recording.samples);
    }
    if happens(rng) {
        let offset = between(rng, 0.0, line.offset);
        mains(rng, &mut recording, line.hum, offset);
    }
    // Dial tone goes on until the first key, as exchanges have it; any other tone all the time.
    if rng.random_bool(0.15) {
        let mut tone = Recording::without_keys(vec![0; recording.truth[0].start as usize]);
        steady(&mut tone, one_of(rng, &DIAL_TONES), -13.0);
        mix(&mut recording.samples, &tone.samples, 0.0);
    } else if rng.random_bool(0.1) {
        let band = one_of(rng, &THIRD_TONES);
        let hz = between(rng, band.0, band.1);
        steady(&mut recording, &[hz], pair - 3.0 - line.third_tone);
    }
    if happens(rng) {
        Clicks::new(1.0, line.clicks, rng.random_range(1..8), fork(rng)).apply(&mut recording.samples);
    }
    if rng.random_bool(0.1) {
        Gain::new(-pair + between(rng, 0.0, 3.0)).apply(&mut recording.samples);
    }
    let laws = one_of(rng, &[&[Law::Pcmu][..], &[Law::Pcma], &[Law::Pcmu, Law::Pcma], &[]]);
    Tandem::new(laws).apply(&mut recording.samples);
    if happens(rng) {
        lose(rng, &mut recording, line.lost);
    }
    if rng.random_bool(0.1) {
        recording.silence(300.0);
        let mut slips = Slips::new(line.lost, fork(rng));
        packets(rng, &mut recording, |frame| slips.apply(frame));
    }
    recording
}
