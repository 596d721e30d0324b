//! The templates for continuous integration: YAML, with commands that the program takes, whose output their patterns
//! read.

use std::fs;

use granit_parser::{Event, Parser};

use super::commands::{commands, refusal};
use super::root;
use crate::stage::Stage;

const TEMPLATES: [&str; 2] = ["docs/ci/github-action.yml", "docs/ci/gitlab-ci.yml"];

/// Every value and key of a YAML file, in order.
fn scalars(path: &str) -> Vec<String> {
    let text = fs::read_to_string(root(path)).unwrap();
    let mut scalars = Vec::new();
    for event in Parser::new_from_str(&text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{path}: {error}"));
        if let Event::Scalar(value, ..) = event {
            scalars.push(value.to_string());
        }
    }
    scalars
}

#[test]
fn their_commands_are_taken() {
    for path in TEMPLATES {
        let scalars = scalars(path);
        let lines =
            scalars.iter().flat_map(|scalar| scalar.lines()).filter(|line| line.starts_with("attendant "));
        let found: Vec<Vec<String>> = lines.flat_map(commands).collect();
        let refused: Vec<String> = found.iter().filter_map(|words| refusal(words)).collect();
        assert_eq!(refused, [""; 0], "{path}");
        let verbs: Vec<&str> = found.iter().filter_map(|words| words.get(1).map(String::as_str)).collect();
        assert_eq!(verbs, ["lint", "replay"], "{path}");
    }
}

/// Where GitHub marks an output: `file:line`, with the message.
fn marked(output: &str) -> Vec<String> {
    let mark = regex::Regex::new("^::error file=([^,]+),line=([0-9]+),[^:]*::(.*)$").unwrap();
    let marks = output.lines().filter_map(|line| mark.captures(line));
    marks.map(|mark| format!("{}:{} {}", &mark[1], &mark[2], &mark[3])).collect()
}

/// The command of a template that begins like this.
fn command(path: &str, begins: &str) -> String {
    let scalars = scalars(path);
    let mut lines = scalars.iter().flat_map(|scalar| scalar.lines());
    let line = lines.find(|line| line.starts_with(begins)).unwrap();
    line.strip_prefix("attendant ").unwrap().replace('"', "")
}

#[test]
fn failures_and_mistakes_are_marked_at_their_lines_on_github() {
    let stage = Stage::with(&[]);
    assert_eq!(stage.attendant("init .").code, 0);
    let replay = command(TEMPLATES[0], "attendant replay").replace("$GITHUB_STEP_SUMMARY", "summary.md");
    let played = stage.attendant_with(&[("GITHUB_ACTIONS", "true")], &replay);
    let failure = "pat: `hears: hold_music, within: 20s` timed out; heard: ";
    let marks = marked(&played.err);
    assert!(
        marks.len() == 1 && marks[0].starts_with(&format!("scenarios/fails-on-purpose.yaml:13 {failure}")),
        "{marks:?}"
    );
    assert!(stage.read("junit.xml").contains("failures=\"1\""));
    assert!(stage.read("summary.md").contains("scenarios/fails-on-purpose.yaml:13"));
    fs::write(
        stage.path().join("scenarios/bad.yaml"),
        "scenario: a\ncallers:\n  pat:\n    script:\n      - jump: high\n",
    )
    .unwrap();
    let marks = marked(&stage.attendant(&command(TEMPLATES[0], "attendant lint")).out);
    assert!(marks[0].starts_with("scenarios/bad.yaml:5 unknown step `jump`"), "{marks:?}");
}

#[test]
fn gitlab_gets_the_files_that_the_job_names() {
    let stage = Stage::with(&[]);
    assert_eq!(stage.attendant("init . --ci gitlab").code, 0);
    let played = stage.attendant_with(&[("GITLAB_CI", "true")], &command(TEMPLATES[1], "attendant replay"));
    assert_eq!(played.code, 1, "{played:?}");
    let scalars = scalars(TEMPLATES[1]);
    for kind in ["junit", "codequality"] {
        let place = scalars.iter().position(|scalar| scalar == kind).unwrap();
        assert!(stage.path().join(&scalars[place + 1]).is_file(), "{kind}");
    }
}
