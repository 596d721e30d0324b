//! What the media threads have in common. None of it is touched for a packet of a caller who waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::room::Seat;
use super::voices::Voices;
use crate::control::call::LegId;
use crate::control::event::MeetingId;

/// Shared by the threads, by all sides, and by the sinks.
#[derive(Debug, Default)]
pub(super) struct Shared {
    voices: Mutex<Voices>,
    /// Of each telephone that is in a meeting.
    seats: Mutex<BTreeMap<LegId, Arc<Seat>>>,
    /// Events of meetings that found no room.
    events_lost: AtomicU64,
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

    pub(super) fn lose_event(&self, meeting: MeetingId) {
        if self.events_lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(
                meeting = meeting.0,
                "media threads do not take in what happens in meetings: callers may be heard where they are not, \
                 or not where they are; from now on this is only counted"
            );
        }
    }

    pub(super) fn events_lost(&self) -> u64 {
        self.events_lost.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
