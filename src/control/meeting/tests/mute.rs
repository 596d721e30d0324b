//! Who is muted, by whom, and who may undo it.

use super::*;

const QUIET: (&str, &str) = ("entry_exit_notifications", "false");

#[test]
fn muting_all_again_lets_all_talk_but_those_who_muted_themselves() {
    let mut bench = Bench::running(&[QUIET], &[1, 2]);
    bench.command(1, KeyCommand::Mute);
    bench.command(AMOS, KeyCommand::MuteAll);
    bench.out.clear();
    bench.command(AMOS, KeyCommand::MuteAll);
    bench.puts_out(&["all: now-unmuted-all", "100: done"]);
    bench.command(1, KeyCommand::Mute);
    bench.command(2, KeyCommand::Mute);
    bench.puts_out(&["1: muted false, by organizer false", "2: muted true, by organizer false"]);
}

#[test]
fn who_joins_while_all_are_muted_is_muted_and_may_unmute() {
    let mut bench = Bench::running(&[QUIET], &[]);
    bench.command(AMOS, KeyCommand::MuteAll);
    bench.out.clear();
    bench.parks(1);
    bench.command(1, KeyCommand::Mute);
    bench.puts_out(&[
        "1: go in",
        "1: in by direct",
        "1: muted true, by organizer false",
        "1: muted false, by organizer false",
    ]);
}

#[test]
fn in_a_lecture_nobody_but_organizers_may_unmute() {
    let mut bench = Bench::running(&[QUIET, ("mute_all_means", "may_not_unmute")], &[1]);
    bench.command(AMOS, KeyCommand::MuteAll);
    bench.command(AMOS, KeyCommand::Mute);
    bench.command(AMOS, KeyCommand::Mute);
    bench.out.clear();
    bench.command(1, KeyCommand::Mute);
    bench.command(1, KeyCommand::Mute);
    bench.puts_out(&["1: may not unmute", "1: hand raised true", "1: may not unmute"]);
    bench.input(Input::SetMuted { leg: LegId::new(1), muted: false });
    bench.command(1, KeyCommand::Mute);
    bench.command(1, KeyCommand::Mute);
    bench.puts_out(&[
        "1: muted false, by organizer true",
        "1: muted true, by organizer false",
        "1: may not unmute",
    ]);
}

#[test]
fn a_hand_stays_down_if_trying_to_unmute_does_not_raise_it() {
    let mut bench =
        Bench::running(&[QUIET, ("mute_mode", "may_not_unmute"), ("mute_raises_hand", "false")], &[]);
    bench.parks(1);
    bench.command(1, KeyCommand::Mute);
    bench.puts_out(&["1: go in", "1: in by direct", "1: muted true, by organizer true", "1: may not unmute"]);
}

#[test]
fn those_who_join_are_muted_by_the_setting_however_they_join() {
    for (setting, app_is_muted) in [("participants", true), ("phones", false), ("none", false)] {
        let mut bench = Bench::with(&[QUIET, ("mute_on_entry", setting)]);
        bench.parks(1);
        bench.out.clear();
        bench.starts();
        bench.signs_in(KIM, false);
        bench.parks(2);
        bench.input(Input::SetLocked { locked: true });
        bench.parks(3);
        bench.input(Input::Admit { leg: LegId::new(3) });
        let muted = |leg: u32| format!("{leg}: muted true, by organizer false");
        let told = [1, 2, 3, KIM, AMOS].map(|leg| bench.out.contains(&muted(leg)));
        let phones = setting != "none";
        assert_eq!(told, [phones, phones, phones, app_is_muted, false], "{setting}");
    }
}

#[test]
fn the_records_say_who_muted_and_whether_for_good() {
    let mut bench = Bench::running(&[QUIET, ("mute_all_means", "may_not_unmute")], &[1]);
    let mut records = Vec::new();
    for (leg, command) in [(1, KeyCommand::Mute), (1, KeyCommand::Mute), (AMOS, KeyCommand::MuteAll)] {
        let leg = LegId::new(leg.into());
        let input = Input::Command { leg, command, organizers_keys: false };
        bench.meeting.handle_input(bench.now, input);
        while let Some(output) = bench.meeting.poll_output() {
            if let Output::Record(Event::Meeting(MeetingEvent::Muted { muted, by, hard, .. })) = output {
                records.push((muted, by.name(), hard));
            }
        }
    }
    assert_eq!(records, [(true, "oneself", false), (false, "oneself", false), (true, "organizer", true)]);
}
