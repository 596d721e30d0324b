//! Devices at the far end of calls: a telephone at the keyboard, a line of a trunk. What their users do reaches the bridge
//! as what scripts do.

use crate::bridge::calls::FarEnd;
use crate::bridge::envelope::Envelope;
use crate::bridge::protocol::{Action, Refused};
use crate::bridge::side::{BridgeSide, Link};
use crate::control::call::HangupCause;
use crate::control::event::Event;

/// The devices of one lane. One that leaves frees its row, and the next takes it.
#[derive(Debug, Default)]
pub(super) struct Devices {
    rows: Vec<Option<Device>>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Device {
    pub(super) link: Link,
    /// The part of a cast that it plays, for readers who know it by that.
    pub(super) part: Option<u32>,
    /// It has left: its row is freed with its last call.
    left: bool,
}

/// The result of an action.
#[derive(Debug)]
pub(super) enum Acted {
    /// It is on its way to the bridge.
    Carried,
    /// A key has reached the bridge, which is to be recorded.
    Pressed(Event),
    /// The device hears its call no more.
    Left(HangupCause),
}

impl Devices {
    /// Adds a device.
    pub(super) fn connect(&mut self, part: Option<u32>) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            u32::try_from(self.rows.len() - 1).expect("fewer than four billion devices")
        });
        self.rows[number as usize] = Some(Device { link: Link::default(), part, left: false });
        number
    }

    /// Rows that are taken.
    pub(super) fn count(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    pub(super) fn get_mut(&mut self, device: u32) -> Option<&mut Device> {
        self.rows.get_mut(device as usize)?.as_mut()
    }

    /// The user of a device acts.
    pub(super) fn act(
        &mut self,
        bridge: &mut BridgeSide,
        number: u32,
        action: Action,
    ) -> Result<Acted, Refused> {
        let link = &mut self.get_mut(number).ok_or(Refused::NoCall)?.link;
        let end = FarEnd::Device(number);
        let cause = match (action, link.heard()) {
            (Action::Dial(_), Some(_)) => return Err(Refused::OnCall),
            (Action::Dial(dial), None) => {
                bridge.carry(Envelope::Dial(end, dial));
                return Ok(Acted::Carried);
            }
            (Action::Press(digit), Some(leg)) => return Ok(Acted::Pressed(bridge.press(leg, digit))),
            (Action::Press(_) | Action::HangUp(_), None) => return Err(Refused::NoCall),
            (Action::HangUp(cause), Some(_)) => cause,
        };
        bridge.let_go(link);
        bridge.carry(Envelope::HangUp(end, cause));
        Ok(Acted::Left(cause))
    }

    /// A device leaves; its user has hung up.
    pub(super) fn leave(&mut self, bridge: &BridgeSide, device: u32) {
        if let Some(row) = self.get_mut(device) {
            row.left = true;
            if bridge.call_of(&row.link).is_none() {
                self.remove(device);
            }
        }
    }

    /// The call of this device is over.
    pub(super) fn call_over(&mut self, device: u32) {
        if self.get_mut(device).is_some_and(|row| row.left) {
            self.remove(device);
        }
    }

    fn remove(&mut self, device: u32) {
        self.rows[device as usize] = None;
        self.free.push(device);
    }
}
