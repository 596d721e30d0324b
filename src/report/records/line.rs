//! Records as JSON lines: the native format. Moments are of the wall clock, in UTC; a virtual clock begins with the year 1970.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CallRecord, Completed, MeetingRecord};
use crate::control::event::MeetingId;
use crate::control::time::Instant;

/// Digits of a caller's number that a record does not tell, as Teams masks them for others (`MaskPstnNumbersType`).
const MASKED_DIGITS: usize = 3;

/// One line: the record of a call or of a meeting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum RecordLine {
    /// A call.
    Call(CallLine),
    /// A meeting.
    Meeting(MeetingLine),
}

/// A call that is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CallLine {
    /// The number of the call.
    pub call: u64,
    /// The caller's number, its last digits masked; absent if it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The caller's name, as the scenario or the telephone gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
    pub joined_by: Option<&'static str>,
    /// When the caller left the meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<String>,
    /// How long the caller was in the meeting, in milliseconds.
    pub attended_ms: u64,
    /// When the call ended.
    pub ended_at: String,
    /// How it stood then.
    pub outcome: &'static str,
    /// Who or what ended it: `caller`, `bridge`, `cancelled` before the answer; without a goodbye `lost`, `no-ack`, `no-media`,
    /// `media-gone`, `session-expired`; not taken `no-such-number`, `overloaded`.
    pub ended_by: &'static str,
}

/// A meeting that is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MeetingLine {
    /// Its organizer.
    pub organizer: String,
    /// When it began.
    pub started_at: String,
    /// The number of the call that started it.
    pub started_by: u64,
    /// By what right: `pin`, `signed-in`, `anonymous`.
    pub right: &'static str,
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
    pub refused: BTreeMap<&'static str, u32>,
    /// When it ended.
    pub ended_at: String,
    /// Why: `person`, `limit`, `grace`, `empty`, `organizer-left`.
    pub ended_by: &'static str,
}

/// Reads a moment as people write it: RFC 3339 such as `2026-11-30T08:00:00Z`, or a day such as `2026-11-30`, which begins at
/// midnight in UTC. Answers in milliseconds since the Unix epoch.
///
/// # Errors
/// It is neither; says what was expected.
pub fn moment(text: &str) -> Result<i64, String> {
    let day = || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok();
    let read = text.parse::<Timestamp>().ok().or_else(day);
    read.map(Timestamp::as_millisecond).ok_or_else(|| {
        format!("`{text}` is no moment; expected one such as 2026-11-30T08:00:00Z or 2026-11-30")
    })
}

/// The wall clock beside the bridge's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WallClock {
    /// What it shows when the bridge's clock stands at zero, in milliseconds since the Unix epoch.
    pub origin_ms: i64,
    /// How many times faster than it the bridge's clock goes; 0 counts as 1.
    pub speed: u32,
}

impl WallClock {
    /// Returns what it shows at this moment of the bridge's clock: RFC 3339, in UTC, to the millisecond.
    #[must_use]
    pub fn shows(&self, at: Instant) -> String {
        let passed = at.millis() / u64::from(self.speed.max(1));
        let shown = self.origin_ms.saturating_add_unsigned(passed);
        let shown = Timestamp::from_millisecond(shown).unwrap_or(Timestamp::MAX);
        format!("{shown:.3}")
    }
}

/// The names that a bridge's driver knows, which stand in no event.
pub trait Names {
    /// The number of a call that is over, as far as it was told, and the caller's name.
    fn caller(&self, record: &CallRecord) -> (Option<String>, Option<String>);

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
        let (from, name) = names.caller(call);
        Self {
            call: call.leg.number(),
            from: from.as_deref().map(masked),
            name,
            organizer: call.meeting.map(|meeting| names.organizer(meeting)),
            called_at: clock.shows(call.called),
            ringing_ms: call.answered.map(|answered| millis(answered.since(call.called))),
            id_tries: call.ids_keyed,
            pin_tries: call.pins_checked,
            pin_right: call.organizer,
            waited_ms: millis(call.waited),
            music_starts: call.music_starts,
            joined_at: call.joined.map(|(joined, _)| clock.shows(joined)),
            joined_by: call.joined.map(|(_, admission)| admission.name()),
            left_at: call.left.map(|left| clock.shows(left)),
            attended_ms: millis(call.attended),
            ended_at: clock.shows(call.ended),
            outcome: call.outcome.name(),
            ended_by: call.cause.name(),
        }
    }
}

impl MeetingLine {
    fn of(meeting: &MeetingRecord, clock: &WallClock, names: &impl Names) -> Self {
        Self {
            organizer: names.organizer(meeting.meeting),
            started_at: clock.shows(meeting.started),
            started_by: meeting.by.0.number(),
            right: meeting.by.1.name(),
            released: meeting.released,
            release_ms: millis(meeting.release_took),
            lobby_peak: meeting.lobby_peak,
            joined_peak: meeting.joined_peak,
            callers: meeting.callers,
            refused: meeting.refused.clone(),
            ended_at: clock.shows(meeting.ended),
            ended_by: meeting.reason.name(),
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
