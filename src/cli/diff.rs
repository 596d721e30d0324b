//! `attendant diff`: what changed from one replay to another.

use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use super::counted;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::control::time::Instant;
use crate::files;
use crate::report::Paint;
use crate::suite::diff::{Change, Difference, Parting, RecordedRun, differences, only_in};
use crate::suite::recorded::{RecordedCase, RecordedEvent, read_report};

const EXAMPLES: &str = "\
Examples:
  attendant replay scenarios --report json=before.jsonl
  attendant replay scenarios --report json=after.jsonl --seed 2
  attendant diff before.jsonl after.jsonl

Exit code 1 if a verdict or an event differs, 0 if only times do.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// The report of the earlier run, from `attendant replay --report json=FILE`
    #[arg(value_name = "RUN1")]
    before: PathBuf,

    /// The report of the later run
    #[arg(value_name = "RUN2")]
    after: PathBuf,

    /// How many cases that differ are shown, the worst first
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

impl Diff {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let (before, after) = (read(&self.before)?, read(&self.after)?);
        let found = differences(&before, &after);
        let (gone, new) = (only_in(&before, &after), only_in(&after, &before));
        let (mut out, paint) = (screen.page(), screen.paint());
        for difference in found.iter().take(self.limit) {
            write!(out, "{}", told(difference, paint))?;
        }
        if found.len() > self.limit {
            writeln!(out, "and {} more; --limit {} shows all", found.len() - self.limit, found.len())?;
        }
        for (cases, path) in [(&gone, &self.before), (&new, &self.after)] {
            for case in cases.iter().take(self.limit) {
                writeln!(out, "{}  {}", paint.open(&format!("only in {}", path.display())), name(case))?;
            }
        }
        let both = before.len() - gone.len();
        let line = summary(both, &found, gone.len(), new.len());
        let is_other = |found: &Difference<'_>| found.change() != Change::Times;
        let differs = found.iter().any(is_other) || !gone.is_empty() || !new.is_empty();
        writeln!(out, "{}", if differs { paint.bad(&line) } else { paint.good(&line) })?;
        out.flush()?;
        Ok(if differs { Exit::Failed } else { Exit::Success })
    }
}

fn read(path: &Path) -> Result<RecordedRun, CliError> {
    let bad = |why: &dyn std::fmt::Display| CliError::bad(format!("error: {}: {why}", path.display()));
    let report = files::open(path).map_err(|error| bad(&error))?;
    let mut run = RecordedRun::new();
    read_report(BufReader::new(report), |case| {
        run.insert(case.label.clone(), case);
    })
    .map_err(|why| bad(&why))?;
    if run.is_empty() {
        return Err(bad(&"it has no case"));
    }
    Ok(run)
}

fn summary(both: usize, found: &[Difference<'_>], gone: usize, new: usize) -> String {
    let count = |change: Change| found.iter().filter(|found| found.change() == change).count();
    let mut line = format!(
        "{} in both: {} broken, {} fixed",
        counted(both, "case"),
        count(Change::Broken),
        count(Change::Fixed)
    );
    for (number, what) in [
        (count(Change::Other), "with another verdict"),
        (count(Change::Events), "with other events"),
        (count(Change::Times), "at other times"),
    ] {
        if number > 0 {
            line += &format!(", {number} {what}");
        }
    }
    line += &format!(", {} the same", both - found.len());
    for (number, what) in [(gone, "only in the earlier run"), (new, "only in the later run")] {
        if number > 0 {
            line += &format!("; {number} {what}");
        }
    }
    line
}

fn told(difference: &Difference<'_>, paint: Paint) -> String {
    let Difference { before, after, event } = difference;
    let mark = match difference.change() {
        Change::Broken => paint.bad("BROKEN "),
        Change::Fixed => paint.good("FIXED  "),
        Change::Other => paint.open("VERDICT"),
        Change::Events => paint.open("EVENTS "),
        Change::Times => paint.faint("TIMES  "),
    };
    let mut text = format!("{mark}  {}\n", name(after));
    if before.verdict != after.verdict {
        text += &format!("  {}, now {}", words(&before.verdict), words(&after.verdict));
        let message = after.message.as_ref().or(before.message.as_ref());
        text += &message.map_or_else(|| "\n".to_owned(), |message| format!(": {message}\n"));
    }
    if let Some(event) = event {
        text += &parted(event);
    }
    if let (Some(one), Some(other)) = (before.took_us, after.took_us)
        && one != other
    {
        text += &format!("  took {} s, now {} s\n", at(one), at(other));
    }
    text
}

fn parted(event: &Parting<'_>) -> String {
    let number = event.number;
    let shown = |event: &RecordedEvent| format!("{} s {}", at(event.at_us), event.text);
    match (event.before, event.after) {
        (Some(before), Some(after)) if event.is_time_only => {
            format!("  the same events; event {number} at {} s, now {}\n", at(before.at_us), shown(after))
        }
        (before, after) => {
            let none = || "no more events".to_owned();
            let (before, after) = (before.map_or_else(none, shown), after.map_or_else(none, shown));
            format!("  event {number}  {before}\n{:1$}now  {after}\n", "", 5 + number.to_string().len())
        }
    }
}

fn at(micros: u64) -> Instant {
    Instant::from_micros(micros)
}

fn name(case: &RecordedCase) -> &str {
    case.label.split_once('\t').map_or(case.label.as_str(), |(_, name)| name)
}

/// A word of the report for people: `expected_failure` as `expected failure`.
fn words(verdict: &str) -> String {
    verdict.replace('_', " ")
}
