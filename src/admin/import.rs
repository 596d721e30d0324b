//! Users in and out as CSV, as many as there are: a million pass through in pieces. PINs are never in it.
//!
//! Imported users are enabled with a conference ID and without a PIN, and get no mail: a PIN's hash is dear on purpose,
//! and a million of them take half a day of a core. A reset gives each a PIN, and mails it.

mod field;
mod row;
mod spreadsheet;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Write};

use sha2::{Digest as _, Sha256};

pub use row::COLUMN_NAMES;
use row::{Reading, Row, fields};
use spreadsheet::{Records, Unreadable};

use super::act::UserName;
use super::actor::Actor;
use super::administration::Administration;
use super::audit::audit;
use super::people::Context;
use super::refusal::Refusal;
use crate::control::account::{conference_id_digits, draw_conference_id};
use crate::control::call::Digits;
use crate::store::record::{NOBODY, UserRecord};
use crate::store::{Directory, StoreError, entropy};

/// Users in one transaction: with fewer the disk is waited for more often, with more another writer waits longer.
const BATCH: usize = 10_000;

/// Users and conference IDs that are loaded at once.
const PAGE: u32 = 10_000;

/// Maximum number of times that a batch is retried because another process took a generated conference ID.
const TRIES_MAX: u32 = 20;

/// The result of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Users that were added.
    pub added: u64,
    /// Users that were there already, and are as they were.
    pub there: u64,
}

/// Conference IDs that nobody may be given: those of the store, and those of the file.
struct TakenIds {
    /// Digits of those that are drawn.
    length: usize,
    ids: BTreeSet<Digits>,
    /// Those that the file's lines name.
    named: BTreeSet<Digits>,
}

/// An import that ended early: what it had added by then stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// The lines imported before the error.
    pub imported: Imported,
    /// Why it ended.
    pub refusal: Refusal,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { imported, refusal } = self;
        match imported.added {
            0 => write!(f, "{refusal}; no user was added"),
            1 => write!(f, "{refusal}; 1 user was added before it, and stays"),
            added => write!(f, "{refusal}; {added} users were added before it, and stay"),
        }
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.refusal)
    }
}

/// Users whom the file has named so far.
#[derive(Default)]
struct Named(BTreeMap<Mark, (u64, Mark)>);

/// The beginning of a hash: enough to tell a million lines apart, and small enough to keep for each.
type Mark = [u8; 16];

fn mark(text: &str) -> Mark {
    let hash = Sha256::digest(text.as_bytes());
    std::array::from_fn(|place| hash[place])
}

impl Named {
    /// Returns whether a line is the first of its user. One that says the same again is not; one that says something
    /// else is wrong.
    fn is_first(&mut self, row: &Row) -> Result<bool, Refusal> {
        let data = mark(&fields(&row.user)[1..].join("\n"));
        match self.0.entry(mark(&row.user.key())) {
            Entry::Vacant(free) => {
                free.insert((row.line, data));
                Ok(true)
            }
            Entry::Occupied(before) if before.get().1 == data => Ok(false),
            Entry::Occupied(before) => {
                let (name, first) = (&row.user.name, before.get().0);
                Err(Refusal::File(row.line, format!("{name} is on line {first} already, with other data")))
            }
        }
    }
}

impl<D: Directory> Administration<D> {
    /// Adds the users of a CSV file; `progress` is told how many lines are done, from time to time, and who of those since
    /// the last time is to be enabled.
    ///
    /// Each batch is one transaction: what was added before a line that is refused stays.
    ///
    /// # Errors
    /// A line is wrong, or the store does not answer; says what was added before.
    pub async fn import(
        &self,
        now: i64,
        actor: &Actor,
        file: impl Read,
        progress: impl FnMut(u64, Vec<UserName>),
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        match self.import_all(now, actor, file, progress, &mut imported).await {
            Ok(()) => Ok(imported),
            Err(refusal) => Err(ImportError { imported, refusal }),
        }
    }

    async fn import_all(
        &self,
        now: i64,
        actor: &Actor,
        file: impl Read,
        mut progress: impl FnMut(u64, Vec<UserName>),
        imported: &mut Imported,
    ) -> Result<(), Refusal> {
        let unreadable = |Unreadable(line, what)| Refusal::File(line, what);
        let policy = self.policy().await?;
        let numbers = self.directory().numbers().await?;
        let (mut records, header) = Records::open(file).map_err(unreadable)?;
        let reading = Reading::new(&header, Context { policy: &policy, numbers: &numbers })?;
        let (mut taken, mut named) = (TakenIds::of_length(conference_id_digits(&policy)), Named::default());
        taken.load(&**self.directory()).await?;
        let mut rows = Vec::new();
        loop {
            let record = records.read().map_err(unreadable)?;
            let is_end = record.is_none();
            if let Some(record) = record {
                let mut row = reading.row(&record)?;
                if named.is_first(&row)? {
                    taken.give(&mut row).map_err(|refusal| Refusal::File(row.line, refusal.to_string()))?;
                    rows.push(row);
                } else {
                    imported.there += 1;
                }
            }
            if rows.len() == BATCH || (is_end && !rows.is_empty()) {
                let lines = rows.len() as u64;
                let added = self.import_batch(now, actor, &mut rows, &mut taken).await?;
                imported.added += added;
                imported.there += lines - added;
                let enabled = rows.drain(..).filter(|row| row.user.account.enabled);
                let names = enabled.map(|row| UserName(row.user.name)).collect();
                progress(imported.added + imported.there, names);
            }
            if is_end {
                return Ok(());
            }
        }
    }

    async fn import_batch(
        &self,
        now: i64,
        actor: &Actor,
        rows: &mut [Row],
        taken: &mut TakenIds,
    ) -> Result<u64, Refusal> {
        let (first, last) = (rows.first().map_or(0, |row| row.line), rows.last().map_or(0, |row| row.line));
        for _ in 0..TRIES_MAX {
            let users: Vec<UserRecord> = rows.iter().map(|row| row.user.clone()).collect();
            let detail = format!("lines {first} to {last} of a file");
            let entry = audit(now, actor, "import", "users", detail);
            match self.directory().import(users, entry).await {
                Err(StoreError::ConferenceIdTaken) => {
                    // Somebody else was given one of them since all were loaded.
                    taken.load(&**self.directory()).await?;
                    for row in rows.iter_mut() {
                        self.give_another(row, taken).await?;
                    }
                }
                imported => return Ok(imported?),
            }
        }
        Err(Refusal::NoFreeConferenceId)
    }

    /// Draws another conference ID for one whose own is a stranger's by now.
    async fn give_another(&self, row: &mut Row, taken: &mut TakenIds) -> Result<(), Refusal> {
        let Some(id) = row.user.account.conference_id else { return Ok(()) };
        let owner = self.directory().user_by_conference_id(id).await?;
        let named_below = row.draws && taken.named.contains(&id);
        if !named_below && owner.is_none_or(|owner| owner.key() == row.user.key()) {
            return Ok(());
        }
        if !row.draws {
            return Err(Refusal::File(row.line, Refusal::ConferenceIdTaken(id).to_string()));
        }
        row.user.account.conference_id = Some(taken.draw());
        Ok(())
    }

    /// Writes every user as CSV; `progress` is told how many are written, from time to time. Answers how many.
    ///
    /// # Errors
    /// The store does not answer, or the file cannot be written.
    pub async fn export(&self, file: impl Write, mut progress: impl FnMut(u64)) -> Result<u64, ExportError> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(COLUMN_NAMES).map_err(ExportError::file)?;
        let (mut after, mut written) = (NOBODY.to_owned(), 0);
        loop {
            let page = self.directory().users_after(&after, PAGE).await.map_err(ExportError::Store)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            for user in &page {
                writer.write_record(fields(user)).map_err(ExportError::file)?;
            }
            written += page.len() as u64;
            progress(written);
        }
        writer.flush().map_err(ExportError::File)?;
        Ok(written)
    }
}

/// Why users could not be written.
#[derive(Debug)]
pub enum ExportError {
    /// The file takes no more.
    File(std::io::Error),
    /// The store does not answer.
    Store(StoreError),
}

impl ExportError {
    /// The error of the file itself: the library's own conversion hides its kind, by which a pipe that was cut off is told.
    fn file(error: csv::Error) -> Self {
        let told = error.to_string();
        let csv::ErrorKind::Io(error) = error.into_kind() else {
            return Self::File(std::io::Error::other(told));
        };
        Self::File(error)
    }
}

impl TakenIds {
    fn of_length(length: usize) -> Self {
        Self { length, ids: BTreeSet::new(), named: BTreeSet::new() }
    }

    async fn load(&mut self, directory: &impl Directory) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let page = directory.conference_ids_after(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(last);
            self.ids.extend(page.iter().filter_map(|id| Digits::from_symbols(id)));
        }
    }

    /// Takes the conference ID of a line, or draws one for it.
    fn give(&mut self, row: &mut Row) -> Result<(), Refusal> {
        if row.draws {
            row.user.account.conference_id = Some(self.draw());
        } else if let Some(id) = row.user.account.conference_id {
            if !self.named.insert(id) {
                return Err(Refusal::ConferenceIdTaken(id));
            }
            // One of the store may be this user's own: the store decides then.
            self.ids.insert(id);
        }
        // More than half of all taken, and drawing becomes guessing.
        let most = 10_usize.pow(u32::try_from(self.length).unwrap_or(0)) / 2;
        if self.ids.len() > most { Err(Refusal::NoFreeConferenceId) } else { Ok(()) }
    }

    fn draw(&mut self) -> Digits {
        loop {
            let id = draw_conference_id(self.length, &mut entropy::draw);
            if self.ids.insert(id) {
                return id;
            }
        }
    }
}
