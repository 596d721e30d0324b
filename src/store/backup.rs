//! Backups: a folder with a copy of the directory, a file of SQLite wherever the directory is, and a copy of its keyring.
//!
//! A backup is there complete and on the disk, or not at all; so is a directory that is restored. Nothing is overwritten.

mod scratch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use scratch::Scratch;

use super::audit::{NewAudit, Place};
use super::durable::sync_folder_of;
use super::inspection::{Inspection, inspect};
use super::keyring::{Keyring, KeyringError, lock, sweep};
use super::sql::{Location, OpenError, Sql, files_of, load, snapshot};
use super::{Changes, Directory as _, StoreError};

/// The database in a backup.
pub const DATABASE: &str = "directory.db";

/// The keyring in a backup: beside the database, where it is looked for by itself.
pub const KEYRING: &str = "directory.db.keyring";

/// The act of the audit entry with which a restored directory begins again.
pub const RESTORED: &str = "restore_directory";

/// Why there is no backup, or nothing was restored.
#[derive(Debug)]
pub enum BackupError {
    /// Something is there where the backup was to be.
    Exists(PathBuf),
    /// The folder that the backup was to be in is not there: its disk may not be mounted.
    NoFolder(PathBuf),
    /// Something of a directory is there where one was to be restored.
    Occupied(PathBuf),
    /// The folder is not a backup: it lacks this file.
    NoBackup(PathBuf, &'static str),
    /// The keyring that is there is not the backup's.
    OtherKeyring(PathBuf),
    /// The backup is damaged; says how.
    Damaged(PathBuf, Vec<String>),
    /// The keyring of the backup is not the one of its database; says why.
    Unfit(PathBuf, String),
    /// The database of the backup cannot be copied: it cannot be read to its end, or there is no room; says which.
    Unread(PathBuf, String),
    /// The directory cannot be read or written.
    Directory(OpenError),
    /// A keyring cannot be read or written.
    Keyring(KeyringError),
    /// The restored copy cannot be written.
    Store(StoreError),
    /// A file cannot be written.
    File(PathBuf, io::Error),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "{} exists and is not overwritten", path.display()),
            Self::Occupied(path) => write!(
                f,
                "{} exists, and nothing is restored over it: stop the server, and move the directory and the files that \
                 begin with its name away",
                path.display()
            ),
            Self::NoFolder(path) => write!(
                f,
                "the folder {} for the backup does not exist: make it, or mount its disk",
                path.display()
            ),
            Self::NoBackup(path, missing) => write!(
                f,
                "{} is not a backup, since it has no {missing}; expected a folder with {DATABASE} and {KEYRING}, as \
                 `attendant directory backup` writes it",
                path.display()
            ),
            Self::OtherKeyring(path) => write!(
                f,
                "the keyring {} lacks keys of the backup's keyring, and is not overwritten: move it away, or name another \
                 place with directory.keyring",
                path.display()
            ),
            Self::Damaged(path, damage) => {
                write!(f, "nothing was restored: {} is damaged: {}", path.display(), damage.join("; "))
            }
            Self::Unfit(path, why) => {
                write!(
                    f,
                    "nothing was restored: the keyring {} does not fit its database: {why}",
                    path.display()
                )
            }
            Self::Unread(path, why) => {
                write!(f, "nothing was restored: {} cannot be copied: {why}", path.display())
            }
            Self::Directory(error) => error.fmt(f),
            Self::Keyring(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for BackupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Directory(error) => Some(error),
            Self::Keyring(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::File(_, error) => Some(error),
            Self::Exists(_)
            | Self::NoFolder(_)
            | Self::Occupied(_)
            | Self::NoBackup(..)
            | Self::OtherKeyring(_)
            | Self::Unfit(..)
            | Self::Unread(..)
            | Self::Damaged(..) => None,
        }
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        Self::Directory(error)
    }
}

impl From<KeyringError> for BackupError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

/// The result of a restoration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// What is in the directory, with the entry that says that it was restored.
    pub inspection: Inspection,
    /// The last entry of the audit log in the backup.
    pub last: Place,
    /// When it was written, in milliseconds since the Unix epoch; `None` for an empty log.
    pub last_at: Option<i64>,
}

/// The files of a backup.
#[must_use]
pub fn files_in(backup: &Path) -> (Location, PathBuf) {
    (Location::File(backup.join(DATABASE)), backup.join(KEYRING))
}

/// Copies the directory and its keyring into a new folder, also while others use it, and looks at the copies.
///
/// # Errors
/// The folder exists, the directory or its keyring cannot be read, or the folder cannot be written.
pub async fn back_up(location: &Location, keyring: &Path, to: &Path) -> Result<Inspection, BackupError> {
    let unwritten = |error| BackupError::File(to.to_owned(), error);
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let folder = folder_of(to);
    if !folder.is_dir() {
        return Err(BackupError::NoFolder(folder.to_owned()));
    }
    let scratch = Scratch::inside(folder).map_err(unwritten)?;
    snapshot(location, &scratch.file(DATABASE)).await?;
    // After the database: keys are only added, so that this one has all that the copy needs.
    Keyring::existing(keyring)?.copy_to(&scratch.file(KEYRING))?;
    let inspection = inspect(&Location::File(scratch.file(DATABASE)), &scratch.file(KEYRING)).await?;
    scratch.become_folder(to).map_err(unwritten)?;
    Ok(inspection)
}

/// Puts a backup in the place of a directory that is not there. It is brought up to date, and gets this entry in its audit
/// log, with a detail that says where the backup's log ended. A keyring that is there stays, if it has the backup's keys.
///
/// # Errors
/// Something is there, the folder is not a backup, or is damaged, or something cannot be written.
pub async fn restore(
    backup: &Path,
    location: &Location,
    keyring: &Path,
    entry: NewAudit,
) -> Result<Restored, BackupError> {
    let (copy, keys) = files_in(backup);
    if let Some(missing) = [DATABASE, KEYRING].into_iter().find(|name| !backup.join(name).is_file()) {
        return Err(BackupError::NoBackup(backup.to_owned(), missing));
    }
    let keys = Keyring::existing(&keys)?;
    let unwritten = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::File(path, error)
    };
    let (folder, _one_at_a_time) = match location {
        Location::File(place) => {
            let (locked, place) = (place.clone(), place.as_path());
            let lock = tokio::task::spawn_blocking(move || lock(&locked)).await;
            let lock = lock.map_err(io::Error::other).map_err(unwritten(place))??;
            if let Some(there) = files_of(place).into_iter().find(|file| file.symlink_metadata().is_ok()) {
                return Err(BackupError::Occupied(there));
            }
            (folder_of(place), Some(lock))
        }
        Location::Postgres(_) => (folder_of(keyring), None),
    };
    let _kept = has_keyring(keyring, &keys)?;
    let scratch = Scratch::inside(folder).map_err(unwritten(folder))?;
    let working = scratch.file(DATABASE);
    // What is wrong with the working copy is wrong with the backup, by whose name its owner knows it.
    let of_backup = |error: OpenError| {
        let (database, working) = (backup.join(DATABASE), working.display().to_string());
        if let OpenError::KeyringOther(_, own, newest) = &error {
            let why = if own == newest {
                format!("its key {own} was changed")
            } else {
                format!("it lacks the key {own}, which the database needs")
            };
            return BackupError::Unfit(backup.join(KEYRING), why);
        }
        if let OpenError::Copy(_, _, why) = &error {
            return BackupError::Unread(database, why.clone());
        }
        let told = error.to_string().replace(&working, &database.display().to_string());
        BackupError::Damaged(database, vec![told])
    };
    snapshot(&copy, &working).await.map_err(of_backup)?;
    keys.copy_to(&scratch.file(KEYRING))?;
    let copied = (Location::File(working.clone()), scratch.file(KEYRING));
    let damage = inspect(&copied.0, &copied.1).await.map_err(of_backup)?.damage;
    if !damage.is_empty() {
        return Err(BackupError::Damaged(backup.join(DATABASE), damage));
    }
    let (last, last_at) = begin_again(&working, &copied.1, entry).await?;
    let mut inspection = inspect(&copied.0, &copied.1).await.map_err(of_backup)?;
    // The keyring first: a directory without one would not open, and a keyring alone stays for the next try.
    let keys = place_keyring(keyring, &keys)?;
    match location {
        Location::File(place) => {
            let placed = fs::File::open(&working).and_then(|file| file.sync_all());
            // Whoever is killed from here on leaves a folder without keys.
            let placed = placed.and_then(|()| fs::remove_file(scratch.file(KEYRING)));
            let placed = placed.and_then(|()| fs::rename(&working, place));
            placed.and_then(|()| sync_folder_of(place)).map_err(unwritten(place))?;
        }
        Location::Postgres(url) => load(&working, url).await?,
    }
    if let Some(contents) = &mut inspection.contents {
        contents.keys = keys;
    }
    Ok(Restored { inspection, last, last_at })
}

/// Returns whether a keyring is there that has all keys of the backup's.
fn has_keyring(path: &Path, backup: &Keyring) -> Result<bool, BackupError> {
    match Keyring::existing(path) {
        Err(KeyringError::Missing(_)) => Ok(false),
        Err(error) => Err(BackupError::Keyring(error)),
        Ok(there) if there.has_all_of(backup) => Ok(true),
        Ok(_) => Err(BackupError::OtherKeyring(path.to_owned())),
    }
}

/// Puts the backup's keyring there, unless one is there that has its keys. Answers how many keys the keyring there has.
fn place_keyring(path: &Path, backup: &Keyring) -> Result<usize, BackupError> {
    let _one_at_a_time = lock(path)?;
    sweep(path);
    if !has_keyring(path, backup)? {
        backup.copy_to(path)?;
    }
    Ok(Keyring::existing(path)?.len())
}

/// Brings the copy up to date and writes the entry. Answers with which entry its log ended, and when.
async fn begin_again(
    working: &Path,
    keyring: &Path,
    entry: NewAudit,
) -> Result<(Place, Option<i64>), BackupError> {
    let store = Sql::open(&Location::File(working.to_owned()), Arc::new(Keyring::existing(keyring)?)).await?;
    let written = async {
        let last = store.audit_before(i64::MAX, 1).await?.into_iter().next();
        let place = last.as_ref().map(|last| last.place()).unwrap_or_default();
        let detail = match &last {
            Some(_) => format!("from a backup that ends with the entry {place}"),
            None => "from a backup without an entry".to_owned(),
        };
        let entry = NewAudit { detail, ..entry };
        store.commit(Changes { audit: vec![entry], ..Changes::default() }).await?;
        Ok((place, last.map(|last| last.entry.at)))
    };
    let written = written.await;
    store.close().await;
    written.map_err(BackupError::Store)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
