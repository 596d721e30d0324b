//! `attendant directory backup`, `restore` and `check`.

use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::admin::actor::Role;
use crate::cli::counted;
use crate::cli::exit::{CliError, Exit};
use crate::cli::opened::{failed, location, refuse_missing, runtime};
use crate::cli::screen::Screen;
use crate::cli::shown::{line, time};
use crate::clock;
use crate::config::Config;
use crate::store::audit::{NewAudit, Place};
use crate::store::backup::{BackupError, DATABASE, KEYRING, RESTORED, back_up, files_in, restore};
use crate::store::inspection::{Inspection, inspect};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Backup {
    /// The folder to make, in one that exists
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Restore {
    /// The folder that `backup` made
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    /// The folder of a backup; the directory of the configuration if not given
    #[arg(value_name = "BACKUP")]
    backup: Option<PathBuf>,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    BackedUp(Report<'l>),
    Restored {
        #[serde(flatten)]
        report: Report<'l>,
        /// The last audit entry of the backup, and when it was written.
        backup_last: i64,
        backup_hash: &'l str,
        backup_at: Option<String>,
    },
    Checked(Report<'l>),
}

/// What is in a directory, and what is wrong with it.
#[derive(Serialize)]
struct Report<'l> {
    v: u8,
    directory: &'l str,
    keyring: &'l str,
    #[serde(flatten)]
    contents: Option<Contents<'l>>,
    faults: Vec<String>,
}

/// Nothing of it where an earlier version wrote the directory.
#[derive(Serialize)]
struct Contents<'l> {
    users: u64,
    waiting_mails: u64,
    keys: usize,
    audit_entries: usize,
    audit_last: i64,
    audit_hash: &'l str,
}

impl Backup {
    pub(super) fn run(&self, screen: &Screen, config: &Config, json: bool) -> Result<Exit, CliError> {
        refuse_missing(config)?;
        let keyring = &config.directory.keyring;
        let inspection = runtime()?.block_on(back_up(&location(config)?, keyring, &self.to)).map_err(told)?;
        let [directory, keyring] = [DATABASE, KEYRING].map(|name| self.to.join(name).display().to_string());
        let report = Report::new(&directory, &keyring, &inspection);
        if json {
            return print_json(screen, &Line::BackedUp(report));
        }
        let exit = report.print(screen, &inspection)?;
        screen.say(
            "keep the two files apart, each where only you can read it: anyone who has both can check guesses of PINs",
        );
        Ok(exit)
    }
}

impl Restore {
    pub(super) fn run(&self, screen: &Screen, config: &Config, json: bool) -> Result<Exit, CliError> {
        let (place, keyring) = (location(config)?, &config.directory.keyring);
        let restored = runtime()?.block_on(restore(&self.from, &place, keyring, entry())).map_err(told)?;
        let (directory, keyring) = (place.to_string(), keyring.display().to_string());
        let report = Report::new(&directory, &keyring, &restored.inspection);
        let Place { number, hash } = &restored.last;
        if json {
            let backup_at = restored.last_at.map(time);
            let (backup_last, backup_hash) = (*number, hash.as_str());
            return print_json(screen, &Line::Restored { report, backup_last, backup_hash, backup_at });
        }
        let exit = report.print(screen, &restored.inspection)?;
        if exit == Exit::Failed {
            screen.say("the directory was restored, with the faults of its backup");
        }
        if let Some(at) = restored.last_at {
            screen.say(&format!(
                "the audit log of the backup ends with entry {number} of {}; everything done later is undone: PINs and \
                 passwords are the old ones, and tokens and accounts that were taken away since are back",
                time(at)
            ));
        }
        let waiting = restored.inspection.contents.as_ref().map_or(0, |contents| contents.waiting_mails);
        if waiting > 0 {
            let mails = counted(usize::try_from(waiting).unwrap_or(usize::MAX), "mail");
            screen.say(&format!(
                "{mails} of the backup will be sent; `attendant mail list --state waiting` shows them"
            ));
        }
        screen.say(
            "if this is only a try, add `-o mail.transport=maildir -o mail.maildir=FOLDER` to every command: the copy has the \
             same users, and mails them",
        );
        Ok(exit)
    }
}

impl Check {
    pub(super) fn run(&self, screen: &Screen, config: &Config, json: bool) -> Result<Exit, CliError> {
        let (place, keyring) = match &self.backup {
            Some(backup) => files_in(backup),
            None => {
                refuse_missing(config)?;
                (location(config)?, config.directory.keyring.clone())
            }
        };
        let inspection = runtime()?.block_on(inspect(&place, &keyring)).map_err(failed)?;
        let (directory, keyring) = (place.to_string(), keyring.display().to_string());
        let report = Report::new(&directory, &keyring, &inspection);
        if json { print_json(screen, &Line::Checked(report)) } else { report.print(screen, &inspection) }
    }
}

/// The first entry of a restored directory, without its detail.
fn entry() -> NewAudit {
    NewAudit {
        at: clock::epoch_ms(),
        actor: whoami::username().unwrap_or_else(|_| "unknown".to_owned()),
        role: Role::Administrator.word().to_owned(),
        origin: "cli".to_owned(),
        act: RESTORED.to_owned(),
        subject: "directory".to_owned(),
        detail: String::new(),
    }
}

/// A folder or a keyring in the wrong place is the user's to put right; what cannot be read or written is a failure.
fn told(error: BackupError) -> CliError {
    let exit = match error {
        BackupError::Exists(_)
        | BackupError::NoFolder(_)
        | BackupError::Occupied(_)
        | BackupError::NoBackup(..)
        | BackupError::OtherKeyring(_) => Exit::Bad,
        BackupError::Damaged(..)
        | BackupError::Unfit(..)
        | BackupError::Unread(..)
        | BackupError::Directory(_)
        | BackupError::Keyring(_)
        | BackupError::Store(_)
        | BackupError::File(..) => Exit::Failed,
    };
    CliError::Message(exit, format!("error: {error}"))
}

fn print_json(screen: &Screen, shown: &Line<'_>) -> Result<Exit, CliError> {
    let mut out = screen.out();
    line(&mut out, shown)?;
    out.flush()?;
    let (Line::BackedUp(report) | Line::Restored { report, .. } | Line::Checked(report)) = shown;
    Ok(report.exit())
}

impl<'l> Report<'l> {
    fn new(directory: &'l str, keyring: &'l str, inspection: &'l Inspection) -> Self {
        let contents = inspection.contents.as_ref().map(|contents| Contents {
            users: contents.users,
            waiting_mails: contents.waiting_mails,
            keys: contents.keys,
            audit_entries: contents.verified.entries,
            audit_last: contents.verified.last.number,
            audit_hash: &contents.verified.last.hash,
        });
        Self { v: 1, directory, keyring, contents, faults: inspection.faults() }
    }

    fn exit(&self) -> Exit {
        if self.faults.is_empty() { Exit::Success } else { Exit::Failed }
    }

    /// Prints a line for each of the two files, and one for each fault.
    fn print(&self, screen: &Screen, inspection: &Inspection) -> Result<Exit, CliError> {
        let (mut out, paint) = (screen.out(), screen.paint());
        let Self { directory, keyring, .. } = self;
        let mark = |is_sound: bool| if is_sound { paint.good("ok   ") } else { paint.bad("wrong") };
        let mut say = |is_sound, text: String| writeln!(out, "{} {text}", mark(is_sound));
        match (&self.contents, &inspection.contents) {
            (Some(shown), Some(contents)) => {
                let users = counted(usize::try_from(shown.users).unwrap_or(usize::MAX), "user");
                let unchanged = contents.verified.faulty == 0;
                let entries = match shown.audit_entries {
                    1 => "1 audit entry".to_owned(),
                    entries => format!("{entries} audit entries"),
                };
                let log = if unchanged { ", unchanged" } else { "" };
                say(
                    unchanged && inspection.damage.is_empty(),
                    format!("{directory}: {users}, {entries}{log}"),
                )?;
                say(contents.missing_keys.is_empty(), format!("{keyring}: {}", counted(shown.keys, "key")))?;
            }
            _ if inspection.damage.is_empty() => say(
                true,
                format!(
                    "{directory}: written by an earlier version of attendant; its pages are sound, and \
                     its users and its log are checked once `attendant serve` has brought it up to date"
                ),
            )?,
            _ => {}
        }
        for fault in &self.faults {
            say(false, fault.clone())?;
        }
        if let Some(contents) = inspection.contents.as_ref()
            && contents.verified.faulty > contents.verified.faults.len()
        {
            say(false, format!("the audit log has {} in all", counted(contents.verified.faulty, "fault")))?;
        }
        out.flush()?;
        if let Some(last) = inspection.contents.as_ref().map(|contents| &contents.verified.last)
            && last.number > 0
            && self.faults.is_empty()
        {
            screen.say(&format!(
                "the last audit entry is {last}; keep it somewhere else for `attendant audit verify --has`"
            ));
        }
        Ok(self.exit())
    }
}
