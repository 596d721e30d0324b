//! Devices at the far end of calls: a telephone at the keyboard, a line of a trunk. What their users do reaches the bridge
//! as what scripts do.

use crate::bridge::calls::FarEnd;
use crate::bridge::envelope::Envelope;
use crate::bridge::protocol::{Action, Refused, Report};
use crate::control::call::{Digit, HangupCause, LegId};
use crate::control::time::Instant;

/// The devices of one lane. One that leaves frees its row, and the next takes it.
#[derive(Debug, Default)]
pub(super) struct Devices {
    rows: Vec<Option<Device>>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Device {
    /// The call that is heard.
    leg: Option<LegId>,
    /// The last call, until it is over.
    pub(super) up: Option<LegId>,
    /// The deadline for which the call stands in the heap.
    pub(super) armed: Instant,
    /// The part of a cast that it plays, for readers who know it by that.
    pub(super) part: Option<u32>,
    /// It has left: its row is freed with its last call.
    left: bool,
}

/// What an action comes to.
#[derive(Debug)]
pub(super) enum Acted {
    /// A call is to be placed.
    Dial(Envelope),
    /// A key was pressed in this call.
    Key(LegId, Digit),
    /// This call is to be ended, and is not heard any more.
    Leave(LegId, Envelope, HangupCause),
}

impl Devices {
    /// Adds a device.
    pub(super) fn connect(&mut self, part: Option<u32>) -> u32 {
        let device = Device { leg: None, up: None, armed: Instant::NEVER, part, left: false };
        let number = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            u32::try_from(self.rows.len() - 1).expect("fewer than four billion devices")
        });
        self.rows[number as usize] = Some(device);
        number
    }

    /// Rows that are taken.
    pub(super) fn count(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub(super) fn get_mut(&mut self, device: u32) -> Option<&mut Device> {
        self.rows.get_mut(device as usize)?.as_mut()
    }

    pub(super) fn get(&self, device: u32) -> Option<&Device> {
        self.rows.get(device as usize)?.as_ref()
    }

    /// The user of a device acts.
    pub(super) fn act(&mut self, number: u32, action: Action) -> Result<Acted, Refused> {
        let device = self.get_mut(number).ok_or(Refused::NoCall)?;
        let end = FarEnd::Device(number);
        let cause = match action {
            Action::Dial(_) if device.leg.is_some() => return Err(Refused::OnCall),
            Action::Dial(dial) => return Ok(Acted::Dial(Envelope::Dial(end, dial))),
            Action::Press(digit) => return Ok(Acted::Key(device.leg.ok_or(Refused::NoCall)?, digit)),
            Action::HangUp => HangupCause::Caller,
            Action::Vanish => HangupCause::Lost,
        };
        let leg = device.leg.take().ok_or(Refused::NoCall)?;
        Ok(Acted::Leave(leg, Envelope::HangUp(end, cause), cause))
    }

    /// A call of this device is up.
    pub(super) fn dialled(&mut self, device: u32, leg: LegId) {
        if let Some(device) = self.get_mut(device) {
            (device.leg, device.up) = (Some(leg), Some(leg));
        }
    }

    /// Whether this device takes in what is told of a call; the last is its end.
    pub(super) fn hears(&mut self, device: u32, leg: LegId, report: Report) -> bool {
        let Some(device) = self.get_mut(device).filter(|device| device.leg == Some(leg)) else {
            return false;
        };
        if let Report::Ended(_) = report {
            device.leg = None;
        }
        true
    }

    /// Whether this device hears of a call.
    pub(super) fn listens(&self, device: u32, leg: LegId) -> bool {
        self.get(device).is_some_and(|device| device.leg == Some(leg))
    }

    /// The call of this device is over.
    pub(super) fn call_over(&mut self, device: u32) {
        if let Some(row) = self.get_mut(device) {
            row.up = None;
        }
        self.free_if_gone(device);
    }

    /// A device leaves; its user has hung up.
    pub(super) fn leave(&mut self, device: u32) {
        if let Some(row) = self.get_mut(device) {
            row.left = true;
        }
        self.free_if_gone(device);
    }

    fn free_if_gone(&mut self, device: u32) {
        if self.get(device).is_some_and(|row| row.left && row.up.is_none()) {
            self.rows[device as usize] = None;
            self.free.push(device);
        }
    }
}
