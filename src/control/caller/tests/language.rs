//! In which language prompts must be spoken.

use super::*;

#[test]
fn a_chosen_language_binds_private_prompts_only() {
    let ops = || vec![press("*1"), prompt(Prompt::EnterConferenceId)];
    for (language, last) in [(Language::DeDe, "finished"), (Language::EnUs, "step 2 failed: TooLate")] {
        let mut bench = Bench::on_the_line(ops());
        bench.at(300);
        bench.hears_in(Prompt::EnterConferenceId, language);
        bench.at(9_000);
        assert!(bench.out.last().unwrap().starts_with(last), "{language:?}: {:?}", bench.out);
    }
    let mut announced = Bench::on_the_line(vec![press("*1"), prompt(Prompt::SomeoneJoined)]);
    announced.at(300);
    announced.input(Input::Hears(Source::Conference));
    announced.input(Input::Announced(Some(SOMEONE_JOINED)));
    assert_eq!(announced.out.last().unwrap(), "finished");
}

#[test]
fn keys_behind_the_conference_id_choose_no_language() {
    for (keys, last) in [("*3", "finished"), ("31#*1", "finished"), ("3*1", "step 2 failed: TooLate")] {
        let mut bench = Bench::on_the_line(vec![press(keys), prompt(Prompt::Joining)]);
        bench.at(2_000);
        bench.hears(Prompt::Joining);
        bench.at(9_000);
        assert!(bench.out.last().unwrap().starts_with(last), "{keys}: {:?}", bench.out);
    }
}

#[test]
fn a_language_that_is_named_is_the_only_one() {
    let german = || vec![hears(Sound::PromptIn(Prompt::Welcome, Language::DeDe), 9_000)];
    let mut bench = Bench::on_the_line(german());
    bench.hears(Prompt::Welcome);
    bench.at(1_000);
    bench.puts_out(&[]);
    bench.hears_in(Prompt::Welcome, Language::DeDe);
    bench.puts_out(&["step 1 done", "finished"]);
}
