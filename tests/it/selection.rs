//! Which scenarios a command takes: patterns, what changed in git, parameters, a team's own file, and parts of equal length.

use std::collections::BTreeSet;

use super::bounded;
use super::stage::{Stage, fails, holds, story};

/// The names that a command lists.
#[track_caller]
fn listed(stage: &Stage, words: &[&str]) -> Vec<String> {
    let all: Vec<&str> = ["replay"].iter().chain(words).copied().collect();
    let ended = stage.attendant_words(&all, "--list");
    assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    ended.out.lines().map(|line| line.trim_end_matches("  (small)").to_owned()).collect()
}

#[test]
fn patterns_mean_the_same_in_every_shell() {
    let stage = Stage::with(&[
        ("s/_parts.yaml", "procedures: {}"),
        ("s/a/pin-one.yaml", &holds("One")),
        ("s/a/.hidden/pin-x.yaml", &holds("Hidden")),
        ("s/b/deep/pin-two.yml", &holds("Two")),
        ("s/b/other.yaml", &holds("Other")),
        ("s/b/pin.txt", "no scenario"),
    ]);
    for (pattern, names) in [
        ("s/**/pin-*.*", &["One", "Two"][..]),
        ("s/*/*.yaml", &["One", "Other"]),
        ("s/**", &["One", "Two", "Other"]),
        ("s/[!a]", &["Two", "Other"]),
        ("s/{b,a}/*.yaml", &["One", "Other"]),
        ("./s/?/other.yaml", &["Other"]),
        ("**/deep", &["Two"]),
    ] {
        assert_eq!(listed(&stage, &[pattern]), names, "{pattern}");
    }
    let none = stage.attendant_words(&["lint", "s/**/lobby-*.yaml"], "");
    assert_eq!(
        (none.code, none.err.as_str()),
        (2, "error: s/**/lobby-*.yaml: no scenario file fits this pattern\n")
    );
}

/// Runs git in the folder, as somebody.
#[track_caller]
fn git(stage: &Stage, line: &str) {
    let mut git = stage.program("git");
    git.args(["-c", "user.name=Pat", "-c", "user.email=pat@contoso.com", "-c", "commit.gpgsign=false"]);
    let ended = bounded::output(git.args(line.split(' '))).unwrap();
    assert!(ended.status.success(), "git {line}: {}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn what_changed_in_git_is_played() {
    let including = format!("include: [_parts.yaml]\n{}", story("Includes", "run: enter"));
    let stage = Stage::with(&[
        ("s/_parts.yaml", "procedures: { enter: [ { dial: bridge }, { hears: welcome } ] }\n"),
        ("s/committed.yaml", &holds("Committed")),
        ("s/edited.yaml", &holds("Edited")),
        ("s/includes.yaml", &including),
        ("s/same.yaml", &holds("Same")),
        ("s/ignored.yaml", &holds("Ignored")),
        (".gitignore", "ignored.yaml\n.attendant\n"),
    ]);
    let change = |path: &str| {
        std::fs::write(stage.path().join(path), format!("{}# changed\n", stage.read(path))).unwrap();
    };
    git(&stage, "init -q -b main");
    git(&stage, "add .");
    git(&stage, "commit -q -m first");
    let nothing = stage.attendant("replay s --changed-since main");
    assert_eq!(nothing.code, 4);
    assert!(nothing.err.contains("no scenario here has changed since main"), "{}", nothing.err);
    git(&stage, "switch -q -c branch");
    change("s/committed.yaml");
    git(&stage, "commit -q -a -m second");
    change("s/edited.yaml");
    change("s/_parts.yaml");
    std::fs::write(stage.path().join("s/new.yaml"), holds("New")).unwrap();
    assert_eq!(listed(&stage, &["s", "--changed-since", "main"]), ["Committed", "Edited", "Includes", "New"]);
    assert_eq!(listed(&stage, &["s", "--changed-since", "HEAD"]), ["Edited", "Includes", "New"]);
    // What others have committed on main meanwhile is no change of this branch.
    git(&stage, "stash -q -u");
    git(&stage, "switch -q main");
    change("s/same.yaml");
    git(&stage, "commit -q -a -m third");
    git(&stage, "switch -q branch");
    assert_eq!(listed(&stage, &["s", "--changed-since", "main"]), ["Committed"]);
    let unknown = stage.attendant("replay s --changed-since nowhere");
    assert_eq!((unknown.code, unknown.err.as_str()), (2, "error: git knows no revision `nowhere` here\n"));
    let outside = Stage::with(&[("a.yaml", &holds("A"))]);
    let ended = outside.attendant("replay a.yaml --changed-since main");
    assert!(ended.code == 2 && ended.err.contains("not a git repository"), "{}", ended.err);
}

#[test]
fn values_go_to_the_files_that_have_the_parameter() {
    let waits = "params: { patience: 1s }\n".to_owned()
        + &story("Waits", "dial: bridge\n{ hears: hold_music, within: \"${patience}\" }");
    let stage = Stage::with(&[
        ("s/holds.yaml", &holds("Holds")),
        ("s/waits.yaml", &waits),
        ("s/fails.yaml", &fails("Fails")),
    ]);
    let ended = stage.attendant("replay s --set patience=3s");
    assert!(ended.code == 1 && ended.out.contains("deadline 3.000 s"), "{}", ended.out);
    // The command of each failing case names only what its file has.
    assert!(ended.out.contains("rerun attendant replay s/fails.yaml --seed 1\n"), "{}", ended.out);
    assert!(
        ended.out.contains("rerun attendant replay s/waits.yaml --seed 1 --set patience=3s\n"),
        "{}",
        ended.out
    );
    assert_eq!(stage.attendant("lint s --set patience=3s").code, 0);
    for command in ["replay", "lint"] {
        let wrong = stage.attendant(&format!("{command} s --set patiense=3s"));
        let said = "error: --set: unknown parameter `patiense`: no file has it; did you mean `patience`?\n";
        assert_eq!((wrong.code, wrong.err.as_str()), (2, said), "{command}");
    }
}

/// A team's folder with a file of its own.
fn team(settings: &str) -> Stage {
    let slow = story("Slow", "dial: bridge\nwhen: pat.lobby").replace("[small]", "[small, slow]");
    let own = format!("timeout: 20s\n{}", slow.replace("Slow", "Own"));
    Stage::with(&[
        ("team/scenarios.toml", settings),
        ("team/stories/deep/holds.yaml", &holds("Holds")),
        ("team/stories/slow.yaml", &slow),
        ("team/stories/own.yaml", &own),
    ])
}

#[test]
fn a_team_names_its_paths_reports_seed_and_timeouts_once() {
    let stage = team(
        "paths = [\"stories\"]\nreports = [\"junit=junit.xml\"]\nseed = 7\njobs = 1\ntimeouts = { slow = \"10s\", small = \"5s\" }\n",
    );
    let run = |folder: &str, line: &str| {
        let mut program = stage.program(env!("CARGO_BIN_EXE_attendant"));
        program.current_dir(stage.path().join(folder)).args(line.split(' '));
        let output = bounded::output(&mut program).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = run("team/stories/deep", "replay");
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("timeout after 10s: one script") && out.contains("timeout after 20s: one"), "{out}");
    assert!(out.contains("rerun attendant replay ../../stories/slow.yaml --seed 7"), "{out}");
    assert!(err.contains("wrote ../../junit.xml") && stage.read("team/junit.xml").contains("Slow"), "{err}");
    // What the command line says is stronger, and the file can be ignored.
    let (_, out, err) = run("team", "replay stories/slow.yaml --report tap=cases.tap --seed 3");
    assert!(out.contains("--seed 3") && !err.contains("junit"), "{out}{err}");
    let (code, out, _) = run("team/stories", "replay deep --no-project --list");
    assert_eq!((code, out.as_str()), (0, "Holds  (small)\n"));
    let (code, _, err) = run("team", "replay --no-project");
    assert!(code == 2 && err.contains("no scenarios are named: name files or folders, or `paths`"), "{err}");
    assert_eq!(run("team", "lint").0, 0);
}

#[test]
fn a_wrong_file_of_a_team_is_told_with_its_place() {
    for (settings, said) in [
        ("paths = \"stories\"\n", "invalid type: string"),
        ("pathes = []\n", "unknown field `pathes`"),
        ("timeouts = { slow = \"10\" }\n", "timeouts.slow: "),
        ("reports = [\"junit\"]\n", "`junit` is not a report: write junit=junit.xml"),
        ("reports = [\"junit=../x.xml\"]\n", "must be a file in the folder of scenarios.toml"),
        ("reports = [\"junit=/tmp/x.xml\"]\n", "must be a file in the folder of scenarios.toml"),
        ("reports = [\"junit=-\"]\n", "must be a file in the folder of scenarios.toml"),
        ("reports = [\"juint=x.xml\"]\n", "unknown report `juint`"),
    ] {
        let stage = team(settings);
        let mut program = stage.program(env!("CARGO_BIN_EXE_attendant"));
        program.current_dir(stage.path().join("team")).args(["replay", "stories/deep"]);
        let ended = bounded::output(&mut program).unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(2) && told.contains(said), "{settings}: {told}");
        assert!(told.starts_with("error: scenarios.toml: "), "{told}");
    }
}

#[test]
fn parts_by_an_earlier_report_take_equally_long() {
    // Four long cases and sixteen short ones: a hash would not know.
    let long = "matrix: { a: [1, 2, 3, 4] }\n".to_owned()
        + &story(
            "Long",
            "dial: bridge\nrepeat: { times: 40, steps: [ { press: \"*\" }, { wait: \"1${a}s\" } ] }",
        );
    let numbers: Vec<String> = (1..=16).map(|number| number.to_string()).collect();
    let short = format!("matrix: {{ a: [{}] }}\n", numbers.join(", "))
        + &story("Short", "dial: bridge\n{ hears: welcome, within: \"${a}s\" }");
    let stage = Stage::with(&[("s/long.yaml", &long), ("s/short.yaml", &short)]);
    stage.attendant("replay s --quiet --report json=last.jsonl");
    let mut all = Vec::new();
    for part in 1..=4 {
        let names = listed(&stage, &["s", "--shard", &format!("{part}/4"), "--shard-times", "last.jsonl"]);
        assert_eq!(names.iter().filter(|name| name.starts_with("Long")).count(), 1, "{names:?}");
        all.extend(names);
    }
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (20, 20));
    // New cases are played too, by somebody.
    std::fs::write(stage.path().join("s/new.yaml"), holds("New")).unwrap();
    let parts = (1..=4).map(|part| format!("{part}/4"));
    let found = parts.filter(|part| {
        listed(&stage, &["s", "--shard", part, "--shard-times", "last.jsonl"]).contains(&"New".to_owned())
    });
    assert_eq!(found.count(), 1);
    for (line, said) in [
        ("replay s --shard-times last.jsonl", "--shard"),
        ("replay s --shard 1/2 --shard-times s/new.yaml", "line 1 is not of a report `json`"),
        ("replay s/new.yaml --shard 1/2 --shard-times last.jsonl", "has none of these cases"),
        ("replay s --shard 1/2 --shard-times none.jsonl", "none.jsonl: cannot be read"),
    ] {
        let ended = stage.attendant(line);
        assert!(ended.code == 2 && ended.err.contains(said), "{line}: {}", ended.err);
    }
}
