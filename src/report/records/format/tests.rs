//! Each format, read as its readers do.

use super::*;
use crate::config::Rates;
use crate::report::named;

/// A meeting of two callers, to which a third came too often with a wrong PIN; somebody who was not answered; a signed-in user.
const KEPT: [&str; 5] = [
    r#"{"record":"call","call":3,"from":"+14255550***","to":"+14255550100","name":"Eve \"<&>\"","conference_id":"123456","organizer":"amos@example.com","called_at":"2026-11-30T08:00:20.000Z","ringing_ms":500,"id_tries":1,"pin_tries":3,"pin_right":false,"waited_ms":0,"music_starts":0,"attended_ms":0,"ended_at":"2026-11-30T08:01:00.400Z","outcome":"refused(too-many-pins)","ended_by":"bridge"}"#,
    r#"{"record":"call","call":4,"called_at":"2026-11-30T08:00:30.000Z","id_tries":0,"pin_tries":0,"pin_right":false,"waited_ms":0,"music_starts":0,"attended_ms":0,"ended_at":"2026-11-30T08:00:30.000Z","outcome":"refused(overloaded)","ended_by":"overloaded"}"#,
    r#"{"record":"meeting","organizer":"amos@example.com","conference_id":"123456","started_at":"2026-11-30T08:00:10.000Z","started_by":2,"right":"pin","released":1,"release_ms":0,"lobby_peak":0,"joined_peak":2,"callers":2,"refused":{"refused(too-many-pins)":1},"ended_at":"2026-11-30T08:02:00.000Z","ended_by":"person"}"#,
    r#"{"record":"call","call":1,"from":"+14255550***","to":"+14255550100","name":"Pat","conference_id":"123456","organizer":"amos@example.com","called_at":"2026-11-30T08:00:00.000Z","ringing_ms":0,"id_tries":1,"pin_tries":0,"pin_right":false,"waited_ms":5000,"music_starts":1,"joined_at":"2026-11-30T08:00:10.000Z","joined_by":"released","left_at":"2026-11-30T08:02:00.000Z","attended_ms":110000,"ended_at":"2026-11-30T08:02:03.000Z","outcome":"ended","ended_by":"bridge"}"#,
    r#"{"record":"call","call":2,"name":"Amos","organizer":"amos@example.com","called_at":"2026-11-30T08:00:10.000Z","ringing_ms":0,"id_tries":0,"pin_tries":0,"pin_right":false,"waited_ms":0,"music_starts":0,"joined_at":"2026-11-30T08:00:10.000Z","joined_by":"client","left_at":"2026-11-30T08:02:00.000Z","attended_ms":110000,"ended_at":"2026-11-30T08:02:00.000Z","outcome":"ended","ended_by":"bridge"}"#,
];

/// The records in a format, and how many it has a place for.
fn written(format: &str) -> (String, usize) {
    let mut writer = (named(FORMATS, "format", format).unwrap().writer)(&Rates::default());
    let mut out = Vec::new();
    let records = KEPT.map(|line| serde_json::from_str::<RecordLine>(line).unwrap());
    let placed = records.iter().filter(|record| writer.record(&mut out, record).unwrap()).count();
    writer.end(&mut out).unwrap();
    (String::from_utf8(out).unwrap(), placed)
}

#[test]
fn the_native_format_gives_back_what_was_kept() {
    let (text, placed) = written("native");
    assert_eq!((text.lines().collect::<Vec<_>>(), placed), (KEPT.to_vec(), 5));
}

#[test]
fn a_report_of_telephone_calls_has_those_that_were_answered() {
    let (text, placed) = written("teams-csv");
    assert_eq!(placed, 2);
    let rows: Vec<_> = csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap).collect();
    let durations: Vec<&str> = rows.iter().map(|row| &row[15]).collect();
    assert_eq!(durations, ["40", "123"]);
    assert_eq!((&rows[0][5], &rows[1][13]), ("amos@example.com", "2026-11-30T08:00:00.000Z"));
    let graph: serde_json::Value = serde_json::from_str(&written("graph-json").0).unwrap();
    assert_eq!(graph["value"].as_array().unwrap().len(), 2);
}

#[test]
fn a_report_of_nothing_is_whole() {
    let nothing = |format| {
        let mut out = Vec::new();
        (named(FORMATS, "format", format).unwrap().writer)(&Rates::default()).end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(nothing("teams-csv").lines().count(), 1);
    let graph: serde_json::Value = serde_json::from_str(&nothing("graph-json")).unwrap();
    assert_eq!((&graph["@odata.count"], graph["value"].as_array().unwrap().len()), (&0.into(), 0));
    assert!(nothing("freeswitch-xml").ends_with("</cdrs>\n"));
}

#[test]
fn a_call_has_a_name_of_its_own() {
    let names = KEPT.iter().filter_map(|line| match serde_json::from_str(line).unwrap() {
        RecordLine::Call(call) => Some(call.uuid()),
        RecordLine::Meeting(_) => None,
    });
    let names: std::collections::BTreeSet<String> = names.collect();
    assert_eq!(names.len(), 4);
    assert!(names.iter().all(|name| name.len() == 36), "{names:?}");
}

#[test]
fn asterisk_and_freeswitch_are_written_as_they_write() {
    let formats = ["asterisk-csv", "asterisk-cel", "freeswitch-xml"];
    insta::assert_snapshot!(formats.map(|format| written(format).0).join("\n"));
}

#[test]
fn twilio_tells_conferences_with_those_who_took_part() {
    let (text, placed) = written("twilio-json");
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let conferences = told["conferences"].as_array().unwrap();
    assert_eq!((conferences.len(), placed), (1, 3));
    let conference = &conferences[0];
    assert_eq!(conference["end_reason"], "conference_ended_via_api");
    let figures = [
        "duration_seconds",
        "connect_duration_seconds",
        "max_concurrent_participants",
        "unique_participants",
    ];
    assert_eq!(figures.map(|name| conference[name].as_u64().unwrap()), [110, 220, 2, 2]);
    let moderators: Vec<_> =
        conference["participants"].as_array().unwrap().iter().map(|it| &it["is_moderator"]).collect();
    assert_eq!(moderators, [false, true]);
    let sids = ["conference_sid"].map(|name| conference[name].as_str().unwrap());
    assert!(sids.iter().all(|sid| sid.len() == 34), "{sids:?}");
}

#[test]
fn calls_are_charged_where_their_number_has_a_price() {
    let rates = Rates::parse("EUR", "+14255550100=0.05").unwrap();
    let mut out = Vec::new();
    let mut writer = (named(FORMATS, "format", "teams-csv").unwrap().writer)(&rates);
    for line in KEPT {
        writer.record(&mut out, &serde_json::from_str(line).unwrap()).unwrap();
    }
    let rows: Vec<_> = csv::Reader::from_reader(&out[..]).into_records().map(Result::unwrap).collect();
    let charges: Vec<(&str, &str)> = rows.iter().map(|row| (&row[17], &row[18])).collect();
    assert_eq!(charges, [("0.05", "EUR"), ("0.15", "EUR")]);
    let mut out = Vec::new();
    let mut writer = (named(FORMATS, "format", "graph-json").unwrap().writer)(&rates);
    writer.record(&mut out, &serde_json::from_str(KEPT[3]).unwrap()).unwrap();
    writer.end(&mut out).unwrap();
    let graph: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&graph["value"][0]["charge"], &graph["value"][0]["currency"]), (&0.15.into(), &"EUR".into()));
}
