//! What outlives the program, however it ends.

use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::program::OWN;
use super::{AMOS, Person, Served};
use crate::stage::Stage;

/// A server that takes no mail: nobody listens there.
const NO_SERVER: &str =
    "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n";

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
    assert!(mail.contains("sealed until it is sent") || mail.contains("wiped since it was sent"), "{mail}");
}
