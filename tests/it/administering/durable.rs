//! What is on the disk when a command says that it is done: seen in the calls by which it asks the system for that.

use super::{HERE, does};
use crate::bounded;
use crate::stage::Stage;

/// Said where the program is missing: a test that cannot run has failed.
const SETUP: &str = "`.ci/test` installs strace";

/// The calls of a command that make and move files, and that wait for the disk.
#[track_caller]
fn calls(stage: &Stage, line: &str) -> Vec<String> {
    let mut strace = stage.program("strace");
    strace.args(["-f", "-y", "-o", "calls", "-e", "trace=fsync,rename,renameat,renameat2,mkdir"]);
    strace.arg(env!("CARGO_BIN_EXE_attendant")).args(line.split_whitespace()).args(HERE.split_whitespace());
    let ended = bounded::output(&mut strace).unwrap_or_else(|error| panic!("strace: {error}; {SETUP}"));
    assert!(ended.status.success(), "{line}: {ended:?}");
    stage.read("calls").lines().map(str::to_owned).collect()
}

/// Where the first of these calls is from this place on that succeeded.
#[track_caller]
fn after(place: usize, call: &str, of: &str, calls: &[String]) -> usize {
    let is_it = |line: &String| line.contains(call) && line.contains(of) && line.ends_with("= 0");
    let found = calls.iter().skip(place).position(is_it);
    place + found.unwrap_or_else(|| panic!("no {call} of {of} after line {place}: {}", calls.join("\n")))
}

#[test]
fn a_keyring_and_then_its_folder_are_synced() {
    let stage = Stage::with(&[]);
    does(&stage, "tenant set pin_length=9");
    let folder = std::fs::canonicalize(stage.path().join("d")).unwrap();
    let calls = calls(&stage, "directory rotate-key");
    let written = after(0, "fsync(", ".new>)", &calls);
    let renamed = after(written, "rename", ".new\", \"d/users.db.keyring\"", &calls);
    after(renamed, "fsync(", &format!("<{}>)", folder.display()), &calls);
}

#[test]
fn a_new_folder_is_on_the_disk_before_anything_in_it() {
    let stage = Stage::with(&[]);
    let above = std::fs::canonicalize(stage.path()).unwrap();
    let calls = calls(&stage, "users enable amos@contoso.com");
    let made = after(0, "mkdir(\"d\"", "", &calls);
    let synced = after(made, "fsync(", &format!("<{}>)", above.display()), &calls);
    assert!(synced < after(made, "rename", "users.db.keyring\"", &calls), "{calls:?}");
}
