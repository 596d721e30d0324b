//! Callers who talk, and hear others talk.

use super::*;

fn talk(by: u32) -> Sound {
    Sound::Talk(Some(by))
}

const ANYBODY: Sound = Sound::Talk(None);

/// A caller in a meeting since second 1.
fn inside(ops: Vec<Op>) -> Bench {
    let waits = vec![Op::When(SignalId(0)), Op::Wait(Duration::ZERO)];
    let mut bench = Bench::on_the_line([waits, ops].concat());
    bench.at(1_000);
    bench.input(Input::Hears(Source::Conference));
    bench.signal(0);
    bench.at(1_000);
    bench.out.retain(|line| !matches!(line.as_str(), "joined" | "step 1 done" | "step 2 done"));
    bench
}

impl Bench {
    fn voice(&mut self, millis: u64, voice: u32, speech: Option<Speech>) {
        self.at(millis);
        self.input(Input::Voice(voice, speech));
    }
}

#[test]
fn talk_lasts_as_long_as_the_step_and_ends_with_a_failure() {
    let says = Op::Say(Speech::Talk, Duration::from_millis(700));
    let mut bench = inside(vec![says.clone(), Op::HangUp]);
    bench.puts_out(&["say talk"]);
    bench.at(1_699);
    bench.puts_out(&[]);
    bench.at(1_700);
    bench.puts_out(&["step 3 done", "say nothing", "hang up", "step 4 done", "finished"]);
    let mut idle = Bench::new(vec![says]);
    idle.puts_out(&["step 0 failed: NoCall"]);
}

#[test]
fn who_is_heard_is_who_must_be() {
    let mut bench =
        inside(vec![hears(talk(4), 2_000), hears(ANYBODY, 0), hears(Sound::Tone(Some(5)), 2_000)]);
    bench.voice(1_100, 5, Some(Speech::Talk));
    bench.puts_out(&[]);
    bench.voice(1_200, 4, Some(Speech::Recording(0)));
    bench.puts_out(&["step 3 done", "step 4 done"]);
    bench.voice(1_300, 5, Some(Speech::Tone));
    bench.puts_out(&["step 5 done", "finished"]);
    let mut late = inside(vec![hears(talk(4), 500)]);
    late.voice(1_400, 5, Some(Speech::Talk));
    late.at(1_501);
    late.puts_out(&["step 3 failed: TooLate { deadline: 1.500 }"]);
}

#[test]
fn talk_that_stops_is_broken_and_forbidden_talk_fails() {
    let still = Op::Still(talk(4), Some(Duration::from_secs(1)));
    let begin = || {
        let mut bench = inside(vec![hears(talk(4), 2_000), still.clone()]);
        bench.voice(1_100, 4, Some(Speech::Talk));
        bench.voice(1_200, 5, Some(Speech::Talk));
        bench.voice(1_300, 5, None);
        bench
    };
    let mut whole = begin();
    whole.at(2_100);
    whole.puts_out(&["step 3 done", "step 4 done", "finished"]);
    let mut broken = begin();
    broken.voice(2_000, 4, None);
    broken.puts_out(&["step 3 done", "step 4 failed: Broken { since: 1.100 }"]);
    let mut never = inside(vec![Op::Never(Expectation::Hears(talk(4)), Duration::from_secs(1))]);
    never.voice(1_100, 5, Some(Speech::Talk));
    never.puts_out(&[]);
    never.voice(1_900, 4, Some(Speech::Talk));
    never.puts_out(&["step 3 failed: Forbidden"]);
}

#[test]
fn a_meeting_is_silent_once_the_last_is() {
    let mut bench = inside(vec![hears(ANYBODY, 2_000), press("1"), hears(Sound::Silence, 2_000)]);
    bench.voice(1_100, 4, Some(Speech::Talk));
    bench.voice(1_150, 5, Some(Speech::Tone));
    bench.voice(1_300, 4, None);
    bench.puts_out(&["step 3 done", "1100 1", "step 4 done"]);
    bench.voice(1_400, 5, None);
    bench.puts_out(&["step 5 done", "finished"]);
}

#[test]
fn late_ears_judge_voices_by_when_they_were_heard() {
    let lateness = Lateness { wait: Duration::from_secs(1), ..Lateness::default() };
    let begin = |ops: Vec<Op>| {
        let ops = [vec![Op::Dial(Target::Number(0))], ops].concat();
        let mut bench = Bench::hearing(ops, Vec::new(), lateness);
        bench.input(Input::Answered);
        bench.out.clear();
        bench
    };
    let has_heard = |bench: &mut Bench, now, speech: Option<Speech>, since| {
        bench.at(now);
        bench.input(Input::HasHeardVoice(4, speech, Instant::from_millis(since)));
    };
    let mut in_time = begin(vec![hears(talk(4), 500)]);
    has_heard(&mut in_time, 1_200, Some(Speech::Talk), 450);
    in_time.puts_out(&["step 1 done", "finished"]);
    let hold = Some(Duration::from_secs(2));
    let mut broken =
        begin(vec![hears(talk(4), 500), Op::Still(talk(4), hold), Op::Wait(Duration::from_secs(9))]);
    has_heard(&mut broken, 1_200, Some(Speech::Talk), 450);
    has_heard(&mut broken, 2_700, None, 2_300);
    broken.puts_out(&["step 1 done", "step 2 done", "step 2 failed: Broken { since: 0.450 }"]);
    let window = Duration::from_secs(1);
    let mut never =
        begin(vec![Op::Never(Expectation::Hears(ANYBODY), window), Op::Wait(Duration::from_secs(9))]);
    has_heard(&mut never, 1_500, Some(Speech::Talk), 900);
    never.puts_out(&["step 1 done", "step 1 failed: Forbidden"]);
}
