//! The directory in the exchange: one task answers questions, in order; administrators' acts are done at once.

use std::future::poll_fn;
use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio_util::time::DelayQueue;

use super::mail::{Letter, Message, Question, Said};
use super::switch::{Switch, Undelivered};
use crate::control::call::LegId;
use crate::control::directory::{ConferenceIdTaken, Coordinates, Directory, NewOrganizer};
use crate::control::event::Event;
use crate::control::meeting::{self, Unavailable};
use crate::leg::simulated::Asked;
use crate::leg::trouble::{DirectoryTrouble, Troubles};

/// The directory's records, with what its questions meet.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) directory: Directory,
    entropy: ChaCha8Rng,
    troubles: Troubles,
}

impl Desk {
    pub(super) fn new(directory: Directory, seed: u64, troubles: Troubles) -> Self {
        Self { directory, entropy: ChaCha8Rng::seed_from_u64(seed), troubles }
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
        self.troubles.asked()
    }

    fn records(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.directory.poll_record()).collect()
    }
}

/// The task that answers.
#[derive(Debug)]
pub(super) struct Answering {
    switch: Arc<Switch>,
    /// Questions that are answered later. No more wait than legs and meetings have open: two each.
    late: DelayQueue<Question>,
}

impl Answering {
    pub(super) fn new(switch: Arc<Switch>) -> Self {
        Self { switch, late: DelayQueue::new() }
    }

    pub(super) async fn run(mut self, mut questions: mpsc::Receiver<Question>) {
        let stop = self.switch.stop.clone();
        loop {
            let late = &mut self.late;
            let waiting = !late.is_empty();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(question) = questions.recv() => self.ask(question).await,
                Some(expired) = poll_fn(|cx| late.poll_expired(cx)), if waiting => {
                    self.answer(expired.into_inner(), false).await;
                }
            }
        }
    }

    async fn ask(&mut self, question: Question) {
        let trouble = self.switch.desk().troubles.meet(&question.asked);
        match trouble {
            None => self.answer(question, false).await,
            Some(DirectoryTrouble::Late(by)) => {
                let at = (question.at + by).whole_millisecond();
                let delay = self.switch.clock.until(at);
                self.late.insert(Question { at, ..question }, delay);
            }
            Some(DirectoryTrouble::Fails) => self.answer(question, true).await,
            Some(DirectoryTrouble::Silent) => {}
        }
    }

    /// Answers with what is true now.
    async fn answer(&self, question: Question, fails: bool) {
        let at = self.switch.clock.moment(question.at);
        match question.asked {
            Asked::FindMeeting { leg, question, key } => {
                let found = if fails { Err(Unavailable) } else { Ok(self.switch.desk().directory.find(key)) };
                self.tell(leg, Message::Found { at, leg, question, result: found }).await;
            }
            Asked::CheckPin { meeting, check, leg, organizer, entry } => {
                let (result, records) = {
                    let mut desk = self.switch.desk();
                    let result = if fails {
                        Err(Unavailable)
                    } else {
                        Ok(desk.directory.check_pin(at, organizer, (leg, check), &entry))
                    };
                    (result, desk.records())
                };
                if !records.is_empty() {
                    self.tell(leg, Message::Records(at, records)).await;
                }
                let checked = Said::Input(meeting::Input::PinChecked { check, result });
                let mut letter = Box::new(Letter { at, said: vec![checked] });
                while let Err(Undelivered::Full(back)) = self.switch.deliver(meeting, letter) {
                    letter = back;
                    self.wait_for_room(meeting).await;
                }
            }
        }
    }

    async fn wait_for_room(&self, meeting: crate::control::event::MeetingId) {
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
