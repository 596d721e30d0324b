//! The comparisons under `then`.

use super::{of_two, passes};

/// Pat waits until Amos has started the meeting; Amos hears the pin accepted.
fn checked(check: &str) -> bool {
    let pat = "dial: bridge, press: \"3141592#\", { hears: hold_music, within: 60s }, mark: waiting, { \
               expect: joined, within: 60s }";
    let amos = "when: pat.waiting, dial: bridge, press: \"3141592#\", press: \"*\", { hears: enter-pin, \
                within: 6s }, press: \"${amos.pin}#\", { expect: joined }, { hears: silence, within: 9s }";
    passes(&of_two(pat, amos, &format!("then: [ {check} ]\n")))
}

#[test]
fn numbers_are_compared() {
    for (check, holds) in [
        ("{ that: meeting(amos).joined_peak, at_least: 2 }", true),
        ("{ that: meeting(amos).joined_peak, at_least: 3 }", false),
        ("{ that: meeting(amos).joined_peak, at_most: 2 }", true),
        ("{ that: meeting(amos).joined_peak, at_most: 1 }", false),
        ("{ that: meeting(amos).joined_peak, between: [2, 3] }", true),
        ("{ that: meeting(amos).joined_peak, between: [0, 1] }", false),
        ("{ that: meeting(amos).joined_peak, one_of: [1, 2] }", true),
        ("{ that: meeting(amos).joined_peak, one_of: [1, 3] }", false),
    ] {
        assert_eq!(checked(check), holds, "{check}");
    }
}

#[test]
fn an_outcome_stands_for_all_its_reasons() {
    for (check, holds) in [
        ("{ that: pat.outcome, one_of: [ended, joined] }", true),
        ("{ that: pat.outcome, is: ended(removed) }", false),
        ("{ that: pat.outcome, one_of: [refused, refused(full)] }", false),
    ] {
        assert_eq!(checked(check), holds, "{check}");
    }
}

#[test]
fn what_must_never_happen_is_checked_at_the_end() {
    assert!(checked("{ that: pat.refused, never: true }"));
    assert!(!checked("{ that: pat.joined, never: true }"));
    assert!(!checked("{ that: pat.waiting, never: true }"));
}
