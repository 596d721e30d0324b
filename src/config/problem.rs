//! Problems in the configuration, and how they are shown: the place, a suggestion, and no secrets.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::file::ConfigFile;
use super::setting::{Kind, Setting};
use crate::suggest::suggest;

/// Shown in place of a secret.
pub const MASK: &str = "*******";

/// The source of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The default.
    Default,
    /// The behaviour profile of this name.
    Profile(String),
    /// The file: the bytes of the key and of the value.
    File {
        /// The key.
        key: Range<usize>,
        /// The value.
        value: Range<usize>,
        /// The line of the key, counted from 1.
        line: usize,
    },
    /// This environment variable.
    Environment(String),
    /// This option on the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::File { line, .. } => write!(f, "line {line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One problem in the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where it is: a place in the file, or another source of values.
    pub(super) at: At,
    /// The error, in one sentence.
    pub(super) message: String,
    /// A suggestion how to fix it.
    pub(super) help: Option<String>,
}

/// The place of a problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum At {
    /// These bytes of the file.
    Bytes(Range<usize>),
    /// A variable or an option, or the file as a whole.
    Named(String),
}

impl Problem {
    pub(super) fn new(at: At, message: impl Into<String>, help: Option<String>) -> Self {
        Self { at, message: message.into(), help }
    }

    /// Problem about the value that was set here.
    pub(super) fn about(origin: &Origin, message: impl Into<String>, help: impl Into<String>) -> Self {
        let at = match origin {
            Origin::Default | Origin::Profile(_) => At::Named("configuration".to_owned()),
            Origin::File { value, .. } => At::Bytes(value.clone()),
            Origin::Environment(name) | Origin::Flag(name) => At::Named(name.clone()),
        };
        Self::new(at, message, Some(help.into()))
    }

    /// The sort key: problems are reported in the order of the file, those outside the file last.
    pub(super) fn place(&self) -> usize {
        match &self.at {
            At::Bytes(bytes) => bytes.start,
            At::Named(_) => usize::MAX,
        }
    }

    /// Renders it for a screen, with secrets masked.
    pub(super) fn render(&self, file: Option<&ConfigFile>, coloured: bool) -> String {
        let clean = annotate_snippets::normalize_untrusted_str;
        let title = match &self.at {
            At::Bytes(_) => self.message.clone(),
            At::Named(name) => format!("{name}: {}", self.message),
        };
        let mut group = Group::with_title(Level::ERROR.primary_title(clean(&title)));
        if let (At::Bytes(bytes), Some(file)) = (&self.at, file) {
            let (line, quoted, marked) = quote(&file.text, bytes);
            let path = clean(&file.path.display().to_string());
            group = group.element(
                Snippet::source(quoted)
                    .path(path)
                    .line_start(line)
                    .annotation(AnnotationKind::Primary.span(marked)),
            );
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(clean(help)));
        }
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// The line in which these bytes begin, counted from 1, as it may be shown, and where the bytes are in it.
fn quote(text: &str, bytes: &Range<usize>) -> (usize, String, Range<usize>) {
    let start = floor(text, bytes.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at);
    let end = floor(text, bytes.end).clamp(start, line_end);
    let line = text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let whole = &text[line_start..line_end];
    let shown = clear_part(whole);
    let (from, to) = (start - line_start, end - line_start);
    if shown == whole.len() {
        return (line, whole.to_owned(), from..to);
    }
    let masked = format!("{}{MASK}", &whole[..shown]);
    // What is marked inside of the secret is marked as the mask.
    let place = if to <= shown { from..to } else { from.min(shown)..masked.len() };
    (line, masked, place)
}

/// Returns how much of a line may be shown: all of it if its key is a setting that is not secret, or resembles one and
/// resembles no secret; any other value, such as that of a mistyped `pasword`, may be a secret.
fn clear_part(line: &str) -> usize {
    let trimmed = line.trim_start();
    if trimmed.is_empty() || trimmed.starts_with(['[', '#']) {
        return line.len();
    }
    let Some(equals) = line.find('=') else {
        // No key at all: a word out of place, or the middle of a text. A word may be shown.
        let is_word = trimmed.trim_end().chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
        return if is_word { line.len() } else { line.len() - trimmed.len() };
    };
    let key = line[..equals].trim().rsplit('.').next().unwrap_or_default();
    let may_be_secret = |setting: &Setting| matches!(setting.kind, Kind::Secret | Kind::Place);
    // A setting's own key, or the name of a table above it, as `keys` of `meeting.keys.mute`.
    let (secret, plain): (Vec<Setting>, Vec<Setting>) = Setting::all().into_iter().partition(may_be_secret);
    let is_named =
        |settings: &[Setting]| settings.iter().any(|setting| setting.name.split('.').any(|part| part == key));
    let is_near = |settings: &[Setting]| {
        suggest(key, settings.iter().flat_map(|setting| setting.name.split('.'))).is_some()
    };
    let shown = if is_named(&secret) || is_named(&plain) {
        !is_named(&secret)
    } else {
        is_near(&plain) && !is_near(&secret)
    };
    if shown {
        return line.len();
    }
    let blanks = line[equals + 1..].len() - line[equals + 1..].trim_start().len();
    equals + 1 + blanks
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
