//! A call whose far end is no script but a device: a telephone at the keyboard, later one that speaks SIP. Its user acts
//! when they like, and it is told what is heard. Everything between is as for any other caller.

use crate::control::call::{Digit, HangupCause, LegId, Prompt, Source};
use crate::control::caller::{Input, Target};

/// Something that the user of a device does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Places a call.
    Dial(Target),
    /// Presses a key: it counts from the moment it goes down, however long it is held.
    Press(Digit),
    /// Ends the call in good order.
    HangUp,
    /// Is gone without a goodbye: the device was closed, or its line is cut.
    Vanish,
}

/// What a device is told of its call. One call is over, with [`Report::Ended`], before another can begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// The bridge took the call.
    Answered {
        /// Its number.
        leg: LegId,
    },
    /// This is heard from now on.
    Hears(Source),
    /// The meeting's mix carries this announcement from now on, or none.
    Announced(Option<Prompt>),
    /// The call has ended, whoever ended it.
    Ended(HangupCause),
    /// An action had no effect.
    Refused(Refused),
}

/// Why an action had no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There is no call to act on.
    NoCall,
    /// A call is up: another can be placed once it is over.
    OnCall,
}

impl Report {
    /// What is told to a device of what is told to an ear.
    pub(crate) fn of(leg: LegId, heard: Input) -> Option<Self> {
        match heard {
            Input::Answered => Some(Self::Answered { leg }),
            Input::Hears(source) => Some(Self::Hears(source)),
            Input::Announced(prompt) => Some(Self::Announced(prompt)),
            Input::Ended(cause) => Some(Self::Ended(cause)),
            Input::Go | Input::Spelled(_) | Input::Signal(_) | Input::Leave | Input::GiveUp => None,
        }
    }
}
