//! How values are read from files that are not scenarios, such as targets and profiles: nothing is put in for parameters.

use std::borrow::Cow;
use std::time::Duration;

use super::problem::{Problem, Problems, suggest};
use super::span::Span;
use super::tree::{Entry, Node, Value};
use super::vocabulary::{Words, find, names};
use crate::control::time::parse_duration;

/// Reads nodes, and notes what is wrong with them.
pub(super) trait NodeReader {
    /// The problems so far.
    fn problems(&mut self) -> &mut Problems;

    /// Notes a problem, and reads nothing.
    fn refuse<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems().push(problem);
        None
    }

    /// Returns the entries of a mapping.
    fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Null | Value::Scalar(_) | Value::Seq(_) => self
                .refuse(Problem::error(node.span, format!("{what} must be a mapping, not {}", node.kind()))),
        }
    }

    /// Returns the nodes of a list.
    fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::Seq(list) => Some(list),
            Value::Null | Value::Scalar(_) | Value::Map(_) => {
                self.refuse(Problem::error(node.span, format!("{what} must be a list, not {}", node.kind())))
            }
        }
    }

    /// Returns a single value.
    fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<Cow<'n, str>> {
        match &node.value {
            Value::Scalar(text) => Some(Cow::Borrowed(text)),
            Value::Null | Value::Seq(_) | Value::Map(_) => {
                let message = format!("`{what}` must be a single value, not {}", node.kind());
                self.refuse(Problem::error(node.span, message))
            }
        }
    }

    /// Returns a duration.
    fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        match parse_duration(&text) {
            Ok(duration) => Some(duration),
            Err(error) => self.refuse(Problem::error(node.span, error.to_string())),
        }
    }

    /// Returns what a word means.
    fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &Words<T>) -> Option<T> {
        let text = self.text(node, what)?;
        let found = find(words, &text);
        if found.is_none() {
            let known: Vec<&str> = names(words).collect();
            self.not_one_of(node.span, what, &text, &known);
        }
        found
    }

    /// Notes a value that is none of these.
    fn not_one_of(&mut self, span: Span, what: &str, text: &str, known: &[&str]) {
        let help = suggest(text, known.iter().copied());
        let help = help.unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
        self.problems().push(Problem::error(span, format!("unknown value `{text}` for `{what}`")).help(help));
    }

    /// Notes the keys that are none of these.
    fn known(&mut self, entries: &[Entry], what: &str, known: &[&str]) {
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let help = suggest(&entry.key, known.iter().copied());
            let help = help.unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
            let message = format!("unknown key `{}` in {what}", entry.key);
            self.problems().push(Problem::error(entry.span, message).help(help));
        }
    }
}
