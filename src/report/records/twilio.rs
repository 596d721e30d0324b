//! Conferences as Twilio's Voice Insights tell them (twilio.com/docs/voice/voice-insights/api/conference: conference and participant
//! summaries), as one answer: each meeting, with those who took part.

use std::io::{self, Write};

use serde::Serialize;

use super::format::{FormatError, Held, Writer, seconds_between};
use super::{CallLine, MeetingLine, RecordLine, moment};

/// All records: nothing is written before the last.
#[derive(Default)]
pub(super) struct TwilioJson(Held);

/// The answer.
#[derive(Serialize)]
struct Answer<'r> {
    conferences: Vec<Conference<'r>>,
}

/// A conference summary; what a bridge without an account does not know is left out.
#[derive(Serialize)]
struct Conference<'r> {
    conference_sid: String,
    friendly_name: &'r str,
    create_time: &'r str,
    start_time: &'r str,
    end_time: &'r str,
    duration_seconds: i64,
    connect_duration_seconds: i64,
    status: &'static str,
    max_concurrent_participants: usize,
    unique_participants: u32,
    end_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    recording_enabled: bool,
    tags: Vec<&'static str>,
    participants: Vec<Participant<'r>>,
}

/// A participant summary.
#[derive(Serialize)]
struct Participant<'r> {
    participant_sid: String,
    call_sid: String,
    conference_sid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'r str>,
    call_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'r str>,
    call_status: &'static str,
    is_moderator: bool,
    join_time: &'r str,
    leave_time: &'r str,
    duration_seconds: i64,
}

impl Writer for TwilioJson {
    fn record(&mut self, _out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        self.0.keep(record, |call| call.joined_at.is_some())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0.calls.sort_by(|one, other| one.joined_at.cmp(&other.joined_at));
        let conferences = self.0.meetings.iter().map(|meeting| conference(meeting, &self.0.calls)).collect();
        serde_json::to_writer(&mut *out, &Answer { conferences })?;
        writeln!(out)
    }
}

fn conference<'r>(meeting: &'r MeetingLine, calls: &'r [CallLine]) -> Conference<'r> {
    let during = |moment: &str| (meeting.started_at.as_str()..=meeting.ended_at.as_str()).contains(&moment);
    let is_in = |call: &&CallLine| {
        call.organizer.as_ref() == Some(&meeting.organizer) && call.joined_at.as_deref().is_some_and(during)
    };
    let sid = sid("CF", moment::read(&meeting.started_at), meeting.started_by);
    let participants: Vec<_> =
        calls.iter().filter(is_in).map(|call| participant(call, sid.clone())).collect();
    let connected =
        calls.iter().filter(is_in).map(|call| i64::try_from(call.attended_ms).unwrap_or(i64::MAX));
    let last = calls.iter().filter(is_in).max_by(|one, other| left(one).cmp(left(other)));
    let (started, ended) = (moment::read(&meeting.started_at), moment::read(&meeting.ended_at));
    let first = calls.iter().filter(is_in).map(|call| call.called_at.as_str()).min();
    Conference {
        conference_sid: sid,
        friendly_name: &meeting.organizer,
        create_time: first.unwrap_or(&meeting.started_at).min(&meeting.started_at),
        start_time: &meeting.started_at,
        end_time: &meeting.ended_at,
        duration_seconds: seconds_between(started, ended),
        connect_duration_seconds: (connected.sum::<i64>() + 500) / 1_000,
        status: "completed",
        max_concurrent_participants: meeting.joined_peak,
        unique_participants: meeting.callers,
        end_reason: end_reason(&meeting.ended_by),
        ended_by: last.filter(|_| meeting.ended_by != "person").map(call_sid),
        recording_enabled: false,
        tags: if meeting.joined_peak < 2 { vec!["no_concurrent_participants"] } else { Vec::new() },
        participants,
    }
}

fn participant(call: &CallLine, conference_sid: String) -> Participant<'_> {
    Participant {
        participant_sid: sid("CP", moment::read(&call.called_at), call.call),
        call_sid: call_sid(call),
        conference_sid,
        label: call.name.as_deref(),
        call_direction: "inbound",
        from: call.from.as_deref(),
        to: call.to.as_deref(),
        call_status: "completed",
        is_moderator: call.pin_right || call.joined_by.as_deref() == Some("client"),
        join_time: call.joined_at.as_deref().unwrap_or_default(),
        leave_time: left(call),
        duration_seconds: (i64::try_from(call.attended_ms).unwrap_or(i64::MAX).saturating_add(500)) / 1_000,
    }
}

fn left(call: &CallLine) -> &str {
    call.left_at.as_deref().unwrap_or(&call.ended_at)
}

/// Twilio's word for why a meeting ended; limits are the bridge's own, as an end by the API is.
fn end_reason(ended_by: &str) -> &'static str {
    match ended_by {
        "empty" => "last_participant_left",
        "organizer-left" => "participant_with_end_conference_on_exit_left",
        _ => "conference_ended_via_api",
    }
}

fn call_sid(call: &CallLine) -> String {
    sid("CA", moment::read(&call.called_at), call.call)
}

/// Two letters and 32 hexadecimal digits, as Twilio names things: here a moment and a number, which no other has.
fn sid(kind: &str, at: i64, number: u64) -> String {
    format!("{kind}{at:016x}{number:016x}")
}
