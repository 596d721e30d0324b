//! The Test Anything Protocol, version 13: what its readers have in common. Perl's, which are on every Debian, take no later
//! version, and of YAML no block of text, so that a failure's screen stands in comments.

use std::io::{self, Write};

use super::failure::{command, headline, place};
use super::{CaseResult, Paint, Report, Totals, screen};
use crate::play::Outcome;
use crate::scenario::collection::{Case, Suite};

/// The first line.
const VERSION: &str = "TAP version 13";

/// Writes TAP. The plan comes last, so that it counts what was run.
#[derive(Debug)]
pub struct Tap<W> {
    out: W,
    number: usize,
}

impl<W: Write> Tap<W> {
    /// A report to there.
    pub fn new(out: W) -> Self {
        Self { out, number: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.number += 1;
        if self.number == 1 { writeln!(self.out, "{VERSION}") } else { Ok(()) }
    }
}

impl<W: Write> Report for Tap<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        self.begin()?;
        let (number, name) = (self.number, escaped(&result.story().name));
        let run = match result.outcome {
            Outcome::NotBuilt => {
                let why = escaped(&result.not_built());
                return writeln!(self.out, "ok {number} - {name} # SKIP not implemented: {why}");
            }
            Outcome::Skipped(reason) => {
                return writeln!(self.out, "ok {number} - {name} # SKIP {}", escaped(reason));
            }
            Outcome::Unreachable(reason) => {
                writeln!(self.out, "not ok {number} - {name}\n  ---")?;
                return writeln!(self.out, "  message: {}\n  ...", yaml(&format!("unreachable: {reason}")));
            }
            Outcome::Played(_) if !result.outcome.failed() => {
                return match result.outcome.failed_as_expected() {
                    Some(why) => writeln!(self.out, "not ok {number} - {name} # TODO {}", escaped(why)),
                    None => writeln!(self.out, "ok {number} - {name}"),
                };
            }
            Outcome::Played(run) => run,
        };
        writeln!(self.out, "not ok {number} - {name}\n  ---")?;
        writeln!(self.out, "  message: {}", yaml(&headline(result, run)))?;
        let place = run.played.failures.first().and_then(|wrong| place(result, wrong));
        if let Some((path, line, column)) = place {
            writeln!(self.out, "  at: {}", yaml(&format!("{path}:{line}:{column}")))?;
        }
        writeln!(self.out, "  seed: {}\n  virtual_seconds: {}", run.played.seed, run.played.took)?;
        writeln!(self.out, "  rerun: {}\n  ...", yaml(&command(result, run)))?;
        screen(result, Paint::PLAIN)
            .lines()
            .try_for_each(|line| writeln!(self.out, "{}", format!("# {line}").trim_end()))
    }

    fn not_run(&mut self, _: &Suite, case: &Case) -> io::Result<()> {
        self.begin()?;
        writeln!(self.out, "ok {} - {} # SKIP not run", self.number, escaped(&case.story.name))
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        if self.number == 0 {
            writeln!(self.out, "{VERSION}")?;
        }
        writeln!(self.out, "1..{}", self.number)?;
        if totals.interrupted {
            writeln!(self.out, "Bail out! interrupted")?;
        }
        writeln!(self.out, "# {}", totals.line())?;
        self.out.flush()
    }
}

/// A text in which no `#` begins a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('#', r"\#")
}

/// A text as a YAML scalar.
fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\n', " "))
}
