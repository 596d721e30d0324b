//! Which port a call's media gets. Ports are even (RFC 3550, section 11), and come in no order that a stranger could
//! guess; each rests after a call, so that what is still under way to it is not heard by the next.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::control::time::{Instant, show_duration};

/// How long a port rests before its next call.
pub const PORT_REST: Duration = Duration::from_secs(10);

/// A port that one call has. It is given back, or never used again.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "a port that is not given back is lost"]
pub struct Port(u16);

impl Port {
    /// Its number, even.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.0
    }
}

/// The ports of one range, each free, resting, or somebody's.
#[derive(Debug)]
pub struct Ports {
    capacity: usize,
    free: Vec<u16>,
    /// In the order in which their rest ends.
    resting: VecDeque<(Instant, u16)>,
    chance: ChaCha8Rng,
}

impl Ports {
    /// The even ports of a range, taken in an order that follows from the seed. Port 0 is not one, and the port above
    /// each even one belongs to its reports.
    #[must_use]
    pub fn new(range: RangeInclusive<u16>, seed: u64) -> Self {
        Self::of(even(range).collect(), seed)
    }

    /// The same in so many parts of a range, each for one who takes ports without asking the others.
    #[must_use]
    pub fn split(range: RangeInclusive<u16>, parts: NonZeroUsize, seed: u64) -> Vec<Self> {
        let all: Vec<u16> = even(range).collect();
        let part = |first| Self::of(all.iter().skip(first).step_by(parts.get()).copied().collect(), seed);
        (0..parts.get()).map(part).collect()
    }

    fn of(free: Vec<u16>, seed: u64) -> Self {
        Self { capacity: free.len(), free, resting: VecDeque::new(), chance: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// How many calls the range carries at once.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Takes any port that is free.
    ///
    /// # Errors
    /// All are somebody's, or rest.
    pub fn take(&mut self, now: Instant) -> Result<Port, PortsExhausted> {
        if self.free.is_empty() {
            let next = self.resting.front().map(|(until, _)| until.since(now));
            return Err(PortsExhausted { capacity: self.capacity, resting: self.resting.len(), next });
        }
        let place = self.chance.random_range(..self.free.len());
        Ok(Port(self.free.swap_remove(place)))
    }

    /// Lets a port rest after its call. It stays its owner's, who keeps it bound so that nobody else gets what is still
    /// under way to it, and [gives it back](Self::give_back) at the moment that is returned.
    pub fn rest(&mut self, now: Instant, port: &Port) -> Instant {
        let until = now + PORT_REST;
        self.resting.push_back((until, port.0));
        until
    }

    /// Takes a port back, for the next call.
    pub fn give_back(&mut self, port: Port) {
        // Most often it is the first.
        if let Some(place) = self.resting.iter().position(|(_, resting)| *resting == port.0) {
            self.resting.remove(place);
        }
        self.free.push(port.0);
    }
}

fn even(range: RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    let (first, last) = range.into_inner();
    (first.max(2)..last).filter(|port| port.is_multiple_of(2))
}

/// No port is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortsExhausted {
    /// How many there are.
    pub capacity: usize,
    /// How many of them rest.
    pub resting: usize,
    /// When the first of those will have rested.
    pub next: Option<Duration>,
}

impl fmt::Display for PortsExhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, resting, next } = self;
        write!(f, "all {capacity} media ports are taken")?;
        match next {
            Some(next) => {
                write!(f, " ({resting} of them rest, the next is free in {})", show_duration(*next))
            }
            None => Ok(()),
        }
    }
}

impl Error for PortsExhausted {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn take_all(ports: &mut Ports, now: Instant) -> Vec<Port> {
        std::iter::from_fn(|| ports.take(now).ok()).collect()
    }

    fn numbers(ports: &[Port]) -> Vec<u16> {
        ports.iter().map(Port::number).collect()
    }

    #[test]
    fn every_even_port_of_the_range_is_taken_once() {
        let mut ports = Ports::new(30_001..=30_011, 7);
        assert_eq!(ports.capacity(), 5);
        let taken: BTreeSet<u16> = numbers(&take_all(&mut ports, at(0))).into_iter().collect();
        assert_eq!(taken, BTreeSet::from([30_002, 30_004, 30_006, 30_008, 30_010]));
    }

    #[test]
    fn the_port_above_each_lies_in_the_range_too() {
        for (range, capacity) in
            [(0..=1, 0), (2..=2, 0), (2..=3, 1), (65_534..=u16::MAX, 1), (0..=u16::MAX, 32_767)]
        {
            assert_eq!(Ports::new(range.clone(), 0).capacity(), capacity, "{range:?}");
        }
        #[expect(clippy::reversed_empty_ranges, reason = "a setting may say so")]
        let reversed = Ports::new(40_000..=30_000, 0);
        assert_eq!(reversed.capacity(), 0);
    }

    #[test]
    fn the_order_follows_from_the_seed() {
        let order = |seed| numbers(&take_all(&mut Ports::new(30_000..=30_999, seed), at(0)));
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        assert!(!order(1).is_sorted());
    }

    #[test]
    fn the_parts_of_a_range_have_no_port_in_common() {
        let parts = Ports::split(30_000..=30_009, NonZeroUsize::new(2).unwrap(), 7);
        let taken: Vec<_> = parts.into_iter().map(|mut part| take_all(&mut part, at(0))).collect();
        assert_eq!([taken[0].len(), taken[1].len()], [3, 2]);
        let all: BTreeSet<u16> = taken.iter().flat_map(|part| numbers(part)).collect();
        assert_eq!(all, BTreeSet::from([30_000, 30_002, 30_004, 30_006, 30_008]));
    }

    #[test]
    fn a_port_rests_before_its_next_call() {
        let mut ports = Ports::new(30_000..=30_003, 7);
        let port = take_all(&mut ports, at(0)).pop().unwrap();
        assert_eq!(ports.rest(at(1_000), &port), at(11_000));
        assert_eq!(ports.take(at(10_999)).ok(), None);
        ports.give_back(port);
        assert!(ports.take(at(11_000)).is_ok());
    }

    #[test]
    fn exhaustion_says_when_the_next_port_is_free() {
        let mut ports = Ports::new(30_000..=30_003, 7);
        let taken = take_all(&mut ports, at(0));
        assert_eq!(ports.take(at(0)).unwrap_err().to_string(), "all 2 media ports are taken");
        ports.rest(at(0), &taken[1]);
        assert_eq!(
            ports.take(at(7_500)).unwrap_err().to_string(),
            "all 2 media ports are taken (1 of them rest, the next is free in 2.5s)"
        );
    }

    proptest! {
        /// Calls begin and end at any moment: no port is two calls', or lost.
        #[test]
        fn no_port_is_taken_twice_or_lost(seed: u64, steps in prop::collection::vec((0_u64..4_000, 0_u8..3), 0..200)) {
            let mut ports = Ports::new(30_000..=30_019, seed);
            let mut now = Instant::ZERO;
            let (mut taken, mut resting): (VecDeque<Port>, VecDeque<(Instant, Port)>) = Default::default();
            for (later, ends) in steps {
                now = now + Duration::from_millis(later);
                while let Some((_, port)) = resting.pop_front_if(|(until, _)| *until <= now) {
                    ports.give_back(port);
                }
                match ports.take(now) {
                    Ok(port) => {
                        let held = taken.iter().chain(resting.iter().map(|(_, port)| port));
                        prop_assert!(held.into_iter().all(|other| other.number() != port.number()));
                        taken.push_back(port);
                    }
                    Err(exhausted) => {
                        prop_assert_eq!(exhausted.resting, resting.len());
                        prop_assert_eq!(taken.len() + resting.len(), ports.capacity());
                    }
                }
                match (ends, taken.pop_front()) {
                    (0, Some(port)) => resting.push_back((ports.rest(now, &port), port)),
                    (1, Some(port)) => ports.give_back(port),
                    (_, port) => taken.extend(port),
                }
            }
        }
    }
}
