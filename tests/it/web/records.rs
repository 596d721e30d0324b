//! The records that a bridge keeps.

use std::collections::BTreeSet;
use std::time::Duration;

use attendant::clock;
use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::{AMOS, Served};
use crate::stage::Stage;

#[test]
fn a_bridge_keeps_records_that_every_door_gives_out() {
    let served = Served::start();
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "callers": 3, "conference_id": id }), 202);
    for _ in 0..3 {
        stream.until(|event| event["event"] == "parked");
    }
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    let started = stream.until(|event| event["event"] == "started");
    program.does("POST", &format!("/meetings/{}/end", started["meeting"]), &Value::Null, 204);
    for _ in 0..4 {
        stream.until(|event| event["event"] == "finished");
    }
    // The program keeps what it has before it ends.
    let (code, stage) = served.ended();
    assert_eq!(code, 0);
    let printed = stage.attendant("records --json --directory d/users.db");
    assert_eq!(printed.code, 0, "{}", printed.err);
    let records: Vec<Value> = printed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |kind: &str| records.iter().filter(|record| record["record"] == kind).cloned().collect::<Vec<_>>();
    let (calls, meetings) = (of("call"), of("meeting"));
    assert_eq!((calls.len(), meetings.len()), (4, 1), "{records:?}");
    assert_eq!(meetings[0]["organizer"], AMOS);
    assert_eq!((&meetings[0]["right"], &meetings[0]["released"]), (&json!("pin"), &json!(3)));
    assert_eq!(meetings[0]["ended_by"], "person");
    let with_pin = calls.iter().filter(|call| call["pin_right"] == true && call["pin_tries"] == 1);
    assert_eq!(with_pin.count(), 1);
    assert!(calls.iter().all(|call| call["outcome"] == "ended" && call["organizer"] == AMOS));
    assert!(!printed.out.contains(&pin), "no record tells a PIN");
    let shown = stage.attendant("records --directory d/users.db").out;
    assert_eq!(shown.lines().count(), 6, "{shown}");
    let early = stage.attendant("records --json --until 2020-01-01 --directory d/users.db");
    assert_eq!((early.code, early.out.as_str()), (0, ""));
    let wrong = stage.attendant("records --from yesterday --directory d/users.db");
    assert!(wrong.code == 2 && wrong.err.contains("expected one such as"), "{}", wrong.err);
    let served = Served::with(stage, "");
    let program = Program::new(&served);
    let page = program.does("GET", "/records?limit=2", &Value::Null, 200);
    assert_eq!(page["records"].as_array().unwrap().len(), 2);
    let next = program.does("GET", &format!("/records?after={}", page["next"]), &Value::Null, 200);
    assert_eq!((next["records"].as_array().unwrap().len(), &next["next"]), (3, &Value::Null));
    for format in ["native", "teams-csv", "graph-json", "freeswitch-xml", "asterisk-csv", "asterisk-cel"] {
        let printed = served.stage.attendant(&format!("records --format {format} --directory d/users.db"));
        assert_eq!(
            (printed.code, printed.out.as_str()),
            (0, program.text(&format!("/records/export?format={format}")).as_str())
        );
        assert!(!printed.out.contains(&pin), "{format} tells a PIN");
        assert!(
            printed.err.is_empty() || printed.err.starts_with("1 record has no place in"),
            "{}",
            printed.err
        );
    }
    let unknown = program.does("GET", "/records/export?format=csv", &Value::Null, 400);
    assert_eq!(unknown["code"], "bad-request");
    let long = "/records?from=2020-01-01&until=2020-12-31";
    assert_eq!(program.does("GET", long, &Value::Null, 400)["code"], "bad-request");
}

#[test]
fn a_meeting_of_the_last_hour_is_saved_as_a_scenario_and_tells_why() {
    let served = Served::start();
    let program = Program::new(&served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(&served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "callers": 2, "conference_id": id }), 202);
    for _ in 0..2 {
        stream.until(|event| event["event"] == "parked");
    }
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    let started = stream.until(|event| event["event"] == "started");
    let released = stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    let why = program.does("GET", &format!("/calls/{}/why", released["call"]), &Value::Null, 200);
    let decided: Vec<&str> = why.as_array().unwrap().iter().filter_map(|it| it["decided"].as_str()).collect();
    assert!(decided.iter().any(|it| it.starts_with("waits in the lobby")), "{why}");
    assert!(decided.last().unwrap().starts_with("joins: the meeting started"), "{why}");
    program.does("POST", &format!("/meetings/{}/end", started["meeting"]), &Value::Null, 204);
    for _ in 0..3 {
        stream.until(|event| event["event"] == "finished");
    }
    for path in [format!("/meetings/{}", started["meeting"]), format!("/calls/{}", released["call"])] {
        let scenario = program.text(&format!("{path}/scenario"));
        assert!(scenario.starts_with("# Replayed: it passes.\n"), "{scenario}");
        let (pin_by_name, end) = ("press: \"${amos-marble.pin}", "- end_meeting: amos-marble");
        assert!(scenario.contains(pin_by_name) && scenario.contains(end), "{scenario}");
        assert!(!scenario.contains(&pin) && !scenario.contains(&id), "{scenario}");
        std::fs::write(served.stage.path().join("saved.yaml"), &scenario).unwrap();
        let replayed = served.stage.attendant("replay saved.yaml");
        assert_eq!(replayed.code, 0, "{}\n{scenario}", replayed.out);
    }
    assert_eq!(program.does("GET", "/calls/99/scenario", &Value::Null, 404)["code"], "not-kept");
    assert_eq!(program.does("GET", "/meetings/99/scenario", &Value::Null, 404)["code"], "not-kept");
}

/// Meetings that go on at once, each with its own organizer.
const CROWDS: usize = 4;

/// Longer than a round takes on any machine that is not starved: calls that go so fast give up on one that is.
const DEADLINE: Duration = Duration::from_secs(60);

/// Records after which the program is killed: late callers are in their meetings then.
const EARLY: usize = 100;

/// Calls of each: as many as a meeting holds, and of them so many that vanish.
const CROWD: (usize, usize) = (250, 3);

/// A meeting that the organizer starts, and that the others join and leave at once or late, some without a goodbye.
const CROWD_FILE: &str = r#"
scenario: Crowd {number}
given: { organizers: { amos{number}: {} } }
procedures:
  join:
    - when: amos.joined
    - dial: bridge
    - { hears: welcome, within: 300s }
    - press: "${amos{number}.conference_id}#"
    - { expect: joined, within: 300s }
callers:
  amos:
    script:
      - dial: bridge
      - { hears: welcome, within: 300s }
      - press: "${amos{number}.conference_id}#"
      - { hears: press-star-if-organizer, within: 300s }
      - press: "*"
      - { hears: enter-pin, within: 300s }
      - press: "${amos{number}.pin}#"
      - { expect: joined, within: 300s }
      - when: early.done
      - when: late.done
      - when: lost.done
      - wait: 2s
  early: { count: 146, script: [ run: join, wait: 1s, mark: done, hang_up ] }
  late: { count: 100, script: [ run: join, wait: 30s, mark: done, hang_up ] }
  lost: { count: 3, script: [ run: join, wait: 1s, mark: done, drop ] }
"#;

fn crowd(number: usize) -> String {
    CROWD_FILE.replace("{number}", &number.to_string())
}

/// The records from this number on, as long as there are fewer than so many: a program that waits for them asks again.
fn records_until(program: &Program<'_>, mut after: i64, wanted: usize) -> (Vec<Value>, i64) {
    let mut found = Vec::new();
    let begun = clock::now();
    while found.len() < wanted {
        assert!(clock::now().duration_since(begun) < DEADLINE, "{} of {wanted} records came", found.len());
        let page = program.does("GET", &format!("/records?after={after}&limit=1000"), &Value::Null, 200);
        let records = page["records"].as_array().unwrap();
        after += records.len() as i64;
        found.extend(records.iter().cloned());
    }
    (found, after)
}

/// The number of the last record that is kept.
fn last_record(program: &Program<'_>) -> i64 {
    let mut after = 0;
    loop {
        let page = program.does("GET", &format!("/records?after={after}&limit=1000"), &Value::Null, 200);
        match page["records"].as_array().unwrap().len() {
            0 => return after,
            count => after += count as i64,
        }
    }
}

/// By hand with a hundred thousand: `RECORDS_CALLS=100000 target/debug/deps/it-… sums_agree`.
#[test]
fn sums_agree_after_a_kill_in_between() {
    let calls = std::env::var("RECORDS_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(2_000);
    let rounds = (calls / (CROWDS * CROWD.0)).max(2);
    let files: Vec<(String, String)> =
        (1..=CROWDS).map(|number| (format!("crowds/{number}.yaml"), crowd(number))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let options = "--speed 20 --scenarios crowds";
    let mut served = Served::with(Stage::with(&files), options);
    let (mut after, mut acknowledged) = (0, Vec::new());
    for round in 0..rounds {
        let program = Program::new(&served);
        for number in 1..=CROWDS {
            program.does("POST", "/calls", &json!({ "scenario": format!("Crowd {number}") }), 202);
        }
        let is_killed = round == rounds / 2 - 1;
        let whole = CROWDS * (CROWD.0 + 1);
        let (records, last) = records_until(&program, after, if is_killed { EARLY } else { whole });
        after = last;
        acknowledged.extend(records);
        if is_killed {
            served = Served::with(served.kill(), options);
            after = last_record(&Program::new(&served));
        }
    }
    let (code, stage) = served.ended();
    assert_eq!(code, 0);
    let printed = stage.attendant("records --json --directory d/users.db");
    let records: Vec<Value> = printed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| records.iter().filter(|record| record["record"] == kind).collect::<Vec<_>>();
    let (calls, meetings) = (of("call"), of("meeting"));
    let name = |call: &Value| format!("{} {} {}", call["called_at"], call["call"], call["record"]);
    let names: BTreeSet<String> = calls.iter().map(|call| name(call)).collect();
    assert_eq!(names.len(), calls.len(), "no call has two records");
    let kept: BTreeSet<String> = records.iter().map(Value::to_string).collect();
    let lost = acknowledged.iter().filter(|record| !kept.contains(&record.to_string())).count();
    assert_eq!(lost, 0, "what was read once is there after a kill");
    assert_eq!(meetings.len(), CROWDS * (rounds - 1), "all meetings but those that the kill ended");
    for meeting in &meetings {
        let during = |moment: &Value| {
            let moment = moment.as_str().unwrap_or_default();
            meeting["started_at"].as_str() <= Some(moment) && Some(moment) <= meeting["ended_at"].as_str()
        };
        let own = calls
            .iter()
            .filter(|call| call["organizer"] == meeting["organizer"] && during(&call["joined_at"]));
        let own: Vec<_> = own.collect();
        assert_eq!((own.len() as u64, meeting["callers"].as_u64()), (CROWD.0 as u64, Some(CROWD.0 as u64)));
        let vanished = own.iter().filter(|call| call["outcome"] == "failed(lost)").count();
        assert_eq!(vanished, CROWD.1, "{meeting}");
    }
    println!(
        "{} calls, {} meetings, {rounds} rounds, a kill in round {}",
        calls.len(),
        meetings.len(),
        rounds / 2
    );
}
