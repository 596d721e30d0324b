//! What the media threads have in common. None of it is touched for a packet of a caller who waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::room::Seat;
use super::voices::Voices;
use crate::control::call::LegId;
use crate::telemetry::LimitCounter;

/// The limits of what waits between threads.
#[derive(Debug)]
pub(super) struct Limits {
    /// Events of meetings that found no room among the orders of a thread.
    pub(super) events: Arc<LimitCounter>,
    /// Keys that signalling did not take in.
    pub(super) keys: Arc<LimitCounter>,
    /// Frames of participants that waited for a mix.
    pub(super) frames: Arc<LimitCounter>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: Arc::new(LimitCounter::new("media_events")),
            keys: Arc::new(LimitCounter::new("media_keys")),
            frames: Arc::new(LimitCounter::new("media_frames")),
        }
    }
}

/// Shared by the threads, by all sides, and by the sinks.
#[derive(Debug, Default)]
pub(super) struct Shared {
    voices: Mutex<Voices>,
    /// Of each telephone that is in a meeting.
    seats: Mutex<BTreeMap<LegId, Arc<Seat>>>,
    limits: Limits,
    stopping: AtomicBool,
}

impl Shared {
    /// The voices and names by leg; for moments only.
    pub(super) fn voices(&self) -> MutexGuard<'_, Voices> {
        self.voices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The seats by leg; for moments only.
    pub(super) fn seats(&self) -> MutexGuard<'_, BTreeMap<LegId, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The limits, which say so in the log when they are reached.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
