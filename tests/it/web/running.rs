//! What outlives the program, however it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::program::OWN;
use super::{AMOS, Person, Served};
use crate::stage::Stage;

/// A server that takes no mail: nobody listens there.
const NO_SERVER: &str =
    "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n";

/// Administrators who reset PINs at once, each another user's.
const AT_ONCE: usize = 4;

/// Resets that are acknowledged before the program is killed.
const ACKNOWLEDGED: usize = 24;

#[test]
fn kill_9_keeps_every_acknowledged_reset() {
    let served = Served::with(Stage::with(&[("settings/attendant/attendant.toml", NO_SERVER)]), "");
    let program = Program::new(&served);
    for number in 0..AT_ONCE {
        program.does("POST", &format!("/users/user{number}@contoso.com/enable"), &Value::Null, 200);
    }
    let bearer = format!("Bearer {}", program.token);
    let acknowledged = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let (served, bearer, acknowledged) = (&served, bearer.as_str(), &acknowledged);
            scope.spawn(move || {
                let path = format!("/api/v1/users/user{number}@contoso.com/reset-pin");
                // Until the connection breaks.
                while let Some(status) = served.status("POST", &path, &[("authorization", bearer)]) {
                    assert_eq!(status, 200);
                    if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == ACKNOWLEDGED {
                        served.kill_now();
                    }
                }
            });
        }
    });
    let stage = served.kill();
    let acknowledged = acknowledged.into_inner();
    assert!(acknowledged >= ACKNOWLEDGED, "{acknowledged}");
    let audit = stage.attendant("audit list --json --directory d/users.db").out;
    let resets = audit.matches("reset_pin").count();
    // One of each may have been done when its answer was lost.
    assert!((acknowledged..=acknowledged + AT_ONCE).contains(&resets), "{resets} of {acknowledged}");
    let verified = stage.attendant("audit verify --directory d/users.db");
    assert_eq!(verified.code, 0, "{verified:?}");
    let mails = stage.attendant("mail list --json --directory d/users.db").out;
    assert_eq!(mails.matches("pin_reset").count(), resets, "a mail for each that was done: {mails}");
}

#[test]
fn kill_9_leaves_users_pins_audit_and_unsent_mail_as_they_were() {
    let settings = "settings/attendant/attendant.toml";
    let served = Served::with(Stage::with(&[(settings, NO_SERVER)]), "");
    drop(Person::admin(&served));
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let stage = served.kill();
    let before = stage.attendant("audit list --json --directory d/users.db").out;

    std::fs::write(stage.path().join(settings), "").unwrap();
    let served = Served::with(stage, "");
    assert_eq!(served.password, "", "the administrator is still there");
    let after = served.attendant("audit list --json").out;
    assert!(after.starts_with(&before) && !before.is_empty(), "{after}");
    served.attendant("audit verify");
    let mut admin = Person::stranger(&served);
    assert_eq!(admin.sign_in("admin", OWN).status, 303);
    assert!(admin.get("/users").text.contains(AMOS));
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin", "the PIN is the same");
    let resent = program.does("GET", "/mails", &Value::Null, 200);
    assert_eq!(resent["mails"][0]["tells"], "enabled", "{resent}");
    let stage = served.kill();
    // Sent on the side meanwhile, or waiting for its next try: it is not lost.
    let mail = stage.attendant("mail show 1 --directory d/users.db").out;
    assert!(mail.contains("State:      waiting") || mail.contains("State:      sent"), "{mail}");
    assert!(mail.contains("hidden until it is sent") || mail.contains("deleted after it was sent"), "{mail}");
}

#[test]
fn a_rotation_is_followed_by_the_program_that_runs() {
    let served = Served::with(Stage::with(&[("settings/attendant/attendant.toml", NO_SERVER)]), "");
    let program = Program::new(&served);
    let (id, _) = program.enable();
    served.attendant("directory rotate-key");
    let key =
        served.stage.read("d/users.db.keyring").lines().last().unwrap().split(' ').next().unwrap().to_owned();
    // Another process hashes a PIN and a token with the new key.
    let pin = served.attendant(&format!("users reset-pin {AMOS} --yes")).out.trim_end().to_owned();
    let later = Program::new(&served);
    let mut stream = Stream::open(&served, &later.token);
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    later.does("POST", "/calls", &organizer, 202);
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin", "the new PIN is right");
    // And what this process makes from now on is by the new key.
    later.does("POST", &format!("/users/{AMOS}/reset-pin"), &Value::Null, 200);
    let stage = served.kill();
    let audit = stage.attendant("audit list --json --directory d/users.db").out;
    let last: Value = serde_json::from_str(audit.lines().last().unwrap()).unwrap();
    assert!(last["seal"].as_str().unwrap().starts_with(&key), "{last}");
    assert_eq!(stage.attendant("audit verify --directory d/users.db").code, 0);
}

#[test]
fn a_hangup_ends_no_service_without_a_terminal() {
    let served = Served::start();
    served.signal(rustix::process::Signal::HUP);
    served.until_log(|log| log.contains("SIGHUP reads certificates again, and there are none"));
    assert_eq!(served.get("/readyz").status, 200);
}
