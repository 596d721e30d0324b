//! Every order of everything in worlds too large for a test: states, steps, depth, ends and time of each.
//!
//! `cargo bench --bench interleavings [-- NAME]`; only the worlds with that in their name.

#![expect(clippy::print_stdout, reason = "a bench prints figures")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "the worlds are those of the tests")]

#[path = "../tests/it/interleavings/exchange.rs"]
mod exchange;
#[path = "../tests/it/interleavings/rules.rs"]
mod rules;
#[path = "../tests/it/interleavings/search.rs"]
mod search;
#[path = "../tests/it/interleavings/worlds.rs"]
mod worlds;

use std::process::ExitCode;

/// What fits in the memory of a small machine: some 16 bytes a state.
const STATES_MAX: usize = 500_000_000;

fn main() -> ExitCode {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    println!("{:<52} {:>11} {:>12} {:>6} {:>8} {:>10}", "world", "states", "steps", "depth", "ends", "time");
    for cast in worlds::small().into_iter().chain(worlds::large()) {
        if !cast.name.contains(&wanted) {
            continue;
        }
        match search::walk(&exchange::Exchange::new(cast), STATES_MAX) {
            Ok(walked) => println!("{walked}"),
            Err(broken) => {
                println!("{broken}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
