//! How long each prompt plays: from the manifest, by number instead of by name.

use std::sync::OnceLock;
use std::time::Duration;

use crate::control::call::{Language, Prompt};
use crate::media::manifest::Manifest;

/// The length of the tones that answer a key; the program generates them.
const TONE: Duration = Duration::from_millis(250);

/// Playing times of all prompts in all languages, in whole milliseconds.
#[derive(Debug)]
pub(super) struct Lengths {
    named: Vec<[Duration; Prompt::NAMED.len()]>,
    numbers: Vec<[Duration; 21]>,
}

impl Lengths {
    pub(super) fn built_in() -> &'static Self {
        static LENGTHS: OnceLock<Lengths> = OnceLock::new();
        LENGTHS.get_or_init(|| Self::of(Manifest::built_in()))
    }

    fn of(manifest: &Manifest) -> Self {
        let length = |language: Language, name: &str| {
            let entry = manifest.prompt(language.tag(), name);
            let entry =
                entry.expect("the manifest has every prompt in every language: a test of the assets looks");
            Duration::from_millis(entry.milliseconds())
        };
        let named = |language| Prompt::NAMED.iter().map(move |prompt| length(language, prompt.name()));
        let numbers = |language| (0..=20).map(move |number| length(language, Prompt::Number(number).name()));
        Self {
            named: Language::ALL.map(|language| array(named(language))).into(),
            numbers: Language::ALL.map(|language| array(numbers(language))).into(),
        }
    }

    pub(super) fn of_prompt(&self, prompt: Prompt, language: Language) -> Duration {
        let language = language as usize;
        match (prompt, prompt.place()) {
            (Prompt::Number(number), _) => self.numbers[language][usize::from(number.min(20))],
            (Prompt::RecordedName { millis, .. }, _) => Duration::from_millis(u64::from(millis)),
            (Prompt::Tone(_), _) => TONE,
            (_, place) => place.map_or(TONE, |place| self.named[language][place]),
        }
    }
}

fn array<const N: usize>(lengths: impl Iterator<Item = Duration>) -> [Duration; N] {
    let lengths: Vec<Duration> = lengths.collect();
    lengths.try_into().expect("as many lengths as names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_has_a_length_in_every_language() {
        for language in Language::ALL {
            for prompt in Prompt::NAMED {
                let length = Lengths::built_in().of_prompt(*prompt, language);
                assert!((300..30_000).contains(&length.as_millis()), "{} {}", language.tag(), prompt.name());
            }
        }
    }
}
