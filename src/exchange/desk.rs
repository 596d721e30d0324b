//! The directory in the exchange: one task answers questions, in order, or asks elsewhere; administrators' acts are done at once.

use std::future::poll_fn;
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::time::DelayQueue;

use super::kept::{Elsewhere, PinQuestion};
use super::mail::{Letter, Message, Question, Said};
use super::switch::{Switch, Undelivered};
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
pub(super) struct Desk {
    pub(super) directory: Directory,
    entropy: ChaCha8Rng,
    faults: FaultPlan,
}

impl Desk {
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

/// Questions to a directory elsewhere that are open at once: more would wait for the same disk and cores there.
const ELSEWHERE_AT_ONCE: usize = 64;

/// The task that answers.
#[derive(Debug)]
pub(super) struct Answering {
    answers: Answers,
    /// Questions that are answered later. No more wait than legs and meetings have open: two each.
    late: DelayQueue<Question>,
    elsewhere: Arc<Semaphore>,
}

impl Answering {
    pub(super) fn new(switch: Arc<Switch>, elsewhere: Option<Arc<dyn Elsewhere>>) -> Self {
        let answers = Answers { switch, elsewhere };
        Self { answers, late: DelayQueue::new(), elsewhere: Arc::new(Semaphore::new(ELSEWHERE_AT_ONCE)) }
    }

    pub(super) async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let stop = self.answers.switch.stop.clone();
        loop {
            let late = &mut self.late;
            let waiting = !late.is_empty();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(question) = questions.recv() => self.ask(question).await,
                Some(expired) = poll_fn(|cx| late.poll_expired(cx)), if waiting => {
                    self.answers.answer(expired.into_inner(), false).await;
                    self.answers.switch.answered_late();
                }
            }
        }
    }

    async fn ask(&mut self, question: Question) {
        let switch = &self.answers.switch;
        let fault = switch.desk().faults.next(&question.asked);
        match fault {
            None if self.answers.elsewhere.is_some() => {
                let permit = Arc::clone(&self.elsewhere).acquire_owned().await;
                let answers = self.answers.clone();
                switch.tasks.spawn(async move {
                    answers.answer(question, false).await;
                    drop(permit);
                });
            }
            None => self.answers.answer(question, false).await,
            Some(Fault::Late(by)) => {
                let at = (question.at + by).ceil_to_millis();
                let delay = switch.clock.until(at);
                self.late.insert(Question { at, ..question }, delay);
                switch.put_off();
            }
            Some(Fault::Fails) => self.answers.answer(question, true).await,
            Some(Fault::Silent) => {}
        }
    }
}

/// What answers one question.
#[derive(Clone, Debug)]
struct Answers {
    switch: Arc<Switch>,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Answers {
    /// Answers with what is true now.
    async fn answer(&self, question: Question, fails: bool) {
        match question.asked {
            DirectoryQuery::FindMeeting { leg, question: number, key } => {
                let result = if fails { Err(Unavailable) } else { self.find(key).await };
                let at = self.switch.clock.stamp(question.at);
                self.tell(leg, Message::Found { at, leg, question: number, result }).await;
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
                    self.tell(leg, Message::Records(at, records)).await;
                }
                let mut said = Vec::new();
                if result == Ok(PinVerdict::Right) {
                    // The meeting that it starts is held to what is true now. A directory that has answered once and does
                    // not again takes no right away.
                    let terms = self.terms(organizer).await.ok();
                    said.extend(terms.map(|terms| Said::Input(meeting::Input::NewTerms { terms })));
                }
                said.push(Said::Input(meeting::Input::PinChecked { check, leg, result }));
                self.tell_meeting(meeting, Letter { at, said }).await;
            }
            DirectoryQuery::Terms { meeting, question: number, leg, organizer } => {
                let result = if fails { Err(Unavailable) } else { self.terms(organizer).await };
                let at = self.switch.clock.stamp(question.at);
                let found = meeting::Input::TermsFound { question: number, leg, result };
                self.tell_meeting(meeting, Letter { at, said: vec![Said::Input(found)] }).await;
            }
        }
    }

    /// What the directory says of this organizer's meeting now.
    async fn terms(&self, organizer: OrganizerId) -> Result<Terms, Unavailable> {
        match self.elsewhere.as_ref().filter(|elsewhere| elsewhere.has(organizer)) {
            Some(elsewhere) => elsewhere.terms(organizer).await,
            None => Ok(self.switch.desk().directory.terms(organizer)),
        }
    }

    async fn tell_meeting(&self, meeting: MeetingId, letter: Letter) {
        let mut letter = Box::new(letter);
        while let Err(Undelivered::Full(back)) = self.switch.deliver(meeting, letter) {
            letter = back;
            self.wait_for_room(meeting).await;
        }
    }

    /// What is kept elsewhere is looked for first: nobody's conference ID is hidden by a simulated one.
    async fn find(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable> {
        if let Some(elsewhere) = &self.elsewhere {
            let theirs = match key {
                MeetingKey::Organizer(organizer) => elsewhere.has(organizer),
                MeetingKey::ConferenceId(_) => true,
            };
            let found = if theirs { elsewhere.find(key).await? } else { None };
            if let Some(found) = &found {
                self.switch.follow(&found.terms.policy);
            }
            if found.is_some() || matches!(key, MeetingKey::Organizer(_)) && theirs {
                return Ok(found);
            }
        }
        Ok(self.switch.desk().directory.find(key))
    }

    async fn check(
        &self,
        asked_at: Instant,
        asked: PinQuestion,
    ) -> Result<(PinVerdict, Vec<Event>), Unavailable> {
        let at = self.switch.clock.stamp(asked_at);
        if let Some(elsewhere) = self.elsewhere.as_ref().filter(|elsewhere| elsewhere.has(asked.organizer)) {
            return elsewhere.check(at, asked).await;
        }
        let PinQuestion { organizer, leg, check, entry } = asked;
        let mut desk = self.switch.desk();
        let verdict = desk.directory.check_pin(at, organizer, (leg, check), &entry);
        Ok((verdict, desk.records()))
    }

    async fn wait_for_room(&self, meeting: MeetingId) {
        if let Some(way) = self.switch.way(meeting) {
            // A meeting that went away meanwhile has room: the letter opens no other.
            let _room = way.reserve().await;
        }
    }

    async fn tell(&self, leg: LegId, message: Message) {
        // A lane that is gone has no leg that waits for an answer.
        let _gone = self.switch.lanes[self.switch.lane(leg)].send(message).await;
    }
}
