//! What becomes of the others when the organizer leaves.

use super::*;

const QUIET: (&str, &str) = ("entry_exit_notifications", "false");

#[test]
fn callers_return_to_the_lobby_if_configured() {
    let mut bench = Bench::running(&[("after_organizer_leaves", "lobby")], &[1]);
    bench.signs_in(KIM, false);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.leaves(KIM);
    assert_eq!((bench.meeting.is_running(), bench.meeting.waiting()), (false, 1));
    bench.starts();
    bench.puts_out(&[
        "all: silence",
        "1: wait again",
        "100: ask",
        "check PIN",
        "100: in by pin",
        "1: in by released",
    ]);
}

#[test]
fn the_meeting_ends_with_its_last_organizer_if_configured() {
    let mut bench = Bench::running(&[QUIET, ("after_organizer_leaves", "end")], &[1]);
    bench.signs_in(KIM, false);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.leaves(KIM);
    bench.puts_out(&["1: ended by organizer-left"]);
    assert!(!bench.meeting.is_running());
}

#[test]
fn the_meeting_ends_with_any_organizer_if_configured() {
    let settings = [QUIET, ("after_organizer_leaves", "end"), ("organizer_leaves_when", "any")];
    let mut bench = Bench::running(&settings, &[1]);
    bench.signs_in(KIM, false);
    bench.leaves(1);
    bench.out.clear();
    bench.leaves(AMOS);
    bench.puts_out(&["200: ended by organizer-left"]);
}

#[test]
fn an_end_after_a_while_is_announced_and_can_be_cancelled() {
    let settings = [QUIET, ("after_organizer_leaves", "end"), ("end_after", "2m")];
    let mut bench = Bench::running(&settings, &[1]);
    bench.leaves(AMOS);
    bench.puts_out(&["all: organizer-has-left"]);
    bench.after(119);
    bench.signs_in(KIM, false);
    bench.out.clear();
    bench.after(3_600);
    bench.puts_out(&[]);
    bench.leaves(KIM);
    bench.after(120);
    bench.puts_out(&["1: ended by organizer-left", "all: silence"]);
}

#[test]
fn the_end_counts_from_the_first_who_left() {
    let settings =
        [QUIET, ("after_organizer_leaves", "end"), ("end_after", "2m"), ("organizer_leaves_when", "any")];
    let mut bench = Bench::running(&settings, &[1]);
    bench.signs_in(KIM, false);
    bench.leaves(AMOS);
    bench.after(60);
    bench.leaves(KIM);
    bench.out.clear();
    bench.after(60);
    bench.puts_out(&["1: ended by organizer-left", "all: silence"]);
}

#[test]
fn a_guest_who_leaves_ends_nothing() {
    let settings = [QUIET, ("after_organizer_leaves", "end"), ("organizer_leaves_when", "any")];
    let mut bench = Bench::running(&settings, &[1]);
    bench.leaves(1);
    bench.puts_out(&[]);
    assert!(bench.meeting.is_running());
}
