//! Device legs: a bounded channel in, a bounded channel out, and a task that owns the device's end of the line.
//!
//! The call itself is a row of a lane, as every other: what is over the limit, what a shutdown ends and what is recorded
//! is the same.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::messages::ToLane;
use crate::bridge::protocol::{Action, Report};
use crate::clock::Clock;
use crate::control::call::Digit;
use crate::control::caller::Target;
use crate::control::time::Instant;
use crate::leg::cast::Cast;

/// What a device is told, with its moment.
pub type TimedReport = (Instant, Report);

/// A device that is connected. Dropped in the middle of a call, it vanishes from it.
#[derive(Debug)]
pub struct Device {
    actions: mpsc::Sender<(Instant, Action)>,
    clock: Clock,
}

impl Device {
    /// Places a call.
    ///
    /// # Errors
    /// As for [`Device::press`].
    pub fn dial(&self, target: Target) -> Result<(), SendError> {
        self.act(Action::Dial(target))
    }

    /// Presses a key.
    ///
    /// # Errors
    /// It was not pressed: too many wait already, or the exchange is out of service, or has cut the device off because it
    /// did not take in what it was told.
    pub fn press(&self, digit: Digit) -> Result<(), SendError> {
        self.act(Action::Press(digit))
    }

    /// Ends the call in good order.
    ///
    /// # Errors
    /// As for [`Device::press`].
    pub fn hang_up(&self) -> Result<(), SendError> {
        self.act(Action::HangUp)
    }

    fn act(&self, action: Action) -> Result<(), SendError> {
        self.actions.try_send((self.clock.now(), action)).map_err(|unsent| match unsent {
            mpsc::error::TrySendError::Full(_) => SendError::TooFast,
            mpsc::error::TrySendError::Closed(_) => SendError::OutOfService,
        })
    }
}

/// Why an action was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// As many wait already as may.
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

/// A device that is to be connected.
#[derive(Debug)]
pub(super) struct Connecting {
    pub(super) cast: Arc<Cast>,
    pub(super) reports: mpsc::Sender<TimedReport>,
    /// Takes which part it is.
    pub(super) part: oneshot::Sender<u32>,
}

/// A device's end of the line: what the task owns.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) part: u32,
    pub(super) actions: mpsc::Receiver<(Instant, Action)>,
    pub(super) lane: mpsc::Sender<ToLane>,
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
}

impl Line {
    pub(super) fn new(
        part: u32,
        lane: mpsc::Sender<ToLane>,
        clock: Clock,
        stop: CancellationToken,
        limit: usize,
    ) -> (Device, Self) {
        let (actions, taken) = mpsc::channel(limit);
        (Device { actions, clock }, Self { part, actions: taken, lane, clock, stop })
    }

    /// Carries what the device does to its lane, until the device is gone or the exchange stops.
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                action = self.actions.recv() => {
                    let (at, action) = action.unwrap_or_else(|| (self.clock.now(), Action::Vanish));
                    let sent = self.lane.send(ToLane::Device(at, self.part, action)).await;
                    if sent.is_err() || action == Action::Vanish {
                        return;
                    }
                }
            }
        }
    }
}

/// The ways to the devices of one lane.
#[derive(Debug, Default)]
pub(super) struct Ears(BTreeMap<u32, mpsc::Sender<TimedReport>>);

impl Ears {
    pub(super) fn insert(&mut self, part: u32, reports: mpsc::Sender<TimedReport>) {
        self.0.insert(part, reports);
    }

    /// Tells a device something. False if it is cut off: it is gone, or has not taken in what it was told before.
    pub(super) fn tell(&mut self, part: u32, told: TimedReport) -> bool {
        let heard = self.0.get(&part).is_some_and(|reports| reports.try_send(told).is_ok());
        if !heard {
            self.0.remove(&part);
        }
        heard
    }
}
