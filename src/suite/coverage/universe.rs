//! Everything that there is to reach.

use std::collections::BTreeSet;

use super::{Group, Item, events, walk};
use crate::control::attendant::{DialogState, DialogTimer, KeyKind};
use crate::control::call::{Language, LegId, Prompt, Tone};
use crate::control::event::Outcome;
use crate::control::meeting::MeetingTimer;
use crate::control::policy::{Policy, SettingInfo, Takes};
use crate::scenario::played_prompts;

/// Every item: the enums, and what the walk through the machines finds.
pub(super) fn items() -> BTreeSet<Item> {
    let mut items = BTreeSet::new();
    items.extend(DialogState::ALL.map(|state| Item::new(Group::States, state.name())));
    let takes_keys = |state: &DialogState| !matches!(state, DialogState::Arriving | DialogState::Over);
    for state in DialogState::ALL.iter().filter(|state| takes_keys(state)) {
        let key = |kind: KeyKind| Item::new(Group::Keys, format!("{}: {}", state.name(), kind.name()));
        items.extend(KeyKind::ALL.map(key));
    }
    let timer = |machine: &str, name: &str| Item::new(Group::Timers, format!("{machine}: {name}"));
    items.extend(DialogTimer::ALL.map(|name| timer("dialog", name.name())));
    items.extend(MeetingTimer::ALL.map(|name| timer("meeting", name.name())));
    items.extend(prompts().map(|name| Item::new(Group::Prompts, name)));
    items.extend(Outcome::ALL.map(|outcome| Item::new(Group::Outcomes, outcome.name())));
    for setting in Policy::SETTINGS {
        let item = |class: &str| Item::new(Group::Settings, format!("{}: {class}", setting.name));
        items.extend(value_classes(setting).into_iter().map(item));
    }
    items.extend(events::names().map(|name| Item::new(Group::Events, name)));
    let walked = walk::walk().items().into_iter();
    items.extend(
        walked.filter(|item| matches!(item.group, Group::Transitions | Group::Meetings | Group::Places)),
    );
    items
}

fn prompts() -> impl Iterator<Item = String> {
    let spoken = played_prompts().chain([Prompt::Number(0)]);
    let spoken = spoken.flat_map(|said| Language::ALL.map(|language| prompt(said, Some(language))));
    let recorded = Prompt::RecordedName { leg: LegId::new(0), millis: 1 };
    let others = [recorded, Prompt::Tone(Tone::Low), Prompt::Tone(Tone::High)];
    spoken.chain(others.map(|sound| prompt(sound, None)))
}

/// A prompt's name in a language. The numbers are one: which is spoken follows from a count alone.
pub(super) fn prompt(prompt: Prompt, language: Option<Language>) -> String {
    let name = if let Prompt::Number(_) = prompt { "digits/N" } else { prompt.name() };
    language.map_or_else(|| name.to_owned(), |language| format!("{name} ({})", language.tag()))
}

const DEFAULT: &str = "the default";
const OTHER: &str = "another value";
const NO_LIMIT: &str = "no limit";
const NO_KEY: &str = "no key";

/// The values of a setting that are told apart.
fn value_classes(setting: &SettingInfo) -> Vec<&'static str> {
    match setting.takes {
        Takes::Flag => vec!["true", "false"],
        Takes::Word(words) => words.to_vec(),
        Takes::Key if Policy::default().show(setting.name).as_deref() == Some("none") => vec![OTHER, NO_KEY],
        Takes::Key => vec![DEFAULT, OTHER, NO_KEY],
        Takes::Form { .. } => vec![DEFAULT, OTHER],
        Takes::Duration if is_limit(setting) && has_no_limit(setting) => vec![OTHER, NO_LIMIT],
        Takes::Duration if is_limit(setting) => vec![DEFAULT, OTHER, NO_LIMIT],
        Takes::Duration | Takes::Count(..) | Takes::Text | Takes::Limits => vec![DEFAULT, OTHER],
    }
}

/// The class of a value of this setting.
pub(super) fn value_class<'v>(setting: &SettingInfo, value: &'v str) -> &'v str {
    let is_default = || Policy::default().show(setting.name).as_deref() == Some(value);
    match setting.takes {
        Takes::Flag | Takes::Word(_) => value,
        Takes::Key if value == "none" => NO_KEY,
        Takes::Form { .. } if is_default() => DEFAULT,
        Takes::Form { .. } => OTHER,
        Takes::Duration if is_limit(setting) && value == "0s" => NO_LIMIT,
        Takes::Key | Takes::Duration | Takes::Count(..) | Takes::Text | Takes::Limits if is_default() => {
            DEFAULT
        }
        Takes::Key | Takes::Duration | Takes::Count(..) | Takes::Text | Takes::Limits => OTHER,
    }
}

/// Whether the default of a limit is that there is none.
fn has_no_limit(setting: &SettingInfo) -> bool {
    Policy::default().show(setting.name).as_deref() == Some("0s")
}

/// Whether a setting of time can say that there is no limit: only such a one reads a bare zero.
fn is_limit(setting: &SettingInfo) -> bool {
    Policy::default().set(setting.name, "0").is_ok()
}
