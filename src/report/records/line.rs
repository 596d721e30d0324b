//! Records as JSON lines: the native format.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment::WallClock;
use super::{CallRecord, Completed, MeetingRecord};
use crate::control::call::Digits;
use crate::control::event::MeetingId;

/// Digits of a caller's number that a record does not tell, as Teams masks them for others (`MaskPstnNumbersType`).
const MASKED_DIGITS: usize = 3;

/// One line: the record of a call or of a meeting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum RecordLine {
    /// A call.
    Call(CallLine),
    /// A meeting.
    Meeting(MeetingLine),
}

/// A call that is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallLine {
    /// The number of the call.
    pub call: u64,
    /// The caller's number, its last digits masked; absent if it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The service number as the telephone dialled it; absent if the call came another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The caller's name, as the scenario or the telephone gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The conference ID that the caller keyed last and that names a meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conference_id: Option<String>,
    /// The organizer of the meeting that the caller named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer: Option<String>,
    /// When the call came in.
    pub called_at: String,
    /// How long it rang, in milliseconds; absent if it was never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing_ms: Option<u64>,
    /// Conference IDs that were keyed.
    pub id_tries: u32,
    /// PINs that were compared.
    pub pin_tries: u32,
    /// Whether one was right.
    pub pin_right: bool,
    /// How long the caller waited in the lobby, in milliseconds.
    pub waited_ms: u64,
    /// How often hold music began.
    pub music_starts: u32,
    /// When the caller joined the meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<String>,
    /// How: `pin`, `released`, `admitted`, `direct`, `client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_by: Option<String>,
    /// When the caller left the meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<String>,
    /// How long the caller was in the meeting, in milliseconds.
    pub attended_ms: u64,
    /// When the call ended.
    pub ended_at: String,
    /// How it stood then.
    pub outcome: String,
    /// Who or what ended it: `caller`, `bridge`, `cancelled` before the answer; without a goodbye `lost`, `no-ack`, `no-media`,
    /// `media-gone`, `session-expired`; not taken `no-such-number`, `overloaded`.
    pub ended_by: String,
}

/// A meeting that is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct MeetingLine {
    /// Its organizer.
    pub organizer: String,
    /// The conference ID that names it; absent if nobody keyed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conference_id: Option<String>,
    /// When it began.
    pub started_at: String,
    /// The number of the call that started it.
    pub started_by: u64,
    /// By what right: `pin`, `signed-in`, `anonymous`.
    pub right: String,
    /// Callers whom the start released from the lobby.
    pub released: u32,
    /// How long that took, in milliseconds.
    pub release_ms: u64,
    /// The most callers that waited at a time while it ran.
    pub lobby_peak: usize,
    /// The most callers that took part at a time.
    pub joined_peak: usize,
    /// Callers who took part.
    pub callers: u32,
    /// Callers who were turned away, by outcome.
    pub refused: BTreeMap<String, u32>,
    /// When it ended.
    pub ended_at: String,
    /// Why: `person`, `limit`, `grace`, `empty`, `organizer-left`.
    pub ended_by: String,
}

/// Who made a call, as far as it was told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// The number that it came from.
    pub from: Option<String>,
    /// The number that was dialled.
    pub to: Option<String>,
    /// The caller's name.
    pub name: Option<String>,
}

/// The names that a bridge's driver knows, which stand in no event.
pub trait Names {
    /// Who made a call that is over.
    fn caller(&self, record: &CallRecord) -> Caller;

    /// The organizer of a meeting.
    fn organizer(&self, meeting: MeetingId) -> String;
}

impl RecordLine {
    /// The line of a record.
    pub fn of(record: &Completed, clock: &WallClock, names: &impl Names) -> Self {
        match record {
            Completed::Call(call) => Self::Call(CallLine::of(call, clock, names)),
            Completed::Meeting(meeting) => Self::Meeting(MeetingLine::of(meeting, clock, names)),
        }
    }
}

impl CallLine {
    fn of(call: &CallRecord, clock: &WallClock, names: &impl Names) -> Self {
        let Caller { from, to, name } = names.caller(call);
        Self {
            call: call.leg.number(),
            from: from.as_deref().map(masked),
            to,
            name,
            conference_id: call.conference_id.as_ref().map(Digits::reveal),
            organizer: call.meeting.map(|meeting| names.organizer(meeting)),
            called_at: clock.shows(call.called),
            ringing_ms: call.answered.map(|answered| millis(answered.since(call.called))),
            id_tries: call.ids_keyed,
            pin_tries: call.pins_checked,
            pin_right: call.organizer,
            waited_ms: millis(call.waited),
            music_starts: call.music_starts,
            joined_at: call.joined.map(|(joined, _)| clock.shows(joined)),
            joined_by: call.joined.map(|(_, admission)| admission.name().into()),
            left_at: call.left.map(|left| clock.shows(left)),
            attended_ms: millis(call.attended),
            ended_at: clock.shows(call.ended),
            outcome: call.outcome.name().into(),
            ended_by: call.cause.name().into(),
        }
    }
}

impl MeetingLine {
    fn of(meeting: &MeetingRecord, clock: &WallClock, names: &impl Names) -> Self {
        Self {
            organizer: names.organizer(meeting.meeting),
            conference_id: meeting.conference_id.as_ref().map(Digits::reveal),
            started_at: clock.shows(meeting.started),
            started_by: meeting.by.0.number(),
            right: meeting.by.1.name().into(),
            released: meeting.released,
            release_ms: millis(meeting.release_took),
            lobby_peak: meeting.lobby_peak,
            joined_peak: meeting.joined_peak,
            callers: meeting.callers,
            refused: meeting.refused.iter().map(|(outcome, times)| ((*outcome).into(), *times)).collect(),
            ended_at: clock.shows(meeting.ended),
            ended_by: meeting.reason.name().into(),
        }
    }
}

/// A number with its last three digits masked.
#[must_use]
fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(MASKED_DIGITS);
    let mut masked: String = number.chars().take(shown).collect();
    masked.push_str("***");
    masked
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
