//! Somebody waits while the meeting runs: who is told, how often, and who answers.

use super::*;

/// Callers on the phone wait in the running meeting's lobby.
const KEPT: [(&str, &str); 2] =
    [("phone_callers_bypass_lobby", "false"), ("entry_exit_notifications", "false")];

fn kept(settings: &[(&str, &str)]) -> Bench {
    Bench::running(&[&KEPT, settings].concat(), &[])
}

impl Bench {
    fn parks_named(&mut self, leg: u32, name_millis: u16) {
        self.arrives(leg);
        self.input(Input::Enter { leg: LegId::new(leg.into()), name_millis });
    }

    /// What the organizer is told since the last look.
    #[track_caller]
    fn tells_amos(&mut self, lines: &[&str]) {
        let told = std::mem::take(&mut self.out).into_iter().filter(|line| line.starts_with("100: "));
        assert_eq!(told.collect::<Vec<_>>(), lines);
    }
}

#[test]
fn the_organizer_alone_is_told_that_somebody_waits() {
    let mut bench = kept(&[]);
    bench.parks(1);
    bench.puts_out(&["1: go in", "1: wait to be let in", "100: somebody waits, name false"]);
    bench.after(30);
    bench.parks_named(2, 900);
    bench.tells_amos(&["100: somebody waits, name true"]);
}

#[test]
fn of_several_who_come_at_once_the_organizer_hears_twice() {
    let mut bench = kept(&[]);
    for leg in [1, 2, 3] {
        bench.parks_named(leg, 900);
    }
    bench.tells_amos(&["100: somebody waits, name true"]);
    bench.after(29);
    bench.tells_amos(&[]);
    bench.after(1);
    bench.tells_amos(&["100: somebody waits, name false"]);
    bench.after(600);
    bench.tells_amos(&[]);
}

#[test]
fn who_has_gone_before_the_next_notice_is_not_told_of() {
    let mut bench = kept(&[]);
    bench.parks(1);
    bench.parks(2);
    bench.parks(3);
    bench.out.clear();
    bench.leaves(2);
    bench.input(Input::Admit { leg: LegId::new(3) });
    bench.after(60);
    bench.tells_amos(&[]);
}

#[test]
fn notices_are_tones_or_none_or_as_often_as_callers_come() {
    let mut tones = kept(&[("lobby_notice", "tone"), ("lobby_notice_every", "0s")]);
    tones.parks(1);
    tones.parks(2);
    tones.tells_amos(&["100: somebody waits, by tone", "100: somebody waits, by tone"]);
    let mut none = kept(&[("lobby_notice", "none")]);
    none.parks(1);
    none.after(60);
    none.tells_amos(&[]);
}

#[test]
fn of_a_locked_meeting_nobody_is_told_unless_that_is_set() {
    for (setting, told) in [("false", [].as_slice()), ("true", &["100: somebody waits, name false"])] {
        let mut bench = kept(&[("lobby_notice_when_locked", setting)]);
        bench.input(Input::SetLocked { locked: true });
        bench.parks(1);
        bench.input(Input::SetLocked { locked: false });
        bench.after(60);
        bench.tells_amos(told);
    }
}

#[test]
fn an_organizer_who_joins_later_is_told_then() {
    let mut bench = kept(&[]);
    bench.signs_in(KIM, false);
    bench.leaves(AMOS);
    bench.out.clear();
    bench.parks(1);
    bench.tells_amos(&[]);
    bench.arrives(AMOS);
    bench.keys_pin(AMOS);
    bench.checked(PinVerdict::Right);
    bench.tells_amos(&["100: go in", "100: in by pin", "100: somebody waits, name false"]);
}

#[test]
fn those_whom_the_start_leaves_in_the_lobby_are_told_of_once() {
    let mut bench = Bench::with(&KEPT);
    bench.parks(1);
    bench.parks(2);
    bench.out.clear();
    bench.starts();
    bench.after(600);
    bench.tells_amos(&["100: ask", "100: in by pin", "100: somebody waits, name false"]);
}

#[test]
fn keys_ask_about_who_has_waited_longest() {
    let mut bench = kept(&[("lobby_notice", "none")]);
    bench.command(AMOS, KeyCommand::AdmitNext);
    bench.parks_named(2, 900);
    bench.parks(1);
    bench.command(AMOS, KeyCommand::LobbyCount);
    bench.command(AMOS, KeyCommand::DenyNext);
    bench.tells_amos(&["100: 0 wait", "100: 2 wait", "100: admit 2, name 900"]);
}

#[test]
fn the_answer_admits_or_denies_whom_it_was_asked_about() {
    let mut bench = kept(&[("lobby_notice", "none")]);
    let answer = |leg, admit| Input::Decide { by: LegId::new(AMOS.into()), leg: LegId::new(leg), admit };
    bench.parks(1);
    bench.parks(2);
    bench.out.clear();
    bench.input(answer(1, true));
    bench.input(answer(2, false));
    bench.puts_out(&["100: done", "1: in by admitted", "100: done", "2: refused"]);
    bench.input(answer(2, true));
    bench.input(answer(1, false));
    bench.puts_out(&["100: denied", "100: denied"]);
}

#[test]
fn only_who_may_admit_has_an_answer() {
    let mut bench = kept(&[("lobby_notice", "none")]);
    bench.parks(1);
    bench.input(Input::Admit { leg: LegId::new(1) });
    bench.parks(2);
    bench.out.clear();
    for by in [1, 2, 7] {
        bench.input(Input::Decide { by: LegId::new(by), leg: LegId::new(2), admit: true });
    }
    bench.puts_out(&["1: denied"]);
}
