//! Dial-ins by SIP against the program in a process of its own: how many a second it carries, and what is left of that when
//! ten times as many want in.
//!
//! `cargo bench --bench sip [-- RATES…]`. Each caller dials, keys the conference ID by INFO, one request after the other,
//! hears sound by RTP, stays two seconds, and hangs up. Callers come at a steady rate, whatever the bridge answers (an open
//! loop): 250, 500, 1,000 and 1,500 a second unless told otherwise. Then INVITEs come at ten times the best rate. Generator
//! and bridge share the machine; the generator's own lateness stands beside each row, and a late generator proves nothing.
//!
//! Then generators are compared: `attendant load --via`, whose callers are telephones that send sound and read what they hear,
//! and sipp, in turn and against the same bridge; `-- generators [RATES…]` does that alone.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

mod beside;
mod bridge;
mod generator;

use std::process::ExitCode;
use std::time::Duration;

use bridge::Bridge;
use generator::{Generator, Run};

/// How long callers come at one rate.
const COMING: Duration = Duration::from_secs(15);

/// More dial-ins than this share may not fail.
const FAILED: f64 = 0.01;

/// Callers who wait at once, over how long they come, and how long each stays, in seconds.
const PARKED: u32 = 1_000;
const PARKED_OVER: Duration = Duration::from_secs(10);
const PARKED_STAY: u32 = 20;

/// So many times the best rate is an overload.
const OVERLOAD: f64 = 10.0;

fn main() -> ExitCode {
    let mut rates: Vec<f64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if std::env::args().any(|argument| argument == "generators") {
        return generators(&rates);
    }
    if rates.is_empty() {
        rates = vec![250.0, 500.0, 1_000.0, 1_500.0];
    }
    println!(
        "{:>9} {:>9} {:>9} {:>8} {:>8} {:>10} {:>12} {:>14} {:>12} {:>10}",
        "calls/s",
        "offered",
        "carried",
        "failed",
        "shed",
        "goodput/s",
        "bridge",
        "RTP/s",
        "generator",
        "late"
    );
    let mut best: Option<Run> = None;
    for rate in rates {
        let run = row(rate);
        if run.failed_share() < FAILED && best.as_ref().is_none_or(|best| run.goodput() > best.goodput()) {
            best = Some(run);
        }
    }
    let Some(best) = best else {
        println!("no rate was carried with less than {:.0} % failed", FAILED * 100.0);
        return ExitCode::FAILURE;
    };
    let over = row(best.rate * OVERLOAD);
    println!(
        "best {:.0} calls/s with {:.2} % failed; under {OVERLOAD:.0} times as many {:.0} %  of that goodput",
        best.goodput(),
        best.failed_share() * 100.0,
        100.0 * over.goodput() / best.goodput()
    );
    println!();
    generators(&[])
}

/// One rate, against a bridge that has just begun.
fn row(rate: f64) -> Run {
    let bridge = Bridge::start();
    let run = Generator::new(bridge.sip, bridge.conference_ids()).run(rate, COMING);
    let cpu = bridge.cpu();
    let entered = bridge.entered();
    println!(
        "{rate:>9.0} {:>9} {:>9} {:>7.2}% {:>8} {:>10.0} {:>10.1} % {:>14.0} {:>10.1} % {:>7.1} ms",
        run.offered,
        run.carried,
        run.failed_share() * 100.0,
        run.shed,
        run.goodput(),
        100.0 * cpu.as_secs_f64() / run.took.as_secs_f64(),
        run.packets as f64 / run.took.as_secs_f64(),
        100.0 * run.cpu.as_secs_f64() / run.took.as_secs_f64(),
        run.late.as_secs_f64() * 1_000.0,
    );
    if entered < run.carried {
        println!(
            "          the bridge knows of {entered} who keyed a conference ID, and {} were carried",
            run.carried
        );
    }
    run
}

/// The generators, in turn, at rising rates; then how many streams each core sends and reads.
fn generators(rates: &[f64]) -> ExitCode {
    let rates: Vec<u32> = rates.iter().map(|rate| *rate as u32).filter(|rate| *rate > 0).collect();
    println!("{}", beside::head());
    for rate in if rates.is_empty() { vec![100, 250, 500] } else { rates } {
        let ours = beside::attendant(&Bridge::start(), rate, COMING, beside::STAY);
        println!("{}", ours.row("attendant load", rate));
        match beside::sipp(&Bridge::start(), rate, COMING) {
            Some(sipp) => println!("{}", sipp.row("sipp", rate)),
            None => println!("{:>16} is not installed", "sipp"),
        }
    }
    let parked =
        beside::attendant(&Bridge::start(), PARKED / PARKED_OVER.as_secs() as u32, PARKED_OVER, PARKED_STAY);
    println!("{}", parked.row("attendant load", PARKED / PARKED_OVER.as_secs() as u32));
    println!(
        "with up to {PARKED} callers who wait: {:.0} streams sent and read for each core of the generator; sipp reads none",
        parked.streams_for_each_core()
    );
    ExitCode::SUCCESS
}
