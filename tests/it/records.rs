//! Records of calls and meetings in scenarios.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stage::Stage;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The records of scenarios, and the events of the same run.
fn replayed(paths: &str) -> (Vec<Value>, Vec<Value>) {
    let stage = Stage::with(&[]);
    let paths = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + paths;
    let reports = "--report records=records.jsonl --report json=events.jsonl";
    let ended = stage.attendant(&format!("replay {paths} {reports}"));
    assert_eq!(ended.code, 0, "{}", ended.err);
    (lines(&stage.read("records.jsonl")), lines(&stage.read("events.jsonl")))
}

#[test]
fn a_story_leaves_a_record_of_each_call_and_of_its_meeting() {
    let (records, _) = replayed("scenarios/lobby/all-are-released-at-once.yaml");
    // The first case of the file, with one caller and the organizer.
    let text = records.into_iter().take(3).map(|mut record| {
        let file = record.as_object_mut().unwrap().remove("file").unwrap();
        assert!(file.as_str().unwrap().ends_with("all-are-released-at-once.yaml"));
        record.to_string()
    });
    let text: Vec<String> = text.collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn the_library_leaves_one_record_of_each_call() {
    let (records, events) = replayed("scenarios");
    let count = |of: &[Value], field: &str, word: &str| of.iter().filter(|line| line[field] == word).count();
    assert_eq!(count(&records, "record", "call"), count(&events, "event", "finished"));
    assert_eq!(count(&records, "record", "meeting"), count(&events, "event", "ended"));
    let sum = |field: &str| records.iter().filter_map(|record| record[field].as_u64()).sum::<u64>();
    let joined = events.iter().filter(|line| line["event"] == "joined" && line["detail"] == "released");
    assert!(sum("released") > 0 && sum("released") <= joined.count() as u64);
    let by_outcome = |of: &[Value], which: &dyn Fn(&Value) -> bool, field: &str| {
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        for line in of.iter().filter(|line| which(line)) {
            *outcomes.entry(line[field].as_str().unwrap().to_owned()).or_default() += 1;
        }
        outcomes
    };
    assert_eq!(
        by_outcome(&records, &|line| line["record"] == "call", "outcome"),
        by_outcome(&events, &|line| line["event"] == "finished", "detail"),
    );
}
