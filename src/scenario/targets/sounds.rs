//! The files of a target's sounds: a name, or a pattern with one star in the name of the file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::media::wav;

/// Files that one pattern may name.
const FILES_MAX: usize = 100;

/// Returns the files that this names, relative to a folder, in the order of their names.
///
/// # Errors
/// There is none, or too many.
pub(super) fn files(folder: &Path, written: &str) -> Result<Vec<PathBuf>, String> {
    let path = folder.join(written);
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(format!("`{written}` names no file"));
    };
    let Some((before, after)) = name.split_once('*') else { return Ok(vec![path]) };
    let place = path.parent().unwrap_or(Path::new("."));
    let entries = fs::read_dir(place).map_err(|error| format!("{}: {error}", place.display()))?;
    let fits = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    let found = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(fits).take(FILES_MAX + 1);
    let mut found: Vec<PathBuf> = found.collect();
    match found.len() {
        0 => Err(format!("no file is called {}", path.display())),
        1..=FILES_MAX => {
            found.sort();
            Ok(found)
        }
        _ => Err(format!("more than {FILES_MAX} files are called {}", path.display())),
    }
}

/// Reads a sound as telephones carry it.
///
/// # Errors
/// The file cannot be read, or is no WAV that is understood.
pub(super) fn samples(file: &Path, is_loop: bool) -> Result<Vec<i16>, String> {
    let bytes = assets::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let read = if is_loop { wav::read_loop(&bytes) } else { wav::read(&bytes) };
    let samples = read.map_err(|error| format!("{}: {error}", file.display()))?;
    if samples.is_empty() { Err(format!("{} is empty", file.display())) } else { Ok(samples) }
}
