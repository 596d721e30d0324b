//! YAML as a tree of values that know where they stand. What a scenario has no use for (anchors, tags, several
//! documents, two keys of one name) is refused here.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, options};

use super::limits::{DEPTH_MAX, NODES_MAX, SCALAR_BYTES_MAX};
use super::problem::Problem;
use super::source::{Sources, grouped};
use super::span::Span;

/// A value and its place.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A value.
#[derive(Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Text, to be interpreted by the reader of the key.
    Scalar(String),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// One entry of a mapping.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) node: Node,
}

impl Node {
    /// Returns the kind of the value, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A list or mapping that has not ended.
struct Open {
    span: Span,
    flow_end: bool,
    seq: Vec<Node>,
    map: Option<Mapping>,
}

#[derive(Default)]
struct Mapping {
    entries: Vec<Entry>,
    keys: BTreeMap<String, Span>,
    key: Option<(String, Span)>,
}

/// Reads a text; `nodes` counts the values of all texts of a scenario.
pub(crate) fn parse(sources: &mut Sources<'_>, source: u16, nodes: &mut usize) -> Result<Node, Problem> {
    let text = match sources.text(source) {
        Some(source) => source.text.clone(),
        None => String::new(),
    };
    let mut tree = Tree { source, open: Vec::new(), root: None, nodes, secret: Vec::new() };
    // Depth is judged by the tree, with a better message; the parser's own limits only have to be no lower.
    let options = options! { emit_unresolved_aliases: true, disallow_directives: true };
    let mut result = Ok(());
    for next in Parser::new_from_str_with_options(&text, options) {
        result = match next {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                tree.take(event, place(source, range.start, range.end))
            }
            Err(error) => Err(syntax(source, &text, &error)),
        };
        if result.is_err() {
            break;
        }
    }
    for span in tree.secret {
        sources.secrets.hide_span(span);
    }
    result?;
    tree.root.ok_or_else(|| Problem::error(place(source, 0, 0), "the file is empty"))
}

fn place(source: u16, start: usize, end: usize) -> Span {
    let fits = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source, start: fits(start), end: fits(end) }
}

struct Tree<'n> {
    source: u16,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: &'n mut usize,
    /// Where keys and PINs stand.
    secret: Vec<Span>,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        if let Some(tag) = event.tag() {
            let message = format!("YAML tags are not supported: `{}`", tag.original());
            return Err(Problem::error(span, message).help("quote a value that starts with `!`"));
        }
        if event.anchor_id().is_some_and(|id| id != 0) {
            return Err(Problem::error(span, "YAML anchors are not supported").help(
                "quote a value that starts with `&`; to reuse steps, write a procedure under `procedures`",
            ));
        }
        match event {
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Err(Problem::error(span, "an unquoted `*` is an alias in YAML").help("write \"*\""))
            }
            Event::Scalar(text, style, ..) => self.scalar(&text, style, span),
            Event::SequenceStart(..) => self.begin(span, None),
            Event::MappingStart(..) => self.begin(span, Some(Mapping::default())),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(Problem::error(Span { source: self.source, ..span }, "a file can hold only one scenario")
                    .help("move the second one to a file of its own"))
            }
            Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Anchor(..) => Ok(()),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Result<(), Problem> {
        if text.len() > SCALAR_BYTES_MAX {
            let message = format!("a value may have at most {} bytes", grouped(SCALAR_BYTES_MAX));
            return Err(Problem::error(span, message).label(format!("this one has {}", grouped(text.len()))));
        }
        if let Some(Open { map: Some(map), .. }) = self.open.last_mut()
            && map.key.is_none()
        {
            if let Some(first) = map.keys.get(text) {
                return Err(Problem::error(span, format!("duplicate key `{text}`"))
                    .label("the second")
                    .also(*first, "the first")
                    .help("remove or rename one of them: a later key does not override an earlier one"));
            }
            map.keys.insert(text.to_owned(), span);
            map.key = Some((text.to_owned(), span));
            return Ok(());
        }
        let plain = style == ScalarStyle::Plain;
        let value = if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            Value::Null
        } else {
            Value::Scalar(text.to_owned())
        };
        self.put(Node { span, value })
    }

    fn begin(&mut self, span: Span, map: Option<Mapping>) -> Result<(), Problem> {
        if self.awaits_key() {
            return Err(Problem::error(span, "a name must be a single word, not a list or a mapping")
                .help("quote a name that starts with `{` or `[`"));
        }
        if self.open.len() == DEPTH_MAX {
            let message = format!("lists and mappings may be nested at most {DEPTH_MAX} deep");
            return Err(Problem::error(span, message));
        }
        self.open.push(Open { span, flow_end: span.start < span.end, seq: Vec::new(), map });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let last = match &open.map {
            Some(map) => map.entries.last().map(|entry| entry.node.span.end.max(entry.span.end)),
            None => open.seq.last().map(|node| node.span.end),
        };
        let end = if open.flow_end { span.end } else { last.unwrap_or(open.span.end) };
        let start = match &open.map {
            Some(map) if !open.flow_end => {
                map.entries.first().map_or(open.span.start, |entry| entry.span.start)
            }
            Some(_) | None => open.span.start,
        };
        let value = match open.map {
            Some(map) => Value::Map(map.entries),
            None => Value::Seq(open.seq),
        };
        let span = Span { source: self.source, start, end: end.max(start) };
        self.put(Node { span, value })
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { map: Some(map), .. }) if map.key.is_none())
    }

    fn put(&mut self, node: Node) -> Result<(), Problem> {
        *self.nodes += 1;
        if *self.nodes > NODES_MAX {
            let message =
                format!("a scenario may have at most {} values, included files counted", grouped(NODES_MAX));
            return Err(Problem::error(node.span, message));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { map: None, seq, .. }) => seq.push(node),
            Some(Open { map: Some(map), .. }) => {
                if let Some((key, span)) = map.key.take() {
                    if matches!(key.as_str(), "pin" | "press") {
                        self.secret.push(node.span);
                    }
                    map.entries.push(Entry { key, span, node });
                }
            }
        }
        Ok(())
    }
}

fn syntax(source: u16, text: &str, error: &ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let span = place(source, at, at);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return Problem::error(span, format!("lists and mappings may be nested at most {DEPTH_MAX} deep"));
    }
    let line = text[..floor(text, at)].rfind('\n').map_or(0, |at| at + 1);
    let rest = text[line..].lines().next().unwrap_or("");
    let problem = Problem::error(span, format!("not valid YAML: {}", error.kind()));
    if rest.contains(": *") || rest.contains("- *") {
        problem.help("an unquoted `*` is an alias in YAML: write \"*\"")
    } else if rest.starts_with('\t') || rest.trim_start_matches(' ').starts_with('\t') {
        problem.help("indent with spaces, not with tabs")
    } else if rest.matches(": ").count() > 1 && !rest.contains('{') {
        problem.help("quote a value that contains a colon")
    } else {
        problem
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
