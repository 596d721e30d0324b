//! Messages between the tasks of the exchange. Each carries the moment of its cause.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::trunk::Connecting;
use crate::bridge::protocol::Action;
use crate::control::attendant;
use crate::control::call::{Announcement, LegId};
use crate::control::conference::{self, Voice};
use crate::control::event::{Event, MeetingId};
use crate::control::meeting::Notice;
use crate::control::policy::Policy;
use crate::control::query::DirectoryQuery;
use crate::control::time::Instant;
use crate::leg::outward;
use crate::leg::scripted::CastRequest;
use crate::leg::trunk::LineId;

/// To a meeting, from the legs of one lane or from the directory.
#[derive(Debug)]
pub(super) struct ToMeeting {
    pub(super) at: Instant,
    pub(super) messages: Vec<MeetingMessage>,
}

/// A message to a meeting.
#[derive(Debug)]
pub(super) enum MeetingMessage {
    /// Something for the conference.
    Input(conference::Input),
    /// The task is to panic, as one with a fault does.
    #[cfg(test)]
    Panic,
}

/// To a lane of legs.
#[derive(Debug)]
pub(super) enum ToLane {
    /// From a meeting, in the order in which it came about.
    FromMeeting(Instant, Vec<FromMeeting>),
    /// The directory's answer to the attendant of a leg.
    Reply(Instant, LegId, attendant::Input),
    /// Events that the directory records.
    Records(Instant, Vec<Event>),
    /// A cast is to play.
    Stage(Box<Staging>),
    /// New calls are held to these settings.
    Policy(Arc<Policy>),
    /// A trunk is to be connected.
    Connect(Connecting),
    /// Something is done on a line of a trunk.
    Line(Instant, u64, LineId, Action),
    /// The owner of a trunk is gone.
    Disconnect(Instant, u64),
    /// Scripted callers whose calls leave this program act on them by this way from now on.
    Outward(mpsc::Sender<outward::Placed>),
    /// Such a caller is told something.
    Told(Instant, outward::Told),
    /// The task of a meeting has panicked: nobody else notifies its participants.
    Failed(Instant, MeetingId),
    /// Every call ends, and no other begins.
    Shutdown,
}

/// A message from a meeting to a lane.
#[derive(Debug)]
pub(super) enum FromMeeting {
    Record(Event),
    Notice(LegId, Notice),
    /// The mix that the leg hears carries this announcement from now on, or none.
    Announced(LegId, Option<Announcement>),
    /// The mix that the leg hears carries somebody from now on, or no more.
    Voice(LegId, Voice),
}

impl FromMeeting {
    /// The leg whose attendant is to hear of something.
    pub(super) fn noticed(&self) -> Option<LegId> {
        match self {
            Self::Notice(leg, _) => Some(*leg),
            Self::Record(_) | Self::Announced(..) | Self::Voice(..) => None,
        }
    }
}

/// A cast that comes on stage then.
#[derive(Debug)]
pub(super) struct Staging {
    pub(super) calling: CastRequest,
    pub(super) at: Instant,
}

/// To the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) at: Instant,
    pub(super) query: DirectoryQuery,
}
