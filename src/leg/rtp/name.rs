//! When a caller says a name.

use crate::control::call::{Prompt, Source, Tone};

/// Follows what a caller hears. After the question and its tone there is silence, and what is said in it is the name;
/// whatever is heard next ends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum NameQuestion {
    /// Nobody asks.
    #[default]
    Off,
    /// The caller is being asked, and is listened to already, so that nothing is lost of the first word.
    Asking,
    /// The caller answers.
    Answering,
}

impl NameQuestion {
    /// The caller hears this from now on.
    pub(super) fn hear(&mut self, source: Source) {
        *self = match (*self, source) {
            (_, Source::Prompt { prompt: Prompt::SayYourName, .. })
            | (Self::Asking, Source::Prompt { prompt: Prompt::Tone(Tone::High), .. }) => Self::Asking,
            (Self::Asking, Source::Silence) => Self::Answering,
            (_, _) => Self::Off,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, PlaybackId};

    fn prompt(prompt: Prompt) -> Source {
        Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
    }

    #[test]
    fn the_silence_after_the_tone_is_for_the_name() {
        let mut question = NameQuestion::default();
        for (source, expected) in [
            (prompt(Prompt::Welcome), NameQuestion::Off),
            (Source::Silence, NameQuestion::Off),
            (prompt(Prompt::SayYourName), NameQuestion::Asking),
            (prompt(Prompt::Tone(Tone::High)), NameQuestion::Asking),
            (Source::Silence, NameQuestion::Answering),
            (prompt(Prompt::HoldForOrganizer), NameQuestion::Off),
            (prompt(Prompt::Tone(Tone::High)), NameQuestion::Off),
        ] {
            question.hear(source);
            assert_eq!(question, expected, "{source:?}");
        }
    }
}
