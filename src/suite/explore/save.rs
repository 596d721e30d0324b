//! Saves a failing order as a scenario file of its own.

use std::fmt;
use std::fmt::Write as _;

use super::Found;
use crate::scenario::order::{Later, describe};
use crate::scenario::source::{SourceText, Sources};
use crate::scenario::story::Story;
use crate::scenario::tree::{self, Entry, Value};

/// The file is written so that nothing can be put behind it: in brackets, or with its keys further in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys of the scenario are not at the start of their lines")
    }
}

impl std::error::Error for NoRoom {}

/// The text of a scenario file with this order: the scenario's own text, with the one combination of its matrix, the
/// seed and the order. What it includes it still includes, from the same folder.
///
/// # Errors
/// The scenario is written so that nothing can be added to it.
pub fn as_file(original: &SourceText, story: &Story, found: &Found) -> Result<String, NoRoom> {
    let text = &original.text;
    let mut sources = Sources::new(|_| Ok(text.clone().into_bytes()));
    let parsed = sources.fetch(&original.path).ok();
    let root = parsed.and_then(|source| tree::parse(&mut sources, source, &mut 0).ok());
    let Some(Value::Map(entries)) = root.map(|root| root.value) else { return Err(NoRoom) };
    let starts: Vec<usize> = entries.iter().map(|entry| entry.span.start as usize).collect();
    if starts.iter().any(|start| *start > 0 && !text[..*start].ends_with('\n')) {
        return Err(NoRoom);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut file =
        String::from("# An order in which this scenario fails, as `attendant explore` found it.\n");
    file += &text[..starts.first().copied().unwrap_or(0)];
    for ((entry, start), end) in entries.iter().zip(&starts).zip(ends) {
        if !is_replaced(entry) {
            file += without_end(&text[*start..end]);
            file.push('\n');
        }
    }
    if !story.picks.is_empty() {
        file += "matrix:\n";
        for (name, value) in &story.picks {
            let _infallible = writeln!(file, "  {name}: [{}]", quoted(value));
        }
    }
    let _infallible = writeln!(file, "seed: {}", found.played.seed);
    if !found.order.is_empty() {
        file += "order:\n";
    }
    for later in &found.order {
        let _infallible = writeln!(file, "  # {}\n  - {}", describe(story, *later), as_entry(story, *later));
    }
    Ok(file)
}

fn is_replaced(entry: &Entry) -> bool {
    matches!(entry.key.as_str(), "matrix" | "seed")
}

/// A section without blank lines at its end, nor the mark that ends a document.
fn without_end(section: &str) -> &str {
    let section = section.trim_end();
    section.strip_suffix("\n...").map_or(section, str::trim_end)
}

/// A part of an order as a scenario file has it.
#[must_use]
pub fn as_entry(story: &Story, later: Later) -> String {
    let by = crate::control::time::show_duration(later.by());
    match later {
        Later::Action { role, action, .. } => {
            let name = &story.cast.roles[role as usize].name;
            // A name that YAML would take for something else.
            let plain = !matches!(name.as_str(), "null" | "Null" | "NULL" | "true" | "false")
                && name.starts_with(|c: char| c.is_ascii_alphabetic());
            let name = if plain { name.clone() } else { quoted(name) };
            format!("{{ on: {name}, action: {action}, later: {by} }}")
        }
        Later::Question { number, .. } => format!("{{ on: directory, question: {number}, later: {by} }}"),
    }
}

/// In double quotes, where YAML reads what JSON does.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
