//! `--output-dir`: a folder for each case that failed, with all that is known of it.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::record::{folder_name, record};
use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::report::ladder::{self, Ladder, ladder_lines};
use crate::report::{self, CaseResult, Json, Paint, Report as _};

/// The folder of a run.
#[derive(Debug)]
pub(super) struct OutputDir(PathBuf);

impl OutputDir {
    /// Makes the folder before anything is played. One that has something in it is refused: nothing is overwritten.
    pub(super) fn open(folder: &Path) -> Result<Self, CliError> {
        let shown = folder.display();
        let wrong =
            |error: &dyn Display| CliError::bad(format!("error: the folder {shown} cannot be made: {error}"));
        fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        let mut entries = fs::read_dir(folder).map_err(|error| wrong(&error))?;
        if entries.next().is_some() {
            let why = "and nothing in it is overwritten: name another folder, or remove it";
            return Err(CliError::bad(format!("error: {shown} is not empty, {why}")));
        }
        Ok(Self(folder.to_owned()))
    }

    /// Writes what is known of a case, if it failed.
    pub(super) fn case(
        &self,
        number: usize,
        result: &CaseResult<'_>,
        screen: &Screen,
    ) -> Result<(), CliError> {
        let Some(run) = result.outcome.failed_run() else { return Ok(()) };
        let folder = self.0.join(folder_name(number, result.story()));
        let written = fs::create_dir(&folder).and_then(|()| {
            let ladder = Ladder::of(result, run);
            let text =
                |name: &str, text: &str| File::create_new(folder.join(name))?.write_all(text.as_bytes());
            text("screen.txt", &report::screen(result, Paint::PLAIN))?;
            text("ladder.txt", &(ladder_lines(&ladder, Paint::PLAIN).join("\n") + "\n"))?;
            text("ladder.svg", &ladder::document(&ladder, &result.story().name))?;
            text("rerun.sh", &format!("{}\n", report::rerun_command(result, run)))?;
            let mut events = BufWriter::new(File::create_new(folder.join("events.jsonl"))?);
            Json::new(&mut events).case(result)?;
            events.flush()
        });
        written.map_err(|error| {
            CliError::bad(format!("error: {} cannot be written: {error}", folder.display()))
        })?;
        record(&folder, result.story(), &run.played, screen)
    }
}
