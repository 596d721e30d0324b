//! Ordered deadlines: which owner is to be woken next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::control::time::Instant;

/// Who is to be woken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Owner {
    /// A scripted caller with its leg and attendant.
    Part(u32),
    /// A meeting and its mix.
    Meeting(u32),
    /// A question that the directory answers late.
    Question(u32),
}

/// A heap of deadlines. An owner may stand in it more than once; only the entry that matches what the owner is
/// armed for counts. Owners due at one moment come in an order that the seed decides.
#[derive(Debug)]
pub(super) struct Deadlines {
    seed: u64,
    heap: BinaryHeap<Reverse<(Instant, u32, Owner)>>,
}

impl Deadlines {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, heap: BinaryHeap::new() }
    }

    pub(super) fn push(&mut self, at: Instant, owner: Owner) {
        let tie = self.tie(owner);
        self.heap.push(Reverse((at, tie, owner)));
    }

    /// The earliest entry at or before `until`.
    pub(super) fn pop(&mut self, until: Instant) -> Option<(Instant, Owner)> {
        let Reverse((at, _, _)) = self.heap.peek()?;
        if *at > until {
            return None;
        }
        self.heap.pop().map(|Reverse((at, _, owner))| (at, owner))
    }

    /// Mixes seed and owner (the finalizer of SplitMix64), so that each seed orders ties in its own way.
    fn tie(&self, owner: Owner) -> u32 {
        let number = match owner {
            Owner::Part(part) => u64::from(part),
            Owner::Meeting(meeting) => u64::from(meeting) | 1 << 32,
            Owner::Question(question) => u64::from(question) | 2 << 32,
        };
        let mut mixed = number.wrapping_add(self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from(mixed >> 32).expect("32 bits are left")
    }
}
