//! What the documents say is what the program does: links, commands, outputs, scenarios, and the files that the
//! program writes. `UPDATE_DOCS=1 cargo test --test it documents` writes them instead of comparing.

mod ci;
mod citations;
mod commands;
mod coverage;
mod links;
mod markdown;
mod outputs;
mod pictures;
mod team;
mod vocabulary;

use std::fs;
use std::path::{Path, PathBuf};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a file with what it should be, or writes it where that is asked for.
#[track_caller]
pub(super) fn is_current(path: &str, current: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root(path), current).unwrap();
    }
    let found = fs::read_to_string(root(path)).unwrap_or_default();
    assert!(found == current, "`just docs` writes {path}, which should be\n{current}");
}

/// Every file below a folder whose name ends so, as a path from the root.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
