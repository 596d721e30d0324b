//! What runs in a World happens again with the same seed: nothing in there may depend on the machine, the process, or
//! the order in which threads come along.

use std::collections::BTreeSet;

use super::Finding;
use super::rules::is_address;
use super::source::Source;

/// The folders and files whose code runs in a World. Of the far ends only scripts do, and what they are made of; the others
/// have sockets, devices and threads.
const IN_A_WORLD: &[&str] = &[
    "control",
    "media",
    "sip",
    "rtp",
    "bridge",
    "leg/scripted",
    "leg/cast",
    "leg/device",
    "leg/ends",
    "leg/log",
    "scenario",
    "play",
    "report",
    "suite",
];

/// Paths that bring in something which differs from run to run, and everything below them.
const REFUSED: &[(&str, &str)] = &[
    ("std::env", "let config on floor 2 read it and pass a setting"),
    ("std::process", "let an upper floor start and end processes; number things by counting"),
    ("std::thread", "let suite play many cases at once, each on one thread"),
    ("std::ptr", "name things by numbers: an address differs from run to run"),
    ("std::net", "let a leg on floor 3 own the socket"),
    ("std::time::Instant", "take a control::time::Instant as an argument"),
    ("std::time::SystemTime", "take the time as an argument"),
    ("std::time::UNIX_EPOCH", "take the time as an argument"),
    ("crate::clock", "take a control::time::Instant as an argument"),
    ("chrono", "take the time as an argument"),
    ("jiff", "take the time as an argument"),
    ("getrandom", "draw from a generator that the run's seed started"),
    ("fastrand", "draw from a generator that the run's seed started"),
    ("uuid", "number things by counting"),
    ("dashmap", "use BTreeMap, BTreeSet or Vec"),
    ("hashbrown", "use BTreeMap, BTreeSet or Vec"),
    ("rayon", "let suite play many cases at once, each on one thread"),
    ("tokio", "let the exchange wait: what a World asks answers at once"),
    ("crate::store", "keep records in the World's own directory"),
];

/// All that may be taken from `rand`: a generator that is the same on every machine, and is started by a seed.
const CHANCE_BY_SEED: &[&str] = &["rand::Rng", "rand::RngExt", "rand::SeedableRng", "rand::rngs::ChaCha8Rng"];

/// The same for words of code.
const REFUSED_WORDS: &[(&str, &str)] = &[
    ("from_os_rng", "start the generator with seed_from_u64 and the run's seed"),
    ("try_from_os_rng", "start the generator with seed_from_u64 and the run's seed"),
    ("from_entropy", "start the generator with seed_from_u64 and the run's seed"),
    ("thread_rng", "draw from a generator that the run's seed started"),
    ("make_rng", "draw from a generator that the run's seed started"),
    ("OsRng", "draw from a generator that the run's seed started"),
    ("SysRng", "draw from a generator that the run's seed started"),
    ("StdRng", "use ChaCha8Rng: what StdRng draws may change with the version of rand"),
    ("SmallRng", "use ChaCha8Rng: what SmallRng draws differs from machine to machine"),
    ("RandomState", "use BTreeMap, BTreeSet or Vec"),
    ("HashTable", "use BTreeMap, BTreeSet or Vec"),
    ("as *const", "name things by numbers: an address differs from run to run"),
    ("as *mut", "name things by numbers: an address differs from run to run"),
    ("as_ptr", "name things by numbers: an address differs from run to run"),
    ("addr_of!", "name things by numbers: an address differs from run to run"),
    ("thread_local!", "keep it in the World: the next case may be played on the same thread"),
    ("static mut", "keep it in the World: the next case is played in the same process"),
    ("AtomicBool", "keep it in the World: the next case is played in the same process"),
    ("AtomicU32", "keep it in the World: the next case is played in the same process"),
    ("AtomicU64", "keep it in the World: the next case is played in the same process"),
    ("AtomicUsize", "keep it in the World: the next case is played in the same process"),
];

/// Numbers whose sum depends on the order of adding; samples of sound are computed one after the other.
const ROUNDED: &[&str] = &["f32", "f64"];

/// What one file may use all the same, and why that cannot show in a log: file, what, reason.
pub(super) const REPEATABLE_ALL_THE_SAME: &[(&str, &str, &str)] = &[
    (
        "src/bridge/prefetch.rs",
        "std::ptr",
        "the address goes to the processor as a hint, and nothing is decided by it",
    ),
    ("src/report/records/moment.rs", "jiff", "writes and reads moments that it is given, and asks no clock"),
    ("src/suite/order.rs", "std::thread", "each case is played on one thread, and results are put in order"),
    ("src/suite/order.rs", "AtomicBool", "tells threads to stop; what was delivered is in order"),
    (
        "src/play/live.rs",
        "crate::clock",
        "the live exchange goes by a clock; with a paused one a run is the same each time",
    ),
    (
        "src/play/live.rs",
        "tokio",
        "the live exchange runs on it; with a paused clock a run is the same each time",
    ),
    (
        "src/play/outward.rs",
        "crate::clock",
        "real calls go by the real clock, and none is to be the same twice",
    ),
    ("src/play/outward.rs", "tokio", "real calls run on it, of which none is to be the same twice"),
    (
        "src/play/outward.rs",
        "crate::store",
        "draws what no stranger may guess: tags, keys, numbers of streams",
    ),
    ("src/play/via.rs", "crate::clock", "real calls go by the real clock, and none is to be the same twice"),
    ("src/play/via.rs", "tokio", "real calls run on it, of which none is to be the same twice"),
    ("src/play/via.rs", "crate::store", "draws what no stranger may guess: tags, numbers of streams"),
    (
        "src/play/via/server.rs",
        "crate::store",
        "draws conference IDs that are free on a server, which are others each time",
    ),
    ("src/play/stored.rs", "tokio", "carries the store's futures, each to its end before the World goes on"),
    (
        "src/play/stored.rs",
        "crate::store",
        "salts and hashes stay inside; a test compares each case's log with that on plain records",
    ),
    ("src/suite/run.rs", "tokio", "plays live cases, of which none is to be the same twice"),
    ("src/suite/run.rs", "crate::clock", "how long a case took is printed, and decides nothing"),
    (
        "src/suite/run.rs",
        "AtomicBool",
        "seeds after the first that fails are skipped, whichever thread found it",
    ),
    ("src/suite/mod.rs", "AtomicBool", "reading is never stopped"),
    ("src/suite/coverage/mod.rs", "AtomicBool", "ends a run early; what was reached by then is the same"),
    ("src/suite/prove/mod.rs", "AtomicBool", "ends a proof early; what was caught by then is the same"),
    ("src/suite/explore/search.rs", "AtomicBool", "ends a search early; what was tried by then is the same"),
    (
        "src/scenario/mask.rs",
        "as_ptr",
        "the distance of a part from the beginning of its text is the same in every run",
    ),
];

pub(super) fn runs_can_be_repeated(source: &Source<'_>) -> Vec<Finding> {
    in_a_world(source, REPEATABLE_ALL_THE_SAME)
}

fn in_a_world(source: &Source<'_>, allowed: &[(&str, &str, &str)]) -> Vec<Finding> {
    let inside = source.path.strip_prefix("src/").filter(|_| source.is_rust());
    let is_in = |folder: &&&str| {
        let below = inside.and_then(|inside| inside.strip_prefix(**folder));
        below.is_some_and(|below| below.starts_with(['/', '.']))
    };
    let Some(folder) = IN_A_WORLD.iter().copied().find(|folder| is_in(&folder)) else { return Vec::new() };
    let is_allowed = |what: &str| allowed.iter().any(|(path, part, _)| *path == source.path && *part == what);
    let mut findings = Vec::new();
    let mut refuse = |line: usize, what: &str, right: &str| {
        findings.push(Finding::new(source, line, &format!("`{what}` in what a seed repeats"), right));
    };

    for path in source.paths().into_iter().filter(|path| !path.in_tests) {
        let named = path.segments.join("::");
        let below = |refused: &str| named == refused || named.starts_with(&format!("{refused}::"));
        if let Some((refused, right)) = REFUSED.iter().find(|(refused, _)| below(refused))
            && !is_allowed(refused)
            && !is_address(&named)
        {
            refuse(path.line, &named, right);
        }
        if below("rand") && !CHANCE_BY_SEED.iter().any(|allowed| below(allowed)) {
            refuse(
                path.line,
                &named,
                "take ChaCha8Rng and its traits from rand, and start it by the run's seed",
            );
        }
    }
    let rounded = ROUNDED.iter().filter(|_| folder != "media");
    let rounded = rounded.map(|word| (*word, "count in whole numbers: microseconds, digits, thousandths"));
    for (word, right) in REFUSED_WORDS.iter().copied().chain(rounded).filter(|(word, _)| !is_allowed(word)) {
        for found in source.find(word).into_iter().filter(|found| !found.in_tests) {
            refuse(found.line, word, right);
        }
    }
    let in_tests: BTreeSet<usize> =
        source.words.iter().filter(|word| word.in_tests).map(|word| word.line).collect();
    for (number, line) in (1..).zip(source.text.lines()) {
        let is_code = !line.trim_start().starts_with("//") && !in_tests.contains(&number);
        if is_code && [":p}", ":#p}"].iter().any(|pointer| line.contains(pointer)) {
            refuse(number, "{:p}", "name things by numbers: an address differs from run to run");
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_found_in_what_a_seed_repeats() {
        for text in [
            "fn a() { std::env::var(\"A\"); }",
            "use std::env;",
            "fn a() { std::process::id(); }",
            "use std::thread;",
            "fn a() { std::thread::current().id(); }",
            "use std::time::{Duration, Instant};",
            "fn a(now: std::time::SystemTime) {}",
            "use crate::clock;",
            "use jiff::Timestamp;",
            "use getrandom::fill;",
            "fn a() { rand::rng(); }",
            "use rand::random;",
            "use rand::prelude::*;",
            "use rand::rngs::{ChaCha8Rng, StdRng};",
            "use rand::rngs::SmallRng;",
            "fn a() { rand::thread_rng(); }",
            "let a = ChaCha8Rng::from_os_rng();",
            "let a = OsRng;",
            "use std::hash::RandomState;",
            "use hashbrown::HashTable;",
            "use dashmap::DashMap;",
            "use rayon::prelude::*;",
            "use tokio::runtime::Runtime;",
            "use crate::store::memory::Memory;",
            "let a = &b as *const u8;",
            "let a = b as *mut u8;",
            "let a = b.as_ptr();",
            "let a = std::ptr::from_ref(&b).addr();",
            "let a = format!(\"{:p}\", b);",
            "let a = format!(\"{b:p}\");",
            "thread_local! { static A: u8 = 1; }",
            "static mut A: u8 = 1;",
            "static A: AtomicU64 = AtomicU64::new(1);",
        ] {
            for path in ["src/control/meeting/roster.rs", "src/leg/scripted/line.rs", "src/play/world.rs"] {
                assert!(!found(runs_can_be_repeated, path, text).is_empty(), "{path} {text}");
            }
            for path in ["src/exchange/mod.rs", "src/leg/sip/transport.rs", "src/leg/browser.rs"] {
                assert_eq!(found(runs_can_be_repeated, path, text), [""; 0]);
            }
            let in_tests = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
            assert_eq!(found(runs_can_be_repeated, "src/play/world.rs", &in_tests), [""; 0]);
        }
    }

    #[test]
    fn numbers_that_are_rounded_are_for_sound_only() {
        let text = "fn a(b: f64) -> f32 {}";
        assert_eq!(found(runs_can_be_repeated, "src/control/pin.rs", text).len(), 2);
        assert_eq!(found(runs_can_be_repeated, "src/report/text.rs", text).len(), 2);
        assert_eq!(found(runs_can_be_repeated, "src/media/dtmf.rs", text), [""; 0]);
    }

    #[test]
    fn seeded_generators_comments_and_names_are_allowed() {
        let text = "use rand::rngs::ChaCha8Rng;\nuse rand::{Rng as _, RngExt as _, SeedableRng as _};\n\
                    use std::time::Duration;\nuse std::collections::BTreeMap;\n// rand::rng(), {:p}\n\
                    let a = \"OsRng\"; let b = c as u64;";
        assert_eq!(found(runs_can_be_repeated, "src/play/world.rs", text), [""; 0]);
    }

    #[test]
    fn one_file_may_use_what_the_list_says_and_no_other_file_may() {
        let text = "use std::thread;\nstatic A: AtomicBool = AtomicBool::new(true);";
        let allowed = [("src/scenario/a.rs", "std::thread", "b"), ("src/scenario/a.rs", "AtomicBool", "b")];
        assert_eq!(in_a_world(&Source::new("src/scenario/a.rs", text), &allowed).len(), 0);
        assert_eq!(in_a_world(&Source::new("src/scenario/b.rs", text), &allowed).len(), 3);
    }

    #[test]
    fn a_finding_says_what_would_be_right() {
        assert_eq!(
            found(runs_can_be_repeated, "src/play/world.rs", "//! A.\nuse std::env;\n"),
            ["src/play/world.rs:2: `std::env` in what a seed repeats; fix: let config on \
                 floor 2 read it and pass a setting"]
        );
    }
}
