//! `attendant manual`: the help of every command as a page for man.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::CommandFactory as _;

use super::exit::{CliError, Exit};
use super::screen::Screen;

const EXAMPLES: &str = "\
Examples:
  attendant manual man && man --local-file man/attendant-replay.1
  attendant manual ~/.local/share/man/man1";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Manual {
    /// The folder, made if it does not exist; pages that are there are replaced
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Manual {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let folder = self.folder.display();
        let failed = |error| CliError::bad(format!("error: {folder}: {error}"));
        fs::create_dir_all(&self.folder).map_err(failed)?;
        clap_mangen::generate_to(super::Args::command(), &self.folder).map_err(failed)?;
        let mut out = screen.out();
        writeln!(out, "{folder}")?;
        out.flush()?;
        Ok(Exit::Success)
    }
}
