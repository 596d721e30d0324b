//! Meetings that start only with enough participants.

use super::*;

fn needs(participants: &str) -> Bench {
    Bench::with(&[("start_needs_participants", participants), ("entry_exit_notifications", "false")])
}

#[test]
fn the_organizer_waits_until_enough_others_are_there() {
    let mut bench = needs("3");
    bench.starts();
    bench.parks(1);
    bench.puts_out(&["100: ask", "check PIN", "100: wait for others", "1: ask", "1: wait for organizer"]);
    bench.parks(2);
    bench.puts_out(&[
        "2: ask",
        "2: wait for organizer",
        "100: in by direct",
        "1: in by released",
        "2: in by released",
    ]);
}

#[test]
fn with_enough_others_the_organizer_starts_at_once() {
    let mut bench = needs("2");
    bench.parks(1);
    bench.out.clear();
    bench.starts();
    bench.puts_out(&["100: ask", "check PIN", "100: in by pin", "1: in by released"]);
}

#[test]
fn without_an_organizer_others_are_never_enough() {
    let mut bench = needs("2");
    bench.parks(1);
    bench.parks(2);
    bench.parks(3);
    assert!(!bench.meeting.is_running());
}

#[test]
fn an_app_waits_for_others_too_and_starts_before_them() {
    let mut bench = needs("2");
    bench.signs_in(KIM, false);
    bench.puts_out(&["200: wait for others"]);
    bench.parks(1);
    bench.puts_out(&["1: ask", "1: wait for organizer", "200: in by client", "1: in by released"]);
}

#[test]
fn where_anybody_may_start_the_second_does() {
    let mut bench = needs("2");
    bench.terms.anonymous_start = true;
    bench.parks(1);
    bench.parks(2);
    bench.puts_out(&["1: go in", "1: wait for others", "2: go in", "2: in by direct", "1: in by released"]);
}

#[test]
fn an_organizer_who_waited_and_left_starts_nothing() {
    let mut bench = needs("2");
    bench.starts();
    bench.leaves(AMOS);
    bench.parks(1);
    bench.parks(2);
    assert!(!bench.meeting.is_running());
    bench.out.clear();
    bench.arrives(AMOS);
    bench.keys_pin(AMOS);
    bench.checked(PinVerdict::Right);
    assert!(bench.meeting.is_running());
}

#[test]
fn an_organizer_who_waits_for_others_is_kept_by_no_lobby() {
    for keeps in [("release_on_start", "false"), ("phone_callers_bypass_lobby", "false")] {
        let mut bench = Bench::with(&[("start_needs_participants", "3"), keeps]);
        bench.starts();
        bench.parks(1);
        bench.out.clear();
        bench.signs_in(KIM, false);
        assert!(bench.out.contains(&"100: in by direct".to_owned()), "{keeps:?}: {:?}", bench.out);
        assert_eq!(bench.meeting.waiting(), 1);
    }
}

#[test]
fn the_place_of_an_organizer_who_waited_is_kept_no_more() {
    let settings =
        [("start_needs_participants", "2"), ("capacity", "3"), ("entry_exit_notifications", "false")];
    let mut bench = Bench::with(&settings);
    bench.terms.anonymous_start = true;
    bench.parks(1);
    bench.keys_pin(1);
    bench.checked(PinVerdict::Right);
    bench.parks(2);
    bench.out.clear();
    bench.parks(3);
    bench.puts_out(&["3: go in", "3: in by direct"]);
}
