//! Mail as files: a maildir (<https://cr.yp.to/proto/maildir.html>) of `.eml` files that any mail program opens.
//!
//! The files hold PINs: they and the folders are their owner's alone. A file is named after its mail, so that one
//! that is delivered twice, since its worker was killed before it could settle, is there once.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::SendError;
use crate::store::durable::sync_folder;

/// The folders of a maildir: written here, complete here, and moved here by the reader.
const FOLDERS: [&str; 3] = ["tmp", "new", "cur"];

/// How the name of a mail's file ends, before flags.
const SUFFIX: &str = ".eml";

/// A folder of mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Maildir {
    folder: PathBuf,
}

impl Maildir {
    /// Mails in this folder, which is made when the first comes.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a mail in, whole or not at all, and answers where it is. It blocks while it writes.
    ///
    /// # Errors
    /// The folder cannot be written: that may pass.
    pub fn deliver(&self, message_id: &str, at: i64, bytes: &[u8]) -> Result<PathBuf, SendError> {
        let failed = |error: io::Error| SendError::Later(format!("{}: {error}", self.folder.display()));
        self.put(&file_name(message_id, at), bytes).map_err(failed)
    }

    /// Removes the files of these mails, each given by its message ID and when it was put in: read or not, and what a
    /// killed worker left half written. Answers how many there were. It blocks while it does.
    ///
    /// # Errors
    /// A folder cannot be read, or a file not be removed; says which.
    pub fn remove(&self, mails: &[(String, i64)]) -> Result<usize, String> {
        let names: BTreeSet<String> = mails.iter().map(|(id, at)| file_name(id, *at)).collect();
        let mut removed = 0;
        for folder in FOLDERS.map(|folder| self.folder.join(folder)) {
            let failed = |error: io::Error| format!("{}: {error}", folder.display());
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                let found = entry.file_name();
                if found.to_str().and_then(name_in).is_some_and(|name| names.contains(name)) {
                    fs::remove_file(entry.path()).map_err(failed)?;
                    removed += 1;
                }
            }
            sync_folder(&folder).map_err(failed)?;
        }
        Ok(removed)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        make_private_folder(&self.folder)?;
        for folder in FOLDERS {
            make_private_folder(&self.folder.join(folder))?;
        }
        // A mail program that has read it keeps its name and adds `:2,S`.
        if let Some(read) = find(&self.folder.join("cur"), name)? {
            return Ok(read);
        }
        let unfinished = self.folder.join("tmp").join(format!("{name}.{}", std::process::id()));
        let finished = self.folder.join("new").join(name);
        let written =
            write_private_file(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &finished));
        if let Err(error) = written {
            let _was_not_there = fs::remove_file(&unfinished);
            return Err(error);
        }
        sync_folder(&self.folder.join("new"))?;
        Ok(finished)
    }
}

/// The name of a mail's file: the same for the same mail. Files are in the order of their mails.
fn file_name(message_id: &str, at: i64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let id: String = message_id.chars().map(plain).take(100).collect();
    format!("{at}.{id}{SUFFIX}")
}

/// The mail's own name in the name of a file, without what its reader or an unfinished write added.
fn name_in(found: &str) -> Option<&str> {
    let before = found.find(SUFFIX)?;
    found.get(..before + SUFFIX.len())
}

/// The file of this name, whatever flags were added to it.
fn find(folder: &Path, name: &str) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(name) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn write_private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
