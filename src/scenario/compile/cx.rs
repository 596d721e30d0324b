//! The context that all parts of the compiler share: one case of a file, and reading values from it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use crate::control::caller::OrganizerRef;
use crate::control::policy::{Policy, ServiceNumber};
use crate::control::time::parse_duration;

use super::signals::Signals;
use crate::leg::cast::KeyPath;
use crate::scenario::file::File;
use crate::scenario::limits::{FILE_TEXT_MAX, FILE_WEIGHT_MAX, STEPS_MAX};
use crate::scenario::mask::Secrets;
use crate::scenario::params::{self, Part, is_runtime};
use crate::scenario::problem::{Problem, Problems, suggest};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::story::{Act, NotImplemented, Organizer, Params, StepText};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::vocabulary::{Words, find, names};

/// One case of a file while it is compiled.
pub(in crate::scenario) struct Cx<'f, 'm> {
    pub(super) file: &'f File,
    pub(super) params: Params,
    pub(super) problems: &'m mut Problems,
    pub(super) secrets: &'m mut Secrets,
    /// Steps and callers of all cases so far.
    pub(super) weight: &'m mut Weight,
    /// Steps of this case so far.
    pub(super) walked: usize,
    pub(super) exhausted: bool,
    pub(super) used: Used,
    pub(super) not_implemented: Vec<NotImplemented>,
    pub(super) unbuilt_at: BTreeSet<Span>,
    pub(super) policy: Policy,
    /// The settings as an administrator's steps leave them.
    pub(super) scratch: Policy,
    pub(super) organizers: Vec<Organizer>,
    /// Where each organizer is named.
    pub(super) organizer_spans: Vec<Span>,
    pub(super) users: Vec<String>,
    pub(super) numbers: Vec<(String, ServiceNumber)>,
    pub(super) callers: Vec<CallerInfo<'f>>,
    pub(super) places: Places<'f>,
    /// Steps with an error, which are not looked at again.
    pub(super) failed: BTreeSet<Span>,
    pub(super) signals: Signals,
    pub(super) steps: Vec<StepText>,
    pub(super) acts: Vec<Act>,
}

/// The places of names in the lists of a case.
#[derive(Debug, Default)]
pub(super) struct Places<'f> {
    pub(super) callers: BTreeMap<&'f str, usize>,
    pub(super) organizers: BTreeMap<&'f str, u16>,
    pub(super) users: BTreeMap<String, u16>,
    pub(super) numbers: BTreeMap<String, usize>,
    /// The organizer of each conference ID.
    pub(super) ids: BTreeMap<String, u16>,
}

/// The size of all cases of a file so far.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Weight {
    /// Steps, callers and whatever else is kept.
    kept: usize,
    /// Bytes of text that were read.
    text: usize,
}

/// A caller of the file, or the administrator.
#[derive(Debug)]
pub(in crate::scenario) struct CallerInfo<'f> {
    pub(super) name: &'f str,
    pub(super) count: u32,
    /// The place of the first of them among the roles.
    pub(super) first_role: u32,
    pub(super) script: Option<&'f Node>,
    pub(super) from: Option<String>,
    /// The user's place among the users.
    pub(super) signed_in: Option<u16>,
    pub(super) key_path: KeyPath,
    pub(super) is_admin: bool,
}

/// The parts of the file that the case used, so that the linter can find unused ones.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Used {
    pub(in crate::scenario) params: BTreeSet<String>,
    pub(in crate::scenario) procedures: BTreeSet<String>,
    pub(in crate::scenario) organizers: BTreeSet<u16>,
    /// Parameters that are keyed or are a PIN.
    pub(in crate::scenario) secret_params: BTreeSet<String>,
    /// Blind waits.
    pub(in crate::scenario) waits: BTreeSet<Span>,
    /// Whether anything is expected or forbidden by a script.
    pub(in crate::scenario) expectations: usize,
}

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
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::error(span, message));
    }

    pub(super) fn not_implemented(&mut self, span: Span, why: impl Into<String>) {
        if self.unbuilt_at.insert(span) {
            self.not_implemented.push(NotImplemented { span, why: why.into() });
        }
    }

    /// Takes note of a step, or of a caller; false once there are too many.
    pub(super) fn spend(&mut self, span: Span) -> bool {
        self.walked += 1;
        self.weigh(1, span);
        if self.exhausted {
            return false;
        }
        if self.walked <= STEPS_MAX {
            return true;
        }
        self.exhausted = true;
        self.error(
            span,
            format!(
                "a scenario may have at most {} steps once procedures and repeats are written out",
                grouped(STEPS_MAX)
            ),
        );
        false
    }

    /// Counts steps or callers of the file.
    pub(super) fn weigh(&mut self, more: usize, span: Span) {
        self.weight.kept = self.weight.kept.saturating_add(more);
        if self.weight.kept > FILE_WEIGHT_MAX && !self.exhausted {
            self.exhausted = true;
            let message = format!(
                "all combinations of one file may have at most {} steps and callers together",
                grouped(FILE_WEIGHT_MAX)
            );
            self.error(span, message);
        }
    }

    /// Takes note of so much text; `None` once there was too much.
    fn read_text(&mut self, bytes: usize, span: Span) -> Option<()> {
        self.weight.text = self.weight.text.saturating_add(bytes);
        if self.weight.text <= FILE_TEXT_MAX {
            return Some(());
        }
        self.exhausted = true;
        self.error(span, "all combinations of one file may read at most 128 MiB of text together");
        None
    }

    /// Returns whether it is useless to read on.
    pub(super) fn gives_up(&self) -> bool {
        self.exhausted || self.problems.is_full()
    }

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

    /// An organizer by name.
    pub(super) fn organizer(&mut self, node: &'f Node, what: &str) -> Option<OrganizerRef> {
        let name = self.text(node, what)?;
        self.organizer_named(&name, node.span)
    }

    pub(super) fn organizer_named(&mut self, name: &str, span: Span) -> Option<OrganizerRef> {
        if let Some(place) = self.places.organizers.get(name).copied() {
            self.used.organizers.insert(place);
            return Some(OrganizerRef(place));
        }
        let help = suggest(name, self.organizers.iter().map(|organizer| organizer.name.as_str()));
        let problem = Problem::error(span, format!("unknown organizer `{}`", short(name)));
        let problem = match help {
            Some(help) => problem.help(help),
            None => problem.help("organizers are listed under `given.organizers`"),
        };
        self.problem(problem);
        None
    }

    /// A step or a check on one line, in the file's words, parameters put in and PINs masked.
    pub(super) fn line(&self, node: &Node) -> String {
        let mut line = String::new();
        match &node.value {
            Value::Map(entries) => self.write_entries(entries, &mut line),
            Value::Null | Value::Scalar(_) | Value::Seq(_) => self.write(node, false, &mut line),
        }
        let line = self.secrets.mask_message(&line);
        match line.char_indices().nth(LINE_MAX) {
            Some((at, _)) => format!("{}…", &line[..at]),
            None => line,
        }
    }

    fn write_entries(&self, entries: &[Entry], line: &mut String) {
        for (at, entry) in entries.iter().enumerate() {
            if line.len() > 4 * LINE_MAX {
                return;
            }
            line.push_str(if at > 0 { ", " } else { "" });
            line.push_str(&entry.key);
            if !matches!(entry.node.value, Value::Null) {
                line.push_str(": ");
                self.write(&entry.node, matches!(entry.key.as_str(), "press" | "pin"), line);
            }
        }
    }

    fn write(&self, node: &Node, keyed: bool, line: &mut String) {
        match &node.value {
            Value::Null => line.push('~'),
            Value::Scalar(text) => {
                let text = params::expand(text, &self.params).unwrap_or(Cow::Borrowed(text));
                let text = if keyed { Cow::Owned(self.secrets.mask_keys(&text)) } else { text };
                line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
            }
            Value::Seq(list) => {
                line.push('[');
                for (at, node) in list.iter().enumerate().take_while(|(at, _)| *at < LINE_MAX) {
                    line.push_str(if at > 0 { ", " } else { "" });
                    self.write(node, keyed, line);
                }
                line.push(']');
            }
            Value::Map(entries) => {
                line.push('{');
                self.write_entries(entries, line);
                line.push('}');
            }
        }
    }
}

/// Characters of a step's line in reports: what fits on a screen beside times and names.
const LINE_MAX: usize = 120;

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
