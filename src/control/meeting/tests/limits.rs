//! Waiting limits, meeting limits, and how a meeting ends.

use super::*;

#[test]
fn the_lobbys_time_limit_counts_for_each_caller() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.after(60);
    bench.parks(2);
    bench.out.clear();
    bench.after(1_740);
    bench.puts_out(&["1: waited too long, running false"]);
    bench.after(60);
    bench.puts_out(&["2: waited too long, running false"]);
}

#[test]
fn waiting_too_long_for_admission_is_a_denial() {
    let mut bench = Bench::running(&[], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(1);
    bench.out.clear();
    bench.after(1_800);
    bench.puts_out(&["1: waited too long, running true"]);
}

#[test]
fn the_meeting_ends_90_minutes_after_the_organizer_left() {
    let mut bench = Bench::running(&[], &[1]);
    bench.leaves(AMOS);
    bench.puts_out(&["all: low-tone"]);
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.puts_out(&["all: organizer-left"]);
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.after(85 * 60);
    bench.puts_out(&["all: ending-soon"]);
    bench.after(5 * 60);
    bench.puts_out(&["1: ended by grace", "all: silence"]);
    assert!(bench.meeting.is_idle());
}

#[test]
fn an_authenticated_arrival_cancels_the_grace() {
    let mut bench = Bench::running(&[], &[1]);
    bench.leaves(AMOS);
    bench.after(60 * 60);
    bench.signs_in(KIM, false);
    bench.out.clear();
    bench.after(120 * 60);
    bench.puts_out(&[]);
}

#[test]
fn the_grace_period_starts_with_the_last_authenticated() {
    let mut bench = Bench::running(&[("entry_exit_notifications", "false")], &[1]);
    bench.signs_in(KIM, false);
    bench.leaves(AMOS);
    bench.after(60 * 60);
    bench.leaves(KIM);
    bench.out.clear();
    bench.after(90 * 60);
    bench.puts_out(&["all: ending-soon", "1: ended by grace", "all: silence"]);
}

#[test]
fn an_unauthenticated_meeting_ends_after_four_hours() {
    let mut bench = Bench::anonymous();
    bench.parks(1);
    bench.after(2 * 3_600);
    bench.parks(2);
    bench.out.clear();
    bench.after(2 * 3_600);
    bench.puts_out(&["1: ended by limit", "2: ended by limit", "all: silence"]);
}

#[test]
fn a_meeting_ends_24_hours_after_its_last_roster_change_where_that_is_set() {
    let settings = [("entry_exit_notifications", "false"), ("max_length_counts_from", "roster_change")];
    let mut bench = Bench::running(&settings, &[1, 2]);
    bench.after(10 * 3_600);
    bench.leaves(2);
    bench.after(24 * 3_600 - 1);
    bench.puts_out(&["all: ending-soon"]);
    bench.after(1);
    bench.puts_out(&["1: ended by limit", "100: ended by limit", "all: silence"]);
}

#[test]
fn with_phones_only_a_meeting_ends_24_hours_after_its_start() {
    for from in ["start_if_phones_only", "start"] {
        let settings = [("entry_exit_notifications", "false"), ("max_length_counts_from", from)];
        let mut bench = Bench::running(&settings, &[1, 2]);
        bench.after(10 * 3_600);
        bench.leaves(2);
        bench.after(14 * 3_600);
        bench.puts_out(&["all: ending-soon", "1: ended by limit", "100: ended by limit", "all: silence"]);
    }
}

#[test]
fn an_app_lets_the_day_count_from_the_last_roster_change() {
    let mut bench = Bench::running(&[("entry_exit_notifications", "false")], &[1]);
    bench.after(10 * 3_600);
    bench.signs_in(KIM, false);
    bench.leaves(KIM);
    bench.out.clear();
    bench.after(24 * 3_600 - 1);
    bench.puts_out(&["all: ending-soon"]);
    let mut from_the_start = Bench::running(&[("max_length_counts_from", "start")], &[]);
    from_the_start.signs_in(KIM, false);
    from_the_start.out.clear();
    from_the_start.after(24 * 3_600);
    assert!(!from_the_start.meeting.is_running());
}

#[test]
fn where_anybody_may_start_there_is_no_grace_unless_it_always_applies() {
    for (applies, runs) in [("without_anonymous_start", true), ("always", false)] {
        let mut bench = Bench::with(&[("grace_applies", applies)]);
        bench.terms.anonymous_start = true;
        bench.parks(1);
        bench.signs_in(KIM, false);
        bench.leaves(KIM);
        bench.after(90 * 60);
        assert_eq!(bench.meeting.is_running(), runs, "{applies}");
    }
}

#[test]
fn limits_that_an_administrator_changes_count_at_once() {
    let mut bench = Bench::anonymous();
    bench.parks(1);
    bench.after(1_800);
    bench.out.clear();
    let mut policy = Policy::clone(&bench.terms.policy);
    policy.set("max_length_unauthenticated", "40m").unwrap();
    bench.terms.policy = Arc::new(policy);
    let terms = bench.terms.clone();
    bench.input(Input::NewTerms { terms });
    bench.after(600);
    bench.puts_out(&["all: ending-soon", "1: ended by limit", "all: silence"]);
}

#[test]
fn a_meeting_ended_by_a_person_is_over_for_the_lobby_too() {
    let mut bench = Bench::running(&[], &[1]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(2);
    bench.out.clear();
    bench.input(Input::End);
    bench.puts_out(&["1: ended by person", "2: ended by person", "100: ended by person"]);
}

#[test]
fn without_limits_nobody_is_ever_told_to_go() {
    let none = [
        ("grace_after_last_authenticated", "0s"),
        ("max_length", "0s"),
        ("max_length_unauthenticated", "0s"),
        ("entry_exit_notifications", "false"),
    ];
    let mut bench = Bench::running(&none, &[1]);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.after(7 * 24 * 3_600);
    bench.puts_out(&[]);
    assert_eq!(bench.meeting.poll_timeout(), None);
}

#[test]
fn a_meeting_no_longer_than_its_warning_is_not_warned() {
    let mut bench = Bench::running(&[("max_length", "5m")], &[]);
    bench.after(300);
    bench.puts_out(&["100: ended by limit"]);
}

#[test]
fn the_limit_that_comes_before_the_grace_is_why_a_meeting_ends() {
    let settings = [("max_length", "1m"), ("entry_exit_notifications", "false")];
    let mut bench = Bench::running(&settings, &[1]);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.after(60);
    bench.puts_out(&["1: ended by limit", "all: silence"]);
}

#[test]
fn a_meeting_is_idle_only_when_nobody_is_there() {
    let mut bench = Bench::with(&[]);
    let mut idle = vec![bench.meeting.is_idle()];
    bench.arrives(1);
    idle.push(bench.meeting.is_idle());
    bench.enters(1);
    idle.push(bench.meeting.is_idle());
    bench.leaves(1);
    idle.push(bench.meeting.is_idle());
    assert_eq!(idle, [true, false, false, true]);
}
