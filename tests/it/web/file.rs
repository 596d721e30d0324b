//! The file of a directory has one name, and stays where it is, as long as a bridge serves it.

use std::fs;

use super::live::Program;
use super::{AMOS, Served};
use crate::disk::Disk;

const KEYRING: &str = "-o directory.keyring=d/users.db.keyring";

/// What a command says that is refused.
#[track_caller]
fn refused(served: &Served, line: &str) -> String {
    let ended = served.stage.attendant(line);
    assert_eq!(ended.code, 1, "{line}: {ended:?}");
    ended.err
}

#[test]
fn a_bind_mount_of_the_file_is_no_second_directory() {
    let served = Served::start();
    let mount = Disk::second_name(&served.stage, "e/users.db", "d/users.db");
    let named = format!("--directory e/users.db {KEYRING}");
    for said in [
        served.second_start(&named),
        refused(&served, &format!("users enable {AMOS} {named}")),
        refused(&served, &format!("audit verify {named}")),
    ] {
        assert!(said.contains("e/users.db is a bind mount of a file"), "{said}");
    }
    assert!(!served.stage.path().join("e/users.db-wal").exists(), "no second log");
    served.attendant(&format!("users enable {AMOS}"));
    drop(mount);
    assert!(served.attendant("users list").out.contains(AMOS));
}

#[test]
fn a_command_by_another_name_than_the_bridge_s_is_refused() {
    let served = Served::start();
    let (own, other) = (served.stage.path().join("d/users.db"), served.stage.path().join("d/other.db"));
    let named = format!("--directory d/other.db {KEYRING}");
    fs::hard_link(&own, &other).unwrap();
    let linked = refused(&served, &format!("users enable {AMOS} {named}"));
    assert!(linked.contains("other.db has a second name (a hard link)"), "{linked}");
    let own_name = refused(&served, &format!("users enable {AMOS} --directory d/users.db"));
    assert!(own_name.contains("users.db has a second name (a hard link)"), "{own_name}");
    fs::remove_file(&own).unwrap();
    let renamed = refused(&served, &format!("users enable {AMOS} {named}"));
    assert!(renamed.contains("a bridge serves the file") && renamed.contains("other.db"), "{renamed}");
}

#[test]
fn a_new_link_stops_writes_until_it_is_gone() {
    let served = Served::start();
    let program = Program::new(&served);
    program.enable();
    let bearer = format!("Bearer {}", program.token);
    let reset = || {
        let path = format!("/api/v1/users/{AMOS}/reset-pin");
        served.status("POST", &path, &[("authorization", &bearer)])
    };
    let (own, other) = (served.stage.path().join("d/users.db"), served.stage.path().join("other.db"));
    fs::hard_link(own, &other).unwrap();
    served.until_log(|log| log.contains("has a second name (a hard link)"));
    let unready = served.within_2_s("/readyz");
    assert!(unready.status == 503 && unready.text.contains("second name"), "{}", unready.text);
    assert_eq!(reset(), Some(503));
    fs::remove_file(other).unwrap();
    assert_eq!(served.within_2_s("/readyz").text, "ready\n");
    assert_eq!(reset(), Some(200));
    served.attendant("audit verify");
}

#[test]
fn a_database_that_is_removed_or_replaced_is_written_no_more() {
    for (replaced, told) in [(false, "users.db was removed or renamed"), (true, "users.db was replaced")] {
        let served = Served::start();
        let program = Program::new(&served);
        program.enable();
        let own = served.stage.path().join("d/users.db");
        if replaced {
            let copy = served.stage.path().join("copy.db");
            fs::copy(&own, &copy).unwrap();
            fs::rename(copy, &own).unwrap();
        } else {
            fs::remove_file(&own).unwrap();
        }
        let bearer = format!("Bearer {}", program.token);
        let path = format!("/api/v1/users/{AMOS}/reset-pin");
        assert_eq!(served.status("POST", &path, &[("authorization", &bearer)]), Some(503), "{told}");
        let unready = served.within_2_s("/readyz");
        assert!(unready.status == 503 && unready.text.contains(told), "{}", unready.text);
        let (code, log) = served.until_ended();
        let sentence = log.lines().last().unwrap();
        assert!(code == 1 && sentence.contains(told), "{code} {log}");
        assert!(sentence.contains("all calls here have ended"), "{log}");
    }
}
