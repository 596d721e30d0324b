//! The figures for Prometheus: who reads them, what they are, and that the documents know them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::{Value, json};

use super::Served;
use super::exposition::Exposition;
use super::live::{Program, Stream};
use crate::documents::is_current;
use crate::stage::Stage;

const SCRAPE: &str = "5cb1b6a2f0d94e7787d1c3a9";

const OPERATION: &str = "docs/operation.md";
const DASHBOARD: &str = "docs/operation/dashboard.json";
const ALERTS: &str = "docs/operation/alerts.yml";

fn with_a_scrape_token() -> Served {
    Served::at(Stage::with(&[]), "", &[("ATTENDANT_WEB_SCRAPE_TOKEN", SCRAPE)])
}

fn scrape(served: &Served, token: &str) -> (u16, String) {
    let bearer = format!("Bearer {token}");
    let answer = served.send("GET", "/metrics", &[("authorization", &bearer)], "");
    (answer.status, answer.text)
}

#[test]
fn the_scrape_token_reads_figures_and_nothing_else() {
    let served = with_a_scrape_token();
    assert_eq!(served.get("/metrics").status, 401, "nobody reads them without a token");
    let (status, refused) = scrape(&served, &SCRAPE[1..]);
    assert!(
        status == 401 && refused.contains("it is neither web.scrape_token nor a valid token"),
        "{refused}"
    );
    assert_eq!(scrape(&served, "").0, 401);
    let (status, text) = scrape(&served, SCRAPE);
    assert!(status == 200 && text.contains("attendant_pin_lockouts_total 0"), "{status} {text}");
    assert_eq!(scrape(&served, &served.token()).0, 200, "administrators read them too");
    let bearer = format!("Bearer {SCRAPE}");
    let listed = served.send("GET", "/api/v1/users", &[("authorization", &bearer)], "");
    assert_eq!(listed.status, 401, "it is nobody's token");
}

#[test]
fn without_a_scrape_token_everybody_sees_calls_and_no_pins() {
    let served = Served::start();
    let text = served.get("/metrics").text;
    assert!(text.contains("attendant_calls 0\n"), "{text}");
    for secret in ["wrong_pins", "lockouts", "pin_check", "check_pin", "http", "limit"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert_eq!(scrape(&served, "guessed").0, 401, "a wrong token is not ignored");
    let (status, text) = scrape(&served, &served.token());
    assert!(status == 200 && text.contains("attendant_wrong_pins_total 0"), "{status} {text}");
}

#[test]
fn a_scrape_token_is_long_and_set_once() {
    let stage = Stage::with(&[("token", SCRAPE)]);
    let check = |environment: &[(&str, &str)]| stage.attendant_with(environment, "config check");
    let short = check(&[("ATTENDANT_WEB_SCRAPE_TOKEN", "fifteen-letters")]);
    assert!(short.code == 2 && short.err.contains("fewer than 16 characters"), "{short:?}");
    assert!(!short.err.contains("fifteen-letters"), "{short:?}");
    let by_file = ("ATTENDANT_WEB_SCRAPE_TOKEN_FILE", "token");
    let twice = check(&[("ATTENDANT_WEB_SCRAPE_TOKEN", SCRAPE), by_file]);
    assert!(twice.code == 2 && twice.err.contains("remove one of them"), "{twice:?}");
    assert_eq!(check(&[by_file]).code, 0);
    let shown = stage.attendant_with(&[("ATTENDANT_WEB_SCRAPE_TOKEN", SCRAPE)], "config show");
    assert!(shown.code == 0 && !shown.out.contains(SCRAPE), "{shown:?}");
}

/// Callers wait, are released, and leave; a mail is sent.
fn after_a_story() -> (Served, Exposition) {
    let served = with_a_scrape_token();
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    let waiting = json!({ "scene": "waiting", "callers": 2, "conference_id": id });
    program.does("POST", "/calls", &waiting, 202);
    for _ in 0..2 {
        stream.until(|event| event["event"] == "parked");
    }
    for (pin, until) in [("918273645", "pin_refused"), (pin.as_str(), "started")] {
        let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
        program.does("POST", "/calls", &organizer, 202);
        stream.until(|event| event["event"] == until);
    }
    for _ in 0..2 {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
    stream.until(|event| event["event"] == "finished");
    program.does("GET", "/users/nobody@contoso.com", &Value::Null, 404);
    served.until_sent(1);
    // The seconds that make the figures are of real time.
    let figures = || Exposition::read(&scrape(&served, SCRAPE).1);
    crate::bounded::until("a second of the figures is over", || {
        figures().count("attendant_start_to_joined_seconds_count") == 1
            && figures().count("attendant_calls_finished_total") > 0
    });
    let figures = figures();
    (served, figures)
}

#[test]
fn figures_tell_of_calls_requests_mails_and_the_process() {
    let (_served, figures) = after_a_story();
    for (named, count) in [
        ("attendant_lobby_wait_seconds_count{end=\"joined\"}", 2),
        ("attendant_lobby_wait_seconds_count{end=\"left\"}", 0),
        ("attendant_wrong_pins_total", 1),
        ("attendant_directory_up", 1),
        ("attendant_mail_attempts_total{result=\"sent\"}", 1),
        ("attendant_outbox_mails{state=\"waiting\"}", 0),
        ("attendant_outbox_oldest_seconds", 0),
        ("attendant_limit{limit=\"calls\"}", 10_000_000),
        ("attendant_limit_reached_total{limit=\"calls\"}", 0),
        ("attendant_call_outcomes_total{outcome=\"refused(overloaded)\"}", 0),
    ] {
        assert_eq!(figures.count(named), count, "{named}");
    }
    for named in [
        "attendant_call_setup_seconds_count",
        "attendant_pin_check_seconds_count",
        "attendant_directory_question_seconds_count{question=\"find_meeting\"}",
        "attendant_http_request_duration_seconds_count{route=\"/api/v1/users/{name}\",method=\"GET\",status=\"4xx\"}",
        "attendant_http_request_duration_seconds_count{route=\"/metrics\",method=\"GET\",status=\"2xx\"}",
        "attendant_directory_size_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ] {
        assert!(figures.count(named) > 0, "{named}");
    }
    let build = &figures.0["attendant_build_info"].lines;
    assert!(build.len() == 1 && build[0].0.contains(env!("CARGO_PKG_VERSION")), "{build:?}");
}

#[test]
fn the_table_of_figures_is_what_is_served() {
    let (served, figures) = after_a_story();
    let everybody = Served::start().get("/metrics").text;
    let everybody = Exposition::read(&everybody);
    drop(served);
    // What there is only where telephones can call.
    let telephones = Served::with(Stage::with(&[]), "--speed 1 --sip 127.0.0.1:0");
    let public = Exposition::read(&telephones.get("/metrics").text);
    let all = Exposition::read(&scrape(&telephones, &telephones.token()).1);
    let (mut figures, mut everybody) = (figures, everybody);
    for (name, family) in all.0 {
        figures.0.entry(name).or_insert(family);
    }
    everybody.0.extend(public.0);
    let mut table = "| name | type | labels | what | |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for (name, family) in &figures.0 {
        let labels: Vec<String> = family.labels().into_iter().map(|label| format!("`{label}`")).collect();
        let public = if everybody.0.contains_key(name) { "public" } else { "" };
        let (kind, help) = (&family.kind, family.help.replace('|', "\\|"));
        let _in_memory = writeln!(table, "| `{name}` | {kind} | {} | {help} | {public} |", labels.join(", "));
    }
    let page = read(OPERATION);
    let (before, rest) = page.split_once("<!-- figures -->\n").expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- end -->\n").expect("the table has an end");
    is_current(OPERATION, &format!("{before}<!-- figures -->\n{table}<!-- end -->\n{after}"));
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every name of a figure in a text, without the endings of their parts.
fn names(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(attendant|process)_[a-z_]+").unwrap();
    let ending = Regex::new(r"_seconds_(bucket|sum|count)$").unwrap();
    name.find_iter(text).map(|found| ending.replace(found.as_str(), "_seconds").into_owned()).collect()
}

#[test]
fn dashboard_and_alerts_name_only_figures_that_there_are() {
    let documented = names(&read(OPERATION));
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let asked: String = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
        .map(|target| target["expr"].as_str().unwrap().to_owned() + "\n")
        .collect();
    for (what, text, least) in [("the dashboard", asked, 20), ("the alerts", read(ALERTS), 8)] {
        let named = names(&text);
        let unknown: Vec<_> = named.difference(&documented).collect();
        assert!(unknown.is_empty(), "{what} asks for {unknown:?}");
        assert!(named.len() >= least, "{what} asks for {named:?}");
    }
    let titles: Vec<_> = panels.iter().map(|panel| panel["title"].as_str().unwrap()).collect();
    let different: BTreeSet<_> = titles.iter().collect();
    assert_eq!(different.len(), titles.len(), "{titles:?}");
}
