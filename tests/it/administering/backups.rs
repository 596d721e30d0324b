//! Backups of a directory: whole or not there, and what comes back from them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::{AMOS, Disk, HERE, administer, does};
use crate::bounded;
use crate::postgres::{database, execute};
use crate::stage::{Ended, Stage};
use crate::stores::ids::BEFORE_IDS;

/// Said where the program is missing: a test that cannot run has failed.
const SETUP: &str = "`.ci/test` installs strace";

/// More calls of one kind than a backup or a restoration makes.
const CALLS_MAX: usize = 60;

fn stage_with_amos() -> Stage {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS} --conference-id 3141592"));
    stage
}

#[track_caller]
fn refused(stage: &Stage, line: &str, code: i32, said: &str) {
    let ended = administer(stage, line);
    assert!(ended.code == code && ended.err.contains(said), "{line}: {ended:?}");
}

/// What is left in a folder that was begun and is not complete.
fn unfinished(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.contains(".unfinished") || name.ends_with(".new")).collect()
}

fn checked(stage: &Stage, line: &str) -> Value {
    let ended = stage.attendant(&format!("directory check --json {line}"));
    assert_eq!(ended.code, 0, "{line}: {ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn a_backup_has_both_files_for_their_owner_alone() {
    let stage = stage_with_amos();
    let made = does(&stage, "directory backup saved");
    assert!(made.err.contains("anyone who has both can check guesses of PINs"), "{made:?}");
    for (file, mode) in [("", 0o700), ("directory.db", 0o600), ("directory.db.keyring", 0o600)] {
        let found = fs::metadata(stage.path().join("saved").join(file)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{file}");
    }
    assert_eq!(fs::read_dir(stage.path().join("saved")).unwrap().count(), 2);
    assert_eq!(checked(&stage, "saved")["users"], 1);
    refused(&stage, "directory backup saved", 2, "saved exists and is not overwritten");
    // As where a disk is not mounted: nothing is written beside it.
    refused(
        &stage,
        "directory backup disk/backups/saved",
        2,
        "the folder disk/backups for the backup does not exist",
    );
    assert!(!stage.path().join("disk").exists());
}

#[test]
fn nothing_is_restored_over_something() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    refused(&stage, "directory restore saved", 2, "d/users.db exists");
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    fs::write(stage.path().join("d/users.db-wal"), "what a killed server left").unwrap();
    refused(&stage, "directory restore saved", 2, "d/users.db-wal exists");
    fs::remove_file(stage.path().join("d/users.db-wal")).unwrap();
    refused(
        &stage,
        "directory restore settings",
        2,
        "settings is not a backup, since it has no directory.db;",
    );
    fs::rename(stage.path().join("saved/directory.db.keyring"), stage.path().join("moved")).unwrap();
    refused(
        &stage,
        "directory restore saved",
        2,
        "saved is not a backup, since it has no directory.db.keyring;",
    );
    fs::rename(stage.path().join("moved"), stage.path().join("saved/directory.db.keyring")).unwrap();
    does(&stage, "directory restore saved");
    does(&stage, &format!("users show {AMOS}"));
}

#[test]
fn a_keyring_that_is_still_there_stays_with_its_newer_keys() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    does(&stage, "directory rotate-key");
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    let restored = does(&stage, "directory restore saved");
    assert!(restored.out.contains("d/users.db.keyring: 2 keys"), "those that are there: {restored:?}");
    assert_eq!(checked(&stage, HERE)["keys"], 2);
    let other = Stage::with(&[]);
    does(&other, "tenant set pin_length=9");
    fs::copy(other.path().join("d/users.db.keyring"), stage.path().join("d/users.db.keyring")).unwrap();
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    refused(&stage, "directory restore saved", 2, "lacks keys of the backup's keyring");
}

#[test]
fn a_drill_leaves_the_keyring_of_the_settings_alone() {
    let settings = "[directory]\nplace = \"live/users.db\"\nkeyring = \"live/keyring\"\n";
    let stage = Stage::with(&[("a.toml", settings), ("live/.keep", ""), ("drill/.keep", "")]);
    let live = |line: &str| stage.attendant(&format!("{line} --config a.toml"));
    assert_eq!(live("tenant set pin_length=9").code, 0);
    assert_eq!(live("directory backup saved").code, 0);
    let drill = |line: &str| live(&format!("{line} --directory drill/users.db"));
    let restored = drill("directory restore saved");
    assert!(restored.code == 0 && restored.out.contains("drill/users.db.keyring: 1 key"), "{restored:?}");
    assert_eq!(drill("directory rotate-key").code, 0);
    assert!(drill("directory check").out.contains("drill/users.db.keyring: 2 keys"));
    let checked = live("directory check");
    assert!(checked.out.contains("live/keyring: 1 key"), "{checked:?}");
    let shared = drill("directory where -o directory.keyring=live/keyring").out;
    assert!(shared.ends_with("keyring    live/keyring\n"), "named on the command line, it counts: {shared}");
}

#[test]
fn an_older_log_is_told_and_found_by_a_newer_mark() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    does(&stage, &format!("users reset-pin {AMOS} --yes"));
    let newer = does(&stage, "audit verify").err;
    let mark = newer.split_whitespace().find(|word| word.starts_with("2:")).unwrap().trim_end_matches(';');
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    let restored = does(&stage, "directory restore saved");
    assert!(restored.err.contains("ends with entry 1 of "), "{restored:?}");
    does(&stage, "audit verify");
    refused_out(&administer(&stage, &format!("audit verify --has {mark}")), "does not have the entry 2:");
    let log = does(&stage, "audit list").out;
    assert!(log.contains("restore_directory") && log.contains("ends with the entry 1:"), "{log}");
}

#[track_caller]
fn refused_out(ended: &Ended, said: &str) {
    assert!(ended.code == 1 && ended.out.contains(said), "{ended:?}");
}

#[test]
fn damage_and_a_forged_log_are_told_and_not_restored_unseen() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    let file = stage.path().join("saved/directory.db");
    let sound = fs::read(&file).unwrap();
    alter(&stage, "saved/directory.db", &["UPDATE audit SET actor = 'pat'"]);
    refused_out(&stage.attendant("directory check saved"), "entry 1 was changed after it was written");
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    let restored = administer(&stage, "directory restore saved");
    refused_out(&restored, "entry 1 was changed after it was written");
    assert!(
        restored.err.contains("the directory was restored, with the faults of its backup"),
        "{restored:?}"
    );

    // The pages of an index are overwritten.
    let mut damaged = sound.clone();
    let page = damaged.len() / 4_096 / 2;
    damaged[page * 4_096..(page + 2) * 4_096].fill(0x5a);
    fs::write(&file, damaged).unwrap();
    let told = |ended: &Ended| {
        let said = format!("{}{}", ended.out, ended.err);
        ended.code == 1 && (said.contains("malformed") || said.contains("is damaged"))
    };
    let ended = stage.attendant("directory check saved");
    assert!(told(&ended), "{ended:?}");
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    let ended = administer(&stage, "directory restore saved");
    assert!(told(&ended) && !ended.err.contains(".unfinished"), "{ended:?}");
    assert!(!ended.err.contains("copied to"), "{ended:?}");
    assert!(!stage.path().join("d/users.db").exists());
}

#[test]
fn a_keyring_that_was_altered_in_the_backup_is_named() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    fs::remove_file(stage.path().join("d/users.db")).unwrap();
    fs::remove_file(stage.path().join("d/users.db.keyring")).unwrap();
    let file = stage.path().join("saved/directory.db.keyring");
    let keyring = fs::read_to_string(&file).unwrap();
    let altered = |line: &str| match line.strip_suffix('0') {
        _ if line.starts_with('#') => format!("{line}\n"),
        Some(rest) => format!("{rest}1\n"),
        None => format!("{}0\n", &line[..line.len() - 1]),
    };
    fs::write(&file, keyring.lines().map(altered).collect::<String>()).unwrap();
    refused(
        &stage,
        "directory restore saved",
        1,
        "the keyring saved/directory.db.keyring does not fit its database",
    );
}

#[test]
fn a_backup_to_a_full_disk_leaves_nothing_there() {
    let stage = stage_with_amos();
    let disk = Disk::mount(&stage, "disk", 300);
    disk.fill_but(64 * 1_024);
    refused(&stage, "directory backup disk/saved", 1, "is full: ");
    assert_eq!(fs::read_dir(stage.path().join("disk")).unwrap().count(), 1, "only what filled it");
    disk.free();
    does(&stage, "directory backup disk/saved");
    drop(disk);
}

/// Kills a command at the call of this number, counted over those of these names. False if it made fewer.
fn killed_at(stage: &Stage, line: &str, calls: &str, number: usize) -> bool {
    let mut strace = stage.program("strace");
    let inject = format!("inject={calls}:signal=KILL:when={number}");
    strace.args(["-f", "-q", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject]);
    strace.arg(env!("CARGO_BIN_EXE_attendant")).args(line.split_whitespace()).args(HERE.split_whitespace());
    let ended: Output =
        bounded::output(&mut strace).unwrap_or_else(|error| panic!("strace: {error}; {SETUP}"));
    !ended.status.success()
}

#[test]
fn a_backup_that_is_killed_is_not_there() {
    let stage = stage_with_amos();
    let mut kills = 0;
    for number in 1..CALLS_MAX {
        let was_killed = killed_at(&stage, "directory backup saved", "mkdir,fsync,fdatasync,rename", number);
        let is_there = stage.path().join("saved").exists();
        if is_there {
            checked(&stage, "saved");
            fs::remove_dir_all(stage.path().join("saved")).unwrap();
        }
        if !was_killed {
            assert!(is_there);
            break;
        }
        kills += 1;
    }
    assert!((5..CALLS_MAX - 1).contains(&kills), "{kills}");
    does(&stage, "directory backup saved");
    assert_eq!(unfinished(stage.path()), [""; 0], "what the killed ones left is removed");
}

#[test]
fn a_restoration_that_is_killed_is_done_by_the_next() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    let mut kills = 0;
    for number in 1..CALLS_MAX {
        let _not_there = fs::remove_dir_all(stage.path().join("d"));
        if !killed_at(&stage, "directory restore saved", "mkdir,fsync,fdatasync,rename", number) {
            break;
        }
        kills += 1;
        let folder = stage.path().join("d");
        if folder.join("users.db").exists() {
            let left = unfinished(&folder).iter().map(|left| folder.join(left)).next();
            assert!(left.is_none_or(|left| !left.join("directory.db.keyring").exists()), "no keys are left");
        } else {
            does(&stage, "directory restore saved");
            assert_eq!(unfinished(&folder), [""; 0]);
        }
        assert_eq!(checked(&stage, HERE)["audit_last"], 2);
    }
    assert!((5..CALLS_MAX - 1).contains(&kills), "{kills}");
}

#[test]
fn a_backup_goes_from_postgresql_to_sqlite_and_back() {
    let stage = Stage::with(&[]);
    let url = |location| match location {
        attendant::store::sql::Location::Postgres(url) => url,
        attendant::store::sql::Location::File(_) => unreachable!("it is PostgreSQL's"),
    };
    let (one, other) = (url(database()), url(database()));
    let on = |url: &str| format!("--directory {url} -o directory.keyring=k/keyring");
    let enabled = stage.attendant(&format!("users enable {AMOS} --conference-id 3141592 {}", on(&one)));
    assert_eq!(enabled.code, 0, "{enabled:?}");
    let saved = stage.attendant(&format!("directory backup saved {}", on(&one)));
    assert_eq!(saved.code, 0, "{saved:?}");
    let there =
        |line: &str| (checked(&stage, line)["users"].clone(), checked(&stage, line)["audit_last"].clone());
    assert_eq!(there("saved"), (1.into(), 1.into()));
    for (place, directory) in [("a file", "--directory r/users.db".to_owned()), ("a server", on(&other))] {
        let restored = stage.attendant(&format!("directory restore saved {directory}"));
        assert_eq!(restored.code, 0, "{place}: {restored:?}");
        assert_eq!(there(&directory), (1.into(), 2.into()), "{place}");
        let again = stage.attendant(&format!("directory restore saved {directory}"));
        assert!(again.code != 0 && again.err.contains("exists"), "{place}: {again:?}");
    }
    execute(&one, "DROP TABLE _sqlx_migrations");
    let foreign = stage.attendant(&format!("directory backup other {}", on(&one)));
    assert!(foreign.code == 1 && foreign.err.contains("is not a directory of attendant"), "{foreign:?}");
}

/// Somebody carries out these statements on a database.
fn alter(stage: &Stage, file: &str, statements: &[&'static str]) {
    let url = format!("sqlite://{}", stage.path().join(file).display());
    sqlx::any::install_default_drivers();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let pool = sqlx::AnyPool::connect(&url).await.unwrap();
        for statement in statements {
            sqlx::query(*statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
    });
}

#[test]
fn an_older_directory_is_backed_up_and_restored_up_to_date() {
    let stage = stage_with_amos();
    alter(&stage, "d/users.db", BEFORE_IDS);
    let saved = does(&stage, "directory backup saved");
    assert!(saved.out.contains("written by an earlier version of attendant"), "{saved:?}");
    assert_eq!(stage.attendant("directory check saved").code, 0);
    let restored = stage.attendant("directory restore saved --directory r/users.db");
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(checked(&stage, "--directory r/users.db")["users"], 1);
}

#[test]
fn an_older_program_refuses_a_newer_directory_and_says_what_to_do() {
    let stage = stage_with_amos();
    does(&stage, "directory backup saved");
    let newer = "UPDATE _sqlx_migrations SET version = 99 WHERE version = 7";
    alter(&stage, "saved/directory.db", &["PRAGMA journal_mode = WAL", newer]);
    let newer =
        "was written by a newer version of attendant (schema 99); use that version, or restore a backup";
    let before = fs::read(stage.path().join("saved/directory.db")).unwrap();
    for line in [
        "users list",
        "serve --listen 127.0.0.1:0",
        "users enable kim@contoso.com",
        "directory check",
        "directory backup b",
    ] {
        let ended = stage.attendant(&format!("{line} --directory saved/directory.db"));
        assert!(ended.code == 1 && ended.err.contains(newer), "{line}: {ended:?}");
    }
    let restored = stage.attendant("directory restore saved --directory r/users.db");
    assert!(restored.code == 1 && restored.err.contains(newer), "{restored:?}");
    assert!(!stage.path().join("r/users.db").exists());
    assert!(fs::read(stage.path().join("saved/directory.db")).unwrap() == before, "nothing is changed");
}
