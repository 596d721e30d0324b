//! The frames that a participant sent, until their turns come.

use std::collections::VecDeque;

use crate::media::mixer::Frame;

/// Frames of one participant that wait: 200 ms. More come only from a sender whose clock is fast, or after a stall; the
/// oldest are dropped then, so that nobody is heard later and later.
pub const QUEUE_MAX: usize = 10;

/// Counts of frames that were not simply played in turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reception {
    /// Turns without their frame, though a later one was there: nothing is mixed in its place, since the decoder of the
    /// sound conceals what it lacks.
    pub missing: u64,
    /// Frames that came twice, or after their turns.
    pub stale: u64,
    /// Frames dropped because more than [`QUEUE_MAX`] waited.
    pub overflowed: u64,
}

/// A participant's contribution to one tick.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is used where it is made; a box would be allocated every 20 ms"
)]
pub(super) enum Turn {
    Frame(Frame),
    /// Lost on the way, or still on it.
    Missing,
    /// Nothing waits.
    Empty,
}

/// One participant's queue. It begins with the first frame that comes. While nothing waits, turns pass unused: when
/// sound comes again, frames that are missing before it are taken to have been theirs, so that a pause or a loss delays
/// nothing, and a frame that is merely late is not lost.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    /// By their numbers.
    waiting: VecDeque<(u64, Frame)>,
    /// The number whose turn is next.
    next: Option<u64>,
    /// Turns that nothing waited for since the last frame.
    unused: u64,
}

impl Arrivals {
    pub(super) fn take(&mut self, number: u64, frame: &Frame, reception: &mut Reception) {
        let place = self.waiting.partition_point(|(waiting, _)| *waiting < number);
        let is_here = self.waiting.get(place).is_some_and(|(waiting, _)| *waiting == number);
        if is_here || self.next.is_some_and(|next| number < next) {
            reception.stale += 1;
            return;
        }
        self.next.get_or_insert(number);
        self.waiting.insert(place, (number, *frame));
        if self.waiting.len() > QUEUE_MAX
            && let Some((dropped, _)) = self.waiting.pop_front()
        {
            self.next = Some(dropped + 1);
            reception.overflowed += 1;
        }
    }

    pub(super) fn next_turn(&mut self, reception: &mut Reception) -> Turn {
        let (Some(next), Some((first, _))) = (&mut self.next, self.waiting.front()) else {
            // Who is silent holds no memory.
            self.waiting = VecDeque::new();
            self.unused += 1;
            return Turn::Empty;
        };
        let lacking = *first - *next;
        // Where more is missing than could wait, the sender counts on from elsewhere.
        *next += if lacking >= QUEUE_MAX as u64 { lacking } else { lacking.min(self.unused) };
        self.unused = 0;
        let is_here = *first == *next;
        *next += 1;
        match self.waiting.pop_front_if(|_| is_here) {
            Some((_, frame)) => Turn::Frame(frame),
            None => {
                reception.missing += 1;
                Turn::Missing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::rate::FRAME;

    fn frame(number: u64) -> Frame {
        [i16::try_from(number).unwrap(); FRAME]
    }

    /// Returns the result of the turns: each part of `arrivals` comes before one of them, and `None` is a missing
    /// frame.
    fn turns(arrivals: &[&[u64]]) -> (Vec<Option<u64>>, Reception) {
        let (mut queue, mut reception) = (Arrivals::default(), Reception::default());
        let mut turns = Vec::new();
        for numbers in arrivals {
            numbers.iter().for_each(|number| queue.take(*number, &frame(*number), &mut reception));
            match queue.next_turn(&mut reception) {
                Turn::Frame(frame) => turns.push(Some(u64::try_from(frame[0]).unwrap())),
                Turn::Missing => turns.push(None),
                Turn::Empty => {}
            }
        }
        (turns, reception)
    }

    #[test]
    fn what_comes_in_time_is_played_in_turn() {
        let (played, reception) = turns(&[&[7], &[8], &[9]]);
        assert_eq!((played, reception), (vec![Some(7), Some(8), Some(9)], Reception::default()));
    }

    #[test]
    fn what_comes_out_of_order_is_put_in_order() {
        let (played, reception) = turns(&[&[1, 3, 2], &[], &[]]);
        assert_eq!((played, reception), (vec![Some(1), Some(2), Some(3)], Reception::default()));
    }

    #[test]
    fn a_late_frame_is_played_late_and_those_after_it_too() {
        let (played, reception) = turns(&[&[1], &[], &[2, 3], &[4], &[]]);
        assert_eq!(played, [1, 2, 3, 4].map(Some));
        assert_eq!(reception, Reception::default());
    }

    #[test]
    fn a_frame_that_is_missing_leaves_its_turn_empty() {
        let (played, reception) = turns(&[&[1, 2], &[4], &[5], &[6], &[]]);
        assert_eq!(played, [Some(1), Some(2), None, Some(4), Some(5)]);
        assert_eq!(reception, Reception { missing: 1, ..Reception::default() });
    }

    #[test]
    fn a_turn_that_passed_unused_was_that_of_the_lost_frame() {
        let (played, reception) = turns(&[&[1], &[], &[3], &[4]]);
        assert_eq!((played, reception), (vec![Some(1), Some(3), Some(4)], Reception::default()));
    }

    #[test]
    fn a_late_frame_is_not_counted_as_lost() {
        let (played, reception) = turns(&[&[1], &[], &[2, 4], &[], &[]]);
        assert_eq!(played, [Some(1), Some(2), None, Some(4)]);
        assert_eq!(reception.missing, 1);
    }

    #[test]
    fn a_pause_delays_nothing() {
        let mut arrivals = vec![&[1][..]];
        arrivals.extend([&[][..]; 500]);
        arrivals.extend([&[502][..], &[503]]);
        let (played, reception) = turns(&arrivals);
        assert_eq!((played, reception), (vec![Some(1), Some(502), Some(503)], Reception::default()));
    }

    #[test]
    fn a_sender_that_counts_on_from_elsewhere_is_heard_at_once() {
        let (played, reception) = turns(&[&[1, 9_000], &[9_001]]);
        assert_eq!((played, reception), (vec![Some(1), Some(9_000)], Reception::default()));
    }

    #[test]
    fn what_comes_twice_or_after_its_turn_is_counted() {
        let (played, reception) = turns(&[&[1, 1], &[1, 3], &[2], &[]]);
        assert_eq!(played, [Some(1), None, Some(3)]);
        assert_eq!(reception, Reception { missing: 1, stale: 3, overflowed: 0 });
    }

    #[test]
    fn of_too_many_the_oldest_are_dropped_and_counted() {
        let numbers: Vec<u64> = (0..QUEUE_MAX as u64 + 3).collect();
        let (played, reception) = turns(&[&numbers, &[]]);
        assert_eq!(played, [Some(3), Some(4)]);
        assert_eq!(reception, Reception { overflowed: 3, ..Reception::default() });
    }

    proptest! {
        #[test]
        fn every_frame_is_played_in_order_or_counted(
            arrivals in prop::collection::vec(prop::collection::vec(0_u64..60, 0..4), 0..40),
        ) {
            let parts: Vec<&[u64]> = arrivals.iter().map(Vec::as_slice).chain([&[][..]; 60]).collect();
            let (turns, reception) = turns(&parts);
            let played: Vec<u64> = turns.into_iter().flatten().collect();
            prop_assert!(played.is_sorted_by(|a, b| a < b), "{played:?}");
            let counted = reception.stale + reception.overflowed;
            prop_assert_eq!(played.len() as u64 + counted, arrivals.concat().len() as u64);
        }
    }
}
