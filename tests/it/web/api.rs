//! The REST API: the same as the cmdlets, with pages of lists, states, keys and problems.

use serde_json::{Value, json};

use super::program::Answer;
use super::{AMOS, AMOS_PATH, Served};

struct Program<'s> {
    served: &'s Served,
    bearer: String,
}

impl<'s> Program<'s> {
    fn new(served: &'s Served) -> Self {
        Self { served, bearer: format!("Bearer {}", served.token()) }
    }

    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &Value) -> Answer {
        let mut headers = vec![("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        headers.extend(more);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.served.send(method, &format!("/api/v1{path}"), &headers, &body)
    }

    #[track_caller]
    fn does(&self, method: &str, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.ask(method, path, &[], body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }
}

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let problem = answer.json();
    assert_eq!(
        (answer.status, &problem["status"], &problem["code"]),
        (status, &json!(status), &json!(code)),
        "{problem}"
    );
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
}

#[test]
fn a_program_does_what_cmdlets_do() {
    let served = Served::start();
    let program = Program::new(&served);
    let number = json!({ "number": "+14255550100", "primary": "en-US", "secondary": ["de-DE"] });
    program.does("POST", "/numbers", &number, 201);
    let enabled =
        program.does("POST", &format!("{AMOS_PATH}/enable"), &json!({ "conference_id": "3141592" }), 200);
    assert_eq!(enabled["user"]["pin"], "*******");
    assert_eq!(enabled["pin"].as_str().unwrap().len(), 5);
    assert_eq!((&enabled["mailed_to"], &enabled["changed"]), (&json!([AMOS]), &json!(true)));
    let again = program.does("POST", &format!("{AMOS_PATH}/enable"), &Value::Null, 200);
    assert_eq!((&again["changed"], &again["pin"]), (&json!(false), &Value::Null));
    let change =
        json!({ "display_name": "Amos", "address": "desk@contoso.com", "allow_anonymous_start": true });
    let changed = program.does("PATCH", AMOS_PATH, &change, 200);
    assert_eq!(changed["user"]["mail"], "desk@contoso.com");
    // A mail that still waited would be superseded.
    served.until_sent(1);
    let reset = program.does(
        "POST",
        &format!("{AMOS_PATH}/reset-pin"),
        &json!({ "mail": { "to": "kim@contoso.com" } }),
        200,
    );
    assert_eq!(reset["mailed_to"], json!(["kim@contoso.com"]));
    program.does("POST", &format!("{AMOS_PATH}/lock"), &Value::Null, 200);
    assert_eq!(program.does("GET", AMOS_PATH, &Value::Null, 200)["pin_entry"]["is_locked"], true);
    program.does("POST", &format!("{AMOS_PATH}/unlock"), &Value::Null, 200);
    program.does("POST", &format!("{AMOS_PATH}/send-mail"), &json!({ "to": "pat@contoso.com" }), 200);
    let moved = program.does("POST", &format!("{AMOS_PATH}/reset-conference-id"), &Value::Null, 200);
    assert_ne!(moved["user"]["conference_id"], "3141592");
    program.does("PATCH", "/numbers/%2B14255550100", &json!({ "primary": "ja-JP" }), 200);
    is_problem(&program.ask("DELETE", "/numbers/%2B14255550100", &[], &Value::Null), 409, "number-in-use");
    served.until_sent(4);
    program.does("POST", &format!("{AMOS_PATH}/disable"), &json!({}), 200);
    let mails = program.does("GET", "/mails?limit=3", &Value::Null, 200);
    assert_eq!((mails["mails"].as_array().unwrap().len(), &mails["next"]), (3, &json!(3)));
    let shown = program.does("GET", "/mails/1", &Value::Null, 200);
    assert!(shown["text"].as_str().unwrap().contains("*******"), "{shown}");
    served.until_sent(5);
    is_problem(&program.ask("POST", "/mails/1/resend", &[], &Value::Null), 409, "pin-wiped");
    program.does("POST", "/mails/4/resend", &Value::Null, 200);
    let tenant = program.does(
        "PATCH",
        "/tenant",
        &json!({ "pin_length": 9, "entry_exit_announcements": "tone" }),
        200,
    );
    assert_eq!((&tenant["pin_length"], &tenant["entry_exit_announcements"]), (&json!(9), &json!("tone")));
    assert_eq!(program.does("DELETE", "/tenant", &Value::Null, 200)["pin_length"], 5);
    let audit = program.does("GET", "/audit?after=1&limit=2", &Value::Null, 200);
    assert_eq!(audit["entries"][0]["number"], 2);
    served.attendant("audit verify");
}

#[test]
fn lists_come_in_pages_and_are_searched() {
    let served = Served::start();
    let program = Program::new(&served);
    let users: String = (0..25).map(|number| format!("user{number:02}@contoso.com\n")).collect();
    std::fs::write(served.stage.path().join("users.csv"), format!("name\n{users}")).unwrap();
    served.attendant("users import users.csv");
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = program.does("GET", &format!("/users?limit=10&after={after}"), &Value::Null, 200);
        names.extend(page["users"].as_array().unwrap().iter().map(|user| user["name"].clone()));
        match page["next"].as_str() {
            Some(next) => after = next.replace('@', "%40"),
            None => break,
        }
    }
    assert_eq!(names.len(), 25);
    let found = program.does("GET", "/users?search=user1", &Value::Null, 200);
    assert_eq!(found["users"].as_array().unwrap().len(), 10);
    is_problem(&program.ask("GET", "/users?limit=0", &[], &Value::Null), 400, "bad-request");
    for (query, told) in [
        ("/users?limit=many", "`limit` is not valid; expected a whole number"),
        ("/users?enabled_only=1", "`enabled_only` is not valid; expected `true` or `false`"),
        ("/meetings/many", "a number in the path is not a number, or is too large"),
    ] {
        let refused = program.ask("GET", query, &[], &Value::Null);
        is_problem(&refused, 400, "bad-request");
        assert_eq!(refused.json()["detail"], told);
    }
    program.does("POST", "/users/user07@contoso.com/disable", &Value::Null, 200);
    let enabled = program.does("GET", "/users?enabled_only=true", &Value::Null, 200);
    assert_eq!(enabled["users"].as_array().unwrap().len(), 24, "user07 is not");
    let with_number = program.does("GET", "/users?number=%2B14255550100", &Value::Null, 200);
    assert_eq!(with_number["users"], json!([]));
}

#[test]
fn what_was_typed_is_answered_by_what_was_stored() {
    let served = Served::start();
    let program = Program::new(&served);
    let number = json!({ "number": "+1 (425) 555-0100", "primary": "en-US" });
    let added = program.does("POST", "/numbers", &number, 201);
    assert_eq!(added["numbers"][0]["number"], "+14255550100");
    let path = "/numbers/1-425-555-0100";
    let changed = program.does("PATCH", path, &json!({ "primary": "ja-JP" }), 200);
    assert_eq!(
        (&changed["numbers"][0]["number"], &changed["numbers"][0]["primary"]),
        (&json!("+14255550100"), &json!("ja-JP"))
    );
    let again = program.does("PATCH", path, &json!({ "primary": "ja-JP" }), 200);
    assert_eq!(again, changed, "no change is answered with what is there");
    let wish = json!({ "conference_id": "314 1592", "number": "tel:+14255550100" });
    let enabled = program.does("POST", &format!("{AMOS_PATH}/enable"), &wish, 200);
    assert_eq!(
        (&enabled["user"]["conference_id"], &enabled["user"]["number"]),
        (&json!("3141592"), &json!("+14255550100"))
    );
    let found = program.does("GET", "/users?number=1.425.555.0100", &Value::Null, 200);
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    is_problem(&program.ask("GET", "/users?number=911", &[], &Value::Null), 400, "bad-number");
    let calls = json!({ "scene": "waiting", "conference_id": "314-1592", "callers": 1 });
    program.does("POST", "/calls", &calls, 202);
    program.does("PATCH", AMOS_PATH, &json!({ "conference_id": "271 8281" }), 200);
    is_problem(&program.ask("DELETE", path, &[], &Value::Null), 409, "number-in-use");
}

#[test]
fn a_change_that_is_refused_in_one_part_changes_nothing() {
    let served = Served::start();
    let program = Program::new(&served);
    program.does("POST", &format!("{AMOS_PATH}/enable"), &Value::Null, 200);
    let before = program.does("GET", AMOS_PATH, &Value::Null, 200);
    for refused in [
        json!({ "display_name": "Half Done", "number": "+14255550199" }),
        json!({ "conference_id": "2718281", "address": "no address" }),
    ] {
        let answer = program.ask("PATCH", AMOS_PATH, &[], &refused);
        assert!((400..500).contains(&answer.status), "{}", answer.text);
        assert_eq!(program.does("GET", AMOS_PATH, &Value::Null, 200), before);
    }
    let moved = json!({ "conference_id": "2718281", "address": "new@contoso.com" });
    let moved = program.does("PATCH", AMOS_PATH, &moved, 200);
    assert_eq!(moved["mailed_to"], json!(["new@contoso.com"]), "the mail goes to the new address");
}

#[test]
fn two_administrators_who_saw_the_same_pin_do_not_both_reset_it() {
    let served = Served::start();
    let program = Program::new(&served);
    let enabled = program.ask("POST", &format!("{AMOS_PATH}/enable"), &[], &Value::Null);
    let reset =
        |seen| program.ask("POST", &format!("{AMOS_PATH}/reset-pin"), &[("if-match", seen)], &Value::Null);
    assert_eq!(reset(enabled.header("etag")).status, 200);
    is_problem(&reset(enabled.header("etag")), 412, "changed");
}

#[test]
fn a_request_whose_connection_was_lost_is_carried_out_once() {
    let served = Served::start();
    let program = Program::new(&served);
    program.does("POST", &format!("{AMOS_PATH}/enable"), &Value::Null, 200);
    let path = format!("{AMOS_PATH}/reset-pin");
    let key = ("idempotency-key", "lost-1");
    let host = served.url.trim_start_matches("http://");
    let mut line = std::net::TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /api/v1{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {}\r\ncontent-type: application/json\r\n\
         {}: {}\r\ncontent-length: 0\r\n\r\n",
        program.bearer, key.0, key.1
    );
    std::io::Write::write_all(&mut line, head.as_bytes()).unwrap();
    drop(line);
    let answer = loop {
        let answer = program.ask("POST", &path, &[key], &Value::Null);
        if answer.status != 409 {
            break answer;
        }
        is_problem(&answer, 409, "under-way");
    };
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        program.does("POST", &path, &Value::Null, 200)["changed"],
        true,
        "without a key it is done again"
    );
    let audit = program.does("GET", "/audit?limit=100", &Value::Null, 200);
    let resets = audit["entries"].as_array().unwrap().iter().filter(|entry| entry["act"] == "reset_pin");
    assert_eq!(resets.count(), 2, "{audit}");
}

#[test]
fn a_revoked_token_gets_no_repeated_answer() {
    let served = Served::start();
    let program = Program::new(&served);
    let enable = format!("{AMOS_PATH}/enable");
    let key = ("idempotency-key", "once-1");
    assert_eq!(program.ask("POST", &enable, &[key], &Value::Null).status, 200);
    assert_eq!(program.ask("POST", &enable, &[key], &Value::Null).header("idempotent-replayed"), "true");
    let tokens = served.attendant("tokens list --json").out;
    let token: Value = serde_json::from_str(tokens.lines().next().unwrap()).unwrap();
    served.attendant(&format!("tokens revoke {}", token["id"].as_str().unwrap()));
    is_problem(&program.ask("POST", &enable, &[key], &Value::Null), 401, "bad-token");
}

#[test]
fn a_state_that_was_seen_guards_against_lost_updates() {
    let served = Served::start();
    let program = Program::new(&served);
    program.does("POST", &format!("{AMOS_PATH}/enable"), &Value::Null, 200);
    for (path, field) in
        [(AMOS_PATH, json!({ "display_name": "Amos M." })), ("/tenant", json!({ "pin_length": 8 }))]
    {
        let seen = program.ask("GET", path, &[], &Value::Null).header("etag").to_owned();
        let changed = program.ask("PATCH", path, &[("if-match", &seen)], &field);
        assert_eq!(changed.status, 200, "{}", changed.text);
        let other =
            if path == "/tenant" { json!({ "pin_length": 9 }) } else { json!({ "display_name": "A." }) };
        is_problem(&program.ask("PATCH", path, &[("if-match", &seen)], &other), 412, "changed");
        let now = changed.header("etag").to_owned();
        assert_eq!(program.ask("PATCH", path, &[("if-match", &now)], &other).status, 200);
        assert_eq!(program.ask("PATCH", path, &[("if-match", "*")], &field).status, 200);
    }
    let seen = program.ask("GET", AMOS_PATH, &[], &Value::Null).header("etag").to_owned();
    served.attendant(&format!("users set {AMOS} --display-name Elsewhere"));
    let reset = program.ask("POST", &format!("{AMOS_PATH}/reset-pin"), &[("if-match", &seen)], &Value::Null);
    is_problem(&reset, 412, "changed");
}

#[test]
fn the_same_key_is_carried_out_once_and_its_pin_is_told_once() {
    let served = Served::start();
    let program = Program::new(&served);
    program.does("POST", &format!("{AMOS_PATH}/enable"), &Value::Null, 200);
    let path = format!("{AMOS_PATH}/reset-pin");
    let key = [("idempotency-key", "7f1c")];
    let first = program.ask("POST", &path, &key, &Value::Null);
    let again = program.ask("POST", &path, &key, &Value::Null);
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!((again.header("idempotent-replayed"), first.header("idempotent-replayed")), ("true", ""));
    assert_eq!(again.header("etag"), first.header("etag"));
    let (mut first, again) = (first.json(), again.json());
    assert_eq!(first["pin"].as_str().unwrap().len(), 5);
    first["pin"] = json!("*******");
    assert_eq!(first, again);
    is_problem(&program.ask("POST", &path, &key, &json!({ "mail": {} })), 422, "key-used");
    let elsewhere = program.ask("POST", &format!("{AMOS_PATH}/unlock"), &key, &Value::Null);
    is_problem(&elsewhere, 422, "key-used");
    is_problem(&program.ask("POST", &path, &[("idempotency-key", "a b")], &Value::Null), 400, "bad-request");
    let mails = program.does("GET", "/mails", &Value::Null, 200);
    assert_eq!(mails["mails"].as_array().unwrap().len(), 2, "one for enabling, one for the reset");
}

#[test]
fn whatever_is_wrong_is_told_as_a_problem() {
    let served = Served::start();
    let program = Program::new(&served);
    is_problem(&served.get("/api/v1/users"), 401, "no-token");
    let basic = [("authorization", "Basic YTpi")];
    is_problem(&served.send("GET", "/api/v1/users", &basic, ""), 401, "no-token");
    served.attendant(&format!("users enable {AMOS}"));
    let user = served.attendant(&format!("tokens issue {AMOS}")).out;
    let bearer = format!("Bearer {}", user.trim());
    let own = [("authorization", bearer.as_str())];
    let mine = served.send("GET", &format!("/api/v1{AMOS_PATH}"), &own, "");
    assert_eq!((mine.status, &mine.json()["pin_entry"]), (200, &Value::Null));
    for (method, path) in [
        ("GET", "/users"),
        ("GET", "/users/kim%40contoso.com"),
        ("POST", &format!("{AMOS_PATH}/reset-pin")),
        ("GET", "/tenant"),
        ("GET", "/audit"),
        ("GET", "/events"),
        ("POST", "/calls"),
    ] {
        is_problem(&served.send(method, &format!("/api/v1{path}"), &own, ""), 403, "forbidden");
    }
    for (method, path, body, status, code) in [
        ("GET", "/users/nobody%40contoso.com", Value::Null, 404, "unknown-user"),
        ("PATCH", "/users/nobody%40contoso.com", json!({ "display_name": "N." }), 404, "unknown-user"),
        ("PATCH", AMOS_PATH, json!({ "colour": "red" }), 400, "bad-request"),
        ("PATCH", AMOS_PATH, json!({ "conference_id": "12a" }), 400, "bad-conference-id"),
        ("PATCH", AMOS_PATH, json!({ "number": "+14255550199" }), 404, "unknown-number"),
        ("PATCH", AMOS_PATH, json!({ "address": "nowhere" }), 400, "bad-address"),
        ("PATCH", "/tenant", json!({ "pin_length": 13 }), 400, "bad-setting"),
        ("PATCH", "/tenant", json!({ "mail_from_override": true }), 400, "sender-incomplete"),
        ("POST", "/numbers", json!({ "number": "1", "primary": "en-US" }), 400, "bad-number"),
        ("GET", "/mails/77", Value::Null, 404, "unknown-mail"),
        ("GET", "/mails/none", Value::Null, 400, "bad-request"),
        ("GET", "/meetings/5", Value::Null, 404, "nobody-there"),
        ("POST", "/meetings/5/end", Value::Null, 404, "nobody-there"),
        ("POST", "/calls", json!({ "scene": "organizer", "conference_id": "314" }), 400, "bad-request"),
        ("POST", "/calls", json!({ "scene": "meeting", "callers": 10_001 }), 400, "bad-request"),
        ("GET", "/nothing", Value::Null, 404, "unknown-path"),
        ("PUT", "/tenant", Value::Null, 405, "wrong-method"),
    ] {
        is_problem(&program.ask(method, path, &[], &body), status, code);
    }
    let text = [("authorization", program.bearer.as_str()), ("content-type", "text/plain")];
    is_problem(&served.send("PATCH", "/api/v1/tenant", &text, "{}"), 415, "not-json");
    let json = [("authorization", program.bearer.as_str()), ("content-type", "application/json")];
    is_problem(&served.send("PATCH", "/api/v1/tenant", &json, "{"), 400, "bad-request");
    is_problem(&served.send("PATCH", "/api/v1/tenant", &json, &" ".repeat(70_000)), 413, "too-large");
}

#[test]
fn the_document_is_served_as_it_is_generated() {
    let served = Served::start();
    let document = served.get("/api/openapi.json");
    assert_eq!(document.header("content-type"), "application/json");
    let generated = serde_json::to_value(attendant::web::document()).unwrap();
    assert_eq!(document.json(), generated);
    assert_eq!(generated["openapi"], "3.1.0");
}
