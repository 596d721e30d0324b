//! Administrators' orders to a meeting.

use serde::Deserialize;

use super::live::snapshot::Snapshot;
use crate::control::call::LegId;
use crate::control::event::{MeetingId, Place};
use crate::control::meeting::{self, CallerAct};

/// An administrator's order to a meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// Acts on one caller.
    Caller(CallerAct, LegId),
    Lock,
    Unlock,
    Record,
    StopRecording,
    End,
}

/// The number of a call, in an address.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
pub(crate) struct CallNumber(pub(crate) LegId);

impl TryFrom<u64> for CallNumber {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        if number > LegId::MAX {
            Err("no call has such a large number")
        } else {
            Ok(Self(LegId::new(number)))
        }
    }
}

impl Order {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Caller(act, _) => act.name(),
            Self::Lock => "lock_meeting",
            Self::Unlock => "unlock_meeting",
            Self::Record => "start_recording",
            Self::StopRecording => "stop_recording",
            Self::End => "end_meeting",
        }
    }

    /// Why it would do nothing, as things stand.
    pub(super) fn pointless(self, meeting: MeetingId, snapshot: &Snapshot) -> Option<Pointless> {
        let Some(found) = snapshot.presence.meeting(meeting) else { return Some(Pointless::NobodyThere) };
        let runs = found.started.is_some();
        match self {
            Self::Caller(act, leg) => {
                let is_there = snapshot.presence.place(leg) == Some((meeting, act.place()));
                let missing = match act.place() {
                    Place::Lobby => Pointless::NobodyWaits,
                    Place::Joined | Place::Screening => Pointless::NotJoined,
                };
                let is_early = act == CallerAct::Admit && !runs;
                (!is_there).then_some(missing).or(is_early.then_some(Pointless::NotRunning))
            }
            Self::End | Self::Record | Self::StopRecording => (!runs).then_some(Pointless::NotRunning),
            Self::Lock | Self::Unlock => None,
        }
    }

    /// Returns the person it is about besides the meeting, for the audit log.
    pub(super) fn detail(self, snapshot: &Snapshot) -> String {
        match self {
            Self::Caller(_, leg) => snapshot.name(leg),
            Self::Lock | Self::Unlock | Self::End => String::new(),
            Self::Record | Self::StopRecording => String::new(),
        }
    }

    pub(super) const fn input(self) -> meeting::Input {
        match self {
            Self::Caller(act, leg) => act.input(leg),
            Self::Lock => meeting::Input::SetLocked { locked: true },
            Self::Unlock => meeting::Input::SetLocked { locked: false },
            Self::Record => meeting::Input::SetRecording { on: true },
            Self::StopRecording => meeting::Input::SetRecording { on: false },
            Self::End => meeting::Input::End,
        }
    }
}

/// Why an order to a meeting would do nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pointless {
    /// Nobody is in the meeting, in its lobby or in screening.
    NobodyThere,
    /// It waits for its organizer: there is nothing to end, and nowhere to let somebody in.
    NotRunning,
    /// The call is not in the lobby of the meeting.
    NobodyWaits,
    /// The call has not joined the meeting.
    NotJoined,
}
