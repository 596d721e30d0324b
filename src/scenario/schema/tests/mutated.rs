//! Files of the library, each changed in one way that a seed chooses.

use std::collections::BTreeMap;
use std::path::Path;

use super::{SCHEMA, yaml, yaml_below};
use crate::scenario::read::read;
use crate::scenario::source::Sources;

/// How many files are changed.
const FILES: usize = 2_500;

/// Larger files would take most of the time, and have nothing that smaller ones lack.
const BYTES_MAX: usize = 3_000;

/// What a value may become.
const VALUES: &[&str] = &[
    "0",
    "1",
    "07",
    "-1",
    "2.5",
    "2s",
    "250ms",
    "1m30s",
    "2",
    "true",
    "false",
    "\"true\"",
    "~",
    "\"\"",
    "[]",
    "{}",
    "[1, 2]",
    "amos",
    "pat",
    "pat.joined",
    "admin",
    "welcome",
    "hold_music",
    "joined",
    "bridge",
    "\"#\"",
    "\"${amos.pin}#\"",
    "none",
    "sim",
    "[sim]",
    "de-DE",
    "nobody",
    "ended",
    "refused(full)",
    "\"5/50\"",
    "+3",
    "{ case: {}, reason: r }",
    "1h",
    "\"1,w#\"",
    "rfc4733",
];

/// What a key may become.
const KEYS: &[&str] = &[
    "hears",
    "still",
    "expect",
    "never",
    "when",
    "wait",
    "press",
    "dial",
    "mark",
    "run",
    "within",
    "of",
    "for",
    "language",
    "gap",
    "hold",
    "that",
    "is",
    "at_least",
    "at_most",
    "between",
    "one_of",
    "before",
    "skip",
    "expected_to_fail",
    "runs_on",
    "include",
    "params",
    "given",
    "tenant",
    "dialog",
    "meeting",
    "lockout",
    "organizers",
    "callers",
    "count",
    "from",
    "dtmf",
    "script",
    "admin",
    "remove",
    "deny",
    "mute",
    "admit",
    "timeout",
    "seed",
    "tags",
    "then",
    "faults",
    "order",
    "on",
    "pin_length",
    "capacity",
    "still_waiting_every",
];

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

fn mutated(text: &str, chance: &mut Chance) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = chance.below(lines.len());
    match chance.below(7) {
        0 => drop(lines.remove(place)),
        1 => lines.insert(place, lines[place].clone()),
        2 => {
            let other = chance.below(lines.len());
            lines.swap(place, other);
        }
        3 => lines[place] = with_key(&lines[place], chance.of(KEYS)),
        4 => lines[place] = lines[place].replace('"', ""),
        _ => lines[place] = with_value(&lines[place], chance),
    }
    lines.join("\n") + "\n"
}

/// The line with its first key replaced.
fn with_key(line: &str, key: &str) -> String {
    let start = line.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
    let end = line[start..].find(':').map_or(start, |at| start + at);
    format!("{}{key}{}", &line[..start], &line[end..])
}

/// The line with one of its values replaced.
fn with_value(line: &str, chance: &mut Chance) -> String {
    let colons: Vec<usize> = line.match_indices(": ").map(|(at, _)| at + 2).collect();
    if colons.is_empty() {
        return line.to_owned();
    }
    let start = colons[chance.below(colons.len())];
    let end = line[start..].find([',', '}', ']']).map_or(line.len(), |at| start + at);
    format!("{}{} {}", &line[..start], chance.of(VALUES), &line[end..])
}

#[test]
fn what_the_reader_takes_of_changed_files_the_schema_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files: Vec<(String, String)> = yaml_below(&root)
        .into_iter()
        .map(|path| (path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .filter(|(path, text)| text.len() < BYTES_MAX && !path.contains("/load/"))
        .collect();
    let (mut chance, mut taken, mut complaints) = (Chance(7), 0, Vec::new());
    for number in 0..FILES {
        let (path, text) = &files[number % files.len()];
        let changed = mutated(text, &mut chance);
        let Some(value) = yaml(&changed) else { continue };
        let mut sources = Sources::from_files_but(path.clone(), changed.clone());
        if read(path, &mut sources, &BTreeMap::new()).is_err() {
            continue;
        }
        taken += 1;
        let refused = SCHEMA.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path()));
        let refused: Vec<String> = refused.collect();
        if !refused.is_empty() {
            let line = changed.lines().zip(text.lines()).find(|(new, old)| new != old);
            complaints.push(format!("{path}: {line:?}: {refused:?}"));
        }
    }
    assert!(taken > FILES / 10, "{taken}");
    assert_eq!(complaints, [""; 0], "of {taken} files that the reader takes");
}
