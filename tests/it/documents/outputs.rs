//! What documents show of the program's output is what it prints now, and the scenarios that they show pass.

use std::path::Path;
use std::process::Command;

use super::commands::commands;
use super::markdown::Document;
use super::{is_current, root};
use crate::bounded;
use crate::stage::Stage;

/// A screen: one command, run at the root of the repository, and its standard output.
fn screen(shown: &str) -> String {
    let command =
        shown.lines().next().and_then(|line| line.strip_prefix("$ ")).expect("a command comes first");
    let [words] = commands(command).try_into().expect("a screen is of one command");
    let mut program = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let output = bounded::output(program.current_dir(root("")).args(&words[1..])).unwrap();
    format!("$ {command}\n{}", String::from_utf8(output.stdout).unwrap())
}

/// A session is typed into a real shell, line by line, in the home of somebody who has nothing yet. `~` stands for that
/// home; nothing else is replaced, so that a session which shows a PIN shows another each time, and fails.
fn session(shown: &str) -> String {
    let stage = Stage::with(&[]);
    std::os::unix::fs::symlink(root("scenarios"), stage.path().join("scenarios")).unwrap();
    let folder = Path::new(env!("CARGO_BIN_EXE_attendant")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let commands = shown.lines().filter_map(|line| line.strip_prefix("$ "));
    let script: String = commands
        .map(|command| format!("printf '%s\\n' '$ {}'\n{command}\n", command.replace('\'', "'\\''")))
        .collect();
    let mut shell = stage.program("bash");
    shell
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8");
    let output = bounded::output(shell.args(["-c", &format!("exec 2>&1\n{script}")])).unwrap();
    assert!(output.status.success(), "{output:?}");
    let home = stage.path().display().to_string();
    String::from_utf8(output.stdout).unwrap().replace(&home, "~")
}

/// Replaces each block of a language by what it is now.
#[track_caller]
fn all_are_current(language: &str, now: fn(&str) -> String) {
    let mut looked_at = 0;
    for document in Document::all() {
        let mut current = document.text.clone();
        for shown in document.blocks_in(language) {
            looked_at += 1;
            current = current.replace(&shown, &now(&shown));
        }
        if current != document.text {
            is_current(&document.path, &current);
        }
    }
    assert!(looked_at > 2, "only {looked_at} blocks were seen");
}

#[test]
fn each_screen_is_what_its_command_prints() {
    all_are_current("console", screen);
}

#[test]
fn each_session_is_what_a_shell_shows() {
    all_are_current("shell-session", session);
}

#[test]
fn each_scenario_in_a_document_passes() {
    let mut looked_at = 0;
    for document in Document::all() {
        for story in document.blocks_in("yaml").into_iter().filter(|block| block.starts_with("scenario:")) {
            looked_at += 1;
            let ended = Stage::with(&[("story.yaml", &story)]).attendant("replay story.yaml");
            assert_eq!(ended.code, 0, "{}: {}", document.path, ended.out);
        }
    }
    assert!(looked_at > 1, "only {looked_at} scenarios were seen");
}
