//! The search: near orders first, all of them up to a bound, then orders at random.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::moments::Moments;
use crate::play::{Failure, Played, play};
use crate::report::Moved;
use crate::scenario::order::Later;
use crate::scenario::story::Story;

/// The most that a random order puts off.
const RANDOM_LATER_MAX: usize = 8;

/// The most runs that are spent on making an order that fails smaller.
const SHRINKING_MAX: usize = 1_000;

/// The limits of a search.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most by which any one thing comes later: what lies further apart the script parts, or a timeout.
    pub window: Duration,
    /// Runs of the search that leaves nothing out.
    pub exhaustive: usize,
    /// Runs at random after it.
    pub random: usize,
}

/// The extent of the exhaustive search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// The file says what comes in which order: no other was tried.
    Fixed,
    /// Nothing near was left to put off.
    All,
    /// Every order with at most this many delayed events was tried, and some with more.
    UpTo(usize),
}

/// The result of a search.
#[derive(Debug)]
pub struct Explored {
    /// Runs; those that made a failing order small are not counted.
    pub runs: usize,
    /// Different orders of who came, went, started, was let in and was acted on.
    pub orders: usize,
    /// How far it went.
    pub reach: Reach,
    /// The first order that breaks something, made small.
    pub found: Option<Found>,
}

/// An order that breaks an invariant or an expectation.
#[derive(Debug)]
pub struct Found {
    /// The delays; empty if the scenario's own order fails.
    pub order: Vec<Later>,
    /// The story in this order.
    pub story: Arc<Story>,
    /// How it went.
    pub played: Played,
}

impl Found {
    /// Returns when each delayed event would have come, when it came instead, and its caller.
    #[must_use]
    pub fn delays(&self) -> Vec<Moved> {
        let moments = Moments::of(&self.story, &self.played);
        self.order.iter().filter_map(|later| moments.moved(*later)).collect()
    }
}

struct Search<'s> {
    story: &'s Story,
    seed: u64,
    bounds: Bounds,
    stop: &'s AtomicBool,
    orders: BTreeSet<u64>,
    runs: usize,
}

/// Searches the orders of a story, until one fails, the bounds are reached or `stop` is set.
#[must_use]
pub fn explore(story: &Arc<Story>, seed: u64, bounds: Bounds, stop: &AtomicBool) -> Explored {
    let mut search = Search { story, seed, bounds, stop, orders: BTreeSet::new(), runs: 0 };
    let (reach, found) = match search.everywhere() {
        Ok(reach) => (reach, None),
        Err(found) => (Reach::UpTo(found.order.len().saturating_sub(1)), Some(search.smallest(*found))),
    };
    Explored { runs: search.runs, orders: search.orders.len(), reach, found }
}

impl Search<'_> {
    fn everywhere(&mut self) -> Result<Reach, Box<Found>> {
        let own = self.run(&[], self.seed)?;
        if self.story.order.is_some() {
            return Ok(Reach::Fixed);
        }
        let reach = self.near(&own.moments)?;
        self.far(&own.moments)?;
        Ok(reach)
    }

    fn run(&mut self, order: &[Later], seed: u64) -> Result<Ran, Box<Found>> {
        self.runs += 1;
        let story = Arc::new(self.story.in_order(order));
        let played = play(&story, seed);
        if !played.failures.is_empty() {
            return Err(Box::new(Found { order: order.to_vec(), story, played }));
        }
        let moments = Moments::of(self.story, &played);
        let is_new = self.orders.insert(moments.order);
        Ok(Ran { moments, is_new })
    }

    /// Every order that putting off one thing, two, three… brings about, those with fewer first.
    fn near(&mut self, own: &Moments) -> Result<Reach, Box<Found>> {
        let mut open = Open { known: BTreeSet::from([Vec::new()]), waiting: BTreeMap::new(), left_out: None };
        self.delay_each(&mut open, &[], own);
        while let Some(order) = open.next() {
            if self.is_stopped() {
                return Ok(Reach::UpTo(order.len() - 1));
            }
            let ran = self.run(&order, self.seed)?;
            // An order of turns that came about in another way before is not taken further.
            if ran.is_new {
                self.delay_each(&mut open, &order, &ran.moments);
            }
        }
        Ok(open.left_out.map_or(Reach::All, |least| Reach::UpTo(least - 1)))
    }

    /// Opens the orders with one more thing later, as many as may still be run.
    fn delay_each(&self, open: &mut Open, order: &[Later], moments: &Moments) {
        for later in moments.swaps(self.bounds.window) {
            if open.known.len() > self.bounds.exhaustive || self.is_stopped() {
                open.left_out.get_or_insert(order.len().max(1));
                return;
            }
            let next = with(order, later);
            if next.iter().all(|later| later.by() <= self.bounds.window) {
                open.add(next);
            }
        }
    }

    fn far(&mut self, own: &Moments) -> Result<(), Box<Found>> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        let (actions, questions) = own.movable();
        let window = u64::try_from(self.bounds.window.as_millis()).unwrap_or(u64::MAX);
        for number in 1..=self.bounds.random as u64 {
            if self.is_stopped() || actions.len() + questions == 0 {
                break;
            }
            let mut order = Vec::new();
            for _ in 0..chance.random_range(1..=RANDOM_LATER_MAX) {
                let by = Duration::from_millis(chance.random_range(0..=window));
                let which = chance.random_range(0..actions.len() + questions);
                let later = match actions.get(which) {
                    Some((role, action)) => Later::Action { role: *role, action: *action, by },
                    None => {
                        let number = u32::try_from(which - actions.len() + 1).unwrap_or(u32::MAX);
                        Later::Question { number, by }
                    }
                };
                order = replaced(&order, later);
            }
            // Another seed orders simultaneous events differently.
            self.run(&order, self.seed.wrapping_add(number))?;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes away and shortens whatever the same failure does not need, another seed first of all.
    fn smallest(&self, mut found: Found) -> Found {
        let Some(wrong) = found.played.failures.first().cloned() else { return found };
        if let Some(with_own_seed) = self.fails_alike(found.order.clone(), self.seed, &wrong) {
            found = with_own_seed;
        }
        let (mut at, mut runs) = (0, 0);
        while at < found.order.len() && runs < SHRINKING_MAX && !self.is_stopped() {
            let mut smaller = None;
            for order in cuts(&found.order, at) {
                runs += 1;
                if let Some(tried) = self.fails_alike(order, found.played.seed, &wrong) {
                    smaller = Some(tried);
                    break;
                }
            }
            match smaller {
                Some(smaller) => found = smaller,
                None => at += 1,
            }
        }
        found
    }

    fn fails_alike(&self, order: Vec<Later>, seed: u64, wrong: &Failure) -> Option<Found> {
        let story = Arc::new(self.story.in_order(&order));
        let played = play(&story, seed);
        played.failures.first().is_some_and(|found| found.is_alike(wrong)).then_some(Found {
            order,
            story,
            played,
        })
    }
}

/// A run in which nothing failed.
struct Ran {
    moments: Moments,
    is_new: bool,
}

/// Orders that are to be run, by how many things are later in them.
struct Open {
    known: BTreeSet<Vec<Later>>,
    waiting: BTreeMap<usize, VecDeque<Vec<Later>>>,
    /// The least number of things later in an order that found no room.
    left_out: Option<usize>,
}

impl Open {
    fn add(&mut self, order: Vec<Later>) {
        if self.known.insert(order.clone()) {
            self.waiting.entry(order.len()).or_default().push_back(order);
        }
    }

    fn next(&mut self) -> Option<Vec<Later>> {
        let mut fewest = self.waiting.first_entry()?;
        let order = fewest.get_mut().pop_front();
        if fewest.get().is_empty() {
            fewest.remove();
        }
        order
    }
}

/// The order with one more thing later than it was.
fn with(order: &[Later], later: Later) -> Vec<Later> {
    let before =
        order.iter().find(|earlier| is_same(**earlier, later)).map_or(Duration::ZERO, |earlier| earlier.by());
    replaced(order, later.with_by(before + later.by()))
}

/// The order with this thing so much later, whatever it was.
fn replaced(order: &[Later], later: Later) -> Vec<Later> {
    let mut next: Vec<Later> = order.iter().copied().filter(|earlier| !is_same(*earlier, later)).collect();
    next.push(later);
    next.sort_unstable();
    next
}

fn is_same(one: Later, other: Later) -> bool {
    one.with_by(Duration::ZERO) == other.with_by(Duration::ZERO)
}

/// Smaller orders: without this part, or with less of it.
fn cuts(order: &[Later], at: usize) -> Vec<Vec<Later>> {
    let mut without = order.to_vec();
    let part = without.remove(at);
    let millis = u64::try_from(part.by().as_millis()).unwrap_or(u64::MAX);
    let less = [millis / 2, millis.saturating_sub(millis / 8), millis.saturating_sub(1)];
    let less = less.into_iter().filter(|less| *less > 0 && *less < millis).map(|less| {
        let mut shorter = order.to_vec();
        shorter[at] = part.with_by(Duration::from_millis(less));
        shorter
    });
    std::iter::once(without).chain(less).collect()
}
