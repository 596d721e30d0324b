//! The file of a SQLite database, which has one name as long as it is open.
//!
//! SQLite keeps its write-ahead log beside the name by which a file was opened. Under a second name, a hard link or a
//! bind mount of the file, it keeps a second log, and what is written under one of them is lost. So a file with two names
//! is refused, and a bridge holds a lock on the file itself beside the one that is named like it: a process that finds
//! only the first has come by another name.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tokio::time::sleep;

use super::super::durable::{NO_FOLLOW, beside};

/// Number of tries, and the pause between them, to find a bridge that serves the file under this name: longer than it
/// takes to make a lock again that somebody cleared away.
const SERVED_TRIES: (u32, Duration) = (15, Duration::from_millis(100));

/// Why a file is not used.
#[derive(Debug)]
pub enum NameError {
    /// It has another name, a hard link.
    Linked(PathBuf),
    /// Its name is a bind mount.
    Mounted(PathBuf),
    /// A bridge serves it under another name.
    ServedElsewhere(PathBuf),
    /// It was removed or renamed since it was opened.
    Removed(PathBuf),
    /// Another file has its name since it was opened.
    Replaced(PathBuf),
    /// It cannot be looked at.
    Io(PathBuf, io::Error),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linked(path) => write!(
                f,
                "{} has a second name (a hard link), and SQLite would lose what is written under one of them; remove \
                 the other name, or make a copy with `cp`",
                path.display()
            ),
            Self::Mounted(path) => write!(
                f,
                "{} is a bind mount of a file, and SQLite would lose what is written under one of its names; mount its \
                 folder instead",
                path.display()
            ),
            Self::ServedElsewhere(path) => write!(
                f,
                "a bridge serves the file {} under another name (a hard link or a bind mount), and SQLite would lose what \
                 is written under one of them; use that name",
                path.display()
            ),
            Self::Removed(path) => write!(
                f,
                "{} was removed or renamed while in use; nothing is written any more, because it would be lost",
                path.display()
            ),
            Self::Replaced(path) => write!(
                f,
                "{} was replaced by another file while in use; nothing is written any more, because it would be lost",
                path.display()
            ),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for NameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::Linked(_)
            | Self::Mounted(_)
            | Self::ServedElsewhere(_)
            | Self::Removed(_)
            | Self::Replaced(_) => None,
        }
    }
}

/// A file that is open, beside the connections of SQLite: its own descriptor is opened before theirs and closed with the
/// store, for closing it takes away the locks that this process has on the file.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    file: File,
    id: (u64, u64),
}

impl DatabaseFile {
    /// Opens the file of this canonical path, if the path is its one name.
    pub(super) async fn open(path: &Path) -> Result<Self, NameError> {
        let failed = |error| NameError::Io(path.to_owned(), error);
        let file = File::open(path).map_err(failed)?;
        let id = id(&file.metadata().map_err(failed)?);
        let opened = Self { path: path.to_owned(), file, id };
        opened.check()?;
        if is_mount(path).map_err(failed)? {
            return Err(NameError::Mounted(path.to_owned()));
        }
        opened.is_served_under_this_name().await?;
        Ok(opened)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks whether the path still names the file, and nothing else does.
    pub(super) fn check(&self) -> Result<(), NameError> {
        match fs::metadata(&self.path) {
            Ok(named) if id(&named) != self.id => Err(NameError::Replaced(self.path.clone())),
            Ok(named) if named.nlink() > 1 => Err(NameError::Linked(self.path.clone())),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(NameError::Removed(self.path.clone()))
            }
            Err(error) => Err(NameError::Io(self.path.clone(), error)),
        }
    }

    /// Returns whether the path names no file or another one: what is written is lost.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.check(), Err(NameError::Removed(_) | NameError::Replaced(_)))
    }

    /// The holder of the lock on the file also holds the one beside its name, if it was opened by this name.
    async fn is_served_under_this_name(&self) -> Result<(), NameError> {
        let (times, pause) = SERVED_TRIES;
        for _ in 0..times {
            if !is_locked(&self.file) {
                return Ok(());
            }
            let lock =
                OpenOptions::new().read(true).custom_flags(NO_FOLLOW).open(beside(&self.path, "serve"));
            if lock.is_ok_and(|lock| is_locked(&lock)) {
                return Ok(());
            }
            sleep(pause).await;
        }
        Err(NameError::ServedElsewhere(self.path.clone()))
    }

    /// Takes the lock on the file itself, if nobody has it.
    pub(super) fn try_serve(self: &Arc<Self>) -> io::Result<Option<Served>> {
        match self.file.try_lock() {
            Ok(()) => Ok(Some(Served(Arc::clone(self)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The lock on a file that a bridge serves.
#[derive(Debug)]
pub(super) struct Served(Arc<DatabaseFile>);

impl Served {
    pub(super) fn check(&self) -> Result<(), NameError> {
        self.0.check()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It goes with the descriptor at the latest.
        let _not_held = self.0.file.unlock();
    }
}

/// Returns whether somebody else holds a lock on it. A file system without locks has none.
fn is_locked(file: &File) -> bool {
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => true,
        Ok(()) | Err(TryLockError::Error(_)) => {
            let _not_held = file.unlock();
            false
        }
    }
}

fn id(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Returns whether something is mounted at this very path.
#[cfg(target_os = "linux")]
fn is_mount(path: &Path) -> io::Result<bool> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS)?;
    Ok(found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(not(target_os = "linux"))]
fn is_mount(_: &Path) -> io::Result<bool> {
    Ok(false)
}
