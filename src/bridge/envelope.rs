//! Values on their way between the machines.

use crate::bridge::protocol::Report;
use crate::control::attendant;
use crate::control::call::{HangupCause, LegId};
use crate::control::caller::{self, ActId};
use crate::control::conference;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::query::{DirectoryQuery, Reply};

/// A value on its way to a machine.
#[derive(Clone, Debug)]
pub enum Envelope {
    /// To the attendant of a leg.
    Attendant(LegId, attendant::Input),
    /// To a meeting.
    Meeting(MeetingId, meeting::Input),
    /// To a scripted caller: a part of the cast.
    Caller(u32, caller::Input),
    /// To the ear of whoever is on this leg.
    Ear(LegId, caller::Input),
    /// To the mix of a meeting: the leg hears it from now on, or does not any more.
    Listens(MeetingId, LegId, bool),
    /// To the directory.
    Question(DirectoryQuery),
    /// A part dials.
    Dial(u32, caller::Target),
    /// A part hangs up, or vanishes.
    HangUp(u32, HangupCause),
    /// A part acts as an administrator.
    Act(u32, ActId),
}

impl From<Reply> for Envelope {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Attendant(leg, input) => Self::Attendant(leg, input),
            Reply::Meeting(meeting, input) => Self::Meeting(meeting, input),
        }
    }
}

/// What is for somebody beyond the legs: the driver carries it there.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// To a meeting, or to its mix.
    Conference(MeetingId, conference::Input),
    /// To the directory.
    Question(DirectoryQuery),
    /// A part acts as an administrator.
    Act(u32, ActId),
    /// To the device that this part is.
    Device(u32, Report),
}
