//! Describes sounds and call states in words.

use std::time::Duration;

use super::handset::{Handset, Line};
use super::model::PhoneModel;
use crate::control::call::{HangupCause, Language, Prompt, Source};
use crate::control::event::Place;
use crate::control::time::Instant;
use crate::media::library::Library;
use crate::media::manifest::Manifest;

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
        Source::Silence => Hearing { name: "nothing".to_owned(), words: String::new(), position: None },
        Source::Prompt { prompt, language, .. } => {
            let length = library.duration(prompt, language);
            let name = format!("{} ({})", model.event_text().prompt(prompt), language.tag());
            Hearing { name, words: quoted(prompt, language), position: Some((passed.min(length), length)) }
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
            None => Hearing { name: "the meeting".to_owned(), words: talkers(model, who), position: None },
        },
    }
}

/// Returns the words of a prompt; empty for a tone or a recorded name.
#[must_use]
pub fn wording(prompt: Prompt, language: Language) -> String {
    let entry = Manifest::built_in().prompt(language.tag(), prompt.name());
    entry.map(|entry| entry.wording.clone()).unwrap_or_default()
}

fn quoted(prompt: Prompt, language: Language) -> String {
    let words = wording(prompt, language);
    if words.is_empty() { words } else { format!("“{words}”") }
}

/// Returns the other talkers in the meeting of a handset.
fn talkers(model: &PhoneModel<'_>, who: usize) -> String {
    let meeting = |handset: &Handset| model.caller(handset)?.meeting();
    let mine = meeting(&model.handsets[who]);
    let talks = |(other, handset): &(usize, &Handset)| {
        let muted = model.caller(handset).is_some_and(|caller| caller.muted);
        *other != who && handset.talks && !muted && meeting(handset) == mine
    };
    let names: Vec<&str> =
        model.handsets.iter().enumerate().filter(talks).map(|(_, handset)| handset.name.as_str()).collect();
    match names[..] {
        [] => "nobody talks".to_owned(),
        [one] => format!("{one} talks"),
        _ => format!("{} talk", names.join(" and ")),
    }
}

/// Returns the state of a handset's call, in a word or two.
#[must_use]
pub fn state(model: &PhoneModel<'_>, who: usize) -> &'static str {
    let handset = &model.handsets[who];
    match handset.line {
        Line::OnHook(None) => "on hook",
        Line::OnHook(Some(HangupCause::Caller)) => "hung up",
        Line::OnHook(Some(HangupCause::Bridge)) => "bridge hung up",
        Line::OnHook(Some(HangupCause::Lost)) => "call lost",
        Line::OnHook(Some(HangupCause::UnknownNumber)) => "no such number",
        Line::OnHook(Some(HangupCause::Congestion)) => "busy",
        Line::Calling => "calling",
        Line::Up(leg) => {
            match model.presence.caller(leg).and_then(|caller| Some((caller.place?.1, caller))) {
                None => "answered",
                Some((Place::Screening, _)) => "entering",
                Some((Place::Lobby, _)) => "in the lobby",
                Some((Place::Joined, caller)) if caller.muted => "joined, muted",
                Some((Place::Joined, caller)) if caller.organizer => "joined, organizer",
                Some((Place::Joined, _)) => "joined",
            }
        }
    }
}

/// Returns a hint which keys may be pressed now, for first-time callers.
#[must_use]
pub fn hint(model: &PhoneModel<'_>, who: usize) -> String {
    let handset = &model.handsets[who];
    let first = model.story().given.organizers.first();
    let id = first.and_then(|organizer| organizer.conference_id.as_deref()).unwrap_or_default();
    let leg = match handset.line {
        Line::OnHook(_) => return "Enter calls the bridge".to_owned(),
        Line::Calling => return "calling".to_owned(),
        Line::Up(leg) => leg,
    };
    match model.presence.place(leg).map(|(_, place)| place) {
        None => format!("key {id}# for the meeting of {}", first.map_or("", |it| it.name.as_str())),
        Some(Place::Screening) => match handset.source {
            Source::Prompt { prompt: Prompt::SayYourName, .. } => "# ends the name".to_owned(),
            Source::Prompt { .. } | Source::Silence | Source::HoldMusic { .. } | Source::Conference => {
                "the organizer keys *, the PIN and #; others wait".to_owned()
            }
        },
        Some(Place::Lobby) => "Tab: another handset. The organizer: *, PIN, #".to_owned(),
        Some(Place::Joined) => "*1 menu, *3 roll call, *6 mute, t to talk".to_owned(),
    }
}

/// Minutes and seconds.
#[must_use]
pub fn minutes(of: Duration) -> String {
    format!("{}:{:02}", of.as_secs() / 60, of.as_secs() % 60)
}
