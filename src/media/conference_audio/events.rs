//! The event stream as it is heard: for readers that have a bridge's events and want its sound.

use super::ConferenceAudio;
use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::media::library::Sound;

impl ConferenceAudio {
    /// Follows an event: opens and closes legs, and tells what each hears, who is in which conference, and what is
    /// announced there. `name` gives the samples of the name that was recorded on a leg, this many milliseconds long.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events change nothing that is heard")]
    pub fn follow(&mut self, at: Instant, event: &Event, name: impl FnOnce(LegId, u16) -> Option<Sound>) {
        let named = |prompt: Prompt| {
            if let Prompt::RecordedName { leg, millis } = prompt { name(leg, millis) } else { None }
        };
        match *event {
            Event::Call(CallEvent::Called { leg }) => self.open(at, leg),
            Event::Call(CallEvent::Hears { leg, source }) => {
                let name = if let Source::Prompt { prompt, .. } = source { named(prompt) } else { None };
                self.hear(at, leg, source, name);
            }
            Event::Call(CallEvent::Finished { leg, .. }) => self.close(leg),
            Event::Meeting(MeetingEvent::Joined { meeting, leg, .. }) => self.join(meeting, leg),
            // Who is parked may have been inside until the organizer left.
            Event::Meeting(MeetingEvent::Left { leg, .. } | MeetingEvent::Parked { leg, .. }) => {
                self.leave(leg);
            }
            Event::Meeting(MeetingEvent::Muted { leg, muted, .. }) => self.set_muted(leg, muted),
            Event::Meeting(MeetingEvent::Announced { meeting, prompt, language }) => {
                self.announce(at, meeting, (prompt, language), named(prompt));
            }
            Event::Meeting(MeetingEvent::Ended { meeting, .. }) => self.stop_announcing(meeting),
            _ => {}
        }
    }
}
