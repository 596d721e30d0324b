//! `attendant explore`: it finds the order in which a scenario fails, and the library has none.

use super::stage::Stage;

/// Pat and Kim call in one moment, and nothing says who comes first.
const RACE: &str = r##"scenario: Pat starts the meeting, and Kim comes after
params: { unused: "no" }
matrix: { first: [pat, kim] }
given:
  tenant: { name_recording: false }
  organizers:
    amos: { conference_id: "3141592", pin: "27182", allow_anonymous_start: true }
callers:
  pat:
    script:
      - dial: bridge
      - { hears: welcome }
      - press: "3141592#"
      - { expect: joined, within: 2s }
      - mark: in
  kim:
    script:
      - dial: bridge
      - { hears: welcome }
      - wait: 20ms
      - press: "3141592#"
      - { expect: joined, within: 2s }
      - when: pat.in
then:
  - { that: meeting(amos).started_by, is: pat }
"##;

/// The administrator resets the PIN a moment after it was keyed.
const RESET: &str = r##"scenario: A PIN that was keyed in time starts the meeting
given:
  tenant: { name_recording: false }
  organizers:
    amos: { conference_id: "3141592", pin: "27182" }
callers:
  amos:
    script:
      - dial: bridge
      - { hears: welcome }
      - press: "3141592#"
      - { hears: press-star-if-organizer }
      - press: "*"
      - { hears: enter-pin }
      - press: "${amos.pin}#"
      - mark: keyed
      - { expect: joined }
admin:
  - when: amos.keyed
  - reset_pin: amos
"##;

#[test]
fn the_library_holds_in_every_order_that_is_tried() {
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let stage = Stage::with(&[]);
    let ended = stage.attendant(&format!("explore {library} --orders 12 --random 3 --quiet"));
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(ended.summary().contains(" 0 failed, 0 not implemented"), "{}", ended.out);
}

#[test]
fn a_failing_order_is_saved_as_a_failing_scenario() {
    let stage = Stage::with(&[("race.yaml", RACE)]);
    assert_eq!(stage.attendant("replay race.yaml --quiet").code, 0, "it holds in its own order");
    let ended = stage.attendant("explore race.yaml --save found.yaml --filter kim]");
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!("an_order_that_fails", ended.out);
    insta::assert_snapshot!("an_order_that_is_saved", stage.read("found.yaml"));
    let again = stage.attendant("replay found.yaml --quiet");
    assert_eq!((again.code, again.summary()), (1, "1 case in 1 file: 0 passed, 1 failed"));
    assert!(again.out.contains("`that: meeting(amos).started_by, is: pat` failed"), "{}", again.out);
}

#[test]
fn an_order_that_is_saved_to_a_hyphen_goes_to_standard_output() {
    let including = RACE.replace("given:\n", "include: [_enter.yaml]\ngiven:\n");
    let entering = "procedures: { enter: [ { dial: bridge }, { hears: welcome } ] }\n";
    let stage = Stage::with(&[("a/race.yaml", &including), ("a/_enter.yaml", entering)]);
    let ended = stage.attendant("explore a/race.yaml --save -");
    assert_eq!((ended.code, ended.out.lines().filter(|line| line.starts_with("order:")).count()), (1, 1));
    assert!(
        ended.err.contains("FAIL  Pat starts the meeting") && ended.err.contains("2 cases: "),
        "{}",
        ended.err
    );
    assert!(!stage.path().join("-").exists());
    std::fs::write(stage.path().join("a/found.yaml"), &ended.out).unwrap();
    assert_eq!(stage.attendant("replay a/found.yaml --quiet").code, 1);

    let holds = Stage::with(&[("reset.yaml", &RESET.replace("  - reset_pin: amos\n", "  - wait: 1s\n"))]);
    let ended = holds.attendant("explore reset.yaml --save - --orders 5 --random 0");
    assert_eq!((ended.code, ended.out.as_str()), (0, ""));
}

#[test]
fn an_order_delays_answers_of_the_directory() {
    let stage = Stage::with(&[("reset.yaml", RESET)]);
    assert_eq!(stage.attendant("replay reset.yaml --quiet").code, 0);
    let ended = stage.attendant("explore reset.yaml --save found.yaml");
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("order { on: directory, question: 2, later: "), "{}", ended.out);
    assert!(stage.read("found.yaml").contains("  - { on: directory, question: 2, later: "));
    assert_eq!(stage.attendant("replay found.yaml --quiet").code, 1);
}

#[test]
fn a_failure_shows_the_events_around_each_delayed_one() {
    let mutes = "      - wait: 2s\n      - press: \"*6\"\n".repeat(12);
    let story = RACE.replace("      - mark: in\n", &format!("      - mark: in\n{mutes}"));
    let ended = Stage::with(&[("race.yaml", &story)]).attendant("explore race.yaml --filter kim]");
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("order { on: "), "{}", ended.out);
    assert!(ended.out.contains(" s the meeting of amos starts: kim may"), "{}", ended.out);
    let shown: Vec<&str> =
        ended.out.lines().filter(|line| line.contains(" s ") && line.contains("mutes")).collect();
    assert!(shown.len() < 3, "{}", ended.out);
}

#[test]
fn a_missed_deadline_of_an_order_is_reported_with_its_delay() {
    let again = "      - mark: keyed\n      - wait: 3s\n      - press: \"${amos.pin}#\"\n";
    let kim = "  kim:\n    script:\n      - dial: bridge\n      - { hears: welcome }\n      - press: \"3141592#\"\n      \
               - { hears: hold_music, within: 40s }\n      - mark: waits\n      - when: amos.keyed\n      \
               - { expect: joined, within: 1s }\n";
    let story = RESET
        .replace("      - mark: keyed\n", again)
        .replace("      - dial: bridge\n", "      - when: kim.waits\n      - dial: bridge\n")
        .replace("admin:\n", &format!("{kim}admin:\n"));
    let stage = Stage::with(&[("late.yaml", &story)]);
    assert_eq!(stage.attendant("replay late.yaml --quiet").out, "1 case in 1 file: 1 passed, 0 failed\n");
    let ended = stage.attendant("explore late.yaml");
    assert!(ended.out.contains("kim: `expect: joined, within: 1s` timed out"), "{}", ended.out);
    assert!(ended.out.contains(" s too late\n"), "{}", ended.out);
}

#[test]
fn an_order_that_puts_off_what_never_happens_is_an_error() {
    let order = "order:\n  - { on: directory, question: 2, later: 1ms }\n  - { on: directory, question: 3, later: 1ms }\n";
    let lines = RESET.replace("  - reset_pin: amos\n", "  - wait: 1s\n").lines().count();
    let stage =
        Stage::with(&[("order.yaml", &(RESET.replace("  - reset_pin: amos\n", "  - wait: 1s\n") + order))]);
    let ended = stage.attendant("replay order.yaml");
    assert_eq!(ended.code, 1);
    let at = format!("--> order.yaml:{}:5", lines + 3);
    assert!(
        ended.out.contains("error: this question is never asked") && ended.out.contains(&at),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("asked 2 questions in the whole run"), "{}", ended.out);
    let json = stage.attendant("replay order.yaml --report json=-").out;
    assert!(json.contains(r#""failure":"order""#), "{json}");

    let stage =
        Stage::with(&[("order.yaml", &format!("{RESET}order: [{{ on: admin, action: 2, later: 1ms }}]\n"))]);
    let ended = stage.attendant("replay order.yaml");
    assert_eq!((ended.code, ended.err.contains("admin has fewer actions")), (2, true), "{}", ended.err);
}

#[test]
fn an_order_is_told_in_plain_words() {
    let told =
        |order: &str| Stage::with(&[("a.yaml", &format!("{RACE}{order}"))]).attendant("explain a.yaml").out;
    let later =
        told("order: [{ on: kim, action: 2, later: 40ms }, { on: directory, question: 2, later: 1s }]\n");
    assert!(later.contains("  delayed: kim: `press: 3141592#` 40ms later (action 2)\n"), "{later}");
    assert!(later.contains("  delayed: the directory answers question 2 1s later\n"), "{later}");
    assert!(told("order: []\n").contains("  the order of events is fixed\n"));
    assert!(!told("").contains("order"), "{}", told(""));
}

#[test]
fn delays_of_fault_and_order_add_up() {
    let late = format!("{RESET}faults: [{{ on: directory, question: check_pin, late: 100ms }}]\n");
    let ends_after = |order: &str| {
        let kept = late.replace("  - when: amos.keyed\n  - reset_pin: amos\n", "  - when: amos.joined\n");
        let stage = Stage::with(&[("late.yaml", &(kept + order))]);
        let told = stage.attendant("explain late.yaml").out;
        let ends = told.lines().find_map(|line| line.strip_prefix("Passes after ")?.split(' ').next());
        ends.unwrap_or_else(|| panic!("{told}")).parse::<f64>().unwrap()
    };
    let (before, after) =
        (ends_after(""), ends_after("order: [{ on: directory, question: 2, later: 2s }]\n"));
    assert!((after - before - 2.0).abs() < 0.02, "{before} s and {after} s");
}

#[test]
fn an_order_of_its_own_is_the_only_one() {
    let stage = Stage::with(&[("race.yaml", &format!("{RACE}order: []\n"))]);
    let ended = stage.attendant("explore race.yaml");
    assert_eq!((ended.code, ended.out.matches("(its own order only)").count()), (0, 2), "{}", ended.out);
}

#[test]
fn what_lies_far_apart_keeps_its_order() {
    let stage = Stage::with(&[("race.yaml", RACE)]);
    assert_eq!(stage.attendant("explore race.yaml --window 5ms").code, 0);
    let bad = stage.attendant("explore race.yaml --window 10");
    assert_eq!((bad.code, bad.err.contains("10 has no unit")), (2, true), "{}", bad.err);
}

#[test]
fn save_overwrites_nothing_and_keeps_only_failing_files() {
    let entering = "procedures: { enter: [ { dial: bridge }, { hears: welcome } ] }\n";
    let including = RACE.replace("given:\n", "include: [_enter.yaml]\ngiven:\n");
    let ended = format!("{RACE}...\n");
    let stage = Stage::with(&[
        ("race.yaml", ended.as_str()),
        ("a/including.yaml", including.as_str()),
        ("a/_enter.yaml", entering),
        ("b/other.yaml", RACE),
    ]);
    let refused = stage.attendant("explore race.yaml --save race.yaml");
    assert_eq!((refused.code, stage.read("race.yaml")), (2, ended), "{}", refused.err);
    assert_eq!(stage.attendant("explore race.yaml --save c/found.yaml").code, 2, "there is no such folder");

    let saved = stage.attendant("explore race.yaml --save found.yaml --quiet");
    assert!(saved.err.contains("saved as found.yaml"), "{}", saved.err);
    assert_eq!(stage.attendant("replay found.yaml --quiet").code, 1, "the mark of the end is not in the way");

    let elsewhere = stage.attendant("explore a/including.yaml --save b/found.yaml --quiet");
    assert_eq!(elsewhere.code, 1);
    assert!(elsewhere.err.contains("it cannot be read in that folder"), "{}", elsewhere.err);
    assert!(!stage.path().join("b/found.yaml").exists());
}
