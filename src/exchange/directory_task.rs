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
use crate::control::attendant::{Found, MeetingKey};
use crate::control::call::LegId;
use crate::control::directory::{ConferenceIdTaken, Coordinates, Directory, NewOrganizer};
use crate::control::event::{Event, MeetingId};
use crate::control::meeting::{self, PinVerdict, Unavailable};
use crate::control::policy::{OrganizerId, Terms};
use crate::control::time::Instant;
use crate::leg::simulated::DirectoryQuery;
use crate::leg::trouble::{Fault, FaultPlan};

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
        let added = directory.add(new, &mut entropy);
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
                    self.responder.answer(expired.into_inner(), false).await;
                    self.responder.switch.answered_late();
                }
            }
        }
    }

    async fn ask(&mut self, question: Question) {
        let switch = &self.responder.switch;
        let fault = switch.directory().faults.next(&question.asked);
        match fault {
            None if self.responder.backend.is_some() => {
                let permit = Arc::clone(&self.backend).acquire_owned().await;
                let responder = self.responder.clone();
                switch.tasks.spawn(async move {
                    responder.answer(question, false).await;
                    drop(permit);
                });
            }
            None => self.responder.answer(question, false).await,
            Some(Fault::Late(by)) => {
                let at = (question.at + by).ceil_to_millis();
                let delay = switch.clock.until(at);
                self.late.insert(Question { at, ..question }, delay);
                switch.put_off();
            }
            Some(Fault::Fails) => self.responder.answer(question, true).await,
            Some(Fault::Silent) => {}
        }
    }
}

/// What answers one question.
#[derive(Clone, Debug)]
struct Responder {
    switch: Arc<Switch>,
    backend: Option<Arc<dyn DirectoryBackend>>,
}

impl Responder {
    /// Answers with what is true now.
    async fn answer(&self, question: Question, fails: bool) {
        match question.asked {
            DirectoryQuery::FindMeeting { leg, question: number, key } => {
                let result = if fails { Err(Unavailable) } else { self.find(key).await };
                let at = self.switch.clock.stamp(question.at);
                self.tell(leg, ToLane::Found { at, leg, question: number, result }).await;
            }
            DirectoryQuery::CheckPin { meeting, check, leg, organizer, entry } => {
                let asked = PinQuestion { organizer, leg, check, entry };
                let checked = if fails { Err(Unavailable) } else { self.check(question.at, asked).await };
                let (result, records) = checked.map_or_else(
                    |unavailable| (Err(unavailable), Vec::new()),
                    |(verdict, records)| (Ok(verdict), records),
                );
                let at = self.switch.clock.stamp(question.at);
                if !records.is_empty() {
                    self.tell(leg, ToLane::Records(at, records)).await;
                }
                let mut messages = Vec::new();
                if result == Ok(PinVerdict::Right) {
                    // The meeting that it starts is held to what is true now. A directory that has answered once and does
                    // not again takes no right away.
                    let terms = self.terms(organizer).await.ok();
                    messages
                        .extend(terms.map(|terms| MeetingMessage::Input(meeting::Input::NewTerms { terms })));
                }
                messages.push(MeetingMessage::Input(meeting::Input::PinChecked { check, leg, result }));
                self.tell_meeting(meeting, ToMeeting { at, messages }).await;
            }
            DirectoryQuery::Terms { meeting, question: number, leg, organizer } => {
                let result = if fails { Err(Unavailable) } else { self.terms(organizer).await };
                let at = self.switch.clock.stamp(question.at);
                let found = meeting::Input::TermsFound { question: number, leg, result };
                self.tell_meeting(meeting, ToMeeting { at, messages: vec![MeetingMessage::Input(found)] })
                    .await;
            }
        }
    }

    /// What the directory says of this organizer's meeting now.
    async fn terms(&self, organizer: OrganizerId) -> Result<Terms, Unavailable> {
        match self.backend.as_ref().filter(|backend| backend.has(organizer)) {
            Some(backend) => backend.terms(organizer).await,
            None => Ok(self.switch.directory().directory.terms(organizer)),
        }
    }

    async fn tell_meeting(&self, meeting: MeetingId, message: ToMeeting) {
        let mut message = Box::new(message);
        while let Err(DeliverError::Full(back)) = self.switch.deliver(meeting, message) {
            message = back;
            self.wait_for_room(meeting).await;
        }
    }

    /// What is in the backend is looked for first: nobody's conference ID is hidden by a simulated one.
    async fn find(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable> {
        if let Some(backend) = &self.backend {
            let theirs = match key {
                MeetingKey::Organizer(organizer) => backend.has(organizer),
                MeetingKey::ConferenceId(_) => true,
            };
            let found = if theirs { backend.find(key).await? } else { None };
            if let Some(found) = &found {
                self.switch.follow(&found.terms.policy);
            }
            if found.is_some() || matches!(key, MeetingKey::Organizer(_)) && theirs {
                return Ok(found);
            }
        }
        Ok(self.switch.directory().directory.find(key))
    }

    async fn check(
        &self,
        asked_at: Instant,
        asked: PinQuestion,
    ) -> Result<(PinVerdict, Vec<Event>), Unavailable> {
        let at = self.switch.clock.stamp(asked_at);
        if let Some(backend) = self.backend.as_ref().filter(|backend| backend.has(asked.organizer)) {
            return backend.check(at, asked).await;
        }
        let PinQuestion { organizer, leg, check, entry } = asked;
        let mut state = self.switch.directory();
        let verdict = state.directory.check_pin(at, organizer, (leg, check), &entry);
        Ok((verdict, state.records()))
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
