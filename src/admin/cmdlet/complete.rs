//! Completes a cmdlet that is being typed.

use super::command::Cmdlet;
use super::lex::is_dash;
use super::parameter::{Key, Parameter, Takes};
use super::table::CMDLETS;
use crate::control::call::Language;

/// The completions at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// Where the word begins that is completed, in bytes of the line.
    pub start: usize,
    /// The candidates.
    pub candidates: Vec<String>,
}

/// Completes the word before the cursor, which is at the end of `line`: cmdlets, parameters, values; `users` finds the
/// users whose names begin so.
pub fn complete(line: &str, users: impl FnOnce(&str) -> Vec<String>) -> Completion {
    let start = line.rfind([' ', '\t', ',']).map_or(0, |at| at + 1);
    let (before, word) = line.split_at(start);
    let candidates = candidates(before, word, users).unwrap_or_default();
    Completion { start, candidates }
}

fn candidates(before: &str, word: &str, users: impl FnOnce(&str) -> Vec<String>) -> Option<Vec<String>> {
    let mut typed = before.split_whitespace();
    let Some(first) = typed.next() else {
        return Some(beginning(word, CMDLETS.iter().map(|cmdlet| cmdlet.name)));
    };
    let cmdlet = Cmdlet::named(first)?;
    if let Some(name) = word.strip_prefix(is_dash) {
        let offered = cmdlet.all().filter(|known| !matches!(known.key, Key::Refused(_) | Key::PassedOver(_)));
        let found = beginning(name, offered.map(|known| known.name));
        return Some(found.into_iter().map(|name| format!("-{name}")).collect());
    }
    let previous = typed.next_back();
    let parameter = match previous.and_then(|word| word.strip_prefix(is_dash)) {
        Some(name) => named(cmdlet, name).filter(|parameter| parameter.takes != Takes::Switch)?,
        None if previous.is_some_and(|word| word.ends_with(',')) => {
            cmdlet.own().find(|known| known.takes == Takes::Texts)?
        }
        None => cmdlet.positional.and_then(|name| cmdlet.own().find(|own| own.name == name))?,
    };
    Some(match (parameter.takes, parameter.key) {
        (Takes::Flag, _) => beginning(word, ["$true", "$false"]),
        (Takes::Word(words), _) => beginning(word, words.iter().copied()),
        (_, Key::PrimaryLanguage | Key::SecondaryLanguages) => {
            beginning(word, Language::ALL.map(Language::tag))
        }
        (_, Key::HelpName) => beginning(word, CMDLETS.iter().map(|cmdlet| cmdlet.name)),
        (_, Key::Identity) if cmdlet.own().all(|own| own.key != Key::PrimaryLanguage) => users(word),
        _ => Vec::new(),
    })
}

fn named(cmdlet: &Cmdlet, name: &str) -> Option<&'static Parameter> {
    let lower = name.to_lowercase();
    let mut known =
        cmdlet.all().filter(|known| known.names().any(|known| known.to_lowercase().starts_with(&lower)));
    known.next()
}

fn beginning(word: &str, known: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let lower = word.to_lowercase();
    known.into_iter().filter(|known| known.to_lowercase().starts_with(&lower)).map(str::to_owned).collect()
}
