//! Distributes the exchange's entries: to the snapshot, the tally, and the readers of the stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::api_event::ApiEvent;
use super::figures::Figures;
use super::snapshot::Snapshot;
use crate::clock::Clock;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::leg::scripted::StageRef;
use crate::load::tally;
use crate::report::Traced;

/// Events that a reader may be behind before it misses some.
const BEHIND_MAX: usize = 4_096;

/// The sink of an exchange; copies share what it keeps.
#[derive(Clone, Debug)]
pub(crate) struct EventSink {
    snapshot: Arc<Mutex<Snapshot>>,
    version: Arc<AtomicU64>,
    tally: tally::Shared,
    figures: Arc<Mutex<Figures>>,
    events: broadcast::Sender<ApiEvent>,
    traced: Traced,
}

impl EventSink {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            snapshot: Arc::default(),
            version: Arc::default(),
            tally: tally::Shared::by(clock),
            figures: Arc::default(),
            events: broadcast::channel(BEHIND_MAX).0,
            traced: Traced::default(),
        }
    }

    /// The snapshot as it is now. The exchange waits while it is locked.
    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes with whatever happens.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The figures of the last minutes.
    pub(crate) fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes a second of the figures.
    pub(crate) fn second(&self) {
        let (counts, news) = self.tally.look();
        // Nobody waits for the users of casts that have gone.
        drop(self.tally.gone());
        let meetings = self.snapshot().presence.meetings().len();
        self.figures().second(counts, &news, meetings);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<ApiEvent> {
        self.events.subscribe()
    }
}

impl Sink for EventSink {
    fn take(&mut self, at: Instant, entry: Entry) {
        self.tally.take(at, entry.clone());
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        if self.events.receiver_count() > 0 {
            let event = ApiEvent::of(at, &entry, &snapshot);
            if let Some(event) = event {
                // The last reader may have left meanwhile.
                let _unread = self.events.send(event);
            }
        }
        snapshot.take(at, &entry);
        if let Entry::Event(event) = entry {
            self.traced.take(event, &snapshot.presence);
        }
        drop(snapshot);
        self.version.fetch_add(1, Ordering::Release);
    }

    fn due(&mut self, at: Instant) {
        self.tally.due(at);
    }

    fn on_stage(&mut self, at: Instant, stage: StageRef) {
        self.tally.on_stage(at, stage);
        self.snapshot().on_stage(stage);
    }

    fn gone(&mut self, at: Instant, stage: StageRef) {
        Sink::gone(&mut self.tally, at, stage);
        self.snapshot().gone(stage);
    }

    fn ends_casts_that_fail(&self) -> bool {
        true
    }
}
