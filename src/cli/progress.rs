//! The live count, which is shown on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress counter on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts counting to a known number. Nothing is drawn if standard error is not a terminal.
    pub(super) fn new(count: usize, of: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(of);
        Self { bar }
    }

    /// Starts counting to an unknown number.
    pub(super) fn open_ended(of: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(of);
        Self { bar }
    }

    /// Sets how many are done.
    pub(super) fn reach(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// Writes something while the count is hidden.
    pub(super) fn beside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// Adds one to the count.
    pub(super) fn count(&self) {
        self.bar.inc(1);
    }

    /// Removes the count from the screen.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
