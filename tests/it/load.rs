//! `attendant load`, `report` and `compare`: what a run counts, when it is void, and what the exit code says.

mod bounds;
mod via;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::bounded::Limit;
use super::stage::Stage;
use super::tmux::Terminal;

/// Amos starts a meeting with the PIN while Pat waits; both are quick.
const QUICK: &str = r##"scenario: Pat is released when Amos keys the PIN
params: { rate: 20, over: 2s, most: 1000, then: enter-pin, limit: "p(99) < 1s" }
given:
  tenant: { name_recording: false }
  organizers: { amos: {} }
procedures:
  name-the-meeting:
    - dial: bridge
    - { hears: welcome }
    - press: "${amos.conference_id}#"
    - { hears: press-star-if-organizer }
callers:
  pat:
    script:
      - run: name-the-meeting
      - press: "1"
      - { expect: lobby }
      - mark: waiting
      - { expect: joined, within: 2s, of: amos.joined }
      - hang_up
  amos:
    script:
      - when: pat.waiting
      - run: name-the-meeting
      - press: "*"
      - { hears: "${then}" }
      - press: "${amos.pin}#"
      - { expect: joined }
      - { expect: joined, for: 1s }
      - hang_up
load:
  stages: [{ to: "${rate}/s", over: 0s }, { to: "${rate}/s", over: "${over}" }]
  max_in_flight: "${most}"
  thresholds: { start_to_joined: "${limit}", failed: < 1% }
"##;

fn stage() -> Stage {
    Stage::with(&[("quick.yaml", QUICK)])
}

fn figures(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn count(figures: &Value, path: &str) -> u64 {
    figures.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {path} in {figures:#}"))
}

#[test]
fn a_run_in_virtual_time_counts_every_story_and_every_call_once() {
    let ended = stage().attendant("load quick.yaml --virtual --report json=-");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let figures = figures(&ended.out);
    let stories = count(&figures, "/totals/begun");
    assert!((20..=60).contains(&stories), "{stories} of 40 that are expected");
    assert_eq!(count(&figures, "/totals/ended"), stories);
    assert_eq!(count(&figures, "/totals/failed"), 0);
    assert_eq!(count(&figures, "/totals/dialled"), 2 * stories);
    assert_eq!(count(&figures, "/outcomes/joined"), 2 * stories);
    assert_eq!(count(&figures, "/latencies_us/start_to_joined/count"), stories);
    assert_eq!(count(&figures, "/latencies_us/lobby_entry/count"), stories);
    assert_eq!(count(&figures, "/latencies_us/hang_up/count"), 2 * stories);
}

#[test]
fn the_same_seed_plays_the_same_and_another_one_something_else() {
    let stage = stage();
    let played = |seed: u32| {
        let ended = stage.attendant(&format!("load quick.yaml --virtual --seed {seed} --report json=-"));
        let mut figures = figures(&ended.out);
        // Delays of the machine are not part of the story.
        for its_own in ["/totals/cpu", "/totals/bytes_a_call", "/about/began"] {
            *figures.pointer_mut(its_own).unwrap() = Value::Null;
        }
        figures
    };
    assert_eq!(played(1), played(1));
    assert_ne!(played(1)["totals"], played(2)["totals"]);
}

#[test]
fn a_threshold_that_does_not_hold_is_exit_code_3() {
    let ended = stage().attendant("load quick.yaml --virtual --set limit=max<0.001ms");
    assert_eq!(ended.code, 3, "{}", ended.err);
    assert!(ended.out.contains("FAILS  start_to_joined max < 0.001ms"), "{}", ended.out);
}

#[test]
fn stories_that_fail_are_told_with_the_step_that_failed() {
    // On a busy machine the live run is void, which says nothing of the stories.
    for (bridge, codes) in [("--virtual", &[3][..]), ("--plain", &[3, 6])] {
        let line = "load quick.yaml --set over=1s --set rate=5 --set then=invalid-pin --set limit=max<1h";
        let ended = stage().attendant(&format!("{line} {bridge}"));
        assert!(codes.contains(&ended.code), "{}", ended.out);
        assert!(ended.out.contains("FAILS  failed < 1%: 100.00%"), "{}", ended.out);
        assert!(ended.out.contains("times: amos: hears: invalid-pin: timed out"), "{}", ended.out);
    }
}

#[test]
fn a_run_in_which_stories_did_not_begin_is_void() {
    let ended = stage().attendant("load quick.yaml --virtual --set most=5");
    assert_eq!(ended.code, 6, "{}", ended.out);
    assert!(ended.out.contains("stories were not started, because"), "{}", ended.out);
}

#[test]
fn a_run_in_which_no_story_began_is_void() {
    let limits = "  thresholds: { start_to_joined: \"${limit}\", failed: < 1% }\n";
    let stage = Stage::with(&[("quick.yaml", &QUICK.replace(limits, ""))]);
    let ended = stage.attendant("load quick.yaml --virtual --set over=1ms --set rate=1");
    assert_eq!(ended.code, 6, "{}", ended.out);
    assert!(ended.out.contains("no story started"), "{}", ended.out);
}

#[test]
fn two_reports_do_not_overwrite_each_other() {
    let ended = stage().attendant("load quick.yaml --virtual --report run=a --report json=a");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("only one report can be written to a"), "{}", ended.err);
}

#[test]
fn so_many_are_played_at_once_where_one_follows_another() {
    let profile = QUICK
        .replace("load:\n", "load:\n  model: concurrency\n")
        .replace("to: \"${rate}/s\"", "to: \"${rate}\"");
    let stage = Stage::with(&[("closed.yaml", &profile)]);
    let ended =
        stage.attendant("load closed.yaml --virtual --set over=60s --report run=closed.run --report json=-");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let run = figures(&stage.read("closed.run"));
    let at_once: Vec<u64> =
        run["seconds"].as_array().unwrap()[2..58].iter().map(|second| count(second, "/in_flight")).collect();
    assert!(at_once.iter().all(|stories| *stories <= 20), "{at_once:?}");
    // Those that began together end together, and for that moment nobody is there.
    assert!(at_once.iter().filter(|stories| **stories == 20).count() > 50, "{at_once:?}");
    assert!(count(&figures(&ended.out), "/totals/begun") > 100);
}

#[test]
fn a_live_run_serves_its_metrics_and_leaves_nothing_behind() {
    let stage = stage();
    let mut run = Command::new(env!("CARGO_BIN_EXE_attendant"))
        .args([
            "load",
            "quick.yaml",
            "--metrics",
            "127.0.0.1:0",
            "--report",
            "run=live.run",
            "--report",
            "json=-",
        ])
        .current_dir(stage.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _limit = Limit::on(&run);
    let mut served = String::new();
    BufReader::new(run.stderr.take().unwrap()).read_line(&mut served).unwrap();
    let address = served.trim().strip_prefix("metrics for Prometheus: http://").unwrap();
    let (address, _) = address.split_once('/').unwrap();
    let ask = |path: &str| {
        let mut answer = String::new();
        let mut asking = TcpStream::connect(address).unwrap();
        asking.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
        asking.read_to_string(&mut answer).unwrap();
        answer
    };
    let wall = ask("/");
    assert!(wall.starts_with("HTTP/1.0 200 OK") && wall.contains("refresh: 2"), "{wall}");
    assert!(wall.contains("Running"), "{wall}");
    let answer = ask("/metrics");
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    assert!(answer.contains("# TYPE attendant_load_start_to_joined_seconds summary"), "{answer}");
    assert!(answer.contains("attendant_load_calls "), "{answer}");
    let mut out = String::new();
    run.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    run.wait().unwrap();
    let figures = figures(&out);
    let stories = count(&figures, "/totals/begun");
    assert!(stories > 0);
    assert_eq!(count(&figures, "/totals/ended"), stories);
    assert_eq!(count(&figures, "/totals/failed"), 0);
    assert_eq!(count(&figures, "/latencies_us/start_to_joined/count"), stories);
    let text = stage.read("live.run");
    let last =
        serde_json::from_str::<Value>(&text).unwrap()["seconds"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        ["calls", "lobby", "joined", "in_flight"].map(|left| count(&last, &format!("/{left}"))),
        [0; 4]
    );
}

#[test]
fn reports_of_a_run_file_are_those_of_the_run() {
    let stage = stage();
    let ended = stage
        .attendant("load quick.yaml --virtual --report run=a.run --report html=a.html --report json=a.json");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let again = stage.attendant("report a.run --report html=b.html --report json=b.json");
    assert_eq!((again.code, &again.out), (0, &ended.out));
    assert_eq!(stage.read("a.html"), stage.read("b.html"));
    assert_eq!(stage.read("a.json"), stage.read("b.json"));
    let page = stage.read("a.html");
    for told in
        ["All passed", "start_to_joined p(99) &#60; 1s", "Offered and achieved", "<svg", "in virtual time"]
    {
        assert!(page.contains(told), "no {told} in {page}");
    }
    assert!(
        !page.contains("<script") && !page.contains("http-equiv"),
        "a page of its own asks nobody for anything"
    );
}

#[test]
fn a_file_that_is_no_run_is_refused() {
    let stage = Stage::with(&[
        ("not.run", "hello"),
        ("old.run", "{\"format\": 99}"),
        ("cut.run", "{\"format\": 1, \"about\": {}}"),
    ]);
    for (file, told) in [
        ("not.run", "not a run file"),
        ("old.run", "has format 99; this version reads format 1"),
        ("cut.run", "this run file is damaged"),
        ("none.run", "No such file"),
    ] {
        let ended = stage.attendant(&format!("report {file}"));
        assert_eq!(ended.code, 2);
        assert!(ended.err.contains(file) && ended.err.contains(told), "{}", ended.err);
    }
}

#[test]
fn runs_are_compared_if_they_are_of_one_profile_and_sound() {
    let stage = stage();
    for (file, line) in [
        ("a.run", "--seed 1"),
        ("b.run", "--seed 2"),
        ("other.run", "--set rate=10"),
        ("void.run", "--set most=5"),
    ] {
        stage.attendant(&format!("load quick.yaml --virtual {line} --report run={file}"));
    }
    let same = stage.attendant_with(&[], "compare a.run b.run");
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(same.out.contains("start_to_joined p(99)"), "{}", same.out);
    for (second, told) in
        [("other.run", "the profile's text or parameters"), ("void.run", "the second is void")]
    {
        let ended = stage.attendant(&format!("compare a.run {second}"));
        assert_eq!(ended.code, 2);
        assert!(ended.err.contains(told), "{}", ended.err);
    }
}

#[test]
fn a_run_that_is_surely_slower_than_its_limit_is_exit_code_3() {
    let slow = QUICK
        .replace("params: { ", "params: { late: 100ms, ")
        .replace("load:\n", "faults: [{ on: directory, late: \"${late}\", times: 100000 }]\nload:\n");
    let stage = Stage::with(&[("slow.yaml", &slow)]);
    for (file, late) in [("a.run", "100ms"), ("b.run", "500ms")] {
        let line = "load slow.yaml --virtual --set over=10s --report";
        let ended = stage.attendant(&format!("{line} run={file} --set late={late}"));
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
    // A bridge that became slower: the profile is the same.
    let run = |file: &str| serde_json::from_str::<Value>(&stage.read(file)).unwrap();
    let mut slower = run("b.run");
    slower["about"]["digest"] = run("a.run")["about"]["digest"].clone();
    std::fs::write(stage.path().join("slower.run"), slower.to_string()).unwrap();
    let compared = |files: &str, limit: &str| {
        let ended = stage.attendant_words(&["compare", "--fail-on", limit], files);
        (ended.code, ended.out.lines().last().unwrap().to_owned())
    };
    let limit = "start_to_joined p(50) +10%";
    assert_eq!(compared("a.run slower.run", limit), (3, format!("FAILS  {limit}")));
    assert_eq!(compared("slower.run a.run", limit), (0, format!("holds  {limit}")));
    assert_eq!(compared("a.run slower.run", "start_to_joined p(50) +900%").0, 0);
}

#[test]
fn the_live_view_shows_the_run_and_its_keys_steer_it() {
    let terminal = Terminal::open();
    std::fs::write(terminal.folder.path().join("quick.yaml"), QUICK).unwrap();
    terminal.attendant("load quick.yaml --set rate=5 --set over=1h");
    terminal.shows("Pat is released when Amos keys the PIN");
    terminal.until("figures of calls that were set up", |screen| {
        let row = screen.lines().find(|line| line.contains("call_setup"));
        row.is_some_and(|row| row.contains("ms") || row.contains("us"))
    });
    terminal.types(" ");
    terminal.shows("PAUSED");
    terminal.types(" +");
    terminal.until("a higher rate", |screen| screen.contains("rate 110%") && !screen.contains("PAUSED"));
    terminal.tmux(&["resize-window", "-t", "t", "-x", "40", "-y", "10"]);
    terminal.types("--");
    terminal.shows("rate 90%");
    terminal.types("q");
    terminal.is_given_back(130);
}

#[test]
fn a_profile_that_cannot_be_played_many_times_says_why() {
    let with_id = QUICK.replace("amos: {}", "amos: { conference_id: \"3141592\" }");
    let sets = format!("{QUICK}admin:\n  - set: {{ pin_length: 6 }}\n");
    let other_policies = QUICK
        .replace("name_recording: false", "name_recording: false, pin_length: \"${length}\"")
        .replace("params: { ", "params: { length: 5, ")
        .replace("load:\n", "load:\n  mix: [{ share: 1 }, { share: 1, set: { length: 6 } }]\n");
    let stage = Stage::with(&[
        ("id.yaml", &with_id),
        ("sets.yaml", &sets),
        ("policies.yaml", &other_policies),
        ("plain.yaml", QUICK.split("load:\n").next().unwrap()),
        ("bad.yaml", &QUICK.replace("max_in_flight", "max_in_fligth")),
        ("unknown.yaml", &QUICK.replace("load:\n", "load:\n  mix: [{ share: 1, set: { ratte: 1 } }]\n")),
    ]);
    for (file, told) in [
        ("id.yaml", "press \"${amos.conference_id}#\""),
        ("sets.yaml", "must not `set` the tenant's settings"),
        ("policies.yaml", "they must have the same settings"),
        ("plain.yaml", "has no `load`"),
        ("bad.yaml", "did you mean `max_in_flight`"),
        ("unknown.yaml", "unknown parameter `ratte`"),
        ("many-smal", "many-smal"),
    ] {
        let ended = stage.attendant(&format!("load {file} --virtual"));
        assert_eq!(ended.code, 2, "{file}: {}", ended.out);
        assert!(ended.err.contains(told), "{file}: {}", ended.err);
    }
}

#[test]
fn the_ceiling_is_the_highest_value_with_which_a_run_holds() {
    // At most 20 at once, and all that begin in two seconds are there together.
    let ended =
        stage().attendant("load quick.yaml --virtual --set most=20 --find rate=1..1000 --report json=-");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let told = ended.err.lines().last().unwrap();
    let rate = told.strip_prefix("passes with rate=").and_then(|rest| rest.split_once(", and fails with "));
    let (holds, fails) = rate.unwrap_or_else(|| panic!("{}", ended.err));
    let (holds, fails): (u64, u64) = (holds.parse().unwrap(), fails.parse().unwrap());
    assert!((5..=15).contains(&holds) && fails == holds + 1, "{told}");
    assert!(count(&figures(&ended.out), "/totals/begun") <= 20);
    let none = stage().attendant("load quick.yaml --virtual --set most=1 --find rate=100..200");
    assert_eq!(none.code, 3);
    assert!(none.err.contains("even the lowest rate fails"), "{}", none.err);
}

#[test]
fn every_profile_that_is_built_in_plays_in_virtual_time() {
    let stage = stage();
    let list = stage.attendant("load --list");
    let names: Vec<&str> = list.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 5, "{}", list.out);
    for name in names {
        let ended = stage.attendant(&format!("load {name} --virtual"));
        assert_eq!(ended.code, 0, "{name}: {}{}", ended.out, ended.err);
        let shown = stage.attendant(&format!("load {name} --show"));
        assert!(shown.out.starts_with("scenario: "), "{}", shown.out);
    }
}
