//! Whose calls pass, and what their callers are at: known to who plays a case, and told beside each packet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notes on the calls of one case. Copies are the same notes.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The caller of each call, by its Call-ID.
    calls: BTreeMap<Arc<str>, u32>,
    /// What each caller is at.
    doing: BTreeMap<u32, Arc<str>>,
}

impl Notes {
    /// The call of this Call-ID is this caller's: a part of the cast.
    pub fn call(&self, call_id: &str, part: u32) {
        self.known().calls.insert(call_id.into(), part);
    }

    /// A caller is at this from now on. It may be read by anybody who gets the capture: no digit of a PIN is in it.
    pub fn doing(&self, part: u32, what: Arc<str>) {
        self.known().doing.insert(part, what);
    }

    /// Returns whose call this is.
    pub(super) fn part(&self, call_id: &str) -> Option<u32> {
        self.known().calls.get(call_id).copied()
    }

    /// Returns what the caller of this call is at.
    pub(super) fn at(&self, call_id: &str) -> Option<Arc<str>> {
        let known = self.known();
        known.doing.get(known.calls.get(call_id)?).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
