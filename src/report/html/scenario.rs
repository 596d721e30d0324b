//! The scenario of a case as it is written, PINs masked, with the line that failed marked.

use std::fmt::Write as _;

use crate::play::CaseRun;
use crate::report::CaseResult;
use crate::report::failure::span_of;
use crate::report::ladder::escape;

/// Lines around the failing one that are shown beside the failure.
const BEFORE: usize = 2;
const AFTER: usize = 1;

/// The most lines of a file that are shown.
const LINES_MAX: usize = 5_000;

/// A file of a case, ready to be shown.
pub(super) struct Source {
    pub(super) path: String,
    lines: Vec<String>,
    /// Counted from 1.
    pub(super) failed: Option<usize>,
}

impl Source {
    /// The file in which the case failed, or its own.
    pub(super) fn of(result: &CaseResult<'_>, run: Option<&CaseRun>) -> Self {
        let sources = &result.file().sources;
        let wrong = run.and_then(|run| run.played.failures.first());
        let span = wrong.and_then(|wrong| span_of(result.story(), wrong));
        let number = span.map_or(0, |span| span.source);
        let path = sources.text(number).map_or_else(|| result.file().path.clone(), |text| text.path.clone());
        let failed = span.map(|span| sources.line_and_column(span).0);
        Self { path, lines: sources.masked_lines(number), failed }
    }

    /// The lines next to the failing one.
    pub(super) fn excerpt(&self) -> String {
        match self.failed {
            Some(failed) => self.lines_from(failed.saturating_sub(BEFORE), failed + AFTER),
            None => String::new(),
        }
    }

    /// The file for all its cases: line by line, ready for the page.
    pub(super) fn whole(&self) -> Vec<String> {
        self.lines.iter().take(LINES_MAX).map(|line| coloured(line)).collect()
    }

    fn lines_from(&self, first: usize, last: usize) -> String {
        let mut html =
            "<pre class=\"src\" tabindex=\"0\" role=\"region\" aria-label=\"The line that failed\">"
                .to_owned();
        let lines = (1..).zip(&self.lines).filter(|(number, _)| (first..=last).contains(number));
        for (number, line) in lines {
            let (class, words) = if Some(number) == self.failed {
                (" class=\"bad\"", marked(line))
            } else {
                ("", coloured(line))
            };
            let said = if Some(number) == self.failed { "<span class=\"vh\"> failed</span>" } else { "" };
            let _infallible = write!(html, "<span{class}><b>{number}{said}</b>{words}</span>");
        }
        html + "</pre>"
    }
}

/// A line that failed: all of it underlined but for the blanks before it.
fn marked(line: &str) -> String {
    let words = line.trim_start();
    let blanks = &line[..line.len() - words.len()];
    format!("{blanks}<u>{}</u>", coloured(words))
}

/// A line of YAML with its comment, keys and quoted texts told apart.
fn coloured(line: &str) -> String {
    if line.trim_start().starts_with('#') {
        return format!("<i>{}</i>", escape(line));
    }
    let mut html = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', ':']) {
        let (before, from) = rest.split_at(at);
        let mark = from.chars().next().unwrap_or(' ');
        if mark == ':' {
            let begins = before
                .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
            let is_key = from[1..].is_empty() || from[1..].starts_with(' ');
            let (lead, word) = before.split_at(begins);
            if is_key && !word.is_empty() {
                let _infallible = write!(html, "{}<span class=\"k\">{}</span>:", escape(lead), escape(word));
            } else {
                let _infallible = write!(html, "{}:", escape(before));
            }
            rest = &from[1..];
            continue;
        }
        let end = from[1..].find(mark).map_or(from.len(), |end| end + 2);
        let _infallible = write!(html, "{}<span class=\"q\">{}</span>", escape(before), escape(&from[..end]));
        rest = &from[end..];
    }
    html + &escape(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_texts_and_comments_are_told_apart() {
        assert_eq!(coloured("# a: b"), "<i># a: b</i>");
        assert_eq!(
            coloured("- { hears: \"a: b\", url: x:y }"),
            "- { <span class=\"k\">hears</span>: <span class=\"q\">&quot;a: b&quot;</span>, <span \
             class=\"k\">url</span>: x:y }"
        );
        assert_eq!(
            coloured("press: \"27"),
            "<span class=\"k\">press</span>: <span class=\"q\">&quot;27</span>"
        );
        assert_eq!(marked("  - é: <"), "  <u>- é: &lt;</u>");
    }
}
