//! `attendant audit`: who did what, when and from where, and whether somebody touched the log.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::admin_args::AdminArgs;
use super::admin_session::{AdminSession, Consent, refused};
use super::counted;
use super::exit::{CliError, Exit};
use super::listing::Listing;
use super::opened::failed;
use super::screen::Screen;
use super::shown::{line, time};
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::store::audit::pruned::Pruned;
use crate::store::audit::verify::{Verified, verify};
use crate::store::audit::{AuditEntry, NewAudit, Place};
use crate::store::durable::{private, sync_folder_of};
use crate::store::{Directory as _, StoreError};

const EXAMPLES: &str = "\
Examples:
  attendant audit list --last 20
  attendant audit list --json | jq 'select(.act == \"reset_pin\")'
  attendant audit verify
  attendant audit prune --older-than 365 --archive audit-2025.jsonl

Each entry holds the hash of the one before it, and every entry and the end are sealed with a key from the keyring. \
verify finds entries that were edited, removed, cut off or added without the keyring, also when more were written \
since; it changes nothing. To detect a database that was replaced by an older copy, pass --has with an entry that \
verify printed earlier.";

const DAY_MS: i64 = 86_400_000;

/// How many entries are loaded at a time.
const PAGE: u32 = 1_000;

/// The command's arguments.
pub(super) type Audit = AdminArgs<AuditCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum AuditCommand {
    /// Print the entries, oldest first
    List {
        /// Only entries after this number
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: i64,
        /// The largest number to print, of the oldest
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// Only the newest entries, so many
        #[arg(long, value_name = "N", conflicts_with_all = ["after", "limit"])]
        last: Option<u32>,
    },
    /// Check that the log was not tampered with
    Verify {
        /// Check that the log still has this entry, which an earlier verify printed
        #[arg(long, value_name = "NUMBER:HASH")]
        has: Option<Place>,
    },
    /// Remove old entries; a new entry records which, and verify continues from there
    Prune {
        /// Remove entries older than this many days
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        older_than: u32,
        /// Write the entries to this new file first, as JSON lines
        #[arg(long, value_name = "FILE")]
        archive: Option<PathBuf>,
        #[command(flatten)]
        consent: Consent,
    },
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    Audit {
        v: u8,
        number: i64,
        at: String,
        actor: &'l str,
        role: &'l str,
        origin: &'l str,
        act: &'l str,
        subject: &'l str,
        detail: &'l str,
        previous: &'l str,
        hash: &'l str,
        seal: &'l str,
    },
    Pruned {
        v: u8,
        entries: i64,
    },
    Fault {
        v: u8,
        what: String,
    },
    Verified {
        v: u8,
        entries: usize,
        faults: usize,
        last: i64,
        hash: &'l str,
    },
}

impl Audit {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.command {
            AuditCommand::List { after, limit, last } => {
                let session = self.place.open_to_read(screen)?;
                let after = match last {
                    None => *after,
                    // Entries are numbered without a gap.
                    Some(last) => {
                        let head = session.wait(session.opened.store.audit_head()).map_err(failed)?;
                        head.number.saturating_sub(i64::from(*last))
                    }
                };
                self.list(screen, &session, after, *limit)
            }
            AuditCommand::Prune { older_than, archive, consent } => {
                let session = self.place.open_existing("cli", screen)?;
                self.prune(screen, &session, (*older_than, archive.as_deref(), *consent))
            }
            AuditCommand::Verify { has } => {
                self.verify(screen, &self.place.open_to_inspect(screen)?, has.clone())
            }
        }
    }

    fn list(
        &self,
        screen: &Screen,
        session: &AdminSession,
        after: i64,
        limit: Option<u32>,
    ) -> Result<Exit, CliError> {
        let mut out = screen.page_unless(self.manner.json);
        let mut table = Listing::new(&["number", "time", "who", "from", "act", "whom", "what"]);
        let mut left = limit.unwrap_or(u32::MAX) as usize;
        let mut written = Ok(());
        each_entry(session, after, |entry| {
            if left == 0 || written.is_err() {
                return false;
            }
            left -= 1;
            let AuditEntry { number, entry: what, .. } = entry;
            if self.manner.json {
                written = line(&mut out, &Line::of(entry));
            } else {
                let (number, at) = (number.to_string(), time(what.at));
                table.add_row([
                    &number,
                    &at,
                    &what.actor,
                    &what.origin,
                    &what.act,
                    &what.subject,
                    &what.detail,
                ]);
            }
            true
        })?;
        written?;
        if !self.manner.json {
            write!(out, "{}", table)?;
        }
        out.flush()?;
        Ok(Exit::Success)
    }

    fn verify(&self, screen: &Screen, session: &AdminSession, has: Option<Place>) -> Result<Exit, CliError> {
        let store = session.administration.directory();
        let verified = session.wait(verify(store.as_ref(), &session.opened.keyring, has));
        let Verified { entries, faults, faulty, last, .. } =
            verified.map_err(|error| refused(&error.into()))?;
        let (mut out, paint) = (screen.page_unless(self.manner.json), screen.paint());
        for fault in &faults {
            let what = fault.to_string();
            if self.manner.json {
                line(&mut out, &Line::Fault { v: 1, what })?;
            } else {
                writeln!(out, "{} {what}", paint.bad("wrong"))?;
            }
        }
        if self.manner.json {
            let Place { number, hash } = &last;
            line(&mut out, &Line::Verified { v: 1, entries, faults: faulty, last: *number, hash })?;
        } else if faulty == 0 {
            writeln!(out, "{}", paint.good(&format!("{entries} entries, unchanged")))?;
            if last.number > 0 {
                screen.say(&format!(
                    "the last is {last}; keep it somewhere else for `attendant audit verify --has`"
                ));
            }
        } else {
            writeln!(out, "{}", paint.bad(&format!("{entries} entries: {}", counted(faulty, "fault"))))?;
        }
        out.flush()?;
        Ok(if faulty == 0 { Exit::Success } else { Exit::Failed })
    }

    fn prune(
        &self,
        screen: &Screen,
        session: &AdminSession,
        (days, archive, consent): (u32, Option<&Path>, Consent),
    ) -> Result<Exit, CliError> {
        let now = clock::epoch_ms();
        let before = now - i64::from(days) * DAY_MS;
        let prunable =
            session.wait(session.administration.prunable(before)).map_err(|refusal| refused(&refusal))?;
        let entries = prunable.as_ref().map_or(0, |pruned| pruned.last.number - pruned.first + 1);
        if let Some(pruned) = &prunable {
            let kept = if archive.is_some() { "" } else { ", without an archive," };
            let (first, last) = (pruned.first, pruned.last.number);
            consent.ask(&format!("Removing the entries {first} to {last}{kept}"))?;
            if let Some(path) = archive {
                write_archive(session, path, pruned)?;
            }
            let done = session.wait(session.administration.prune_audit(now, &session.actor, pruned));
            done.map_err(|refusal| refused(&refusal))?;
        }
        let mut out = screen.out();
        match &prunable {
            _ if self.manner.json => line(&mut out, &Line::Pruned { v: 1, entries })?,
            None => writeln!(out, "no entry is older than {days} days")?,
            Some(pruned) => {
                let to = archive.map(|path| format!(" to {}", path.display())).unwrap_or_default();
                let moved = if archive.is_some() { "moved" } else { "removed" };
                writeln!(out, "entries {} to {} were {moved}{to}", pruned.first, pruned.last.number)?;
            }
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

impl<'l> Line<'l> {
    fn of(entry: &'l AuditEntry) -> Self {
        let NewAudit { at, actor, role, origin, act, subject, detail } = &entry.entry;
        let (number, at) = (entry.number, time(*at));
        let (previous, hash, seal) = (&entry.previous, &entry.hash, &entry.seal);
        Self::Audit { v: 1, number, at, actor, role, origin, act, subject, detail, previous, hash, seal }
    }
}

/// Writes the entries to a new file and syncs it to disk before any of them is removed.
fn write_archive(session: &AdminSession, path: &Path, pruned: &Pruned) -> Result<(), CliError> {
    let failed = |error: io::Error| failed(format!("the archive {}: {error}", path.display()));
    let file = private(OpenOptions::new().write(true).create_new(true), path).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let (mut written, mut last) = (Ok(()), Place::default());
    each_entry(session, pruned.first - 1, |entry| {
        if written.is_err() || entry.number > pruned.last.number {
            return false;
        }
        written = line(&mut out, &Line::of(entry));
        last = entry.place();
        true
    })?;
    let file = written.and_then(|()| out.into_inner().map_err(io::IntoInnerError::into_error));
    file.and_then(|file| file.sync_all()).and_then(|()| sync_folder_of(path)).map_err(failed)?;
    if last == pruned.last { Ok(()) } else { Err(refused(&Refusal::Changed)) }
}

/// Calls a function for each entry, in order, until it returns false.
fn each_entry(
    session: &AdminSession,
    after: i64,
    mut take: impl FnMut(&AuditEntry) -> bool,
) -> Result<(), CliError> {
    let store = session.administration.directory();
    let mut after = after;
    loop {
        let page: Result<Vec<AuditEntry>, StoreError> = session.wait(store.audit_after(after, PAGE));
        let page = page.map_err(|error| refused(&error.into()))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        if !page.iter().all(&mut take) {
            return Ok(());
        }
    }
}
