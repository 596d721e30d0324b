//! From paths to the scenario files that they mean.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::glob::{fits, is_pattern, without_braces};
use crate::files;
use crate::scenario::limits::FILE_BYTES_MAX;
use crate::scenario::profiles::is_profile;

/// The scenario files at these paths: files as they are named, folders with all below them, sorted, and what fits a pattern
/// such as `scenarios/**/pin-*.yaml`. In a folder, files that start with `_` are for `include`, and those that start with `.`
/// are not ours; neither is played.
///
/// # Errors
/// Every path that leads nowhere or cannot be read.
pub fn scenario_files(paths: &[PathBuf]) -> Result<Vec<String>, Vec<String>> {
    Walk::default().all(paths)
}

/// The same with the profiles that are there.
///
/// # Errors
/// Every path that leads nowhere or cannot be read.
pub fn scenario_and_profile_files(paths: &[PathBuf]) -> Result<Vec<String>, Vec<String>> {
    Walk { with_profiles: true, ..Walk::default() }.all(paths)
}

/// Returns whether a file is a profile. What can be read only once, as a pipe, is none.
#[must_use]
pub fn is_profile_file(path: &Path) -> bool {
    path.is_file() && files::read_text(path, FILE_BYTES_MAX as u64).is_ok_and(|text| is_profile(&text))
}

/// The file and the line of `story.yaml:18` or `story.yaml:18:9`, as reports name the place of a failure, if there is such a
/// file.
#[must_use]
pub fn file_and_line(path: &Path) -> Option<(PathBuf, usize)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut text = path.to_str()?;
    for _ in 0..2 {
        let (file, number) = text.rsplit_once(':')?;
        if !is_number(number) {
            return None;
        }
        if Path::new(file).is_file() {
            return Some((file.into(), number.parse().ok()?));
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
    /// Whether profiles in folders are taken too.
    with_profiles: bool,
}

impl Walk {
    /// What these paths lead to.
    fn all(mut self, paths: &[PathBuf]) -> Result<Vec<String>, Vec<String>> {
        for path in paths {
            match fs::metadata(path) {
                Ok(data) if data.is_dir() => self.folder(path),
                Ok(_) => self.file(path),
                Err(error) => match (file_and_line(path), path.to_str()) {
                    (Some((file, _)), _) => self.file(&file),
                    (None, Some(pattern)) if is_pattern(pattern) => self.pattern(pattern),
                    (None, _) => self.wrong.push(format!("{}: {error}", path.display())),
                },
            }
        }
        if self.wrong.is_empty() { Ok(self.found) } else { Err(self.wrong) }
    }

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
        for (name, path, is_folder) in self.entries(folder) {
            if name.starts_with(['.', '_']) {
                continue;
            }
            if is_folder {
                self.folder(&path);
            } else if is_scenario(&path) && (self.with_profiles || !is_profile_file(&path)) {
                self.file(&path);
            }
        }
    }

    /// The entries of a folder in the order of their names, with whether each is a folder itself.
    fn entries(&mut self, folder: &Path) -> Vec<(String, PathBuf, bool)> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match fs::read_dir(here).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(mut entries) => {
                entries.sort_by_key(fs::DirEntry::file_name);
                let described = entries.into_iter().map(|entry| {
                    let name = entry.file_name();
                    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    (name.to_string_lossy().into_owned(), folder.join(name), is_folder)
                });
                described.collect()
            }
            Err(error) => {
                self.wrong.push(format!("{}: {error}", here.display()));
                Vec::new()
            }
        }
    }

    /// Adds what fits a pattern, in the order of its paths.
    fn pattern(&mut self, pattern: &str) {
        let mut found = BTreeSet::new();
        for pattern in without_braces(pattern) {
            let root = if pattern.starts_with('/') { "/" } else { "" };
            let mut parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
            parts.dedup_by(|one, other| *one == "**" && *other == "**");
            self.fitting(Path::new(root), &parts, &mut found);
        }
        if found.is_empty() {
            self.wrong.push(format!("{pattern}: no scenario file fits this pattern"));
        }
        for path in found {
            if path.is_dir() {
                self.folder(&path);
            } else if self.with_profiles || !is_profile_file(&path) {
                self.file(&path);
            }
        }
    }

    /// Collects the files and folders below a folder that fit the parts of a pattern.
    fn fitting(&mut self, folder: &Path, parts: &[&str], found: &mut BTreeSet<PathBuf>) {
        let Some((part, rest)) = parts.split_first() else {
            found.insert(folder.to_owned());
            return;
        };
        if !is_pattern(part) {
            let path = folder.join(part);
            if path.is_dir() || (rest.is_empty() && path.is_file()) {
                self.fitting(&path, rest, found);
            }
            return;
        }
        if *part == "**" {
            self.fitting(folder, rest, found);
        }
        for (name, path, is_folder) in self.entries(folder) {
            // What no folder brings, a pattern brings only if it says so.
            let is_hidden = name.starts_with(['.', '_']) && !part.starts_with(['.', '_']);
            if is_hidden || !fits(part, &name) {
                continue;
            }
            if *part == "**" {
                if is_folder {
                    self.fitting(&path, parts, found);
                }
            } else if is_folder || (rest.is_empty() && is_scenario(&path)) {
                self.fitting(&path, rest, found);
            }
        }
    }
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml")
}
