//! The inputs and outputs of an attendant.

use std::sync::Arc;

use crate::control::call::{Digits, LegCommand, LegEvent};
use crate::control::event::{Event, MeetingId};
use crate::control::meeting::{self, Notice, Unavailable};
use crate::control::policy::{OrganizerId, ServiceNumber, Terms};

/// One question about a meeting; an attendant never uses a number twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QuestionId(pub u32);

/// The destination of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dialled {
    /// To this service number.
    Number(Arc<ServiceNumber>),
    /// To a number that is none of ours.
    UnknownNumber,
    /// To a bridge that carries all the calls that it may.
    Congestion,
    /// To a bridge that takes no calls from this caller.
    Blocked,
    /// To a meeting, by the client app of a signed-in user.
    App {
        /// The organizer of the meeting.
        organizer: OrganizerId,
        /// Whether the user is that organizer.
        own: bool,
    },
}

/// The key by which a meeting is found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MeetingKey {
    /// The digits that a caller keyed.
    ConferenceId(Digits),
    /// Its organizer, for signed-in users.
    Organizer(OrganizerId),
}

/// A meeting that the directory found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The meeting.
    pub meeting: MeetingId,
    /// Its terms.
    pub terms: Terms,
}

/// An input of an attendant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The call came in.
    Arrived(Dialled),
    /// Something happened on the leg.
    Leg(LegEvent),
    /// The answer to [`Output::FindMeeting`].
    MeetingFound {
        /// The question.
        question: QuestionId,
        /// The answer; `None` if no meeting has that name.
        result: Result<Option<Found>, Unavailable>,
    },
    /// A notice of the meeting to the caller.
    Notice(Notice),
    /// The bridge goes out of service: the call ends now.
    Shutdown,
}

/// An output of an attendant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// An order to the leg.
    Leg(LegCommand),
    /// Asks the directory; answered once by [`Input::MeetingFound`].
    FindMeeting {
        /// The question.
        question: QuestionId,
        /// The key of the meeting.
        key: MeetingKey,
    },
    /// Tells the meeting. On the heap, because a call keeps room for one output, and tells few things.
    Tell(MeetingId, Box<meeting::Input>),
    /// Records what happened. [`CallEvent::Finished`](crate::control::event::CallEvent::Finished) is the last output of all.
    Record(Event),
}
