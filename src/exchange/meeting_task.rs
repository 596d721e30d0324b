//! The task of one meeting: it owns the conference, and goes away when nobody is left.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::messages::{FromMeeting, MeetingMessage, Question, ToLane, ToMeeting};
use super::switch::Switch;
use crate::control::call::LegId;
use crate::control::conference::{self, Conference};
use crate::control::event::{Event, MeetingEvent, MeetingId};
use crate::control::meeting;
use crate::control::policy::Terms;
use crate::control::query::Reply;
use crate::control::time::Instant;

/// Messages that are read before what came of them is sent: a rush becomes few messages.
const MESSAGES_AT_ONCE: usize = 32;

/// Number of messages after which they are sent, although there are more: a large lobby's first callers hear of the
/// release while the last are told, and what a lane is handed at once stays in its processor's cache.
const PARCEL: usize = 256;

/// A conference that runs by itself.
#[derive(Debug)]
pub(super) struct MeetingTask {
    id: MeetingId,
    switch: Arc<Switch>,
    conference: Conference,
    now: Instant,
    /// The lane that the first leg came from: it takes the records.
    home: Option<usize>,
    /// Messages to send, with their lanes.
    told: Vec<(usize, FromMeeting)>,
}

/// A task that panics leaves nobody waiting: those who were in its meeting are recorded as gone, and every lane ends the
/// calls that have named it. By then its inbox is closed, and with it what was written to it and not read.
impl Drop for MeetingTask {
    fn drop(&mut self) {
        // Elsewhere than in its task it is dropped with the runtime, and nobody is left to be told.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !std::thread::panicking() {
            return;
        }
        tracing::error!(target: "attendant::calls", meeting = self.id.0, "the task of a meeting has panicked; its calls end");
        self.switch.forget_failed(self.id);
        let (id, at, home) = (self.id, self.now, self.home);
        let told = std::mem::take(&mut self.told);
        let left = |(leg, place)| Event::Meeting(MeetingEvent::Left { meeting: id, leg, place });
        let records: Vec<Event> = self.conference.meeting().people().map(left).collect();
        let switch = Arc::clone(&self.switch);
        let telling = async move {
            // A lane that is gone has no calls.
            for (lane, told) in told {
                let _gone = switch.lanes[lane].send(ToLane::FromMeeting(at, vec![told])).await;
            }
            if let Some(home) = home {
                let _gone = switch.lanes[home].send(ToLane::Records(at, records)).await;
            }
            for lane in &switch.lanes {
                let _gone = lane.send(ToLane::Failed(at, id)).await;
            }
        };
        self.switch.tasks.spawn_on(telling, &runtime);
    }
}

impl MeetingTask {
    pub(super) fn new(id: MeetingId, terms: Terms, switch: Arc<Switch>) -> Self {
        Self {
            id,
            conference: Conference::new(id, switch.next_epoch(), terms),
            switch,
            now: Instant::ZERO,
            home: None,
            told: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Box<ToMeeting>>) {
        let mut messages = Vec::new();
        loop {
            let due = self.due();
            tokio::select! {
                biased;
                _count = inbox.recv_many(&mut messages, MESSAGES_AT_ONCE) => {
                    for message in messages.drain(..) {
                        self.read(*message).await;
                    }
                }
                () = self.switch.clock.sleep_until(due) => self.wake(due).await,
            }
            self.send().await;
            if self.conference.meeting().is_idle() && self.switch.close(self.id, &inbox) {
                return;
            }
        }
    }

    async fn read(&mut self, message: ToMeeting) {
        self.now = self.now.max(self.switch.clock.stamp(message.at));
        for message in message.messages {
            match message {
                MeetingMessage::Input(input) => {
                    if let conference::Input::Meeting(meeting::Input::Arrive { leg, .. }) = &input {
                        self.home.get_or_insert(self.switch.lane(*leg));
                    }
                    self.conference.handle_input(self.now, input);
                    self.drain().await;
                }
                #[cfg(test)]
                MeetingMessage::Panic => panic!("a test asks for it"),
            }
        }
    }

    fn due(&self) -> Instant {
        self.conference.poll_timeout().unwrap_or(Instant::NEVER)
    }

    async fn wake(&mut self, due: Instant) {
        self.now = self.now.max(due);
        while self.conference.handle_timeout(self.now) != conference::Due::Nothing {
            self.drain().await;
        }
    }

    async fn drain(&mut self) {
        let mut returned = Vec::new();
        loop {
            let library = Arc::clone(&self.switch.library);
            let lasts = |prompt, language| library.duration(prompt, language);
            while let Some(output) = self.conference.poll_output(self.now, lasts) {
                returned.extend(self.put(output));
                if self.told.len() >= PARCEL {
                    self.send().await;
                    // The runtime keeps the task woken last for the thread that woke it, and no other takes it from
                    // there: that is the lane now, which is to begin beside this. The next one woken takes its place.
                    tokio::spawn(std::future::ready(()));
                }
            }
            let Some(input) = returned.pop() else { return };
            self.conference.handle_input(self.now, conference::Input::Meeting(input));
        }
    }

    /// Puts an output on its way. Returns what the meeting is to be told at once: the end of an announcement, and that the
    /// directory does not answer, because too many wait for it. The meeting asks that once more.
    fn put(&mut self, output: conference::Output) -> Option<meeting::Input> {
        match output {
            conference::Output::Ask(query) => {
                let question = Question { at: self.now, query };
                let refused = self.switch.ask(question).is_err();
                return match query.unavailable() {
                    Reply::Meeting(_, unanswered) if refused => Some(unanswered),
                    Reply::Meeting(..) | Reply::Attendant(..) => None,
                };
            }
            conference::Output::Notify(leg, notice) => self.tell_leg(leg, FromMeeting::Notice(leg, notice)),
            conference::Output::Announced(leg, heard) => {
                self.tell_leg(leg, FromMeeting::Announced(leg, heard));
            }
            conference::Output::Voice(leg, voice) => self.tell_leg(leg, FromMeeting::Voice(leg, voice)),
            conference::Output::Finished(announcement) => {
                return Some(meeting::Input::AnnouncementFinished { announcement });
            }
            conference::Output::Record(event) => {
                self.told.push((self.home.unwrap_or_default(), FromMeeting::Record(event)));
            }
        }
        None
    }

    fn tell_leg(&mut self, leg: LegId, told: FromMeeting) {
        self.told.push((self.switch.lane(leg), told));
    }

    /// Sends each lane what is for it. Lanes never wait for a meeting, so a meeting may wait for them.
    async fn send(&mut self) {
        while let Some((lane, _)) = self.told.first() {
            let lane = *lane;
            let told = if self.told.iter().all(|(other, _)| *other == lane) {
                std::mem::take(&mut self.told).into_iter().map(|(_, told)| told).collect()
            } else {
                self.told.extract_if(.., |(other, _)| *other == lane).map(|(_, told)| told).collect()
            };
            // A lane that is gone has no legs left to tell.
            let _gone = self.switch.lanes[lane].send(ToLane::FromMeeting(self.now, told)).await;
        }
    }
}
