//! Reports of a load run: files that are opened before it starts, so that a missing folder does not cost a run.

use std::fs::File;
use std::io::Write as _;
use std::str::FromStr;

use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::load::report::Kind;
use crate::load::run::Run;

/// A report to be written: `run=today.run`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::cli) struct ReportTo {
    kind: Kind,
    /// `None` for standard output.
    path: Option<String>,
}

impl FromStr for ReportTo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, path) = text.split_once('=').ok_or("expected KIND=FILE, such as run=today.run")?;
        if path.is_empty() {
            return Err(format!("the file is missing: {kind}=out, or {kind}=- for standard output"));
        }
        Ok(Self { kind: kind.parse()?, path: (path != "-").then(|| path.to_owned()) })
    }
}

impl ReportTo {
    pub(super) fn is_to_standard_output(&self) -> bool {
        self.path.is_none()
    }
}

/// All reports of a run.
pub(in crate::cli) struct Reports {
    files: Vec<(Kind, String, File)>,
    /// The report that standard output gets instead of the text.
    out: Option<Kind>,
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
        let made = |kind: Kind| {
            kind.of(run).map_err(|error| CliError::bad(format!("error: the {kind} report failed: {error}")))
        };
        for (kind, path, mut file) in self.files {
            file.write_all(made(kind)?.as_bytes()).map_err(|error| unwritten(&path, &error))?;
        }
        let mut out = screen.out();
        out.write_all(self.out.map_or_else(|| Ok(text()), made)?.as_bytes())?;
        out.flush()?;
        Ok(())
    }
}

fn unwritten(path: &str, error: &std::io::Error) -> CliError {
    CliError::bad(format!("error: {path} cannot be written: {error}"))
}
