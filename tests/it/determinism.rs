//! The same seed gives the same events, byte for byte, whatever the threads do (BEHAVIOUR, invariant 7): the whole
//! library, played more than once.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use attendant::play::Bridge;
use attendant::play::Outcome;
use attendant::play::stored::Store;
use attendant::report::json;
use attendant::scenario::collection::Suite;
use attendant::scenario::story::Params;
use attendant::suite::{Plan, Seeds, read_suite, run};

/// What is left of a case: its place, the events' JSON lines, and what was wrong.
type Left = (usize, String, String);

fn read(folder: &str, jobs: usize) -> Suite {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let jobs = NonZeroUsize::new(jobs).unwrap();
    read_suite(&[root], &Params::new(), jobs).expect("the library is sound")
}

/// Reads and plays all cases of a folder on so many threads, and keeps what is delivered in its order.
fn play_all(folder: &str, jobs: usize, seeds: Seeds) -> Vec<Left> {
    let suite = read(folder, jobs);
    let selected: Vec<usize> = (0..suite.cases.len()).collect();
    let plan = Plan {
        bridge: Bridge::Virtual(Store::Records),
        seeds,
        first_failure: true,
        twice: false,
        jobs: NonZeroUsize::new(jobs).unwrap(),
    };
    let mut left = Vec::new();
    run(&suite, &selected, &plan, &AtomicBool::new(false), |case, outcome| {
        left.push(match outcome {
            Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_) => {
                (case, String::new(), String::new())
            }
            Outcome::Played(run) => {
                let events = json::events(&suite.cases[case].story, &run.played.log);
                let wrong = run.played.failures.iter().map(|wrong| format!("{wrong:?}")).collect::<Vec<_>>();
                (case, String::from_utf8(events).unwrap(), wrong.join("\n"))
            }
        });
        ControlFlow::Continue(())
    });
    assert_eq!(left.len(), suite.cases.len(), "every case is delivered, and each once");
    left
}

/// The first line in which two logs differ, for a message.
fn first_difference(one: &str, other: &str) -> String {
    let lines = (1..).zip(one.lines().zip(other.lines()));
    let differing = lines.into_iter().find(|(_, (one, other))| one != other);
    differing.map_or_else(
        || format!("one has {} lines, the other {}", one.lines().count(), other.lines().count()),
        |(number, (one, other))| format!("line {number}:\n  {one}\n  {other}"),
    )
}

#[test]
fn the_library_repeats_byte_for_byte_on_any_threads() {
    let suite = read("scenarios", 1);
    let (one, seven) = (play_all("scenarios", 1, Seeds::Own), play_all("scenarios", 7, Seeds::Own));
    for (first, second) in one.iter().zip(&seven) {
        let story = &suite.cases[first.0].story;
        let name = &story.name;
        assert_eq!(first.0, second.0, "cases come in the order of the files, on 7 threads too");
        if story.expected_to_fail.is_none() {
            assert_eq!(first.2, "", "{name}: a case of the library must hold");
        }
        assert!(
            first == second,
            "{name}: 7 threads must leave the same log as 1, and differ from {}",
            first_difference(&first.1, &second.1)
        );
    }
}

#[test]
fn another_seed_gives_another_log_somewhere() {
    let [one, other] = [1, 2].map(|seed| play_all("scenarios/announcements", 2, Seeds::One(seed)));
    assert!(
        one.iter().zip(&other).any(|(one, other)| one.1 != other.1),
        "no case depends on the seed, so comparing logs of one seed proves nothing: some must have callers who act \
         in one moment"
    );
}
