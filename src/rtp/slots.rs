//! Which flows send in which millisecond. Each flow sends every 20 ms; 20 slots of a millisecond spread a thread's flows
//! over that time, so that packets leave evenly and none waits for thousands of others.

use std::error::Error;
use std::fmt;

/// Slots in a packet's time: one a millisecond.
pub const SLOTS: usize = 20;

/// The places of flows in a thread's table, and when each is due. A flow's index decides on its slot, so that it keeps
/// its moment for life; the index is used again once the flow is removed.
#[derive(Clone, Debug)]
pub struct Slots {
    /// For each slot the flows that are due in it, in no order.
    due: [Vec<u32>; SLOTS],
    /// Indices that were used and are free, by slot.
    free: [Vec<u32>; SLOTS],
    /// For each index where it stands in its slot; [`VACANT`] if it does not.
    places: Vec<u32>,
    flows: usize,
    flows_max: usize,
}

const VACANT: u32 = u32::MAX;

impl Slots {
    /// Room for so many flows.
    #[must_use]
    pub fn new(flows_max: usize) -> Self {
        let flows_max = flows_max.min(VACANT as usize / SLOTS);
        Self { due: Default::default(), free: Default::default(), places: Vec::new(), flows: 0, flows_max }
    }

    /// Adds a flow to the emptiest slot, and gives its index.
    ///
    /// # Errors
    /// There are as many as there is room for.
    pub fn add(&mut self) -> Result<u32, NoRoom> {
        if self.flows == self.flows_max {
            return Err(NoRoom { flows_max: self.flows_max });
        }
        let slot = (0..SLOTS).min_by_key(|slot| self.due[*slot].len()).unwrap_or_default();
        let due = &mut self.due[slot];
        // Without a free one, all indices of the slot are due.
        let index = self.free[slot].pop().unwrap_or((due.len() * SLOTS + slot) as u32);
        let at = index as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, VACANT);
        }
        self.places[at] = due.len() as u32;
        due.push(index);
        self.flows += 1;
        Ok(index)
    }

    /// Removes a flow; nothing happens if there is none with this index.
    pub fn remove(&mut self, index: u32) {
        let Some(place) = self.places.get_mut(index as usize).filter(|place| **place != VACANT) else {
            return;
        };
        let place = std::mem::replace(place, VACANT) as usize;
        let slot = slot_of(index);
        self.due[slot].swap_remove(place);
        if let Some(moved) = self.due[slot].get(place) {
            self.places[*moved as usize] = place as u32;
        }
        self.free[slot].push(index);
        self.flows -= 1;
    }

    /// The flows that are due in this millisecond of a run.
    #[must_use]
    pub fn due(&self, millisecond: u64) -> &[u32] {
        &self.due[(millisecond % SLOTS as u64) as usize]
    }

    /// How many flows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flows
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flows == 0
    }
}

/// The millisecond of each 20 in which a flow with this index is due.
#[must_use]
pub fn slot_of(index: u32) -> usize {
    index as usize % SLOTS
}

/// A thread carries as many flows as it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom {
    /// How many.
    pub flows_max: usize,
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a media thread carries at most {} flows", self.flows_max)
    }
}

impl Error for NoRoom {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn due(slots: &Slots) -> Vec<BTreeSet<u32>> {
        (0..SLOTS as u64).map(|millisecond| slots.due(millisecond).iter().copied().collect()).collect()
    }

    #[test]
    fn flows_are_spread_evenly_over_the_milliseconds() {
        let mut slots = Slots::new(1_000);
        for _ in 0..100 {
            slots.add().unwrap();
        }
        assert!(due(&slots).iter().all(|due| due.len() == 5));
        assert_eq!(slots.due(7), slots.due(1_000_007));
    }

    #[test]
    fn no_more_flows_are_added_than_there_is_room_for() {
        let mut slots = Slots::new(3);
        let indices = [(); 3].map(|()| slots.add().unwrap());
        assert_eq!(slots.add().unwrap_err().to_string(), "a media thread carries at most 3 flows");
        slots.remove(indices[1]);
        assert_eq!(slots.add(), Ok(indices[1]));
        assert_eq!(Slots::new(usize::MAX).flows_max, VACANT as usize / SLOTS);
    }

    #[test]
    fn removing_what_is_not_there_changes_nothing() {
        let mut slots = Slots::new(10);
        let index = slots.add().unwrap();
        slots.remove(index + 1);
        slots.remove(9_999);
        slots.remove(index);
        slots.remove(index);
        assert!(slots.is_empty() && slots.due(0).is_empty());
        assert_eq!(slots.add(), Ok(index));
    }

    proptest! {
        /// Flows come and go in any order: each is due in its own millisecond and no other, and slots differ by no more
        /// than who left them.
        #[test]
        fn each_flow_keeps_its_millisecond_for_life(steps in prop::collection::vec((any::<bool>(), any::<u32>()), 0..400)) {
            let mut slots = Slots::new(200);
            let mut flows = Vec::new();
            for (adds, chance) in steps {
                if adds || flows.is_empty() {
                    if let Ok(index) = slots.add() {
                        prop_assert!(!flows.contains(&index));
                        flows.push(index);
                    }
                } else {
                    slots.remove(flows.swap_remove(chance as usize % flows.len()));
                }
                prop_assert_eq!(slots.len(), flows.len());
                let mut expected = vec![BTreeSet::new(); SLOTS];
                flows.iter().for_each(|index| { expected[slot_of(*index)].insert(*index); });
                prop_assert_eq!(due(&slots), expected);
                prop_assert!(slots.places.len() <= 200 * SLOTS);
            }
        }
    }
}
