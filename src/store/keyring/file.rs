//! The file of a keyring: read whole, replaced whole, and told from another state of itself.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::super::durable::{beside, lock_file, make_folder, private, sync_folder_of};
use super::super::entropy::{self, hex, unhex};
use super::{Key, SECRET_BYTES};
use crate::files;

/// The most keys that a keyring may have: a rotation a day for three years.
pub(super) const KEYS_MAX: usize = 1_000;

/// The largest keyring that is read, in bytes: [`KEYS_MAX`] lines of 80 bytes, and as many of notes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

const HEADER: &str = "# Attendant's keys: anyone who has this file and the directory can guess PINs. Keep it, and keep it secret.\n\
                      # Without it no PIN can be checked and no waiting mail with a PIN be sent. The last key is used.\n";

/// The line of a keyring to which a directory belongs: none is made in its place without a word.
const OWNS: &str =
    "# A directory belongs to these keys. If it is lost, `attendant directory create` begins a new one.";

/// The suffix of a keyring file that was not completely written when its program was killed.
const UNFINISHED: &str = ".new";

/// Why there are no keys.
#[derive(Debug)]
pub enum KeyringError {
    /// The file is not there.
    Missing(PathBuf),
    /// The file cannot be read or written.
    File(PathBuf, io::Error),
    /// The lock beside it, or beside a database, cannot be had.
    Lock(PathBuf, io::Error),
    /// A line of the file is not a key; the line is not told, since it may be one after all.
    Line(PathBuf, usize),
    /// The file has no key, or too many.
    Count(PathBuf, usize),
    /// Others may read the file.
    Open(PathBuf, u32),
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "the keyring {} does not exist", path.display()),
            Self::File(path, error) => write!(f, "the keyring {}: {error}", path.display()),
            Self::Lock(path, error) => write!(f, "the lock {}: {error}", path.display()),
            Self::Line(path, line) => write!(
                f,
                "the keyring {}, line {line}: not a key; expected a name, a blank and {} digits in hexadecimal",
                path.display(),
                2 * SECRET_BYTES
            ),
            Self::Count(path, count) => write!(
                f,
                "the keyring {} has {count} keys; expected 1 to {KEYS_MAX}. Restore it from a backup: without \
                 its keys no PIN can be checked",
                path.display()
            ),
            Self::Open(path, mode) => write!(
                f,
                "the keyring {} has mode {mode:03o}, and others may read it; expected `chmod 600`, and new keys \
                 with `attendant directory rotate-key`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for KeyringError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) | Self::Lock(_, error) => Some(error),
            Self::Missing(_) | Self::Line(..) | Self::Count(..) | Self::Open(..) => None,
        }
    }
}

/// The content of the file.
pub(super) struct Read {
    pub(super) keys: Vec<Arc<Key>>,
    /// The state of the file at that time; `None` if it did not exist.
    pub(super) look: Option<FileStamp>,
    /// Whether a directory belongs to the keys.
    pub(super) owns: bool,
}

/// Identifies one version of a file. The file is replaced by a rename, never overwritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
    number: u64,
}

impl Read {
    pub(super) fn of(path: &Path) -> Result<Self, KeyringError> {
        let failed = |error: io::Error| {
            if error.kind() == io::ErrorKind::NotFound {
                KeyringError::Missing(path.to_owned())
            } else {
                KeyringError::File(path.to_owned(), error)
            }
        };
        // Looked at before it is read: a replacement is seen the next time.
        let look = FileStamp::at(path).map_err(failed)?;
        let text = files::read_text(path, FILE_BYTES_MAX).map_err(|error| failed(error.into()))?;
        let text = Zeroizing::new(text);
        nobody_else_reads(path)?;
        let owns = text.lines().any(|line| line.trim() == OWNS);
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let key = Key::read(line).ok_or_else(|| KeyringError::Line(path.to_owned(), number))?;
                keys.push(Arc::new(key));
            }
        }
        if !(1..=KEYS_MAX).contains(&keys.len()) {
            return Err(KeyringError::Count(path.to_owned(), keys.len()));
        }
        Ok(Self { keys, look: Some(look), owns })
    }
}

impl FileStamp {
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let (modified, length) = (metadata.modified().ok(), metadata.len());
        Ok(Self { modified, length, number: file_number(&metadata) })
    }
}

#[cfg(unix)]
fn file_number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn file_number(_: &Metadata) -> u64 {
    0
}

/// Writes a file of mode 0600 beside it, and puts it in its place in one step, which outlives a failing power.
pub(super) fn write(path: &Path, keys: &[Arc<Key>], owns: bool) -> Result<(), KeyringError> {
    let failed = |error| KeyringError::File(path.to_owned(), error);
    let mut text = Zeroizing::new(HEADER.to_owned());
    if owns {
        text.push_str(&format!("{OWNS}\n"));
    }
    for key in keys {
        let secret = Zeroizing::new(hex(&*key.secret));
        text.push_str(&format!("{} {}\n", key.id, &*secret));
    }
    let beside = beside(path, &format!("{}{UNFINISHED}", entropy::token()));
    let mut file = private(OpenOptions::new().write(true).create_new(true), &beside).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| fs::rename(&beside, path));
    if placed.is_err() {
        // It holds keys, and nobody would look for it.
        let _not_there = fs::remove_file(&beside);
    }
    placed.and_then(|()| sync_folder_of(path)).map_err(failed)
}

/// Removes the unfinished files of programs that were killed while writing a keyring: they contain keys. The caller
/// holds the lock, so that nobody writes one now.
pub(in crate::store) fn sweep(path: &Path) {
    for unfinished in unfinished(path) {
        if let Err(error) = fs::remove_file(&unfinished) {
            tracing::warn!(target: "attendant::directory", %error, file = %unfinished.display(), "an unfinished keyring stays, with keys in it");
        }
    }
}

/// The files that were being written beside a keyring.
pub(super) fn unfinished(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_one = |file: &fs::DirEntry| {
        let called = file.file_name();
        let token = called.to_str().and_then(|called| called.strip_prefix(name)?.strip_prefix('.'));
        let token = token.and_then(|token| token.strip_suffix(UNFINISHED));
        token.is_some_and(|token| unhex(token).is_some_and(|token| token.len() == entropy::TOKEN_BYTES))
    };
    files.filter(is_one).map(|file| file.path()).collect()
}

/// Holds a lock beside this file until it is dropped, the process that holds it killed or not.
pub(in crate::store) fn lock(path: &Path) -> Result<File, KeyringError> {
    let failed = |error| KeyringError::File(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        make_folder(folder).map_err(failed)?;
    }
    let lock = beside(path, "lock");
    let locked = lock_file(&lock).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| KeyringError::Lock(lock, error))
}

#[cfg(unix)]
fn nobody_else_reads(path: &Path) -> Result<(), KeyringError> {
    let metadata = fs::metadata(path).map_err(|error| KeyringError::File(path.to_owned(), error))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyringError::Open(path.to_owned(), mode)) }
}

#[cfg(not(unix))]
fn nobody_else_reads(_: &Path) -> Result<(), KeyringError> {
    Ok(())
}
