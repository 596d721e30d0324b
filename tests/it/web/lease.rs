//! One bridge for one directory, told with real processes.

use std::fs;

use attendant::store::sql::Location;
use rustix::process::Signal;

use super::live::Program;
use super::{AMOS, Served};
use crate::bounded::until;
use crate::disk::Disk;
use crate::postgres;
use crate::stage::Stage;

const FILE: &str = "--directory d/users.db";

/// A new database, as it is named on the command line.
fn database() -> String {
    match postgres::database() {
        Location::Postgres(url) => format!("--directory {url}"),
        Location::File(path) => panic!("{path:?}"),
    }
}

#[track_caller]
fn names(said: &str, first: &Served) {
    let process = format!("process {} on ", first.process());
    let told = said.contains("another bridge serves this directory") && said.contains(&process);
    assert!(told && said.contains(&first.url), "{said}");
}

#[test]
fn a_second_bridge_on_a_file_is_refused_and_told_of_the_first() {
    let first = Served::start();
    names(&first.second_start(FILE), &first);
    first.attendant(&format!("users enable {AMOS}"));
    assert_eq!(first.get("/readyz").status, 200, "the first goes on");
}

#[test]
fn a_second_bridge_on_postgresql_names_the_first() {
    let url = database();
    let first = Served::on(Stage::with(&[]), &url, "", &[]);
    names(&first.second_start(&url), &first);
    first.attendant(&format!("users enable {AMOS}"));
    assert_eq!(first.get("/readyz").status, 200, "the first goes on");
}

#[cfg(unix)]
#[test]
fn a_file_of_two_names_is_one_directory() {
    let first = Served::start();
    let stage = first.stage.path();
    std::os::unix::fs::symlink(stage.join("d"), stage.join("e")).unwrap();
    std::os::unix::fs::symlink(stage.join("d/users.db"), stage.join("link.db")).unwrap();
    for directory in ["e/users.db", "link.db", "d/../d/users.db"] {
        let named = format!("--directory {directory} -o directory.keyring=d/users.db.keyring");
        names(&first.second_start(&named), &first);
    }
    fs::hard_link(stage.join("d/users.db"), stage.join("hard.db")).unwrap();
    let said = first.second_start("--directory hard.db -o directory.keyring=d/users.db.keyring");
    assert!(said.contains("hard.db has a second name (a hard link)"), "{said}");
}

#[test]
fn a_file_whose_lock_was_cleared_away_still_has_one_bridge() {
    let first = Served::start();
    let lock = first.stage.path().join("d/users.db.serve");
    fs::remove_file(&lock).unwrap();
    until("the lock is made again", || lock.exists());
    names(&first.second_start(FILE), &first);
}

#[test]
fn a_lock_on_a_full_disk_keeps_others_out_without_a_name() {
    let stage = Stage::with(&[]);
    let disk = Disk::mount(&stage, "d", 4_096);
    let first = Served::with(stage, "");
    let lock = first.stage.path().join("d/users.db.serve");
    first.signal(Signal::STOP);
    fs::remove_file(&lock).unwrap();
    disk.fill();
    first.signal(Signal::CONT);
    first.until_log(|log| log.contains("the lock of the directory does not say who holds it"));
    assert_eq!(fs::read_to_string(&lock).unwrap(), "");
    disk.free();
    let refused = first.second_start(FILE);
    assert!(refused.contains("another bridge serves this directory: an unknown process"), "{refused}");
    first.attendant(&format!("users enable {AMOS}"));
    assert_eq!(first.get("/readyz").status, 200, "the first goes on");
    let stage = first.kill();
    drop(disk);
    drop(stage);
}

#[test]
fn after_kill_9_a_file_is_served_again_at_once() {
    let stage = Served::start().kill();
    let again = Served::with(stage, "");
    assert_eq!(again.get("/readyz").status, 200);
}

#[test]
fn after_kill_9_a_database_is_served_again() {
    let url = database();
    let stage = Served::on(Stage::with(&[]), &url, "", &[]).kill();
    let again = Served::on(stage, &url, "", &[]);
    assert_eq!(again.get("/readyz").status, 200);
}

#[test]
fn a_bridge_that_ended_in_good_order_is_not_waited_for() {
    let url = database();
    let first = Served::on(Stage::with(&[]), &url, "", &[]);
    let stage = Stage::with(&[]);
    copy_keyring(&first.stage, &stage);
    let (code, log) = first.interrupt();
    assert_eq!(code, 0, "{log}");
    let again = Served::on(stage, &url, "", &[("RUST_LOG", "attendant=debug")]);
    assert!(!again.log().contains("the lease of the directory is held"), "{}", again.log());
}

#[test]
fn a_bridge_that_lost_its_lease_while_asleep_exits() {
    let url = database();
    let asleep = Served::on(Stage::with(&[]), &url, "", &[]);
    asleep.signal(Signal::STOP);
    let stage = Stage::with(&[]);
    copy_keyring(&asleep.stage, &stage);
    let other = Served::on(stage, &url, "", &[]);
    asleep.signal(Signal::CONT);
    let (code, log) = asleep.until_ended();
    let sentence = format!(
        "ERROR attendant::service: another bridge has taken over this directory: process {} on",
        other.process()
    );
    assert!(
        code == 1 && log.contains(&sentence) && log.contains("all calls here have ended"),
        "{code} {log}"
    );
    assert_eq!(other.get("/readyz").status, 200);
    names(&other.second_start(&url), &other);
}

#[test]
fn a_row_that_somebody_deleted_is_made_again() {
    let url = database();
    let first = Served::on(Stage::with(&[]), &url, "", &[]);
    let program = Program::new(&first);
    program.enable();
    let bearer = format!("Bearer {}", program.token);
    postgres::execute(url.strip_prefix("--directory ").unwrap(), "DELETE FROM lease");
    let reset = format!("/api/v1/users/{AMOS}/reset-pin");
    until("resets go on", || first.status("POST", &reset, &[("authorization", &bearer)]) == Some(200));
    names(&first.second_start(&url), &first);
}

#[test]
fn commands_work_beside_a_bridge_on_a_database() {
    let url = database();
    let first = Served::on(Stage::with(&[]), &url, "", &[]);
    first.attendant(&format!("users enable {AMOS}"));
    assert!(first.attendant("users list").out.contains(AMOS));
}

/// The keys of a database are in the folder of a stage.
fn copy_keyring(from: &Stage, to: &Stage) {
    let keyring = "data/attendant/keyring";
    fs::create_dir_all(to.path().join("data/attendant")).unwrap();
    fs::copy(from.path().join(keyring), to.path().join(keyring)).unwrap();
}
