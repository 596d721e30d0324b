//! `attendant users import` and `export`: many users as CSV, without their PINs.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::Serialize;

use super::super::configured::Configured;
use super::super::desk::{Manner, refused};
use super::super::exit::{Exit, Trouble};
use super::super::progress::Progress;
use super::super::screen::Screen;
use super::super::shown;
use crate::admin::import::{COLUMNS, ExportError};
use crate::clock;

/// Imports users.
#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT)]
pub(super) struct Import {
    /// The file; - for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
}

const IMPORT: &str = "\
The first line names the columns, in any order; only name is needed:
  name,display_name,mail,phone,language,enabled,conference_id,number,toll_free_number,allow_toll_free,allow_anonymous_start

Users are enabled unless `enabled` says false, with a conference ID of their own or a drawn one. They have no PIN and get
no mail until `attendant users reset-pin` gives them one: hashing a PIN is slow on purpose. Who is there already is left
as they are. A line that is wrong ends the import; what was added before it, in steps of 10,000, stays.";

/// Exports users.
#[derive(Debug, clap::Args)]
pub(super) struct Export {}

/// The line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "imported")]
struct Line {
    v: u8,
    added: u64,
    there: u64,
}

impl Import {
    pub(super) fn run(&self, screen: &Screen, place: &Configured, manner: Manner) -> Result<Exit, Trouble> {
        let name = self.file.display();
        let file: Box<dyn io::Read> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(&self.file);
            Box::new(file.map_err(|error| Trouble::bad(format!("error: {name}: {error}")))?)
        };
        let desk = place.open("cli", screen)?;
        let progress = Progress::open_ended("users");
        let import =
            desk.administration.import(clock::epoch_ms(), &desk.actor, file, |done| progress.reach(done));
        let imported = desk.wait(import);
        progress.end();
        let imported = imported.map_err(|refusal| match refused(&refusal) {
            Trouble::Told(exit, _) => Trouble::Told(exit, format!("error: {name}, {refusal}")),
            output @ Trouble::Output(_) => output,
        })?;
        let mut out = screen.out();
        let (added, there) = (imported.added, imported.there);
        if manner.json {
            shown::line(&mut out, &Line { v: 1, added, there })?;
        } else {
            writeln!(out, "{added} added, {there} there already")?;
        }
        out.flush()?;
        Ok(Exit::Well)
    }
}

impl Export {
    #[expect(clippy::unused_self, reason = "every command's arguments run it")]
    pub(super) fn run(&self, screen: &Screen, place: &Configured) -> Result<Exit, Trouble> {
        let desk = place.open("cli", screen)?;
        debug_assert!(COLUMNS.iter().all(|column| !column.contains("pin")), "PINs are not exported");
        let progress = Progress::open_ended("users");
        let exported = desk.wait(desk.administration.export(screen.out(), |done| progress.reach(done)));
        progress.end();
        match exported {
            Ok(_) => Ok(Exit::Well),
            Err(ExportError::File(error)) => Err(Trouble::Output(error)),
            Err(ExportError::Store(error)) => Err(refused(&error.into())),
        }
    }
}
