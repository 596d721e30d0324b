//! What programs are told of over HTTP: the events of meetings by the names that Twilio gave them, and ours.

use super::{Admission, Event, MeetingEvent, Place};
use crate::control::named::named;

named! {
    /// Something that happened in a meeting, by its name in a webhook.
    pub enum WebhookEvent {
        /// A meeting began.
        ConferenceStart = "conference-start",
        /// A meeting is over.
        ConferenceEnd = "conference-end",
        /// Somebody is in the meeting.
        ParticipantJoin = "participant-join",
        /// Somebody is no longer in the meeting.
        ParticipantLeave = "participant-leave",
        /// Somebody was muted.
        ParticipantMute = "participant-mute",
        /// Somebody is muted no more.
        ParticipantUnmute = "participant-unmute",
        /// Somebody waits in the lobby.
        ParticipantWaiting = "participant-waiting",
        /// Somebody was admitted from the lobby of a running meeting.
        LobbyAdmit = "lobby-admit",
        /// A PIN was wrong, or as good as wrong. No digit of it is told.
        PinRefused = "pin-refused",
    }
}

impl WebhookEvent {
    /// What an event of the stream is told as: nothing, one, or two.
    #[expect(clippy::wildcard_enum_match_arm, reason = "of most events nobody is told")]
    pub fn of(event: Event) -> impl Iterator<Item = Self> {
        let told = match event {
            Event::Meeting(MeetingEvent::Started { .. }) => [Some(Self::ConferenceStart), None],
            Event::Meeting(MeetingEvent::Ended { .. }) => [Some(Self::ConferenceEnd), None],
            Event::Meeting(MeetingEvent::Joined { admission: Admission::Admitted, .. }) => {
                [Some(Self::LobbyAdmit), Some(Self::ParticipantJoin)]
            }
            Event::Meeting(MeetingEvent::Joined { .. }) => [Some(Self::ParticipantJoin), None],
            Event::Meeting(MeetingEvent::Left { place: Place::Joined, .. }) => {
                [Some(Self::ParticipantLeave), None]
            }
            Event::Meeting(MeetingEvent::Muted { muted: true, .. }) => [Some(Self::ParticipantMute), None],
            Event::Meeting(MeetingEvent::Muted { muted: false, .. }) => [Some(Self::ParticipantUnmute), None],
            Event::Meeting(MeetingEvent::Parked { .. }) => [Some(Self::ParticipantWaiting), None],
            Event::Meeting(MeetingEvent::PinRefused { .. }) => [Some(Self::PinRefused), None],
            _ => [None, None],
        };
        told.into_iter().flatten()
    }

    /// Returns the event of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}
