//! Mail as files: a maildir (<https://cr.yp.to/proto/maildir.html>) of `.eml` files that any mail program opens.
//!
//! The files hold PINs: they and the folders are their owner's alone. A file is named after its mail, so that one
//! that is delivered twice, since its worker was killed before it could settle, is there once.

use std::collections::{BTreeMap, BTreeSet};
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

    /// Removes the files of these names: read or not, and what a killed worker left half written. It blocks while it does.
    pub(super) fn remove(&self, names: &BTreeSet<String>) -> Taken {
        let mut taken = Taken::default();
        for folder in FOLDERS.map(|folder| self.folder.join(folder)) {
            if let Err(error) = remove_in(&folder, names, &mut taken) {
                // Any of them may be there still.
                let why = format!("{}: {error}", folder.display());
                taken.left.extend(names.iter().map(|name| (name.clone(), why.clone())));
            }
        }
        taken
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

/// What became of files that were to be removed.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// How many were removed.
    pub(super) files: usize,
    /// The names of those that may be there still, each with the reason.
    pub(super) left: BTreeMap<String, String>,
}

/// Removes the files of these names from one of a maildir's folders, if it is there. An error is the folder's own.
fn remove_in(folder: &Path, names: &BTreeSet<String>, taken: &mut Taken) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let found = entry.file_name();
        let Some(name) = found.to_str().and_then(name_in).filter(|name| names.contains(*name)) else {
            continue;
        };
        match fs::remove_file(entry.path()) {
            Ok(()) => taken.files += 1,
            Err(error) => {
                let why = format!("{}: {error}", entry.path().display());
                taken.left.insert(name.to_owned(), why);
            }
        }
    }
    sync_folder(folder)
}

/// The name of a mail's file: the same for the same mail. Files are in the order of their mails.
pub(super) fn file_name(message_id: &str, at: i64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_is_removed_takes_its_file_read_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = Maildir::new(folder.path().join("mail"));
        let remove = |mails: &[(&str, i64)]| {
            let taken = maildir.remove(&mails.iter().map(|(id, at)| file_name(id, *at)).collect());
            assert!(taken.left.is_empty(), "{taken:?}");
            taken.files
        };
        assert_eq!(remove(&[("a1@contoso.com", 7)]), 0, "no mail came yet");
        let deliver = |id| maildir.deliver(id, 7, b"PIN: 27182").unwrap();
        let [_, read, _] = ["a1@contoso.com", "b2@contoso.com", "c3@contoso.com"].map(deliver);
        fs::rename(read, maildir.folder().join("cur/7.b2-contoso-com.eml:2,S")).unwrap();
        // What a worker left that was killed while it wrote.
        fs::write(maildir.folder().join("tmp/7.a1-contoso-com.eml.4711"), "PIN: 27").unwrap();
        assert_eq!(remove(&[("a1@contoso.com", 7), ("b2@contoso.com", 7), ("c3@contoso.com", 8)]), 3);
        let files = |name| {
            let entries = fs::read_dir(maildir.folder().join(name)).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let left = ["new", "cur", "tmp"].map(files);
        assert_eq!(left, [vec!["7.c3-contoso-com.eml".to_owned()], vec![], vec![]]);
    }
}
