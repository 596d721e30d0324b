//! The sounds of a library as a lexicon.

use std::sync::Arc;

use super::{Lexicon, Word};
use crate::control::call::{Language, Prompt};
use crate::media::library::Library;

/// A sound that may be heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// This prompt, in this language.
    Prompt(Prompt, Language),
    /// Music on hold.
    HoldMusic,
}

/// The sounds of a library that may be heard, and what each is.
#[derive(Clone, Debug)]
pub struct Sounds {
    lexicon: Arc<Lexicon>,
    known: Vec<Known>,
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
                    known.push(Known::Prompt(prompt, *language));
                }
            }
        }
        lexicon.add(library.hold_music().samples(), true);
        known.push(Known::HoldMusic);
        Self { lexicon: Arc::new(lexicon), known }
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
        self.known[word.0]
    }
}
