//! `attendant coverage`: what of the bridge the scenarios reach.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::exit::{CliError, Exit};
use super::progress::Progress;
use super::screen::Screen;
use super::{Reading, replay, wanted_file};
use crate::files;
use crate::report::Totals;
use crate::suite::coverage::{self, Coverage, percent};
use crate::suite::{Selection, Shard, TagExpression};

const EXAMPLES: &str = "\
Examples:
  attendant coverage scenarios
  attendant coverage scenarios --fail-under 100 --html coverage.html
  attendant coverage scenarios --diagram machines.svg
  attendant coverage scenarios --shard 1/2 --json one.json
  attendant coverage --merge one.json two.json

Cases are played in virtual time, each with its own seed. States and transitions
are those that the bridge's machines can take; a share counts what scenarios can
reach, and --unreachable lists the rest with the reasons.";

/// The largest JSON file of an earlier run that is read, in bytes: a hundred times what one has.
const JSON_BYTES_MAX: u64 = 16 << 20;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CoverageArgs {
    #[command(flatten)]
    reading: Reading,

    /// Only cases with this text in their name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// Only cases to whose tags this applies: lobby, !slow, "pin & (lobby | start)"; repeat for more
    #[arg(long, short, value_name = "EXPRESSION")]
    tag: Vec<TagExpression>,

    /// Only one part of all cases, by a hash of their names
    #[arg(long, value_name = "PART/OF")]
    shard: Option<Shard>,

    /// The paths are JSON files of earlier runs: add them up, and play nothing
    #[arg(long, conflicts_with_all = ["filter", "tag", "shard", "set"])]
    merge: bool,

    /// End with exit code 3 if less than this is reached
    #[arg(long, value_name = "PERCENT", value_parser = permille)]
    fail_under: Option<usize>,

    /// Write it as one HTML page, with the machines as pictures
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Draw the machines, what is not reached marked: a picture (.svg) or a Mermaid chart (.mmd)
    #[arg(long, value_name = "FILE", value_parser = drawing)]
    diagram: Option<PathBuf>,

    /// Write it as JSON, for --merge and for tools
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// List what no scenario can reach too, with the reasons
    #[arg(long)]
    unreachable: bool,
}

/// A share from 0 to 100 with at most one decimal, in tenths of a percent.
fn permille(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{text}` is not a percentage: write 95 or 97.5");
    let (whole, tenth) =
        text.trim_end_matches('%').split_once('.').unwrap_or((text.trim_end_matches('%'), "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(tenth) || tenth.len() != 1 || whole.len() > 3 {
        return Err(wrong());
    }
    let (whole, tenth): (usize, usize) =
        (whole.parse().map_err(|_| wrong())?, tenth.parse().map_err(|_| wrong())?);
    Some(whole * 10 + tenth).filter(|permille| *permille <= 1_000).ok_or_else(wrong)
}

fn ends(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// The path of a drawing; its ending says of which kind.
fn drawing(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_known = ["svg", "mmd"].iter().any(|ending| ends(&path, ending));
    is_known.then_some(path).ok_or_else(|| format!("`{text}` ends in neither .svg nor .mmd"))
}

impl CoverageArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let (coverage, exit) =
            if self.merge { (self.merged()?, Exit::Success) } else { self.played(screen)? };
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
        let mut out = screen.page();
        out.write_all(coverage::text(&coverage, screen.paint(), self.unreachable).as_bytes())?;
        out.flush()?;
        if let Some(path) = &self.html {
            let command = replay::command::shown(std::env::args().skip(1));
            wanted_file::write(path, &coverage::html(&coverage, &command), screen)?;
        }
        if let Some(path) = &self.diagram {
            let drawn =
                if ends(path, "svg") { coverage::svg(&coverage) } else { coverage::mermaid(&coverage) };
            wanted_file::write(path, &drawn, screen)?;
        }
        if let Some(path) = &self.json {
            wanted_file::write(path, &coverage.to_json(), screen)?;
        }
        let reached = coverage.total().permille();
        match self.fail_under {
            Some(least) if exit == Exit::Success && reached < least => {
                screen.say(&format!("error: {} is less than {}", percent(reached), percent(least)));
                Ok(Exit::Threshold)
            }
            Some(_) | None => Ok(exit),
        }
    }

    fn played(&self, screen: &Screen) -> Result<(Coverage, Exit), CliError> {
        let suite = self.reading.suite(screen)?;
        let selection = Selection {
            filters: self.filter.clone(),
            tags: self.tag.clone(),
            shard: self.shard,
            ..Selection::default()
        };
        let selected = selection.of(&suite);
        if selected.is_empty() {
            return Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite)));
        }
        let stop = super::stop_on_ctrl_c();
        let progress = Progress::new(selected.len(), "cases");
        let mut totals = Totals { cases: selected.len(), ..Totals::default() };
        let mut failed = Vec::new();
        let coverage = coverage::run(&suite, &selected, self.reading.jobs(), &stop, |place, outcome| {
            totals.count(outcome);
            if outcome.failed() {
                failed.push(suite.cases[place].story.name.clone());
            }
            progress.count();
            ControlFlow::Continue(())
        });
        progress.end();
        totals.interrupted = stop.load(Ordering::Relaxed);
        for name in failed {
            screen.say(&format!("FAIL  {name}"));
        }
        if totals.failed > 0 {
            screen.say(
                "A case that fails reaches less than its file tells: `attendant replay` shows why it fails.",
            );
        }
        Ok((coverage, replay::exit_of(&totals)))
    }

    fn merged(&self) -> Result<Coverage, CliError> {
        let mut sum = Coverage::new();
        for path in &self.reading.paths {
            let wrong =
                |why: &dyn std::fmt::Display| CliError::bad(format!("error: {} {why}", path.display()));
            let text = files::read_text(path, JSON_BYTES_MAX).map_err(|error| wrong(&error))?;
            sum.add(Coverage::from_json(&text).map_err(|error| wrong(&error))?);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::permille;

    #[test]
    fn a_percentage_has_one_decimal_at_most() {
        for (text, expected) in [("0", 0), ("95", 950), ("97.5", 975), ("97.5%", 975), ("100", 1_000)] {
            assert_eq!(permille(text), Ok(expected), "{text}");
        }
        for text in ["", "101", "100.1", "-1", "1.25", ".5", "5.", "a", "1e2", "99999999999999999999"] {
            assert!(permille(text).is_err(), "{text}");
        }
    }
}
