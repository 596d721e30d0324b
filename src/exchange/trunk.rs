//! The exchange's end of [trunks](crate::leg::trunk): a task that carries what happens on the lines to a lane.
//!
//! A call on a line is a row of the lane, as every other: what is over the limit, what a shutdown ends and what is recorded
//! is the same. A line takes a row while it has a call, and none otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::messages::ToLane;
use crate::bridge::protocol::{Action, Report};
use crate::clock::Clock;
use crate::control::call::HangupCause;
use crate::control::time::Instant;
use crate::leg::trunk::{LineId, LineReport, Trunk};

/// A trunk that is to be connected.
#[derive(Debug)]
pub(super) struct Connecting {
    pub(super) reports: mpsc::Sender<LineReport>,
    pub(super) missed: Arc<AtomicU64>,
    /// The part of a cast that its line plays.
    pub(super) part: Option<u32>,
    /// Takes the number of the trunk.
    pub(super) number: oneshot::Sender<u64>,
}

/// A trunk's end at the exchange: what its task owns.
#[derive(Debug)]
pub(super) struct TrunkTask {
    number: u64,
    actions: mpsc::Receiver<(Instant, LineId, Action)>,
    lane: mpsc::Sender<ToLane>,
    clock: Clock,
    stop: CancellationToken,
}

impl TrunkTask {
    pub(super) fn new(
        number: u64,
        missed: Arc<AtomicU64>,
        lane: mpsc::Sender<ToLane>,
        clock: Clock,
        stop: CancellationToken,
        limit: usize,
    ) -> (Trunk, Self) {
        let (actions, taken) = mpsc::channel(limit);
        (Trunk::new(actions, missed, clock), Self { number, actions: taken, lane, clock, stop })
    }

    /// Carries what happens on the lines to the lane, until the owner is gone or the exchange stops.
    pub(super) async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                action = self.actions.recv() => {
                    let is_over = action.is_none();
                    let message = match action {
                        Some((at, line, action)) => ToLane::Line(at, self.number, line, action),
                        None => ToLane::Disconnect(self.clock.now(), self.number),
                    };
                    if self.lane.send(message).await.is_err() || is_over {
                        return;
                    }
                }
            }
        }
    }
}

/// The trunks of one lane.
#[derive(Debug, Default)]
pub(super) struct Trunks {
    trunks: BTreeMap<u64, Connected>,
    next: u64,
    /// The trunk and the line of each device.
    lines: BTreeMap<u32, (u64, LineId)>,
}

#[derive(Debug)]
struct Connected {
    reports: mpsc::Sender<LineReport>,
    missed: Arc<AtomicU64>,
    part: Option<u32>,
    /// The device of each line that has a call.
    devices: BTreeMap<LineId, u32>,
    /// Lines whose call has ended and that have not been told: one entry each.
    owed: BTreeMap<LineId, (Instant, HangupCause)>,
}

impl Connected {
    fn tell(&mut self, told: LineReport) -> bool {
        self.settle();
        let heard = self.owed.is_empty() && self.reports.try_send(told).is_ok();
        if !heard {
            self.missed.fetch_add(1, Ordering::Relaxed);
            if let Report::Ended(cause) = told.report {
                self.owed.insert(told.line, (told.at, cause));
            }
        }
        heard
    }

    /// Tells what is owed, as far as there is room.
    fn settle(&mut self) {
        while let Some((line, (at, cause))) = self.owed.first_key_value() {
            let told = LineReport { at: *at, line: *line, report: Report::Ended(*cause) };
            match self.reports.try_send(told) {
                Ok(()) => self.owed.pop_first(),
                Err(mpsc::error::TrySendError::Full(_)) => return,
                // Nobody is left to be told.
                Err(mpsc::error::TrySendError::Closed(_)) => return self.owed.clear(),
            };
        }
    }
}

impl Trunks {
    pub(super) fn connect(&mut self, connecting: Connecting) {
        let Connecting { reports, missed, part, number } = connecting;
        let (devices, owed) = (BTreeMap::new(), BTreeMap::new());
        self.trunks.insert(self.next, Connected { reports, missed, part, devices, owed });
        // The requester may have gone: nobody acts on those lines then.
        let _gone = number.send(self.next);
        self.next += 1;
    }

    /// Forgets a trunk; returns the devices of its lines.
    pub(super) fn disconnect(&mut self, trunk: u64) -> Vec<u32> {
        let gone = self.trunks.remove(&trunk);
        let devices: Vec<u32> = gone.into_iter().flat_map(|gone| gone.devices.into_values()).collect();
        for device in &devices {
            self.lines.remove(device);
        }
        devices
    }

    /// The device of a line, if the line has a call.
    pub(super) fn device(&self, trunk: u64, line: LineId) -> Option<u32> {
        self.trunks.get(&trunk)?.devices.get(&line).copied()
    }

    /// The part of a cast that the lines of this trunk play.
    pub(super) fn part(&self, trunk: u64) -> Option<u32> {
        self.trunks.get(&trunk)?.part
    }

    /// A line has a call from now on.
    pub(super) fn take_line(&mut self, trunk: u64, line: LineId, device: u32) {
        if let Some(connected) = self.trunks.get_mut(&trunk) {
            connected.devices.insert(line, device);
            self.lines.insert(device, (trunk, line));
        }
    }

    /// The call of a device is over: its line has none any more.
    pub(super) fn free_line(&mut self, device: u32) {
        if let Some((trunk, line)) = self.lines.remove(&device)
            && let Some(connected) = self.trunks.get_mut(&trunk)
        {
            connected.devices.remove(&line);
        }
    }

    /// The line of a device.
    pub(super) fn line(&self, device: u32) -> Option<(u64, LineId)> {
        self.lines.get(&device).copied()
    }

    /// Tells a line something. False if it finds no room; the end of a call is told later then.
    pub(super) fn tell(&mut self, trunk: u64, told: LineReport) -> bool {
        self.trunks.get_mut(&trunk).is_some_and(|connected| connected.tell(told))
    }

    /// Tells what is owed, as far as there is room.
    pub(super) fn settle(&mut self) {
        self.trunks.values_mut().for_each(Connected::settle);
    }

    /// The way to a trunk that is owed something, to wait for room on it.
    pub(super) fn owed(&self) -> Option<mpsc::Sender<LineReport>> {
        let owed = self.trunks.values().find(|connected| !connected.owed.is_empty());
        owed.map(|connected| connected.reports.clone())
    }
}
