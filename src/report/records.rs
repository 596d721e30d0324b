//! Records as a bridge keeps them for accounting: one of each call and one of each meeting, read from the event stream
//! when it is over. No digit of any entry stands in them but the conference ID.

mod asterisk;
pub mod format;
mod freeswitch;
mod line;
mod moment;
mod report;
mod teams;
mod twilio;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::call::{Digits, HangupCause, LegId, Source};
use crate::control::event::{
    AccountEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Outcome, Place, StartRight,
};
use crate::control::presence::Presence;
use crate::control::time::Instant;

pub use line::{CallLine, Caller, MeetingLine, Names, RecordLine};
pub use moment::{WallClock, moment};
pub use report::RecordsReport;

/// The record of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallRecord {
    /// Its number.
    pub leg: LegId,
    /// The meeting that the caller was last in.
    pub meeting: Option<MeetingId>,
    /// The last conference ID that was keyed and names a meeting.
    pub conference_id: Option<Digits>,
    /// When it came in.
    pub called: Instant,
    /// When the bridge took it.
    pub answered: Option<Instant>,
    /// When it ended.
    pub ended: Instant,
    /// Conference IDs that were keyed.
    pub ids_keyed: u32,
    /// PINs that the directory compared.
    pub pins_checked: u32,
    /// Whether one of them gave the caller the organizer's rights.
    pub organizer: bool,
    /// How long the caller waited in the lobby, all waits together.
    pub waited: Duration,
    /// How often hold music began.
    pub music_starts: u32,
    /// When the caller first joined the meeting, and how.
    pub joined: Option<(Instant, Admission)>,
    /// When the caller last left the meeting.
    pub left: Option<Instant>,
    /// How long the caller was in the meeting, all times together.
    pub attended: Duration,
    /// How the call stood at its end.
    pub outcome: Outcome,
    /// The side that ended it, or the reason.
    pub cause: HangupCause,
}

/// The record of a meeting that was started.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeetingRecord {
    /// The meeting.
    pub meeting: MeetingId,
    /// The conference ID by which its callers came, if one keyed it.
    pub conference_id: Option<Digits>,
    /// When it began.
    pub started: Instant,
    /// The call that started it, and by what right.
    pub by: (LegId, StartRight),
    /// Callers whom the start released from the lobby.
    pub released: u32,
    /// How long that took, to the last of them.
    pub release_took: Duration,
    /// The most callers that waited at a time.
    pub lobby_peak: usize,
    /// The most callers that took part at a time.
    pub joined_peak: usize,
    /// Callers who took part.
    pub callers: u32,
    /// Callers who were turned away, by the outcome of their calls.
    pub refused: BTreeMap<&'static str, u32>,
    /// When it ended.
    pub ended: Instant,
    /// Why.
    pub reason: EndReason,
}

/// A record that is complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completed {
    /// A call is over.
    Call(CallRecord),
    /// A meeting is over.
    Meeting(MeetingRecord),
}

/// The calls and meetings that are under way, as far as their records go. It grows and shrinks with them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Records {
    presence: Presence,
    calls: BTreeMap<LegId, CallRecord>,
    meetings: BTreeMap<MeetingId, MeetingRecord>,
}

impl Records {
    /// Takes in the next event of the stream. Returns the record that it completes.
    pub fn take(&mut self, at: Instant, event: Event) -> Option<Completed> {
        let before = event.leg().and_then(|leg| self.presence.caller(leg)).and_then(|caller| {
            let (meeting, place) = caller.place?;
            Some((meeting, place, caller.since))
        });
        self.presence.take(at, event);
        if let (Some(leg), Some((_, place, since))) = (event.leg(), before)
            && self.presence.place(leg).map(|(_, place)| place) != Some(place)
        {
            self.went(at, leg, place, since);
        }
        match event {
            Event::Call(event) => self.take_call(at, event, before.map(|(meeting, ..)| meeting)),
            Event::Meeting(event) => self.take_meeting(at, event),
            Event::Account(AccountEvent::PinChecked { leg, .. }) => {
                self.change(leg, |call| call.pins_checked += 1);
                None
            }
            Event::Account(AccountEvent::Administered { .. } | AccountEvent::LockedOut { .. }) => None,
            Event::Account(AccountEvent::PasscodeChecked { .. } | AccountEvent::PasscodeLockedOut { .. }) => {
                None
            }
        }
    }

    /// A caller is not in this place any more, where they were since then.
    fn went(&mut self, at: Instant, leg: LegId, place: Place, since: Instant) {
        self.change(leg, |call| match place {
            Place::Screening => {}
            Place::Lobby => call.waited += at.since(since),
            Place::Joined => {
                call.attended += at.since(since);
                call.left = Some(at);
            }
        });
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events stand in no record")]
    fn take_call(&mut self, at: Instant, event: CallEvent, meeting: Option<MeetingId>) -> Option<Completed> {
        match event {
            CallEvent::Called { leg } => {
                self.calls.insert(leg, called(leg, at));
            }
            CallEvent::Answered { leg } => self.change(leg, |call| call.answered = Some(at)),
            CallEvent::Hears { leg, source: Source::HoldMusic { .. } } => {
                self.change(leg, |call| call.music_starts += 1);
            }
            CallEvent::ConferenceIdKeyed { leg, digits, meeting } => self.change(leg, |call| {
                call.ids_keyed += 1;
                call.meeting = meeting.or(call.meeting);
                call.conference_id = meeting.map(|_| digits).or(call.conference_id);
            }),
            CallEvent::Finished { leg, outcome, cause } => {
                self.change(leg, |call| (call.ended, call.outcome, call.cause) = (at, outcome, cause));
                if let (Some(meeting), Outcome::Refused(_)) = (meeting, outcome)
                    && let Some(record) = self.meetings.get_mut(&meeting)
                {
                    *record.refused.entry(outcome.name()).or_default() += 1;
                }
                return self.complete(leg);
            }
            _ => {}
        }
        None
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events stand in no record")]
    fn take_meeting(&mut self, at: Instant, event: MeetingEvent) -> Option<Completed> {
        match event {
            MeetingEvent::PinAccepted { leg, .. } => self.change(leg, |call| call.organizer = true),
            MeetingEvent::Started { meeting, by, right, .. } => {
                let mut record = started(meeting, at, (by, right));
                record.conference_id = self.calls.get(&by).and_then(|call| call.conference_id);
                self.meetings.insert(meeting, record);
                self.measure(meeting);
            }
            MeetingEvent::Parked { meeting, leg } => {
                self.change(leg, |call| call.meeting = Some(meeting));
                self.measure(meeting);
            }
            MeetingEvent::Joined { meeting, leg, admission } => {
                let mut is_first = false;
                self.change(leg, |call| {
                    call.meeting = Some(meeting);
                    is_first = call.joined.is_none();
                    call.joined.get_or_insert((at, admission));
                });
                let conference_id = self.calls.get(&leg).and_then(|call| call.conference_id);
                if let Some(record) = self.meetings.get_mut(&meeting) {
                    record.conference_id = record.conference_id.or(conference_id);
                    record.callers += u32::from(is_first);
                    if admission == Admission::Released {
                        record.released += 1;
                        record.release_took = at.since(record.started);
                    }
                }
                self.measure(meeting);
            }
            MeetingEvent::Left { leg, .. } => return self.complete(leg),
            MeetingEvent::Ended { meeting, reason } => {
                let mut record = self.meetings.remove(&meeting)?;
                (record.ended, record.reason) = (at, reason);
                return Some(Completed::Meeting(record));
            }
            _ => {}
        }
        None
    }

    fn change(&mut self, leg: LegId, change: impl FnOnce(&mut CallRecord)) {
        if let Some(call) = self.calls.get_mut(&leg) {
            change(call);
        }
    }

    /// Gives the record of a call that is over and in no meeting any more.
    fn complete(&mut self, leg: LegId) -> Option<Completed> {
        if self.presence.caller(leg).is_some() {
            return None;
        }
        self.calls.remove(&leg).map(Completed::Call)
    }

    /// Holds how many are in a meeting that runs against the most so far.
    fn measure(&mut self, meeting: MeetingId) {
        if let (Some(record), Some(attendance)) =
            (self.meetings.get_mut(&meeting), self.presence.meeting(meeting))
        {
            record.lobby_peak = record.lobby_peak.max(attendance.count(Place::Lobby));
            record.joined_peak = record.joined_peak.max(attendance.count(Place::Joined));
        }
    }
}

/// A call that has just come in: it has failed until something else is known.
fn called(leg: LegId, at: Instant) -> CallRecord {
    CallRecord {
        leg,
        meeting: None,
        conference_id: None,
        called: at,
        answered: None,
        ended: at,
        ids_keyed: 0,
        pins_checked: 0,
        organizer: false,
        waited: Duration::ZERO,
        music_starts: 0,
        joined: None,
        left: None,
        attended: Duration::ZERO,
        outcome: Outcome::Failed(HangupCause::Lost),
        cause: HangupCause::Lost,
    }
}

/// A meeting that has just begun.
fn started(meeting: MeetingId, at: Instant, by: (LegId, StartRight)) -> MeetingRecord {
    MeetingRecord {
        meeting,
        conference_id: None,
        started: at,
        by,
        released: 0,
        release_took: Duration::ZERO,
        lobby_peak: 0,
        joined_peak: 0,
        callers: 0,
        refused: BTreeMap::new(),
        ended: at,
        reason: EndReason::Empty,
    }
}
