//! Reports of a load run: files that are opened before it starts, so that a missing folder does not cost a run.

use std::fs::File;
use std::io::Write as _;

use crate::cli::exit::CliError;
use crate::cli::report_to;
use crate::cli::screen::Screen;
use crate::load::report::Writer;
use crate::load::run::Run;
use crate::report::Kind;

/// A report of a load run, to be written.
pub(in crate::cli) type ReportTo = report_to::ReportTo<Writer>;

/// All reports of a run.
pub(in crate::cli) struct Reports {
    files: Vec<(&'static Kind<Writer>, String, File)>,
    /// What standard output takes in place of the text.
    out: Option<&'static Kind<Writer>>,
}

impl Reports {
    pub(in crate::cli) fn open(wanted: &[ReportTo]) -> Result<Self, CliError> {
        let mut reports = Self { files: Vec::new(), out: None };
        for report in wanted {
            match &report.path {
                Some(path) if reports.files.iter().any(|(_, taken, _)| taken == path) => {
                    return Err(CliError::bad(format!("error: only one report can be written to {path}")));
                }
                Some(path) => {
                    let file = File::create(path).map_err(|error| unwritten(path, &error))?;
                    reports.files.push((report.kind, path.clone(), file));
                }
                None if reports.out.is_none() => reports.out = Some(report.kind),
                None => {
                    return Err(CliError::bad("error: only one report can be written to standard output"));
                }
            }
        }
        Ok(reports)
    }

    /// Writes all of them; `text` is for standard output, if nothing else is.
    pub(in crate::cli) fn write(
        self,
        run: &Run,
        text: impl FnOnce() -> String,
        screen: &Screen,
    ) -> Result<(), CliError> {
        let made = |kind: &Kind<Writer>| {
            let failed = |error| CliError::bad(format!("error: the {} report failed: {error}", kind.name));
            (kind.writer)(run).map_err(failed)
        };
        let mut paths = Vec::new();
        for (kind, path, mut file) in self.files {
            file.write_all(made(kind)?.as_bytes()).map_err(|error| unwritten(&path, &error))?;
            paths.push(path);
        }
        let mut out = screen.page_unless(self.out.is_some_and(|kind| kind.name != "text"));
        out.write_all(self.out.map_or_else(|| Ok(text()), made)?.as_bytes())?;
        out.flush()?;
        paths.iter().for_each(|path| screen.wrote(path));
        Ok(())
    }
}

fn unwritten(path: &str, error: &std::io::Error) -> CliError {
    CliError::bad(format!("error: {path} cannot be written: {error}"))
}
