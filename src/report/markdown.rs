//! What failed, as Markdown: to paste into an issue or a chat, or as the summary of a step on GitHub.

use std::io::{self, Write};

use super::failure::marked;
use super::{CaseResult, Paint, Report, Totals, screen};

/// Failures that are told in full: all together fit into an issue, which takes 65,536 characters.
const WHOLE_MAX: usize = 20;

/// Writes Markdown.
#[derive(Debug)]
pub struct Markdown<W> {
    out: W,
    failures: usize,
}

impl<W: Write> Markdown<W> {
    /// A report to there.
    pub fn new(out: W) -> Self {
        Self { out, failures: 0 }
    }
}

impl<W: Write> Report for Markdown<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let Some(run) = result.outcome.failed_run() else { return Ok(()) };
        self.failures += 1;
        let (file, line, _) = marked(result, run);
        let (name, place) = (plain(&result.story().name), format!("`{file}:{line}`"));
        if self.failures > WHOLE_MAX {
            return writeln!(self.out, "- {name}, {place}");
        }
        let screen = screen(result, Paint::PLAIN);
        let fence = fence_around(&screen);
        writeln!(self.out, "### {name}\n\n{place}\n\n{fence}text\n{}\n{fence}\n", screen.trim_end())
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        let interrupted = if totals.interrupted { "interrupted: " } else { "" };
        let gap = if self.failures > WHOLE_MAX { "\n" } else { "" };
        writeln!(self.out, "{gap}**{interrupted}{}**", totals.line())?;
        self.out.flush()
    }
}

/// More backticks than the text has in a row, and at least three.
fn fence_around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(3.max(longest + 1))
}

/// A text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        if c.is_ascii_punctuation() && !",.:;-'\"/%?".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(plain("It's <b> & *7*, 50 %"), "It's \\<b\\> \\& \\*7\\*, 50 %");
        assert_eq!(fence_around("a `b` c"), "```");
        assert_eq!(fence_around("a ```` c"), "`````");
    }
}
