//! The log of `attendant serve`: what an operator reads, and what nobody may read in it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use regex::Regex;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::program::OWN;
use super::{AMOS, Person, Served};
use crate::bounded::Limit;
use crate::stage::Stage;

/// Typed where a password is asked for, and wrong.
const WRONG_PASSWORD: &str = "tr0ub4dor-and-three";

/// Keyed as a PIN, and wrong.
const WRONG_PIN: &str = "918273645";

const SCRAPE: &str = "5cb1b6a2f0d94e7787d1c3a9";

/// Everything that has to do with secrets: signing in, a token, a PIN that is reset, keyed rightly and wrongly.
fn story(options: &str) -> (String, Vec<String>) {
    let environment = [("NO_COLOR", "1"), ("ATTENDANT_WEB_SCRAPE_TOKEN", SCRAPE)];
    let served = Served::at(Stage::with(&[]), options, &environment);
    let one_time = served.password.clone();
    drop(Person::admin(&served));
    assert_eq!(Person::stranger(&served).sign_in("admin", WRONG_PASSWORD).status, 401);
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    for (pin, until) in [(WRONG_PIN, "pin_refused"), (pin.as_str(), "started")] {
        let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
        program.does("POST", "/calls", &organizer, 202);
        stream.until(|event| event["event"] == until);
    }
    stream.until(|event| event["event"] == "finished");
    let scraped = [("authorization", format!("Bearer {SCRAPE}"))];
    let scraped = scraped.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(served.send("GET", "/metrics?token=in-the-address", &scraped, "").status, 200);
    served.until_sent(1);
    let token = program.token.clone();
    let (code, log) = served.interrupt();
    assert_eq!(code, 0, "{log}");
    let secrets = [one_time.as_str(), OWN, WRONG_PASSWORD, &pin, WRONG_PIN, SCRAPE, "in-the-address"]
        .map(str::to_owned);
    // A token's first part names it, and is no secret.
    let (_, secret) = token.rsplit_once('_').unwrap();
    (log, secrets.into_iter().chain([secret.to_owned()]).collect())
}

#[test]
fn acts_from_before_the_start_are_told_by_their_number() {
    let (_, stage) = Served::start().ended();
    let done = stage.attendant("tenant set pin_length=9 --directory d/users.db");
    assert_eq!(done.code, 0, "{done:?}");
    let served = Served::with(stage, "");
    // The first start gave the administrator an account.
    served.until_log(|log| log.contains("logged from the entry after this one on number=2"));
    let done = served.attendant("tenant set pin_length=8");
    assert_eq!(done.code, 0, "{done:?}");
    served.until_log(|log| log.contains("set_tenant number=3"));
}

#[test]
fn no_secret_is_in_the_log_at_any_level_in_either_format() {
    for format in ["text", "json"] {
        let (log, secrets) = story(&format!("-vvv --log-format {format}"));
        for secret in secrets {
            assert!(!log.contains(&secret), "{secret} is in the log:\n{log}");
        }
        assert!(log.contains("TRACE") && log.contains("key"), "keys are told of:\n{log}");
    }
}

/// What a line looks like, whatever its numbers are.
fn shape(line: &str) -> String {
    Regex::new(r"\d+").unwrap().replace_all(line, "0").into_owned()
}

#[test]
fn the_lines_that_the_page_shows_are_written() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operation.md")).unwrap();
    let (_, section) = page.split_once("\n## The log\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    for (options, language) in [("", "```text\n"), ("--log-format json", "```json\n")] {
        let served = Served::at(Stage::with(&[]), options, &[("NO_COLOR", "1")]);
        drop(Person::admin(&served));
        assert_eq!(Person::stranger(&served).sign_in("admin", WRONG_PASSWORD).status, 401);
        let program = Program::new(&served);
        let mut stream = Stream::open(&served, &program.token);
        program.does("POST", "/calls", &json!({ "scene": "meeting", "callers": 1 }), 202);
        stream.until(|event| event["event"] == "finished");
        let (_, log) = served.interrupt();
        let written: Vec<String> = log.lines().map(shape).collect();
        let (_, block) = section.split_once(language).unwrap();
        for line in block.split("```").next().unwrap().lines() {
            assert!(written.contains(&shape(line)), "{line}\nis not in\n{log}");
        }
    }
}

/// The lines of this target.
fn of<'l>(lines: &'l [Value], target: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["target"] == target).collect()
}

#[test]
fn each_line_of_json_has_its_time_level_part_and_message() {
    let (log, _) = story("-v -o log.format=json");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        let time = line["timestamp"].as_str().unwrap_or_default();
        assert!(time.len() == 27 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{line}");
        assert!(
            line["level"].is_string() && line["target"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let service = of(&lines, "attendant::service");
    let messages: Vec<&str> = service.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!((messages[0], messages.last()), ("starting", Some(&"stopped: all calls have ended")));
    let calls = of(&lines, "attendant::calls");
    let finished = calls.iter().find(|line| line["message"] == "finished").expect("a call has ended");
    assert!(finished["outcome"].is_string() && finished["cause"].is_string(), "{finished}");
    assert!(finished["duration_ms"].is_u64() && finished["span"]["number"] == finished["call"], "{finished}");
    let audit = of(&lines, "attendant::audit");
    let refused = audit.iter().find(|line| line["message"] == "sign_in" && line["level"] == "WARN");
    let refused = refused.expect("a sign-in was refused");
    assert!(refused["origin"] == "page 127.0.0.1" && refused["actor"] == "admin", "{refused}");
    let enabled = audit.iter().find(|line| line["message"] == "enable").expect("a user was enabled");
    assert_eq!((&enabled["subject"], &enabled["actor"]), (&json!(AMOS), &json!("kim@contoso.com")));
    let issued = audit.iter().find(|line| line["message"] == "issue_token");
    assert!(issued.is_some_and(|line| line["origin"] == "cli"), "another process did that: {audit:?}");
    let mails = of(&lines, "attendant::mail");
    assert!(mails.iter().any(|line| line["message"] == "sent" && line["kind"] == "enabled"), "{mails:?}");
    let http = of(&lines, "attendant::http");
    let made =
        http.iter().find(|line| line["route"] == "/api/v1/users/{name}/enable").expect("it was asked for");
    assert_eq!((&made["method"], &made["status"]), (&json!("POST"), &json!(200)));
    assert!(made["duration_ms"].is_f64() && made["client"] == "127.0.0.1", "{made}");
    assert!(http.iter().any(|line| line["route"] == "/metrics" && line["level"] == "DEBUG"), "{http:?}");
}

#[test]
fn by_default_text_has_times_and_parts_can_be_turned_off() {
    let served = Served::with(Stage::with(&[]), "-o log.level=info,attendant::http=off");
    drop(Person::admin(&served));
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "meeting", "callers": 2 }), 202);
    stream.until(|event| event["event"] == "finished");
    let (_, log) = served.interrupt();
    for line in log.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.len() == 27 && time.ends_with('Z'), "{line}");
        assert!(["INFO", "WARN"].iter().any(|level| rest.trim_start().starts_with(level)), "{line}");
    }
    for line in ["attendant::calls: answered call=", "attendant::calls: finished call=", "sign_in number="] {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
    assert!(!log.contains("attendant::http") && !log.contains('\x1b'), "{log}");
}

#[test]
fn wrong_levels_and_formats_are_refused_at_the_start() {
    let stage = Stage::with(&[]);
    let ended = stage.attendant("config check -o log.level=info,attendant::http=loud");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("`attendant::http=loud` is not a level"), "{}", ended.err);
    assert_eq!(stage.attendant("config check -o log.format=xml").code, 2);
    assert_eq!(stage.attendant("config check --log-format xml").code, 2);
}

#[test]
fn sign_ins_beyond_the_limit_are_told_of() {
    let served = Served::start();
    while Person::stranger(&served).sign_in("admin", WRONG_PASSWORD).status != 429 {}
    served.until_log(|log| log.contains("limit=\"sign_ins_of_an_account\"") && log.contains("127.0.0.1"));
}

/// More than a pipe holds, in lines of the access log.
const REQUESTS: usize = 2_000;

#[test]
fn a_log_that_nobody_reads_holds_up_no_request() {
    let stage = Stage::with(&[]);
    let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
    command.args("-vvv serve --listen 127.0.0.1:0 --directory d/users.db".split_whitespace());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _limit = Limit::on(&child);
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("url=http://") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it did not start");
    }
    let (_, address) = line.trim().rsplit_once("url=").unwrap();
    let agent = ureq::Agent::new_with_defaults();
    for _ in 0..REQUESTS {
        let answer = agent.get(format!("{address}healthz")).call().unwrap().body_mut().read_to_string();
        assert_eq!(answer.unwrap(), "alive\n");
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    // Only now somebody reads on: what did not fit is told of.
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    assert!(rest.contains("stopped: all calls have ended"), "the log goes on to its end: {rest}");
}
