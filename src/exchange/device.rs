//! A device: a trunk of one line.

use crate::bridge::protocol::{Action, Dial};
use crate::control::call::{Digit, HangupCause};
use crate::leg::trunk::{LineId, SendError, Trunk};

/// A device that is connected. Dropped in the middle of a call, it vanishes from it.
#[derive(Debug)]
pub struct Device(pub(super) Trunk);

impl Device {
    /// Places a call.
    ///
    /// # Errors
    /// As for [`Device::press`].
    pub fn dial(&self, dial: Dial) -> Result<(), SendError> {
        self.act(Action::Dial(dial))
    }

    /// Presses a key.
    ///
    /// # Errors
    /// It was not pressed: too many wait already, or the exchange is out of service.
    pub fn press(&self, digit: Digit) -> Result<(), SendError> {
        self.act(Action::Press(digit))
    }

    /// Ends the call in good order.
    ///
    /// # Errors
    /// As for [`Device::press`].
    pub fn hang_up(&self) -> Result<(), SendError> {
        self.act(Action::HangUp(HangupCause::Caller))
    }

    fn act(&self, action: Action) -> Result<(), SendError> {
        self.0.try_act(LineId::default(), action)
    }
}
