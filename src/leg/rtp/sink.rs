//! What the media threads read of the bridge's event stream: who is in which meeting, who is muted, what is announced, and
//! which participants are scripted.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::orders::ORDERS;
use super::shared::Shared;
use super::thread::ToThread;
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};

/// A reader of the event stream, for the sink of each lane. It never waits: an event that a media thread has no room for is
/// counted and logged, and the meeting that it belongs to sounds wrong until its next event.
#[derive(Clone, Debug)]
pub struct MeetingSink {
    threads: Vec<SyncSender<ToThread>>,
    shared: Arc<Shared>,
}

impl MeetingSink {
    pub(super) fn new(threads: Vec<SyncSender<ToThread>>, shared: Arc<Shared>) -> Self {
        Self { threads, shared }
    }

    fn tell(&self, at: Instant, meeting: MeetingId, event: MeetingEvent) {
        let thread = &self.threads[meeting.0 as usize % self.threads.len()];
        if thread.try_send(ToThread::Meeting(at, event)).is_err() {
            let effect = "a meeting sounds wrong until its next event";
            self.shared.limits().events.reached(at, ORDERS as u64, effect);
        }
    }
}

impl Sink for MeetingSink {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events change nothing that is heard")]
    fn take(&mut self, at: Instant, entry: Entry) {
        match entry {
            Entry::Dials { part, leg } => self.shared.voices().begin(leg, part),
            Entry::Event(Event::Call(CallEvent::Finished { leg, .. })) => self.shared.voices().end(at, leg),
            Entry::Event(Event::Meeting(event)) => match event {
                MeetingEvent::Joined { meeting, .. }
                | MeetingEvent::Left { meeting, .. }
                | MeetingEvent::Parked { meeting, .. }
                | MeetingEvent::Muted { meeting, .. }
                | MeetingEvent::Announced { meeting, .. }
                | MeetingEvent::Ended { meeting, .. } => self.tell(at, meeting, event),
                _ => {}
            },
            Entry::Event(Event::Call(_) | Event::Account(_)) => {}
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }
}
