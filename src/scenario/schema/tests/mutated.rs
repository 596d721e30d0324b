//! Files of the library, each changed in one way that a seed chooses.

use std::collections::BTreeMap;
use std::path::Path;

use super::{SCHEMA, yaml, yaml_below};
use crate::scenario::read::read;
use crate::scenario::source::Sources;

/// How many files are changed, unless the tests are built with another number in `MUTATED_FILES`.
const FILES: usize = 2_500;

/// What the reader refuses and a schema cannot, each by a part of its message, with the reason. Names in backticks are left out
/// of it.
const BEYOND_A_SCHEMA: &[(&str, &str)] = &[
    ("duplicate key", "of two keys of one name, a parser drops one before the schema sees it"),
    ("a scenario needs `_`", "an included file needs no such line, and has the same schema"),
    ("unknown procedure", "it may be in an included file"),
    ("unknown parameter", "it may be in an included file"),
    ("unknown caller", "callers have the names that the file gives them"),
    ("unknown organizer", "organizers have the names that the file gives them"),
    ("unknown user", "users have the names that the file gives them"),
    ("is not a user", "users have the names that the file gives them"),
    ("unknown state or mark", "marks have the names that scripts give them"),
    ("a mark cannot be named", "a pattern that leaves words out cannot be read by anybody"),
    ("`_` cannot be dialled", "numbers have the names that the file gives them"),
    ("`_` is given twice for this caller", "two faults of one list are about one caller"),
    ("the script presses fewer keys", "keys are counted along a script and its procedures"),
    ("`_` is only known while the scenario runs", "where a step may name a PIN depends on the step"),
    ("unknown value `_` for `_`", "what `is` may be depends on what `that` asks"),
    ("`_` must be a whole number from 0 to 1,000,000", "what `is` may be depends on what `that` asks"),
    ("`_` must be true or false", "what `is` may be depends on what `that` asks"),
    ("`_` is an event, which has no value", "what `is` may be depends on what `that` asks"),
    ("`_` needs a reason, in one line", "a text of several lines is a text"),
    ("a PIN is 4 to 12 digits", "a number has lost its leading zeros"),
    ("a conference ID is 1 to 12 digits", "a number has lost its sign"),
    ("`_` is not a key", "a number has lost its sign"),
    ("a passcode is 4 to 10 digits", "a number has lost its leading zeros"),
    ("the passcode is the organizer's PIN", "what the one is depends on the other"),
    ("has no passcode", "organizers have the passcodes that the file gives them"),
    ("`_` is asked for twice", "a pattern that counts words cannot be read by anybody"),
    ("is not a telephone number with its country code", "numbers are written in many ways"),
    ("must be a number of dB", "levels are text with a unit"),
    ("has no script", "it may be in an included file"),
    ("unknown prompt or sound", "what a parameter stands for is known once it is read"),
    ("is a step for the administrator", "a procedure is for whoever runs it"),
    ("the recording `_`", "a recording is a file"),
    ("are heard by somebody's voice", "what may stand beside a sound depends on what it is"),
    ("`_` needs one of the", "callers are as many as the file says"),
    ("is not heard", "callers have the names that the file gives them"),
    ("`_` has no effect", "which faults have one depends on how a caller's keys travel"),
    ("script block", "cmdlets have a grammar of their own"),
    ("this value is listed twice", "values that are written differently may be the same"),
    ("unknown cmdlet", "cmdlets have a grammar of their own"),
    ("`_` only applies to a signed-in client", "what may stand beside a number depends on what it is"),
];

/// A message without what it quotes.
fn kind_of(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 0 { part } else { "`_`" }).collect()
}

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

/// The schema and the reader on one changed file: the number of files that both take, and what they do not agree on.
fn compare(path: &str, (text, changed): (&str, &str), complaints: &mut Vec<String>) -> Option<bool> {
    let value = yaml(changed)?;
    let mut sources = Sources::from_files_but(path.to_owned(), changed.to_owned());
    let read = read(path, &mut sources, &BTreeMap::new());
    let refused: Vec<String> =
        SCHEMA.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    let line = || changed.lines().zip(text.lines()).find(|(new, old)| new != old);
    match read {
        Ok(_) if !refused.is_empty() => complaints.push(format!("{path}: {:?}: {refused:?}", line())),
        Err(problems) if refused.is_empty() => {
            let kinds: Vec<String> =
                problems.iter().map(|problem| kind_of(&problem.message(&sources))).collect();
            let is_beyond = |kind: &String| BEYOND_A_SCHEMA.iter().any(|(part, _)| kind.contains(part));
            if !kinds.iter().any(is_beyond) {
                complaints.push(format!("{path}: {:?}: only the reader refuses it: {kinds:?}", line()));
            }
            return Some(false);
        }
        Ok(_) => {}
        Err(_) => return Some(false),
    }
    Some(true)
}

#[test]
fn the_reader_and_the_schema_take_the_same_of_changed_files() {
    let number = option_env!("MUTATED_FILES").map_or(FILES, |number| number.parse().unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files: Vec<(String, String)> = yaml_below(&root)
        .into_iter()
        .map(|path| (path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .filter(|(path, text)| text.len() < BYTES_MAX && !path.contains("/load/"))
        .collect();
    let (mut chance, mut taken, mut complaints) = (Chance(7), 0, Vec::new());
    for number in 0..number {
        let (path, text) = &files[number % files.len()];
        let changed = mutated(text, &mut chance);
        taken += usize::from(compare(path, (text, &changed), &mut complaints) == Some(true));
    }
    assert!(taken > number / 10, "{taken}");
    assert!(complaints.is_empty(), "{} of {number}:\n{}", complaints.len(), complaints.join("\n"));
}
