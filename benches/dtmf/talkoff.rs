//! Hours in which nobody presses a key.

use attendant::media::g711::Law;
use attendant::media::impair::codec::Tandem;
use attendant::media::impair::line::{Band, Gain};
use attendant::media::impair::noise::{Clicks, Colour, Hum, Mains, Noise};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::corpus::Corpus;
use crate::score::Kind::Hits;
use crate::signal::{Recording, between, fork, mix, one_of};
use crate::synth::{Partial, Wobble, tones, vowel, wobbling};

/// Samples in a minute, the length of each recording: sixty make an hour.
const MINUTE: usize = 60 * 8_000;

pub(crate) fn sounds(corpus: &mut Corpus) {
    let sources = corpus.sources.clone();
    corpus.add(("o_talkoff_speech", Hits), "one speaker", 60, move |rng| {
        let speech = sources.speech(rng, MINUTE);
        ended(rng, speech)
    });
    let sources = corpus.sources.clone();
    corpus.add(("o_talkoff_speech", Hits), "two speakers at a time", 60, move |rng| {
        let mut speech = sources.speech(rng, MINUTE);
        mix(&mut speech, &sources.speech(rng, MINUTE), between(rng, -10.0, 0.0));
        ended(rng, speech)
    });
    let sources = corpus.sources.clone();
    corpus.add(("o_talkoff_music", Hits), "music at any speed", 60, move |rng| {
        let music = sources.music(rng, MINUTE);
        ended(rng, music)
    });
    let sources = corpus.sources.clone();
    corpus.add(("o_talkoff_music", Hits), "music under speech", 30, move |rng| {
        let mut music = sources.music(rng, MINUTE);
        mix(&mut music, &sources.speech(rng, MINUTE), between(rng, -6.0, 6.0));
        ended(rng, music)
    });

    let mut many = |class, name: &str, minutes, sound: fn(&mut ChaCha8Rng) -> Vec<i16>| {
        corpus.add((class, Hits), name, minutes, move |rng| {
            let mut all = Vec::with_capacity(MINUTE);
            while all.len() < MINUTE {
                all.extend(sound(rng));
                let pause = between(rng, 20.0, 300.0) * 8.0;
                all.resize(all.len() + pause as usize, 0);
            }
            ended(rng, all)
        });
    };
    many("o_talkoff_speech", "synthesised syllables", 60, syllable);
    many("o_talkoff_music", "synthesised chords", 60, chord);
    many("o_talkoff_hard", "vowels with formants on a key's tones", 30, hard_vowel);
    many("o_talkoff_hard", "pairs of flutes", 30, flutes);
    many("o_talkoff_hard", "whistles", 30, whistle);
    many("o_talkoff_tones", "call progress tones", 60, call_progress);
    many("o_talkoff_tones", "multi-frequency signals R1 and R2", 30, multi_frequency);
    many("o_talkoff_noise", "noise", 60, noises);
}

/// The end of the line to the detector: now and then the telephone band, any volume, one of the laws.
fn ended(rng: &mut ChaCha8Rng, mut sound: Vec<i16>) -> Recording {
    if rng.random_bool(0.5) {
        Band::default().apply(&mut sound);
    }
    Gain::new(between(rng, -12.0, 9.0)).apply(&mut sound);
    let laws = one_of(rng, &[&[Law::Pcmu][..], &[Law::Pcma], &[]]);
    Tandem::new(laws).apply(&mut sound);
    Recording::without_keys(sound)
}

/// Any frequency of a key of this group, a bit off.
fn near(rng: &mut ChaCha8Rng, group: [f64; 4], part: f64) -> f64 {
    one_of(rng, &group) * (1.0 + between(rng, -part, part))
}

/// The first three formants of vowels, in Hz (Peterson and Barney, "Control methods used in a study of the vowels",
/// 1952, men).
const VOWELS: [[f64; 3]; 10] = [
    [270.0, 2_290.0, 3_010.0],
    [390.0, 1_990.0, 2_550.0],
    [530.0, 1_840.0, 2_480.0],
    [660.0, 1_720.0, 2_410.0],
    [730.0, 1_090.0, 2_440.0],
    [570.0, 840.0, 2_410.0],
    [440.0, 1_020.0, 2_240.0],
    [300.0, 870.0, 2_240.0],
    [640.0, 1_190.0, 2_390.0],
    [490.0, 1_350.0, 1_690.0],
];

/// A consonant's hiss, now and then, and a vowel of a man, a woman or a child.
fn syllable(rng: &mut ChaCha8Rng) -> Vec<i16> {
    let mut sound = Vec::new();
    if rng.random_bool(0.5) {
        sound.resize((between(rng, 30.0, 120.0) * 8.0) as usize, 0);
        Noise::new(Colour::White, between(rng, -45.0, -28.0), fork(rng)).apply(&mut sound);
    }
    let (pitch, length) = one_of(rng, &[(110.0, 1.0), (210.0, 1.17), (280.0, 1.3)]);
    let width = between(rng, 50.0, 120.0);
    let formants = one_of(rng, &VOWELS).map(|hz| (hz * length * between(rng, 0.95, 1.05), width));
    let wobble = Wobble {
        hz: between(rng, 3.0, 7.0),
        pitch: between(rng, 0.0, 0.02),
        glide: between(rng, -0.25, 0.15),
        phase: between(rng, 0.0, 1.0),
        ..Wobble::default()
    };
    let (pitch, ms) = (pitch * between(rng, 0.8, 1.25), between(rng, 60.0, 300.0));
    sound.extend(vowel((pitch, between(rng, -22.0, -14.0)), wobble, &formants, ms));
    sound
}

/// One to four notes of an instrument with overtones, between C3 and C7.
fn chord(rng: &mut ChaCha8Rng) -> Vec<i16> {
    let mut partials: Vec<(Partial, Wobble)> = Vec::new();
    let vibrato = one_of(rng, &[0.0, 0.004, 0.01]);
    let falls = between(rng, 4.0, 12.0);
    for _ in 0..rng.random_range(1..=4) {
        let wobble = Wobble {
            hz: between(rng, 4.0, 6.5),
            pitch: vibrato,
            phase: between(rng, 0.0, 1.0),
            ..Wobble::default()
        };
        let hz = 440.0 * (f64::from(rng.random_range(-21..=27)) / 12.0).exp2();
        let dbm0 = between(rng, -24.0, -14.0);
        for number in 1..=6 {
            let (hz, dbm0) = (hz * f64::from(number), dbm0 - falls * f64::from(number - 1));
            if hz < 3_800.0 {
                partials.push(((hz, dbm0 + between(rng, -4.0, 4.0)), wobble));
            }
        }
    }
    wobbling(&partials, between(rng, 100.0, 800.0), between(rng, 2.0, 30.0), 0.0)
}

fn hard_vowel(rng: &mut ChaCha8Rng) -> Vec<i16> {
    use attendant::media::dtmf::{HIGH_GROUP, LOW_GROUP};
    let formants = [
        (near(rng, LOW_GROUP, 0.03), between(rng, 50.0, 110.0)),
        (near(rng, HIGH_GROUP, 0.03), between(rng, 50.0, 110.0)),
        (between(rng, 2_300.0, 3_000.0), between(rng, 100.0, 200.0)),
    ];
    let wobble = Wobble {
        hz: between(rng, 3.0, 7.0),
        pitch: between(rng, 0.0, 0.02),
        glide: between(rng, -0.2, 0.2),
        phase: between(rng, 0.0, 1.0),
        ..Wobble::default()
    };
    let pitch = between(rng, 80.0, 350.0);
    let ms = between(rng, 80.0, 500.0);
    vowel((pitch, -15.0), wobble, &formants, ms)
}

/// A note of the tempered scale from C5 to C7, on an instrument that is not quite in tune.
fn note(rng: &mut ChaCha8Rng, tuning: f64) -> f64 {
    let steps_above_a5 = f64::from(rng.random_range(-9..=15));
    880.0 * (steps_above_a5 / 12.0).exp2() * tuning
}

fn flutes(rng: &mut ChaCha8Rng) -> Vec<i16> {
    let tuning = 1.0 + between(rng, -0.01, 0.01);
    let mut partials: Vec<(Partial, Wobble)> = Vec::new();
    for _ in 0..2 {
        let wobble = Wobble {
            hz: between(rng, 4.0, 6.5),
            pitch: between(rng, 0.002, 0.012),
            loudness: between(rng, 0.05, 0.3),
            phase: between(rng, 0.0, 1.0),
            glide: between(rng, -0.004, 0.004),
        };
        let (hz, dbm0) = (note(rng, tuning), between(rng, -18.0, -12.0));
        let second = dbm0 - between(rng, 10.0, 25.0);
        let third = second - between(rng, 0.0, 12.0);
        for (number, dbm0) in [(1.0, dbm0), (2.0, second), (3.0, third)] {
            if hz * number < 3_800.0 {
                partials.push(((hz * number, dbm0), wobble));
            }
        }
    }
    let mut sound = wobbling(&partials, between(rng, 150.0, 900.0), between(rng, 15.0, 60.0), 0.0);
    let breath = between(rng, -50.0, -32.0);
    Noise::new(Colour::Pink, breath, fork(rng)).apply(&mut sound);
    sound
}

fn whistle(rng: &mut ChaCha8Rng) -> Vec<i16> {
    let wobble = Wobble {
        hz: between(rng, 2.0, 7.0),
        pitch: between(rng, 0.0, 0.02),
        loudness: between(rng, 0.0, 0.3),
        glide: between(rng, -0.2, 0.2),
        phase: between(rng, 0.0, 1.0),
    };
    let (hz, dbm0) = (between(rng, 600.0, 1_800.0), between(rng, -18.0, -8.0));
    // What a whistle lacks a room adds: it rings on at another note.
    let any = between(rng, 1.2, 2.2);
    let rest = one_of(rng, &[2.0, 0.5, 1.5, any]);
    let partials = [((hz, dbm0), wobble), ((hz * rest, dbm0 - between(rng, 3.0, 20.0)), wobble)];
    let mut sound = wobbling(&partials, between(rng, 100.0, 600.0), between(rng, 10.0, 50.0), 0.0);
    Noise::new(Colour::White, between(rng, -50.0, -35.0), fork(rng)).apply(&mut sound);
    sound
}

/// Tones of exchanges and fax machines: dial, ring, busy, special information, calling and called station.
fn call_progress(rng: &mut ChaCha8Rng) -> Vec<i16> {
    const SIGNALS: [(&[f64], f64); 14] = [
        (&[425.0], 500.0),
        (&[425.0], 1_000.0),
        (&[350.0, 440.0], 1_000.0),
        (&[440.0, 480.0], 2_000.0),
        (&[480.0, 620.0], 500.0),
        (&[480.0, 620.0], 250.0),
        (&[400.0, 450.0], 400.0),
        (&[950.0], 330.0),
        (&[1_400.0], 330.0),
        (&[1_800.0], 330.0),
        (&[1_100.0], 500.0),
        (&[2_100.0], 1_000.0),
        (&[1_400.0, 2_060.0, 2_450.0, 2_600.0], 100.0),
        (&[440.0], 300.0),
    ];
    let (hz, ms) = one_of(rng, &SIGNALS);
    let dbm0 = between(rng, -20.0, -6.0);
    let partials: Vec<Partial> = hz.iter().map(|hz| (*hz, dbm0)).collect();
    tones(&partials, ms, between(rng, 0.0, 5.0), 0.0)
}

/// The signals between exchanges (ITU-T Q.320 and Q.441). Left out is R1's 7, of 700 and 1,500 Hz: both are within
/// 1.5 % and 2 Hz of the key 3, so it is one.
fn multi_frequency(rng: &mut ChaCha8Rng) -> Vec<i16> {
    const SETS: [[f64; 6]; 3] = [
        [700.0, 900.0, 1_100.0, 1_300.0, 1_500.0, 1_700.0],
        [1_380.0, 1_500.0, 1_620.0, 1_740.0, 1_860.0, 1_980.0],
        [540.0, 660.0, 780.0, 900.0, 1_020.0, 1_140.0],
    ];
    let set = one_of(rng, &SETS);
    let (first, second) = loop {
        let (first, second) = (one_of(rng, &set), one_of(rng, &set));
        if first < second && (first, second) != (700.0, 1_500.0) {
            break (first, second);
        }
    };
    let dbm0 = between(rng, -16.0, -6.0);
    tones(&[(first, dbm0), (second, dbm0)], one_of(rng, &[68.0, 100.0, 150.0]), 2.0, 0.0)
}

fn noises(rng: &mut ChaCha8Rng) -> Vec<i16> {
    let mut sound = vec![0; (between(rng, 0.2, 5.0) * 8_000.0) as usize];
    let colour = one_of(rng, &[Colour::White, Colour::Pink]);
    Noise::new(colour, between(rng, -50.0, -5.0), fork(rng)).apply(&mut sound);
    if rng.random_bool(0.3) {
        Hum::new(one_of(rng, &[Mains::Fifty, Mains::Sixty]), between(rng, -40.0, -10.0)).apply(&mut sound);
    }
    if rng.random_bool(0.3) {
        Clicks::new(10.0, between(rng, -20.0, 0.0), rng.random_range(1..40), fork(rng)).apply(&mut sound);
    }
    sound
}
