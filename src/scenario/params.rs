//! Parameters: `${name}` in a value, `--set name=value`, and the combinations of a matrix.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::limits::{CASE_NODES_MAX, CASES_MAX, PARAMS_MAX, SCALAR_BYTES_MAX};
use super::problem::{Problem, Problems, suggest};
use super::source::grouped;
use super::span::Span;
use super::story::Params;
use super::tree::{Node, Value};

/// A part of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part<'t> {
    /// Literal text.
    Text(&'t str),
    /// The name in `${name}`.
    Name(&'t str),
}

/// Splits a text into literal parts and names, each with its place; `Err` is the place of a `${`
/// that nothing closes.
pub(super) fn parts(text: &str) -> Result<Vec<(Part<'_>, Range<usize>)>, Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("${").map(|open| at + open) {
        if open > at {
            found.push((Part::Text(&text[at..open]), at..open));
        }
        let close = text[open..].find('}').map(|close| open + close).ok_or(open..text.len())?;
        found.push((Part::Name(&text[open + 2..close]), open..close + 1));
        at = close + 1;
    }
    if at < text.len() {
        found.push((Part::Text(&text[at..]), at..text.len()));
    }
    Ok(found)
}

/// Returns whether a name is one that only the run knows: `amos.pin`.
pub(super) fn is_runtime(name: &str) -> bool {
    name.contains('.')
}

/// A text with its parameters put in; names that only the run knows stay. The values put in are not looked at again.
pub(super) fn expand<'t>(
    text: &'t str,
    params: &Params,
) -> Result<Cow<'t, str>, (Range<usize>, String, Option<String>)> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let unclosed = |place| (place, "`${` without a closing `}`".to_owned(), None);
    let mut expanded = String::new();
    for (part, place) in parts(text).map_err(unclosed)? {
        match part {
            Part::Text(text) => expanded.push_str(text),
            Part::Name(name) if is_runtime(name) => expanded.push_str(&text[place.clone()]),
            Part::Name(name) => match params.get(name) {
                Some(value) => expanded.push_str(value),
                None => {
                    let help = suggest(name, params.keys().map(String::as_str))
                        .unwrap_or_else(|| "add it under `params`".to_owned());
                    return Err((place, format!("unknown parameter `{name}`"), Some(help)));
                }
            },
        }
        if expanded.len() > SCALAR_BYTES_MAX {
            let message = format!(
                "with its parameters expanded, this value is longer than {} bytes",
                grouped(SCALAR_BYTES_MAX)
            );
            return Err((place, message, None));
        }
    }
    Ok(Cow::Owned(expanded))
}

/// A parameter that takes several values, one in each case.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) values: Vec<String>,
}

/// All parameters of a scenario.
#[derive(Debug, Default)]
pub(super) struct AllParams {
    pub(super) fixed: Params,
    /// Where each was given.
    pub(super) spans: BTreeMap<String, Span>,
    pub(super) axes: Vec<Axis>,
}

impl AllParams {
    /// Takes in the `params` mapping.
    pub(super) fn add(&mut self, node: &Node, problems: &mut Problems) {
        let Value::Map(entries) = &node.value else {
            problems.push(Problem::error(
                node.span,
                format!("`params` must be a mapping of names to values, not {}", node.kind()),
            ));
            return;
        };
        for entry in entries {
            match value(&entry.node) {
                Some(_) if !is_name(&entry.key) => problems.push(bad_name(&entry.key, entry.span)),
                Some(value) => {
                    self.spans.insert(entry.key.clone(), entry.span);
                    self.fixed.insert(entry.key.clone(), value);
                }
                None => problems.push(Problem::error(
                    entry.node.span,
                    format!("a parameter must be a single value, not {}", entry.node.kind()),
                )),
            }
        }
        if self.fixed.len() > PARAMS_MAX {
            problems.push(Problem::error(
                node.span,
                format!("a scenario may have at most {PARAMS_MAX} parameters"),
            ));
        }
    }

    /// Takes in the `matrix`.
    pub(super) fn add_matrix(&mut self, node: &Node, nodes: usize, problems: &mut Problems) {
        let Value::Map(entries) = &node.value else {
            problems.push(Problem::error(
                node.span,
                format!("`matrix` must be a mapping of names to lists of values, not {}", node.kind()),
            ));
            return;
        };
        for entry in entries {
            if !is_name(&entry.key) {
                problems.push(bad_name(&entry.key, entry.span));
            } else if self.spans.get(&entry.key).is_some_and(|other| other.source != entry.span.source) {
                // An included file's value, which the matrix replaces.
                self.fixed.remove(&entry.key);
                self.spans.remove(&entry.key);
            } else if let Some(other) = self.spans.get(&entry.key) {
                problems.push(
                    Problem::error(
                        entry.span,
                        format!("`{}` is both in `params` and in `matrix`", entry.key),
                    )
                    .also(*other, "the parameter"),
                );
            }
            let Value::Seq(list) = &entry.node.value else {
                problems.push(Problem::error(
                    entry.node.span,
                    format!("a matrix needs a list of values: `{}: [a, b]`", entry.key),
                ));
                continue;
            };
            let (mut values, mut seen) = (Vec::new(), BTreeSet::new());
            for node in list {
                match value(node) {
                    Some(value) if !seen.insert(value.clone()) => {
                        problems.push(Problem::error(node.span, "this value is listed twice"));
                    }
                    Some(value) => values.push(value),
                    None => problems.push(Problem::error(
                        node.span,
                        format!("a parameter must be a single value, not {}", node.kind()),
                    )),
                }
                if values.len() > CASES_MAX || problems.is_full() {
                    break;
                }
            }
            if list.is_empty() {
                problems.push(Problem::error(entry.node.span, "an empty list leaves no case to play"));
            }
            self.axes.push(Axis { name: entry.key.clone(), span: entry.span, values });
        }
        let cases = self.cases();
        if self.axes.len() > PARAMS_MAX {
            problems.push(Problem::error(
                node.span,
                format!("a scenario may have at most {PARAMS_MAX} parameters"),
            ));
        } else if cases > CASES_MAX {
            problems.push(Problem::error(
                node.span,
                format!("a matrix may have at most {} combinations", grouped(CASES_MAX)),
            ));
        } else if cases.saturating_mul(nodes) > CASE_NODES_MAX {
            let message = format!("{} combinations are too many for a file of this length", grouped(cases));
            problems.push(Problem::error(node.span, message).help("split the file, or the matrix"));
        }
    }

    /// Takes in what the command line sets, and returns what of it there is here. A name of the matrix is then held at that one
    /// value.
    pub(super) fn set(&mut self, set: &Params) -> Params {
        let mut taken = Params::new();
        for (name, value) in set {
            if let Some(axis) = self.axes.iter_mut().find(|axis| axis.name == *name) {
                axis.values = vec![value.clone()];
            } else if let Some(fixed) = self.fixed.get_mut(name) {
                fixed.clone_from(value);
            } else {
                continue;
            }
            taken.insert(name.clone(), value.clone());
        }
        taken
    }

    /// Returns the names of all.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.fixed.keys().chain(self.axes.iter().map(|axis| &axis.name))
    }

    /// Returns the number of combinations.
    pub(super) fn cases(&self) -> usize {
        self.axes.iter().fold(1, |cases, axis| cases.saturating_mul(axis.values.len()))
    }

    /// The parameters of one combination, and which value of each axis it takes; the last axis changes fastest.
    pub(super) fn case(&self, mut number: usize) -> (Params, Vec<usize>) {
        let mut params = self.fixed.clone();
        let mut picks = vec![0; self.axes.len()];
        for (axis, pick) in self.axes.iter().zip(&mut picks).rev() {
            *pick = number % axis.values.len().max(1);
            number /= axis.values.len().max(1);
            if let Some(value) = axis.values.get(*pick) {
                params.insert(axis.name.clone(), value.clone());
            }
        }
        (params, picks)
    }
}

fn value(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some(String::new()),
        Value::Scalar(text) => Some(text.clone()),
        Value::Seq(_) | Value::Map(_) => None,
    }
}

/// Returns whether this can be the name of a caller, an organizer, a mark, a procedure or a parameter.
pub(super) fn is_name(text: &str) -> bool {
    let fits = (1..=super::limits::NAME_MAX).contains(&text.len());
    fits && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Returns the problem for an invalid name.
pub(super) fn bad_name(name: &str, span: Span) -> Problem {
    let shown: String = name.chars().take(super::limits::NAME_MAX).collect();
    Problem::error(span, format!("`{shown}` cannot be a name"))
        .help(format!("a name is up to {} letters, digits, `_` and `-`", super::limits::NAME_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> Params {
        [("id", "3141592"), ("nested", "${id}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn names_are_replaced_inside_longer_texts_and_only_once() {
        for (text, expanded) in [
            ("plain", "plain"),
            ("${id}#", "3141592#"),
            ("a${id}b${id}", "a3141592b3141592"),
            ("${nested}", "${id}"),
            ("${amos.pin}#", "${amos.pin}#"),
            ("$id {id}", "$id {id}"),
        ] {
            assert_eq!(expand(text, &params()).unwrap(), expanded);
        }
    }

    #[test]
    fn what_is_not_known_or_not_closed_is_refused_where_it_stands() {
        let (place, message, help) = expand("x ${ic}", &params()).unwrap_err();
        assert_eq!((place, message.as_str()), (2..7, "unknown parameter `ic`"));
        assert_eq!(help.as_deref(), Some("did you mean `id`?"));
        assert!(expand("${id", &params()).is_err());
        assert!(expand(&"${id}".repeat(1_000), &params()).is_err());
    }

    #[test]
    fn a_matrix_expands_with_the_last_name_changing_fastest() {
        let axis = |name: &str, values: [&str; 2]| Axis {
            name: name.to_owned(),
            span: Span::default(),
            values: values.map(str::to_owned).to_vec(),
        };
        let all =
            AllParams { axes: vec![axis("a", ["1", "2"]), axis("b", ["x", "y"])], ..AllParams::default() };
        let cases: Vec<String> = (0..all.cases()).map(|n| all.case(n).0.into_values().collect()).collect();
        assert_eq!(cases, ["1x", "1y", "2x", "2y"]);
    }
}
