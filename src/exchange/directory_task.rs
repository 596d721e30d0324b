//! The directory in the exchange: one task answers questions, in order, or asks backend; administrators' acts are done at once.

use std::future::poll_fn;
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::time::DelayQueue;

use super::directory_backend::{DirectoryBackend, PinQuestion};
use super::messages::{MeetingMessage, Question, ToLane, ToMeeting};
use super::switch::{DeliverError, Switch};
use crate::bridge::faults::{FaultPlan, Passage};
use crate::control::attendant::{self, MeetingKey};
use crate::control::call::LegId;
use crate::control::conference;
use crate::control::directory::{
    ConferenceIdTaken, Coordinates, Directory, NewOrganizer, StoryDirectory as _,
};
use crate::control::event::{Event, MeetingId};
use crate::control::meeting::{self, PinVerdict};
use crate::control::policy::OrganizerId;
use crate::control::query::{DirectoryQuery, Reply};
use crate::store::record::USERS_MAX;

/// The directory's records, with what its questions meet.
#[derive(Debug)]
pub(super) struct DirectoryState {
    pub(super) directory: Directory,
    entropy: ChaCha8Rng,
    faults: FaultPlan,
}

impl DirectoryState {
    pub(super) fn new(directory: Directory, seed: u64, faults: FaultPlan) -> Self {
        Self { directory, entropy: ChaCha8Rng::seed_from_u64(seed), faults }
    }

    /// The directory with what its PINs are drawn from.
    pub(super) fn parts(&mut self) -> (&mut Directory, impl FnMut() -> u64 + '_) {
        let entropy = &mut self.entropy;
        (&mut self.directory, move || entropy.next_u64())
    }

    /// Adds a user who organizes meetings.
    pub(super) fn add(&mut self, new: NewOrganizer) -> Result<Coordinates, ConferenceIdTaken> {
        let (directory, mut entropy) = self.parts();
        let added = directory.add(&new, &mut entropy);
        while directory.poll_record().is_some() {}
        added
    }

    /// Questions that were asked.
    pub(super) fn questions(&self) -> u32 {
        self.faults.asked()
    }

    fn records(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.directory.poll_record()).collect()
    }
}

/// The first number of an organizer in the exchange's own records, where there is a backend: its users are those below.
pub(super) const FIRST_OWN: u32 = USERS_MAX;

/// Questions to a directory backend that are open at once: more would wait for the same disk and cores there.
const BACKEND_AT_ONCE: usize = 64;

/// The task that answers.
#[derive(Debug)]
pub(super) struct DirectoryTask {
    responder: Responder,
    /// Questions that are answered later. No more wait than legs and meetings have open: two each.
    late: DelayQueue<Question>,
    backend: Arc<Semaphore>,
}

impl DirectoryTask {
    pub(super) fn new(switch: Arc<Switch>, backend: Option<Arc<dyn DirectoryBackend>>) -> Self {
        let responder = Responder { switch, backend };
        Self { responder, late: DelayQueue::new(), backend: Arc::new(Semaphore::new(BACKEND_AT_ONCE)) }
    }

    pub(super) async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let stop = self.responder.switch.stop.clone();
        loop {
            let late = &mut self.late;
            let waiting = !late.is_empty();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(question) = questions.recv() => self.ask(question).await,
                Some(expired) = poll_fn(|cx| late.poll_expired(cx)), if waiting => {
                    self.responder.answer(expired.into_inner()).await;
                    self.responder.switch.answered_late();
                }
            }
        }
    }

    async fn ask(&mut self, question: Question) {
        let switch = &self.responder.switch;
        let passage = switch.directory().faults.pass(question.at, &question.query);
        match passage {
            Passage::Asked if self.responder.backend.is_some() => {
                let permit = Arc::clone(&self.backend).acquire_owned().await;
                let responder = self.responder.clone();
                switch.tasks.spawn(async move {
                    responder.answer(question).await;
                    drop(permit);
                });
            }
            Passage::Asked => self.responder.answer(question).await,
            Passage::AskedAt(at) => {
                let delay = switch.clock.until(at);
                self.late.insert(Question { at, ..question }, delay);
                switch.answers_late();
            }
            Passage::Answered(reply) => self.responder.send(question, reply.into()).await,
            Passage::Lost => {}
        }
    }
}

/// The directory's answer to one question: events to record, and replies, all to the machine that asked.
#[derive(Debug, Default)]
struct Answer {
    records: Vec<Event>,
    replies: Vec<Reply>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { records: Vec::new(), replies: vec![reply] }
    }
}

/// Answers one question.
#[derive(Clone, Debug)]
struct Responder {
    switch: Arc<Switch>,
    backend: Option<Arc<dyn DirectoryBackend>>,
}

impl Responder {
    /// Answers with what is true now. What the backend knows is looked for first: nobody's conference ID is hidden by a
    /// simulated one.
    async fn answer(&self, question: Question) {
        let stored = match &self.backend {
            Some(backend) => self.answer_from(backend.as_ref(), question).await,
            None => None,
        };
        let answer = stored.unwrap_or_else(|| {
            let at = self.switch.clock.stamp(question.at);
            let (mut state, mut replies) = (self.switch.directory(), Vec::new());
            question.query.answer(at, &mut state.directory, |reply| replies.push(reply));
            Answer { records: state.records(), replies }
        });
        self.send(question, answer).await;
    }

    /// Returns the backend's answer; `None` if the question is not about one of its users.
    async fn answer_from(&self, backend: &dyn DirectoryBackend, question: Question) -> Option<Answer> {
        let has = |organizer: OrganizerId| organizer.0 < FIRST_OWN;
        match question.query {
            DirectoryQuery::FindMeeting { leg, question, key } => {
                let result = match key {
                    MeetingKey::Organizer(organizer) if !has(organizer) => return None,
                    MeetingKey::Organizer(_) => backend.find(key).await,
                    MeetingKey::ConferenceId(_) => Some(backend.find(key).await.transpose()?).transpose(),
                };
                if let Ok(Some(found)) = &result {
                    self.switch.follow(&found.terms.policy);
                }
                Some(Reply::Attendant(leg, attendant::Input::MeetingFound { question, result }).into())
            }
            DirectoryQuery::Terms { meeting, question, leg, organizer } => {
                let result = if has(organizer) { backend.terms(organizer).await } else { return None };
                Some(Reply::Meeting(meeting, meeting::Input::TermsFound { question, leg, result }).into())
            }
            DirectoryQuery::CheckPin { meeting, check, leg, organizer, secret, entry } => {
                if !has(organizer) {
                    return None;
                }
                let at = self.switch.clock.stamp(question.at);
                let mut answer = Answer::default();
                let result =
                    match backend.check(at, PinQuestion { organizer, leg, check, secret, entry }).await {
                        Ok((verdict, records)) => {
                            answer.records = records;
                            Ok(verdict)
                        }
                        Err(unavailable) => Err(unavailable),
                    };
                // The meeting that it starts is held to what is true now. A directory that has answered once and does
                // not again takes no right away.
                if result == Ok(PinVerdict::Right)
                    && let Ok(terms) = backend.terms(organizer).await
                {
                    answer.replies.push(Reply::Meeting(meeting, meeting::Input::NewTerms { terms }));
                }
                let checked = meeting::Input::PinChecked { check, leg, result };
                answer.replies.push(Reply::Meeting(meeting, checked));
                Some(answer)
            }
        }
    }

    /// Sends an answer to its asker, in one message to a meeting; records go ahead of it.
    async fn send(&self, question: Question, answer: Answer) {
        let at = self.switch.clock.stamp(question.at);
        let leg = question.query.leg();
        if !answer.records.is_empty() {
            self.tell(leg, ToLane::Records(at, answer.records)).await;
        }
        let mut to_meeting: Option<(MeetingId, ToMeeting)> = None;
        for reply in answer.replies {
            match reply {
                Reply::Attendant(leg, input) => self.tell(leg, ToLane::Reply(at, leg, input)).await,
                Reply::Meeting(meeting, input) => {
                    let input = MeetingMessage::Input(conference::Input::Meeting(input));
                    let empty = || (meeting, ToMeeting { at, messages: Vec::new() });
                    to_meeting.get_or_insert_with(empty).1.messages.push(input);
                }
            }
        }
        if let Some((meeting, message)) = to_meeting {
            self.tell_meeting(meeting, message).await;
        }
    }

    async fn tell_meeting(&self, meeting: MeetingId, message: ToMeeting) {
        let mut message = Box::new(message);
        while let Err(DeliverError::Full(back)) = self.switch.deliver(meeting, message) {
            message = back;
            self.wait_for_room(meeting).await;
        }
    }

    async fn wait_for_room(&self, meeting: MeetingId) {
        if let Some(way) = self.switch.way(meeting) {
            // A meeting that went away meanwhile has room: the message opens no other.
            let _room = way.reserve().await;
        }
    }

    async fn tell(&self, leg: LegId, message: ToLane) {
        // A lane that is gone has no leg that waits for an answer.
        let _gone = self.switch.lanes[self.switch.lane(leg)].send(message).await;
    }
}
