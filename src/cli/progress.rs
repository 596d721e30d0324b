//! The live count, which is shown on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A count of cases on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// So many cases are to come. Where standard error is no terminal, nothing is drawn.
    pub(super) fn new(cases: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(cases as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} cases, {elapsed}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Writes something without the count in between.
    pub(super) fn beside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// One more case is done.
    pub(super) fn count(&self) {
        self.bar.inc(1);
    }

    /// Takes the count off the screen.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
