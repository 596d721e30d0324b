//! Finds pure tones: the bridge's own answers to keys, and the voices of scripted callers, who speak in them.

use std::f32::consts::TAU;

use crate::control::call::Tone;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::speaker::{self, Speaker};

/// Samples that are looked at together: 20 ms.
pub(super) const FRAME: usize = 160;

/// Frames in a row that hold one tone: 80 ms. No prompt and no music has so many.
pub(super) const IN_A_ROW: u32 = 4;

/// The same within what is taken for a known sound: 160 of the 250 ms that the bridge's tones last. Notes of music are shorter.
pub(super) const IN_A_ROW_WITHIN: u32 = 8;

/// A tone with more noise in it than this share of its power is not pure: -30 dB. G.711 alone adds -36 dB.
const IMPURE: f32 = 0.001;

/// By how much a frequency may seem another, in Hz.
const WIDTH: f32 = 5.0;

/// The bridge's tones, in Hz.
const TONES: [(Tone, f32); 2] = [(Tone::Low, 330.0), (Tone::High, 990.0)];

/// The voices that callers speak in: all but the two that are too near to the bridge's tones.
pub(super) fn voices() -> impl Iterator<Item = u32> {
    let is_apart = |voice: f32| TONES.iter().all(|(_, tone)| (voice - tone).abs() > 2.0 * WIDTH);
    (0..speaker::VOICES).filter(move |voice| is_apart(Speaker::frequency(*voice) as f32))
}

/// The voice of a part of the cast. As many as there are voices have each their own.
pub(super) fn voice_of(part: u32) -> u32 {
    let place = part as usize % voices().count();
    voices().nth(place).unwrap_or_default()
}

/// The first part of the cast that has this voice.
pub(super) fn part_of(voice: u32) -> Option<u32> {
    voices().position(|known| known == voice).and_then(|place| u32::try_from(place).ok())
}

/// A tone that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pure {
    /// The bridge's.
    Bridge(Tone),
    /// The voice of this number.
    Voice(u32),
}

/// Returns the tone that a frame holds, and little else.
pub(super) fn pure(frame: &[f32]) -> Option<Pure> {
    let found = frequency(frame)?;
    let is_near = |known: f32| (found - known).abs() < WIDTH;
    let tone = TONES.into_iter().find(|(_, known)| is_near(*known));
    tone.map(|(tone, _)| Pure::Bridge(tone))
        .or_else(|| voices().find(|voice| is_near(Speaker::frequency(*voice) as f32)).map(Pure::Voice))
}

/// Returns the frequency of a frame that holds one sine and little else.
///
/// Each sample of a sine is the one before times a constant, less the one before that; how far a frame keeps to the constant
/// that fits it best tells how pure it is (Prony's method, of order two).
fn frequency(frame: &[f32]) -> Option<f32> {
    let (mut cross, mut square, mut outer) = (0.0_f32, 0.0_f32, 0.0_f32);
    for window in frame.windows(3) {
        let [before, here, after] = [window[0], window[1], window[2]];
        cross += here * (before + after);
        square += here * here;
        outer += (before + after).powi(2);
    }
    if square <= 0.0 {
        return None;
    }
    let constant = cross / square;
    let left = outer - cross * constant;
    let half = (constant / 2.0).clamp(-1.0, 1.0);
    // As a share of the power: what is left, by what each sample's error weighs in it.
    let is_pure = left / (square * (2.0 + constant * constant)) < IMPURE;
    is_pure.then(|| half.acos() / TAU * SAMPLES_PER_SECOND as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, Prompt};
    use crate::media::g711::Law;
    use crate::media::library::Library;

    /// What each frame holds, through G.711.
    fn found(samples: impl Iterator<Item = i16>) -> Vec<Option<Pure>> {
        let law = Law::Pcmu;
        let heard: Vec<f32> =
            samples.map(|sample| f32::from(law.decode_sample(law.encode_sample(sample)))).collect();
        heard.chunks_exact(FRAME).map(pure).collect()
    }

    #[test]
    fn tones_and_voices_are_found_through_g711() {
        let library = Library::built_in();
        for tone in [Tone::Low, Tone::High] {
            let sound = library.prompt(Prompt::Tone(tone), Language::EnUs).unwrap();
            let found = found(sound.samples());
            let right = found.iter().filter(|found| **found == Some(Pure::Bridge(tone))).count();
            assert!(right >= found.len() - 3, "{tone:?}: {found:?}");
        }
        for voice in voices() {
            let mut samples = [0; 1_600];
            Speaker::new(voice).speak(&mut samples);
            let found = found(samples.into_iter());
            let right = found.iter().filter(|found| **found == Some(Pure::Voice(voice))).count();
            assert!(right >= 8, "{voice}: {found:?}");
        }
    }

    #[test]
    fn no_prompt_and_no_music_holds_a_tone_for_long() {
        let library = Library::built_in();
        let prompts = Language::ALL.into_iter().flat_map(|language| {
            Library::recordings().filter_map(move |prompt| library.prompt(prompt, language))
        });
        let holds = |found: &[Option<Pure>], frames: u32, is_it: fn(&Pure) -> bool| {
            let mut rows = found.windows(frames as usize);
            rows.any(|row| row[0].as_ref().is_some_and(is_it) && row.iter().all(|found| *found == row[0]))
        };
        for sound in prompts.chain([library.hold_music()]) {
            assert!(!holds(&found(sound.samples()), IN_A_ROW, |_| true));
        }
        // In calls that began at another moment: notes are like voices, but not like the bridge's tones.
        for later in (20..FRAME).step_by(20) {
            let found = found(library.hold_music().samples().skip(later));
            assert!(!holds(&found, IN_A_ROW_WITHIN, |found| matches!(found, Pure::Bridge(_))), "{later}");
        }
    }
}
