//! The report for people: one line a case, the screen of each failure, and the summary.

use std::io::{self, Write};
use std::time::Duration;

use super::event_text::{EventText, seconds};
use super::timeline::timeline;
use super::{CaseResult, Paint, Report, Totals, screen};
use crate::control::time::{Instant, show_duration};
use crate::play::{CaseRun, Outcome};

/// The amount of detail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// Failures and the summary.
    Quiet,
    /// Every case in a line.
    #[default]
    Cases,
    /// Every case with what happened in it.
    Timelines,
}

/// The least real time of a case that is told.
const TOLD: Duration = Duration::from_millis(100);

/// Writes text.
#[derive(Debug)]
pub struct Text<W> {
    out: W,
    paint: Paint,
    detail: Detail,
    wall_times: bool,
}

impl<W: Write> Text<W> {
    /// A report to there.
    pub fn new(out: W, paint: Paint, detail: Detail) -> Self {
        Self { out, paint, detail, wall_times: false }
    }

    /// Tells how long each case really took, too: no two runs are alike then.
    #[must_use]
    pub fn with_wall_times(mut self, wall_times: bool) -> Self {
        self.wall_times = wall_times;
        self
    }

    fn played(&mut self, result: &CaseResult<'_>, run: &CaseRun) -> io::Result<()> {
        let failed = result.outcome.failed();
        if self.detail == Detail::Quiet && !failed {
            return Ok(());
        }
        let mark = if failed { self.paint.bad("FAIL") } else { self.paint.good("ok  ") };
        let mut times = vec![seconds(run.played.took.since(Instant::ZERO))];
        times.extend(result.outcome.failed_as_expected().map(|why| format!("fails as expected: {why}")));
        if run.is_flaky() {
            times.push(format!("flaky: failed {} before", counted(run.attempts.len())));
        } else if !run.attempts.is_empty() {
            times.push(format!("failed {} before", counted(run.attempts.len())));
        }
        if run.seeds > 1 {
            times.push(format!("{} seeds", run.seeds));
        }
        if let Some(allowance) = run.bridge.allowance() {
            times.push(format!("SIP allowance {}", show_duration(allowance)));
        }
        match (&run.not_judged[..], self.detail) {
            ([], _) => {}
            (notes, Detail::Timelines) => times.push(format!("not judged: {}", notes.join("; "))),
            ([_], _) => times.push("one thing not judged".to_owned()),
            (notes, _) => times.push(format!("{} things not judged", notes.len())),
        }
        if self.wall_times && run.wall >= TOLD {
            times.push(format!("{:.3} s real time", run.wall.as_secs_f64()));
        }
        let times = self.paint.faint(&format!("({})", times.join(", ")));
        writeln!(self.out, "{mark}  {} {times}", result.story().name)?;
        if self.detail == Detail::Timelines {
            let event_text = EventText::new(result.story(), &run.played.log);
            for (at, line) in timeline(&event_text, &run.played.log) {
                let at = self.paint.faint(&format!("{:>12} s", at.to_string()));
                writeln!(self.out, "{at}  {line}")?;
            }
        }
        if failed {
            write!(self.out, "{}", screen(result, self.paint))?;
        }
        Ok(())
    }
}

fn counted(times: usize) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

impl<W: Write> Report for Text<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        match result.outcome {
            Outcome::Played(run) => self.played(result, run),
            Outcome::NotBuilt | Outcome::Skipped(_) if self.detail == Detail::Quiet => Ok(()),
            Outcome::Skipped(reason) => {
                let mark = self.paint.open("skip");
                writeln!(self.out, "{mark}  {} ({reason})", result.story().name)
            }
            Outcome::Unreachable(reason) => {
                let mark = self.paint.bad("FAIL");
                writeln!(self.out, "{mark}  {} (unreachable: {reason})", result.story().name)
            }
            Outcome::NotBuilt => {
                let mark = self.paint.open("open");
                writeln!(
                    self.out,
                    "{mark}  {} (not implemented: {})",
                    result.story().name,
                    result.not_built()
                )
            }
        }
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        let line = totals.line();
        let line = match (totals.failed + totals.unreachable, totals.not_built + totals.not_run()) {
            (0, 0) => self.paint.good(&line),
            (0, _) => self.paint.open(&line),
            _ => self.paint.bad(&line),
        };
        let interrupted = if totals.interrupted { "interrupted: " } else { "" };
        writeln!(self.out, "{interrupted}{line}")?;
        self.out.flush()
    }
}
