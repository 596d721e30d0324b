//! Which sounds of a lexicon begin alike, and how far.

use std::collections::VecDeque;

use super::fingerprint::{BITS, HOP};
use super::lexicon::{Lexicon, Word};
use super::scan::{SAME, WINDOW};

/// How much longer one may be silent before it begins, in frames: 150 ms.
const SHIFT: i64 = 15;

/// How far two sounds are alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alike {
    /// Any 300 ms from the beginning of either tell them apart.
    No,
    /// What the first has before this sample, the second has too: it is told from there on.
    Until(usize),
    /// All of the first is in the beginning of the second.
    Whole,
}

impl Lexicon {
    /// Returns how far the beginning of `one` is that of `other` too: both would be taken for it.
    #[must_use]
    pub fn alike(&self, one: Word, other: Word) -> Alike {
        let all = (-SHIFT..=SHIFT).map(|shift| self.alike_at(one, other, shift));
        all.max_by_key(|alike| match alike {
            Alike::No => 0,
            Alike::Until(sample) => *sample,
            Alike::Whole => usize::MAX,
        })
        .unwrap_or(Alike::No)
    }

    /// The same if the other is as many frames behind it.
    fn alike_at(&self, one: Word, other: Word, shift: i64) -> Alike {
        let frames = self.samples(one) / HOP as i64;
        let (mut window, mut is_alike) = (VecDeque::with_capacity(WINDOW), false);
        for at in 0..frames {
            let Some(own) = self.print(one, at) else { continue };
            let theirs = self.print(other, at + shift);
            let differing = theirs.and_then(|theirs| own.differing(theirs)).unwrap_or(BITS as f64 / 2.0);
            if window.len() == WINDOW {
                window.pop_front();
            }
            window.push_back((at, differing));
            if window.len() < WINDOW {
                continue;
            }
            let bits: f64 = window.iter().map(|(_, differing)| differing).sum();
            let same = 1.0 - bits / (BITS * WINDOW) as f64;
            let from = window.front().map_or(0, |(at, _)| *at);
            match (same >= SAME, is_alike) {
                (true, _) => is_alike = true,
                (false, true) => return Alike::Until(usize::try_from(from).unwrap_or(0) * HOP),
                (false, false) => return Alike::No,
            }
        }
        if is_alike { Alike::Whole } else { Alike::No }
    }

    /// Returns whether a sound is long enough to be known.
    #[must_use]
    pub fn is_long_enough(&self, word: Word) -> bool {
        let frames = self.samples(word) / HOP as i64;
        (0..frames).filter(|at| self.print(word, *at).is_some()).take(WINDOW).count() == WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, Prompt};
    use crate::media::library::Library;

    fn prompt(prompt: Prompt) -> Vec<i16> {
        Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
    }

    fn lexicon(sounds: &[Vec<i16>]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for sound in sounds {
            lexicon.add(sound.iter().copied(), false);
        }
        lexicon
    }

    #[test]
    fn sounds_are_alike_up_to_where_they_part() {
        let (first, second) = (prompt(Prompt::HelpMenu), prompt(Prompt::EnterPin));
        // Both begin with two seconds of the same; one begins 80 ms later.
        let start = |silence: usize, rest: &[i16]| [&vec![0; silence][..], &first[..16_000], rest].concat();
        let lexicon = lexicon(&[start(0, &first[16_000..]), start(640, &second), second.clone()]);
        for (one, other, length) in [(0, 1, 16_000), (1, 0, 16_640)] {
            let Alike::Until(sample) = lexicon.alike(Word(one), Word(other)) else { panic!("{one}") };
            assert!((length - 2_400..=length).contains(&sample), "{one}: {sample}");
        }
        assert_eq!(lexicon.alike(Word(0), Word(2)), Alike::No);
        assert_eq!(lexicon.alike(Word(2), Word(0)), Alike::No);
    }

    #[test]
    fn a_sound_that_is_all_of_another_is_never_told() {
        let whole = prompt(Prompt::EnterPin);
        let lexicon = lexicon(&[whole[..8_000].to_vec(), whole.clone(), whole[..2_000].to_vec()]);
        assert_eq!(lexicon.alike(Word(0), Word(1)), Alike::Whole);
        assert!(lexicon.is_long_enough(Word(0)) && !lexicon.is_long_enough(Word(2)));
    }

    #[test]
    fn no_prompt_of_a_language_is_all_of_another() {
        let sounds: Vec<Vec<i16>> = Library::recordings()
            .filter_map(|prompt| Library::built_in().prompt(prompt, Language::EnUs))
            .map(|sound| sound.samples().collect())
            .collect();
        let (count, lexicon) = (sounds.len(), lexicon(&sounds));
        let pairs = (0..count).flat_map(|one| (0..count).map(move |other| (one, other)));
        for (one, other) in pairs.filter(|(one, other)| one != other) {
            assert_ne!(lexicon.alike(Word(one), Word(other)), Alike::Whole, "{one} {other}");
        }
    }
}
