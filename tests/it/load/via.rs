//! `attendant load --via`: the profile's callers are telephones, and the bridge is the program in a process of its own.

use std::process::Stdio;
use std::time::Duration;

use attendant::clock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{QUICK, count, figures};
use crate::bounded::{finish, until};
use crate::stage::Stage;
use crate::telephones::{address, meeting, rows, served};
use crate::web::{Program, Served, Stream};

/// A bridge with organizers, whose conference IDs and PINs are in a file of the stage.
struct Bridge {
    served: Served,
    stage: Stage,
    pins: Vec<String>,
    options: String,
}

fn bridge(organizers: usize) -> Bridge {
    let served = served("");
    let program = Program::new(&served);
    meeting(&program);
    let (mut file, mut pins) = ("conference_id,pin\n".to_owned(), Vec::new());
    for number in 0..organizers {
        let path = format!("/users/load-{number}@contoso.com/enable");
        let done = program.does("POST", &path, &json!({}), 200);
        let pin = done["pin"].as_str().unwrap().to_owned();
        file += &format!("{},{pin}\n", done["user"]["conference_id"].as_str().unwrap());
        pins.push(pin);
    }
    let options = format!("--via sip:{} --organizers organizers.csv --plain", address(&served));
    let stage = Stage::with(&[("quick.yaml", QUICK), ("organizers.csv", &file)]);
    Bridge { served, stage, pins, options }
}

#[test]
fn a_profile_is_played_by_telephones_and_every_packet_is_read() {
    let Bridge { stage, pins, options, served: _served } = bridge(20);
    let line =
        "load quick.yaml --set rate=2 --set over=3s --listen 100% --report run=a.run --report json=a.json";
    let ended = stage.attendant(&format!("{line} {options}"));
    // On a busy machine the run is void, which says nothing of the stories.
    assert!([0, 6].contains(&ended.code), "{}{}", ended.out, ended.err);
    let told = figures(&stage.read("a.json"));
    let stories = count(&told, "/totals/begun");
    assert!(stories >= 2, "{told:#}");
    assert_eq!(count(&told, "/totals/failed"), 0, "{}", ended.out);
    assert_eq!(count(&told, "/totals/dialled"), 2 * stories);
    assert_eq!(count(&told, "/outcomes/joined"), 2 * stories);
    for (metric, times) in [("call_setup", 2), ("start_to_joined", 1), ("lobby_entry", 1), ("hang_up", 2)] {
        let measured = count(&told, &format!("/latencies_us/{metric}/count"));
        assert!(
            (times * stories..=2 * stories).contains(&measured),
            "{metric}: {measured} of {stories} stories"
        );
    }
    let stream = |name: &str| count(&told, &format!("/streams/{name}"));
    assert!(stream("received") > 100 * stories && stream("sent") > 100 * stories, "{told:#}");
    assert_eq!(stream("unknown"), 0, "nobody transcodes: {told:#}");
    assert!(stream("equal") * 4 > stream("received"), "{told:#}");
    assert!(stream("listened") == 2 * stories && stream("alike") >= 2 * stories, "{told:#}");
    assert!(ended.out.contains("by SIP, sip:127.0.0.1"), "{}", ended.out);
    let run = stage.read("a.run");
    assert!(run.contains(r#""bridge":"sip:127.0.0.1""#));
    for pin in &pins {
        for text in [&ended.out, &ended.err, &run] {
            assert!(!text.contains(&format!("{pin}#")) && !text.contains(&format!("\"{pin}\"")), "{text}");
        }
    }
}

#[test]
fn callers_of_load_runs_say_what_their_scripts_say() {
    let Bridge { stage, options, served: _served, .. } = bridge(20);
    // Pat hears Amos, whom no code of a known sound tells.
    let text = QUICK.replacen("      - hang_up\n", "      - wait: 6s\n      - hang_up\n", 1);
    let talks = text.replace("      - { expect: joined, for: 1s }\n", "      - wait: 4s\n      - talk: 1s\n");
    std::fs::write(stage.path().join("talks.yaml"), talks).unwrap();
    let line = "load talks.yaml --set rate=1 --set over=1s --report json=talks.json";
    let ended = stage.attendant(&format!("{line} {options}"));
    assert!([0, 6].contains(&ended.code), "{}{}", ended.out, ended.err);
    let told = figures(&stage.read("talks.json"));
    assert!(count(&told, "/totals/begun") > 0 && count(&told, "/totals/failed") == 0, "{}", ended.out);
    assert!(count(&told, "/streams/unknown") > 0, "{told:#}");
}

#[test]
fn the_api_enables_the_organizers_of_a_run_and_takes_them_back() {
    let served = served("");
    let program = Program::new(&served);
    let stage = Stage::with(&[("quick.yaml", QUICK)]);
    let at = address(&served);
    let line = format!(
        "load quick.yaml --set rate=2 --set over=2s --plain --report json=a.json --via sip:{at} --api {} --users 12",
        served.url
    );
    let ended = stage.attendant_with(&[("ATTENDANT_TOKEN", &program.token), ("NO_COLOR", "1")], &line);
    assert!([0, 6].contains(&ended.code), "{ended:?}");
    let told = figures(&stage.read("a.json"));
    assert!(count(&told, "/totals/begun") >= 1 && count(&told, "/totals/failed") == 0, "{told:#}");
    let users = program.does("GET", "/users?limit=100", &json!(null), 200);
    let enabled = |user: &serde_json::Value| !user["conference_id"].is_null();
    let left = users["users"].as_array().unwrap().iter().filter(|user| enabled(user)).count();
    assert_eq!(left, 0, "{users:#}");
    assert!(!ended.err.contains("warning"), "{ended:?}");
    let ended = stage.attendant(&format!("load quick.yaml --plain --via sip:{at} --api {}", served.url));
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("ATTENDANT_TOKEN"), "{ended:?}");
}

#[test]
fn a_generator_that_is_stopped_voids_its_run() {
    let Bridge { stage, options, served, .. } = bridge(40);
    let mut line = stage.program(env!("CARGO_BIN_EXE_attendant"));
    line.args("load quick.yaml --set rate=8 --set over=4s --set limit=max<1h".split(' '));
    let child = line.args(options.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    until("calls are up", || rows(&served, "sip_calls") > 4);
    kill_process(pid, Signal::STOP).unwrap();
    let later = clock::now() + Duration::from_secs(1);
    until("a second has passed", || clock::now() >= later);
    kill_process(pid, Signal::CONT).unwrap();
    let ended = finish(child);
    let out = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(ended.status.code(), Some(6), "{out}");
    let is_late = |line: &str| line.starts_with("VOID") && line.contains("late at p(99)");
    assert!(out.lines().any(is_late), "{out}");
}

#[test]
fn a_threshold_that_is_missed_by_sip_is_exit_code_3() {
    let Bridge { stage, options, served: _served, .. } = bridge(20);
    let ended = stage
        .attendant(&format!("load quick.yaml --set rate=1 --set over=2s --set limit=max<0.001ms {options}"));
    assert!([3, 6].contains(&ended.code), "{}", ended.out);
    assert!(ended.out.contains("FAILS  start_to_joined max < 0.001ms"), "{}", ended.out);
}

#[test]
fn callers_come_from_a_file_of_sipp() {
    let Bridge { stage, options, served, .. } = bridge(20);
    std::fs::write(stage.path().join("callers.csv"), "SEQUENTIAL,PRINTF=50\n+1425555%04d;x\n").unwrap();
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    let line = "load quick.yaml --set rate=1 --set over=1s --inf callers.csv --sources 127.0.0.2-127.0.0.5";
    let ended = stage.attendant(&format!("{line} {options}"));
    assert!([0, 6].contains(&ended.code), "{}{}", ended.out, ended.err);
    let called = stream.until(|event| event["event"] == "parked");
    assert!(called["caller"].as_str().unwrap().contains("+14255550"), "{called}");
}

#[test]
fn what_another_bridge_cannot_be_asked_is_refused_beforehand() {
    let stage = Stage::with(&[("quick.yaml", QUICK), ("wrong.csv", "1234\n")]);
    let refused = |options: &str, why: &str| {
        let ended = stage.attendant(&format!("load quick.yaml --plain {options}"));
        assert_eq!(ended.code, 2, "{options}: {}", ended.out);
        assert!(ended.err.contains(why), "{options}: {}", ended.err);
    };
    refused("--via sip:127.0.0.1:9", "nobody organizes at the bridge");
    refused("--via sip:127.0.0.1:9 --organizers wrong.csv", "line 1: expected a conference ID and a PIN");
    refused("--via sip:127.0.0.1:9 --organizers env:NO_SUCH", "NO_SUCH");
    refused("--via sips:127.0.0.1", "not over TLS");
    refused("--organizers wrong.csv", "--via");
    refused("--via sip:127.0.0.1:9 --sources localhost", "expected addresses");
    let listens = QUICK.replace("expect: joined, for: 1s", "hears: talk, by: pat, within: 1s");
    std::fs::write(stage.path().join("listens.yaml"), listens).unwrap();
    let ended = stage.attendant("load listens.yaml --via sip:127.0.0.1:9 --plain");
    assert!(ended.code == 2 && ended.err.contains("waits to hear somebody talk"), "{}", ended.err);
    let ended = stage.attendant("load troubled --via sip:127.0.0.1:9 --plain");
    assert!(ended.code == 2 && ended.err.contains("troubled: it has"), "{}", ended.err);
}
