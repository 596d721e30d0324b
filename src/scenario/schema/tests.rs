//! The schema against the reader: what one takes the other takes.

mod mutated;

use std::path::Path;
use std::sync::LazyLock;

use granit_parser::{Event, Parser, ScalarStyle};

use super::*;
use crate::scenario::vocabulary::sound_words;

#[test]
fn the_checked_in_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, schema()).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == schema(), "run `attendant schema > scenarios/schema.json`");
}

#[test]
fn every_sound_is_described() {
    let described: Vec<&str> = sounds_described().into_iter().map(|(word, _)| word).collect();
    assert_eq!(described, sound_words());
    assert!(sounds_described().iter().all(|(_, doc)| !doc.is_empty()));
}

/// A scenario as a JSON value, typed as editors type plain YAML.
pub(in crate::scenario) fn value(text: &str) -> Value {
    yaml(text).expect("this is YAML, without anchors")
}

/// The same of a text that may be anything; `None` for what is not YAML, or has what no scenario may have.
fn yaml(text: &str) -> Option<Value> {
    let mut open: Vec<(Option<String>, Value)> = vec![(None, json!([]))];
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::SequenceStart(..) => {
                open.push((None, json!([])));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((None, json!({})));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop()?.1,
            Event::Scalar(text, style, ..) => scalar(&text, style == ScalarStyle::Plain),
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {
                continue;
            }
            Event::Alias(_) | Event::Anchor(..) | Event::UnresolvedAlias(_) | _ => return None,
        };
        let (key, parent) = open.last_mut()?;
        match (parent, key.take()) {
            (Value::Array(list), _) => list.push(done),
            (Value::Object(map), Some(name)) => {
                map.insert(name, done);
            }
            (_, _) => *key = Some(done.as_str().map_or_else(|| done.to_string(), str::to_owned)),
        }
    }
    Some(open.remove(0).1[0].take())
}

fn scalar(text: &str, plain: bool) -> Value {
    match text {
        "" | "~" | "null" if plain => Value::Null,
        "true" | "false" if plain => json!(text == "true"),
        _ => text.parse::<i64>().ok().filter(|_| plain).map_or_else(|| json!(text), |number| json!(number)),
    }
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| jsonschema::draft7::new(&root()).unwrap());

fn problems(text: &str) -> Vec<String> {
    SCHEMA.iter_errors(&value(text)).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Every part of the language once.
const EVERYTHING: &str = r##"
scenario: Everything
description: All of it
tags: [smoke]
include: [lib.yaml]
timeout: 26h
seed: 7
runs_on: [sim, live]
skip: [ { case: { length: 4 }, reason: not now } ]
expected_to_fail: [ { case: { length: 5 }, reason: issue 140 } ]
params: { id: "3141592", wait: 3 }
matrix: { length: [4, 5] }
given:
  profile: sfbo-2017
  tenant: { pin_length: "${length}", name_recording: false }
  dialog: { pin_tries: 2 }
  meeting: { lobby_time_limit: 0, keys: { mute: 6 }, music_policy: shared }
  lockout: { window: 30m, limits: { 4: 10/100 } }
  organizers:
    amos: { conference_id: "${id}", pin: 27182, allow_anonymous_start: true }
    kim:
  users: [lee]
  numbers: { "+4930": { primary_language: de-DE, secondary_languages: [en-US] } }
procedures:
  enter: [ dial: bridge, { hears: welcome, within: 3s }, press: "${id}#" ]
callers:
  pat:
    count: 3
    from: "+4930123456"
    dtmf: rfc4733
    script:
      - run: enter
      - { press: 123, gap: 50ms, hold: 80ms }
      - { expect: joined, within: 200ms, of: amos.joined, for: 2s }
      - { never: hold_music, for: 3s }
      - { hears: welcome, language: de-DE, within: 3s }
      - { still: hold_music, for: 8s }
      - press: "1,2 3-4"
      - repeat: { times: 2, steps: [ wait: "${wait}s" ] }
      - parallel: [ [ wait: 1s, mark: waiting ], drop ]
      - parallel: [ talk: 3s, { hears: talk, by: amos, within: 3s }, { never: tone, by: pat.2, for: 2s } ]
      - { still: talk, for: 1s }
      - { tone: 2s }
      - tone
      - say: hello.wav
      - hang_up
  amos: { signed_in: lee, script: [ when: pat.2.waiting, { dial: app:amos, as: kim }, { hang_up: } ] }
admin:
  - when: amos.joined
  - reset_pin: amos
  - set: { pin_length: 6, keys: { mute: 2 }, amos: { allow_anonymous_start: true } }
  - admit: pat.1
  - deny: pat.2
  - remove: pat
  - { mute: pat.3 }
  - unmute: pat.3
  - cmdlet: Lock-CsClientPin amos
faults:
  - { on: pat, lose_digits: 1, double_digits: [2, 3], drop_after: 3s, loss: 5% }
  - { on: directory, late: 4s, question: check_pin, times: 2 }
  - { on: directory, fails: true }
then:
  - { that: meeting(amos).started_by, is: amos }
  - { that: organizer(amos).locked_out, is: false }
  - { that: pat.1.outcome, is: joined }
  - { that: calls, is: 0 }
  - { that: pat.outcome, one_of: [ended(removed), refused(denied)] }
  - { that: meeting(amos).lobby_peak, between: [1, 3] }
  - { that: meeting(amos).starts, at_least: 1 }
  - { that: meeting(amos).starts, at_most: 2 }
  - { that: amos.busy, never: true }
  - { that: pat.joined, within: 200ms, of: amos.joined }
load: { model: arrivals, stages: [ { to: 10/s, over: 1m } ], max_in_flight: 100, spread: { pat: 5m }, mix: [ { set: { wait: 4 }, share: 3 }, { times: 1 } ], thresholds: { failed: "< 1%", start_to_joined: [ "p(99) < 2ms", "max < 1s" ] } }
"##;

#[test]
fn every_part_of_the_language_fits_the_schema_and_is_read() {
    assert_eq!(problems(EVERYTHING), [""; 0]);
    let read = |path: &str| {
        Ok(match path {
            "lib.yaml" => b"params: {}".to_vec(),
            "hello.wav" => crate::media::wav::write(&[0; 800]),
            _ => EVERYTHING.as_bytes().to_vec(),
        })
    };
    let mut sources = crate::scenario::source::Sources::new(read);
    let stories = crate::scenario::read::read("all.yaml", &mut sources, &std::collections::BTreeMap::new());
    let stories =
        stories.map_err(|problems| problems.iter().map(|p| p.render(&sources, false)).collect::<String>());
    assert_eq!(stories.unwrap().len(), 2);
}

#[test]
fn words_that_are_in_no_list_are_refused_by_the_schema() {
    for wrong in [
        "scenario: s\ncaller: {}",
        "admin: []",
        "scenario: s\ncallers: { pat: { script: [ { still: hold_music, within: 2s } ] } }",
        "scenario: s\ncallers: { pat: { script: [ { hears: welcome, language: de } ] } }",
        "scenario: s\ncallers: { pat: { script: [ hears: drum-roll ] } }",
        "scenario: s\ncallers: { pat: { script: [ talk ] } }",
        "scenario: s\ncallers: { pat: { script: [ { expect: joined, by: amos } ] } }",
        "scenario: s\ncallers: { pat: { script: [ hears: enter-pim ] } }",
        "scenario: s\ncallers: { pat: { script: [ expect: jioned ] } }",
        "scenario: s\ncallers: { pat: { script: [ { never: joined } ] } }",
        "scenario: s\ncallers: { pat: { script: [ reset_pin: amos ] } }",
        "scenario: s\nadmin: [ dial: bridge ]",
        "scenario: s\ngiven: { tenant: { capacity: 3 } }",
        "scenario: s\nthen: [ { that: meeting(amos).loby, is: 0 } ]",
        "scenario: s\nfaults: [ { on: pat, lost_digits: 1 } ]",
        "scenario: s\ntimeout: 2",
    ] {
        assert_ne!(problems(wrong), [""; 0], "{wrong}");
    }
}

/// A scenario of one caller with this part more.
fn scenario(part: &str) -> String {
    format!(
        "scenario: s\ncallers: {{ pat: {{ dtmf: inband, script: [ dial: bridge, press: \"1#\", {{ hears: welcome }} ] }} }}\n{part}\n"
    )
}

/// Returns the reader's error for a scenario without includes; empty if it is accepted.
fn refused(text: &str) -> String {
    let mut sources = crate::scenario::source::Sources::new(|_: &str| Ok(text.as_bytes().to_vec()));
    let read = crate::scenario::read::read("s.yaml", &mut sources, &std::collections::BTreeMap::new());
    read.err()
        .map_or_else(String::new, |problems| problems.iter().map(|p| p.render(&sources, false)).collect())
}

/// Forms of one thing that the reader takes, whatever is usually written.
const FORMS: &[&str] = &[
    "faults: [ { on: pat, codec: pcmu } ]",
    "faults: [ { on: pat, codec: [pcmu, pcma, pcmu] } ]",
    "faults: [ { on: directory, fails: true }, { on: directory, silent: 2 } ]",
    "faults: [ { on: directory, fails: \"true\" } ]",
    "given: { lockout: { limits: { 5: 10/100 } } }",
    "given: { lockout: { limits.5: 10/100 } }",
    "given: { meeting: { keys.mute: none } }",
    "given: { meeting: { keys: { mute: none, hand: 0 } } }",
    "given: { meeting: { lobby_time_limit: 0 } }",
    "given: { meeting: { lobby_time_limit: \"0\" } }",
    "given: { tenant: { pin_length: \"6\", name_recording: \"true\" } }",
    "given: { organizers: { amos: } }",
    "admin: [ set: { limits.4: 5/50, keys.hand: 0 } ]",
    "seed: 18446744073709551615",
    "seed: \"7\"",
    "params: { nothing: ~ }",
    "tags: [1, true]",
    "description: 5",
    "load: { model: concurrency, stages: [ { to: \"20\", over: 1m } ] }",
    "params: { limit: max < 1s }\nload: { stages: [ { to: 10/s, over: 1m } ], thresholds: { hang_up: \"${limit}\" } }",
    "params: { n: 2 }\nfaults: [ { on: directory, fails: \"${n}\" } ]",
    "params: { c: pcma }\nfaults: [ { on: pat, codec: [\"${c}\"] } ]",
];

#[test]
fn the_schema_takes_every_form_that_the_reader_takes() {
    for part in FORMS {
        let text = scenario(part);
        assert_eq!(refused(&text), "", "the reader: {part}");
        assert_eq!(problems(&text), [""; 0], "the schema: {part}");
    }
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_forms() {
    for part in [
        "faults: [ { on: pat, codec: pcmx } ]",
        "faults: [ { on: pat, codec: [pcmu, pcmx] } ]",
        "faults: [ { on: directory, fails: maybe } ]",
        "given: { lockout: { limits.7: 10/100 } }",
        "given: { lockout: { limits.5: 10 } }",
        "given: { meeting: { keys.mute: 12345 } }",
        "given: { meeting: { limits.5: 10/100 } }",
        "admin: [ set: { limits.7: 5/50 } ]",
        "seed: -1",
        "tags: smoke",
    ] {
        let text = scenario(part);
        assert_ne!(refused(&text), "", "the reader: {part}");
        assert_ne!(problems(&text), [""; 0], "the schema: {part}");
    }
}

/// The YAML files below a folder.
fn yaml_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.chain(folders.iter().flat_map(|folder| yaml_below(folder))).collect()
}

#[test]
fn every_file_of_the_library_fits_the_schema() {
    let files = yaml_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"));
    assert!(files.len() > 100, "{}", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(problems(&text), [""; 0], "{}", file.display());
    }
}

#[test]
fn every_scenario_of_the_documents_fits_the_schema_and_is_read() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = yaml_below(&docs).into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let pages = std::fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let blocks = pages.flat_map(|page| {
        let text = std::fs::read_to_string(page).unwrap();
        let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
        blocks.collect::<Vec<_>>()
    });
    let scenarios: Vec<String> =
        files.chain(blocks).filter(|text| text.lines().any(|line| line.starts_with("scenario:"))).collect();
    assert!(scenarios.len() > 4, "{}", scenarios.len());
    for text in scenarios {
        assert_eq!((problems(&text), refused(&text)), (Vec::new(), String::new()), "{text}");
    }
}
