//! The details of an event besides its word and its subject, the same in reports and on the wire.

use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use crate::control::call::{Source, Speech};
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent};

/// The details of an event besides its word and its subject. They never contain a key that was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema, ToSchema)]
pub struct Details {
    /// The sound: `silence`, `prompt`, `hold_music`, `conference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// When the loop of the hold music that is heard began, in microseconds of the bridge's time: where it is follows
    /// from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_us: Option<u64>,
    /// The prompt that is heard or announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<&'static str>,
    /// The prompt's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'static str>,
    /// The kind of the event: how somebody joined, why something ended, the outcome, the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
    /// Who or what ended a call: `caller`, `bridge`, `cancelled` before the answer, `lost`, `no-ack`, `no-media`, `media-gone`,
    /// `session-expired`, `no-such-number`, `overloaded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<&'static str>,
    /// How many: keys, tries that are left, or callers who wait (255 for more).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u8>,
    /// Whether it was allowed, or is so from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yes: Option<bool>,
}

impl Details {
    /// Returns the details of this event.
    #[must_use]
    pub fn of(event: Event) -> Self {
        let mut details = match event {
            Event::Call(event) => Self::of_call(event),
            Event::Meeting(event) => Self::of_meeting(event),
            Event::Account(event) => Self::of_account(event),
        };
        details.prompt = event.prompt().map(|prompt| prompt.name());
        details
    }

    fn of_call(event: CallEvent) -> Self {
        match event {
            CallEvent::Called { .. } | CallEvent::Answered { .. } | CallEvent::Key { .. } => Self::default(),
            CallEvent::Hears { source, .. } => Self::heard(source),
            CallEvent::Says { speech, .. } | CallEvent::HearsVoice { speech, .. } => {
                Self::detail(speech.map_or("nothing", Speech::name))
            }
            CallEvent::KeysIgnored { count, .. } => Self { count: Some(count), ..Self::default() },
            CallEvent::ConferenceIdKeyed { meeting, .. } => Self::yes(meeting.is_some()),
            CallEvent::DirectoryFailed { again, .. } => Self::yes(again),
            CallEvent::Finished { outcome, cause, .. } => {
                Self { ended_by: Some(cause.name()), ..Self::detail(outcome.name()) }
            }
        }
    }

    fn of_meeting(event: MeetingEvent) -> Self {
        match event {
            MeetingEvent::PinAccepted { .. }
            | MeetingEvent::PasscodeAccepted { .. }
            | MeetingEvent::Parked { .. }
            | MeetingEvent::Promoted { .. }
            | MeetingEvent::Announced { .. }
            | MeetingEvent::AnnouncementDropped { .. } => Self::default(),
            MeetingEvent::PinRefused { tries_left, .. }
            | MeetingEvent::PasscodeRefused { tries_left, .. } => {
                Self { count: Some(tries_left), ..Self::default() }
            }
            MeetingEvent::Started { right, .. } => Self::detail(right.name()),
            MeetingEvent::Joined { admission, .. } => Self::detail(admission.name()),
            MeetingEvent::Left { place, .. } => Self::detail(place.name()),
            MeetingEvent::Commanded { command, allowed, .. } => {
                Self { detail: Some(command.name()), ..Self::yes(allowed) }
            }
            MeetingEvent::Hand { raised, .. } => Self::yes(raised),
            MeetingEvent::Muted { muted, by, .. } => Self { detail: Some(by.name()), ..Self::yes(muted) },
            MeetingEvent::Locked { locked, .. } => Self::yes(locked),
            MeetingEvent::Recording { on, .. } => Self::yes(on),
            MeetingEvent::LobbyNotice { waiting, .. } => {
                Self { count: Some(u8::try_from(waiting).unwrap_or(u8::MAX)), ..Self::default() }
            }
            MeetingEvent::Ended { reason, .. } => Self::detail(reason.name()),
        }
    }

    fn of_account(event: AccountEvent) -> Self {
        match event {
            AccountEvent::Administered { act, .. } => Self::detail(act.name()),
            AccountEvent::PinChecked { right, .. } | AccountEvent::PasscodeChecked { right, .. } => {
                Self::yes(right)
            }
            AccountEvent::LockedOut { .. } | AccountEvent::PasscodeLockedOut { .. } => Self::default(),
        }
    }

    fn heard(source: Source) -> Self {
        let mut details = Self { source: Some(source.name()), ..Self::default() };
        match source {
            Source::Prompt { language, .. } => details.language = Some(language.tag()),
            Source::HoldMusic { begun } => details.begun_us = Some(begun.micros()),
            Source::Silence | Source::Conference => {}
        }
        details
    }

    fn detail(detail: &'static str) -> Self {
        Self { detail: Some(detail), ..Self::default() }
    }

    fn yes(yes: bool) -> Self {
        Self { yes: Some(yes), ..Self::default() }
    }
}
