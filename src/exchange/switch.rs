//! What all tasks of an exchange share: the ways to each other, the clock, the limits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::desk::Desk;
use super::limits::Limits;
use super::mail::{Letter, Message, Question, Said};
use super::room::Room;
use crate::clock::Clock;
use crate::control::call::LegId;
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Epoch};
use crate::control::policy::{Policy, Terms};
use crate::media::library::Library;

/// Why a letter was not delivered; it comes back.
#[derive(Debug)]
pub(super) enum Undelivered {
    /// The meeting has as many as may wait.
    Full(Box<Letter>),
    /// Nobody is in that meeting, and the letter brings nobody.
    Nobody,
    /// It brings somebody to a meeting beyond the limit.
    TooMany(Box<Letter>),
}

/// The ways between the tasks.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) library: Arc<Library>,
    pub(super) lanes: Box<[mpsc::Sender<Message>]>,
    pub(super) questions: mpsc::Sender<Question>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    desk: Mutex<Desk>,
    /// The settings to which new calls are held.
    policy: Mutex<Arc<Policy>>,
    rooms: DashMap<MeetingId, mpsc::Sender<Box<Letter>>>,
    /// How many meetings were opened.
    opened: AtomicU64,
    /// Tells when the last meeting has gone away.
    emptied: Notify,
    /// Questions that the directory answers late, by a story's own wish.
    late: AtomicUsize,
    /// Tells when the last of them was answered.
    answered: Notify,
}

impl Switch {
    pub(super) fn new(
        clock: Clock,
        limits: Limits,
        library: Arc<Library>,
        lanes: Box<[mpsc::Sender<Message>]>,
        (questions, desk): (mpsc::Sender<Question>, Desk),
        policy: Arc<Policy>,
    ) -> Self {
        Self {
            clock,
            limits,
            library,
            lanes,
            questions,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            desk: Mutex::new(desk),
            policy: Mutex::new(policy),
            rooms: DashMap::new(),
            opened: AtomicU64::new(0),
            emptied: Notify::new(),
            late: AtomicUsize::new(0),
            answered: Notify::new(),
        }
    }

    /// The directory, for one operation: never held over an await.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        // Its operations are each complete when they return, so that one that panicked has left no half of a change.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds new calls to these settings, if they are others than before.
    pub(super) fn follow(&self, policy: &Arc<Policy>) {
        let mut followed = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        if *followed != *policy {
            let told =
                |way: &mpsc::Sender<Message>| way.try_send(Message::Policy(Arc::clone(policy))).is_ok();
            // A lane with no room now goes on with what it knows, until the next question finds it so.
            if self.lanes.iter().filter(|way| told(way)).count() == self.lanes.len() {
                *followed = Arc::clone(policy);
            }
        }
    }

    /// The lane of a leg.
    pub(super) fn lane(&self, leg: LegId) -> usize {
        leg.0 as usize % self.lanes.len()
    }

    /// The epoch of a meeting that is opened now.
    pub(super) fn next_epoch(&self) -> Epoch {
        Epoch(self.opened.fetch_add(1, Ordering::Relaxed))
    }

    /// Meetings with somebody in them.
    pub(super) fn meetings(&self) -> usize {
        self.rooms.len()
    }

    /// Which those are.
    pub(super) fn open(&self) -> Vec<MeetingId> {
        self.rooms.iter().map(|room| *room.key()).collect()
    }

    /// Delivers a letter to a meeting; one that brings somebody opens the meeting if it is not open.
    pub(super) fn deliver(self: &Arc<Self>, id: MeetingId, letter: Box<Letter>) -> Result<(), Undelivered> {
        // Sending under the guard, without waiting: a meeting that goes away sees under the same guard whether a
        // letter came in.
        let letter = match self.rooms.get(&id) {
            Some(room) => match room.try_send(letter) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(letter)) => return Err(Undelivered::Full(letter)),
                Err(mpsc::error::TrySendError::Closed(letter)) => letter,
            },
            None => letter,
        };
        // A meeting whose task panicked answers nobody any more: whoever comes next opens it again.
        self.forget_failed(id);
        let Some(terms) = letter.said.iter().find_map(terms_of) else { return Err(Undelivered::Nobody) };
        if self.rooms.len() >= self.limits.meetings {
            return Err(Undelivered::TooMany(letter));
        }
        let terms = terms.clone();
        let (sender, inbox) = mpsc::channel(self.limits.letters);
        match sender.try_send(letter) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(letter) | mpsc::error::TrySendError::Closed(letter)) => {
                return Err(Undelivered::Full(letter));
            }
        }
        match self.rooms.entry(id) {
            Entry::Vacant(vacant) => vacant.insert(sender),
            Entry::Occupied(mut open) => {
                // Another lane opened it meanwhile.
                let mut inbox = inbox;
                let Ok(letter) = inbox.try_recv() else { return Ok(()) };
                return match open.get_mut().try_send(letter) {
                    Ok(()) => Ok(()),
                    Err(
                        mpsc::error::TrySendError::Full(letter) | mpsc::error::TrySendError::Closed(letter),
                    ) => Err(Undelivered::Full(letter)),
                };
            }
        };
        self.tasks.spawn(Room::new(id, terms, Arc::clone(self)).run(inbox));
        Ok(())
    }

    /// The way to a meeting, to wait for room on it.
    pub(super) fn way(&self, id: MeetingId) -> Option<mpsc::Sender<Box<Letter>>> {
        self.rooms.get(&id).map(|room| room.clone())
    }

    /// A meeting in which nobody is goes away, unless a letter came in: whether it did.
    pub(super) fn close(&self, id: MeetingId, inbox: &mpsc::Receiver<Box<Letter>>) -> bool {
        let closed = self.rooms.remove_if(&id, |_, _| inbox.is_empty()).is_some();
        if closed && self.rooms.is_empty() {
            self.emptied.notify_waiters();
        }
        closed
    }

    /// One more question is answered late.
    pub(super) fn put_off(&self) {
        self.late.fetch_add(1, Ordering::AcqRel);
    }

    /// A late answer was given.
    pub(super) fn answered_late(&self) {
        if self.late.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.answered.notify_waiters();
        }
    }

    /// Waits until no question is answered late any more.
    pub(super) async fn all_answered(&self) {
        loop {
            let answered = self.answered.notified();
            if self.late.load(Ordering::Acquire) == 0 {
                return;
            }
            answered.await;
        }
    }

    /// A meeting whose task has gone with its inbox is open no longer.
    pub(super) fn forget_failed(&self, id: MeetingId) {
        let gone = self.rooms.remove_if(&id, |_, room| room.is_closed()).is_some();
        if gone && self.rooms.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Waits until nobody is in any meeting.
    pub(super) async fn quiet(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.rooms.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

fn terms_of(said: &Said) -> Option<&Terms> {
    match said {
        Said::Input(meeting::Input::Arrive { terms, .. }) => Some(terms),
        Said::Input(_) | Said::Listens(..) => None,
        #[cfg(test)]
        Said::Panic => None,
    }
}
