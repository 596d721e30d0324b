//! The language that a caller's keys have chosen, as far as the caller can tell.

use super::Target;
use crate::control::call::{Digit, Language, Prompt, Source};
use crate::control::time::Instant;

/// What the keys of one call have chosen of the dialled number's secondary languages: `*1` to `*4`, keyed before the
/// conference ID is complete.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LanguageChoice {
    /// The dialled number's place in the story's list.
    number: Option<u16>,
    /// The last key was a star.
    star: bool,
    /// Digits of a conference ID were keyed.
    digits: bool,
    /// The conference ID is complete: stars mean something else from here on.
    complete: bool,
    chosen: Option<Language>,
    /// When it was chosen.
    at: Instant,
}

impl LanguageChoice {
    /// A new call, which has chosen nothing.
    pub(super) fn of_call(target: Target) -> Self {
        let number = match target {
            Target::Number(number) => Some(number),
            Target::App { .. } => None,
        };
        Self { number, ..Self::default() }
    }

    /// A key goes down; `languages` are the secondary languages of each number.
    pub(super) fn key(&mut self, now: Instant, key: Digit, languages: &[Vec<Language>]) {
        let after_star = std::mem::replace(&mut self.star, key == Digit::STAR);
        if self.complete || key == Digit::STAR {
            return;
        }
        if key == Digit::POUND {
            self.complete = self.digits;
            return;
        }
        if !after_star {
            self.digits = true;
            return;
        }
        let secondary = self.number.and_then(|number| languages.get(usize::from(number)));
        let place = key.number().and_then(|number| usize::from(number).checked_sub(1));
        if let Some(language) = secondary.zip(place).and_then(|(secondary, place)| secondary.get(place)) {
            (self.chosen, self.at) = (Some(*language), now);
            self.digits = false;
        }
    }

    /// This is heard, which tells where in the menu the call is.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other prompts come behind the conference ID")]
    pub(super) fn hear(&mut self, source: Source) {
        match source {
            Source::Silence => {}
            Source::HoldMusic { .. } | Source::Conference => self.complete = true,
            Source::Prompt { prompt, .. } => match prompt {
                Prompt::EnterConferenceId | Prompt::InvalidConferenceId => {
                    (self.complete, self.digits) = (false, false);
                }
                Prompt::Welcome | Prompt::PleaseTryAgain | Prompt::NoInput | Prompt::TechnicalError => {}
                _ => self.complete = true,
            },
        }
    }

    /// Returns the choice that applies to a prompt that began then: the language, and when it was chosen.
    pub(super) fn applies_to(&self, since: Instant) -> Option<(Language, Instant)> {
        self.chosen.filter(|_| since >= self.at).map(|language| (language, self.at))
    }
}
