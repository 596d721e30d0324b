//! Follows a load run from the terminal: with a live view, or one line that changes where only standard error is a
//! terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::view;
use crate::load::progress::RunProgress;
use crate::load::report;
use crate::load::run::Second;
use crate::scenario::load::Metric;

/// How often to check whether the run has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How the progress of a run is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Display {
    /// As a live view that fills the terminal, in colours or not.
    View { coloured: bool },
    /// With a line on standard error, if that is a terminal.
    Line,
}

/// Follows the run until it has ended, or its driver with it; ctrl-C ends it.
pub(super) fn follow(
    how: Display,
    progress: &RunProgress,
    stopped: &AtomicBool,
    has_ended: impl Fn() -> bool,
) {
    if let Display::View { coloured } = how {
        match view::show(progress, stopped, coloured, &has_ended) {
            Ok(()) => return,
            // A terminal that cannot be drawn on still gets the line.
            Err(error) => tracing::warn!(target: "attendant::load", %error, "no live view"),
        }
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    while !progress.is_over() && !has_ended() {
        if stopped.load(Ordering::Relaxed) {
            progress.stop();
        }
        if let Some(second) = progress.run().seconds.last() {
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
        "{}/s start, {} stories, {} calls, {} in lobbies, {} failed{released}",
        second.begun, second.in_flight, second.calls, second.lobby, second.failed
    )
}
