//! An order that was found, as a scenario file that fails by itself.

use std::fmt;
use std::fmt::Write as _;

use super::{Found, describe};
use crate::scenario::order::Later;
use crate::scenario::source::{SourceText, Sources};
use crate::scenario::story::Story;
use crate::scenario::tree::{self, Entry, Value};

/// The file is one value in brackets: nothing can be put behind its last line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InBrackets;

impl fmt::Display for InBrackets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scenario is written in brackets: write it with one key a line")
    }
}

impl std::error::Error for InBrackets {}

/// The text of a scenario file with this order: the scenario's own text, with the one combination of its matrix, the
/// seed and the order. What it includes it still includes, from the same folder.
///
/// # Errors
/// The scenario is written so that nothing can be added to it.
pub fn as_file(original: &SourceText, story: &Story, found: &Found) -> Result<String, InBrackets> {
    let text = &original.text;
    let mut sources = Sources::new(|_| Ok(text.clone().into_bytes()));
    let parsed = sources.fetch(&original.path).ok();
    let root = parsed.and_then(|source| tree::parse(&mut sources, source, &mut 0).ok());
    let Some(Value::Map(entries)) = root.map(|root| root.value) else { return Err(InBrackets) };
    let starts: Vec<usize> = entries.iter().map(|entry| entry.span.start as usize).collect();
    if starts.iter().any(|start| *start > 0 && !text[..*start].ends_with('\n')) {
        return Err(InBrackets);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut file =
        String::from("# An order in which this scenario fails, as `attendant explore` found it.\n");
    file += &text[..starts.first().copied().unwrap_or(0)];
    for ((entry, start), end) in entries.iter().zip(&starts).zip(ends) {
        if !is_replaced(entry) {
            file += text[*start..end].trim_end();
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
        let _infallible = writeln!(file, "  # {}\n  - {}", describe(story, *later), entry_of(story, *later));
    }
    Ok(file)
}

fn is_replaced(entry: &Entry) -> bool {
    matches!(entry.key.as_str(), "matrix" | "seed" | "order")
}

fn entry_of(story: &Story, later: Later) -> String {
    let by = crate::control::time::show_duration(later.by());
    match later {
        Later::Action { role, action, .. } => {
            format!("{{ on: {}, action: {action}, later: {by} }}", story.roles[role as usize].name)
        }
        Later::Question { number, .. } => format!("{{ on: directory, question: {number}, later: {by} }}"),
    }
}

/// In double quotes, where YAML reads what JSON does.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
