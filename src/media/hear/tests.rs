//! Calls made of known and unknown sounds, through what lines do to them.

mod voices;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::*;
use crate::control::call::{Language, Prompt};
use crate::media::g711::Law;
use crate::media::impair::codec::Tandem;
use crate::media::impair::line::Gain;
use crate::media::impair::noise::{Colour, Noise};
use crate::media::impair::packets::{Concealment, Loss, Repeats};
use crate::media::library::{Library, Sound};

/// Samples of a millisecond.
const MS: i64 = 8;

/// The sounds of a language, and hold music as the last.
fn sounds(language: Language) -> Vec<&'static Sound> {
    let library = Library::built_in();
    let prompts = Library::recordings().filter_map(|prompt| library.prompt(prompt, language));
    prompts.chain([library.hold_music()]).collect()
}

fn lexicon(language: Language) -> Arc<Lexicon> {
    let mut lexicon = Lexicon::default();
    let sounds = sounds(language);
    for (at, sound) in sounds.iter().enumerate() {
        lexicon.add(sound.samples(), at + 1 == sounds.len());
    }
    Arc::new(lexicon)
}

fn heard(lexicon: &Arc<Lexicon>, samples: &[i16]) -> Vec<Finding> {
    let mut recognizer = Recognizer::new(Arc::clone(lexicon));
    samples.chunks(160).for_each(|frame| recognizer.handle_input(frame));
    std::iter::from_fn(|| recognizer.poll_output()).collect()
}

/// After half a second of silence, and some samples more, the beginning of a sound; and after it, half a second.
fn call(sound: &Sound, phase: usize, most: usize) -> Vec<i16> {
    let silence = std::iter::repeat_n(0, 4_000 + phase);
    silence.chain(sound.samples().take(most)).chain(std::iter::repeat_n(0, 4_000)).collect()
}

/// What a line does to a call.
type Line = (&'static str, fn(&mut [i16]));

const LINES: [Line; 8] = [
    ("clean", |_| {}),
    ("12 dB quieter", |samples| Gain::new(-12.0).apply(samples)),
    ("20 dB quieter", |samples| Gain::new(-20.0).apply(samples)),
    ("1 % lost", |samples| Loss::random(0.01, Concealment::Silence, chance()).apply(samples)),
    ("3 % repeated", |samples| Repeats::new(0.03, chance()).apply(samples)),
    ("noise of 20 dB", |samples| Noise::new(Colour::White, -37.0, chance()).apply(samples)),
    ("noise of 10 dB", |samples| Noise::new(Colour::White, -27.0, chance()).apply(samples)),
    ("all at once", |samples| {
        Gain::new(-12.0).apply(samples);
        Repeats::new(0.03, chance()).apply(samples);
        Noise::new(Colour::White, -49.0, chance()).apply(samples);
    }),
];

fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

/// A sound on a line: what begins, with the sample at which it was known.
fn begins(lexicon: &Arc<Lexicon>, sound: &Sound, phase: usize, line: fn(&mut [i16])) -> Vec<(Finding, i64)> {
    let mut samples = call(sound, phase, 12_000);
    line(&mut samples);
    Tandem::new(&[Law::Pcmu]).apply(&mut samples);
    let mut recognizer = Recognizer::new(Arc::clone(lexicon));
    let (mut begins, mut now) = (Vec::new(), 0);
    for frame in samples.chunks(80) {
        recognizer.handle_input(frame);
        now += frame.len() as i64;
        let findings = std::iter::from_fn(|| recognizer.poll_output());
        begins.extend(findings.filter(|it| matches!(it, Finding::Begins { .. })).map(|it| (it, now)));
    }
    begins
}

#[test]
fn a_prompt_is_known_within_half_a_second_on_every_line_and_its_start_to_5_ms() {
    let lexicon = lexicon(Language::EnUs);
    for (which, (name, line)) in LINES.into_iter().enumerate() {
        let (mut known, mut unknown) = (Vec::new(), 0);
        // A quarter of the sounds on each line, each of them on two.
        for (number, sound) in sounds(Language::EnUs).into_iter().enumerate().skip(which % 4).step_by(4) {
            let phase = number * 37 % 160;
            let start = 4_000 + phase as i64;
            let found = begins(&lexicon, sound, phase, line);
            let confirmed = found.iter().find_map(|(finding, now)| match *finding {
                Finding::Begins { word, at, certainty: Certainty::Confirmed } => {
                    Some((word, at, now - start))
                }
                Finding::Begins { .. } | Finding::Withdrawn { .. } => None,
                Finding::Ends { .. } | Finding::Voices { .. } => None,
            });
            match confirmed {
                Some((word, at, after)) => {
                    assert_eq!(word, Word(number), "{name}: {found:?}");
                    assert!((at - start).abs() <= 8 * MS, "{name}: it began {} samples off", at - start);
                    known.push(after);
                }
                None => unknown += 1,
            }
        }
        known.sort_unstable();
        assert!(unknown <= 1, "{name}: {unknown} of {} are unknown", known.len() + unknown);
        assert!(known[known.len() / 2] <= 500 * MS, "{name}: half are known after {:?}", known);
    }
}

#[test]
fn speech_in_other_languages_is_no_prompt() {
    let lexicon = lexicon(Language::EnUs);
    let others = Language::ALL.into_iter().filter(|language| *language != Language::EnUs);
    for (language, (name, line)) in others.zip(LINES.into_iter().cycle().step_by(3)) {
        let prompts = sounds(language);
        for (number, sound) in prompts.iter().enumerate().take(prompts.len() - 1).step_by(5) {
            let found = begins(&lexicon, sound, number * 37 % 160, line);
            let confirmed = found.iter().any(|(finding, _)| {
                matches!(finding, Finding::Begins { certainty: Certainty::Confirmed, .. })
            });
            assert!(!confirmed, "{}, prompt {number}, {name}: {found:?}", language.tag());
        }
    }
}

/// What is confirmed to begin, and what ends, with its place.
fn confirmed(findings: &[Finding]) -> Vec<(&'static str, usize, i64)> {
    findings
        .iter()
        .filter_map(|finding| match *finding {
            Finding::Begins { word, at, certainty: Certainty::Confirmed } => Some(("begins", word.0, at)),
            Finding::Ends { word, at } => Some(("ends", word.0, at)),
            Finding::Begins { .. } | Finding::Withdrawn { .. } | Finding::Voices { .. } => None,
        })
        .collect()
}

fn near(found: &[(&str, usize, i64)], expected: &[(&str, usize, i64)], samples: i64) {
    let is_near = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(one, other)| (one.0, one.1) == (other.0, other.1) && (one.2 - other.2).abs() <= samples);
    assert!(is_near, "found {found:?}, expected {expected:?}");
}

#[test]
fn prompts_that_follow_each_other_begin_and_end_where_they_do() {
    let (lexicon, sounds) = (lexicon(Language::EnUs), sounds(Language::EnUs));
    let (mut samples, mut expected) = (Vec::new(), Vec::new());
    for number in [0, 3, 1] {
        expected.push(("begins", number, samples.len() as i64));
        samples.extend(sounds[number].samples());
        expected.push(("ends", number, samples.len() as i64));
    }
    samples.extend([0; 8_000]);
    near(&confirmed(&heard(&lexicon, &samples)), &expected, 80);
}

#[test]
fn a_prompt_that_a_key_breaks_off_ends_there_and_the_next_one_begins() {
    let (lexicon, sounds) = (lexicon(Language::EnUs), sounds(Language::EnUs));
    let mut samples: Vec<i16> = sounds[0].samples().take(10_000).collect();
    samples.extend(sounds[2].samples());
    samples.extend([0; 8_000]);
    let end = 10_000 + sounds[2].len() as i64;
    let expected = [("begins", 0, 0), ("ends", 0, 10_000), ("begins", 2, 10_000), ("ends", 2, end)];
    near(&confirmed(&heard(&lexicon, &samples)), &expected, 50 * MS);
}

#[test]
fn music_is_followed_over_its_loop_and_known_in_its_middle() {
    let (lexicon, sounds) = (lexicon(Language::EnUs), sounds(Language::EnUs));
    let (number, music) = (sounds.len() - 1, sounds[sounds.len() - 1]);
    let into = music.len() - 3 * 8_000;
    let samples: Vec<i16> = music.samples().skip(into).chain(music.samples().take(5 * 8_000)).collect();
    near(&confirmed(&heard(&lexicon, &samples)), &[("begins", number, -(into as i64))], 80);
}

#[test]
fn silence_and_noise_are_nothing() {
    let lexicon = lexicon(Language::EnUs);
    assert_eq!(heard(&lexicon, &[0; 40_000]), []);
    let mut noise = [0; 40_000];
    Noise::new(Colour::White, -30.0, chance()).apply(&mut noise);
    assert_eq!(confirmed(&heard(&lexicon, &noise)), []);
}

#[test]
fn what_is_found_does_not_depend_on_the_blocks() {
    let lexicon = lexicon(Language::EnUs);
    let samples = call(sounds(Language::EnUs)[4], 17, 16_000);
    let mut recognizer = Recognizer::new(Arc::clone(&lexicon));
    samples.chunks(7).for_each(|block| recognizer.handle_input(block));
    let by_sevens: Vec<Finding> = std::iter::from_fn(|| recognizer.poll_output()).collect();
    assert_eq!(by_sevens, heard(&lexicon, &samples));
}

#[test]
fn sounds_that_begin_with_the_same_words_take_longer() {
    let library = Library::built_in();
    let sounds = Sounds::of(library, &[Language::JaJp]);
    let longer = |prompt| sounds.shared_opening(Known::Prompt(prompt, Language::JaJp)).as_millis();
    // Both say that they are sorry, for 1.7 s.
    for prompt in [Prompt::InvalidPin, Prompt::TechnicalError] {
        assert!((1_000..1_700).contains(&longer(prompt)), "{prompt:?}: {} ms", longer(prompt));
    }
    assert!(longer(Prompt::Welcome) <= 400, "{} ms", longer(Prompt::Welcome));
    assert!(sounds.longest_shared_opening().as_millis() < 1_800);
}
