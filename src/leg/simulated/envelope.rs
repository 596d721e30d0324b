//! Values on their way between the machines.

use crate::control::attendant::{self, MeetingKey, QuestionId};
use crate::control::call::{HangupCause, LegId};
use crate::control::caller::{self, ActId};
use crate::control::event::MeetingId;
use crate::control::meeting::{self, CheckId, TermsId};
use crate::control::pin::PinEntry;
use crate::control::policy::OrganizerId;
use crate::leg::device::Report;

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

/// What is for somebody beyond the legs: the driver carries it there.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// To a meeting.
    Meeting(MeetingId, meeting::Input),
    /// To the mix of a meeting: the leg hears it from now on, or does not any more.
    Listens(MeetingId, LegId, bool),
    /// To the directory.
    Question(DirectoryQuery),
    /// A part acts as an administrator.
    Act(u32, ActId),
    /// To the device that this part is.
    Device(u32, Report),
}

/// A question to the directory.
#[derive(Clone, Copy, Debug)]
pub enum DirectoryQuery {
    /// Which meeting this is.
    FindMeeting {
        /// Who asks.
        leg: LegId,
        /// The question.
        question: QuestionId,
        /// What names the meeting.
        key: MeetingKey,
    },
    /// What is said of a meeting now.
    Terms {
        /// The meeting that asks.
        meeting: MeetingId,
        /// The question.
        question: TermsId,
        /// Whose call.
        leg: LegId,
        /// Whose meeting.
        organizer: OrganizerId,
    },
    /// Whether a PIN is right.
    CheckPin {
        /// Who asks.
        meeting: MeetingId,
        /// The question.
        check: CheckId,
        /// Whose call.
        leg: LegId,
        /// Whose PIN it must be.
        organizer: OrganizerId,
        /// What was keyed.
        entry: PinEntry,
    },
}
