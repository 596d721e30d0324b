//! The style of the house, as a test: every file of the repository against every rule.

mod circles;
mod floors;
mod repeatable;
mod rules;
mod source;

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use source::Source;

/// Every rule: a pure function from one file to what is wrong in it.
const RULES: &[fn(&Source<'_>) -> Vec<Finding>] = &[
    floors::imports_come_from_below,
    rules::lower_floors_only_compute,
    rules::scenarios_have_no_hash_order,
    repeatable::runs_can_be_repeated,
    rules::clocks_are_read_in_one_file,
    rules::nothing_is_left_lying_about,
    rules::lines_of_the_log_name_their_part,
    rules::files_have_one_subject,
    rules::files_say_what_they_are,
    rules::blanks_are_plain,
    rules::markdown_is_for_readers,
];

/// Folders that hold no sources of ours: the build's, the fuzzer's and the program's own output.
const NOT_OURS: &[&str] = &["target", "corpus", "artifacts", "node_modules", ".git", ".attendant"];

/// What a rule found wrong.
struct Finding {
    path: String,
    line: usize,
    what: String,
    right: String,
}

impl Finding {
    fn new(source: &Source<'_>, line: usize, what: &str, right: &str) -> Self {
        Self { path: source.path.to_owned(), line, what: what.to_owned(), right: right.to_owned() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, right } = self;
        write!(f, "{path}:{line}: {what}; fix: {right}")
    }
}

#[test]
fn every_file_keeps_the_rules_of_the_house() {
    let files = files();
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "the walk must see the sources");

    let mut findings = Vec::new();
    for (path, text) in &files {
        let source = Source::new(path, text);
        findings.extend(RULES.iter().flat_map(|rule| rule(&source)));
    }
    findings.extend(circles::imports_have_no_circle(&files));
    findings.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
    let findings: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn every_line_that_may_use_a_hash_map_still_stands() {
    let files = files();
    for (path, part, reason) in rules::HASH_MAPS_ALLOWED {
        let stands = files.iter().any(|(file, text)| file == path && text.contains(part));
        assert!(stands, "{path} has no `{part}` any more: take it ({reason}) from the list in tidy/rules.rs");
    }
}

#[test]
fn every_exception_for_unrepeatable_code_is_needed() {
    let files = files();
    for (path, what, reason) in repeatable::REPEATABLE_ALL_THE_SAME {
        let name = what.rsplit("::").next().unwrap_or_default();
        let stands = files.iter().any(|(file, text)| file == path && text.contains(name));
        assert!(stands, "{path} uses no `{what}`: take it ({reason}) from the list in tidy/repeatable.rs");
    }
}

/// What a rule says about a text, for the tests of the rules.
fn found(rule: fn(&Source<'_>) -> Vec<Finding>, path: &str, text: &str) -> Vec<String> {
    rule(&Source::new(path, text)).iter().map(Finding::to_string).collect()
}

/// Every Rust and Markdown file of the repository: its path from there, and its text.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let path = entry.expect("an entry of a folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("file names are UTF-8");
            if path.is_dir() {
                if !NOT_OURS.contains(&name) {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") || name.ends_with(".md") {
                let inside = path.strip_prefix(root).expect("the walk began at the root");
                let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
                files.push((names.join("/"), fs::read_to_string(&path).expect("sources are UTF-8")));
            }
        }
    }
    files
}
