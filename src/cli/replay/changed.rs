//! `--changed-since`: the scenarios whose files have changed in git.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::exit::CliError;
use crate::scenario::collection::Suite;

/// Returns the files of a suite, as places in [`Suite::files`], that have changed since a revision, or include one that has:
/// what was committed on this branch since it left that revision, what was not, and what git does not know.
pub(super) fn changed_since(revision: &str, suite: &Suite) -> Result<BTreeSet<usize>, CliError> {
    let top =
        PathBuf::from(git(Path::new("."), ["rev-parse", "--show-toplevel"])?.trim_end_matches(['\r', '\n']));
    let top = fs::canonicalize(&top).unwrap_or(top);
    let commit = format!("{revision}^{{commit}}");
    let commit = git(&top, ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|_| CliError::bad(format!("error: git knows no revision `{revision}` here")))?;
    let commit = commit.trim_end();
    // Without a common ancestor, as in a shallow clone, everything that differs counts.
    let base = git(&top, ["merge-base", commit, "HEAD"]).unwrap_or_default();
    let base = if base.is_empty() { commit } else { base.trim_end() };
    let changed = git(&top, ["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base, "--"])?;
    let unknown = git(&top, ["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = changed.split('\0').chain(unknown.split('\0')).filter(|name| !name.is_empty());
    let changed: BTreeSet<PathBuf> = names.map(|name| top.join(name)).collect();
    let has_changed =
        |place: &usize| suite.files[*place].sources.paths().any(|path| is_among(Path::new(path), &changed));
    Ok((0..suite.files.len()).filter(has_changed).collect())
}

/// Returns whether a path, or what it links to, is one of these.
fn is_among(path: &Path, changed: &BTreeSet<PathBuf>) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let itself = fs::canonicalize(folder).ok().zip(path.file_name()).map(|(folder, name)| folder.join(name));
    itself.is_some_and(|path| changed.contains(&path))
        || fs::canonicalize(path).is_ok_and(|path| changed.contains(&path))
}

/// Runs git in a folder; what it prints.
fn git<const N: usize>(folder: &Path, arguments: [&str; N]) -> Result<String, CliError> {
    let wrong = |why: &str| CliError::bad(format!("error: --changed-since: {why}"));
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments.map(OsStr::new));
    let ended = command.output().map_err(|error| wrong(&format!("git cannot be run: {error}")))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(wrong(said.lines().next().unwrap_or("git failed")));
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
