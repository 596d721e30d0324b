//! The cases that failed when they were last played, kept in the current folder.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::files::{self, FileError};

/// The folder of the program's own notes.
const FOLDER: &str = ".attendant";

/// One case a line: its file, a tab, its name.
pub(super) const FILE: &str = ".attendant/last-failed";

/// The largest such file that is read, in bytes: a hundred thousand cases with long names.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The cases that failed, by file and name.
#[derive(Debug, Default)]
pub(super) struct LastFailed {
    names: BTreeSet<String>,
}

impl LastFailed {
    /// Reads them; there are none before the first failure.
    pub(super) fn read() -> io::Result<Self> {
        match files::read_text(Path::new(FILE), FILE_BYTES_MAX) {
            Ok(text) => Ok(Self { names: text.lines().map(str::to_owned).collect() }),
            Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn into_names(self) -> BTreeSet<String> {
        self.names
    }

    /// Takes in how a case went. Cases that are not played keep what was known of them.
    pub(super) fn note(&mut self, case: String, failed: bool) {
        if failed {
            self.names.insert(case);
        } else {
            self.names.remove(&case);
        }
    }

    /// Keeps them. Where nothing has ever failed, nothing is written.
    pub(super) fn write(&self) -> io::Result<()> {
        if self.names.is_empty() {
            return if Path::new(FILE).exists() { fs::remove_file(FILE) } else { Ok(()) };
        }
        fs::create_dir_all(FOLDER)?;
        let mut text = String::new();
        for name in &self.names {
            text.push_str(name);
            text.push('\n');
        }
        fs::write(FILE, text)
    }
}
