//! `attendant directory`: where users are kept, and the keys of their PINs.

mod backup;

use std::io::Write as _;
use std::sync::Arc;

use serde::Serialize;

use super::admin_args::AdminArgs;
use super::admin_session::{AdminSession, Consent, refused};
use super::exit::{CliError, Exit};
use super::opened::{Opened, failed, location, refuse_missing, runtime};
use super::screen::Screen;
use super::shown::line;
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::config::Config;
use crate::store::keyring::Keyring;
use crate::store::sql::Sql;

const EXAMPLES: &str = "\
Examples:
  attendant directory where
  attendant directory backup /var/backups/attendant/monday
  attendant directory restore /var/backups/attendant/monday
  attendant directory rotate-key

A backup is a folder with two files, the directory and its keyring; it can be made while a server runs. Anyone who has \
both files can check guesses of PINs. To restore one, stop the server and move what is left of the directory away.

After a rotation, new PINs are hashed with the new key, and existing ones when they are next keyed correctly; a \
running server switches to the new key too. The old keys stay in the keyring. Keep a copy of the keyring apart from \
the directory: without it no PIN can be checked. A directory knows its own keyring and does not open with another. A \
keyring knows that it has a directory: only `create` makes another in its place.";

/// The command's arguments.
pub(super) type Directory = AdminArgs<DirectoryCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum DirectoryCommand {
    /// Print where the directory and its keyring are
    Where,
    /// Copy the directory and its keyring into a new folder, also while a server runs
    Backup(backup::Backup),
    /// Put a backup in the place of a directory that is lost
    Restore(backup::Restore),
    /// Check the database, the keyring and the audit log, of the directory or of a backup
    Check(backup::Check),
    /// Add a key to the keyring and use it for new PINs
    RotateKey,
    /// Create a new, empty directory in the place of one that is lost
    Create(Consent),
    /// Bind the directory to the keyring that is here, or to a new one, because its own is lost
    AdoptKeyring(Consent),
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Where { v: u8, directory: String, keyring: String },
    Created { v: u8, directory: String, keyring: String },
    Rotated { v: u8, keyring: String, key: String },
    Adopted { v: u8, keyring: String, key: String, before: Option<String> },
}

impl Directory {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let config = self.place.load(screen)?;
        let keyring = config.directory.keyring.display().to_string();
        let shown = match &self.command {
            DirectoryCommand::Backup(backup) => return backup.run(screen, &config, self.manner.json),
            DirectoryCommand::Restore(restore) => return restore.run(screen, &config, self.manner.json),
            DirectoryCommand::Check(check) => return check.run(screen, &config, self.manner.json),
            DirectoryCommand::Where => {
                Line::Where { v: 1, directory: location(&config)?.to_string(), keyring }
            }
            DirectoryCommand::RotateKey => Line::Rotated { v: 1, keyring, key: rotate(config)? },
            DirectoryCommand::Create(consent) => {
                consent.ask("Creating a new, empty directory in the place of one that is lost")?;
                let directory = location(&config)?.to_string();
                create(config)?;
                Line::Created { v: 1, directory, keyring }
            }
            DirectoryCommand::AdoptKeyring(consent) => {
                consent.ask(
                    "Giving the directory another keyring, with which none of its PINs can be checked,",
                )?;
                let (key, before) = adopt(config)?;
                Line::Adopted { v: 1, keyring, key, before }
            }
        };
        let mut out = screen.page_unless(self.manner.json);
        match &shown {
            shown if self.manner.json => line(&mut out, shown)?,
            Line::Where { directory, keyring, .. } => {
                writeln!(out, "directory  {directory}\nkeyring    {keyring}")?;
            }
            Line::Created { directory, keyring, .. } => {
                writeln!(out, "a new directory was created at {directory}, with the keyring {keyring}")?;
            }
            Line::Rotated { keyring, key, .. } => {
                writeln!(out, "new PINs use the key {key} from now on ({keyring})")?;
            }
            Line::Adopted { keyring, key, before: Some(before), .. } => writeln!(
                out,
                "the directory now belongs to {keyring}, with the key {key} in place of {before}; every \
                 PIN, password and token must be reset"
            )?,
            Line::Adopted { keyring, key, before: None, .. } => {
                writeln!(out, "the directory already belongs to {keyring}, with the key {key}")?;
            }
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

/// Adds a key to the keyring and makes the directory use it.
fn rotate(config: Config) -> Result<String, CliError> {
    let session = AdminSession::of(Opened::to_change(config)?, "cli");
    let key = Keyring::rotate(&session.opened.config.directory.keyring).map_err(failed)?;
    // From here on the key is used, whatever becomes of the rest: the next command makes up for it.
    let late = |why: &dyn std::fmt::Display| failed(format!("the key {key} is used from now on, but {why}"));
    session.wait(session.opened.store.remember_key()).map_err(|error| late(&error))?;
    write_down(&session, "rotate_key", "keyring", format!("the key {key} is used from now on"))
        .map_err(|error| late(&error))?;
    Ok(key)
}

/// Creates a new directory, though another belonged to the keyring.
fn create(config: Config) -> Result<(), CliError> {
    let (runtime, location) = (runtime()?, location(&config)?);
    let created = runtime.block_on(Sql::create_with(&location, &config.directory.keyring));
    let (store, keyring) = created.map_err(failed)?;
    let session = AdminSession::of(Opened { runtime, store: Arc::new(store), keyring, config }, "cli");
    let detail = "a new directory, with the keyring of an earlier one".to_owned();
    write_down(&session, "create_directory", "directory", detail).map_err(|refusal| refused(&refusal))
}

/// Binds the directory to the keyring that is here, or to a new one.
fn adopt(config: Config) -> Result<(String, Option<String>), CliError> {
    refuse_missing(&config)?;
    let (runtime, location) = (runtime()?, location(&config)?);
    let keyring = Arc::new(Keyring::at(&config.directory.keyring).map_err(failed)?);
    let adopted = runtime.block_on(Sql::adopt(&location, Arc::clone(&keyring)));
    let (store, before) = adopted.map_err(failed)?;
    let key = keyring.newest();
    let session = AdminSession::of(Opened { runtime, store: Arc::new(store), keyring, config }, "cli");
    if let Some(before) = &before {
        let detail = format!("the key {key} in place of {before}");
        write_down(&session, "adopt_keyring", "keyring", detail).map_err(|refusal| refused(&refusal))?;
    }
    Ok((key, before))
}

fn write_down(session: &AdminSession, act: &str, subject: &str, detail: String) -> Result<(), Refusal> {
    session.wait(session.administration.note(clock::epoch_ms(), &session.actor, act, subject, detail))
}
