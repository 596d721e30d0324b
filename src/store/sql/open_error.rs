//! Why the directory was not opened, in sentences for administrators.

use std::path::PathBuf;
use std::{fmt, io};

use sqlx::migrate::MigrateError;

use super::super::StoreError;
use super::super::keyring::KeyringError;
use super::file::NameError;
use super::health::said;
use super::location::Location;
use super::open::{files_of, folder_of, is_closed_to_writing};
use super::room;
/// Why the directory was not opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file cannot be made.
    File(PathBuf, io::Error),
    /// Others may read these files of it.
    Open(Vec<PathBuf>),
    /// The keyring cannot be had.
    Keyring(KeyringError),
    /// The keyring is not there, and the directory is used already.
    KeyringMissing(String, PathBuf),
    /// The directory belongs to the keyring with the first key; the newest key here is the second.
    KeyringOther(String, String, String),
    /// It was written by an earlier program, and only looked at.
    Older(String),
    /// It cannot be told whose keyring the directory belongs to.
    Owner(String, StoreError),
    /// The database does not answer, or is none.
    Database(String, sqlx::Error),
    /// It cannot be brought up to date.
    Migrate(String, MigrateError),
    /// It is empty or not there, and its keyring had a directory.
    Lost(String),
    /// There is one that somebody has used, where a new one was to begin.
    Used(String),
    /// Its disk has no room; says how much there is.
    Room(String, String),
    /// Its write-ahead log cannot be read where nothing can be written.
    Log(PathBuf),
    /// Its file has not one name.
    Name(NameError),
    /// It has what attendant never makes, and what can alter or hide what is written.
    Foreign(String, Vec<String>),
    /// The words by which users are found cannot be written.
    Words(String, StoreError),
    /// It is a database, but not a directory.
    NoDirectory(String),
    /// It cannot be copied to this file; says why.
    Copy(String, PathBuf, String),
    /// It cannot be read to its end.
    Unread(String, StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the directory {}: {error}", path.display()),
            Self::Open(files) => {
                f.write_str("others may read the directory; close it with `chmod 600")?;
                files.iter().try_for_each(|file| write!(f, " '{}'", file.display()))?;
                f.write_str("`")
            }
            Self::Keyring(error) => error.fmt(f),
            Self::KeyringMissing(location, path) => write!(
                f,
                "the keyring {} does not exist, and the directory {location} needs the one that it was made with: restore \
                 it from a backup, or name it with directory.keyring. If it is lost for good, `attendant directory \
                 adopt-keyring` makes another; every PIN, password and token must be given again then",
                path.display()
            ),
            Self::KeyringOther(location, own, newest) if own == newest => write!(
                f,
                "the key {own} of this keyring was changed since the directory {location} was made with it: put the \
                 directory's own keyring back, from a backup"
            ),
            Self::KeyringOther(location, own, newest) => write!(
                f,
                "the directory {location} belongs to the keyring with the key {own}, and this keyring, with {newest}, lacks \
                 it: use the directory's own keyring, as it is after the last rotation. If it is lost for good, `attendant \
                 directory adopt-keyring` lets the directory belong to this one; every PIN, password and token must be \
                 given again then"
            ),
            Self::Older(location) => write!(
                f,
                "the directory {location} was written by an earlier version of attendant; a command that changes something, or `attendant \
                 serve`, brings it up to date first"
            ),
            Self::Owner(location, error) => write!(f, "the keyring of the directory {location}: {error}"),
            Self::Database(location, error) => {
                // Without the line of the server's source that the library adds.
                write!(f, "the directory {location} cannot be opened: {}", said(error))
            }
            Self::Migrate(location, MigrateError::VersionMissing(version)) => write!(
                f,
                "the directory {location} was written by a newer version of attendant (schema {version}); use that version, or \
                 restore a backup from before the upgrade"
            ),
            Self::Lost(location) => write!(
                f,
                "the directory {location} is missing or empty, although its keyring belongs to one: restore it \
                 from a backup, or correct its path. `attendant directory create` makes a new, empty directory \
                 instead"
            ),
            Self::Used(location) => write!(f, "the directory {location} already exists and is in use"),
            Self::Room(location, lacking) => {
                write!(f, "the directory {location} cannot be opened: {lacking}")
            }
            Self::Log(log) => write!(
                f,
                "the write-ahead log {} holds the latest changes, and SQLite reads it only in a folder that it \
                 can write to: copy the directory and its log to one",
                log.display()
            ),
            Self::Name(error) => error.fmt(f),
            Self::Foreign(location, foreign) => write!(
                f,
                "the directory {location} has objects that attendant never creates and that can change or hide \
                 data: {}. `attendant audit verify` still works; find out who added them, and drop them",
                foreign.join(", ")
            ),
            Self::Words(location, error) => write!(f, "the users of the directory {location}: {error}"),
            Self::NoDirectory(location) => write!(f, "{location} is not a directory of attendant"),
            Self::Copy(location, file, why) => {
                write!(f, "the directory {location} cannot be copied to {}: {why}", file.display())
            }
            Self::Unread(location, error) => write!(f, "the directory {location} cannot be read: {error}"),
            Self::Migrate(location, error) => {
                write!(f, "the directory {location} cannot be brought up to date: {error}")
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Keyring(error) => Some(error),
            Self::Owner(_, error) | Self::Words(_, error) | Self::Unread(_, error) => Some(error),
            Self::Database(_, error) => Some(error),
            Self::Migrate(_, error) => Some(error),
            Self::Name(error) => Some(error),
            Self::Open(_)
            | Self::KeyringMissing(..)
            | Self::KeyringOther(..)
            | Self::Older(_)
            | Self::Foreign(..)
            | Self::Room(..)
            | Self::Log(_)
            | Self::Lost(_)
            | Self::NoDirectory(_)
            | Self::Copy(..)
            | Self::Used(_) => None,
        }
    }
}

impl OpenError {
    /// Returns what SQLite does not say about a file that it cannot open: which disk is full, or which file cannot be
    /// had.
    fn of_file(location: &Location) -> Option<Self> {
        let Location::File(path) = location else { return None };
        let [_, log, _] = files_of(path);
        let full = room::lacking(folder_of(path)).map(|lacking| Self::Room(location.to_string(), lacking));
        full.or_else(|| (is_closed_to_writing(path) && log.exists()).then_some(Self::Log(log)))
    }

    pub(super) fn of(location: &Location, error: sqlx::Error) -> Self {
        Self::of_file(location).unwrap_or_else(|| Self::Database(location.to_string(), error))
    }

    pub(super) fn unmigrated(location: &Location, error: MigrateError) -> Self {
        Self::of_file(location).unwrap_or_else(|| Self::Migrate(location.to_string(), error))
    }
}
