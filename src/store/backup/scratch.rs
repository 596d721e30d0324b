//! A folder that is made beside the place of what is to be there whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use super::super::durable::{make_folder, sync_folder, sync_folder_of};
use super::super::entropy::{self, unhex};

/// How the name of a folder begins and ends that is not complete.
const NAME: (&str, &str) = (".attendant-", ".unfinished");

/// A folder that only its owner may read, as long as this lives. Its lock tells others that somebody still works in it.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes one in this folder, which is made too if it is not there. What killed programs left there is removed: it may
    /// hold keys.
    pub(super) fn inside(folder: &Path) -> io::Result<Self> {
        make_folder(folder)?;
        let folder = fs::canonicalize(folder)?;
        sweep(&folder)?;
        let path = folder.join(format!("{}{}{}", NAME.0, entropy::token(), NAME.1));
        let options = &mut DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(options, 0o700);
        options.create(&path)?;
        let lock = File::open(&path)?;
        // On a file system without locks no other program removes it, and a killed one leaves it.
        let _unsupported = lock.try_lock();
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Gives the folder its name, with all that is in it on the disk.
    pub(super) fn become_folder(self, place: &Path) -> io::Result<()> {
        sync_folder(&self.path)?;
        fs::rename(&self.path, place)?;
        sync_folder_of(place)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Where it has its name, it is not there under this one.
        let _not_there = fs::remove_dir_all(&self.path);
    }
}

/// Removes the unfinished folders that nobody works in.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let token = name.to_str().and_then(|name| name.strip_prefix(NAME.0)?.strip_suffix(NAME.1));
        let is_one = token.and_then(unhex).is_some_and(|token| token.len() == entropy::TOKEN_BYTES);
        if is_one && entry.file_type()?.is_dir() && File::open(entry.path())?.try_lock().is_ok() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
