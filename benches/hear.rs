//! How well the recogniser knows the prompts of one language, on lines of many kinds and over voices, how often speech in the
//! other languages is taken for one, and how well it tells 64 voices apart: `cargo bench --bench hear`. What it costs stands
//! below.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::sync::Arc;
use std::time::Instant;

use attendant::control::call::Language;
use attendant::media::g711::Law;
use attendant::media::hear::{Certainty, Finding, Lexicon, Recognizer, Word};
use attendant::media::impair::codec::Tandem;
use attendant::media::impair::line::Gain;
use attendant::media::impair::noise::{Colour, Noise};
use attendant::media::impair::packets::{Concealment, Loss, Repeats};
use attendant::media::library::{Library, Sound};
use attendant::media::speaker::{Speaker, VOICES};
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

/// So much of each sound is played: 3 s.
const PLAYED: usize = 24_000;

/// The silence before it.
const BEFORE: usize = 4_000;

type Line = (&'static str, fn(&mut [i16]));

const LINES: [Line; 11] = [
    ("G.711", |_| {}),
    ("12 dB quieter", |samples| Gain::new(-12.0).apply(samples)),
    ("20 dB quieter", |samples| Gain::new(-20.0).apply(samples)),
    ("1 % of packets lost", |samples| Loss::random(0.01, Concealment::Silence, chance()).apply(samples)),
    ("3 % repeated", |samples| Repeats::new(0.03, chance()).apply(samples)),
    ("clocks 150 ppm apart", |samples| drift(samples, 150e-6)),
    ("white noise, 20 dB", |samples| Noise::new(Colour::White, -37.0, chance()).apply(samples)),
    ("white noise, 10 dB", |samples| Noise::new(Colour::White, -27.0, chance()).apply(samples)),
    ("quieter, repeated, noise", |samples| {
        Gain::new(-12.0).apply(samples);
        Repeats::new(0.03, chance()).apply(samples);
        Noise::new(Colour::White, -49.0, chance()).apply(samples);
    }),
    ("over one voice", |samples| speak(samples, &[17])),
    ("over three voices", |samples| speak(samples, &[3, 17, 41])),
];

/// Lines that do something to a voice: those without others.
const OF_VOICES: std::ops::Range<usize> = 0..9;

/// Adds what these voices say.
fn speak(samples: &mut [i16], voices: &[u32]) {
    for voice in voices {
        let mut spoken = vec![0; samples.len()];
        Speaker::new(*voice).speak(&mut spoken);
        samples.iter_mut().zip(spoken).for_each(|(sample, spoken)| *sample = sample.saturating_add(spoken));
    }
}

fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

/// Plays faster by so much.
fn drift(samples: &mut [i16], by: f64) {
    let played = samples.to_vec();
    for (at, sample) in samples.iter_mut().enumerate() {
        let place = at as f64 * (1.0 + by);
        let [one, other] = [0, 1].map(|next| played.get(place as usize + next).copied().unwrap_or(0));
        let part = place.fract();
        *sample = (f64::from(one) * (1.0 - part) + f64::from(other) * part) as i16;
    }
}

fn main() {
    let own = Language::EnUs;
    let lexicon = lexicon(own);
    println!(
        "{:26}{:>7}{:>7}{:>6}{:>11}{:>20}{:>20}{:>14}",
        "line",
        "right",
        "wrong",
        "none",
        "withdrawn",
        "provisional 50/95 %",
        "confirmed 50/95 %",
        "start 95 %"
    );
    for (name, line) in LINES {
        let row = Row::of(&lexicon, own, line, true);
        let both = |values: &[i64]| format!("{} / {} ms", part(values, 0.5), part(values, 0.95));
        println!(
            "{name:26}{:>7}{:>7}{:>6}{:>11}{:>20}{:>20}{:>11} ms",
            row.right,
            row.wrong,
            row.none,
            row.withdrawn,
            both(&row.provisional),
            both(&row.confirmed),
            part(&row.off, 0.95)
        );
    }
    let (mut taken, mut told, mut all) = (0, 0, 0);
    let began = Instant::now();
    for language in Language::ALL.into_iter().filter(|language| *language != own) {
        for (_, line) in LINES {
            let row = Row::of(&lexicon, language, line, false);
            (taken, told, all) =
                (taken + row.wrong, told + row.provisional.len(), all + row.wrong + row.none);
        }
    }
    let took = began.elapsed().as_secs_f64();
    println!("\n{:26}{:>7}{:>7}{:>6}{:>20}", "voices", "right", "wrong", "none", "known 50/95 %");
    for (name, line) in &LINES[OF_VOICES] {
        let row = Voices::of(&lexicon, *line);
        let known = format!("{} / {} ms", part(&row.known, 0.5), part(&row.known, 0.95));
        println!("{name:26}{:>7}{:>7}{:>6}{known:>20}", row.right, row.wrong, row.none);
    }
    println!("\nspeech in other languages: {taken} of {all} confirmed as a prompt, {told} provisionally");
    let heard = all as f64 * (PLAYED + 2 * BEFORE) as f64 / 8_000.0;
    println!(
        "{:.1} ms of a core for each second that is heard, against {} sounds",
        1e3 * took / heard,
        sounds(own).len()
    );
}

/// The sounds of a language, hold music last.
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

/// What became of the sounds of a language on one line. Times are in samples.
#[derive(Default)]
struct Row {
    right: usize,
    wrong: usize,
    none: usize,
    withdrawn: usize,
    /// By how much the start was missed.
    off: Vec<i64>,
    provisional: Vec<i64>,
    confirmed: Vec<i64>,
}

impl Row {
    fn of(lexicon: &Arc<Lexicon>, language: Language, line: fn(&mut [i16]), is_own: bool) -> Self {
        let mut row = Self::default();
        let mut sounds = sounds(language);
        if !is_own {
            // The music is the same in all of them.
            sounds.pop();
        }
        for (number, sound) in sounds.into_iter().enumerate() {
            row.play(lexicon, Word(number), sound, line, is_own);
        }
        for values in [&mut row.off, &mut row.provisional, &mut row.confirmed] {
            values.sort_unstable();
        }
        row
    }

    fn play(&mut self, lexicon: &Arc<Lexicon>, own: Word, sound: &Sound, line: fn(&mut [i16]), is_own: bool) {
        let before = BEFORE + own.0 * 37 % 160;
        let silence = std::iter::repeat_n(0, before);
        let mut samples: Vec<i16> =
            silence.chain(sound.samples().take(PLAYED)).chain(std::iter::repeat_n(0, BEFORE)).collect();
        line(&mut samples);
        Tandem::new(&[Law::Pcmu]).apply(&mut samples);
        let mut recognizer = Recognizer::new(Arc::clone(lexicon));
        let start = before as i64;
        let (mut known, mut told, mut now) = (None, false, 0);
        for frame in samples.chunks(80) {
            recognizer.handle_input(frame);
            now += frame.len() as i64;
            while let Some(finding) = recognizer.poll_output() {
                match finding {
                    Finding::Begins { certainty: Certainty::Provisional, .. } if !told => {
                        told = true;
                        self.provisional.push(now - start);
                    }
                    Finding::Begins { word, at, certainty: Certainty::Confirmed } if known.is_none() => {
                        known = Some((word, at));
                        self.confirmed.push(now - start);
                    }
                    Finding::Withdrawn { .. } => self.withdrawn += 1,
                    Finding::Begins { .. } | Finding::Ends { .. } | Finding::Voices { .. } => {}
                }
            }
        }
        match known {
            Some((word, at)) if is_own && word == own => {
                self.right += 1;
                self.off.push((at - start).abs());
            }
            Some(_) => self.wrong += 1,
            None => self.none += 1,
        }
    }
}

/// What became of all voices on one line.
#[derive(Default)]
struct Voices {
    right: usize,
    wrong: usize,
    none: usize,
    /// In samples from its start.
    known: Vec<i64>,
}

impl Voices {
    fn of(lexicon: &Arc<Lexicon>, line: fn(&mut [i16])) -> Self {
        let mut row = Self::default();
        for voice in 0..VOICES {
            let (mut samples, mut spoken) = (vec![0; BEFORE], vec![0; PLAYED]);
            speak(&mut spoken, &[voice]);
            samples.extend(spoken);
            line(&mut samples);
            Tandem::new(&[Law::Pcmu]).apply(&mut samples);
            row.hear(lexicon, voice, &samples);
        }
        row.known.sort_unstable();
        row
    }

    fn hear(&mut self, lexicon: &Arc<Lexicon>, voice: u32, samples: &[i16]) {
        let mut recognizer = Recognizer::new(Arc::clone(lexicon));
        let mut now = 0;
        for frame in samples.chunks(80) {
            recognizer.handle_input(frame);
            now += frame.len();
            while let Some(finding) = recognizer.poll_output() {
                let Finding::Voices { voices, .. } = finding else { continue };
                if voices.numbers().eq([voice]) {
                    self.right += 1;
                    self.known.push(now as i64 - BEFORE as i64);
                } else {
                    self.wrong += 1;
                }
                return;
            }
        }
        self.none += 1;
    }
}

/// The value below which this part of all lies, in ms.
fn part(sorted: &[i64], part: f64) -> i64 {
    sorted.get((sorted.len() as f64 * part) as usize).copied().unwrap_or(0) / 8
}
