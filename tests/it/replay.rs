//! `attendant replay`: which cases are played, in which order, and how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::bounded::{self, Limit};
use super::stage::{Stage, fails, holds, open, story};

/// One scenario of each kind.
fn one_of_each() -> Stage {
    Stage::with(&[
        ("a/fails.yaml", &fails("This fails")),
        ("a/holds.yaml", &holds("This holds")),
        ("b/open.yml", &open("This is open")),
    ])
}

#[test]
fn the_exit_code_says_what_became_of_the_cases() {
    let stage = one_of_each();
    for (line, code, summary) in [
        ("replay a/holds.yaml", 0, "1 case in 1 file: 1 passed, 0 failed"),
        ("replay a", 1, "2 cases in 2 files: 1 passed, 1 failed"),
        ("replay a b", 1, "3 cases in 3 files: 1 passed, 1 failed, 1 not implemented yet"),
        ("replay a/holds.yaml b", 5, "2 cases in 2 files: 1 passed, 0 failed, 1 not implemented yet"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.summary()), (code, summary), "{line}: {ended:?}");
    }
}

#[test]
fn bad_arguments_end_with_2_and_play_nothing() {
    let stage = one_of_each();
    for (line, said) in [
        ("replay", "no scenarios are named"),
        ("replay nowhere", "nowhere: No such file"),
        ("replay a --shard 6/5", "write 2/5"),
        ("replay a --seeds 5..1", "such as 1..2000"),
        ("replay a --seed 1 --seeds 1..2", "cannot be used with"),
        ("replay a --report htm=x", "junit, xunit, json, tap, records, text, failures, codequality or html"),
        ("replay a --report junit", "KIND=FILE"),
        ("replay a --report junit=nowhere/out.xml", "nowhere/out.xml cannot be written"),
        ("replay a --report junit=- --report tap=-", "only one report"),
        ("replay a --set unknown=1", "unknown parameter"),
        ("replay a --jobs 0", "invalid value"),
        ("shuffle", "unrecognized subcommand"),
        ("shuffle", "tip: `attendant help` lists the commands"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}: {ended:?}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
}

#[test]
fn all_bad_files_are_told_and_nothing_is_played() {
    let stage = one_of_each();
    std::fs::write(stage.path().join("a/bad.yaml"), story("Bad", "dail: bridge")).unwrap();
    std::fs::write(stage.path().join("b/worse.yaml"), "scenario: [").unwrap();
    let ended = stage.attendant("replay a b");
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("a/bad.yaml:9:") && ended.err.contains("b/worse.yaml:"), "{}", ended.err);
}

#[test]
fn nothing_selected_ends_with_4() {
    let stage = one_of_each();
    std::fs::create_dir(stage.path().join("empty")).unwrap();
    for line in
        ["replay a --filter nobody", "replay a --tag nothing", "replay empty", "replay a --last-failed"]
    {
        assert_eq!(stage.attendant(line).code, 4, "{line}");
    }
}

#[test]
fn a_place_as_reports_name_it_means_its_file() {
    let stage = one_of_each();
    for line in
        ["replay a/holds.yaml:3", "replay a/holds.yaml:3:9", "replay a --tag small&!large --filter holds"]
    {
        let ended = stage.attendant(line);
        assert_eq!(ended.summary(), "1 case in 1 file: 1 passed, 0 failed", "{line}: {ended:?}");
    }
    assert_eq!(stage.attendant("replay a/nothing.yaml:3").code, 2);
}

#[test]
fn cases_are_chosen_by_parts_of_names_and_paths_and_by_tags() {
    let stage = one_of_each();
    for (line, listed) in [
        (
            "replay . --list",
            "This fails  (small)\nThis holds  (small)\nThis is open  (small)  not implemented: ",
        ),
        ("replay . --list --filter holds", "This holds  (small)\n"),
        ("replay . --list --filter b/ --filter fails", "This fails  (small)\nThis is open"),
        ("replay . --list --tag small --tag large --filter a/h", "This holds  (small)\n"),
    ] {
        let ended = stage.attendant(line);
        assert!(ended.code == 0 && ended.out.starts_with(listed), "{line}: {}", ended.out);
    }
}

#[test]
fn files_to_include_are_no_cases() {
    let stage = Stage::with(&[
        ("s/_parts.yaml", "procedures: { go: [{ dial: bridge }] }"),
        ("s/schema.json", "{}"),
        ("s/.hidden/x.yaml", "["),
        ("s/main.yaml", &format!("include: [_parts.yaml]\n{}", story("Goes", "run: go\n{ hears: welcome }"))),
    ]);
    assert_eq!(stage.attendant("replay s").out, "ok    Goes (0 s)\n1 case in 1 file: 1 passed, 0 failed\n");
}

/// Forty cases in one file.
fn forty() -> Stage {
    let matrix = format!("matrix: {{ a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5] }}\n{}", {
        story("Case", "dial: bridge\n{ hears: welcome, within: \"${a}.${b}s\" }")
    });
    Stage::with(&[("forty.yaml", &matrix)])
}

#[test]
fn shards_share_out_all_cases_each_once() {
    let stage = forty();
    let all: Vec<String> =
        stage.attendant("replay forty.yaml --list").out.lines().map(str::to_owned).collect();
    let mut shared = Vec::new();
    for part in 1..=5 {
        let ended = stage.attendant(&format!("replay forty.yaml --list --shard {part}/5"));
        shared.extend(ended.out.lines().map(str::to_owned));
    }
    assert_eq!((all.len(), shared.len()), (40, 40));
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), shared.into_iter().collect::<BTreeSet<_>>());
}

#[test]
fn the_output_is_the_same_on_any_number_of_threads() {
    let stage = Stage::with(&[
        ("fails.yaml", &fails("This fails")),
        ("open.yaml", &open("This is open")),
        ("forty.yaml", &forty().read("forty.yaml")),
    ]);
    let run = |jobs: &str| {
        let reports =
            "--report junit=out.xml --report json=out.json --report tap=out.tap --report text=out.txt";
        let ended = stage.attendant(&format!("replay . --verbose --jobs {jobs} {reports}"));
        let files = ["out.xml", "out.json", "out.tap", "out.txt"].map(|path| stage.read(path));
        (ended.code, ended.out, files)
    };
    let first = run("1");
    assert!(first == run("1") && first == run("4"));
}

#[test]
fn fail_fast_ends_at_the_first_case_that_fails() {
    let stage = one_of_each();
    let ended = stage.attendant("replay a b --fail-fast --jobs 4");
    assert_eq!((ended.code, ended.summary()), (1, "3 cases in 3 files: 0 passed, 1 failed, 2 not run"));
}

#[test]
fn last_failed_plays_what_failed_until_it_holds() {
    let stage = one_of_each();
    assert_eq!(stage.attendant("replay a").code, 1);
    assert_eq!(stage.read(".attendant/last-failed"), "a/fails.yaml\tThis fails\n");
    assert_eq!(stage.attendant("replay a/holds.yaml").code, 0);
    assert_eq!(stage.attendant("replay . --last-failed --list").out, "This fails  (small)\n");
    std::fs::write(stage.path().join("a/fails.yaml"), holds("This fails")).unwrap();
    assert_eq!(stage.attendant("replay . --last-failed").summary(), "1 case in 1 file: 1 passed, 0 failed");
    assert_eq!(stage.attendant("replay . --last-failed").code, 4);
    assert!(!stage.path().join(".attendant/last-failed").exists());
}

#[test]
fn a_case_is_the_same_with_the_same_seed() {
    let stage = forty();
    let ended = stage.attendant("replay forty.yaml --check-determinism --seed 77");
    assert_eq!((ended.code, ended.summary()), (0, "40 cases in 1 file: 40 passed, 0 failed"));
}

#[test]
fn live_and_virtual_time_give_the_same_verdict() {
    let stage = one_of_each();
    let live = stage.attendant("replay a/holds.yaml --live --speed 100");
    assert_eq!((live.code, live.out), (0, stage.attendant("replay a/holds.yaml").out));
    assert_eq!(stage.attendant("replay a/fails.yaml --live --speed 100").code, 1);
    let unasked = stage.attendant("replay a/holds.yaml --speed 2");
    assert!(unasked.code == 2 && unasked.err.contains("--live"), "{}", unasked.err);
}

#[test]
fn the_log_follows_the_calls_of_a_live_case() {
    let stage = one_of_each();
    let live = stage.attendant("-v replay a/holds.yaml --live --speed 100");
    let answered = r#"case{name="This holds" seed=1}:call{number=0}: attendant::calls: answered call=0"#;
    assert!(live.code == 0 && live.err.contains(answered), "{}", live.err);
}

#[test]
fn a_case_holds_or_fails_on_a_store_as_it_does_on_records() {
    let stage = one_of_each();
    let records = stage.attendant("replay a/holds.yaml --check-determinism").out;
    for directory in ["records", "memory", "sqlite"] {
        let line = format!("replay a/holds.yaml --check-determinism --directory {directory}");
        let stored = stage.attendant(&line);
        assert_eq!((stored.code, &stored.out), (0, &records), "{directory}: {}", stored.err);
        assert_eq!(stage.attendant(&format!("replay a/fails.yaml --directory {directory}")).code, 1);
    }
    let both = stage.attendant("replay a/holds.yaml --directory memory --live");
    assert!(both.code == 2 && both.err.contains("cannot be used with"), "{}", both.err);
}

/// A scenario of which keys are lost and doubled, as its seed has it.
fn keys_arrive() -> String {
    let steps = "dial: bridge\n{ hears: welcome }\npress: \"3141592#\"\n{ hears: press-star-if-organizer, within: 9s }";
    story("Keys arrive", steps)
        + "faults:\n  - { on: pat, lose_digits: 1, double_digits: 1, drop_after: 1h }\n"
}

#[test]
fn the_rerun_command_names_what_carried_the_case() {
    let stage = one_of_each();
    for options in ["--directory memory", "--directory sqlite", "--live --speed 100"] {
        let again = format!("replay a/fails.yaml --seed 1 {options}");
        for kind in ["text", "junit", "tap", "json"] {
            let ended = stage.attendant(&format!("replay a/fails.yaml {options} --report {kind}=-"));
            assert!(ended.out.contains(&format!("attendant {again}")), "{again}: {kind}: {}", ended.out);
        }
        assert_eq!(stage.attendant(&again).code, 1, "{again}");
    }
    let records = stage.attendant("replay a/fails.yaml --directory records").out;
    assert!(records.contains("rerun attendant replay a/fails.yaml --seed 1\n"), "{records}");
}

#[test]
fn faults_are_made_small_on_the_same_directory() {
    let stage = Stage::with(&[("keys.yaml", &keys_arrive())]);
    let records = stage.attendant("replay keys.yaml --seeds 1..3").out;
    let again = |options: &str| records.replace(" --seed 1\n", &format!(" --seed 1 {options}\n"));
    for options in ["--directory memory", "--directory sqlite"] {
        let stored = stage.attendant(&format!("replay keys.yaml --seeds 1..3 {options}")).out;
        assert_eq!(stored, again(options));
    }
}

#[test]
fn many_seeds_find_the_first_that_fails_and_the_smallest_faults() {
    let stage = Stage::with(&[("keys.yaml", &keys_arrive())]);
    let ended = stage.attendant("replay keys.yaml --seeds 1..50");
    insta::assert_snapshot!(ended.out);
    let (_, seed) =
        ended.out.lines().find(|line| line.contains("rerun attendant")).unwrap().rsplit_once(' ').unwrap();
    assert_eq!(stage.attendant(&format!("replay keys.yaml --seed {seed}")).code, 1);
}

#[test]
fn seeds_that_all_hold_are_counted() {
    let stage = one_of_each();
    let ended = stage.attendant("replay a/holds.yaml --seeds 1..20");
    assert_eq!(ended.out.lines().next(), Some("ok    This holds (0 s, 20 seeds)"));
}

#[test]
fn many_seeds_tell_how_often_a_case_fails() {
    let text = story("Keys are lost", "dial: bridge\n{ hears: welcome }\npress: \"3141592#\"\n{ hears: press-star-if-organizer, within: 9s }")
        .replace("    script:", "    dtmf: inband\n    script:")
        + "faults:\n  - { on: pat, loss: 30% }\n";
    let stage = Stage::with(&[("keys.yaml", &text)]);
    let ended = stage.attendant("replay keys.yaml --seeds 1..100 --report json=seeds.jsonl");
    let verdict =
        stage.read("seeds.jsonl").lines().find(|line| line.contains("\"verdict\":")).unwrap().to_owned();
    let verdict: serde_json::Value = serde_json::from_str(&verdict).unwrap();
    let (failing, seed) = (verdict["failing_seeds"].as_u64().unwrap(), verdict["seed"].as_u64().unwrap());
    assert!(ended.code == 1 && (2..100).contains(&failing), "{verdict}");
    assert!(
        ended.out.contains(&format!("rate {failing} of 100 seeds fail, {failing} %, 95 % between ")),
        "{}",
        ended.out
    );
    // Each seed by itself says the same, and one that fails is enough for `--fail-fast`.
    let alone = (1..=20).filter(|seed| stage.attendant(&format!("replay keys.yaml --seed {seed}")).code == 1);
    let alone: Vec<u64> = alone.collect();
    assert_eq!(alone.first(), Some(&seed));
    let few = stage.attendant("replay keys.yaml --seeds 1..20 --jobs 1");
    assert!(few.out.contains(&format!("rate {} of 20 seeds fail", alone.len())), "{}", few.out);
    let fast = stage.attendant("replay keys.yaml --seeds 1..100 --fail-fast");
    assert!(
        !fast.out.contains("seeds fail") && fast.out.contains(&format!("--seed {seed}\n")),
        "{}",
        fast.out
    );
    let threads = |jobs: &str| stage.attendant(&format!("replay keys.yaml --seeds 1..100 --jobs {jobs}")).out;
    assert!(threads("1") == ended.out && threads("4") == ended.out);
}

#[test]
fn the_slowest_cases_are_named_beside_the_output() {
    let stage = one_of_each();
    let plain = stage.attendant("replay a");
    let ended = stage.attendant("replay a --slowest 1");
    assert_eq!((ended.code, &ended.out), (1, &plain.out));
    let named =
        ended.err.lines().filter(|line| line.ends_with(": This fails") || line.ends_with(": This holds"));
    assert_eq!(named.count(), 1, "{}", ended.err);
}

#[test]
fn a_case_that_fails_leaves_a_folder_of_its_own() {
    let stage = one_of_each();
    let ended = stage.attendant("replay a b --output-dir out/run");
    assert_eq!(ended.code, 1, "{ended:?}");
    let names = |path: &str| {
        let entries = std::fs::read_dir(stage.path().join(path)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(names("out/run"), ["001-this-fails"]);
    let here = "out/run/001-this-fails";
    assert_eq!(
        names(here),
        ["events.jsonl", "ladder.svg", "ladder.txt", "pat.wav", "rerun.sh", "screen.txt"]
    );
    let read = |name: &str| stage.read(&format!("{here}/{name}"));
    assert!(read("screen.txt").starts_with("error: pat: `hears: hold_music, within: 2s` timed out"));
    assert!(read("ladder.svg").starts_with("<svg ") && read("ladder.txt").contains("welcome"));
    let kinds: Vec<String> = read("events.jsonl")
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!((kinds[0].as_str(), kinds.last().unwrap().as_str()), ("case", "verdict"));
    assert_eq!(read("rerun.sh"), "attendant replay a/fails.yaml --seed 1\n");
    let again = stage.attendant("replay a b --output-dir out/run");
    assert_eq!((again.code, again.out.as_str()), (2, ""), "nothing is played");
    let said =
        "error: out/run is not empty, and nothing in it is overwritten: name another folder, or remove it\n";
    assert_eq!(again.err, said);
    let passed = stage.attendant("replay a/holds.yaml --output-dir out/none");
    assert_eq!((passed.code, names("out/none").len()), (0, 0));
    let nowhere = stage.attendant("replay a --output-dir a/fails.yaml/x");
    assert!(nowhere.code == 2 && nowhere.err.contains("cannot be made"), "{}", nowhere.err);
}

#[test]
fn two_runs_are_compared_case_by_case() {
    let stage = one_of_each();
    std::fs::write(stage.path().join("a/same.yaml"), holds("The same")).unwrap();
    let later = "dial: bridge\n{ hears: welcome }\nwait: 1s\npress: \"*\"";
    std::fs::write(stage.path().join("a/later.yaml"), story("Later", later)).unwrap();
    assert_eq!(stage.attendant("replay a b --report json=one.jsonl").code, 1);
    let same = stage.attendant("diff one.jsonl one.jsonl");
    assert_eq!((same.code, same.out.as_str()), (0, "5 cases in both: 0 broken, 0 fixed, 5 the same\n"));
    std::fs::write(stage.path().join("a/fails.yaml"), holds("This fails")).unwrap();
    std::fs::write(stage.path().join("a/holds.yaml"), fails("This holds")).unwrap();
    std::fs::write(stage.path().join("a/later.yaml"), story("Later", &later.replace("1s", "3s"))).unwrap();
    std::fs::remove_file(stage.path().join("b/open.yml")).unwrap();
    std::fs::write(stage.path().join("b/new.yaml"), holds("New")).unwrap();
    stage.attendant("replay a b --report json=two.jsonl");
    let ended = stage.attendant("diff one.jsonl two.jsonl");
    assert_eq!(ended.code, 1, "{ended:?}");
    insta::assert_snapshot!(ended.out);
    let few = stage.attendant("diff one.jsonl two.jsonl --limit 1");
    assert!(
        few.out.contains("and 2 more; --limit 3 shows all\n") && !few.out.contains("FIXED"),
        "{}",
        few.out
    );
    for (line, said) in [
        ("diff one.jsonl nowhere.jsonl", "nowhere.jsonl: cannot be read"),
        ("diff one.jsonl a/holds.yaml", "a/holds.yaml: line 1 is not of a report `json`"),
    ] {
        let wrong = stage.attendant(line);
        assert!(wrong.code == 2 && wrong.err.contains(said), "{line}: {}", wrong.err);
    }
}

#[test]
fn parameters_take_the_values_that_are_given() {
    let text = "params: { patience: 1s }\n".to_owned()
        + &story("Waits", "dial: bridge\n{ hears: hold_music, within: \"${patience}\" }");
    let stage = Stage::with(&[("waits.yaml", &text)]);
    let ended = stage.attendant("replay waits.yaml --set patience=2s");
    assert!(ended.out.contains("deadline 2.000 s"), "{}", ended.out);
    assert!(
        ended.out.contains("rerun attendant replay waits.yaml --seed 1 --set patience=2s"),
        "{}",
        ended.out
    );
}

#[test]
fn quiet_prints_failures_and_the_summary_only() {
    let stage = one_of_each();
    let ended = stage.attendant("replay . --quiet");
    assert!(ended.out.starts_with("FAIL  This fails") && !ended.out.contains("This holds"), "{}", ended.out);
    assert_eq!(ended.err, "");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let stage = one_of_each();
    assert!(!stage.attendant("replay a").out.contains('\x1b'));
    assert!(stage.attendant("replay a --color always").out.contains("\x1b[1;31mFAIL"));
}

#[test]
fn a_closed_standard_output_ends_the_program_quietly() {
    let matrix: Vec<String> = (0..2_000).map(|number| number.to_string()).collect();
    let text = format!("matrix: {{ a: [{}] }}\n", matrix.join(", "))
        + &story(
            "A name that is long enough to fill a pipe",
            "dial: bridge\n{ hears: welcome, within: \"1.${a}s\" }",
        );
    let stage = Stage::with(&[("long.yaml", &text)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_attendant"))
        .args(["replay", "long.yaml", "--list"])
        .current_dir(stage.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = bounded::finish(child);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(141), b"".as_slice()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_130_and_says_what_was_done() {
    let stage = Stage::with(&[("a.yaml", &holds("One")), ("b.yaml", &holds("Two"))]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_attendant"))
        .args(["-vv", "replay", ".", "--seeds", "1..1000000", "--jobs", "1"])
        .env_remove("RUST_LOG")
        .current_dir(stage.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _limit = Limit::on(&child);
    let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(err.any(|line| line.unwrap().contains("plays")));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    // The program must not wait for a reader of what it says.
    err.for_each(drop);
    let output = bounded::finish(child);
    assert_eq!(output.status.code(), Some(130));
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out, "interrupted: 2 cases in 2 files: 0 passed, 0 failed, 2 not run\n");
}

#[test]
fn output_that_cannot_be_written_is_named() {
    let stage = Stage::with(&[("a.yaml", &holds("One"))]);
    for line in ["replay a.yaml", "replay a.yaml --report json=-", "lint a.yaml", "explain a.yaml", "schema"]
    {
        let ended = Command::new(env!("CARGO_BIN_EXE_attendant"))
            .args(line.split(' '))
            .env_remove("RUST_LOG")
            .current_dir(stage.path())
            .stdout(std::fs::File::create("/dev/full").unwrap())
            .stderr(Stdio::piped())
            .spawn();
        let ended = bounded::finish(ended.unwrap());
        let err = String::from_utf8(ended.stderr).unwrap();
        let said = "error: standard output cannot be written: No space left on device";
        assert!(err.lines().any(|line| line.starts_with(said)), "{line}: {err}");
        assert_eq!(ended.status.code(), Some(2), "{line}");
    }
    std::fs::create_dir_all(stage.path().join(".attendant/last-failed")).unwrap();
    let ended = stage.attendant("replay a.yaml --last-failed");
    assert!(
        ended.err.starts_with("error: the list of cases that failed last, .attendant/last-failed"),
        "{}",
        ended.err
    );
}

#[test]
fn more_runs_than_anybody_waits_for_are_refused() {
    let stage = Stage::with(&[("a.yaml", &holds("It holds"))]);
    for (line, said) in [
        ("replay a.yaml --seeds 1..18446744073709551615", "at most 1000000 seeds in one run: use 1..1000000"),
        ("replay a.yaml --seeds 0..18446744073709551615", "at most 1000000 seeds in one run: use 0..999999"),
        ("replay a.yaml --seeds 9..1", "`9..1` is not a range of seeds"),
        ("explore a.yaml --orders 18446744073709551615", "a whole number, at most 1000000"),
        ("explore a.yaml --random 1000001", "a whole number, at most 1000000"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}: {ended:?}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
}
