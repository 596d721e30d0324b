//! The JSON Schema of scenario files (draft-07), which editors read: made from the same lists as the reader.

use serde_json::{Map, Value, json};

use crate::control::call::Language;
use crate::control::event::WebhookEvent;
use crate::control::policy::{FormerSetting, Group, Policy, SettingInfo, Takes};

use super::compile::{CODECS_MAX, ORGANIZER_KEYS, RUNTIME_NAMES};
use super::limits::{CALLERS_MAX, NAME_MAX, QUESTIONS_MAX, REPEAT_MAX, SCENARIO_LINE_MAX};
use super::load::{FAILED, MODELS, Metric};
use super::profiles;
use super::read::INCLUDED_KEYS;
use super::verbs::{Shape, VERBS, Verb, VerbInfo, VerbScope};
use super::vocabulary::{
    CALL_FACTS, CODECS, DIRECTORY_FAULTS, DTMF, ENDED_BY, LINE_FAULTS, MEETING_FACTS, ORGANIZER_FACTS,
    OUTCOMES, QUESTIONS, RUNS_ON, STATES, WEBHOOK_FACTS, WEBHOOK_FAULTS, Words, sounds_described,
};

/// A name of a caller and the like, as a pattern.
const NAME: &str = "[A-Za-z0-9_-]+";

/// What may stand between groups of digits or keys: a blank, a hyphen, and what no keyboard has a key for.
const SEPARATOR: &str = "(?:[ -]|[^ -~])";

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
        "anyOf": [{ "required": ["scenario"] }, { "propertyNames": { "enum": INCLUDED_KEYS } }],
        "additionalProperties": false,
        "properties": {
            "scenario": described(with(&text(), "maxLength", json!(SCENARIO_LINE_MAX)), "One line that \
                                                                                         says what must \
                                                                                         hold; the test's \
                                                                                         name in every \
                                                                                         report."),
            "description": described(text(), "Anything else a reader should know."),
            "tags": described(list(text()), "Words to select scenarios by, with --tag."),
            "include": described(list(json!({ "type": "string" })), "Files to include, relative to this one: with `given`, `params`, `procedures` and `callers`."),
            "timeout": described(duration(), "The timeout of the story, in virtual time; 2h if not given."),
            "seed": described(count(0, u64::MAX), "A fixed seed for everything random."),
            "runs_on": described(with(&list(words(RUNS_ON)), "minItems", json!(1)), "Where the scenario can run; everywhere if not given."),
            "skip": described(exemption(), "Why the scenario, or cases of its matrix, are not played."),
            "expected_to_fail": described(exemption(), "Why the scenario, or cases of its matrix, are expected to fail; one that passes fails the run."),
            "params": described(with(&names, "additionalProperties", text_or_nothing()), "Values by name, \
                                                                                          used as ${name}; \
                                                                                          --set name=value \
                                                                                          overrides them."),
            "matrix": described(with(&names, "additionalProperties", list(text_or_nothing())), "Lists of values by name: one case for each combination."),
            "given": given(),
            "procedures": described(with(&names, "additionalProperties", steps("any_step")), "Lists of steps by name, for `run`."),
            "callers": described(with(&names, "additionalProperties", caller()), "The callers, by name."),
            "admin": described(steps("admin_step"), "What the administrator does."),
            "faults": described(list(fault()), "Faults of lines and of the directory."),
            "order": described(list(later()), "Events that are delayed, as `attendant explore` writes \
                                               them; `order: []` keeps the scenario's own order."),
            "then": described(list(check()), "Checks at the end, over the whole event log."),
            "load": load(),
        },
        "definitions": {
            "param": { "type": "string", "pattern": "\\$\\{[^}]+\\}" },
            "duration": { "anyOf": [{ "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" }, param()] },
            "flag": { "anyOf": [{ "type": "boolean" }, { "enum": ["true", "false"] }, param()] },
            "state": words(STATES),
            "sound": sound(),
            "event": event(),
            "caller_step": step(|whose| whose != VerbScope::Admin, "caller_step"),
            "admin_step": step(|whose| whose != VerbScope::Callers, "admin_step"),
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

pub(super) fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn text_or_nothing() -> Value {
    json!({ "type": ["string", "number", "boolean", "null"] })
}

pub(super) fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn count(least: u32, most: impl Into<u64>) -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": least, "maximum": most.into() },
        { "type": "string", "pattern": "^\\+?[0-9]+$" },
        param(),
    ] })
}

fn steps(kind: &str) -> Value {
    list(json!({ "$ref": format!("#/definitions/{kind}") }))
}

/// A reference takes no description of its own in draft-07, so it is wrapped.
pub(super) fn described(schema: Value, doc: &str) -> Value {
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

pub(super) fn closed(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

pub(super) fn properties(list: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    list.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn one_of<'w>(words: impl IntoIterator<Item = (&'w str, &'w str)>) -> Value {
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
    let mark = json!({ "pattern": format!("^{NAME}(\\.[0-9]+)?\\.{NAME}$"), "description": "A mark that \
                                                                                            this caller's \
                                                                                            script sets." });
    let all: Vec<Value> = states.chain([mark, param()]).collect();
    json!({ "type": "string", "anyOf": all })
}

/// A reason for the whole file, or for cases of the matrix.
fn exemption() -> Value {
    let case = json!({ "type": "object", "additionalProperties": text() });
    let case = properties([
        ("case", described(case, "The case, by values of the matrix.")),
        ("reason", described(text(), "The reason, which reports show.")),
    ]);
    json!({ "anyOf": [text(), list(closed(case, &["case", "reason"]))] })
}

fn given() -> Value {
    let organizer = properties(ORGANIZER_KEYS.map(|(key, doc)| {
        let kind = match key {
            "allow_anonymous_start" | "allow_toll_free_dial_in" | "enabled" => flag(),
            // In front of digits, a minus sign is a separator.
            "conference_id" => digits(-DIGITS_MAX, &format!("^(?:{SEPARATOR}*[0-9]){{1,12}}{SEPARATOR}*$")),
            "pin" => digits(0, "^[0-9]{4,12}$"),
            "passcode" => digits(0, "^[0-9]{4,10}$"),
            _ => text(),
        };
        (key, described(kind, doc))
    }));
    let number = properties([
        ("primary_language", text()),
        ("toll_free", flag()),
        ("secondary_languages", with(&list(text()), "maxItems", json!(4))),
    ]);
    let mut all = properties([
        (
            "profile",
            described(
                profile_names(),
                "The behaviour profile: whose bridge to imitate; a built-in one, or the path of a file, relative to this one.",
            ),
        ),
        (
            "organizers",
            described(
                nullable(
                    json!({ "type": "object", "additionalProperties": nullable(closed(organizer, &[])) }),
                ),
                "Users who organize meetings, by name.",
            ),
        ),
        ("users", described(list(text()), "Users who may sign in but organize no meetings.")),
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

/// A built-in profile, or a file.
pub(super) fn profile_names() -> Value {
    let mut all =
        one_of(profiles::built_in().iter().map(|profile| (profile.name.as_str(), profile.imitates.as_str())));
    if let Some(forms) = all["anyOf"].as_array_mut() {
        forms.push(
            json!({ "type": "string", "pattern": "/|\\.ya?ml$", "description": "The file of a profile." }),
        );
    }
    all
}

/// The largest number of twelve digits.
const DIGITS_MAX: i64 = 999_999_999_999;

/// Digits, as a text or as a number, which has lost its leading zeros.
fn digits(least: i64, pattern: &str) -> Value {
    let number = json!({ "type": "integer", "minimum": least, "maximum": DIGITS_MAX });
    json!({ "anyOf": [number, { "type": "string", "pattern": pattern }, param()] })
}

/// Keys and pauses, at least one.
fn keys() -> Value {
    let other = format!("(?:[0-9*#A-Da-dwW,]|{SEPARATOR})*");
    let pattern = format!("^{other}[0-9*#A-Da-dwW,]{other}$");
    json!({ "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": pattern }, param()] })
}

/// A name that a script gives.
fn name() -> Value {
    let pattern = format!("^[A-Za-z0-9_-]{{1,{NAME_MAX}}}$");
    json!({ "anyOf": [{ "type": ["integer", "boolean"] }, { "type": "string", "pattern": pattern }, param()] })
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Settings as they are written: `keys.mute` by its whole name, or inside `keys`.
fn nested(settings: impl Iterator<Item = &'static SettingInfo>) -> Map<String, Value> {
    nested_with(settings, |value| value)
}

/// The same, with what stands for a value made of its schema.
pub(super) fn nested_with(
    settings: impl Iterator<Item = &'static SettingInfo>,
    form: impl Fn(Value) -> Value,
) -> Map<String, Value> {
    let mut all = Map::new();
    for setting in settings {
        let schema = described(form(takes(setting.takes)), setting.doc);
        if let Some((outer, inner)) = setting.name.split_once('.') {
            let group = all.entry(outer).or_insert_with(|| closed(Map::new(), &[]));
            group["properties"][inner] = schema.clone();
        }
        all.insert(setting.name.to_owned(), schema);
        if let Some(former) = FormerSetting::ALL.iter().find(|former| former.now == setting.name) {
            let values = former
                .values
                .iter()
                .map(|(value, _)| serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
            let mut earlier = described(
                form(json!({ "enum": values.collect::<Vec<Value>>() })),
                &format!("The earlier name of `{}`.", former.now),
            );
            earlier["deprecated"] = json!(true);
            all.insert(former.name.to_owned(), earlier);
        }
    }
    all
}

fn takes(takes: Takes) -> Value {
    match takes {
        Takes::Flag => flag(),
        Takes::Duration => json!({ "anyOf": [duration(), { "enum": [0, "0"] }] }),
        Takes::Count(least, most) => count(least, most),
        Takes::Word(words) => json!({ "anyOf": [{ "enum": words }, param()] }),
        Takes::Text => text(),
        Takes::Key => {
            let keys = "^(none|=[0-9*#A-Da-d]|[0-9*#A-Da-d]{1,4})$";
            json!({ "anyOf": [count(0, 9_999_u32), { "type": "string", "pattern": keys }, param()] })
        }
        Takes::Form { pattern, numbers, .. } => {
            let text = json!({ "type": "string", "pattern": pattern });
            let number =
                numbers.map(|(least, most)| json!({ "type": "integer", "minimum": least, "maximum": most }));
            json!({ "anyOf": number.into_iter().chain([text, param()]).collect::<Vec<_>>() })
        }
        Takes::Limits => json!({ "anyOf": [{ "type": "string", "pattern": "^[0-9]+/[0-9]+$" }, param()] }),
    }
}

fn caller() -> Value {
    let all = properties([
        ("from", described(text(), "The caller's number, as the bridge sees it.")),
        (
            "count",
            described(count(1, CALLERS_MAX), "How many callers have this script: pat.1, pat.2 and so on."),
        ),
        ("dtmf", described(dtmf(), "How keys are sent; as a list, in both ways at once.")),
        ("signed_in", described(text(), "The user whose client this is.")),
        ("script", described(steps("caller_step"), "What the caller does.")),
    ]);
    closed(all, &[])
}

fn dtmf() -> Value {
    let mut ways = list(words(DTMF));
    (ways["minItems"], ways["maxItems"]) = (json!(1), json!(2));
    json!({ "anyOf": [words(DTMF), ways] })
}

fn step(has: impl Fn(VerbScope) -> bool, kind: &str) -> Value {
    let is_bare = |info: &&VerbInfo| matches!(info.takes, Shape::Nothing | Shape::DurationOrNothing);
    let bare = VERBS.iter().filter(is_bare).filter(|info| has(info.scope));
    let bare = bare.map(|info| json!({ "const": info.name, "description": info.doc }));
    let full = VERBS.iter().filter(|info| has(info.scope)).map(|info| step_of(info, kind));
    let all: Vec<Value> = bare.chain(full).collect();
    json!({ "anyOf": all })
}

fn step_of(info: &VerbInfo, kind: &str) -> Value {
    let value = match info.takes {
        Shape::Text if matches!(info.verb, Verb::Mark) => described(name(), info.doc),
        Shape::Text => described(text(), info.doc),
        Shape::Keys => described(keys(), &press_doc(info.doc)),
        Shape::Sound => described(json!({ "$ref": "#/definitions/sound" }), info.doc),
        Shape::State => described(json!({ "$ref": "#/definitions/state" }), info.doc),
        Shape::StateOrSound => described(
            json!({ "anyOf": [{ "$ref": "#/definitions/state" }, { "$ref": "#/definitions/sound" }] }),
            info.doc,
        ),
        Shape::Event => described(json!({ "$ref": "#/definitions/event" }), info.doc),
        Shape::Duration => described(duration(), info.doc),
        Shape::DurationOrNothing => described(nullable(duration()), info.doc),
        Shape::Repeated => {
            let all = properties([("times", count(1, REPEAT_MAX)), ("steps", steps(kind))]);
            described(closed(all, &["times", "steps"]), info.doc)
        }
        Shape::Branches => {
            let branch = json!({ "anyOf": [steps(kind), { "$ref": format!("#/definitions/{kind}") }] });
            described(list(branch), info.doc)
        }
        Shape::OnOff => described(one_of([("on", "Start it."), ("off", "Stop it.")]), info.doc),
        Shape::Nothing => described(json!({ "type": "null" }), info.doc),
        Shape::Settings => {
            let organizer = closed(properties([("allow_anonymous_start", flag())]), &[]);
            let settings = nested(Policy::SETTINGS.iter());
            described(
                json!({ "type": "object", "properties": settings, "additionalProperties": organizer }),
                info.doc,
            )
        }
    };
    let mut all = properties([(info.name, value)]);
    for modifier in info.modifiers {
        let (schema, doc) = match *modifier {
            "of" => (json!({ "$ref": "#/definitions/event" }), "Counted from this event."),
            "as" => (text(), "The user whose client this is."),
            "by" => (text(), "The caller whose talk or tone it must be: pat, or pat.2 of several."),
            "language" => {
                let tags = Language::TAGS.map(|tag| (tag, "A language of the prompts."));
                (one_of(tags), "The language that the prompt must be spoken in.")
            }
            "within" => (duration(), "The timeout, from the step's start or from `of`; 2s if not given."),
            "for" => (duration(), "How long it must last, or must not happen."),
            "gap" => (duration(), "The pause after each key; 100ms if not given."),
            _ => (duration(), "How long each key is held; 100ms if not given."),
        };
        all.insert((*modifier).to_owned(), described(schema, doc));
    }
    let required: &[&str] = if matches!(info.verb, Verb::Never) { &["never", "for"] } else { &[info.name] };
    described(closed(all, required), info.doc)
}

fn press_doc(doc: &str) -> String {
    let names = RUNTIME_NAMES.map(|(name, doc)| format!("${{amos.{name}}}: {doc}"));
    format!("{doc} {}", names.join(" "))
}

fn fault() -> Value {
    let on = |doc: &str| described(text(), doc);
    let mut line = properties([("on", on("The caller whose line has this fault."))]);
    for (_, word, doc) in LINE_FAULTS {
        let kind = match *word {
            "lose_digits" | "double_digits" => {
                json!({ "anyOf": [count(1, 1_000_000_u32), list(count(1, 1_000_000_u32))] })
            }
            "drop_after" | "hang_up_after" | "jitter" | "echo_delay" | "clip" => duration(),
            "codec" => {
                json!({ "anyOf": [words(CODECS), with(&list(words(CODECS)), "maxItems", json!(CODECS_MAX))] })
            }
            _ => text(),
        };
        line.insert((*word).to_owned(), described(kind, doc));
    }
    let mut directory = properties([
        ("on", json!({ "const": "directory", "description": "The directory." })),
        ("question", described(words(QUESTIONS), "Which kind of question; all if not given.")),
        ("times", described(count(1, 1_000_000_u32), "How many of them; all if not given.")),
    ]);
    for (_, word, doc) in DIRECTORY_FAULTS {
        let kind = if *word == "late" {
            duration()
        } else {
            json!({ "anyOf": [{ "enum": [true, "true"] }, count(1, 1_000_000_u32)] })
        };
        directory.insert((*word).to_owned(), described(kind, doc));
    }
    let mut webhook =
        properties([("on", json!({ "const": "webhook", "description": "The receiver of webhooks." }))]);
    for (_, word, doc) in WEBHOOK_FAULTS {
        let kind = json!({ "anyOf": [{ "enum": [true, "true"] }, count(1, 1_000_000_u32)] });
        webhook.insert((*word).to_owned(), described(kind, doc));
    }
    json!({ "anyOf": [closed(directory, &["on"]), closed(webhook, &["on", "fails"]), closed(line, &["on"])] })
}

fn later() -> Value {
    let by = || described(duration(), "How much later.");
    let action = properties([
        (
            "on",
            json!({ "type": "string", "not": { "const": "directory" }, "description": "The caller (one of \
                                                                                       several as pat.2), \
                                                                                       or admin." }),
        ),
        (
            "action",
            described(
                count(1, 100_000_u32),
                "Which dial, press, hang-up or administrator's step of the script, from 1.",
            ),
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
    let events = WebhookEvent::ALL.map(WebhookEvent::name).join("|");
    that.extend(facts(&format!("webhook\\(({events})\\)"), WEBHOOK_FACTS));
    that.push(json!({ "const": "calls", "description": "How many calls are still up." }));
    that.push(json!({ "$ref": "#/definitions/event" }));
    that.push(param());
    let is = format!(
        "The expected value: a number, true or false, a caller's name or nobody; an outcome ({}); why a \
         meeting ended ({}).",
        OUTCOMES.join(", "),
        ENDED_BY.join(", ")
    );
    let number = || count(0, 1_000_000_u32);
    let pair = json!({ "type": "array", "items": number(), "minItems": 2, "maxItems": 2 });
    let all = properties([
        ("that", described(json!({ "type": "string", "anyOf": that }), "What to check.")),
        ("is", described(text(), &is)),
        ("one_of", described(with(&list(text()), "minItems", json!(1)), "It has one of these values.")),
        ("at_least", described(number(), "It is this number or more.")),
        ("at_most", described(number(), "It is this number or less.")),
        ("between", described(pair, "It is one of two numbers or between them.")),
        ("before", described(json!({ "$ref": "#/definitions/event" }), "It happened before this event.")),
        ("within", described(duration(), "It happened within this time after `of`, and not before it.")),
        ("never", described(json!({ "anyOf": [{ "enum": [true, "true"] }, param()] }), "It never happened.")),
        (
            "of",
            described(json!({ "$ref": "#/definitions/event" }), "The event from which `within` is counted."),
        ),
    ]);
    closed(all, &["that"])
}

fn facts<T>(scope: &str, words: &Words<T>) -> Vec<Value> {
    let facts = words.iter();
    facts
        .map(|(_, word, doc)| json!({ "pattern": format!("^{scope}\\.{word}$"), "description": doc }))
        .collect()
}

fn load() -> Value {
    let level = json!({ "anyOf": [
        { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?/[smh]$", "description": "Stories that start \
                                                                                     per second, minute or \
                                                                                     hour." },
        { "type": "integer", "minimum": 0, "description": "Stories that run at once." },
        { "type": "string", "pattern": "^[0-9]+$", "description": "Stories that run at once." },
        param(),
    ] });
    let stage = closed(properties([("to", level), ("over", duration())]), &["to", "over"]);
    let set = json!({ "type": "object", "additionalProperties": text() });
    let share = closed(
        properties([
            ("set", described(set, "The parameters of this story.")),
            ("share", described(count(1, 1_000_000_u32), "This story's share of all that are played.")),
            ("times", described(count(1, 1_000_000_u32), "How many times, from the start of the run.")),
        ]),
        &[],
    );
    let spread = json!({ "type": "object", "additionalProperties": duration() });
    let limit = json!({ "anyOf": [{ "type": "string", "pattern": "<" }, param()] });
    let limits = json!({ "anyOf": [limit, { "type": "array", "items": limit }] });
    let thresholds = Metric::ALL.iter().map(|metric| metric.name()).chain([FAILED]);
    let thresholds = thresholds.map(|name| (name, limits.clone()));
    let all = properties([
        ("model", described(words(MODELS), "How load arrives.")),
        ("stages", described(list(stage), "The levels of load, and how long each takes to reach.")),
        ("max_in_flight", described(count(1, 10_000_000_u32), "The most stories that run at once.")),
        ("spread", described(spread, "Callers who start at random within this time.")),
        ("mix", described(list(share), "Which variants of the story are played, and how often each.")),
        (
            "thresholds",
            described(closed(properties(thresholds), &[]), "Limits that the measurements must keep."),
        ),
    ]);
    described(closed(all, &["stages"]), "How a load test plays this story.")
}

#[cfg(test)]
pub(super) mod tests;
