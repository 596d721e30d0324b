//! How to reach what was not reached, in a sentence.

use super::{Group, Item};
use crate::control::attendant::{DialogState, DialogTimer};
use crate::control::call::Language;
use crate::control::meeting::MeetingTimer;
use crate::control::policy::Policy;

/// Says how a scenario reaches an item.
#[must_use]
pub fn hint(item: &Item) -> String {
    match item.group {
        Group::States => match state(&item.name) {
            Some(state) => format!("bring a caller there: {}", lower(state.meaning())),
            None => String::new(),
        },
        Group::Transitions => transition(item),
        Group::Keys => key(&item.name),
        Group::Timers => timer(&item.name),
        Group::Meetings | Group::Places => {
            let (from, _, by) = item.edge().unwrap_or_default();
            format!("while it is `{from}`: {}", event(by))
        }
        Group::Prompts => prompt(&item.name),
        Group::Outcomes => {
            format!("end a call so; `then: [{{ that: pat.outcome, is: {} }}]` checks it", item.name)
        }
        Group::Settings => setting(&item.name),
        Group::Events => event(&item.name),
    }
}

fn state(name: &str) -> Option<DialogState> {
    DialogState::ALL.into_iter().find(|state| state.name() == name)
}

/// A sentence as the rest of another.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

fn meaning(name: &str) -> String {
    state(name).map_or_else(String::new, |state| lower(state.meaning()))
}

fn transition(item: &Item) -> String {
    let (from, _, by) = item.edge().unwrap_or_default();
    format!("while the dialog {}: {}", does(&meaning(from)), trigger(by))
}

/// What a dialog does, behind "the dialog".
fn does(meaning: &str) -> String {
    match meaning.strip_prefix("the c") {
        Some(rest) => format!("says that the c{rest}"),
        None => meaning.to_owned(),
    }
}

/// What a scenario does for a trigger.
fn trigger(by: &str) -> String {
    if let Some(timer) = by.strip_suffix(" timeout") {
        let timer = DialogTimer::ALL.into_iter().find(|known| known.name() == timer);
        return timer
            .map_or_else(String::new, |timer| format!("`wait` for the timeout {}", lower(timer.meaning())));
    }
    if let Some(keys) = by.strip_prefix("key ") {
        return pressed(keys);
    }
    match by {
        "prompt ends" => "let the prompt be played to its end".to_owned(),
        "caller hangs up" => "`hang_up`".to_owned(),
        "line drops" => "`drop`".to_owned(),
        "meeting found" => "let the directory know the conference ID".to_owned(),
        "no such meeting" => "key a conference ID that nobody has".to_owned(),
        "directory fails" => "`faults: [{ on: directory, fails: true }]`".to_owned(),
        "call comes in" => "`dial`".to_owned(),
        told => format!("the meeting says `{told}`"),
    }
}

fn pressed(keys: &str) -> String {
    match keys {
        "0-9" => "press a digit".to_owned(),
        key => format!("`press: \"{key}\"`"),
    }
}

fn key(name: &str) -> String {
    let (from, keys) = name.split_once(": ").unwrap_or_default();
    format!("while the dialog {}: {}", does(&meaning(from)), pressed(keys))
}

fn timer(name: &str) -> String {
    let (machine, name) = name.split_once(": ").unwrap_or_default();
    let dialog = DialogTimer::ALL.into_iter().find(|timer| timer.name() == name).map(DialogTimer::meaning);
    let meeting = MeetingTimer::ALL.into_iter().find(|timer| timer.name() == name).map(MeetingTimer::meaning);
    let meaning = if machine == "dialog" { dialog } else { meeting };
    format!("let it run out: {}", lower(meaning.unwrap_or_default()))
}

fn prompt(name: &str) -> String {
    match name.rsplit_once(" (") {
        Some((prompt, language)) => {
            let language = language.trim_end_matches(')');
            let is_default = language == Language::default().tag();
            let how =
                if is_default { "" } else { " on a number that speaks this language, or after `*1` to `*4`" };
            format!("let a caller hear `{prompt}`{how}; `attendant words {prompt}` explains it")
        }
        None => format!("let a caller hear `{name}`; `attendant words {name}` explains it"),
    }
}

fn setting(name: &str) -> String {
    let (name, value) = name.split_once(": ").unwrap_or_default();
    let setting = Policy::SETTINGS.iter().find(|setting| setting.name == name);
    let group = setting.map_or("", |setting| setting.group.name());
    let value = match value {
        "no limit" => "0s",
        "no key" => "none",
        "another value" | "the default" => "…",
        word => word,
    };
    match name.split_once('.') {
        Some((first, second)) => format!("`given: {{ {group}: {{ {first}: {{ {second}: {value} }} }} }}`"),
        None => format!("`given: {{ {group}: {{ {name}: {value} }} }}`"),
    }
}

/// How an event comes about.
fn event(name: &str) -> String {
    let (word, detail) = name.trim_end_matches(')').split_once('(').unwrap_or((name, ""));
    match word {
        "administered" | "locked_out" => {
            format!("an administrator's step, or wrong PINs: {}", detail.replace('-', " "))
        }
        "commanded" => {
            let (command, who) = match detail.split_once(", ") {
                Some((command, _)) => (command, "somebody who is not the organizer"),
                None => (detail, "a participant"),
            };
            format!("{who} presses the key of `keys.{command}` after `*`")
        }
        "ended" => format!("let the meeting end: {detail}"),
        "started" => format!("start the meeting: {detail}"),
        "joined" => format!("let a caller in: {detail}"),
        "left" => format!("let a caller go who is in: {detail}"),
        "" => String::new(),
        word if detail.is_empty() => format!("let it happen: {}", word.replace('_', " ")),
        word => format!("let it happen: {}, {detail}", word.replace('_', " ")),
    }
}
