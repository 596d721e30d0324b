//! Every order of everything: small worlds in which callers, administrators, timers, the directory and the lines
//! between the machines take turns in all ways there are. Larger worlds by hand: `cargo bench --bench interleavings`.

mod exchange;
mod rules;
mod search;
mod worlds;

use exchange::Exchange;
use search::walk;

/// More than any world of the tests has.
const STATES_MAX: usize = 10_000_000;

#[test]
fn no_order_of_steps_breaks_an_invariant_and_every_state_leads_to_an_end() {
    for cast in worlds::small() {
        let walked = walk(&Exchange::new(cast), STATES_MAX).unwrap_or_else(|broken| panic!("{broken}"));
        println!("{walked}");
        assert!(walked.complete && walked.ends > 0, "{walked}");
    }
}
