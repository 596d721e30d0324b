//! The event stream as it is heard: for readers that have a bridge's events and want its sound.

use super::ConferenceAudio;
use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::media::library::Sound;

impl ConferenceAudio {
    /// Follows an event: opens and closes legs, and tells what each hears, who is in which conference, and what is
    /// announced there. `name` gives the samples of the name that was recorded on a leg, this many milliseconds long.
    pub fn follow(&mut self, at: Instant, event: &Event, name: impl FnOnce(LegId, u16) -> Option<Sound>) {
        let named = |prompt: Prompt| {
            if let Prompt::RecordedName { leg, millis } = prompt { name(leg, millis) } else { None }
        };
        match *event {
            Event::Call(event) => match event {
                CallEvent::Called { leg } => self.open(at, leg),
                CallEvent::Hears { leg, source } => {
                    let name = if let Source::Prompt { prompt, .. } = source { named(prompt) } else { None };
                    self.hear(at, leg, source, name);
                }
                CallEvent::Finished { leg, .. } => self.close(leg),
                CallEvent::Answered { .. }
                | CallEvent::Key { .. }
                | CallEvent::KeysIgnored { .. }
                | CallEvent::ConferenceIdKeyed { .. }
                | CallEvent::DirectoryFailed { .. } => {}
            },
            Event::Meeting(event) => match event {
                MeetingEvent::Joined { meeting, leg, .. } => self.join(meeting, leg),
                // Who is parked may have been inside until the organizer left.
                MeetingEvent::Left { leg, .. } | MeetingEvent::Parked { leg, .. } => self.leave(leg),
                MeetingEvent::Muted { leg, muted, .. } => self.set_muted(leg, muted),
                MeetingEvent::Announced { meeting, prompt, language } => {
                    self.announce(at, meeting, (prompt, language), named(prompt));
                }
                MeetingEvent::Ended { meeting, .. } => self.stop_announcing(meeting),
                MeetingEvent::PinAccepted { .. }
                | MeetingEvent::PinRefused { .. }
                | MeetingEvent::Started { .. }
                | MeetingEvent::Promoted { .. }
                | MeetingEvent::Commanded { .. }
                | MeetingEvent::Hand { .. }
                | MeetingEvent::Locked { .. }
                | MeetingEvent::AnnouncementDropped { .. } => {}
            },
            Event::Account(_) => {}
        }
    }
}
