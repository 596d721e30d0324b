//! `attendant report`: makes reports of a load run again, from its run file.

use std::path::{Path, PathBuf};

use super::exit::{CliError, Exit};
use super::load::{ReportTo, Reports, exit_of};
use super::report_to;
use super::screen::Screen;
use crate::files;
use crate::load::report;
use crate::load::run::Run;

const EXAMPLES: &str = "\
Examples:
  attendant report today.run
  attendant report today.run --report html=today.html --report json=today.json";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// The run file, from `attendant load --report run=FILE`
    #[arg(value_name = "RUN")]
    run: PathBuf,

    #[arg(long, value_name = "KIND=FILE", help = report_to::help(report::KINDS),
        value_parser = |text: &str| ReportTo::parse(text, report::KINDS))]
    report: Vec<ReportTo>,
}

impl ReportArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let run = read(&self.run)?;
        let reports = Reports::open(&self.report)?;
        reports.write(&run, || report::text(&run, screen.paint().coloured), screen)?;
        Ok(exit_of(&run))
    }
}

/// The largest run file that is read, in bytes: a day of seconds at a few hundred bytes each, several times over.
const RUN_FILE_BYTES_MAX: u64 = 256 << 20;

/// Reads a run file.
pub(super) fn read(path: &Path) -> Result<Run, CliError> {
    let bad = |error: String| CliError::bad(format!("error: {}: {error}", path.display()));
    let text = files::read_text(path, RUN_FILE_BYTES_MAX).map_err(|error| bad(error.to_string()))?;
    Run::parse(&text).map_err(bad)
}
