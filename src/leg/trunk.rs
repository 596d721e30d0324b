//! Trunks: one pair of bounded channels for the many lines of one owner. What answers at the other end is the exchange.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::bridge::protocol::{Action, Report};
use crate::clock::Clock;
use crate::control::time::Instant;

/// A line of a trunk, as its owner numbers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LineId(pub u32);

/// A report to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineReport {
    /// When it came about.
    pub at: Instant,
    /// The line.
    pub line: LineId,
    /// The report.
    pub report: Report,
}

/// A trunk that is connected. Dropped in the middle of calls, it vanishes from all of them.
///
/// An owner that does not take in its reports loses calls, never reports alone: a report that finds no room ends the call
/// of its line, [`Trunk::missed`] counts it, and the line is told [`Report::Ended`] once there is room.
#[derive(Debug)]
pub struct Trunk {
    actions: mpsc::Sender<(Instant, LineId, Action)>,
    missed: Arc<AtomicU64>,
    clock: Clock,
}

impl Trunk {
    /// A trunk whose actions go this way.
    pub(crate) fn new(
        actions: mpsc::Sender<(Instant, LineId, Action)>,
        missed: Arc<AtomicU64>,
        clock: Clock,
    ) -> Self {
        Self { actions, missed, clock }
    }

    /// Acts on a line.
    ///
    /// # Errors
    /// Nothing was done: too many actions wait already, or the exchange is out of service.
    pub fn try_act(&self, line: LineId, action: Action) -> Result<(), SendError> {
        self.actions.try_send((self.clock.now(), line, action)).map_err(|unsent| match unsent {
            mpsc::error::TrySendError::Full(_) => SendError::TooFast,
            mpsc::error::TrySendError::Closed(_) => SendError::OutOfService,
        })
    }

    /// Acts on a line, once there is room for it.
    ///
    /// # Errors
    /// The exchange is out of service.
    pub async fn act(&self, line: LineId, action: Action) -> Result<(), SendError> {
        let room = self.actions.reserve().await.map_err(|_| SendError::OutOfService)?;
        room.send((self.clock.now(), line, action));
        Ok(())
    }

    /// Returns how many reports found no room.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

/// Why an action was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// The queue is full.
    TooFast,
    /// Nobody takes any more.
    OutOfService,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFast => "keys come faster than the exchange takes them",
            Self::OutOfService => "the exchange is out of service",
        })
    }
}

impl Error for SendError {}
