//! What happens in meetings, as programs read it: one JSON object for each.

use serde::Serialize;
use utoipa::ToSchema;

use super::picture::Picture;
use crate::control::call::{LegId, Source};
use crate::control::event::{Event, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::Entry;

/// Something that happened to a call or in a meeting. It never holds a key that was pressed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct Happening {
    /// Milliseconds since the bridge went into service.
    pub(crate) at_ms: u64,
    /// What, in one word: `parked`, `started`, `joined`.
    pub(crate) event: &'static str,
    /// The call, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<u32>,
    /// What the caller is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caller: Option<String>,
    /// The meeting's number, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meeting: Option<u32>,
    /// How or why: the way of an admission, an outcome, a prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<&'static str>,
}

/// What is told of an event: the word, whose call, which meeting, the detail.
type Parts = (&'static str, Option<LegId>, Option<MeetingId>, Option<&'static str>);

impl Happening {
    /// What a program is told of an entry; nothing of keys, and of what scripts do.
    pub(super) fn of(at: Instant, entry: &Entry, picture: &Picture) -> Option<Self> {
        let Entry::Event(event) = entry else { return None };
        let (word, leg, meeting, detail) = parts(event)?;
        Some(Self {
            at_ms: at.millis(),
            event: word,
            call: leg.map(|leg| leg.0),
            caller: leg.and_then(|leg| Some(picture.calls.get(&leg)?.name.clone())),
            meeting: meeting.map(|meeting| meeting.0),
            detail,
        })
    }
}

fn parts(event: &Event) -> Option<Parts> {
    let yes_no = |yes: bool| Some(if yes { "yes" } else { "no" });
    Some(match *event {
        Event::Called { leg } => ("called", Some(leg), None, None),
        Event::Answered { leg } => ("answered", Some(leg), None, None),
        Event::Hears { leg, source } => ("hears", Some(leg), None, Some(heard(source))),
        Event::ConferenceIdKeyed { leg, meeting, .. } => {
            ("conference-id", Some(leg), meeting, yes_no(meeting.is_some()))
        }
        Event::DirectoryFailed { leg, .. } => ("directory-failed", Some(leg), None, None),
        Event::PinAccepted { meeting, leg } => ("pin-accepted", Some(leg), Some(meeting), None),
        Event::PinRefused { meeting, leg, .. } => ("pin-refused", Some(leg), Some(meeting), None),
        Event::Parked { meeting, leg } => ("parked", Some(leg), Some(meeting), None),
        Event::Started { meeting, by, right, .. } => ("started", Some(by), Some(meeting), Some(right.name())),
        Event::Joined { meeting, leg, admission } => {
            ("joined", Some(leg), Some(meeting), Some(admission.name()))
        }
        Event::Promoted { meeting, leg } => ("promoted", Some(leg), Some(meeting), None),
        Event::Left { meeting, leg, place } => ("left", Some(leg), Some(meeting), Some(place.name())),
        Event::Hand { meeting, leg, raised } => ("hand", Some(leg), Some(meeting), yes_no(raised)),
        Event::Muted { meeting, leg, muted } => ("muted", Some(leg), Some(meeting), yes_no(muted)),
        Event::Locked { meeting, locked } => ("locked", None, Some(meeting), yes_no(locked)),
        Event::Announced { meeting, prompt, .. } => ("announced", None, Some(meeting), Some(prompt.name())),
        Event::Ended { meeting, reason } => ("ended", None, Some(meeting), Some(reason.name())),
        Event::Finished { leg, outcome, .. } => ("finished", Some(leg), None, Some(outcome.name())),
        Event::LockedOut { organizer, .. } => ("locked-out", None, Some(MeetingId(organizer.0)), None),
        Event::Key { .. }
        | Event::KeysIgnored { .. }
        | Event::Commanded { .. }
        | Event::AnnouncementDropped { .. }
        | Event::Administered { .. }
        | Event::PinChecked { .. } => return None,
    })
}

fn heard(source: Source) -> &'static str {
    match source {
        Source::Silence => "silence",
        Source::Prompt { prompt, .. } => prompt.name(),
        Source::HoldMusic { .. } => "hold-music",
        Source::Conference => "meeting",
    }
}
