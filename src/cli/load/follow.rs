//! Follows a load run from the terminal: one line that changes, where standard error is a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::load::board::Board;
use crate::load::report;
use crate::load::run::Second;
use crate::scenario::load::Metric;

/// How often it is looked whether the run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Follows the run until it has ended, or its driver with it; ctrl-C ends it.
pub(super) fn follow(board: &Board, stopped: &AtomicBool, has_ended: impl Fn() -> bool) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    while !board.is_over() && !has_ended() {
        if stopped.load(Ordering::Relaxed) {
            board.stop();
        }
        if let Some(second) = board.run().seconds.last() {
            bar.set_message(line(second));
        }
        bar.tick();
        thread::park_timeout(LOOK_EVERY);
    }
    bar.finish_and_clear();
}

fn line(second: &Second) -> String {
    let released = second.latencies.get(Metric::StartToJoined.name());
    let released = released.map_or(String::new(), |spread| {
        format!(", start_to_joined p(99) {}", report::took(Duration::from_micros(spread.p99)))
    });
    format!(
        "{}/s begin, {} stories, {} calls, {} in lobbies, {} failed{released}",
        second.begun, second.in_flight, second.calls, second.lobby, second.failed
    )
}
