//! How values are read from a file, their parameters put in.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use crate::control::time::parse_duration;

use super::cx::Cx;
use crate::scenario::params::{self, Part, is_runtime};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::vocabulary::{Words, find, names};

/// A mapping whose keys are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'f> {
    pub(super) span: Span,
    pub(super) entries: &'f [Entry],
}

impl<'f> Fields<'f> {
    pub(super) fn get(&self, key: &str) -> Option<&'f Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'f Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl<'f> Cx<'f, '_> {
    /// The entries of a mapping that may hold these keys.
    pub(super) fn fields(&mut self, node: &'f Node, what: &str, known: &[&str]) -> Option<Fields<'f>> {
        let entries = self.entries(node, what)?;
        for entry in entries {
            if !known.contains(&entry.key.as_str()) && !self.gives_up() {
                self.unknown_key(entry, what, known);
            }
        }
        Some(Fields { span: node.span, entries })
    }

    /// The entries of a mapping of names.
    pub(super) fn entries(&mut self, node: &'f Node, what: &str) -> Option<&'f [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Null | Value::Scalar(_) | Value::Seq(_) => {
                self.error(node.span, format!("{what} must be a mapping, not {}", node.kind()));
                None
            }
        }
    }

    pub(super) fn unknown_key(&mut self, entry: &Entry, what: &str, known: &[&str]) {
        let problem = Problem::error(entry.span, format!("unknown key `{}` in {what}", short(&entry.key)));
        let problem = match (suggest(&entry.key, known.iter().copied()), &entry.node.value) {
            (Some(help), _) => problem.help(help),
            (None, Value::Null) => {
                problem.help("a comma inside { } ends a value: quote a value that contains a comma")
            }
            (None, Value::Scalar(_) | Value::Seq(_) | Value::Map(_)) => {
                problem.help(format!("expected one of: {}", known.join(", ")))
            }
        };
        self.problem(problem);
    }

    pub(super) fn list(&mut self, node: &'f Node, what: &str) -> Option<&'f [Node]> {
        match &node.value {
            Value::Seq(list) => Some(list),
            Value::Null | Value::Scalar(_) | Value::Map(_) => {
                self.error(node.span, format!("{what} must be a list, not {}", node.kind()));
                None
            }
        }
    }

    /// A single value, its parameters put in. `what` is its key.
    pub(super) fn text(&mut self, node: &'f Node, what: &str) -> Option<Cow<'f, str>> {
        let (text, names) = self.expanded(node, what)?;
        if let Some((name, place)) = names.into_iter().find(|(name, _)| is_runtime(name)) {
            let problem = Problem::error(
                within(node, place),
                format!("`${{{name}}}` is only known while the scenario runs"),
            );
            self.problem(problem.help("only `press` can use it"));
            return None;
        }
        Some(text)
    }

    /// A single value that is keyed or is a PIN, with names that only the run knows left in.
    pub(super) fn secret_text(&mut self, node: &'f Node, what: &str) -> Option<Cow<'f, str>> {
        let (text, names) = self.expanded(node, what)?;
        self.used.secret_params.extend(names.into_iter().map(|(name, _)| name.to_owned()));
        Some(text)
    }

    #[expect(clippy::type_complexity, reason = "a text, and the names in it with their places")]
    fn expanded(
        &mut self,
        node: &'f Node,
        what: &str,
    ) -> Option<(Cow<'f, str>, Vec<(&'f str, Range<usize>)>)> {
        let Value::Scalar(text) = &node.value else {
            let problem = match node.value {
                Value::Null => Problem::error(node.span, format!("`{what}` has no value")).help(
                    "in YAML an unquoted `#` starts a comment, and `~` and `null` mean no value: quote them",
                ),
                Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => {
                    Problem::error(node.span, format!("`{what}` must be a single value, not {}", node.kind()))
                }
            };
            self.problem(problem);
            return None;
        };
        match params::expand(text, &self.params) {
            Ok(expanded) => {
                self.read_text(expanded.len(), node.span)?;
                let parts = params::parts(text).unwrap_or_default();
                let names: Vec<(&str, Range<usize>)> = parts
                    .into_iter()
                    .filter_map(|(part, place)| match part {
                        Part::Name(name) => Some((name, place)),
                        Part::Text(_) => None,
                    })
                    .collect();
                for (name, _) in &names {
                    if !self.used.params.contains(*name) {
                        self.used.params.insert((*name).to_owned());
                    }
                }
                Some((expanded, names))
            }
            Err((place, message, help)) => {
                self.problem(Problem::error(within(node, place), message).maybe_help(help));
                None
            }
        }
    }

    pub(super) fn duration(&mut self, node: &'f Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        match parse_duration(&text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.error(node.span, error.to_string());
                None
            }
        }
    }

    pub(super) fn count(&mut self, node: &'f Node, what: &str, least: u32, most: u32) -> Option<u32> {
        let text = self.text(node, what)?;
        let count = text.parse().ok().filter(|count| (least..=most).contains(count));
        if count.is_none() {
            let most = grouped(most as usize);
            self.error(
                node.span,
                format!("`{what}` must be a whole number from {least} to {most}, not `{}`", short(&text)),
            );
        }
        count
    }

    pub(super) fn flag(&mut self, node: &'f Node, what: &str) -> Option<bool> {
        let text = self.text(node, what)?;
        match text.as_ref() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.error(node.span, format!("`{what}` must be true or false, not `{}`", short(&text)));
                None
            }
        }
    }

    /// One of the words of a closed list.
    pub(super) fn word<T: Copy>(&mut self, node: &'f Node, what: &str, words: &Words<T>) -> Option<T> {
        let text = self.text(node, what)?;
        let found = find(words, &text);
        if found.is_none() {
            let known: Vec<&str> = names(words).collect();
            self.not_one_of(node.span, what, &text, &known);
        }
        found
    }

    pub(super) fn not_one_of(&mut self, span: Span, what: &str, text: &str, known: &[&str]) {
        let help = suggest(text, known.iter().copied())
            .unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
        self.problem(
            Problem::error(span, format!("unknown value `{}` for `{what}`", short(text))).help(help),
        );
    }
}

/// Returns the place of a part of a value, provided that the file has the value literally.
pub(super) fn within(node: &Node, part: Range<usize>) -> Span {
    let Value::Scalar(text) = &node.value else {
        return node.span;
    };
    let quote =
        match (node.span.end as usize).saturating_sub(node.span.start as usize).checked_sub(text.len()) {
            Some(0) => 0,
            Some(2) => 1,
            Some(_) | None => return node.span,
        };
    let place = |at: usize| u32::try_from(at).map_or(node.span.end, |at| node.span.start + quote + at);
    Span { source: node.span.source, start: place(part.start), end: place(part.end) }
}

/// A word of the file, cut to what a message can hold.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
