//! The state that all tasks of an exchange share: channels to each other, the clock, the limits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::directory_task::DirectoryState;
use super::limits::{LimitUse, Limits};
use super::meeting_task::MeetingTask;
use super::messages::{MeetingMessage, Question, ToLane, ToMeeting};
use crate::clock::Clock;
use crate::control::call::LegId;
use crate::control::conference;
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Epoch, Unavailable};
use crate::control::policy::{Policy, Terms};
use crate::media::library::Library;
use crate::telemetry::LimitCounter;

/// Why a message was not delivered; it comes back.
#[derive(Debug)]
pub(super) enum DeliverError {
    /// The meeting has as many as may wait.
    Full(Box<ToMeeting>),
    /// Nobody is in that meeting, and the message brings nobody.
    NotOpen,
    /// It brings somebody to a meeting beyond the limit.
    TooMany(Box<ToMeeting>),
}

/// The ways between the tasks.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) library: Arc<Library>,
    pub(super) lanes: Box<[mpsc::Sender<ToLane>]>,
    questions: mpsc::Sender<Question>,
    /// Questions that found no room.
    questions_refused: LimitCounter,
    /// Callers of a meeting beyond the limit.
    meetings_refused: LimitCounter,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    directory: Mutex<DirectoryState>,
    /// The settings to which new calls are held.
    policy: Mutex<Arc<Policy>>,
    meetings: DashMap<MeetingId, mpsc::Sender<Box<ToMeeting>>>,
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
        lanes: Box<[mpsc::Sender<ToLane>]>,
        (questions, directory): (mpsc::Sender<Question>, DirectoryState),
        policy: Arc<Policy>,
    ) -> Self {
        Self {
            clock,
            limits,
            library,
            lanes,
            questions,
            questions_refused: LimitCounter::new("directory_questions"),
            meetings_refused: LimitCounter::new("meetings"),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            directory: Mutex::new(directory),
            policy: Mutex::new(policy),
            meetings: DashMap::new(),
            opened: AtomicU64::new(0),
            emptied: Notify::new(),
            late: AtomicUsize::new(0),
            answered: Notify::new(),
        }
    }

    /// The directory, for one operation: never held over an await.
    pub(super) fn directory(&self) -> MutexGuard<'_, DirectoryState> {
        // Its operations are each complete when they return, so that one that panicked has left no half of a change.
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a question to the directory.
    ///
    /// # Errors
    /// Too many wait for it. That is as good as no answer: the asker asks once more.
    pub(super) fn ask(&self, question: Question) -> Result<(), Unavailable> {
        self.questions.try_send(question).map_err(|_full| {
            let (now, limit) = (self.clock.now(), self.limits.questions as u64);
            self.questions_refused.reached(
                now,
                limit,
                "the directory is asked once more, or the caller is told of an error",
            );
            Unavailable
        })
    }

    /// Holds new calls to these settings, if they are others than before.
    pub(super) fn follow(&self, policy: &Arc<Policy>) {
        let mut followed = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        if *followed != *policy {
            let told = |way: &mpsc::Sender<ToLane>| way.try_send(ToLane::Policy(Arc::clone(policy))).is_ok();
            // A lane with no room now goes on with what it knows, until the next question finds it so.
            if self.lanes.iter().filter(|way| told(way)).count() == self.lanes.len() {
                *followed = Arc::clone(policy);
            }
        }
    }

    /// The lane of a leg.
    pub(super) fn lane(&self, leg: LegId) -> usize {
        leg.number() as usize % self.lanes.len()
    }

    /// The epoch of a meeting that is opened now.
    pub(super) fn next_epoch(&self) -> Epoch {
        Epoch(self.opened.fetch_add(1, Ordering::Relaxed))
    }

    /// Meetings with somebody in them.
    pub(super) fn meetings(&self) -> usize {
        self.meetings.len()
    }

    /// Returns how far each limit is used.
    pub(super) fn usage(&self) -> Vec<LimitUse> {
        let waiting = |max: usize, free: usize| (max - free) as u64;
        let questions = waiting(self.questions.max_capacity(), self.questions.capacity());
        let lane = self.lanes.iter().map(|way| waiting(way.max_capacity(), way.capacity())).max();
        let counted = |counter: &LimitCounter, limit: usize, used| LimitUse {
            name: counter.name(),
            limit: limit as u64,
            used,
            reached: Some(counter.total()),
        };
        vec![
            counted(&self.meetings_refused, self.limits.meetings, self.meetings.len() as u64),
            counted(&self.questions_refused, self.limits.questions, questions),
            LimitUse {
                name: "lane_messages",
                limit: self.limits.to_lane as u64,
                used: lane.unwrap_or(0),
                reached: None,
            },
        ]
    }

    /// Returns the open meetings.
    pub(super) fn open(&self) -> Vec<MeetingId> {
        self.meetings.iter().map(|meeting| *meeting.key()).collect()
    }

    /// Delivers a message to a meeting; one that brings somebody opens the meeting if it is not open.
    pub(super) fn deliver(
        self: &Arc<Self>,
        id: MeetingId,
        message: Box<ToMeeting>,
    ) -> Result<(), DeliverError> {
        // Sending under the guard, without waiting: a meeting that goes away sees under the same guard whether a
        // message came in.
        let message = match self.meetings.get(&id) {
            Some(room) => match room.try_send(message) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(message)) => return Err(DeliverError::Full(message)),
                Err(mpsc::error::TrySendError::Closed(message)) => message,
            },
            None => message,
        };
        // A meeting whose task panicked does not answer any more: the next caller opens it again.
        self.forget_failed(id);
        let Some(terms) = message.messages.iter().find_map(terms_of) else {
            return Err(DeliverError::NotOpen);
        };
        if self.meetings.len() >= self.limits.meetings {
            let limit = self.limits.meetings as u64;
            self.meetings_refused.reached(
                self.clock.now(),
                limit,
                "the caller hears that the meeting is full",
            );
            return Err(DeliverError::TooMany(message));
        }
        let terms = terms.clone();
        let (sender, inbox) = mpsc::channel(self.limits.to_lane);
        match sender.try_send(message) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(message) | mpsc::error::TrySendError::Closed(message)) => {
                return Err(DeliverError::Full(message));
            }
        }
        match self.meetings.entry(id) {
            Entry::Vacant(vacant) => vacant.insert(sender),
            Entry::Occupied(mut open) => {
                // Another lane opened it meanwhile.
                let mut inbox = inbox;
                let Ok(message) = inbox.try_recv() else { return Ok(()) };
                return match open.get_mut().try_send(message) {
                    Ok(()) => Ok(()),
                    Err(
                        mpsc::error::TrySendError::Full(message) | mpsc::error::TrySendError::Closed(message),
                    ) => Err(DeliverError::Full(message)),
                };
            }
        };
        self.tasks.spawn(MeetingTask::new(id, terms, Arc::clone(self)).run(inbox));
        Ok(())
    }

    /// The way to a meeting, to wait for room on it.
    pub(super) fn way(&self, id: MeetingId) -> Option<mpsc::Sender<Box<ToMeeting>>> {
        self.meetings.get(&id).map(|room| room.clone())
    }

    /// A meeting in which nobody is goes away, unless a message came in: whether it did.
    pub(super) fn close(&self, id: MeetingId, inbox: &mpsc::Receiver<Box<ToMeeting>>) -> bool {
        let closed = self.meetings.remove_if(&id, |_, _| inbox.is_empty()).is_some();
        if closed && self.meetings.is_empty() {
            self.emptied.notify_waiters();
        }
        closed
    }

    /// One more question is answered late.
    pub(super) fn answers_late(&self) {
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
        let gone = self.meetings.remove_if(&id, |_, room| room.is_closed()).is_some();
        if gone && self.meetings.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Waits until nobody is in any meeting.
    pub(super) async fn quiet(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.meetings.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

fn terms_of(message: &MeetingMessage) -> Option<&Terms> {
    match message {
        MeetingMessage::Input(conference::Input::Meeting(meeting::Input::Arrive { terms, .. })) => {
            Some(terms)
        }
        MeetingMessage::Input(_) => None,
        #[cfg(test)]
        MeetingMessage::Panic => None,
    }
}
