//! This process, as the system tells of it.

use std::sync::{Mutex, PoisonError};

use crate::load::host::{Host, ProcessFigures};

/// Looks at this process.
#[derive(Debug, Default)]
pub(crate) struct OwnProcess(Mutex<Host>);

impl OwnProcess {
    /// Returns what the system tells; `None` where it tells nothing.
    pub(crate) fn look(&self) -> Option<ProcessFigures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).process()
    }
}
