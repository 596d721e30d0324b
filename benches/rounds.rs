//! Whether load runs leave anything behind: the same troubled profile round after round in one process, with the memory,
//! the calls, the lobbies and the tasks that are left after each.
//!
//! `cargo bench --bench rounds [-- ROUNDS RATE]`; 10 rounds of 200 stories a second unless told otherwise. In each, lines
//! die, and the directory is slow, fails and comes back.

#![expect(clippy::print_stdout, reason = "a bench prints figures")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;

use attendant::load::host::Host;
use attendant::load::live;
use attendant::load::profile::Profile;
use attendant::load::progress::RunProgress;
use attendant::load::run::{About, Machine, Run};
use attendant::scenario::story::Params;

const LANES: NonZeroUsize = NonZeroUsize::new(2).expect("it is not zero");

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (rounds, rate) = (numbers.next().unwrap_or(10), numbers.next().unwrap_or(200));
    let set = Params::from([("rate".to_owned(), rate.to_string()), ("over".to_owned(), "5s".to_owned())]);
    let profile = Arc::new(Profile::read("troubled", &set, false).map_err(|why| format!("{why:?}"))?);
    println!(
        "{:>6}{:>10}{:>10}{:>8}{:>8}{:>8}{:>10}",
        "round", "calls", "failed", "up", "lobby", "tasks", "MiB"
    );
    for round in 1..=rounds {
        let progress = RunProgress::new(Run::new(about(&profile)));
        live::play(&profile, round, LANES, &progress).await;
        let run = progress.run().clone();
        let last = run.seconds.last().cloned().unwrap_or_default();
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let memory = Host::new().own().1 as f64 / f64::from(1 << 20);
        println!(
            "{round:>6}{:>10}{:>10}{:>8}{:>8}{tasks:>8}{memory:>10.1}",
            run.totals.dialled, run.totals.failed, last.calls, last.lobby
        );
    }
    Ok(())
}

fn about(profile: &Profile) -> About {
    About {
        version: String::new(),
        profile: profile.name.clone(),
        line: profile.line.clone(),
        digest: profile.digest.clone(),
        bridge: attendant::load::verdict::LIVE.to_owned(),
        seed: 1,
        began: 0,
        machine: Machine::default(),
        stages: Vec::new(),
        unit: String::new(),
    }
}
