//! Ordered deadlines: which owner is to be woken next.

use super::calls::FarEnd;
use crate::control::event::MeetingId;
use crate::control::time::Instant;

/// The owner of a deadline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// A far end with its call.
    FarEnd(FarEnd),
    /// A meeting and its mix.
    Meeting(MeetingId),
    /// A value that is on its way for longer.
    Late(u32),
}

/// Owners whose order at one moment is shuffled together. Larger blocks would shuffle more and jump about in memory:
/// with 100,000 callers due at once, one block for all cost a third of the run.
const BLOCK: u32 = 64;

/// One more than the highest bit of a key.
const BUCKETS: usize = 64;

/// A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan 1990): a queue for keys that never come before the last one taken,
/// as moments do not. Entries lie in buckets by the highest bit in which they differ from it, and move to a lower
/// bucket as it comes near: all memory is walked in order.
///
/// An owner may stand in it more than once; only the entry that matches what the owner is armed for counts. Owners
/// due at one moment come in an order that the seed decides among neighbours, blocks of [`BLOCK`] one after the other;
/// what is added for that same moment comes after them.
#[derive(Debug)]
pub(crate) struct Deadlines {
    seed: u64,
    last: u64,
    /// Due now, the next one at the end, each with the moment it was set to.
    due: Vec<(u64, Owner)>,
    /// Added for `last` or before since `due` was put in order.
    added: Vec<(u64, Owner)>,
    buckets: [Vec<(u64, Owner)>; BUCKETS],
    /// The least key in the buckets, where it is known.
    nearest: Option<u64>,
}

impl Deadlines {
    pub(crate) fn new(seed: u64) -> Self {
        let buckets = std::array::from_fn(|_| Vec::new());
        Self { seed, last: 0, due: Vec::new(), added: Vec::new(), buckets, nearest: None }
    }

    pub(crate) fn push(&mut self, at: Instant, owner: Owner) {
        let key = at.micros();
        if key <= self.last {
            self.added.push((key, owner));
        } else {
            self.buckets[bucket(key, self.last)].push((key, owner));
            self.nearest = self.nearest.map(|nearest| nearest.min(key));
        }
    }

    /// The moment of the earliest entry; `None` if there is none.
    pub(crate) fn peek(&mut self) -> Option<Instant> {
        let due = self.due.last().or(self.added.first()).map(|_| self.last);
        due.or_else(|| self.nearest()).map(Instant::from_micros)
    }

    /// The earliest entry at or before `until`, with the moment it was set to: one that was set to the past comes out
    /// as soon as can be.
    pub(crate) fn pop(&mut self, until: Instant) -> Option<(Instant, Owner)> {
        if self.due.is_empty() {
            self.gather(until)?;
        }
        self.due.pop().map(|(key, owner)| (Instant::from_micros(key), owner))
    }

    /// The least key in the buckets. It lies in the first that is not empty, which is walked through once: all of it
    /// moves on when that key is taken.
    fn nearest(&mut self) -> Option<u64> {
        if self.nearest.is_none() {
            let first = self.buckets.iter().find(|bucket| !bucket.is_empty())?;
            self.nearest = first.iter().map(|(key, _)| *key).min();
        }
        self.nearest
    }

    /// Puts what is due next in order; `None` if nothing is by `until`.
    fn gather(&mut self, until: Instant) -> Option<()> {
        std::mem::swap(&mut self.due, &mut self.added);
        if self.due.is_empty() {
            let next = self.nearest()?;
            if next > until.micros() {
                return None;
            }
            let nearest = bucket(next, self.last);
            self.last = next;
            self.nearest = None;
            // The memory of what was due goes back: in a storm each bucket holds everybody once.
            self.due = std::mem::take(&mut self.buckets[nearest]);
            self.due.retain(|entry| {
                if entry.0 != next {
                    self.buckets[bucket(entry.0, next)].push(*entry);
                }
                entry.0 == next
            });
        }
        let (seed, last) = (self.seed, self.last);
        self.due.sort_unstable_by_key(|(_, owner)| std::cmp::Reverse(order(seed, last, *owner)));
        Some(())
    }
}

fn bucket(key: u64, last: u64) -> usize {
    BUCKETS - 1 - (key ^ last).leading_zeros() as usize
}

/// The place of an owner among those due at one moment: by blocks, and in a block as the seed mixes it with the
/// moment (the finalizer of SplitMix64).
fn order(seed: u64, moment: u64, owner: Owner) -> (u32, u64) {
    let (kind, number) = match owner {
        // A device comes where the scripted caller of its number would: both do the same at the same moment.
        Owner::FarEnd(FarEnd::Script(number) | FarEnd::Device(number)) => (0, number),
        Owner::Meeting(MeetingId(number)) => (1, number),
        Owner::Late(number) => (2, number),
    };
    let mut mixed = (u64::from(number) | kind << 32) ^ moment.rotate_left(34);
    mixed = mixed.wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (number / BLOCK, mixed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn script(part: u32) -> Owner {
        Owner::FarEnd(FarEnd::Script(part))
    }

    fn taken(deadlines: &mut Deadlines) -> Vec<(u64, Owner)> {
        std::iter::from_fn(|| deadlines.pop(Instant::NEVER)).map(|(at, owner)| (at.millis(), owner)).collect()
    }

    fn tie(seed: u64) -> Vec<Owner> {
        let mut deadlines = Deadlines::new(seed);
        (0..8).for_each(|part| deadlines.push(Instant::from_millis(5), script(part)));
        taken(&mut deadlines).into_iter().map(|(_, owner)| owner).collect()
    }

    #[test]
    fn the_seed_orders_what_is_due_at_one_moment() {
        assert_eq!(tie(1), tie(1));
        assert!((2..10).any(|seed| tie(seed) != tie(1)));
    }

    #[test]
    fn what_is_set_to_the_past_comes_out_next_with_its_own_moment() {
        let mut deadlines = Deadlines::new(1);
        deadlines.push(Instant::from_millis(5), script(0));
        deadlines.pop(Instant::NEVER);
        deadlines.push(Instant::from_millis(3), Owner::Meeting(MeetingId(1)));
        assert_eq!(taken(&mut deadlines), [(3, Owner::Meeting(MeetingId(1)))]);
    }

    #[test]
    fn nothing_past_the_end_comes_out() {
        let mut deadlines = Deadlines::new(1);
        deadlines.push(Instant::from_millis(5), script(0));
        assert_eq!(deadlines.pop(Instant::from_millis(4)), None);
        assert_eq!(deadlines.pop(Instant::from_millis(5)), Some((Instant::from_millis(5), script(0))));
    }

    proptest! {
        #[test]
        fn deadlines_come_out_in_order_whatever_is_added_meanwhile(
            steps in prop::collection::vec((0_u64..2_000, any::<bool>()), 1..200),
        ) {
            let mut deadlines = Deadlines::new(7);
            prop_assert_eq!(deadlines.peek(), None);
            let (mut now, mut added, mut out) = (0, Vec::new(), Vec::new());
            for (number, (ahead, pop)) in (0..).zip(steps) {
                deadlines.push(Instant::from_millis(now + ahead), script(number));
                added.push((now + ahead, script(number)));
                let next = pop.then(|| deadlines.peek()).flatten();
                if pop && let Some((at, owner)) = deadlines.pop(Instant::NEVER) {
                    prop_assert_eq!(next.map(|next| next.max(at)), Some(at.max(Instant::from_millis(now))));
                    now = at.millis();
                    out.push((now, owner));
                }
            }
            out.extend(taken(&mut deadlines));
            prop_assert!(out.is_sorted_by_key(|(at, _)| *at));
            added.sort_unstable();
            out.sort_unstable();
            prop_assert_eq!(out, added);
        }
    }
}
