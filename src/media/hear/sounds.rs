//! The sounds of a library as a lexicon.

use std::sync::Arc;
use std::time::Duration;

use super::{CodeBook, Lexicon, Word};
use crate::control::call::{Language, Prompt, Tone};
use crate::media::g711::Law;
use crate::media::library::{Library, Sound};
use crate::media::rate::SAMPLES_PER_SECOND;

/// A sound that may be heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// This prompt, in this language.
    Prompt(Prompt, Language),
    /// Music on hold.
    HoldMusic,
    /// A recording that a caller plays, by its place among those of the cast.
    Recording(u16),
}

/// A sound that somebody else's bridge plays.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'r> {
    /// What it means.
    pub known: Known,
    /// All of it.
    pub samples: &'r [i16],
    /// It is told from others only from this sample on.
    pub from: usize,
}

/// The sounds of a library that may be heard, and what each is.
#[derive(Clone, Debug)]
pub struct Sounds {
    lexicon: Arc<Lexicon>,
    /// Of each what it is, and how many of its samples are before those that the lexicon has.
    known: Vec<(Known, i64)>,
    takes_any_music: bool,
    /// The tones of this program's bridge and callers may be heard too.
    has_tones: bool,
    /// Voices are those of callers who talk, not names that they recorded.
    has_talk: bool,
    /// Of each sound, in samples.
    openings: Vec<usize>,
}

impl Sounds {
    /// All prompts that are recordings, in these languages, and the music. Takes some milliseconds for each minute of sound.
    #[must_use]
    pub fn of(library: &Library, languages: &[Language]) -> Self {
        let (mut lexicon, mut known) = (Lexicon::default(), Vec::new());
        for language in languages {
            for prompt in Library::recordings() {
                if let Some(sound) = library.prompt(prompt, *language) {
                    lexicon.add(sound.samples(), false);
                    known.push((Known::Prompt(prompt, *language), 0));
                }
            }
        }
        lexicon.add(library.hold_music().samples(), true);
        known.push((Known::HoldMusic, 0));
        Self::new(lexicon, known, false, true)
    }

    fn new(lexicon: Lexicon, known: Vec<(Known, i64)>, takes_any_music: bool, has_tones: bool) -> Self {
        let openings = lexicon.shared_openings();
        let (lexicon, has_talk) = (Arc::new(lexicon), false);
        Self { lexicon, known, takes_any_music, has_tones, has_talk, openings }
    }

    /// The same where callers talk, and play these recordings: a voice is then never a recorded name.
    #[must_use]
    pub fn with_talk(&self, recordings: impl IntoIterator<Item = Sound>) -> Self {
        let (mut lexicon, mut known) = (Lexicon::clone(&self.lexicon), self.known.clone());
        for (place, sound) in (0..).zip(recordings) {
            lexicon.add(sound.samples(), false);
            known.push((Known::Recording(place), 0));
        }
        Self { has_talk: true, ..Self::new(lexicon, known, self.takes_any_music, self.has_tones) }
    }

    /// Whether voices are those of callers who talk, not names that they recorded.
    #[must_use]
    pub const fn has_talk(&self) -> bool {
        self.has_talk
    }

    /// These recordings; music goes round. With `takes_any_music`, what goes on for long and is none of them is music too.
    #[must_use]
    pub fn of_recordings(recordings: &[Recording<'_>], takes_any_music: bool) -> Self {
        let (mut lexicon, mut all) = (Lexicon::default(), Vec::new());
        for &Recording { known, samples, from } in recordings {
            let heard = samples.get(from..).unwrap_or_default();
            let word = lexicon.add(heard.iter().copied(), known == Known::HoldMusic);
            // Several files may say the same, and begin alike or be alike all the way.
            if let Some(place) = all.iter().position(|(other, _)| *other == known) {
                lexicon.same_meaning(word, Word(place));
            }
            all.push((known, from as i64));
        }
        Self::new(lexicon, all, takes_any_music, false)
    }

    /// Whether the tones may be heard in which this program's bridge answers keys and its callers speak.
    #[must_use]
    pub const fn has_tones(&self) -> bool {
        self.has_tones
    }

    /// Whether music is also whatever goes on for long and is no other known sound.
    #[must_use]
    pub const fn takes_any_music(&self) -> bool {
        self.takes_any_music
    }

    /// The codes of the same sounds, and of the tones, in this law.
    #[must_use]
    pub fn codes_of(library: &Library, languages: &[Language], law: Law) -> CodeBook {
        let tones = [Tone::Low, Tone::High].map(Prompt::Tone);
        let recordings = languages.iter().flat_map(|language| {
            Library::recordings().filter_map(move |prompt| {
                Some((Known::Prompt(prompt, *language), library.prompt(prompt, *language)?.samples(), false))
            })
        });
        let music = (Known::HoldMusic, library.hold_music().samples(), true);
        let tones = tones.into_iter().filter_map(|tone| {
            let language = Language::default();
            Some((Known::Prompt(tone, language), library.prompt(tone, language)?.samples(), false))
        });
        CodeBook::new(law, recordings.chain([music]).chain(tones))
    }

    /// Returns how much longer than others this one has to be heard before it is known: another begins with the same words.
    #[must_use]
    pub fn shared_opening(&self, sound: Known) -> Duration {
        let place = self.known.iter().position(|(known, _)| *known == sound);
        time_of(place.map_or(0, |place| self.openings[place]))
    }

    /// Returns the longest of these times.
    #[must_use]
    pub fn longest_shared_opening(&self) -> Duration {
        time_of(self.openings.iter().copied().max().unwrap_or(0))
    }

    /// Returns their fingerprints.
    #[must_use]
    pub const fn lexicon(&self) -> &Arc<Lexicon> {
        &self.lexicon
    }

    /// Returns what a word of the lexicon is.
    ///
    /// # Panics
    /// For a word of another lexicon.
    #[must_use]
    pub fn known(&self, word: Word) -> Known {
        self.known[word.0].0
    }

    /// Returns how many samples of a sound are heard before those by which it is known.
    ///
    /// # Panics
    /// For a word of another lexicon.
    #[must_use]
    pub fn lead(&self, word: Word) -> i64 {
        self.known[word.0].1
    }
}

fn time_of(samples: usize) -> Duration {
    Duration::from_millis(samples as u64 * 1_000 / u64::from(SAMPLES_PER_SECOND))
}
