//! Cuts a recording at its pauses into the sounds that it is made of.

use std::ops::Range;
use std::sync::Arc;

use super::intervals::{Heard, intervals};
use super::lexicon::{Lexicon, Word};
use crate::media::rate::SAMPLES_PER_SECOND;

/// A pause within a sound is shorter, in samples: 600 ms. Prompts pause after a comma.
const PAUSE: usize = SAMPLES_PER_SECOND as usize * 6 / 10;

/// A sound lasts longer, in samples: 300 ms.
const LEAST: usize = SAMPLES_PER_SECOND as usize * 3 / 10;

/// A sound between two pauses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Its samples in the recording.
    pub samples: Range<usize>,
    /// The piece before it that is the same sound, by its place.
    pub same_as: Option<usize>,
    /// A number that follows from its fingerprints: of the same samples always the same.
    pub fingerprint: u32,
}

/// Returns the sounds of a recording in their order. One that is heard again refers to the first.
#[must_use]
pub fn cut(samples: &[i16]) -> Vec<Piece> {
    let mut loud: Vec<Range<usize>> = Vec::new();
    for interval in intervals(&Arc::default(), samples) {
        match (interval.heard, loud.last_mut()) {
            (Heard::Silence, _) => {}
            (_, Some(last)) if interval.from - last.end < PAUSE => last.end = interval.to,
            _ => loud.push(interval.from..interval.to),
        }
    }
    loud.retain(|range| range.len() >= LEAST);
    let mut known = Lexicon::default();
    let mut pieces: Vec<Piece> = Vec::new();
    // Of each word the piece that it is.
    let mut firsts: Vec<usize> = Vec::new();
    for range in loud {
        let sound = &samples[range.clone()];
        let same_as = most(&Arc::new(known.clone()), sound).map(|Word(word)| firsts[word]);
        let fingerprint = Lexicon::fingerprint(sound);
        if same_as.is_none() {
            known.add(sound.iter().copied(), false);
            firsts.push(pieces.len());
        }
        pieces.push(Piece { samples: range, same_as, fingerprint });
    }
    pieces
}

/// The known sound that most of another is.
fn most(known: &Arc<Lexicon>, sound: &[i16]) -> Option<Word> {
    let parts = intervals(known, sound).into_iter();
    let longest = parts.max_by_key(|part| part.to - part.from)?;
    match longest.heard {
        Heard::Known(word) if 2 * (longest.to - longest.from) > sound.len() => Some(word),
        Heard::Known(_) | Heard::Voices(_) | Heard::Unknown | Heard::Silence => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, Prompt};
    use crate::media::library::Library;

    #[test]
    fn a_recording_is_cut_at_pauses_and_what_comes_again_is_known() {
        let prompt = |prompt| -> Vec<i16> {
            Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
        };
        let (pause, noise) = (vec![0; 12_000], vec![300; 400]);
        let (first, second) = (prompt(Prompt::EnterPin), prompt(Prompt::InvalidPin));
        let all = [&pause[..], &first, &pause, &second, &pause, &noise, &pause, &first, &pause].concat();
        let pieces = cut(&all);
        let same: Vec<Option<usize>> = pieces.iter().map(|piece| piece.same_as).collect();
        assert_eq!(same, [None, None, Some(0)], "{pieces:?}");
        let place = pause.len() + first.len() + pause.len();
        assert!(pieces[1].samples.start.abs_diff(place) < 1_200, "{pieces:?}");
        assert!(pieces[1].samples.end.abs_diff(place + second.len()) < 3_000, "{pieces:?}");
        assert_ne!(pieces[0].fingerprint, pieces[1].fingerprint);
        assert_eq!(cut(&all), pieces);
    }
}
