//! A running meeting: announcements, admission and keys.

use super::*;

#[test]
fn in_a_locked_meeting_newcomers_wait_until_everyone_is_admitted() {
    let mut bench = Bench::running(&[], &[]);
    bench.command(AMOS, KeyCommand::Lock);
    bench.parks(1);
    bench.command(AMOS, KeyCommand::AdmitAll);
    bench.parks(2);
    bench.puts_out(&[
        "100: done",
        "1: go in",
        "1: wait to be let in",
        "100: done",
        "all: someone-joined",
        "1: in by admitted",
        "2: go in",
        "2: in by door",
    ]);
}

#[test]
fn what_concerns_everybody_is_announced_next_however_many_names_wait() {
    let mut bench = Bench::running(&[], &[]);
    (1..=60).for_each(|leg| bench.parks(leg));
    bench.leaves(AMOS);
    bench.out.clear();
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.puts_out(&["all: organizer-left"]);
}

#[test]
fn one_caller_is_admitted_from_the_lobby_of_a_running_meeting_only() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.input(Input::Admit { leg: LegId(1) });
    bench.puts_out(&["1: ask", "1: wait for organizer"]);
    let mut bench = Bench::running(&[], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(1);
    bench.input(Input::Admit { leg: LegId(1) });
    bench.puts_out(&["1: go in", "1: wait to be let in", "all: someone-joined", "1: in by admitted"]);
}

#[test]
fn a_meeting_that_has_not_started_cannot_be_locked() {
    let mut bench = Bench::with(&[("entry_exit_notifications", "false")]);
    bench.input(Input::SetLocked { locked: true });
    bench.starts();
    bench.out.clear();
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: in by door"]);
}

#[test]
fn who_is_kept_by_an_unlocked_lobby_is_not_turned_away() {
    let settings = [("phone_callers_bypass_lobby", "false"), ("locked_newcomers", "refused")];
    let mut bench = Bench::running(&settings, &[]);
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: wait to be let in"]);
}

#[test]
fn whether_a_running_meeting_announces_is_its_organizers_to_say() {
    let mut bench = Bench::running(&[], &[]);
    Arc::make_mut(&mut bench.terms.policy).set("entry_exit_notifications", "false").unwrap();
    bench.parks(1);
    bench.puts_out(&["1: go in", "all: someone-joined", "1: in by door"]);
    let mut bench = Bench::with(&[]);
    Arc::make_mut(&mut bench.terms.policy).set("entry_exit_notifications", "false").unwrap();
    bench.starts();
    bench.out.clear();
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: in by door"]);
}

#[test]
fn a_hand_is_raised_and_lowered_and_names_are_those_of_the_others_who_gave_any() {
    let mut bench = Bench::running(&[("entry_exit_notifications", "false")], &[1]);
    for (leg, name_millis) in [(2, 900), (3, 0)] {
        bench.arrives(leg);
        bench.input(Input::Enter { leg: LegId(leg), name_millis });
    }
    bench.input(Input::SetLocked { locked: true });
    bench.arrives(4);
    bench.input(Input::Enter { leg: LegId(4), name_millis: 800 });
    bench.out.clear();
    bench.command(2, KeyCommand::RollCall);
    bench.command(3, KeyCommand::RollCall);
    bench.puts_out(&["2: 3 others, 0 names", "3: 3 others, 1 names"]);
    let mut hands = Vec::new();
    for _ in 0..2 {
        bench.meeting.handle_input(bench.now, Input::Command { leg: LegId(2), command: KeyCommand::Hand });
        while let Some(output) = bench.meeting.poll_output() {
            hands.extend(
                matches!(output, Output::Record(Event::Meeting(MeetingEvent::Hand { raised: true, .. })))
                    .then_some(true),
            );
            hands.extend(
                matches!(output, Output::Record(Event::Meeting(MeetingEvent::Hand { raised: false, .. })))
                    .then_some(false),
            );
        }
    }
    assert_eq!(hands, [true, false]);
}

#[test]
fn newcomers_are_held_by_a_running_meeting_that_is_locked_and_by_no_other() {
    let mut bench = Bench::with(&[]);
    let mut held = vec![bench.meeting.holds_newcomers()];
    bench.starts();
    for locked in [false, true, false] {
        bench.input(Input::SetLocked { locked });
        held.push(bench.meeting.holds_newcomers());
    }
    assert_eq!(held, [false, false, true, false]);
}

#[test]
fn participants_do_what_they_may_and_organizers_all() {
    let mut bench = Bench::running(&[], &[1, 2]);
    let organizers = [KeyCommand::MuteAll, KeyCommand::Lock, KeyCommand::AdmitAll, KeyCommand::Announcements];
    for command in organizers {
        bench.command(1, command);
    }
    bench.puts_out(&["1: denied", "1: denied", "1: denied", "1: denied"]);
    for command in
        [KeyCommand::Mute, KeyCommand::Mute, KeyCommand::Hand, KeyCommand::Hand, KeyCommand::RollCall]
    {
        bench.command(1, command);
    }
    bench.puts_out(&[
        "1: muted true, by organizer false",
        "1: muted false, by organizer false",
        "1: done",
        "1: done",
        "1: 2 others, 0 names",
    ]);
    bench.command(AMOS, KeyCommand::MuteAll);
    bench.puts_out(&["1: muted true, by organizer true", "2: muted true, by organizer true", "100: done"]);
}

#[test]
fn announcements_come_one_after_the_other_and_can_be_turned_off() {
    let mut bench = Bench::running(&[], &[]);
    bench.parks(1);
    bench.parks(2);
    bench.puts_out(&["1: go in", "all: someone-joined", "1: in by door", "2: go in", "2: in by door"]);
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.puts_out(&["all: someone-joined"]);
    bench.command(AMOS, KeyCommand::Announcements);
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.leaves(2);
    bench.puts_out(&["100: done"]);
}

#[test]
fn more_announcements_than_wait_are_dropped() {
    let mut bench = Bench::running(&[], &[]);
    let newcomers = u32::try_from(ANNOUNCEMENTS_MAX).unwrap() + 10;
    (1..=newcomers).for_each(|leg| bench.parks(leg));
    bench.out.clear();
    let mut heard = 1;
    while let Some(announcement) = bench.announcing.take() {
        bench.input(Input::AnnouncementFinished { announcement });
        heard += usize::from(bench.announcing.is_some());
    }
    assert_eq!(heard, ANNOUNCEMENTS_MAX + 1);
}

#[test]
fn a_name_and_what_its_owner_did_belong_together() {
    let mut bench = Bench::running(&[], &[2]);
    bench.arrives(1);
    bench.input(Input::Enter { leg: LegId(1), name_millis: 700 });
    bench.leaves(AMOS);
    bench.out.clear();
    for _ in 0..2 {
        let announcement = bench.announcing.unwrap();
        bench.input(Input::AnnouncementFinished { announcement });
    }
    bench.puts_out(&["all: has-joined", "all: organizer-left"]);
}

#[test]
fn where_the_start_releases_nobody_the_lobby_waits_to_be_admitted() {
    let mut bench = Bench::with(&[("release_on_start", "false")]);
    bench.parks(1);
    bench.starts();
    bench.command(AMOS, KeyCommand::AdmitAll);
    bench.puts_out(&[
        "1: ask",
        "1: wait for organizer",
        "100: ask",
        "check PIN",
        "100: in by pin",
        "100: done",
        "all: someone-joined",
        "1: in by admitted",
    ]);
}
