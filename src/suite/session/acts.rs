//! Administrators' acts, deduced from what they caused.

use super::Act;
use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, MutedBy};
use crate::control::meeting::CallerAct;
use crate::control::time::Instant;

/// Tells acts of administrators from commands that callers gave with keys.
#[derive(Debug, Default)]
pub(super) struct Acts {
    /// The last command of each moment is of a caller in this meeting.
    commanded: Option<(Instant, MeetingId)>,
    /// The caller whom a command at this moment removed.
    removed: Option<(Instant, LegId)>,
}

/// An act, and whom it is about.
pub(super) enum Done {
    InMeeting(MeetingId, fn(usize) -> Act),
    ToCaller(LegId, CallerAct),
}

impl Acts {
    /// Returns the act that caused an event, if it was an administrator's.
    #[expect(clippy::wildcard_enum_match_arm, reason = "administrators cause few events")]
    pub(super) fn cause(&mut self, at: Instant, event: Event) -> Option<Done> {
        match event {
            Event::Meeting(MeetingEvent::Commanded { meeting, .. }) => {
                self.commanded = Some((at, meeting));
                None
            }
            Event::Meeting(MeetingEvent::Left { leg, meeting, .. }) if self.is_commanded(at, meeting) => {
                self.removed = Some((at, leg));
                None
            }
            Event::Meeting(event) if self.is_commanded(at, event.meeting()) => None,
            Event::Meeting(MeetingEvent::Locked { meeting, locked: true }) => {
                Some(Done::InMeeting(meeting, Act::Lock))
            }
            Event::Meeting(MeetingEvent::Locked { meeting, locked: false }) => {
                Some(Done::InMeeting(meeting, Act::Unlock))
            }
            Event::Meeting(MeetingEvent::Ended { meeting, reason: EndReason::Person }) => {
                Some(Done::InMeeting(meeting, Act::End))
            }
            Event::Meeting(MeetingEvent::Joined { leg, admission: Admission::Admitted, .. }) => {
                Some(Done::ToCaller(leg, CallerAct::Admit))
            }
            Event::Meeting(MeetingEvent::Muted { leg, muted, by: MutedBy::Organizer, .. }) => {
                Some(Done::ToCaller(leg, if muted { CallerAct::Mute } else { CallerAct::Unmute }))
            }
            Event::Call(CallEvent::Hears { leg, source: Source::Prompt { prompt, .. } }) => {
                let by_key = self.removed == Some((at, leg));
                match prompt {
                    Prompt::Removed if !by_key => Some(Done::ToCaller(leg, CallerAct::Remove)),
                    Prompt::LobbyDenied if !by_key => Some(Done::ToCaller(leg, CallerAct::Deny)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn is_commanded(&self, at: Instant, meeting: MeetingId) -> bool {
        self.commanded == Some((at, meeting))
    }
}
