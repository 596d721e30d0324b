//! The reports that the command line asks for, and the terminal's.

use std::fs::File;
use std::io::{self, BufWriter};

use crate::cli::exit::CliError;
use crate::cli::report_to;
use crate::report::{CaseResult, Report, RunInfo, Totals, Writer};
use crate::scenario::collection::{Case, Suite};

/// A report of a replay, to be written.
pub(super) type ReportTo = report_to::ReportTo<Writer>;

/// All of a run's reports.
pub(super) struct Reports {
    /// Each with its path; `None` for standard output.
    open: Vec<(Option<String>, Box<dyn Report>)>,
}

impl Reports {
    /// Opens all files before anything is played, so that a missing folder does not cost a run. What goes to standard
    /// output takes the place of the terminal's own.
    pub(super) fn open(
        wanted: &[ReportTo],
        run: &RunInfo,
        terminal: impl FnOnce() -> Box<dyn Report>,
    ) -> Result<Self, CliError> {
        let mut open = Vec::new();
        let mut to_stdout = 0;
        for report in wanted {
            let Some(path) = &report.path else {
                to_stdout += 1;
                open.push((None, (report.kind.writer)(Box::new(BufWriter::new(io::stdout())), run)));
                continue;
            };
            let file = File::create(path).map_err(|error| CliError::bad(unwritten(path, &error)))?;
            open.push((Some(path.clone()), (report.kind.writer)(Box::new(BufWriter::new(file)), run)));
        }
        match to_stdout {
            0 => open.push((None, terminal())),
            1 => {}
            _ => return Err(CliError::bad("error: only one report can be written to standard output")),
        }
        Ok(Self { open })
    }

    /// Adds what a service reads.
    pub(super) fn add(&mut self, path: Option<String>, report: Box<dyn Report>) {
        self.open.push((path, report));
    }

    pub(super) fn not_run(&mut self, suite: &Suite, case: &Case) -> Result<(), CliError> {
        self.each(|report| report.not_run(suite, case))
    }

    pub(super) fn case(&mut self, result: &CaseResult<'_>) -> Result<(), CliError> {
        self.each(|report| report.case(result))
    }

    pub(super) fn end(&mut self, totals: &Totals) -> Result<(), CliError> {
        self.each(|report| report.end(totals))
    }

    /// The files that were written.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.open.iter().filter_map(|(path, _)| path.as_deref())
    }

    fn each(&mut self, mut write: impl FnMut(&mut dyn Report) -> io::Result<()>) -> Result<(), CliError> {
        for (path, report) in &mut self.open {
            write(report.as_mut()).map_err(|error| {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    return CliError::Output(error);
                }
                match path {
                    Some(path) => CliError::bad(unwritten(path, &error)),
                    None => CliError::Output(error),
                }
            })?;
        }
        Ok(())
    }
}

fn unwritten(path: &str, error: &io::Error) -> String {
    format!("error: the report {path} cannot be written: {error}")
}
