//! Every order of everything: small worlds in which callers, administrators, timers, the directory and the lines
//! between the machines take turns in all ways there are. Larger worlds by hand: `cargo bench --bench interleavings`.

mod exchange;
mod rules;
mod search;
mod worlds;

use std::collections::HashSet;

use exchange::Exchange;
use search::{walk, walk_past};

/// More than any world of the tests has.
const STATES_MAX: usize = 10_000_000;

#[test]
fn no_interleaving_breaks_an_invariant_or_gets_stuck() {
    for cast in worlds::small() {
        let walked = walk(&Exchange::new(cast), STATES_MAX).unwrap_or_else(|broken| panic!("{broken}"));
        println!("{walked}");
        assert!(walked.complete && walked.ends > 0, "{walked}");
    }
}

#[test]
fn symmetry_reduction_only_skips_swapped_callers() {
    let reached = |interchangeable| {
        let (start, mut reached) =
            (Exchange::new(worlds::with_two_alike(interchangeable, false)), HashSet::new());
        let look = |state: &Exchange| {
            reached.insert(state.fingerprint_by(|at| state.cast.kind(at)));
        };
        let walked = walk_past(&start, STATES_MAX, look).unwrap_or_else(|broken| panic!("{broken}"));
        println!("{walked}");
        assert!(walked.complete, "{walked}");
        (walked.states, reached)
    };
    let ((each, wanted), (once, found)) = (reached(false), reached(true));
    assert!(wanted == found, "{} states were expected, {} were found", wanted.len(), found.len());
    assert!(once == found.len() && once * 20 < each * 11, "about half is left out: {once} of {each}");
}

#[test]
fn a_fault_is_found_with_and_without_symmetry_reduction() {
    let what = |interchangeable| {
        let broken =
            walk(&Exchange::new(worlds::with_two_alike(interchangeable, true)), STATES_MAX).unwrap_err();
        broken.what.replace(|c: char| c.is_ascii_digit(), "N")
    };
    assert_eq!(what(false), "call N was left outside when the meeting started");
    assert_eq!(what(true), what(false));
}
