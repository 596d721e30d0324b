//! Describes sounds, names and times in words.

use std::time::Duration;

use super::events::listed;
use super::handset::Handset;
use super::model::PhoneModel;
use crate::control::call::{Language, Prompt, Source};
use crate::control::time::Instant;
use crate::media::library::Library;
use crate::media::manifest::Manifest;
use crate::report::EventText;

/// The sound that is heard now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hearing {
    /// Its name: a prompt's, `hold music`, `the meeting`.
    pub name: String,
    /// The spoken words, if known.
    pub words: String,
    /// Where in it one is, and how long it is; nothing where it has no length.
    pub position: Option<(Duration, Duration)>,
}

/// Returns the sound that a handset hears.
#[must_use]
pub fn hearing(model: &PhoneModel<'_>, who: usize, now: Instant, library: &Library) -> Hearing {
    let handset = &model.handsets[who];
    let passed = now.since(handset.since);
    match handset.source {
        Source::Silence if handset.hears_unknown => {
            Hearing { name: "a sound that is in no library".to_owned(), words: String::new(), position: None }
        }
        Source::Silence => Hearing { name: "nothing".to_owned(), words: String::new(), position: None },
        Source::Prompt { prompt, language, .. } => {
            let (mut length, mut words) = (Duration::ZERO, Vec::new());
            for prompt in &handset.sentence {
                length += library.duration(*prompt, language);
                words.push(words_of(model.event_text(), *prompt, language));
            }
            words.retain(|words| !words.is_empty());
            let words = if words.is_empty() { String::new() } else { format!("“{}”", words.join(" ")) };
            let name = model.event_text().spoken(prompt, language);
            // How long theirs are is not known.
            let position = (!model.event_text().is_of_others()).then_some((passed.min(length), length));
            Hearing { name, words, position }
        }
        Source::HoldMusic { begun } => {
            let length = library.hold_music().duration();
            let passed = now.since(begun).as_millis() as u64 % (length.as_millis() as u64).max(1);
            let words = Manifest::built_in().hold_music().wording.clone();
            Hearing {
                name: "hold music".to_owned(),
                words,
                position: Some((Duration::from_millis(passed), length)),
            }
        }
        Source::Conference => match handset.announced {
            Some(prompt) => Hearing {
                name: format!("the meeting hears {}", model.event_text().prompt(prompt)),
                words: quoted(prompt, Language::default()),
                position: None,
            },
            None => {
                let talk = listed_talkers(model, who);
                let words = if talk.is_empty() { "nobody talks".to_owned() } else { talk };
                Hearing { name: "the meeting".to_owned(), words, position: None }
            }
        },
    }
}

/// Returns the words of a prompt as they are printed; empty for a tone or a recorded name.
#[must_use]
pub fn wording(prompt: Prompt, language: Language) -> String {
    let entry = Manifest::built_in().prompt(language.tag(), prompt.name());
    entry.map(|entry| entry.wording.replace('\'', "’")).unwrap_or_default()
}

/// Returns the words of a prompt, of a recorded name whose it is.
#[must_use]
pub fn words_of(text: &EventText<'_>, prompt: Prompt, language: Language) -> String {
    if let Prompt::RecordedName { leg, .. } = prompt {
        return format!("[{}]", name(text.caller(leg)));
    }
    if text.is_of_others() {
        return String::new();
    }
    wording(prompt, language)
}

fn quoted(prompt: Prompt, language: Language) -> String {
    let words = wording(prompt, language);
    if words.is_empty() { words } else { format!("“{words}”") }
}

/// Returns who else talks in the meeting of a handset: `Pat and Kim talk`; empty if nobody does.
#[must_use]
pub fn listed_talkers(model: &PhoneModel<'_>, who: usize) -> String {
    let meeting = |handset: &Handset| model.caller(handset)?.meeting();
    let mine = meeting(&model.handsets[who]);
    let talks = |(other, handset): &(usize, &Handset)| {
        let muted = model.caller(handset).is_some_and(|caller| caller.muted);
        *other != who && handset.talks && !muted && meeting(handset) == mine
    };
    let talkers = model.handsets.iter().enumerate().filter(talks);
    let names: Vec<&str> = talkers.map(|(_, handset)| handset.name.as_str()).collect();
    match names[..] {
        [] => String::new(),
        [one] => format!("{one} talks"),
        _ => format!("{} talk", listed(&names)),
    }
}

/// A name from a scenario as it is shown: with a capital letter.
#[must_use]
pub fn name(of: &str) -> String {
    let mut symbols = of.chars();
    symbols.next().map_or_else(String::new, |first| first.to_uppercase().chain(symbols).collect())
}

/// The tries that are left: `no tries left in this call`, `1 try left`. Another call has tries of its own.
#[must_use]
pub fn tries(left: u8) -> String {
    match left {
        0 => "no tries left in this call".to_owned(),
        1 => "1 try left".to_owned(),
        _ => format!("{left} tries left"),
    }
}

/// Minutes and seconds.
#[must_use]
pub fn minutes(of: Duration) -> String {
    format!("{}:{:02}", of.as_secs() / 60, of.as_secs() % 60)
}
