//! What the linter warns of, and in which forms it does.

use super::{linted, of_two};
use crate::stage::Stage;

fn of_pat(steps: &str) -> String {
    of_two(steps, "dial: bridge, { hears: welcome }", "")
}

#[track_caller]
fn warns(text: &str, said: &str) {
    let linted = linted(text);
    assert!(linted.iter().any(|message| message.contains(said)), "{said}: {linted:?}");
}

#[track_caller]
fn is_silent_on(text: &str, said: &str) {
    let linted = linted(text);
    assert!(!linted.iter().any(|message| message.contains(said)), "{said}: {linted:?}");
}

#[test]
fn keys_that_a_comment_swallows_are_told() {
    let said = "starts a comment";
    let story = |press: &str| {
        format!("scenario: s\ncallers:\n  pat:\n    script:\n      - dial: bridge\n      - press: {press}\n")
    };
    warns(&story("5550123 #"), said);
    warns(&story("5550123 #*6"), said);
    is_silent_on(&story("5550123 # the ID of nobody"), said);
    is_silent_on(&story("\"5550123#\" #"), said);
}

#[test]
fn keys_before_the_first_call_are_told() {
    let said = "before the first `dial`";
    warns(&of_pat("press: \"31#\", dial: bridge"), said);
    is_silent_on(&of_pat("dial: bridge, press: \"31#\""), said);
    is_silent_on(&of_pat("parallel: [ [ dial: bridge ] ], press: \"31#\""), said);
}

#[test]
fn scripts_that_wait_for_each_other_are_told() {
    let said = "wait for each other and never go on: pat waits for amos.ready, amos waits for pat.ready";
    warns(&of_two("when: amos.ready, mark: ready", "when: pat.ready, mark: ready", ""), said);
    is_silent_on(&of_two("mark: ready, when: amos.ready", "when: pat.ready, mark: ready", ""), "each other");
    let of_states = of_two("when: amos.joined, mark: ready", "when: pat.ready, dial: bridge", "");
    warns(&of_states, "pat waits for amos.joined, amos waits for pat.ready");
    let in_branches =
        of_two("parallel: [ [ when: amos.ready ], [ mark: ready ] ]", "when: pat.ready, mark: ready", "");
    is_silent_on(&in_branches, "each other");
}

#[test]
fn a_sound_that_passes_twice_is_told() {
    let said = "passes this one too";
    warns(&of_pat("dial: bridge, { hears: welcome }, wait: 1s, { hears: welcome }"), said);
    is_silent_on(&of_pat("dial: bridge, { hears: welcome }, press: \"1\", { hears: welcome }"), said);
    is_silent_on(&of_pat("dial: bridge, { hears: welcome }, { still: welcome }"), said);
}

#[test]
fn sounds_that_nothing_plays_are_unknown() {
    let problems = linted(&of_pat("dial: bridge, { hears: drum-roll }"));
    assert_eq!(problems, ["unknown prompt or sound `drum-roll`"]);
}

#[test]
fn problems_are_printed_for_programs_too() {
    let stage = Stage::with(&[("bad.yaml", "scenario: 1\nx: 2\n")]);
    let json = stage.attendant("lint bad.yaml --format json");
    let line: serde_json::Value = serde_json::from_str(json.out.lines().next().unwrap()).unwrap();
    assert_eq!((&line["severity"], &line["line"], &line["column"]), (&"error".into(), &2.into(), &1.into()));
    assert_eq!(json.code, 2);
    let github = stage.attendant("lint bad.yaml --format github");
    assert!(github.out.starts_with("::error file=bad.yaml,line=2,col=1::unknown key `x`"), "{}", github.out);
}

#[test]
fn settings_by_earlier_names_are_told_once_with_the_new_name() {
    let story = |setting: &str| {
        let script = "callers: { pat: { script: [ dial: bridge, { hears: welcome } ] } }";
        format!("scenario: s\ngiven: {{ meeting: {{ {setting} }} }}\n{script}")
    };
    let said = "`back_to_lobby_when_organizer_leaves` is now called `after_organizer_leaves`";
    let text = story("back_to_lobby_when_organizer_leaves: true");
    warns(&text, said);
    let times = linted(&text).iter().filter(|message| message.contains(said)).count();
    assert_eq!(times, 1);
    is_silent_on(&story("after_organizer_leaves: lobby"), "is now called");
}
