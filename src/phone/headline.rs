//! The last thing that changed for all, in a sentence: the first line of a wide screen.

use super::describe::name;
use super::events::Context;
use crate::control::call::{Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent, Place};
use crate::leg::log::Entry;

/// Returns the sentence about an entry of the event stream, if it changes something for all.
pub(super) fn headline(entry: &Entry, context: &Context<'_, '_>) -> Option<String> {
    let event = match entry {
        Entry::Dials { part, .. } => {
            return Some(format!("{} calls the bridge", name(context.text.role(*part))));
        }
        Entry::Event(event) => *event,
        Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {
            return None;
        }
        Entry::Act { .. } | Entry::Finished { .. } => return None,
    };
    let caller = event.leg().map(|leg| name(context.text.caller(leg))).unwrap_or_default();
    let of = event.meeting().map(|meeting| name(context.text.organizer_of(meeting))).unwrap_or_default();
    let tries_left = context.handset.map_or(1, |handset| handset.tries_left);
    let waits =
        event.leg().and_then(|leg| context.presence.place(leg)).is_some_and(|(_, at)| at == Place::Lobby);
    match event {
        Event::Call(CallEvent::Hears { source: Source::Prompt { prompt: Prompt::EnterPin, .. }, .. }) => {
            Some(format!("{caller} is asked for the PIN"))
        }
        Event::Call(CallEvent::KeysIgnored { .. }) if waits && tries_left == 0 => {
            Some(no_tries_left(&caller))
        }
        Event::Call(CallEvent::Finished { .. }) => Some(format!("The call of {caller} is over")),
        Event::Call(_) | Event::Account(_) => None,
        Event::Meeting(MeetingEvent::PinRefused { tries_left: 0, .. }) => Some(no_tries_left(&caller)),
        Event::Meeting(MeetingEvent::Parked { .. }) if tries_left == 0 => Some(no_tries_left(&caller)),
        Event::Meeting(MeetingEvent::Parked { .. }) => Some(format!("{caller} waits in the lobby")),
        Event::Meeting(MeetingEvent::Started { .. }) => Some("The meeting has started".to_owned()),
        // Those whom the start releases are its consequence.
        Event::Meeting(MeetingEvent::Locked { locked: true, .. }) => {
            Some(format!("The meeting of {of} is locked"))
        }
        Event::Meeting(MeetingEvent::Locked { locked: false, .. }) => {
            Some(format!("The meeting of {of} is open to all callers"))
        }
        Event::Meeting(MeetingEvent::Ended { .. }) => Some(format!("The meeting of {of} is over")),
        Event::Meeting(_) => None,
    }
}

fn no_tries_left(caller: &str) -> String {
    format!("{caller} has no tries left in this call")
}
