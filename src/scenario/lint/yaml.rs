//! Traps of YAML that leave a file playable.

use crate::scenario::file::File;
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::source::Sources;
use crate::scenario::span::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// Warns of keys that a comment swallows, and of a word that old readers take for a truth value.
pub(super) fn lint(file: &File, sources: &Sources<'_>, problems: &mut Problems) {
    let mut on = None;
    let entries = file.fields.iter().chain(file.procedures.values());
    let mut left: Vec<&Entry> = entries.collect();
    while let Some(entry) = left.pop() {
        if entry.key == "press" && loses_its_pound(&entry.node, sources) {
            let problem = Problem::warning(entry.node.span, "the `#` behind these keys starts a comment");
            problems.push(problem.help("quote the keys: press: \"5550123#\""));
        }
        let is_main = entry.span.source == file.span.source;
        if entry.key == "on" && is_main && text_of(sources, entry.span) == Some("on") {
            on = Some(on.map_or(entry.span, |first: Span| first.min(entry.span)));
        }
        let mut nodes = vec![&entry.node];
        while let Some(node) = nodes.pop() {
            match &node.value {
                Value::Null | Value::Scalar(_) => {}
                Value::Seq(list) => nodes.extend(list),
                Value::Map(entries) => left.extend(entries),
            }
        }
    }
    if let Some(span) = on {
        let problem = Problem::info(span, "readers of YAML 1.1 take an unquoted `on` for true");
        problems.push(problem.help("if such tools read this file, write \"on\" in quotes"));
    }
}

/// Whether unquoted keys are followed by a comment that looks like more of them: `press: 5550123 #`.
fn loses_its_pound(node: &Node, sources: &Sources<'_>) -> bool {
    let Value::Scalar(_) = &node.value else { return false };
    let is_plain = text_of(sources, node.span).is_some_and(|text| !text.starts_with(['"', '\'']));
    let text = sources.text(node.span.source).map_or("", |source| source.text.as_str());
    let behind = text.get(node.span.end as usize..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let comment = behind.starts_with([' ', '\t']).then(|| behind.trim().strip_prefix('#')).flatten();
    let is_key = |c: char| c.is_ascii_digit() || "*#wW,-".contains(c) || c.is_whitespace();
    is_plain && comment.is_some_and(|comment| comment.chars().all(is_key))
}

fn text_of<'s>(sources: &'s Sources<'_>, span: Span) -> Option<&'s str> {
    sources.text(span.source)?.text.get(span.start as usize..span.end as usize)
}
