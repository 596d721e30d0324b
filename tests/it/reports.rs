//! What is told about a run: the screen of a failure, the reports, and the other commands that print.

use super::stage::{Stage, fails, holds, open, story};

/// The screen is this high.
const LINES_MAX: usize = 24;

/// Two callers of whom one starts the meeting; what pat expects at the end differs.
fn lobby(name: &str, last: &str, then: &str) -> String {
    let enter = "    - dial: bridge\n    - { hears: welcome }\n    - press: \"3141592#\"\n";
    format!(
        "scenario: {name}\n\
         tags: [lobby]\n\
         given:\n  organizers:\n    amos: {{ conference_id: \"3141592\", pin: \"27182\" }}\n\
         procedures:\n  enter:\n{enter}\
         callers:\n\
         \x20 pat:\n    script:\n      - run: enter\n      - {{ hears: hold_music, within: 40s }}\n      - mark: waiting\n      - {last}\n\
         \x20 amos:\n    script:\n      - when: pat.waiting\n      - run: enter\n      - {{ hears: press-star-if-organizer, within: 6s }}\n      - press: \"*\"\n      - {{ hears: enter-pin }}\n      - press: \"${{amos.pin}}#\"\n      - {{ expect: joined }}\n\
         {then}"
    )
}

#[track_caller]
fn screen_of(text: &str) -> String {
    let stage = Stage::with(&[("story.yaml", text)]);
    let ended = stage.attendant("replay story.yaml");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.out.lines().count() <= LINES_MAX, "{}", ended.out);
    ended.out
}

#[test]
fn a_missed_deadline_says_by_how_much() {
    insta::assert_snapshot!(screen_of(&lobby("Pat is impatient", "{ expect: joined, within: 2s }", "")));
}

#[test]
fn what_comes_too_late_for_many_is_not_said_never_to_come() {
    let text = lobby("Many are impatient", "{ expect: joined, within: 2s }", "")
        .replace("  pat:\n", "  pat:\n    count: 3\n");
    let screen = screen_of(&text);
    assert!(screen.contains("; it came 0.8 s too late") && screen.contains("pat.3"), "{screen}");
}

#[test]
fn a_step_of_a_procedure_says_where_it_is_run_and_what_came_before() {
    let text = lobby("Music at the door", "{ expect: joined }", "")
        .replace("    - { hears: welcome }\n", "    - { hears: hold_music, within: 1s }\n");
    let screen = screen_of(&text);
    let line = |part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    // Both steps are in the procedure, so that the line of the step itself says more.
    let before = format!("after `dial: bridge`, done at 0.000 s (story.yaml:{})", line("dial: bridge"));
    assert!(screen.contains(&before), "{screen}");
    assert!(screen.contains(&format!("run at story.yaml:{}\n", line("run: enter"))), "{screen}");
    let text = lobby("Impatient", "{ expect: joined, within: 2s }", "");
    let screen = screen_of(
        &text
            .replace("      - { hears: hold_music, within: 40s }\n      - mark: waiting\n", "")
            .replace("when: pat.waiting", "wait: 60s"),
    );
    let line = text.lines().position(|line| line.contains("run: enter")).unwrap() + 1;
    assert!(
        screen.contains(&format!("after `press: 3141592#`, done at 1.500 s (story.yaml:{line})")),
        "{screen}"
    );
}

#[test]
fn what_never_comes_is_told_so() {
    insta::assert_snapshot!(screen_of(&fails("Pat wants music at the door")));
}

#[test]
fn what_must_not_happen_is_told_when_it_does() {
    insta::assert_snapshot!(screen_of(&lobby("Pat stays outside", "{ never: joined, for: 30s }", "")));
}

#[test]
fn a_step_without_a_call_says_that_there_is_none() {
    insta::assert_snapshot!(screen_of(&story("Keys in the air", "press: \"27182#\"")));
}

#[test]
fn a_check_that_does_not_hold_says_what_is_the_case() {
    let then =
        "then:\n  - { that: meeting(amos).started_by, is: pat }\n  - { that: meeting(amos).starts, is: 2 }\n";
    insta::assert_snapshot!(screen_of(&lobby("Pat starts it", "{ expect: joined, within: 20s }", then)));
}

#[test]
fn when_the_time_is_up_every_script_says_where_it_stands() {
    let text = lobby("Pat waits for ever", "{ when: amos.lobby }", "timeout: 5m\n");
    insta::assert_snapshot!(screen_of(&text));
}

#[test]
fn scripts_that_wait_for_each_other_are_told_with_whom() {
    let text = lobby("Nobody goes on", "{ when: amos.ready }", "timeout: 5m\n")
        .replace("      - { expect: joined }\n", "      - when: pat.ready\n      - mark: ready\n")
        .replace("      - { when: amos.ready }\n", "      - { when: amos.ready }\n      - mark: ready\n");
    let screen = screen_of(&text);
    assert!(screen.contains("deadlock pat waits for amos, amos waits for pat"), "{screen}");
    assert!(screen.contains("pat at `when: amos.ready` since"), "{screen}");
    assert!(screen.contains("for amos, who waits at `when: pat.ready`"), "{screen}");
}

#[test]
fn all_who_fail_at_the_same_moment_are_listed() {
    let text = lobby("All are impatient", "{ expect: joined, within: 2s }", "");
    let screen = screen_of(&text.replace("  pat:\n", "  pat:\n    count: 3\n"));
    let others = screen.matches("also pat.").count();
    assert!(screen.contains("error: pat.") && others == 2, "{screen}");
}

#[test]
fn a_check_shows_the_events_that_it_counts() {
    let then = "then:\n  - { that: pat.music_starts, is: 3 }\n";
    let screen = screen_of(&lobby("Three times", "{ expect: joined, within: 20s }", then));
    let events: Vec<&str> = screen.lines().filter(|line| line.contains(" s pat ")).collect();
    assert_eq!(events.len(), 1, "{screen}");
    assert!(events[0].ends_with("pat hears hold music"), "{screen}");
}

#[test]
fn causes_are_named() {
    let tries = "dial: bridge\npress: \"3141592#\"\n{ hears: press-star-if-organizer }\npress: \"*\"\n\
                 repeat: { times: 2, steps: [ { hears: enter-pin, within: 6s }, press: \"55555#\" ] }\n{ expect: \
                 joined }";
    let text = story("Locked", tries).replace("given:\n", "given:\n  lockout: { limits.5: 1/9 }\n");
    let screen = screen_of(&text);
    assert!(screen.contains("because PIN entry of amos is locked until"), "{screen}");
    let lost = story("Lost", "dial: bridge\npress: \"3141592#\"\n{ hears: press-star-if-organizer }");
    let screen = screen_of(&format!("{lost}faults: [{{ on: pat, lose_digits: [8] }}]\n"));
    assert!(screen.contains("because a key was lost on the line"), "{screen}");
}

#[test]
fn a_failure_shows_as_many_events_as_are_asked_for() {
    let stage = Stage::with(&[("s.yaml", &fails("Few"))]);
    let lines = |line: &str| {
        let ended = stage.attendant(line);
        ended.out.lines().filter(|line| line.contains(" s pat ")).count()
    };
    let all = lines("replay s.yaml --context 1000");
    assert!(all > 1, "{all}");
    assert_eq!(lines("replay s.yaml --context 1"), 1);
}

#[test]
fn an_act_on_a_caller_who_is_elsewhere_fails() {
    let text = lobby(
        "Nobody to remove",
        "{ expect: joined, within: 20s }",
        "admin:\n  - when: pat.waiting\n  - remove: pat\n",
    );
    let screen = screen_of(&text);
    assert!(screen.contains("admin: `remove: pat` needs the caller in another place"), "{screen}");
    assert!(screen.contains("pat is in the lobby, not in the meeting"), "{screen}");
}

/// Four cases that end in every way.
fn all_ways() -> Stage {
    Stage::with(&[
        ("fails.yaml", &fails("\"This fails, it's #1\"")),
        ("holds.yaml", &holds("This holds & <ends>")),
        (
            "matrix.yaml",
            &("matrix: { wait: [1s, 2s] }\n".to_owned()
                + &fails("Twice").replace("within: 2s", "within: \"${wait}\"")),
        ),
        ("open.yaml", &open("This is open")),
    ])
}

#[test]
fn the_text_report_is_what_the_screen_shows() {
    let stage = all_ways();
    let ended = stage.attendant("replay . --report text=out.txt");
    assert_eq!(ended.out, stage.read("out.txt"));
    insta::assert_snapshot!(ended.out);
}

#[test]
fn the_tap_report_has_a_diagnosis_for_each_failure() {
    insta::assert_snapshot!(all_ways().attendant("replay . --report tap=-").out);
}

#[test]
fn the_junit_report_has_a_suite_for_each_file() {
    insta::assert_snapshot!(all_ways().attendant("replay . --report junit=-").out);
}

#[test]
fn the_json_report_tells_every_event() {
    insta::assert_snapshot!(
        all_ways().attendant("replay . --filter holds --filter open --filter =2s --report json=-").out
    );
}

#[test]
fn every_line_of_the_json_report_fits_its_schema() {
    let schema = include_str!("../../docs/report.schema.json");
    let stage = all_ways();
    std::fs::write(stage.path().join("lobby.yaml"), lobby("Lobby", "{ expect: joined, within: 20s }", ""))
        .unwrap();
    assert_eq!(
        stage.attendant("schema report").out,
        schema,
        "run: attendant schema report > docs/report.schema.json"
    );

    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let ended = stage.attendant("replay . --report json=-");
    let mut types = std::collections::BTreeSet::new();
    for line in ended.out.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["v"], 2, "{line}");
        types.insert(value["type"].as_str().unwrap().to_owned());
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["case", "event", "summary", "verdict"]);
    for wrong in [r#"{"type":"event"}"#, r#"{"v":1,"type":"summary"}"#, r#"{"v":2,"type":"other"}"#] {
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}

#[test]
fn a_timeline_tells_the_margin_of_every_expectation() {
    let stage = Stage::with(&[("lobby.yaml", &lobby("Lobby", "{ expect: joined, within: 20s }", ""))]);
    insta::assert_snapshot!(stage.attendant("replay . --verbose").out);
}

#[test]
fn a_scenario_is_explained_in_plain_words() {
    let text = lobby("Lobby", "{ expect: joined, within: 20s }", "faults: [{ on: pat, drop_after: 1h }]\n");
    let text = text.replace("given:\n", "given:\n  tenant: { pin_length: 6 }\n");
    let stage = Stage::with(&[("lobby.yaml", &text), ("open.yaml", &open("This is open"))]);
    let ended = stage.attendant("explain lobby.yaml open.yaml");
    assert_eq!(ended.code, 5);
    insta::assert_snapshot!(ended.out);
}

#[test]
fn lint_fails_for_errors_and_for_warnings_where_they_are_denied() {
    let tidy = lobby("Tidy", "{ expect: joined, within: 20s }", "");
    let idle = tidy.replace("procedures:\n", "procedures:\n  idle: [hang_up]\n");
    let stage =
        Stage::with(&[("tidy.yaml", &tidy), ("idle.yaml", &idle), ("bad.yaml", "scenario: 1\nx: 2\n")]);
    for (line, code, summary) in [
        ("lint tidy.yaml", 0, "1 file: 0 errors, 0 warnings"),
        ("lint tidy.yaml idle.yaml", 0, "2 files: 0 errors, 1 warning"),
        ("lint idle.yaml --deny warnings", 2, "1 file: 0 errors, 1 warning"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.summary()), (code, summary), "{line}: {}", ended.out);
    }
    let ended = stage.attendant("lint .");
    assert!(ended.code == 2 && ended.out.contains("bad.yaml:2:1"), "{}", ended.out);
}

#[test]
fn the_help_of_every_command_has_examples() {
    let stage = Stage::with(&[]);
    for command in ["replay", "lint", "schema", "explain", "completions", "cmdlet", "shell", "tokens"] {
        let ended = stage.attendant(&format!("{command} --help"));
        assert!(ended.code == 0 && ended.out.contains(&format!("\n  attendant {command} ")), "{}", ended.out);
    }
    assert!(stage.attendant("--help").out.contains("130  interrupted"));
    assert!(stage.attendant("--version").out.starts_with("attendant 0."));
    assert!(stage.attendant("completions bash").out.contains("_clap_complete_attendant"));
    assert!(stage.attendant("schema").out.contains("\"$schema\""));
}
