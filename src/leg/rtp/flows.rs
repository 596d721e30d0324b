//! The flows of one thread.

use rustc_hash::FxHashMap;

use super::flow_row::FlowRow;
use super::orders::FlowId;
use crate::rtp::slots::{NoRoom, Slots};

/// Flows that one thread carries at most: more than the ports that there are.
const FLOWS_MAX: usize = 65_536;

/// By index, which decides on each flow's millisecond; by the number that signalling gave it; and by our synchronization
/// source.
#[derive(Debug)]
pub(super) struct Flows {
    pub(super) slots: Slots,
    pub(super) rows: Vec<Option<Box<FlowRow>>>,
    by_key: FxHashMap<(u16, FlowId), u32>,
    by_ssrc: FxHashMap<u32, u32>,
}

impl Flows {
    pub(super) fn new() -> Self {
        Self {
            slots: Slots::new(FLOWS_MAX),
            rows: Vec::new(),
            by_key: FxHashMap::default(),
            by_ssrc: FxHashMap::default(),
        }
    }

    /// Takes an index.
    pub(super) fn reserve(&mut self) -> Result<u32, NoRoom> {
        self.slots.add()
    }

    /// Gives an index back that was taken.
    pub(super) fn release(&mut self, index: u32) {
        self.slots.remove(index);
    }

    /// Puts a flow at an index that was taken.
    pub(super) fn insert(&mut self, index: u32, row: FlowRow) {
        let at = index as usize;
        if at >= self.rows.len() {
            self.rows.resize_with(at + 1, || None);
        }
        self.by_key.insert((row.side, row.id), index);
        self.by_ssrc.insert(row.ssrc, index);
        self.rows[at] = Some(Box::new(row));
    }

    pub(super) fn remove(&mut self, side: u16, id: FlowId) -> Option<FlowRow> {
        let index = self.by_key.remove(&(side, id))?;
        self.slots.remove(index);
        let row = self.rows.get_mut(index as usize)?.take()?;
        self.by_ssrc.remove(&row.ssrc);
        Some(*row)
    }

    pub(super) fn get_mut(&mut self, side: u16, id: FlowId) -> Option<&mut FlowRow> {
        let index = *self.by_key.get(&(side, id))?;
        self.at_mut(index as usize)
    }

    pub(super) fn at_mut(&mut self, index: usize) -> Option<&mut FlowRow> {
        self.rows.get_mut(index)?.as_deref_mut()
    }

    /// The flow whose stream of ours has this source.
    pub(super) fn by_ssrc_mut(&mut self, ssrc: u32) -> Option<&mut FlowRow> {
        let index = *self.by_ssrc.get(&ssrc)?;
        self.at_mut(index as usize)
    }

    pub(super) fn has_ssrc(&self, ssrc: u32) -> bool {
        self.by_ssrc.contains_key(&ssrc)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// All, to be closed.
    pub(super) fn keys(&self) -> Vec<(u16, FlowId)> {
        self.by_key.keys().copied().collect()
    }
}
