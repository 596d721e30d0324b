//! Annotations on GitHub: workflow commands, which the runner reads from both outputs of a step
//! (<https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>).

use std::io::{self, Write};

use super::failure::{command, headline, marked};
use super::{CaseResult, Report, RunInfo, Totals};

/// The most annotations of a kind that GitHub shows of one step.
const SHOWN_MAX: usize = 10;

/// The kind of an annotation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// A remark.
    Notice,
}

/// Returns an annotation of a line, both line and column counted from 1.
#[must_use]
pub fn annotation(
    level: Level,
    (file, line, column): (&str, usize, usize),
    title: Option<&str>,
    text: &str,
) -> String {
    let title = title.map_or_else(String::new, |title| format!(",title={}", property(title)));
    let place = format!("file={},line={line},col={column}{title}", property(file));
    format!("::{} {place}::{}", level.name(), escaped(text))
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// A text as the message of a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a workflow command.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// Marks each failure at its line.
#[derive(Debug)]
pub struct Github<W> {
    out: W,
    run: RunInfo,
    failures: usize,
}

impl<W: Write> Github<W> {
    /// Annotations to there.
    pub fn new(out: W, run: RunInfo) -> Self {
        Self { out, run, failures: 0 }
    }
}

impl<W: Write> Report for Github<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let Some(run) = result.outcome.failed_run() else { return Ok(()) };
        self.failures += 1;
        if self.failures > SHOWN_MAX {
            return Ok(());
        }
        let (file, line, column) = marked(result, run);
        let text = format!("{}\nrerun: {}", headline(result, run), command(result, run));
        let place = (self.run.in_repository(&file), line, column);
        let title = Some(result.story().name.as_str());
        writeln!(self.out, "{}", annotation(Level::Error, (&place.0, place.1, place.2), title, &text))
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        if self.failures > SHOWN_MAX {
            let more = self.failures - SHOWN_MAX;
            writeln!(
                self.out,
                "::notice::{more} more failures are in the log: GitHub marks {SHOWN_MAX} of a step"
            )?;
        }
        if totals.interrupted {
            writeln!(
                self.out,
                "::error::the run was interrupted: {} of {} cases were not run",
                totals.not_run(),
                totals.cases
            )?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_messages_keep_to_one_command() {
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
        assert_eq!(escaped("50 %\nnext"), "50 %25%0Anext");
        let told = annotation(Level::Error, ("s/a.yaml", 3, 7), Some("One, two"), "no\nmore");
        assert_eq!(told, "::error file=s/a.yaml,line=3,col=7,title=One%2C two::no%0Amore");
    }
}
