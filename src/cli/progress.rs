//! The live count, which is shown on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A count of what is done, on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// So many of these are to come. Where standard error is no terminal, nothing is drawn.
    pub(super) fn new(count: usize, of: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(of);
        Self { bar }
    }

    /// Nobody knows how many of these are to come.
    pub(super) fn open_ended(of: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg}, {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(of);
        Self { bar }
    }

    /// So many are done.
    pub(super) fn reach(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// Writes something without the count in between.
    pub(super) fn beside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// One more is done.
    pub(super) fn count(&self) {
        self.bar.inc(1);
    }

    /// Takes the count off the screen.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
