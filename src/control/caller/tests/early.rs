//! What a bridge plays before it answers.

use super::*;

fn music() -> Input {
    Input::Hears(Source::HoldMusic { begun: Instant::ZERO })
}

#[test]
fn what_is_heard_before_the_answer_meets_a_step_and_tells_no_state() {
    let dial = Op::Dial(Target::Number(0));
    let mut bench = Bench::new(vec![dial, prompt(Prompt::Welcome), press("1"), hears(Sound::Silence, 2_000)]);
    bench.at(500);
    bench.hears(Prompt::Joining);
    bench.hears(Prompt::Welcome);
    bench.puts_out(&["dial", "step 0 done", "step 1 done"]);
    bench.at(1_000);
    bench.input(Input::Hears(Source::Silence));
    bench.puts_out(&[]);
    bench.input(Input::Answered);
    bench.at(1_200);
    bench.puts_out(&["answered", "1000 1", "step 2 done", "step 3 done", "finished"]);
}

#[test]
fn music_that_goes_on_after_the_answer_is_the_lobby() {
    let mut bench = Bench::new(vec![Op::Dial(Target::Number(0)), hears(Sound::HoldMusic, 2_000)]);
    bench.at(500);
    bench.input(music());
    bench.puts_out(&["dial", "step 0 done", "step 1 done", "finished"]);
    bench.input(Input::Answered);
    bench.puts_out(&["answered", "lobby"]);
}
