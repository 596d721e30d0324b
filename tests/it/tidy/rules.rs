//! The rules of style that need no table of modules: what may not stand in which file.

use super::Finding;
use super::floors::floor_of;
use super::source::{Source, Word};

/// A file longer than this has probably two subjects.
const LINES_MAX: usize = 600;

/// The one file that reads the machine's clocks.
const CLOCK: &str = "src/clock.rs";

/// What floors 0 and 1 never use: paths and everything below them, with what they take instead.
const NOT_ON_THE_LOWER_FLOORS: &[(&str, &str)] = &[
    ("std::net", "let a leg on floor 3 own the socket"),
    ("std::fs", "let floor 2 read the file and pass bytes"),
    ("std::io", "let floor 2 read and write, and pass bytes"),
    ("std::env", "let config on floor 2 read it and pass a setting"),
    ("std::process", "let an upper floor start and end processes"),
    ("std::thread", "let a driver own the threads"),
    ("std::time::Instant", "take a control::time::Instant as an argument"),
    ("std::time::SystemTime", "take the time as an argument"),
    ("std::time::UNIX_EPOCH", "take the time as an argument"),
    ("getrandom", "take the random number as an argument"),
    ("tokio_util", "let the exchange on floor 4 drive the machine"),
];

/// The same for floor 0 alone: sound takes thousands of random numbers a second, from a generator that it is given,
/// and `repeatable` says which that may be.
const NOT_ON_THE_LOWEST_FLOOR: &[(&str, &str)] = &[("rand", "take the random number as an argument")];

/// What lies below those paths and does none of it: a cursor reads and writes memory.
const FINE_ON_THE_LOWER_FLOORS: &[&str] = &["std::io::Cursor"];

/// The same for single words of code.
const NO_WORDS_OF_THE_LOWER_FLOORS: &[(&str, &str)] = &[
    ("tokio", "let the exchange on floor 4 drive the machine"),
    ("async", "write a machine: handle_input, handle_timeout, poll_output, poll_timeout"),
    ("println!", "put a record into the event stream"),
    ("eprintln!", "put a record into the event stream"),
    ("print!", "put a record into the event stream"),
    ("eprint!", "put a record into the event stream"),
];

/// Refused in every Rust file, tests included.
const NOWHERE: &[(&str, &str)] = &[
    ("todo!", "write it, or leave the whole thing out"),
    ("unimplemented!", "write it, or leave the whole thing out"),
    ("dbg!", "use tracing"),
    ("thread::sleep", "wait for what is to happen, or let virtual time pass"),
    ("#[ignore", "make the test run everywhere, or delete it"),
];

/// Lines of floor 5 that may use a hash map: file, a part of the line, and why its order cannot leak.
pub(super) const HASH_MAPS_ALLOWED: &[(&str, &str, &str)] = &[];

/// The only Markdown there is: plans and reports belong into issues.
const MARKDOWN: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT.md",
    "LICENSE-APACHE.md",
    "assets/README.md",
];

/// Addresses are values: having one opens no socket.
const ADDRESSES: &[&str] =
    &["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "SocketAddrV4", "SocketAddrV6", "AddrParseError"];

/// Whether a path names an address, or something of one.
pub(super) fn is_address(named: &str) -> bool {
    let below = named.strip_prefix("std::net::").and_then(|below| below.split("::").next());
    below.is_some_and(|name| ADDRESSES.contains(&name))
}

pub(super) fn lower_floors_only_compute(source: &Source<'_>) -> Vec<Finding> {
    let Some(floor @ (0 | 1)) = floor_of(source.path) else { return Vec::new() };
    let lowest = if floor == 0 { NOT_ON_THE_LOWEST_FLOOR } else { &[] };
    let mut findings = Vec::new();
    for path in source.paths().into_iter().filter(|path| !path.in_tests) {
        let named = path.segments.join("::");
        let below = |refused: &str| named == refused || named.starts_with(&format!("{refused}::"));
        if FINE_ON_THE_LOWER_FLOORS.contains(&named.as_str()) || floor == 1 && is_address(&named) {
            continue;
        }
        if let Some((_, right)) =
            NOT_ON_THE_LOWER_FLOORS.iter().chain(lowest).find(|(refused, _)| below(refused))
        {
            findings.push(Finding::new(source, path.line, &format!("`{named}` on floor 0 or 1"), right));
        } else if ["std", "std::*", "std::time", "std::time::*"].contains(&named.as_str()) {
            let what = format!("`{named}` brings in clocks on floor 0 or 1");
            findings.push(Finding::new(source, path.line, &what, "name what is needed: std::time::Duration"));
        }
    }
    for (word, right) in NO_WORDS_OF_THE_LOWER_FLOORS {
        for found in source.find(word).into_iter().filter(|found| !found.in_tests) {
            findings.push(Finding::new(source, found.line, &format!("`{word}` on floor 0 or 1"), right));
        }
    }
    for found in hash_maps(source) {
        let what = format!("`{}` on floor 0 or 1: its order differs from run to run", found.text);
        findings.push(Finding::new(source, found.line, &what, "use BTreeMap, BTreeSet or Vec"));
    }
    findings
}

pub(super) fn scenarios_have_no_hash_order(source: &Source<'_>) -> Vec<Finding> {
    hash_order(source, HASH_MAPS_ALLOWED)
}

fn hash_order(source: &Source<'_>, allowed: &[(&str, &str, &str)]) -> Vec<Finding> {
    let folders = ["src/scenario/", "src/play/", "src/report/", "src/suite/"];
    if !folders.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let refused = hash_maps(source).filter(|found| {
        let line = source.text.lines().nth(found.line - 1).unwrap_or_default();
        !allowed.iter().any(|(path, part, _)| *path == source.path && line.contains(part))
    });
    let findings = refused.map(|found| {
        let what = format!("`{}` in a scenario: its order would break repeatability", found.text);
        let right = "use BTreeMap, or name the line with its reason in tests/it/tidy/rules.rs";
        Finding::new(source, found.line, &what, right)
    });
    findings.collect()
}

fn hash_maps<'s>(source: &'s Source<'_>) -> impl Iterator<Item = &'s Word> {
    let hashed = |word: &&Word| {
        ["HashMap", "HashSet", "DashMap", "DashSet"].iter().any(|map| word.text.ends_with(map))
    };
    source.words.iter().filter(|word| !word.in_tests).filter(hashed)
}

pub(super) fn clocks_are_read_in_one_file(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("src/") || source.path == CLOCK {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for call in ["Instant::now", "SystemTime::now"] {
        for found in source.find(call) {
            let what = format!("`{call}` outside of {CLOCK}");
            findings.push(Finding::new(
                source,
                found.line,
                &what,
                "take the time as an argument, or from the clock",
            ));
        }
    }
    findings
}

pub(super) fn nothing_is_left_lying_about(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (code, right) in NOWHERE {
        for found in source.find(code) {
            findings.push(Finding::new(source, found.line, &format!("`{code}`"), right));
        }
    }
    findings
}

/// Whoever sets a level, or looks for a line, goes by the parts that docs/operation.md lists: modules come and go.
pub(super) fn lines_of_the_log_name_their_part(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("src/") {
        return Vec::new();
    }
    let is_line = |words: &&[Word]| {
        let [tracing, colons, level, bang, open, _] = words else { return false };
        let levels = ["error", "warn", "info", "debug", "trace"];
        (tracing.text.as_str(), colons.text.as_str()) == ("tracing", "::")
            && levels.contains(&level.text.as_str())
            && (bang.text.as_str(), open.text.as_str()) == ("!", "(")
    };
    let without = source.words.windows(6).filter(is_line).filter(|words| words[5].text != "target");
    let finding = |words: &[Word]| {
        let right = "begin it with `target: \"attendant::…\"`, a part that docs/operation.md lists";
        Finding::new(source, words[0].line, "a line of the log that names no part of the program", right)
    };
    without.map(finding).collect()
}

pub(super) fn files_have_one_subject(source: &Source<'_>) -> Vec<Finding> {
    if !source.is_rust() || !source.path.starts_with("src/") {
        return Vec::new();
    }
    let lines = source.lines_without_tests();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    let what = format!("{lines} lines without the tests, more than {LINES_MAX}");
    vec![Finding::new(source, LINES_MAX + 1, &what, "split it: it has probably two subjects")]
}

pub(super) fn files_say_what_they_are(source: &Source<'_>) -> Vec<Finding> {
    if !source.is_rust() || !source.path.starts_with("src/") || source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::new(source, 1, "the file does not say what it is", "begin it with a `//!` line")]
}

pub(super) fn blanks_are_plain(source: &Source<'_>) -> Vec<Finding> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        if line.contains('\t') {
            findings.push(Finding::new(
                source,
                number,
                "a tab",
                "indent with blanks; write \\t inside a string",
            ));
        }
        if line.ends_with(char::is_whitespace) {
            findings.push(Finding::new(
                source,
                number,
                "a blank at the end of the line",
                "end it with its last word",
            ));
        }
    }
    findings
}

pub(super) fn markdown_is_for_readers(source: &Source<'_>) -> Vec<Finding> {
    let path = source.path;
    if !path.ends_with(".md") || path.starts_with("docs/") || MARKDOWN.contains(&path) {
        return Vec::new();
    }
    let right = "keep it in README.md, CHANGELOG.md or docs/, or out of the repository";
    vec![Finding::new(source, 1, "a Markdown file that is not documentation", right)]
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn io_clocks_and_threads_are_found_on_the_lower_floors() {
        for text in [
            "use std::net::UdpSocket;",
            "use std::{fmt, fs};",
            "use std::io::{self, Read};",
            "use std::time::{Duration, Instant};",
            "fn a(now: std::time::SystemTime) {}",
            "use std::time;",
            "use std::thread;",
            "fn a() { std::env::var(\"A\"); }",
            "use tokio::sync::mpsc;",
            "use tokio;",
            "async fn a() {}",
            "fn a() { println!(\"b\") }",
            "use std::collections::{BTreeMap, HashMap};",
            "fn a(b: &std::collections::HashSet<u8>) {}",
            "type A = FxHashMap<u8, u8>;",
        ] {
            for path in ["src/control/pin.rs", "src/media/mixer.rs", "src/control/meeting/roster.rs"] {
                assert!(!found(lower_floors_only_compute, path, text).is_empty(), "{path} {text}");
            }
            assert_eq!(found(lower_floors_only_compute, "src/leg/keyboard.rs", text), [""; 0]);
            let in_tests = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
            assert_eq!(found(lower_floors_only_compute, "src/control/pin.rs", &in_tests), [""; 0]);
        }
    }

    #[test]
    fn randomness_is_found_below_but_allowed_in_media() {
        let found = |path| found(lower_floors_only_compute, path, "use rand::Rng;").len();
        assert_eq!(found("src/control/pin.rs"), 1);
        assert_eq!(found("src/media/impair/noise.rs"), 0);
    }

    #[test]
    fn protocols_may_use_addresses_but_not_sockets() {
        let found = |path, text| found(lower_floors_only_compute, path, text).len();
        let addresses = "use std::net::{IpAddr, SocketAddr};\nlet a = std::net::Ipv4Addr::LOCALHOST;";
        assert_eq!((found("src/media/wav.rs", addresses), found("src/control/pin.rs", addresses)), (0, 3));
        assert_eq!(found("src/media/wav.rs", "use std::net::{IpAddr, UdpSocket};"), 1);
    }

    #[test]
    fn durations_and_sorted_maps_are_fine_on_the_lower_floors() {
        let text = "use std::time::Duration;\nuse std::collections::BTreeMap;\nuse std::io::Cursor;\n// tokio\nlet a = \"println!\";";
        assert_eq!(found(lower_floors_only_compute, "src/control/pin.rs", text), [""; 0]);
    }

    #[test]
    fn a_finding_says_where_it_is_and_what_would_be_right() {
        assert_eq!(
            found(lower_floors_only_compute, "src/media/wav.rs", "//! Sounds.\n\nuse std::fs::File;\n"),
            ["src/media/wav.rs:3: `std::fs::File` on floor 0 or 1; fix: let floor 2 read \
                 the file and pass bytes"]
        );
    }

    #[test]
    fn a_hash_map_in_a_scenario_is_found_unless_its_line_is_allowed() {
        let text = "//! The world.\nuse std::collections::HashMap;\n";
        assert_eq!(hash_order(&Source::new("src/play/world.rs", text), &[]).len(), 1);
        assert_eq!(hash_order(&Source::new("src/exchange/mod.rs", text), &[]).len(), 0);
        let allowed = [("src/play/world.rs", "use std::collections::HashMap", "only looked up in")];
        assert_eq!(hash_order(&Source::new("src/play/world.rs", text), &allowed).len(), 0);
        assert_eq!(hash_order(&Source::new("src/scenario/model.rs", text), &allowed).len(), 1);
    }

    #[test]
    fn reading_a_clock_is_found_outside_of_the_clock() {
        for text in ["let a = Instant::now();", "std::time::SystemTime::now()", "tokio::time::Instant::now()"]
        {
            assert_eq!(found(clocks_are_read_in_one_file, "src/leg/keyboard.rs", text).len(), 1, "{text}");
            assert_eq!(found(clocks_are_read_in_one_file, "src/clock.rs", text), [""; 0]);
        }
        assert_eq!(
            found(clocks_are_read_in_one_file, "src/a.rs", "// Instant::now\nInstant::nowhere()"),
            [""; 0]
        );
    }

    #[test]
    fn leftovers_and_sleeping_are_found_in_tests_too() {
        for text in
            ["todo!()", "unimplemented!(\"a\")", "dbg!(a)", "std::thread::sleep(a)", "#[ignore = \"slow\"]"]
        {
            for path in ["src/cli/run.rs", "tests/it/story.rs"] {
                assert_eq!(found(nothing_is_left_lying_about, path, text).len(), 1, "{path} {text}");
            }
        }
        assert_eq!(
            found(nothing_is_left_lying_about, "src/a.rs", "// todo!\nlet a = \"dbg!\"; ignore"),
            [""; 0]
        );
    }

    #[test]
    fn a_line_of_the_log_without_its_part_is_found() {
        let found = |text| found(lines_of_the_log_name_their_part, "src/leg/a.rs", text).len();
        assert_eq!(found("tracing::warn!(%error, \"lost\"); tracing::info!(\n \"begun\"\n);"), 2);
        assert_eq!(found("tracing::warn!(target: LOG, %error, \"lost\"); tracing::info_span!(\"call\");"), 0);
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let code = "fn a() {}\n".repeat(LINES_MAX);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{code}}}\n");
        assert_eq!(found(files_have_one_subject, "src/a.rs", &(code.clone() + &tests)), [""; 0]);
        assert_eq!(
            found(files_have_one_subject, "src/a.rs", &(code + "fn b() {}\n" + &tests)),
            ["src/a.rs:601: 601 lines without the tests, more than 600; fix: split it: it \
                 has probably two subjects"]
        );
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_found() {
        assert_eq!(found(files_say_what_they_are, "src/a.rs", "use std::fmt;\n").len(), 1);
        assert_eq!(found(files_say_what_they_are, "src/a.rs", "//! A.\n"), [""; 0]);
    }

    #[test]
    fn tabs_and_blanks_at_the_end_are_found() {
        assert_eq!(found(blanks_are_plain, "src/a.rs", "a\n\tb\nc \n").len(), 2);
        assert_eq!(found(blanks_are_plain, "src/a.rs", "a\n    b\n"), [""; 0]);
    }

    #[test]
    fn markdown_outside_of_the_documentation_is_found() {
        for path in ["PLAN.md", "src/control/NOTES.md", "assets/prompts/README.md"] {
            assert_eq!(found(markdown_is_for_readers, path, "# A").len(), 1, "{path}");
        }
        for path in
            ["README.md", "CHANGELOG.md", "docs/operations/store.md", "assets/README.md", "src/plan.rs"]
        {
            assert_eq!(found(markdown_is_for_readers, path, "# A"), [""; 0]);
        }
    }
}
