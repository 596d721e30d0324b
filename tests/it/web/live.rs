//! What goes on in meetings, as programs follow it, and what administrators do there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use serde_json::{Value, json};

use super::{AMOS, Person, Served};
use crate::stage::Stage;

/// The stream of what happens.
pub(crate) struct Stream(BufReader<Box<dyn Read>>);

impl Stream {
    pub(crate) fn open(served: &Served, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let response = served.open("GET", "/api/v1/events", &[("authorization", &bearer)], "");
        assert_eq!(response.status().as_u16(), 200);
        Self(BufReader::new(Box::new(response.into_body().into_reader())))
    }

    fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data.trim()).unwrap();
            }
        }
    }

    /// Reads until this comes, which it gives back.
    pub(crate) fn until(&mut self, found: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next();
            if found(&event) {
                return event;
            }
        }
    }
}

impl Stream {
    /// Reads what is left: a stream ends with the program, in good order.
    fn until_end(mut self) {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
    }
}

/// A program with an administrator's token.
pub(crate) struct Program<'s> {
    pub(crate) served: &'s Served,
    pub(crate) token: String,
}

impl<'s> Program<'s> {
    pub(crate) fn new(served: &'s Served) -> Self {
        Self { served, token: served.token() }
    }

    #[track_caller]
    pub(crate) fn does(&self, method: &str, path: &str, body: &Value, status: u16) -> Value {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.served.send(method, &format!("/api/v1{path}"), &headers, &body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// What the API answers to a question, where that is no JSON.
    pub(crate) fn text(&self, path: &str) -> String {
        let bearer = format!("Bearer {}", self.token);
        let answer =
            self.served.send("GET", &format!("/api/v1{path}"), &[("authorization", bearer.as_str())], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    /// Enables Amos: the conference ID and the PIN.
    pub(crate) fn enable(&self) -> (String, String) {
        let enabled = self.does("POST", &format!("/users/{AMOS}/enable"), &json!({}), 200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&enabled["user"]["conference_id"]), text(&enabled["pin"]))
    }
}

#[test]
fn callers_wait_until_the_organizer_keys_the_pin_that_was_reset() {
    let served = Served::start();
    let program = Program::new(&served);
    let (id, old) = program.enable();
    let reset = program.does("POST", &format!("/users/{AMOS}/reset-pin"), &Value::Null, 200);
    let new = reset["pin"].as_str().unwrap();
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "callers": 3, "conference_id": id }), 202);
    for _ in 0..3 {
        stream.until(|event| event["event"] == "parked");
    }
    let meetings = program.does("GET", "/meetings", &Value::Null, 200)["meetings"].clone();
    let meeting = &meetings[0];
    assert_eq!(
        (&meeting["organizer"], &meeting["lobby"], &meeting["started"]),
        (&json!(AMOS), &json!(3), &json!(false))
    );
    let user = program.does("GET", &format!("/users/{AMOS}"), &Value::Null, 200)["user"].clone();
    assert_eq!(meeting["id"], user["id"], "the meeting has its organizer's number");
    let path = format!("/meetings/{}", meeting["id"]);
    let callers = program.does("GET", &path, &Value::Null, 200)["callers"].clone();
    let waits = format!("{path}/callers/{}/admit", callers[0]["call"]);
    for pointless in [&waits, &format!("{path}/end")] {
        assert_eq!(program.does("POST", pointless, &Value::Null, 409)["code"], "not-running", "{pointless}");
    }
    assert!(!served.attendant("audit list").out.contains("end_meeting"), "nothing was done");
    let organizer = |pin: &str| json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer(&old), 202);
    let refused = stream.until(|event| event["event"] == "pin_refused");
    assert_eq!(refused["caller"], "organizer", "the old PIN is wrong from now on");
    program.does("POST", "/calls", &organizer(new), 202);
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin");
    for _ in 0..3 {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
    let told = program.does("GET", &path, &Value::Null, 200);
    assert_eq!((&told["meeting"]["lobby"], &told["meeting"]["started"]), (&json!(0), &json!(true)));
    let with_pin = told["callers"].as_array().unwrap().iter().filter(|caller| caller["organizer"] == true);
    assert_eq!(with_pin.count(), 1, "{told}");

    program.does("POST", &format!("{path}/lock"), &Value::Null, 204);
    stream.until(|event| event["event"] == "locked" && event["yes"] == true);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "conference_id": id }), 202);
    let parked = stream.until(|event| event["event"] == "parked");
    program.does("POST", &format!("{path}/callers/{}/admit", parked["call"]), &Value::Null, 204);
    let joined = stream.until(|event| event["event"] == "joined");
    assert_eq!((&joined["call"], &joined["detail"]), (&parked["call"], &json!("admitted")));
    program.does("POST", &format!("{path}/callers/{}/admit", parked["call"]), &Value::Null, 404);
    program.does("POST", &format!("{path}/end"), &Value::Null, 204);
    assert_eq!(stream.until(|event| event["event"] == "ended")["detail"], "person");
    for act in ["lock_meeting", "admit", "end_meeting", "place_callers"] {
        assert!(served.attendant("audit list").out.contains(act), "{act}");
    }
    assert!(!served.attendant("audit list").out.contains(new));
}

/// Somebody calls each of these users in turn: the numbers of the meetings where they wait.
fn meetings_of(served: &Served, users: [&'static str; 2]) -> BTreeMap<&'static str, Value> {
    let program = Program::new(served);
    let mut stream = Stream::open(served, &program.token);
    let meeting = |user| {
        let shown = program.does("GET", &format!("/users/{user}"), &Value::Null, 200);
        let id = &shown["user"]["conference_id"];
        program.does(
            "POST",
            "/calls",
            &json!({ "scene": "waiting", "callers": 1, "conference_id": id }),
            202,
        );
        (user, stream.until(|event| event["event"] == "parked")["meeting"].clone())
    };
    users.into_iter().map(meeting).collect()
}

#[test]
fn a_meeting_has_the_same_number_after_a_restart() {
    let served = Served::start();
    let users = [AMOS, "kim@contoso.com"];
    users.iter().for_each(|user| drop(served.attendant(&format!("users enable {user}"))));
    let before = meetings_of(&served, users);
    let again = Served::with(served.kill(), "");
    let [first, second] = users;
    assert_eq!(meetings_of(&again, [second, first]), before);
    assert_ne!(before[first], before[second]);
}

#[test]
fn a_pin_is_hashed_in_real_time_however_fast_calls_go() {
    // Three seconds of the bridge are thirty milliseconds then: less than a hash takes on a busy machine.
    let served = Served::with(Stage::with(&[]), "--speed 100");
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    for _ in 0..8 {
        let call = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
        program.does("POST", "/calls", &call, 202);
    }
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin");
}

#[test]
fn a_change_of_the_user_holds_in_a_meeting_that_waits() {
    let served = Served::start();
    let program = Program::new(&served);
    let (id, _) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    program.does("PATCH", "/tenant", &json!({ "name_recording": false }), 200);
    let waiting = json!({ "scene": "waiting", "conference_id": id });
    program.does("POST", "/calls", &waiting, 202);
    let parked = stream.until(|event| event["event"] == "parked" || event["prompt"] == "say-your-name");
    assert_eq!(parked["event"], "parked", "new calls are held to the new settings");
    let wish = json!({ "allow_anonymous_start": true });
    program.does("PATCH", &format!("/users/{AMOS}"), &wish, 200);
    program.does("POST", "/calls", &waiting, 202);
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "anonymous");
    stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    program.does("POST", &format!("/users/{AMOS}/disable"), &Value::Null, 200);
    program.does("POST", "/calls", &waiting, 202);
    let keyed = stream.until(|event| event["event"] == "conference_id_keyed");
    assert_eq!(keyed["yes"], false, "the conference ID is nobody's any more");
}

#[test]
fn a_demo_meeting_needs_nobody_and_figures_tell_of_it() {
    let served = Served::start();
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "meeting", "callers": 3 }), 202);
    for _ in 0..3 {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
    stream.until(|event| event["event"] == "finished");
    let figures = served.get("/metrics");
    assert!(figures.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert!(figures.text.contains("# TYPE attendant_calls_dialled_total counter"), "{}", figures.text);
    assert_eq!(served.get("/healthz").text, "alive\n");
    assert_eq!(served.get("/readyz").text, "ready\n");
    program.does("POST", "/calls", &json!({ "scene": "wrong-pin" }), 202);
    stream.until(|event| event["event"] == "pin_refused");
    let (code, log) = served.interrupt();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("all calls have ended"), "{log}");
    stream.until_end();
}

/// Somebody calls a meeting that starts without a PIN.
const ALONE: &str = r#"
scenario: Kim is alone in her meeting
given: { organizers: { kim: { conference_id: "271828", allow_anonymous_start: true } } }
callers:
  kim:
    script:
      - dial: bridge
      - press: "${kim.conference_id}#"
      - { expect: joined, within: 2m }
      - wait: 20m
"#;

/// The same, in need of an administrator.
const HELPED: &str = "
scenario: Kim is helped
given: { organizers: { kim: {} } }
callers: { kim: { script: [{ dial: bridge }, { wait: 1m }] } }
admin: [{ reset_pin: kim }]
";

#[test]
fn scenarios_of_a_folder_are_placed_with_their_own_organizers() {
    let files = [("mine/alone.yaml", ALONE), ("mine/twin.yaml", &ALONE.replace("alone", "with her twin"))];
    let served = Served::with(Stage::with(&files), "--scenarios mine");
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    for name in ["Kim is alone in her meeting", "Kim is with her twin in her meeting"] {
        program.does("POST", "/calls", &json!({ "scenario": name }), 202);
        assert_eq!(stream.until(|event| event["event"] == "started")["caller"], "kim");
    }
    let meetings = program.does("GET", "/meetings", &Value::Null, 200)["meetings"].clone();
    let names: Vec<_> = meetings.as_array().unwrap().iter().map(|meeting| &meeting["organizer"]).collect();
    assert_eq!(names, ["kim – Kim is alone in her meeting", "kim – Kim is with her twin in her meeting"]);
    for wrong in [
        json!({ "scenario": "Nobody" }),
        json!({ "scenario": "Kim is alone in her meeting", "callers": 2 }),
        json!({ "scenario": "Kim is alone in her meeting", "scene": "waiting" }),
        json!({}),
    ] {
        program.does("POST", "/calls", &wrong, 400);
    }
    let admin = Person::admin(&served);
    let page = admin.get("/live").text;
    assert!(page.contains("<optgroup label=\"Scenarios\"><option value=\"scenario:Kim is alone"), "{page}");
    let play = [("play", "scenario:Kim is alone in her meeting")];
    assert_eq!(admin.does("/live", "/live/place", &play).status, 303);
    stream.until(|event| event["event"] == "joined");
}

#[test]
fn a_folder_of_scenarios_is_checked_at_the_start() {
    let served = Served::with(Stage::with(&[("mine/helped.yaml", HELPED)]), "--scenarios mine");
    assert!(served.log().contains("1 scenario of mine cannot be used"), "{}", served.log());
    let broken =
        Stage::with(&[("mine/broken.yaml", "scenario: s\ncallers: { pat: { script: [{ jump: 1 }] } }")]);
    let ended = broken.attendant("serve --listen 127.0.0.1:0 --directory d/users.db --scenarios mine");
    assert!(ended.code == 2 && ended.err.contains("mine/broken.yaml:2"), "{ended:?}");
}

#[test]
fn no_more_callers_are_placed_than_a_meeting_holds() {
    let served = Served::with(Stage::with(&[]), "-o meeting.capacity=4");
    let admin = Person::admin(&served);
    for (fields, told) in [
        (&[("play", "meeting"), ("callers", "4")][..], "as a meeting holds: 1 to 3."),
        (&[("play", "meeting"), ("callers", "many")], "as a meeting holds: 1 to 3."),
        (&[("play", "organizer"), ("callers", "2")], "has its own callers"),
        (&[("play", "organizer"), ("pin", "12345")], "give both, or neither"),
    ] {
        let refused = admin.does("/live", "/live/place", fields);
        assert!(refused.status == 400 && refused.text.contains(told), "{told}: {}", refused.text);
    }
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "organizer", "callers": 2 }), 400);
    program.does("POST", "/calls", &json!({ "scene": "meeting", "callers": 3 }), 202);
    for _ in 0..3 {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
    let audit = served.attendant("audit list").out;
    assert_eq!(audit.matches("place_callers").count(), 1, "what was refused was not done: {audit}");
}
