//! The records that a bridge keeps.

use serde_json::{Value, json};

use super::live::{Program, Stream};
use super::{AMOS, Served};

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
