//! A temporary folder for the directories of cases.

use std::path::{Path, PathBuf};

/// A folder of this process alone. It is removed with all that is in it.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("attendant-replay-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the way of nobody.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
