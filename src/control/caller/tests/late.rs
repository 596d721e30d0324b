//! A caller who learns late what it hears: judged by when it began.

use super::*;

const LATE: Lateness = Lateness {
    wait: Duration::from_millis(800),
    slack: Duration::from_millis(60),
    alike: Duration::ZERO,
    again: Duration::ZERO,
    vanishing: Duration::from_millis(300),
};

const STEPS: [&str; 3] = ["dial", "step 0 done", "answered"];

fn late(ops: Vec<Op>) -> Bench {
    let ops = [vec![Op::Dial(Target::Number(0))], ops].concat();
    let mut bench = Bench::hearing(ops, Vec::new(), LATE);
    bench.input(Input::Answered);
    bench.puts_out(&STEPS);
    bench
}

fn source(prompt: Prompt) -> Source {
    Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
}

impl Bench {
    /// At this moment it is known what has been heard since that one.
    fn has_heard(&mut self, now: u64, source: Source, since: u64) {
        self.at(now);
        self.input(Input::HasHeard(source, Instant::from_millis(since)));
    }
}

#[test]
fn what_begins_in_time_is_in_time_when_it_is_known() {
    let waits = || late(vec![hears(Sound::Prompt(Prompt::EnterPin), 1_000)]);
    let mut in_time = waits();
    in_time.has_heard(1_400, source(Prompt::EnterPin), 1_000);
    in_time.puts_out(&["step 1 done", "finished"]);
    let mut too_late = waits();
    too_late.has_heard(1_400, source(Prompt::EnterPin), 1_010);
    too_late.puts_out(&["step 1 failed: TooLate { deadline: 1.000 }"]);
    let mut never = waits();
    never.at(1_800);
    never.puts_out(&[]);
    never.at(1_801);
    never.puts_out(&["step 1 failed: TooLate { deadline: 1.000 }"]);
}

#[test]
fn the_next_step_waits_from_when_the_sound_began() {
    let mut bench = late(vec![
        prompt(Prompt::Welcome),
        Op::Wait(Duration::from_secs(1)),
        Op::Mark(SignalId(1)),
        press("5"),
    ]);
    bench.has_heard(400, source(Prompt::Welcome), 100);
    bench.puts_out(&["step 1 done"]);
    bench.at(1_099);
    bench.puts_out(&[]);
    bench.at(1_100);
    bench.puts_out(&["step 2 done", "mark", "step 3 done", "1100 5"]);
}

#[test]
fn what_must_not_begin_in_a_window_may_begin_after_it() {
    let sound = Expectation::Hears(Sound::Prompt(Prompt::NoInput));
    let guards =
        || late(vec![Op::Never(sound, Duration::from_secs(1)), press("5"), Op::Wait(Duration::from_secs(9))]);
    let keyed = ["step 1 done", "1000 5", "step 2 done"];
    let mut after = guards();
    after.has_heard(1_400, source(Prompt::NoInput), 1_010);
    after.puts_out(&keyed);
    let mut within = guards();
    within.at(1_300);
    within.puts_out(&keyed);
    within.has_heard(1_400, source(Prompt::NoInput), 990);
    within.puts_out(&["step 1 failed: Forbidden"]);
}

#[test]
fn what_must_not_be_on_may_be_known_late_to_be_over() {
    let sound = Expectation::Hears(Sound::Prompt(Prompt::NoInput));
    let guards = || {
        let ops = vec![prompt(Prompt::NoInput), Op::Wait(Duration::from_secs(1))];
        let mut bench = late([ops, vec![Op::Never(sound, Duration::from_millis(100)), press("5")]].concat());
        bench.has_heard(400, source(Prompt::NoInput), 100);
        bench.at(1_250);
        bench.puts_out(&["step 1 done", "step 2 done"]);
        bench
    };
    let mut over = guards();
    over.has_heard(1_600, Source::Silence, 1_150);
    over.puts_out(&["step 3 done", "1600 5"]);
    let mut stays = guards();
    stays.at(1_899);
    stays.puts_out(&[]);
    stays.at(1_900);
    stays.puts_out(&["step 3 failed: Forbidden"]);
}

#[test]
fn what_must_last_goes_on_at_its_time_and_fails_afterwards_if_it_broke_off() {
    let music = Source::HoldMusic { begun: Instant::ZERO };
    let held = timed(Expectation::Hears(Sound::HoldMusic), 2_000, None, Some(1_000));
    let holds = || late(vec![held.clone(), Op::Wait(Duration::from_secs(9))]);
    let mut lasted = holds();
    lasted.has_heard(400, music, 100);
    lasted.at(1_100);
    lasted.puts_out(&["lobby", "step 1 done"]);
    lasted.has_heard(1_400, Source::Silence, 1_090);
    lasted.puts_out(&[]);
    let mut broke_off = holds();
    broke_off.has_heard(400, music, 100);
    broke_off.has_heard(1_400, Source::Silence, 1_000);
    broke_off.puts_out(&["lobby", "step 1 done", "step 1 failed: Broken { since: 0.100 }"]);
    let mut known_before = holds();
    known_before.has_heard(400, music, 100);
    known_before.has_heard(1_000, Source::Silence, 700);
    known_before.puts_out(&["lobby", "step 1 failed: Broken { since: 0.100 }"]);
}

#[test]
fn what_is_on_is_told_of_the_moment_that_was_asked_for() {
    let still = || late(vec![prompt(Prompt::Welcome), Op::Still(Sound::Prompt(Prompt::Welcome), None)]);
    let mut was_on = still();
    was_on.has_heard(400, source(Prompt::Welcome), 100);
    was_on.has_heard(700, source(Prompt::EnterConferenceId), 600);
    was_on.at(2_000);
    was_on.puts_out(&["step 1 done", "step 2 done", "finished"]);
}

#[test]
fn states_tell_when_they_began_and_may_be_a_little_early() {
    let joined = timed(Expectation::State(CallState::Joined), 0, Some(4), None);
    let mut bench = late(vec![joined]);
    bench.at(500);
    bench.input(Input::Signal(SignalId(4), Instant::from_millis(150)));
    bench.has_heard(600, source(Prompt::MeetingStarted), 120);
    bench.puts_out(&["joined", "step 1 done", "finished"]);
}

#[test]
fn a_line_that_dies_is_over_once_the_bridge_knows() {
    let ops = vec![Op::Dial(Target::Number(0)), Op::Drop, Op::Mark(SignalId(1))];
    let mut bench = Bench::hearing(ops, Vec::new(), LATE);
    bench.puts_out(&["dial", "step 0 done", "drop"]);
    bench.at(299);
    bench.puts_out(&[]);
    bench.at(300);
    bench.puts_out(&["step 1 done", "mark", "step 2 done", "finished"]);
}

#[test]
fn what_seems_too_early_may_be_known_late_to_have_begun_again() {
    let music = Source::HoldMusic { begun: Instant::ZERO };
    let waits = || {
        let mut bench = late(vec![timed(Expectation::Hears(Sound::HoldMusic), 0, Some(4), None)]);
        bench.has_heard(400, music, 100);
        bench.at(2_000);
        bench.input(Input::Signal(SignalId(4), Instant::from_millis(1_700)));
        bench.puts_out(&["lobby"]);
        bench
    };
    let mut again = waits();
    again.has_heard(2_100, music, 1_690);
    again.puts_out(&["step 1 done", "finished"]);
    let mut goes_on = waits();
    goes_on.at(2_500);
    goes_on.puts_out(&[]);
    goes_on.at(2_501);
    goes_on.puts_out(&["step 1 failed: TooEarly { since: 0.100 }"]);
}

#[test]
fn what_is_on_for_less_than_it_takes_to_know_lasts_as_long_as_asked_for() {
    let still = || {
        let lasts = Op::Still(Sound::Silence, Some(Duration::from_millis(500)));
        late(vec![lasts, Op::Wait(Duration::from_millis(400)), press("5"), Op::Wait(Duration::from_secs(9))])
    };
    let mut lasted = still();
    lasted.has_heard(700, source(Prompt::Welcome), 590);
    lasted.at(900);
    lasted.puts_out(&["step 1 done", "step 2 done", "900 5"]);
    let mut broke_off = still();
    broke_off.has_heard(700, source(Prompt::Welcome), 400);
    broke_off.at(801);
    broke_off.puts_out(&["step 1 failed: Broken { since: 0.000 }"]);
}

#[test]
fn a_deadline_waits_for_sounds_that_begin_alike() {
    let ops = vec![Op::Dial(Target::Number(0)), hears(Sound::Prompt(Prompt::EnterPin), 1_000)];
    let mut bench = Bench::hearing(ops, Vec::new(), Lateness { alike: Duration::from_secs(1), ..LATE });
    bench.input(Input::Answered);
    bench.at(2_700);
    bench.puts_out(&STEPS);
    bench.has_heard(2_750, source(Prompt::EnterPin), 990);
    bench.puts_out(&["step 1 done", "finished"]);
}
