//! Delivers what is told of meetings to a receiver that may not be there: those of one meeting one after the other, those of
//! several side by side; what is not taken is sent again, at longer and longer intervals.
//!
//! A machine like the others: it is told what is to be delivered and what became of each attempt, and says what is to be posted
//! next and until when nothing is. Whoever carries it posts for real, or in the time of a scenario.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::event::MeetingId;
use super::time::Instant;

/// The pauses before something is sent again grow from the first to the last, each twice as long as the one before ...
pub const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// ... until so long after it happened.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// What waits for the receiver. While there is as much, no more is taken.
pub const WAITING_MAX: usize = 10_000;

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempt {
    /// The receiver has it.
    Taken,
    /// It is sent again after this time.
    Again(Duration),
    /// It is too old, and is not sent any more.
    GivenUp,
}

/// What is to be delivered of one meeting.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Queue<T> {
    /// Each with the moment at which it happened.
    items: VecDeque<(Instant, T)>,
    /// When the first is to be posted; never while it is under way.
    due: Instant,
    /// The pause after the next attempt that fails.
    pause: Duration,
}

/// What is to be delivered to one receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery<T> {
    meetings: BTreeMap<MeetingId, Queue<T>>,
    waiting: usize,
}

impl<T> Default for Delivery<T> {
    fn default() -> Self {
        Self { meetings: BTreeMap::new(), waiting: 0 }
    }
}

impl<T> Delivery<T> {
    /// Takes in something that has happened in a meeting.
    ///
    /// # Errors
    /// [`WAITING_MAX`] wait already: it is given back.
    pub fn tell(&mut self, now: Instant, meeting: MeetingId, item: T) -> Result<(), T> {
        if self.waiting >= WAITING_MAX {
            return Err(item);
        }
        self.waiting += 1;
        let queue = self.meetings.entry(meeting).or_insert_with(|| Queue {
            items: VecDeque::new(),
            due: now,
            pause: PAUSES.0,
        });
        queue.items.push_back((now, item));
        Ok(())
    }

    /// Returns what is to be posted now, if there is anything. [`Self::attempted`] says what became of it before the next of that
    /// meeting.
    pub fn poll_post(&mut self, now: Instant) -> Option<(MeetingId, &T)> {
        let (meeting, queue) = self.meetings.iter_mut().find(|(_, queue)| queue.due <= now)?;
        queue.due = Instant::NEVER;
        queue.items.front().map(|(_, item)| (*meeting, item))
    }

    /// The attempt of a meeting that was under way is over.
    pub fn attempted(&mut self, now: Instant, meeting: MeetingId, is_taken: bool) -> Attempt {
        let Some(queue) = self.meetings.get_mut(&meeting) else { return Attempt::Taken };
        let happened = queue.items.front().map_or(now, |(at, _)| *at);
        let is_old = now.since(happened) >= GIVEN_UP_AFTER;
        if !is_taken && !is_old {
            let pause = queue.pause;
            queue.due = now + pause;
            queue.pause = (pause * 2).min(PAUSES.1);
            return Attempt::Again(pause);
        }
        queue.items.pop_front();
        (queue.due, queue.pause) = (now, PAUSES.0);
        self.waiting -= 1;
        if queue.items.is_empty() {
            self.meetings.remove(&meeting);
        }
        if is_taken { Attempt::Taken } else { Attempt::GivenUp }
    }

    /// When something is to be posted that is not under way.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.meetings.values().map(|queue| queue.due).min().filter(|due| *due < Instant::NEVER)
    }

    /// How many wait, those under way included.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: MeetingId = MeetingId(1);
    const TWO: MeetingId = MeetingId(2);

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn posts(delivery: &mut Delivery<char>, now: Instant) -> Vec<(u32, char)> {
        std::iter::from_fn(|| delivery.poll_post(now).map(|(meeting, item)| (meeting.0, *item))).collect()
    }

    #[test]
    fn one_meeting_goes_in_order_and_others_beside_it() {
        let mut delivery = Delivery::default();
        for (meeting, item) in [(ONE, 'a'), (ONE, 'b'), (TWO, 'c')] {
            assert_eq!(delivery.tell(at(0), meeting, item), Ok(()));
        }
        assert_eq!(posts(&mut delivery, at(0)), [(1, 'a'), (2, 'c')]);
        assert_eq!(delivery.poll_timeout(), None, "both are under way");
        assert_eq!(delivery.attempted(at(1), ONE, true), Attempt::Taken);
        assert_eq!(posts(&mut delivery, at(1)), [(1, 'b')]);
        assert_eq!(delivery.attempted(at(1), ONE, true), Attempt::Taken);
        assert_eq!(delivery.attempted(at(1), TWO, true), Attempt::Taken);
        assert_eq!((delivery.waiting(), delivery), (0, Delivery::default()));
    }

    #[test]
    fn what_is_not_taken_comes_again_later_and_later() {
        let mut delivery = Delivery::default();
        let _room = delivery.tell(at(0), ONE, 'a');
        let (mut now, mut pauses) = (at(0), Vec::new());
        while let [_one] = posts(&mut delivery, now)[..] {
            let Attempt::Again(pause) = delivery.attempted(now, ONE, false) else { break };
            assert_eq!(delivery.poll_timeout(), Some(now + pause));
            pauses.push(pause.as_secs());
            now = now + pause;
        }
        assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(now.since(at(0)).as_secs() / 60, 24 * 60, "it is given up after a day");
        assert_eq!((delivery.waiting(), delivery.poll_timeout()), (0, None));
    }

    #[test]
    fn a_pause_is_short_again_after_something_was_taken() {
        let mut delivery = Delivery::default();
        for item in ['a', 'b'] {
            let _room = delivery.tell(at(0), ONE, item);
        }
        for (second, taken) in [(0, false), (1, false), (3, true)] {
            assert_eq!(posts(&mut delivery, at(second)), [(1, 'a')]);
            delivery.attempted(at(second), ONE, taken);
        }
        assert_eq!(posts(&mut delivery, at(3)), [(1, 'b')]);
        assert_eq!(delivery.attempted(at(3), ONE, false), Attempt::Again(PAUSES.0));
    }

    #[test]
    fn what_there_is_no_room_for_is_given_back() {
        let mut delivery = Delivery::default();
        for number in 0..WAITING_MAX as u32 {
            assert_eq!(delivery.tell(at(0), MeetingId(number % 7), number), Ok(()));
        }
        assert_eq!(delivery.tell(at(0), ONE, 5), Err(5));
    }
}
