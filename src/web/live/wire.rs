//! Where the exchange's entries go: into the picture, the tally, and to whoever reads the stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::figures::Figures;
use super::happening::Happening;
use super::picture::Picture;
use crate::clock::Clock;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::leg::simulated::Stand;
use crate::load::tally;

/// Happenings that a reader may be behind, before some are left out for it.
const BEHIND_MAX: usize = 4_096;

/// The sink of an exchange; copies share what it keeps.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    picture: Arc<Mutex<Picture>>,
    version: Arc<AtomicU64>,
    tally: tally::Shared,
    figures: Arc<Mutex<Figures>>,
    happenings: broadcast::Sender<Happening>,
}

impl Wire {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            picture: Arc::default(),
            version: Arc::default(),
            tally: tally::Shared::by(clock),
            figures: Arc::default(),
            happenings: broadcast::channel(BEHIND_MAX).0,
        }
    }

    /// The picture as it is now. The exchange waits while it is looked at.
    pub(crate) fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
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
        let meetings = self.picture().meetings.len();
        self.figures().second(counts, &news, meetings);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// What happens from now on.
    pub(crate) fn happenings(&self) -> broadcast::Receiver<Happening> {
        self.happenings.subscribe()
    }
}

impl Sink for Wire {
    fn take(&mut self, at: Instant, entry: Entry) {
        self.tally.take(at, entry.clone());
        let mut picture = self.picture();
        if self.happenings.receiver_count() > 0 {
            let happening = Happening::of(at, &entry, &picture);
            // Whoever read may have gone meanwhile.
            let _unread = happening.map(|happening| self.happenings.send(happening));
        }
        picture.take(at, &entry);
        drop(picture);
        self.version.fetch_add(1, Ordering::Release);
    }

    fn due(&mut self, at: Instant) {
        self.tally.due(at);
    }

    fn on_stage(&mut self, at: Instant, stand: Stand) {
        self.tally.on_stage(at, stand);
        self.picture().on_stage(stand);
    }

    fn gone(&mut self, at: Instant, stand: Stand) {
        Sink::gone(&mut self.tally, at, stand);
        self.picture().gone(stand);
    }

    fn ends_casts_that_fail(&self) -> bool {
        true
    }
}
