//! Values on their way between the machines.

use super::calls::FarEnd;
use super::protocol::{Dial, OutwardAction, Report};
use crate::control::attendant;
use crate::control::call::{HangupCause, LegId, Utterance};
use crate::control::caller::{self, ActId};
use crate::control::conference;
use crate::control::event::{Event, MeetingId};
use crate::control::meeting;
use crate::control::query::{DirectoryQuery, Reply};

/// A value on its way to a machine.
#[derive(Clone, Debug)]
pub enum Envelope {
    /// To the attendant of a call.
    Attendant(LegId, attendant::Input),
    /// To a meeting.
    Meeting(MeetingId, meeting::Input),
    /// To the mix of a meeting: the call hears it from now on, or does not any more.
    Listens(MeetingId, LegId, bool),
    /// To the far end of a call.
    Report(LegId, Report),
    /// To the directory.
    Question(DirectoryQuery),
    /// A far end dials.
    Dial(FarEnd, Dial),
    /// A far end says this from now on, or nothing any more.
    Say(FarEnd, Option<Utterance>),
    /// To the mix of a meeting: the caller of a call says this from now on, or nothing any more.
    Says(MeetingId, LegId, Option<Utterance>),
    /// A far end hangs up, or vanishes.
    HangUp(FarEnd, HangupCause),
    /// To a scripted caller: a part of the cast.
    Caller(u32, caller::Input),
    /// A part of the cast whose calls leave this program acts.
    Outward(u32, OutwardAction),
    /// A part of the cast acts as an administrator.
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

/// An output of a machine, for its driver to carry.
#[derive(Debug)]
pub enum Effect {
    /// A value to be carried.
    Carry(Envelope),
    /// A record of what happened.
    Record(Event),
}

impl Effect {
    /// Addresses the outputs of this meeting's conference.
    #[must_use]
    pub fn of(id: MeetingId, output: conference::Output) -> Self {
        Self::Carry(match output {
            conference::Output::Ask(query) => Envelope::Question(query),
            conference::Output::Notify(leg, notice) => {
                Envelope::Attendant(leg, attendant::Input::Notice(notice))
            }
            conference::Output::Announced(leg, heard) => Envelope::Report(leg, Report::Announced(heard)),
            conference::Output::Voice(leg, voice) => Envelope::Report(leg, Report::Voice(voice)),
            conference::Output::Finished(announcement) => {
                Envelope::Meeting(id, meeting::Input::AnnouncementFinished { announcement })
            }
            conference::Output::Record(event) => return Self::Record(event),
        })
    }
}

/// A message that leaves the calls of one lane: the driver carries it.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// To a meeting, or to its mix.
    Conference(MeetingId, conference::Input),
    /// To the directory.
    Question(DirectoryQuery),
    /// A part of the cast acts as an administrator.
    Act(u32, ActId),
    /// To a device.
    Device(u32, Report),
    /// A part of the cast acts on a call that leaves this program.
    Outward(u32, OutwardAction),
}
