//! A running meeting: announcements, admission and keys.

use super::*;

#[test]
fn callers_of_a_locked_meeting_wait_until_admitted() {
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
        "2: in by direct",
    ]);
}

#[test]
fn important_announcements_overtake_names() {
    let mut bench = Bench::running(&[], &[]);
    (1..=60).for_each(|leg| bench.parks(leg));
    bench.leaves(AMOS);
    bench.out.clear();
    let announcement = bench.announcing.unwrap();
    bench.input(Input::AnnouncementFinished { announcement });
    bench.puts_out(&["all: organizer-left"]);
}

#[test]
fn admitting_one_caller_needs_a_running_meeting() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.input(Input::Admit { leg: LegId::new(1) });
    bench.puts_out(&["1: ask", "1: wait for organizer"]);
    let mut bench = Bench::running(&[], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.parks(1);
    bench.input(Input::Admit { leg: LegId::new(1) });
    bench.puts_out(&["1: go in", "1: wait to be let in", "all: someone-joined", "1: in by admitted"]);
}

#[test]
fn a_meeting_that_has_not_started_cannot_be_locked() {
    let mut bench = Bench::with(&[("entry_exit_notifications", "false")]);
    bench.input(Input::SetLocked { locked: true });
    bench.starts();
    bench.out.clear();
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: in by direct"]);
}

#[test]
fn who_is_kept_by_an_unlocked_lobby_is_not_turned_away() {
    let settings = [("phone_callers_bypass_lobby", "false"), ("locked_newcomers", "refused")];
    let mut bench = Bench::running(&settings, &[]);
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: wait to be let in", "100: somebody waits, name false"]);
}

#[test]
fn whether_a_running_meeting_announces_is_its_organizers_to_say() {
    let mut bench = Bench::running(&[], &[]);
    Arc::make_mut(&mut bench.terms.policy).set("entry_exit_notifications", "false").unwrap();
    bench.parks(1);
    bench.puts_out(&["1: go in", "all: someone-joined", "1: in by direct"]);
    let mut bench = Bench::with(&[]);
    Arc::make_mut(&mut bench.terms.policy).set("entry_exit_notifications", "false").unwrap();
    bench.starts();
    bench.out.clear();
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: in by direct"]);
}

#[test]
fn hands_toggle_and_roll_call_lists_the_others() {
    let mut bench = Bench::running(&[("entry_exit_notifications", "false")], &[1]);
    for (leg, name_millis) in [(2, 900), (3, 0)] {
        bench.arrives(leg);
        bench.input(Input::Enter { leg: LegId::new(leg.into()), name_millis });
    }
    bench.input(Input::SetLocked { locked: true });
    bench.arrives(4);
    bench.input(Input::Enter { leg: LegId::new(4), name_millis: 800 });
    bench.out.clear();
    bench.command(2, KeyCommand::RollCall);
    bench.command(3, KeyCommand::RollCall);
    bench.puts_out(&["2: 3 others, 0 names", "3: 3 others, 1 names"]);
    let mut hands = Vec::new();
    for _ in 0..2 {
        bench.meeting.handle_input(
            bench.now,
            Input::Command { leg: LegId::new(2), command: KeyCommand::Hand, organizers_keys: false },
        );
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
fn only_a_locked_running_meeting_holds_new_callers() {
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
        "1: hand raised true",
        "1: hand raised false",
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
    bench.puts_out(&["1: go in", "all: someone-joined", "1: in by direct", "2: go in", "2: in by direct"]);
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
    let mut bench = Bench::running(&[("announce_burst", "none")], &[]);
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
    bench.input(Input::Enter { leg: LegId::new(1), name_millis: 700 });
    bench.leaves(AMOS);
    bench.out.clear();
    for _ in 0..2 {
        let announcement = bench.announcing.unwrap();
        bench.input(Input::AnnouncementFinished { announcement });
    }
    bench.puts_out(&["all: has-joined", "all: organizer-left"]);
}

#[test]
fn without_release_on_start_the_lobby_must_be_admitted() {
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
        "100: somebody waits, name false",
        "100: done",
        "all: someone-joined",
        "1: in by admitted",
    ]);
}

#[test]
fn everybody_is_asked_for_the_pin_if_configured() {
    let mut bench = Bench::running(&[("asks_for_organizer", "always")], &[]);
    bench.arrives(1);
    bench.keys_pin(1);
    bench.checked(PinVerdict::Right);
    bench.command(1, KeyCommand::Lock);
    bench.puts_out(&["1: ask", "check PIN", "all: someone-joined", "1: in by pin", "1: done"]);
}

#[test]
fn who_is_removed_leaves_as_anybody_does() {
    let mut bench = Bench::running(&[], &[1]);
    bench.input(Input::Remove { leg: LegId::new(2) });
    bench.puts_out(&[]);
    bench.input(Input::Remove { leg: LegId::new(1) });
    bench.puts_out(&["all: low-tone", "1: removed"]);
    bench.input(Input::Remove { leg: LegId::new(1) });
    bench.puts_out(&[]);
    bench.parks(1);
    assert_eq!(bench.out.pop().unwrap(), "1: in by direct", "whoever was removed may come again");
}

#[test]
fn only_who_waits_is_refused_and_only_who_joined_is_removed() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.out.clear();
    bench.input(Input::Remove { leg: LegId::new(1) });
    bench.puts_out(&[]);
    bench.input(Input::Refuse { leg: LegId::new(1) });
    bench.puts_out(&["1: refused"]);
    assert_eq!(bench.meeting.place(LegId::new(1)), None);
    let mut bench = Bench::running(&[], &[1]);
    bench.input(Input::Refuse { leg: LegId::new(1) });
    bench.puts_out(&[]);
}

#[test]
fn muting_somebody_who_is_muted_tells_nobody_anything() {
    let mut bench = Bench::running(&[], &[1]);
    let mute = |muted| Input::SetMuted { leg: LegId::new(1), muted };
    bench.input(mute(false));
    bench.puts_out(&[]);
    bench.input(mute(true));
    bench.input(mute(true));
    bench.puts_out(&["1: muted true, by organizer true"]);
    bench.input(mute(false));
    bench.puts_out(&["1: muted false, by organizer true"]);
}

#[test]
fn the_organizers_own_keys_are_refused_to_others() {
    let mut bench = Bench::running(&[], &[1]);
    for leg in [1, AMOS] {
        let leg = LegId::new(leg.into());
        bench.input(Input::Command { leg, command: KeyCommand::Hand, organizers_keys: true });
    }
    bench.puts_out(&["1: denied", "100: hand raised true"]);
}

#[test]
fn the_last_to_join_is_removed_and_never_the_organizer() {
    let mut bench = Bench::with(&[("entry_exit_notifications", "false")]);
    for leg in [3, 1] {
        bench.parks(leg);
    }
    bench.starts();
    bench.parks(2);
    bench.out.clear();
    for _ in 0..4 {
        bench.command(AMOS, KeyCommand::RemoveLast);
    }
    bench.puts_out(&[
        "2: removed",
        "100: done",
        "1: removed",
        "100: done",
        "3: removed",
        "100: done",
        "100: denied",
    ]);
}

#[test]
fn the_organizer_ends_the_meeting_by_key_and_others_only_their_call() {
    let mut bench = Bench::running(&[], &[1]);
    bench.command(1, KeyCommand::End);
    bench.command(1, KeyCommand::HangUp);
    bench.command(AMOS, KeyCommand::End);
    bench.puts_out(&["1: denied", "1: hangs up", "1: ended by person", "100: ended by person"]);
    assert!(!bench.meeting.is_running());
}

#[test]
fn a_meeting_locks_itself_and_may_be_unlocked_for_good() {
    let mut bench = Bench::running(&[("auto_lock_after", "10m")], &[]);
    bench.after(599);
    assert!(!bench.meeting.holds_newcomers());
    bench.after(1);
    bench.puts_out(&["all: meeting-will-lock"]);
    assert!(bench.meeting.holds_newcomers());
    bench.input(Input::SetLocked { locked: false });
    bench.after(3_600);
    assert!(!bench.meeting.holds_newcomers());
}

#[test]
fn a_meeting_that_is_locked_already_says_nothing_and_the_next_counts_anew() {
    let mut bench = Bench::running(&[("auto_lock_after", "10m")], &[]);
    bench.input(Input::SetLocked { locked: true });
    bench.after(600);
    bench.puts_out(&[]);
    bench.leaves(AMOS);
    assert!(bench.meeting.is_idle());
    bench.starts();
    bench.after(599);
    assert!(!bench.meeting.holds_newcomers());
}
