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

/// The patterns by which GitHub finds problems in what a step prints.
fn patterns() -> Vec<regex::Regex> {
    let scalars = scalars(TEMPLATES[0]);
    let script = scalars.iter().find(|scalar| scalar.contains("problemMatcher")).unwrap();
    let (start, end) = (script.find("{\n").unwrap(), script.rfind("}\n").unwrap());
    let matcher: serde_json::Value = serde_json::from_str(&script[start..=end]).unwrap();
    let patterns = matcher["problemMatcher"][0]["pattern"].as_array().unwrap();
    patterns.iter().map(|pattern| regex::Regex::new(pattern["regexp"].as_str().unwrap()).unwrap()).collect()
}

/// Where problems are found in an output: `file:line`, with the message.
fn found(output: &str) -> Vec<String> {
    let patterns = patterns();
    let lines: Vec<&str> = output.lines().collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let (what, place) = (patterns[0].captures(pair[0])?, patterns[1].captures(pair[1])?);
        Some(format!("{}:{} {}: {}", &place[1], &place[2], &what[1], &what[2]))
    });
    pairs.collect()
}

#[test]
fn failures_and_mistakes_are_marked_at_their_lines() {
    let stage =
        Stage::with(&[("bad.yaml", "scenario: a\ncallers:\n  pat:\n    script:\n      - jump: high\n")]);
    assert_eq!(stage.attendant("init .").code, 0);
    assert_eq!(
        found(&stage.attendant("replay scenarios --quiet --report junit=junit.xml").out),
        ["scenarios/fails-on-purpose.yaml:13 error: pat: `hears: hold_music, within: 20s` timed out"]
    );
    assert!(stage.read("junit.xml").contains("failures=\"1\""));
    assert_eq!(found(&stage.attendant("lint bad.yaml").out), ["bad.yaml:5 error: unknown step `jump`"]);
}
