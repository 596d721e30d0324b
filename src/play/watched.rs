//! A log with the steps of the machines beside it.

use std::collections::BTreeSet;

use crate::control::attendant::DialogStep;
use crate::control::meeting::MeetingTimer;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log, Sink};

/// A sink that keeps a log, and perhaps more.
pub(super) trait KeepsLog: Sink {
    fn log(&self) -> &Log;

    fn take_log(&mut self) -> Log;
}

impl KeepsLog for Log {
    fn log(&self) -> &Log {
        self
    }

    fn take_log(&mut self) -> Log {
        std::mem::take(self)
    }
}

/// What the machines did in a case, each kind of step once.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    log: Log,
    /// The steps of the dialogs.
    pub steps: BTreeSet<DialogStep>,
    /// The deadlines that meetings reached.
    pub timers: BTreeSet<MeetingTimer>,
}

impl Sink for Watched {
    const WATCHES: bool = true;

    fn take(&mut self, at: Instant, entry: Entry) {
        self.log.take(at, entry);
    }

    fn wants_no_more(&self) -> bool {
        self.log.wants_no_more()
    }

    fn dialog_stepped(&mut self, step: DialogStep) {
        self.steps.insert(step);
    }

    fn meeting_timer(&mut self, timer: MeetingTimer) {
        self.timers.insert(timer);
    }
}

impl KeepsLog for Watched {
    fn log(&self) -> &Log {
        &self.log
    }

    fn take_log(&mut self) -> Log {
        std::mem::take(&mut self.log)
    }
}
