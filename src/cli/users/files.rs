//! `attendant users import` and `export`: many users as CSV, without their PINs.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde::Serialize;

use super::super::admin_session::{AdminSession, Manner, exit_of, refused};
use super::super::configured::Configured;
use super::super::exit::{CliError, Exit};
use super::super::progress::Progress;
use super::super::screen::Screen;
use super::super::shown;
use crate::admin::act::{Act, Change, UserName};
use crate::admin::administration::Seen;
use crate::admin::answer::Answer;
use crate::admin::import::{COLUMN_NAMES, ExportError};
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::files;

/// Imports users.
#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT)]
pub(in crate::cli) struct Import {
    /// The CSV file; - for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,

    /// Give a PIN to every enabled user in the file who has none; print it once, and mail it
    #[arg(long)]
    pins: bool,
}

const IMPORT: &str = "\
The first line names the columns, in any order; only name is needed:
  name,display_name,mail,phone,language,enabled,conference_id,number,toll_free_number,allow_toll_free,allow_anonymous_start

Commas, semicolons or tabs, UTF-8 or UTF-16, and what Excel, LibreOffice and PowerShell write are accepted: sep=;,
#TYPE, WAHR, Display Name, empty rows. Conference IDs may be grouped, and telephone numbers formatted. Digits that a
spreadsheet has rounded, such as 1.42556E+10, are refused.

Users are enabled unless `enabled` is false, with the given conference ID or a generated one. They get no PIN and no
mail unless you add --pins, or run `attendant users reset-pin` later: hashing a PIN is slow on purpose, about 20 a
second. With --pins, standard output has a line USER,PIN for each; if the run is interrupted, repeat it for those who
have no PIN yet.

Existing users are left unchanged. A user who is listed twice with the same data is added once; with different data it
is an error. An invalid line ends the import; users that were added before it, in steps of 10,000, stay, and their
number is printed.";

/// Exports users.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Export {}

/// The line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "imported")]
struct Line {
    v: u8,
    added: u64,
    there: u64,
}

/// The one showing of a PIN, with `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename = "pin_given")]
struct PinLine<'l> {
    v: u8,
    name: &'l str,
    new_pin: &'l str,
}

impl Import {
    pub(super) fn run(&self, screen: &Screen, place: &Configured, manner: Manner) -> Result<Exit, CliError> {
        let name = self.file.display();
        let file: Box<dyn io::Read> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            let file = files::open(&self.file);
            Box::new(file.map_err(|error| CliError::bad(format!("error: {name}: {error}")))?)
        };
        let session = place.open("cli", screen)?;
        let progress = Progress::open_ended("users");
        let mut enabled = Vec::new();
        let import = session.administration.import(clock::epoch_ms(), &session.actor, file, |done, names| {
            progress.reach(done);
            if self.pins {
                enabled.extend(names);
            }
        });
        let imported = session.wait(import);
        progress.end();
        let imported = imported.map_err(|stopped| {
            CliError::Message(exit_of(&stopped.refusal), format!("error: {name}, {stopped}"))
        })?;
        let mut out = screen.out();
        let (added, there) = (imported.added, imported.there);
        let told = format!("{added} added, {there} existed");
        match (manner.json, self.pins) {
            (true, _) => shown::line(&mut out, &Line { v: 1, added, there })?,
            // Standard output is for the PINs.
            (false, true) => screen.say(&told),
            (false, false) => writeln!(out, "{told}")?,
        }
        out.flush()?;
        if self.pins {
            give_pins(&session, enabled, manner, screen)?;
        }
        Ok(Exit::Success)
    }
}

/// Gives a PIN to each who has none, one after the other: each is a transaction with its mail.
fn give_pins(
    session: &AdminSession,
    users: Vec<UserName>,
    manner: Manner,
    screen: &Screen,
) -> Result<(), CliError> {
    let perform = |act: &Act, seen: Option<&Seen>| {
        session.wait(session.administration.perform_on(clock::epoch_ms(), &session.actor, act, seen))
    };
    let (mut out, mut remarks) = (screen.out(), BTreeSet::new());
    for user in users {
        let shown = perform(&Act::ShowUser(user), None).map_err(|refusal| refused(&refusal))?;
        let found = if let Answer::Users(found) = shown { found.into_iter().next() } else { None };
        let Some(user) = found.filter(|user| user.enabled && !user.pin_is_set) else { continue };
        let name = user.name.clone();
        let reset = Act::Change(Change { reset_pin: true, ..Change::of(UserName(name.clone())) });
        let done = match perform(&reset, Some(&Seen::User(user))) {
            Ok(Answer::Done(done)) => done,
            // Somebody else gave them a PIN meanwhile, and saw it.
            Ok(_) | Err(Refusal::Changed) => continue,
            Err(refusal) => return Err(refused(&refusal)),
        };
        if let Some(pin) = done.new_pin {
            let pin = pin.reveal().reveal();
            if manner.json {
                shown::line(&mut out, &PinLine { v: 1, name: &name, new_pin: &pin })?;
            } else {
                writeln!(out, "{name},{pin}")?;
            }
            // Before the next: who is cut short must not have a PIN that nobody saw.
            out.flush()?;
        }
        remarks.extend(done.remarks);
    }
    for remark in remarks {
        screen.say(&format!("note: {remark}"));
    }
    session.deliver_all(screen);
    Ok(())
}

impl Export {
    #[expect(clippy::unused_self, reason = "every command's arguments run it")]
    pub(super) fn run(&self, screen: &Screen, place: &Configured) -> Result<Exit, CliError> {
        let session = place.open_to_read(screen)?;
        debug_assert!(COLUMN_NAMES.iter().all(|column| !column.contains("pin")), "PINs are not exported");
        let progress = Progress::open_ended("users");
        let exported = session.wait(session.administration.export(screen.out(), |done| progress.reach(done)));
        progress.end();
        match exported {
            Ok(_) => Ok(Exit::Success),
            Err(ExportError::File(error)) => Err(CliError::Output(error)),
            Err(ExportError::Store(error)) => Err(refused(&error.into())),
        }
    }
}
