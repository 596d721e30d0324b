//! Cases that are skipped or expected to fail, in every report and in the exit code.

use crate::stage::{Stage, fails, holds};

fn with(text: &str, more: &str) -> String {
    format!("{text}{more}\n")
}

#[test]
fn a_run_of_skipped_cases_alone_ends_with_4() {
    let skipped = with(&holds("This is skipped"), "skip: \"issue 140\"");
    let stage = Stage::with(&[("skipped.yaml", &skipped), ("holds.yaml", &holds("This holds"))]);
    for (line, code, summary) in [
        ("replay skipped.yaml", 4, "1 case in 1 file: 0 passed, 0 failed, 1 skipped"),
        ("replay .", 0, "2 cases in 2 files: 1 passed, 0 failed, 1 skipped"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.summary()), (code, summary), "{line}: {ended:?}");
    }
    assert!(stage.attendant("replay .").out.contains("skip  This is skipped (issue 140)"));
}

#[test]
fn a_case_that_passes_although_it_is_expected_to_fail_fails_the_run() {
    let expected = "expected_to_fail: \"issue 140\"";
    let stage = Stage::with(&[
        ("fails.yaml", &with(&fails("This fails"), expected)),
        ("holds.yaml", &with(&holds("This holds"), expected)),
    ]);
    let ended = stage.attendant("replay fails.yaml");
    assert_eq!(
        (ended.code, ended.summary()),
        (0, "1 case in 1 file: 0 passed, 0 failed, 1 failed as expected")
    );
    assert!(ended.out.contains("fails as expected: issue 140"), "{}", ended.out);
    let ended = stage.attendant("replay holds.yaml");
    assert_eq!((ended.code, ended.summary()), (1, "1 case in 1 file: 0 passed, 1 failed"));
    assert!(ended.out.contains("passes, but is expected to fail: issue 140"), "{}", ended.out);
}

#[test]
fn single_cases_of_a_matrix_are_exempt() {
    let matrix = "matrix: { n: [1, 2, 3] }\nskip: [ { case: { n: 1 }, reason: not now } ]\nexpected_to_fail: \
                  [ { case: { n: 3 }, reason: later } ]";
    let story = with(&holds("Of three"), matrix).replace("tags: [small]", "tags: [small, \"${n}\"]");
    let stage = Stage::with(&[("s.yaml", &story)]);
    let ended = stage.attendant("replay s.yaml");
    assert_eq!(ended.summary(), "3 cases in 1 file: 1 passed, 1 failed, 1 skipped");
    let ended = stage.attendant("lint s.yaml");
    assert!(!ended.out.contains("no case of the matrix"), "{}", ended.out);
}

#[test]
fn a_target_that_cannot_run_a_story_skips_it() {
    let live = with(&holds("This is live"), "runs_on: [live, sip]");
    let stage = Stage::with(&[("live.yaml", &live), ("holds.yaml", &holds("This holds"))]);
    let ended = stage.attendant("replay live.yaml");
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.out.contains("it runs on live and sip only"), "{}", ended.out);
    assert_eq!(stage.attendant("replay live.yaml holds.yaml").code, 0);
    assert_eq!(stage.attendant("replay live.yaml --live --speed 20").code, 0);
}

#[test]
fn every_report_says_what_was_skipped_and_what_failed_as_expected() {
    let stage = Stage::with(&[
        ("fails.yaml", &with(&fails("This fails"), "expected_to_fail: \"issue 140\"")),
        ("skipped.yaml", &with(&holds("This is skipped"), "skip: \"issue 141\"")),
    ]);
    let ended = stage.attendant("replay . --report junit=j.xml --report tap=t.tap --report json=l.jsonl");
    assert_eq!(ended.code, 0, "{ended:?}");
    let junit = stage.read("j.xml");
    assert!(junit.contains("skipped=\"2\"") || junit.matches("<skipped").count() == 2, "{junit}");
    let tap = stage.read("t.tap");
    assert!(tap.contains("not ok 1 - This fails # TODO issue 140"), "{tap}");
    assert!(tap.contains("ok 2 - This is skipped # SKIP issue 141"), "{tap}");
    let lines = stage.read("l.jsonl");
    assert!(lines.contains("\"verdict\":\"expected_failure\""), "{lines}");
    assert!(lines.contains("\"verdict\":\"skipped\""), "{lines}");
}
