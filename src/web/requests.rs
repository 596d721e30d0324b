//! The figures of requests that were answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::telemetry::histogram::{Histogram, QUICK};

/// Requests of one kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Kind {
    /// The path as the router has it: `/api/v1/users/{name}`.
    pub(crate) route: String,
    pub(crate) method: &'static str,
    /// `2xx`.
    pub(crate) class: &'static str,
}

/// The figures of requests. There are as many kinds as routes, methods and classes, whatever clients ask for.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    under_way: AtomicU64,
    answered: Mutex<BTreeMap<Kind, Histogram>>,
}

impl Requests {
    /// How long answers took, by kind.
    pub(crate) fn answered(&self) -> MutexGuard<'_, BTreeMap<Kind, Histogram>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that are being answered.
    pub(crate) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, kind: Kind, took: Duration) {
        self.answered().entry(kind).or_insert_with(|| Histogram::new(QUICK)).observe(took);
    }
}

/// A request that is being answered, until this is dropped: a client may leave before.
pub(super) struct UnderWay<'r>(&'r Requests);

impl<'r> UnderWay<'r> {
    pub(super) fn new(requests: &'r Requests) -> Self {
        requests.under_way.fetch_add(1, Ordering::Relaxed);
        Self(requests)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
