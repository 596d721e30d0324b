//! Problems in a scenario file, and how they are shown: file, line and column, the line with a caret, and a suggestion.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::limits::{PROBLEMS_MAX, SCALAR_BYTES_MAX};
use super::source::Sources;
use super::span::Span;
pub(super) use crate::suggest::suggest;

/// The severity of a problem.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The file cannot be run.
    Error,
    /// The file can be run, but probably does not do what was meant.
    Warning,
    /// A remark.
    Info,
}

/// Something wrong with a file. Its texts may quote the file; [`Problem::render`] masks PINs in them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// How much it matters.
    pub severity: Severity,
    /// The problem, in one sentence.
    message: String,
    /// The label at the caret.
    label: String,
    /// A suggestion how to fix it.
    help: Option<String>,
    /// Related places, each with a label.
    also: Vec<(Span, String)>,
}

impl Problem {
    /// An error.
    #[must_use]
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, span, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, span, message)
    }

    /// A remark.
    #[must_use]
    pub fn info(span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, span, message)
    }

    fn new(severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self { span, severity, message: message.into(), label: String::new(), help: None, also: Vec::new() }
    }

    /// Adds a label at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do, if that is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Points at another place, too.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// The message alone, PINs masked.
    #[must_use]
    pub fn message(&self, sources: &Sources<'_>) -> String {
        sources.secrets.mask_message(&self.message)
    }

    /// What to do, PINs masked.
    #[must_use]
    pub fn help_text(&self, sources: &Sources<'_>) -> Option<String> {
        self.help.as_ref().map(|help| sources.secrets.mask_message(help))
    }

    /// All of it for a screen, PINs masked: the message, the place, the line with a caret, and help.
    #[must_use]
    pub fn render(&self, sources: &Sources<'_>, coloured: bool) -> String {
        let clean =
            |text: &str| annotate_snippets::normalize_untrusted_str(&sources.secrets.mask_message(text));
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut group = Group::with_title(level.primary_title(clean(&self.message)));
        let mut places_told = Vec::new();
        let places = std::iter::once((self.span, &self.label, AnnotationKind::Primary))
            .chain(self.also.iter().map(|(span, label)| (*span, label, AnnotationKind::Context)));
        for (span, label, kind) in places {
            let Some(source) = sources.text(span.source) else {
                continue;
            };
            let (line, column) = sources.line_and_column(span);
            let (quoted, place) = quote(sources, span);
            let path = clean(&source.path);
            let shown = quoted.get(..place.start).map_or(0, |before| before.chars().count()) + 1;
            places_told.push((format!("{path}:{line}:{shown}"), format!("{path}:{line}:{column}")));
            let mut annotation: Annotation<'_> = kind.span(place);
            if !label.is_empty() {
                annotation = annotation.label(clean(label));
            }
            group = group.element(Snippet::source(quoted).path(path).line_start(line).annotation(annotation));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(clean(help)));
        }
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let mut told = renderer.render(&[group]);
        // The place is that in the file; the line that is quoted may be shorter or longer.
        for (shown, true_place) in places_told {
            told = told.replacen(&shown, &true_place, 1);
        }
        told
    }
}

/// The most bytes of a line that are quoted.
const QUOTED_MAX: usize = 160;

/// Returns the line in which a span starts, or the part of it around the span, and the span's place in that text.
fn quote(sources: &Sources<'_>, span: Span) -> (String, std::ops::Range<usize>) {
    let text = sources.text(span.source).map_or("", |source| source.text.as_str());
    let start = floor(text, span.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at);
    let line_end = line_end.max(start);
    let end = floor(text, span.end as usize).clamp(start, line_end);
    let (from, to) = if line_end.saturating_sub(line_start) <= QUOTED_MAX {
        (line_start, line_end)
    } else {
        let from = floor(text, start.saturating_sub(QUOTED_MAX / 2)).max(line_start);
        (from, floor(text, from + QUOTED_MAX).clamp(from, line_end))
    };
    // More is masked than is shown, since the key that makes a number secret may lie outside of the part shown.
    let line_start = floor(text, start.saturating_sub(2 * SCALAR_BYTES_MAX)).max(line_start);
    let line_end = floor(text, start + 2 * SCALAR_BYTES_MAX).min(line_end).max(line_start);
    let masked = sources.secrets.mask_source(&text[line_start..line_end], span.source, line_start);
    let shown = masked.place(from - line_start..to - line_start);
    let marked = masked.place(start - line_start..end.min(to).max(start) - line_start);
    let quoted = masked.text[shown.clone()].to_owned();
    let place = marked.start.clamp(shown.start, shown.end)..marked.end.clamp(shown.start, shown.end);
    (quoted, place.start - shown.start..place.end - shown.start)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Problems as they are found: each once, and no more than [`PROBLEMS_MAX`] errors.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    errors: usize,
    /// Errors that were pushed, those found before too.
    pub(super) pushed: usize,
}

impl Problems {
    /// Adds a problem unless it was found before or there are enough.
    pub(super) fn push(&mut self, problem: Problem) {
        let is_error = problem.severity == Severity::Error;
        self.pushed += usize::from(is_error);
        if self.list.contains(&problem) || self.list.len() >= 4 * PROBLEMS_MAX || (is_error && self.is_full())
        {
            return;
        }
        self.errors += usize::from(is_error);
        self.list.push(problem);
    }

    /// Returns whether there is an error.
    pub(super) fn any_error(&self) -> bool {
        self.errors > 0
    }

    /// Returns whether it is useless to look for more.
    pub(super) fn is_full(&self) -> bool {
        self.errors >= PROBLEMS_MAX
    }

    /// All of them, in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|problem| (problem.severity, problem.span));
        self.list
    }
}
