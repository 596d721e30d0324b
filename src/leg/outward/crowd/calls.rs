//! The calls of a thread: by index, which decides on the millisecond in which each sends, by their part, and by their Call-ID.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::row::Row;
use crate::control::time::Instant;
use crate::rtp::slots::Slots;

/// Calls that one thread carries at most: more than the ports of one address.
const CALLS_MAX: usize = 65_536;

/// The calls.
pub(super) struct Calls {
    pub(super) slots: Slots,
    rows: Vec<Option<Box<Row>>>,
    /// The last call of each part.
    by_part: FxHashMap<u32, u32>,
    by_id: FxHashMap<Box<str>, u32>,
    timers: BTreeSet<(Instant, u32)>,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            slots: Slots::new(CALLS_MAX),
            rows: Vec::new(),
            by_part: FxHashMap::default(),
            by_id: FxHashMap::default(),
            timers: BTreeSet::new(),
        }
    }

    /// Adds a call at an index that the slots gave.
    pub(super) fn insert(&mut self, index: u32, row: Row) {
        let at = index as usize;
        if self.rows.len() <= at {
            self.rows.resize_with(at + 1, || None);
        }
        self.by_part.insert(row.part, index);
        self.by_id.insert(row.uac.call_id().into(), index);
        self.rows[at] = Some(Box::new(row));
        self.arm(index);
    }

    pub(super) fn remove(&mut self, index: u32) -> Option<Box<Row>> {
        let row = self.rows.get_mut(index as usize)?.take()?;
        self.slots.remove(index);
        self.by_id.remove(row.uac.call_id());
        if self.by_part.get(&row.part) == Some(&index) {
            self.by_part.remove(&row.part);
        }
        if let Some(armed) = row.armed {
            self.timers.remove(&(armed, index));
        }
        Some(row)
    }

    /// Takes a call out to change it; it is to be [put back](Self::put).
    pub(super) fn take(&mut self, index: u32) -> Option<Box<Row>> {
        self.rows.get_mut(index as usize)?.take()
    }

    /// Puts a call back, and plans what is due next.
    pub(super) fn put(&mut self, index: u32, row: Box<Row>) {
        self.rows[index as usize] = Some(row);
        self.arm(index);
    }

    /// Puts a call back at which nothing else is due than before.
    pub(super) fn put_unchanged(&mut self, index: u32, row: Box<Row>) {
        self.rows[index as usize] = Some(row);
    }

    /// Whether the bridge has not let go of every call.
    pub(super) fn are_waited_for(&self) -> bool {
        self.rows.iter().flatten().any(|row| !row.has_left)
    }

    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut Row> {
        self.rows.get_mut(index as usize)?.as_deref_mut()
    }

    pub(super) fn of_part(&self, part: u32) -> Option<u32> {
        self.by_part.get(&part).copied()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// All, to be ended.
    pub(super) fn indices(&self) -> Vec<u32> {
        (0..).zip(&self.rows).filter(|(_, row)| row.is_some()).map(|(index, _)| index).collect()
    }

    fn arm(&mut self, index: u32) {
        let Some(row) = self.rows.get_mut(index as usize).and_then(Option::as_deref_mut) else { return };
        let due = Some(row.due()).filter(|due| *due != Instant::NEVER);
        if row.armed != due {
            if let Some(before) = std::mem::replace(&mut row.armed, due) {
                self.timers.remove(&(before, index));
            }
            if let Some(due) = due {
                self.timers.insert((due, index));
            }
        }
    }

    /// Takes the next call at which something is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<u32> {
        let (due, index) = *self.timers.first()?;
        if due > now {
            return None;
        }
        self.timers.pop_first();
        if let Some(row) = self.get_mut(index) {
            row.armed = None;
        }
        Some(index)
    }
}
