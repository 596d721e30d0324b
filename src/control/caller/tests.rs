//! Expectations of scripted callers, met and failed.

mod early;
mod language;
mod late;
mod talk;

use std::time::Duration;

use super::*;
use crate::control::call::{Language, PlaybackId, Tone};

const SOMEONE_JOINED: Announcement = Announcement { prompt: Prompt::SomeoneJoined, language: Language::EnUs };

/// A caller on the bench, on the line since second 0.
struct Bench {
    caller: Caller,
    now: Instant,
    out: Vec<String>,
}

impl Bench {
    fn new(ops: Vec<Op>) -> Self {
        Self::with_branches(ops, Vec::new())
    }

    fn with_branches(ops: Vec<Op>, branches: Vec<Op>) -> Self {
        Self::hearing(ops, branches, Lateness::default())
    }

    fn hearing(ops: Vec<Op>, branches: Vec<Op>, lateness: Lateness) -> Self {
        let end = u32::try_from(ops.len()).unwrap();
        let ops = (0..).map(StepId).zip(ops.into_iter().chain(branches)).collect();
        let languages = [vec![Language::DeDe, Language::FrFr]].into();
        let caller = Caller::new(Arc::new(Program { ops, end, languages })).hearing_late(lateness);
        let mut bench = Self { caller, now: Instant::ZERO, out: Vec::new() };
        bench.input(Input::Go);
        bench
    }

    fn on_the_line(ops: Vec<Op>) -> Self {
        let mut bench = Self::new([vec![Op::Dial(Target::Number(0))], ops].concat());
        bench.input(Input::Answered);
        let dialled: Vec<String> = bench.out.drain(..3).collect();
        assert_eq!(dialled, ["dial", "step 0 done", "answered"]);
        bench
    }

    fn input(&mut self, input: Input) {
        self.caller.handle_input(self.now, input);
        self.drain();
    }

    fn hears(&mut self, prompt: Prompt) {
        self.hears_in(prompt, Language::EnUs);
    }

    fn hears_in(&mut self, prompt: Prompt, language: Language) {
        self.input(Input::Hears(Source::Prompt { playback: PlaybackId(0), prompt, language }));
    }

    fn at(&mut self, millis: u64) {
        let until = Instant::from_millis(millis);
        while let Some(due) = self.caller.poll_timeout().filter(|due| *due <= until) {
            assert!(due >= self.now, "nobody is woken in the past");
            self.now = due;
            self.caller.handle_timeout(due);
            self.drain();
        }
        self.now = until;
    }

    fn signal(&mut self, signal: u16) {
        self.input(Input::Signal(SignalId(signal), self.now));
    }

    fn drain(&mut self) {
        while let Some(output) = self.caller.poll_output() {
            let line = match output {
                Output::Dial(_) => "dial".to_owned(),
                Output::Key { digit, .. } => format!("{} {}", self.now.millis(), digit.symbol()),
                Output::Say(speech) => format!("say {}", speech.map_or("nothing", Speech::name)),
                Output::HangUp => "hang up".to_owned(),
                Output::Drop => "drop".to_owned(),
                Output::Spell(_) => "spell".to_owned(),
                Output::Act(_) => "act".to_owned(),
                Output::Reached(state, _) => state.name().to_owned(),
                Output::Signal(..) => "mark".to_owned(),
                Output::Done(done) => format!("step {} done", done.step.0),
                Output::Failed(failure) => format!("step {} failed: {:?}", failure.step.0, failure.why),
                Output::Finished => "finished".to_owned(),
            };
            self.out.push(line);
        }
    }

    #[track_caller]
    fn puts_out(&mut self, lines: &[&str]) {
        assert_eq!(std::mem::take(&mut self.out), lines);
    }
}

fn hears(sound: Sound, within: u64) -> Op {
    timed(Expectation::Hears(sound), within, None, None)
}

fn prompt(prompt: Prompt) -> Op {
    hears(Sound::Prompt(prompt), 2_000)
}

fn timed(sight: Expectation, within: u64, of: Option<u16>, hold: Option<u64>) -> Op {
    let (within, hold) = (Duration::from_millis(within), hold.map(Duration::from_millis));
    Op::Expect(sight, Timing { within, of: of.map(SignalId), hold })
}

fn press(symbols: &str) -> Op {
    let keys = symbols.chars().map(|symbol| match symbol {
        'w' => KeyPart::Pause(Duration::from_millis(500)),
        'P' => KeyPart::Named(Named::Pin(OrganizerRef(0))),
        key => KeyPart::Key(Digit::from_symbol(key).unwrap()),
    });
    Op::Press { keys: keys.collect(), gap: Duration::from_millis(100), hold: Duration::from_millis(100) }
}

#[test]
fn an_expectation_holds_up_to_its_deadline_and_no_longer() {
    let mut in_time = Bench::on_the_line(vec![prompt(Prompt::EnterPin)]);
    in_time.at(2_000);
    in_time.hears(Prompt::EnterPin);
    in_time.puts_out(&["step 1 done", "finished"]);
    let mut late = Bench::on_the_line(vec![prompt(Prompt::EnterPin)]);
    late.at(2_001);
    late.puts_out(&["step 1 failed: TooLate { deadline: 2.000 }"]);
}

#[test]
fn what_began_before_the_previous_step_does_not_count() {
    let mut bench = Bench::on_the_line(vec![
        Op::Wait(Duration::from_secs(1)),
        prompt(Prompt::Welcome),
        press("1"),
        prompt(Prompt::Welcome),
    ]);
    bench.hears(Prompt::Welcome);
    bench.at(500);
    bench.out.clear();
    bench.at(1_000);
    bench.puts_out(&["step 1 done", "step 2 done", "1000 1"]);
    bench.at(4_000);
    bench.puts_out(&["step 3 done", "step 4 failed: NotRestarted { since: 0.000, deadline: 3.100 }"]);
}

#[test]
fn no_verdict_depends_on_whether_a_wait_is_split() {
    for waits in [vec![2_000], vec![500, 1_500], vec![500, 500, 1_000]] {
        let waits = waits.into_iter().map(|millis| Op::Wait(Duration::from_millis(millis)));
        let ops = [press("1")].into_iter().chain(waits).chain([prompt(Prompt::Welcome)]).collect();
        let mut bench = Bench::on_the_line(ops);
        bench.at(700);
        bench.hears(Prompt::Welcome);
        bench.at(2_100);
        assert_eq!(bench.out.last().unwrap(), "finished");
    }
}

#[test]
fn what_met_one_expectation_may_meet_the_next() {
    let mut bench = Bench::on_the_line(vec![
        Op::Wait(Duration::from_secs(1)),
        prompt(Prompt::Welcome),
        Op::Wait(Duration::from_secs(1)),
        prompt(Prompt::Welcome),
    ]);
    bench.hears(Prompt::Welcome);
    bench.at(2_000);
    assert_eq!(bench.out.last().unwrap(), "finished");
}

#[test]
fn a_sound_that_ends_now_is_no_longer_on() {
    let still = || vec![Op::Wait(Duration::from_secs(1)), Op::Still(Sound::Prompt(Prompt::Welcome), None)];
    let mut on = Bench::on_the_line(still());
    on.hears(Prompt::Welcome);
    on.at(1_001);
    on.puts_out(&["step 1 done", "step 2 done", "finished"]);
    let mut ends = Bench::on_the_line(still());
    ends.hears(Prompt::Welcome);
    ends.at(1_000);
    ends.input(Input::Hears(Source::Silence));
    ends.at(1_001);
    ends.puts_out(&["step 1 done", "step 2 failed: NotOn"]);
}

#[test]
fn a_sound_that_ends_right_after_the_moment_was_on() {
    let mut bench =
        Bench::on_the_line(vec![Op::Wait(Duration::from_secs(1)), Op::Still(Sound::HoldMusic, None)]);
    bench.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    bench.at(1_000);
    bench.now = Instant::from_millis(1_000) + Duration::from_micros(500);
    bench.input(Input::Hears(Source::Silence));
    assert_eq!(bench.out.last().unwrap(), "finished");
}

#[test]
fn a_restart_breaks_what_must_go_on() {
    let music = || Input::Hears(Source::HoldMusic { begun: Instant::ZERO });
    let still = || vec![Op::Still(Sound::HoldMusic, Some(Duration::from_secs(8)))];
    let mut goes_on = Bench::on_the_line(still());
    goes_on.input(music());
    goes_on.at(8_000);
    goes_on.puts_out(&["lobby", "step 1 done", "finished"]);
    let mut restarts = Bench::on_the_line(still());
    restarts.input(music());
    restarts.at(7_999);
    restarts.input(music());
    restarts.puts_out(&["lobby", "step 1 failed: Broken { since: 0.000 }"]);
}

#[test]
fn what_told_a_state_can_still_be_asked_for() {
    let state = timed(Expectation::State(CallState::Joined), 2_000, None, None);
    let mut bench = Bench::on_the_line(vec![press("#"), state, prompt(Prompt::PinAccepted)]);
    bench.hears(Prompt::PinAccepted);
    bench.at(100);
    bench.puts_out(&["0 #", "joined", "step 1 done", "step 2 done", "step 3 done", "finished"]);
}

#[test]
fn a_state_of_old_does_not_bring_back_what_was_heard_before() {
    let state = timed(Expectation::State(CallState::Joined), 0, None, None);
    let wait = Op::Wait(Duration::from_secs(1));
    let mut bench = Bench::on_the_line(vec![wait, press("1"), state, prompt(Prompt::Joining)]);
    bench.hears(Prompt::Joining);
    bench.at(2_000);
    bench.out.clear();
    bench.at(4_001);
    bench.puts_out(&["step 4 failed: NotRestarted { since: 0.000, deadline: 3.100 }"]);
}

#[test]
fn what_must_hold_fails_when_it_stops_or_restarts() {
    let music = || vec![timed(Expectation::Hears(Sound::HoldMusic), 2_000, None, Some(8_000))];
    let mut held = Bench::on_the_line(music());
    held.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    held.at(8_000);
    held.puts_out(&["lobby", "step 1 done", "finished"]);
    let mut restarted = Bench::on_the_line(music());
    restarted.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    restarted.at(5_000);
    restarted.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    restarted.puts_out(&["lobby", "step 1 failed: Broken { since: 0.000 }"]);
}

#[test]
fn what_must_hold_is_broken_by_nothing_else() {
    let mut held =
        Bench::on_the_line(vec![timed(Expectation::Hears(Sound::HoldMusic), 2_000, None, Some(8_000))]);
    held.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    held.at(5_000);
    held.signal(0);
    // The meeting's mix is not what somebody in the lobby hears.
    held.input(Input::Announced(Some(SOMEONE_JOINED)));
    held.input(Input::Announced(None));
    held.puts_out(&["lobby"]);
    held.at(8_000);
    held.puts_out(&["step 1 done", "finished"]);
}

#[test]
fn a_sound_that_ends_exactly_in_time_has_lasted() {
    let mut held =
        Bench::on_the_line(vec![timed(Expectation::Hears(Sound::HoldMusic), 2_000, None, Some(8_000))]);
    held.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    held.now = Instant::from_secs(8);
    held.input(Input::Hears(Source::Silence));
    held.puts_out(&["lobby"]);
    held.at(8_000);
    held.puts_out(&["step 1 done", "finished"]);
}

#[test]
fn what_has_held_tells_by_when_it_had_to_begin() {
    let music = timed(Expectation::Hears(Sound::HoldMusic), 2_000, Some(4), Some(8_000));
    let mut bench = Bench::on_the_line(vec![music]);
    bench.at(1_000);
    bench.signal(4);
    bench.at(2_500);
    bench.input(Input::Hears(Source::HoldMusic { begun: Instant::ZERO }));
    bench.caller.handle_timeout(Instant::from_millis(10_500));
    let (at, deadline) = (Instant::from_millis(2_500), Some((Instant::from_secs(3), Instant::from_secs(1))));
    let done = StepDone { step: StepId(1), began: Instant::ZERO, at, deadline };
    assert_eq!(bench.caller.poll_output(), Some(Output::Done(Box::new(done))));
}

#[test]
fn what_must_follow_a_signal_fails_if_it_comes_before_it() {
    let joined = || vec![timed(Expectation::State(CallState::Joined), 200, Some(4), None)];
    let mut after = Bench::on_the_line(joined());
    after.at(60_000);
    after.signal(4);
    after.at(60_200);
    after.hears(Prompt::MeetingStarted);
    after.puts_out(&["joined", "step 1 done", "finished"]);
    let mut before = Bench::on_the_line(joined());
    before.hears(Prompt::Joining);
    before.at(10);
    before.signal(4);
    before.puts_out(&["joined", "step 1 failed: TooEarly { since: 0.000 }"]);
    let mut at_once = Bench::on_the_line(joined());
    at_once.signal(4);
    at_once.hears(Prompt::Joining);
    at_once.puts_out(&["joined", "step 1 done", "finished"]);
    let mut late = Bench::on_the_line(joined());
    late.signal(4);
    late.at(201);
    late.puts_out(&["step 1 failed: TooLate { deadline: 0.200 }"]);
}

#[test]
fn a_deadline_of_a_past_signal_passes_or_fails_at_once() {
    let joined = || {
        let state = timed(Expectation::State(CallState::Joined), 200, Some(4), None);
        let mut bench = Bench::on_the_line(vec![Op::Wait(Duration::from_secs(1)), state]);
        bench.signal(4);
        bench
    };
    let mut in_time = joined();
    in_time.at(200);
    in_time.hears(Prompt::Joining);
    in_time.at(1_000);
    in_time.puts_out(&["joined", "step 1 done", "step 2 done", "finished"]);
    let mut late = joined();
    late.at(201);
    late.hears(Prompt::Joining);
    late.at(1_000);
    late.puts_out(&["joined", "step 1 done", "step 2 failed: TooLate { deadline: 0.200 }"]);
    let mut never = joined();
    never.at(1_000);
    never.puts_out(&["step 1 done", "step 2 failed: TooLate { deadline: 0.200 }"]);
}

#[test]
fn an_event_at_the_deadline_is_in_time() {
    let mut bench = Bench::on_the_line(vec![prompt(Prompt::EnterPin)]);
    bench.at(2_000);
    bench.signal(0);
    bench.hears(Prompt::EnterPin);
    bench.puts_out(&["step 1 done", "finished"]);
}

#[test]
fn when_waits_for_a_signal_unless_it_was_given() {
    let mut bench = Bench::new(vec![Op::When(SignalId(1)), Op::When(SignalId(2)), Op::When(SignalId(1))]);
    bench.signal(2);
    bench.puts_out(&[]);
    bench.at(60_000);
    bench.signal(1);
    bench.puts_out(&["step 0 done", "step 1 done", "step 2 done", "finished"]);
}

#[test]
fn what_must_never_happen_fails_at_once() {
    let never = || vec![Op::Never(Expectation::State(CallState::Joined), Duration::from_secs(30))];
    let mut quiet = Bench::on_the_line(never());
    quiet.at(30_000);
    quiet.puts_out(&["step 1 done", "finished"]);
    let mut happened = Bench::on_the_line(never());
    happened.at(29_000);
    happened.hears(Prompt::Joining);
    happened.puts_out(&["joined", "step 1 failed: Forbidden"]);
}

#[test]
fn keys_are_held_and_spaced_and_pauses_lie_between() {
    let mut bench = Bench::on_the_line(vec![press("1w2"), press("3")]);
    bench.at(5_000);
    bench.puts_out(&["0 1", "700 2", "step 1 done", "900 3", "step 2 done", "finished"]);
    let mut held = Bench::on_the_line(vec![press("1")]);
    held.at(99);
    held.puts_out(&["0 1"]);
    held.at(100);
    held.puts_out(&["step 1 done", "finished"]);
}

#[test]
fn named_digits_are_asked_for_when_their_turn_comes() {
    let mut bench = Bench::on_the_line(vec![press("*P#")]);
    bench.at(200);
    bench.puts_out(&["0 *", "spell"]);
    bench.input(Input::Spelled(Digits::from_symbols("27")));
    bench.at(2_000);
    bench.puts_out(&["200 2", "400 7", "600 #", "step 1 done", "finished"]);
    let mut unknown = Bench::on_the_line(vec![press("P")]);
    unknown.input(Input::Spelled(None));
    unknown.puts_out(&["spell", "step 1 failed: Unknown"]);
}

#[test]
fn keys_wait_for_the_answer_and_fail_without_a_call() {
    let mut calling = Bench::new(vec![Op::Dial(Target::Number(0)), press("1")]);
    calling.puts_out(&["dial", "step 0 done"]);
    calling.at(3_000);
    calling.input(Input::Answered);
    calling.puts_out(&["answered", "3000 1"]);
    let mut waiting =
        Bench::new(vec![Op::Dial(Target::Number(0)), Op::Wait(Duration::from_secs(1)), press("1")]);
    waiting.at(1_000);
    waiting.puts_out(&["dial", "step 0 done", "step 1 done"]);
    let mut ended = Bench::on_the_line(vec![Op::Wait(Duration::from_secs(1)), press("1")]);
    ended.input(Input::Ended(HangupCause::Bridge));
    ended.at(1_000);
    ended.puts_out(&["hung_up", "step 1 done", "step 2 failed: NoCall"]);
}

#[test]
fn a_caller_may_dial_again_after_hanging_up_or_dropping() {
    let dial = || Op::Dial(Target::Number(0));
    let wait = || Op::Wait(Duration::from_secs(1));
    let mut bench = Bench::on_the_line(vec![wait(), Op::HangUp, Op::Drop, dial(), Op::Drop]);
    bench.at(1_000);
    bench.puts_out(&[
        "step 1 done",
        "hang up",
        "step 2 done",
        "step 3 done",
        "dial",
        "step 4 done",
        "drop",
        "step 5 done",
        "finished",
    ]);
    let mut twice = Bench::on_the_line(vec![wait(), dial()]);
    twice.at(1_000);
    twice.puts_out(&["step 1 done", "step 2 failed: AlreadyOnCall"]);
}

#[test]
fn who_is_still_on_a_call_when_all_scripts_have_ended_hangs_up() {
    let mut on_a_call = Bench::new(vec![Op::Dial(Target::Number(0))]);
    on_a_call.input(Input::Leave);
    on_a_call.input(Input::Leave);
    on_a_call.puts_out(&["dial", "step 0 done", "finished", "hang up"]);
}

#[test]
fn an_impatient_caller_hangs_up_and_ends_the_script() {
    let wait = || Op::Wait(Duration::from_secs(1));
    let mut on_a_call = Bench::on_the_line(vec![wait(), Op::HangUp]);
    on_a_call.input(Input::GiveUp);
    on_a_call.input(Input::GiveUp);
    on_a_call.at(1_000);
    on_a_call.puts_out(&["finished", "hang up"]);
    let mut ended = Bench::new(vec![Op::Dial(Target::Number(0)), Op::HangUp]);
    ended.input(Input::GiveUp);
    ended.puts_out(&["dial", "step 0 done", "hang up", "step 1 done", "finished"]);
}

#[test]
fn a_caller_who_is_told_to_wait_is_in_the_lobby() {
    for told in [Prompt::HoldForOrganizer, Prompt::LobbyWait] {
        let mut bench =
            Bench::on_the_line(vec![timed(Expectation::State(CallState::Lobby), 2_000, None, None)]);
        bench.hears(told);
        bench.puts_out(&["lobby", "step 1 done", "finished"]);
    }
}

#[test]
fn a_meetings_end_is_not_a_refusal() {
    let mut refused = Bench::on_the_line(vec![Op::Wait(Duration::from_secs(9))]);
    refused.hears(Prompt::MeetingFull);
    refused.input(Input::Ended(HangupCause::Bridge));
    refused.puts_out(&["refused", "hung_up"]);
    let mut ended = Bench::on_the_line(vec![Op::Wait(Duration::from_secs(9))]);
    ended.input(Input::Hears(Source::Conference));
    ended.input(Input::Ended(HangupCause::Bridge));
    ended.puts_out(&["joined", "ended", "hung_up"]);
    let mut busy = Bench::new(vec![Op::Dial(Target::Number(0))]);
    busy.input(Input::Ended(HangupCause::UnknownNumber));
    busy.puts_out(&["dial", "step 0 done", "finished", "busy"]);
}

#[test]
fn who_is_not_on_a_call_hears_nothing_and_silence_neither() {
    let mut bench = Bench::new(vec![Op::Dial(Target::Number(0)), hears(Sound::Silence, 1_000)]);
    bench.at(1_001);
    bench.puts_out(&["dial", "step 0 done", "step 1 failed: TooLate { deadline: 1.000 }"]);
}

#[test]
fn announcements_count_only_if_the_conference_is_heard() {
    let mut bench = Bench::on_the_line(vec![prompt(Prompt::SomeoneJoined), hears(Sound::Silence, 9_000)]);
    bench.hears(Prompt::Joining);
    bench.input(Input::Announced(Some(SOMEONE_JOINED)));
    bench.puts_out(&["joined"]);
    bench.input(Input::Hears(Source::Conference));
    bench.puts_out(&[]);
    bench.input(Input::Announced(Some(SOMEONE_JOINED)));
    bench.puts_out(&["step 1 done"]);
    bench.at(1_000);
    bench.input(Input::Announced(None));
    bench.puts_out(&["step 2 done", "finished"]);
}

#[test]
fn a_fork_ends_when_all_branches_have_ended() {
    let fork = Op::Fork { branches: [(2, 3), (3, 5)].into(), resume: 1 };
    let wait = |secs| Op::Wait(Duration::from_secs(secs));
    let mut bench = Bench::with_branches(vec![fork, Op::Mark(SignalId(0))], vec![wait(3), wait(1), wait(1)]);
    bench.at(2_999);
    bench.puts_out(&["step 3 done", "step 4 done"]);
    bench.at(3_000);
    bench.puts_out(&["step 2 done", "step 0 done", "mark", "step 1 done", "finished"]);
}

#[test]
fn a_branch_is_told_the_digits_that_it_asked_for() {
    let fork = Op::Fork { branches: [(2, 3), (3, 4)].into(), resume: 2 };
    let wait = Op::Wait(Duration::from_secs(1));
    let mut bench = Bench::with_branches(vec![Op::Dial(Target::Number(0)), fork], vec![wait, press("P")]);
    bench.input(Input::Answered);
    bench.input(Input::Spelled(Digits::from_symbols("2")));
    bench.at(1_000);
    bench.puts_out(&[
        "dial",
        "step 0 done",
        "answered",
        "spell",
        "0 2",
        "step 3 done",
        "step 2 done",
        "step 1 done",
        "finished",
    ]);
}

#[test]
fn a_script_stands_where_its_stretches_wait() {
    let wait = || Op::Wait(Duration::from_secs(9));
    let fork = Op::Fork { branches: [(2, 3), (3, 4)].into(), resume: 2 };
    let mut bench = Bench::with_branches(vec![wait(), fork], vec![wait(), Op::Mark(SignalId(0))]);
    let standing = |bench: &Bench| bench.caller.standing_at().collect::<Vec<_>>();
    assert_eq!(standing(&bench), [(StepId(0), Instant::ZERO)]);
    bench.at(9_000);
    assert_eq!(standing(&bench), [(StepId(2), Instant::from_secs(9))]);
    bench.at(18_000);
    assert_eq!(standing(&bench), []);
}

#[test]
fn a_mark_is_given_once_however_often_the_script_comes_by() {
    let mut bench = Bench::new(vec![Op::Mark(SignalId(2)), Op::Mark(SignalId(2))]);
    bench.puts_out(&["mark", "step 0 done", "step 1 done", "finished"]);
}

#[test]
fn tones_and_names_are_told_apart() {
    let is = |sound: Sound, prompt| sound.is_prompt(prompt, Language::EnUs);
    assert!(is(Sound::Prompt(Prompt::Tone(Tone::Low)), Prompt::Tone(Tone::Low)));
    assert!(!is(Sound::Prompt(Prompt::Tone(Tone::Low)), Prompt::Tone(Tone::High)));
    let name = Prompt::RecordedName { leg: crate::control::call::LegId::new(3), millis: 800 };
    assert!(is(Sound::RecordedName, name));
    assert!(!is(Sound::RecordedName, Prompt::HasJoined));
}
