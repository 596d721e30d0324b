//! The JSON Schema of scenario files (draft-07), which editors read: made from the same lists as the reader.

use serde_json::{Map, Value, json};

use crate::control::policy::{Group, Policy, Profile, SettingInfo, Takes};

use super::compile::{ORGANIZER_KEYS, RUNTIME_NAMES};
use super::limits::{CALLERS_MAX, QUESTIONS_MAX, REPEAT_MAX, SCENARIO_LINE_MAX};
use super::load::{FAILED, MODELS, Metric};
use super::verbs::{VERBS, Verb, VerbInfo, Whose};
use super::words::{
    CALL_FACTS, DIRECTORY_FAULTS, DTMF, ENDED_BY, LINE_FAULTS, MEETING_FACTS, ORGANIZER_FACTS, OUTCOMES,
    QUESTIONS, RUNS_ON, STATES, Words, sounds_described,
};

/// A name of a caller and the like, as a pattern.
const NAME: &str = "[A-Za-z0-9_-]+";

/// The schema, as it is checked in.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("a schema is made of maps with string keys");
    text.push('\n');
    text
}

fn root() -> Value {
    let names = json!({ "type": "object", "propertyNames": { "pattern": format!("^{NAME}$") } });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Attendant scenario",
        "type": "object",
        "anyOf": [{ "required": ["scenario"] }, { "not": { "anyOf": [{ "required": ["callers"] }, { "required": ["given"] }] } }],
        "additionalProperties": false,
        "properties": {
            "scenario": described(json!({ "type": "string", "maxLength": SCENARIO_LINE_MAX }), "One line that says what must hold: the test's name in every report."),
            "description": described(text(), "What a reader should know besides."),
            "tags": described(list(text()), "Words by which scenarios are chosen."),
            "include": described(list(json!({ "type": "string" })), "Files with procedures and params, relative to this one."),
            "timeout": described(duration(), "The longest that the story may take, in virtual time; 2h if not given."),
            "seed": described(count(0, u32::MAX), "The seed of all chance, if the file fixes it."),
            "runs_on": described(list(words(RUNS_ON)), "Where the scenario may run."),
            "params": described(with(&names, "additionalProperties", text()), "Values by name, put in for ${name}; --set name=value overrides."),
            "matrix": described(with(&names, "additionalProperties", list(text())), "Lists of values by name: one case for each combination."),
            "given": given(),
            "procedures": described(with(&names, "additionalProperties", steps("any_step")), "Steps by name, for `run`."),
            "callers": described(with(&names, "additionalProperties", caller()), "Who calls, by name."),
            "admin": described(steps("admin_step"), "What the administrator does."),
            "faults": described(list(fault()), "What goes wrong on lines and with the directory."),
            "order": described(list(later()), "What comes a little later than it might, as `attendant explore` writes it; `order: []` fixes the order as it is."),
            "then": described(list(check()), "What must hold at the end, over the whole event log."),
            "load": load(),
        },
        "definitions": {
            "param": { "type": "string", "pattern": "\\$\\{[^}]+\\}" },
            "duration": { "anyOf": [{ "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" }, param()] },
            "flag": { "anyOf": [{ "type": "boolean" }, { "enum": ["true", "false"] }, param()] },
            "state": words(STATES),
            "sound": sound(),
            "event": event(),
            "caller_step": step(|whose| whose != Whose::Admin, "caller_step"),
            "admin_step": step(|whose| whose != Whose::Callers, "admin_step"),
            "any_step": step(|_| true, "any_step"),
        },
    })
}

fn param() -> Value {
    json!({ "$ref": "#/definitions/param" })
}

fn duration() -> Value {
    json!({ "$ref": "#/definitions/duration" })
}

fn flag() -> Value {
    json!({ "$ref": "#/definitions/flag" })
}

fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn count(least: u32, most: u32) -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": least, "maximum": most },
        { "type": "string", "pattern": "^[0-9]+$" },
        param(),
    ] })
}

fn steps(kind: &str) -> Value {
    list(json!({ "$ref": format!("#/definitions/{kind}") }))
}

/// A reference takes no description of its own in draft-07, so it is wrapped.
fn described(schema: Value, doc: &str) -> Value {
    if schema.get("$ref").is_some() {
        return json!({ "allOf": [schema], "description": doc });
    }
    with(&schema, "description", json!(doc))
}

fn with(schema: &Value, key: &str, value: Value) -> Value {
    let mut schema = schema.clone();
    schema[key] = value;
    schema
}

fn closed(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

fn properties(list: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    list.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn one_of(words: impl IntoIterator<Item = (&'static str, &'static str)>) -> Value {
    let words = words.into_iter().map(|(word, doc)| json!({ "const": word, "description": doc }));
    let all: Vec<Value> = words.chain([param()]).collect();
    json!({ "anyOf": all })
}

fn words<T>(words: &Words<T>) -> Value {
    one_of(words.iter().map(|(_, word, doc)| (*word, *doc)))
}

fn sound() -> Value {
    one_of(sounds_described())
}

fn event() -> Value {
    let states = STATES.iter().map(
        |(_, word, doc)| json!({ "pattern": format!("^{NAME}(\\.[0-9]+)?\\.{word}$"), "description": doc }),
    );
    let mark = json!({ "pattern": format!("^{NAME}(\\.[0-9]+)?\\.{NAME}$"), "description": "A mark that this caller's script gives." });
    let all: Vec<Value> = states.chain([mark, param()]).collect();
    json!({ "type": "string", "anyOf": all })
}

fn given() -> Value {
    let profiles = one_of(Profile::ALL.iter().map(|profile| (profile.name, profile.imitates)));
    let organizer = properties(ORGANIZER_KEYS.map(|(key, doc)| {
        let kind = if matches!(key, "allow_anonymous_start" | "enabled") { flag() } else { text() };
        (key, described(kind, doc))
    }));
    let number = properties([
        ("primary_language", text()),
        ("secondary_languages", with(&list(text()), "maxItems", json!(4))),
    ]);
    let mut all = properties([
        ("profile", described(profiles, "Whose behaviour is imitated.")),
        (
            "organizers",
            described(
                json!({ "type": "object", "additionalProperties": nullable(closed(organizer, &[])) }),
                "Users with a conference, by name.",
            ),
        ),
        ("users", described(list(text()), "Users who may sign in and organize nothing.")),
        (
            "numbers",
            described(
                json!({ "type": "object", "additionalProperties": closed(number, &[]) }),
                "The numbers that callers dial; the first is `bridge`.",
            ),
        ),
    ]);
    for group in Group::ALL {
        let settings = Policy::SETTINGS.iter().filter(|setting| setting.group == group);
        let doc = format!("Settings of the {}.", group.name());
        all.insert(group.name().to_owned(), described(closed(nested(settings), &[]), &doc));
    }
    described(closed(all, &[]), "The world before the first call.")
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Settings as they are written: `keys.mute` inside `keys`.
fn nested<'s, I: Iterator<Item = &'s SettingInfo>>(settings: I) -> Map<String, Value> {
    let mut all = Map::new();
    for setting in settings {
        let schema = described(takes(setting.takes), setting.doc);
        match setting.name.split_once('.') {
            None => {
                all.insert(setting.name.to_owned(), schema);
            }
            Some((outer, inner)) => {
                let group = all.entry(outer).or_insert_with(|| closed(Map::new(), &[]));
                group["properties"][inner] = schema;
            }
        }
    }
    all
}

fn takes(takes: Takes) -> Value {
    match takes {
        Takes::Flag => flag(),
        Takes::Duration => json!({ "anyOf": [duration(), { "const": 0 }] }),
        Takes::Count(least, most) => count(least, most),
        Takes::Word(words) => json!({ "anyOf": [{ "enum": words }, param()] }),
        Takes::Text => text(),
        Takes::Key => json!({ "anyOf": [count(0, 9), { "const": "none" }] }),
        Takes::Limits => json!({ "anyOf": [{ "type": "string", "pattern": "^[0-9]+/[0-9]+$" }, param()] }),
    }
}

fn caller() -> Value {
    let all = properties([
        ("from", described(text(), "The number that the bridge sees the call come from.")),
        (
            "count",
            described(count(1, CALLERS_MAX), "So many callers with this script: pat.1, pat.2 and so on."),
        ),
        ("dtmf", described(words(DTMF), "How the keys travel.")),
        ("signed_in", described(text(), "The user whose client this is.")),
        ("script", described(steps("caller_step"), "What the caller does.")),
    ]);
    closed(all, &["script"])
}

fn step(has: impl Fn(Whose) -> bool, kind: &str) -> Value {
    let bare = VERBS.iter().filter(|info| matches!(info.verb, Verb::HangUp | Verb::Drop) && has(info.whose));
    let bare = bare.map(|info| json!({ "const": info.name, "description": info.doc }));
    let full = VERBS.iter().filter(|info| has(info.whose)).map(|info| step_of(info, kind));
    let all: Vec<Value> = bare.chain(full).collect();
    json!({ "anyOf": all })
}

fn step_of(info: &VerbInfo, kind: &str) -> Value {
    let value = match info.verb {
        Verb::Press => described(text(), &press_doc(info.doc)),
        Verb::Hears => described(json!({ "$ref": "#/definitions/sound" }), info.doc),
        Verb::Expect => described(json!({ "$ref": "#/definitions/state" }), info.doc),
        Verb::Never => described(
            json!({ "anyOf": [{ "$ref": "#/definitions/state" }, { "$ref": "#/definitions/sound" }] }),
            info.doc,
        ),
        Verb::When => described(json!({ "$ref": "#/definitions/event" }), info.doc),
        Verb::Wait => described(duration(), info.doc),
        Verb::Repeat => {
            let all = properties([("times", count(1, REPEAT_MAX)), ("steps", steps(kind))]);
            described(closed(all, &["times", "steps"]), info.doc)
        }
        Verb::Parallel => {
            let branch = json!({ "anyOf": [steps(kind), { "$ref": format!("#/definitions/{kind}") }] });
            described(list(branch), info.doc)
        }
        Verb::HangUp | Verb::Drop => described(json!({ "type": "null" }), info.doc),
        Verb::Set => {
            let organizer = closed(properties([("allow_anonymous_start", flag())]), &[]);
            let settings = nested(Policy::SETTINGS.iter());
            described(
                json!({ "type": "object", "properties": settings, "additionalProperties": organizer }),
                info.doc,
            )
        }
        Verb::Dial
        | Verb::Say
        | Verb::Mark
        | Verb::Run
        | Verb::ResetPin
        | Verb::ResetConferenceId
        | Verb::Enable
        | Verb::Disable => described(text(), info.doc),
        Verb::Unlock
        | Verb::EndMeeting
        | Verb::LockMeeting
        | Verb::UnlockMeeting
        | Verb::Admit
        | Verb::Cmdlet => described(text(), info.doc),
    };
    let mut all = properties([(info.name, value)]);
    for modifier in info.modifiers {
        let (schema, doc) = match *modifier {
            "of" => (json!({ "$ref": "#/definitions/event" }), "Counted from this event."),
            "as" => (text(), "The user whose client this is."),
            "within" => (duration(), "The deadline, from the step's start or from `of`; 2s if not given."),
            "for" => (duration(), "How long it must hold, or must not happen."),
            "gap" => (duration(), "From a key's release to the next key; 100ms if not given."),
            _ => (duration(), "How long each key is held; 100ms if not given."),
        };
        all.insert((*modifier).to_owned(), described(schema, doc));
    }
    let required: &[&str] = if info.verb == Verb::Never { &["never", "for"] } else { &[info.name] };
    described(closed(all, required), info.doc)
}

fn press_doc(doc: &str) -> String {
    let names = RUNTIME_NAMES.map(|(name, doc)| format!("${{amos.{name}}}: {doc}"));
    format!("{doc} {}", names.join(" "))
}

fn fault() -> Value {
    let on = |doc: &str| described(text(), doc);
    let mut line = properties([("on", on("The caller on whose line this goes wrong."))]);
    for (_, word, doc) in LINE_FAULTS {
        let kind = match *word {
            "lose_digits" | "double_digits" => {
                json!({ "anyOf": [count(1, 1_000_000), list(count(1, 1_000_000))] })
            }
            "drop_after" | "hang_up_after" => duration(),
            _ => text(),
        };
        line.insert((*word).to_owned(), described(kind, doc));
    }
    let mut directory = properties([
        ("on", json!({ "const": "directory", "description": "The directory." })),
        ("question", described(words(QUESTIONS), "Which questions; all if not given.")),
        ("times", described(count(1, 1_000_000), "How many of them; all if not given.")),
    ]);
    for (_, word, doc) in DIRECTORY_FAULTS {
        let kind = if *word == "late" {
            duration()
        } else {
            json!({ "anyOf": [{ "const": true }, count(1, 1_000_000)] })
        };
        directory.insert((*word).to_owned(), described(kind, doc));
    }
    json!({ "anyOf": [closed(directory, &["on"]), closed(line, &["on"])] })
}

fn later() -> Value {
    let by = || described(duration(), "How much later.");
    let action = properties([
        (
            "on",
            json!({ "type": "string", "not": { "const": "directory" }, "description": "The caller, one of several as pat.2, or admin." }),
        ),
        (
            "action",
            described(count(1, 100_000), "Which dialling, press, hang-up or act of the script, from 1."),
        ),
        ("later", by()),
    ]);
    let question = properties([
        ("on", json!({ "const": "directory", "description": "The directory." })),
        ("question", described(count(1, QUESTIONS_MAX), "Which question of the run, from 1.")),
        ("later", by()),
    ]);
    json!({ "anyOf": [closed(question, &["on", "question", "later"]), closed(action, &["on", "action", "later"])] })
}

fn check() -> Value {
    let mut that = facts(&format!("meeting\\({NAME}\\)"), MEETING_FACTS);
    that.extend(facts(&format!("organizer\\({NAME}\\)"), ORGANIZER_FACTS));
    that.extend(facts(&format!("{NAME}(\\.[0-9]+)?"), CALL_FACTS));
    that.push(json!({ "const": "calls", "description": "How many calls are still up." }));
    that.push(json!({ "$ref": "#/definitions/event" }));
    that.push(param());
    let is = format!(
        "Its value: a number, true or false, a caller's name or nobody; an outcome ({}); why a meeting ended ({}).",
        OUTCOMES.join(", "),
        ENDED_BY.join(", ")
    );
    let all = properties([
        ("that", described(json!({ "type": "string", "anyOf": that }), "What is looked at.")),
        ("is", described(text(), &is)),
        ("before", described(json!({ "$ref": "#/definitions/event" }), "It happened before this event.")),
        ("within", described(duration(), "It happened at most so long after `of`, and not before it.")),
        (
            "of",
            described(json!({ "$ref": "#/definitions/event" }), "The event from which `within` is counted."),
        ),
    ]);
    closed(all, &["that"])
}

fn facts<T>(whose: &str, words: &Words<T>) -> Vec<Value> {
    let facts = words.iter();
    facts
        .map(|(_, word, doc)| json!({ "pattern": format!("^{whose}\\.{word}$"), "description": doc }))
        .collect()
}

fn load() -> Value {
    let level = json!({ "anyOf": [
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?/[smh]$", "description": "Stories that begin in a second, a minute, an hour." },
        { "type": "integer", "minimum": 0, "description": "Stories at once." },
        param(),
    ] });
    let stage = closed(properties([("to", level), ("over", duration())]), &["to", "over"]);
    let set = json!({ "type": "object", "additionalProperties": text() });
    let share = closed(
        properties([
            ("set", described(set, "The parameters of this story.")),
            ("share", described(count(1, 1_000_000), "So many parts of all that are played.")),
            ("times", described(count(1, 1_000_000), "So many times, with the beginning of the run.")),
        ]),
        &[],
    );
    let spread = json!({ "type": "object", "additionalProperties": duration() });
    let limit = json!({ "type": "string", "pattern": "<" });
    let limits = json!({ "anyOf": [limit, { "type": "array", "items": limit }] });
    let thresholds = Metric::ALL.iter().map(|metric| metric.name()).chain([FAILED]);
    let thresholds = thresholds.map(|name| (name, limits.clone()));
    let all = properties([
        ("model", described(words(MODELS), "How load arrives.")),
        ("stages", described(list(stage), "From one level to the next, over how long.")),
        ("max_in_flight", described(count(1, 10_000_000), "The most stories at once.")),
        ("spread", described(spread, "Callers who begin at moments of chance within so long.")),
        ("mix", described(list(share), "Which stories are played, and how often each.")),
        ("thresholds", described(closed(properties(thresholds), &[]), "What must hold of the figures.")),
    ]);
    described(closed(all, &["stages"]), "The story as a unit of load.")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use granit_parser::{Event, Parser, ScalarStyle};

    use super::super::words::sound_words;
    use super::*;

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
    fn value(text: &str) -> Value {
        let mut open: Vec<(Option<String>, Value)> = vec![(None, json!([]))];
        for event in Parser::new_from_str(text) {
            let done = match event.unwrap().0 {
                Event::SequenceStart(..) => {
                    open.push((None, json!([])));
                    continue;
                }
                Event::MappingStart(..) => {
                    open.push((None, json!({})));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop().unwrap().1,
                Event::Scalar(text, style, ..) => scalar(&text, style == ScalarStyle::Plain),
                Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd => {
                    continue;
                }
                Event::Alias(_) | Event::Anchor(..) | Event::UnresolvedAlias(_) | _ => {
                    panic!("no scenario has this")
                }
            };
            let (key, parent) = open.last_mut().unwrap();
            match (parent, key.take()) {
                (Value::Array(list), _) => list.push(done),
                (Value::Object(map), Some(name)) => {
                    map.insert(name, done);
                }
                (_, _) => *key = Some(done.as_str().map_or_else(|| done.to_string(), str::to_owned)),
            }
        }
        open.remove(0).1[0].take()
    }

    fn scalar(text: &str, plain: bool) -> Value {
        match text {
            "" | "~" | "null" if plain => Value::Null,
            "true" | "false" if plain => json!(text == "true"),
            _ => {
                text.parse::<i64>().ok().filter(|_| plain).map_or_else(|| json!(text), |number| json!(number))
            }
        }
    }

    fn problems(text: &str) -> Vec<String> {
        let validator = jsonschema::draft7::new(&root()).unwrap();
        validator
            .iter_errors(&value(text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
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
      - repeat: { times: 2, steps: [ wait: "${wait}s" ] }
      - parallel: [ [ wait: 1s, mark: waiting ], drop ]
      - say: hello.wav
      - hang_up
  amos: { signed_in: lee, script: [ when: pat.2.waiting, { dial: app:amos, as: kim }, { hang_up: } ] }
admin:
  - when: amos.joined
  - reset_pin: amos
  - set: { pin_length: 6, keys: { mute: 5 }, amos: { allow_anonymous_start: true } }
  - admit: pat.1
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
  - { that: pat.joined, within: 200ms, of: amos.joined }
load: { model: arrivals, stages: [ { to: 10/s, over: 1m } ], max_in_flight: 100, spread: { pat: 5m }, mix: [ { set: { wait: 4 }, share: 3 }, { times: 1 } ], thresholds: { failed: "< 1%", start_to_joined: [ "p(99) < 2ms", "max < 1s" ] } }
"##;

    #[test]
    fn every_part_of_the_language_fits_the_schema_and_is_read() {
        assert_eq!(problems(EVERYTHING), [""; 0]);
        let read = |path: &str| {
            Ok(if path == "lib.yaml" { b"params: {}".to_vec() } else { EVERYTHING.as_bytes().to_vec() })
        };
        let mut sources = crate::scenario::source::Sources::new(read);
        let stories =
            crate::scenario::read::read("all.yaml", &mut sources, &std::collections::BTreeMap::new());
        let stories = stories
            .map_err(|problems| problems.iter().map(|p| p.render(&sources, false)).collect::<String>());
        assert_eq!(stories.unwrap().len(), 2);
    }

    #[test]
    fn words_that_are_in_no_list_are_refused_by_the_schema() {
        for wrong in [
            "scenario: s\ncaller: {}",
            "scenario: s\ncallers: { pat: {} }",
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
}
