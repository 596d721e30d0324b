//! `replay --via --api`: users are made by the REST API of a running `attendant serve`, and taken back.

use serde_json::{Value, json};

use crate::stage::{Ended, Stage};
use crate::telephones;
use crate::web::{Program, Served};

/// Two wait until the organizer gives the PIN, which is keyed by its digits; somebody else gives a wrong one.
const MEETING: &str = r##"
scenario: Two callers wait until the organizer gives the PIN
given:
  tenant: { name_recording: false }
  organizers: { amos: { conference_id: "3141592", pin: "27182" } }
callers:
  pat:
    count: 2
    script:
      - dial: bridge
      - { hears: welcome, within: 1s }
      - press: "3141592#"
      - { hears: hold-for-organizer, within: 9s }
      - { hears: hold_music, within: 6s }
      - { expect: joined, within: 1s, of: amos.joined }
  amos:
    script:
      - when: pat.lobby
      - dial: bridge
      - { hears: welcome }
      - press: "${amos.conference_id}#"
      - { hears: press-star-if-organizer, within: 2s }
      - press: "*"
      - { hears: enter-pin, within: 1s }
      - press: "2718w2#"
      - { hears: invalid-pin, within: 1s }
      - { hears: enter-pin, within: 9s }
      - press: "27182#"
      - { expect: joined, within: 1s }
      - wait: 500ms
      - hang_up
then:
  - { that: amos.outcome, is: joined }
  - { that: meeting(amos).released, is: 2 }
"##;

/// A server with SIP, and what replays cases there.
struct Bridge {
    served: Served,
    token: String,
    options: String,
}

impl Bridge {
    fn new() -> Self {
        let served = telephones::served_at(Stage::with(&[]), "", &[]);
        let token = Program::new(&served).token;
        let options = format!("--via sip:{} --api {}", telephones::address(&served), served.url);
        Self { served, token, options }
    }

    fn api(&self) -> Program<'_> {
        Program { served: &self.served, token: self.token.clone() }
    }

    fn replay(&self, stage: &Stage, line: &str) -> Ended {
        let environment = [("ATTENDANT_TOKEN", self.token.as_str()), ("NO_COLOR", "1")];
        stage.attendant_with(&environment, &format!("replay {line} {}", self.options))
    }

    /// The names of the users who are enabled.
    fn enabled(&self) -> Vec<String> {
        let told = self.api().does("GET", "/users?enabled_only=true", &Value::Null, 200);
        let users = told["users"].as_array().unwrap().iter();
        users.map(|user| user["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_story_is_told_on_a_server_and_nothing_is_left_there() {
    let bridge = Bridge::new();
    let before = bridge.api().does("GET", "/tenant", &Value::Null, 200);
    assert_eq!(before["name_recording"], true);
    let fails = MEETING.replace("within: 1s, of: amos.joined", "within: 1s, of: pat.lobby");
    let fails = fails.replace("callers wait", "callers do not wait");
    // A PIN that is keyed in pieces is nobody's there.
    let pieces = MEETING.replace("Two callers", "In pieces two callers");
    let whole = |text: &str| text.replace("2718w2#", "80808#");
    let stage = Stage::with(&[
        ("holds.yaml", &whole(MEETING)),
        ("fails.yaml", &whole(&fails)),
        ("pieces.yaml", &pieces),
    ]);
    let ended = bridge.replay(&stage, "holds.yaml fails.yaml pieces.yaml");
    assert_eq!(ended.code, 1, "{ended:?}");
    let line = |text: &str| {
        let found = ended.out.lines().find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("no {text}: {ended:?}"))
    };
    assert!(line("  Two callers wait").starts_with("ok"), "{ended:?}");
    assert!(line("  Two callers wait").contains("one thing not judged"), "{ended:?}");
    assert!(line("do not wait").starts_with("FAIL"), "{ended:?}");
    assert!(line("In pieces").contains("it keys a conference ID or PIN in pieces"), "{ended:?}");
    assert!(ended.out.contains(&format!("--api {}", bridge.served.url)), "{ended:?}");
    assert_eq!(bridge.enabled(), [""; 0]);
    assert_eq!(bridge.api().does("GET", "/tenant", &Value::Null, 200), before);
    telephones::until_free(&bridge.served);
}

#[test]
fn a_run_that_is_interrupted_takes_everything_back() {
    let bridge = Bridge::new();
    let waits = MEETING.replace("- when: pat.lobby", "- wait: 1m").replace("2718w2#", "80808#");
    let stage = Stage::with(&[("waits.yaml", &waits)]);
    let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
    let line = format!("replay waits.yaml {}", bridge.options);
    let mut child =
        command.args(line.split_whitespace()).env("ATTENDANT_TOKEN", &bridge.token).spawn().unwrap();
    crate::bounded::until("two callers are up", || telephones::rows(&bridge.served, "sip_calls") == 2);
    assert_eq!(bridge.enabled().len(), 1);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(bridge.enabled(), [""; 0]);
    let tenant = bridge.api().does("GET", "/tenant", &Value::Null, 200);
    assert_eq!(tenant["name_recording"], true);
    telephones::until_free(&bridge.served);
}

#[test]
fn what_a_server_cannot_be_given_is_skipped_with_its_reason() {
    let bridge = Bridge::new();
    let given = |given: &str, name: &str| {
        let organizers = "organizers: { amos: { conference_id: \"3141592\" } }";
        let steps = "callers: { pat: { script: [dial: bridge, { hears: welcome }] } }";
        format!("scenario: {name}\ngiven:\n  {organizers}\n  {given}\n{steps}\n")
    };
    let admin = given("users: []", "Administered") + "admin: [{ wait: 1s }, { lock_meeting: amos }]\n";
    let stage = Stage::with(&[
        ("s/setting.yaml", &given("dialog: { pin_tries: 2 }", "Other tries")),
        ("s/language.yaml", &given("numbers: { de: { primary_language: de-DE } }", "German")),
        ("s/admin.yaml", &admin),
        ("s/plain.yaml", &given("users: []", "Plain")),
    ]);
    let ended = bridge.replay(&stage, "s");
    assert_eq!(ended.code, 0, "{ended:?}");
    for reason in [
        "Other tries (it sets `pin_tries`, which the API cannot set)",
        "German (the server has no further number that speaks de-DE)",
        "Administered (an administrator acts while it is played)",
    ] {
        assert!(ended.out.contains(reason), "{reason}: {ended:?}");
    }
    bridge.api().does("POST", "/numbers", &json!({ "number": "+4930901820", "primary": "de-DE" }), 201);
    let ended = bridge.replay(&stage, "s/language.yaml s/plain.yaml");
    assert!(ended.out.contains("ok    German"), "{ended:?}");
    assert!(ended.out.contains("Plain (the server has no further number that speaks en-US)"), "{ended:?}");
}

#[test]
fn without_a_token_or_a_server_nothing_is_played() {
    let stage = Stage::with(&[("s.yaml", &crate::stage::holds("It holds"))]);
    let line = "replay s.yaml --via sip:127.0.0.1:9 --api http://127.0.0.1:9";
    let ended = stage.attendant(line);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("--api needs an administrator's token in ATTENDANT_TOKEN"), "{ended:?}");
    let ended = stage.attendant_with(&[("ATTENDANT_TOKEN", "x")], line);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.err.contains("the API is not reached"), "{ended:?}");
    let bridge = Bridge::new();
    let ended =
        stage.attendant_with(&[("ATTENDANT_TOKEN", "x")], &format!("replay s.yaml {}", bridge.options));
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.err.contains("the API refuses (401)"), "{ended:?}");
    for (line, said) in [
        ("replay s.yaml --via sip:127.0.0.1", "--api <URL>"),
        ("replay s.yaml --via 127.0.0.1 --api http://x", "expected sip:HOST"),
        ("replay s.yaml --over-sip --via sip:127.0.0.1 --api http://x", "cannot be used with"),
    ] {
        let ended = stage.attendant(line);
        assert!(ended.code == 2 && ended.err.contains(said), "{line}: {ended:?}");
    }
}
