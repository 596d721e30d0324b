//! What the README shows is what the program does.

use std::path::Path;
use std::process::Command;

use crate::bounded;
use crate::stage::Stage;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The fenced blocks of a page in this language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    let rest = page.split(fence.as_str()).skip(1);
    rest.map(|block| block.split_once("```").expect("a fence is closed").0).collect()
}

fn prints(command: &str) -> String {
    let words = command.strip_prefix("attendant ").expect("the README runs attendant").split_whitespace();
    let mut command = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let output = bounded::output(command.current_dir(ROOT).args(words)).unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_screen_in_the_readme_is_what_its_command_prints() {
    let page = read("README.md");
    let mut current = page.clone();
    let screens = blocks(&page, "console");
    assert!(!screens.is_empty());
    for screen in screens {
        let command =
            screen.lines().next().and_then(|line| line.strip_prefix("$ ")).expect("a command comes first");
        let printed = format!("$ {command}\n{}", prints(command));
        current = current.replace(screen, &printed);
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(Path::new(ROOT).join("README.md"), &current).unwrap();
    }
    assert_eq!(current, read("README.md"), "UPDATE_README=1 cargo test readme rewrites the page");
}

/// A session is typed into a real shell, line by line, in the home of somebody who has nothing yet. `~` stands for that
/// home; nothing else is replaced, so that a session which shows a PIN shows another each time, and fails.
fn session(stage: &Stage, commands: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_attendant")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let script: String = commands
        .iter()
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

#[test]
fn each_session_in_the_readme_is_what_a_shell_shows() {
    let page = read("README.md");
    let mut current = page.clone();
    let sessions = blocks(&page, "shell-session");
    assert!(!sessions.is_empty());
    for shown in sessions {
        let stage = Stage::with(&[]);
        std::os::unix::fs::symlink(Path::new(ROOT).join("scenarios"), stage.path().join("scenarios"))
            .unwrap();
        let commands: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        current = current.replace(shown, &session(&stage, &commands));
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(Path::new(ROOT).join("README.md"), &current).unwrap();
    }
    assert_eq!(current, read("README.md"), "UPDATE_README=1 cargo test readme rewrites the page");
}

#[test]
fn each_scenario_that_a_page_shows_holds() {
    for page in ["README.md", "docs/scenarios.md"] {
        let text = read(page);
        let whole = blocks(&text, "yaml").into_iter().filter(|block| block.starts_with("scenario:"));
        let stories: Vec<&str> = whole.collect();
        assert!(!stories.is_empty(), "{page} shows a scenario");
        for story in stories {
            let ended = Stage::with(&[("story.yaml", story)]).attendant("replay story.yaml");
            assert_eq!(ended.code, 0, "{page}: {}", ended.out);
        }
    }
}
