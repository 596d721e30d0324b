//! From paths to the scenario files that they mean.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The scenario files at these paths: files as they are named, folders with all below them, sorted. In a folder,
/// files that start with `_` are for `include`, and those that start with `.` are not ours; neither is played.
///
/// # Errors
/// Every path that leads nowhere or cannot be read.
pub fn scenario_files(paths: &[PathBuf]) -> Result<Vec<String>, Vec<String>> {
    let mut walk = Walk::default();
    for path in paths {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => walk.folder(path),
            Ok(_) => walk.file(path),
            Err(error) => match without_place(path) {
                Some(file) => walk.file(&file),
                None => walk.wrong.push(format!("{}: {error}", path.display())),
            },
        }
    }
    if walk.wrong.is_empty() { Ok(walk.found) } else { Err(walk.wrong) }
}

/// The file of `story.yaml:18` or `story.yaml:18:9`, as reports name the place of a failure, if there is one.
fn without_place(path: &Path) -> Option<PathBuf> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut text = path.to_str()?;
    for _ in 0..2 {
        let (file, number) = text.rsplit_once(':')?;
        if !is_number(number) {
            return None;
        }
        if Path::new(file).is_file() {
            return Some(file.into());
        }
        text = file;
    }
    None
}

#[derive(Default)]
struct Walk {
    found: Vec<String>,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Walk {
    fn file(&mut self, path: &Path) {
        let Some(text) = path.to_str() else {
            self.wrong.push(format!("{}: the name is not UTF-8", path.display()));
            return;
        };
        let text = text.trim_start_matches("./");
        if self.seen.insert(text.to_owned()) {
            self.found.push(text.to_owned());
        }
    }

    /// Goes through a folder in the order of its names. Links to folders are not followed: they could lead back.
    fn folder(&mut self, folder: &Path) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.wrong.push(format!("{}: {error}", folder.display()));
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            if name.to_string_lossy().starts_with(['.', '_']) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.folder(&path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                self.file(&path);
            }
        }
    }
}
