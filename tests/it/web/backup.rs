//! A backup that is made while everybody works, and a directory that comes back from it.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::{AMOS, Served};
use crate::bounded::until;
use crate::stage::Stage;

/// A server that takes no mail: nobody listens there.
const NO_SERVER: &str =
    "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n";

/// Programs that enable users at once.
const AT_ONCE: usize = 4;

/// Users who are enabled before the backup begins.
const BEFORE: usize = 20;

#[test]
fn a_backup_under_load_has_every_act_answered_before_it() {
    let served = Served::with(Stage::with(&[("settings/attendant/attendant.toml", NO_SERVER)]), "");
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let bearer = format!("Bearer {}", program.token);
    let (answered, stop) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let before = std::thread::scope(|scope| {
        for worker in 0..AT_ONCE {
            let (served, bearer, answered, stop) = (&served, bearer.as_str(), &answered, &stop);
            scope.spawn(move || {
                for number in (worker..).step_by(AT_ONCE) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let user = format!("user{number}@contoso.com");
                    let path = format!("/api/v1/users/{user}/enable");
                    assert_eq!(served.status("POST", &path, &[("authorization", bearer)]), Some(200));
                    answered.lock().unwrap().insert(user);
                }
            });
        }
        let enabled = || answered.lock().unwrap().len();
        until("users are enabled", || enabled() >= BEFORE);
        let before = answered.lock().unwrap().clone();
        served.attendant("directory backup saved");
        let during = enabled();
        until("the work went on after the backup", || enabled() > during);
        stop.store(true, Ordering::Relaxed);
        before
    });
    let stage = served.kill();
    let there = "--directory restored/users.db";
    let restored = stage.attendant(&format!("directory restore saved {there}"));
    assert_eq!(restored.code, 0, "{restored:?}");
    let users = stage.attendant(&format!("users list --json {there}")).out;
    let users: BTreeSet<String> = users.lines().map(|line| name(line, "name")).collect();
    assert!(before.is_subset(&users), "{before:?} {users:?}");
    let checked = stage.attendant(&format!("directory check {there}"));
    assert_eq!(checked.code, 0, "{checked:?}");
    let audit = stage.attendant(&format!("audit list --json {there}")).out;
    assert_eq!(name(audit.lines().last().unwrap(), "act"), "restore_directory");

    // With its keyring: the PIN of before is right.
    let served = Served::on(stage, there, "", &[]);
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin", "{AMOS}");
}

fn name(line: &str, key: &str) -> String {
    let value: Value = serde_json::from_str(line).unwrap();
    value[key].as_str().unwrap().to_owned()
}
