//! `attendant prove`: which faulty bridges the scenarios catch.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::exit::{CliError, Exit};
use super::progress::Progress;
use super::screen::Screen;
use super::{Reading, replay, wanted_file};
use crate::suite::prove::{self, Detail, Fault};
use crate::suite::{Selection, TagExpression};

const EXAMPLES: &str = "\
Examples:
  attendant prove scenarios/pin
  attendant prove scenarios/pin --fault PIN --quiet
  attendant prove scenarios --html proof.html --json proof.json

Each case is played in virtual time on bridges that have one fault each: the PIN
is not checked, one caller is not released, … A case catches a fault if it fails
on that bridge. Exit code 1 if a fault is caught by no case.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Prove {
    #[command(flatten)]
    reading: Reading,

    /// Only cases with this text in their name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// Only cases to whose tags this applies: lobby, !slow, "pin & (lobby | start)"; repeat for more
    #[arg(long, short, value_name = "EXPRESSION")]
    tag: Vec<TagExpression>,

    /// Only faulty bridges with this text in their name; repeat for more
    #[arg(long, value_name = "SUBSTRING")]
    fault: Vec<String>,

    /// Print only the faults that no case catches, and the summary
    #[arg(long, short)]
    quiet: bool,

    /// Name every file that catches a fault, and not only the first
    #[arg(long, conflicts_with = "quiet")]
    all: bool,

    /// Write one HTML page: the faults, who catches them, and all of it as a matrix
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write which case catches which fault as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Prove {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let suite = self.reading.suite(screen)?;
        let selection =
            Selection { filters: self.filter.clone(), tags: self.tag.clone(), ..Selection::default() };
        let selected = selection.of(&suite);
        if selected.is_empty() {
            return Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite)));
        }
        let faults = self.faults()?;
        let stop = super::stop_on_ctrl_c();
        let progress = Progress::new(selected.len(), "cases");
        let matrix = prove::run(&suite, &selected, &faults, self.reading.jobs(), &stop, || progress.count());
        progress.end();
        if stop.load(Ordering::Relaxed) {
            return Ok(Exit::Interrupted);
        }
        if matrix.cases.is_empty() && matrix.failing.is_empty() {
            let told = "error: every selected case is skipped, expected to fail, or not implemented";
            return Err(CliError::Message(Exit::Nothing, told.to_owned()));
        }
        let detail = match (self.quiet, self.all) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::All,
            (false, false) => Detail::Some,
        };
        let mut out = screen.page();
        out.write_all(prove::text(&matrix, &suite, detail, screen.paint()).as_bytes())?;
        out.flush()?;
        if let Some(path) = &self.html {
            let command = replay::command::shown(std::env::args().skip(1));
            wanted_file::write(path, &prove::html(&matrix, &suite, &command), screen)?;
        }
        if let Some(path) = &self.json {
            wanted_file::write(path, &prove::to_json(&matrix, &suite), screen)?;
        }
        let proves = matrix.failing.is_empty() && matrix.missed().next().is_none();
        Ok(if proves { Exit::Success } else { Exit::Failed })
    }

    fn faults(&self) -> Result<Vec<&'static Fault>, CliError> {
        let is_wanted = |fault: &&Fault| {
            self.fault.is_empty() || self.fault.iter().any(|part| fault.name.contains(part.as_str()))
        };
        let faults: Vec<_> = prove::faults().filter(is_wanted).collect();
        if faults.is_empty() {
            let told = "error: no faulty bridge has this text in its name: docs/faulty-bridges.md lists them";
            return Err(CliError::Message(Exit::Nothing, told.to_owned()));
        }
        Ok(faults)
    }
}
