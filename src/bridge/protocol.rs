//! The protocol between a call and its far end: a script, a keyboard, later a telephone that speaks SIP. The far end
//! acts when it likes, and is told what is heard. Everything between is the same for all of them.

use std::sync::Arc;
use std::time::Duration;

use crate::control::attendant::Dialled;
use crate::control::call::{Announcement, Digit, HangupCause, LegId, Source, Speech};
use crate::control::conference::Voice;

/// A call that is to be placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    /// Where it goes.
    pub to: Dialled,
    /// The number that the bridge sees it come from.
    pub from: Option<Arc<str>>,
    /// The name that the caller's telephone gives.
    pub name: Option<Arc<str>>,
    /// The number as it was dialled.
    pub number: Option<Arc<str>>,
}

/// What the network tells of a call that came in, as far as it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Calling<'a> {
    /// The number that it comes from.
    pub from: Option<&'a str>,
    /// The name that the caller's telephone gives.
    pub name: Option<&'a str>,
    /// The number as it was dialled.
    pub number: Option<&'a str>,
}

impl Dial {
    /// A call from a number that is withheld.
    #[must_use]
    pub fn to(to: Dialled) -> Self {
        Self { to, from: None, name: None, number: None }
    }
}

/// An action of a far end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Places a call.
    Dial(Dial),
    /// Presses a key: it counts from the moment it goes down, however long it is held.
    Press(Digit),
    /// Is off the call: in good order for [`HangupCause::Caller`], without a goodbye for [`HangupCause::Lost`], as when the
    /// device was closed or its line is cut.
    HangUp(HangupCause),
}

/// An action of a scripted caller whose calls leave this program, by the telephone network: they are placed by who carries
/// them, and what is heard is reported back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutwardAction {
    /// Places a call.
    Dial {
        /// Which call of this caller it is: reports of others are of no interest any more.
        call: u32,
        /// The service number's place in the story's list; [`None`] for one that nobody has.
        number: Option<u16>,
        /// The number that it is to come from.
        from: Option<Arc<str>>,
    },
    /// Presses a key, and holds it for so long.
    Press(Digit, Duration),
    /// Says this from now on, or nothing any more.
    Say(Option<Speech>),
    /// Ends the call in good order.
    HangUp,
    /// Vanishes: says nothing any more, and hears nothing.
    Vanish,
}

/// A report to a far end about its call. One call is over, with [`Report::Ended`], before another can begin.
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
    Announced(Option<Announcement>),
    /// The meeting's mix carries somebody from now on, or no more.
    Voice(Voice),
    /// The call has ended, no matter who ended it.
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
