//! The search: near orders first, all of them up to a bound, then orders at random.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::moments::Moments;
use crate::scenario::order::Later;
use crate::scenario::play::{Played, Wrong, play};
use crate::scenario::story::Story;

/// The most that a random order puts off.
const RANDOM_LATER_MAX: usize = 8;

/// The most runs that are spent on making an order that fails smaller.
const SHRINKING_MAX: usize = 1_000;

/// How far a search goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What lies further apart keeps its order: the script says so, or a deadline does.
    pub window: Duration,
    /// Runs of the search that leaves nothing out.
    pub exhaustive: usize,
    /// Runs at random after it.
    pub random: usize,
}

/// What a search found.
#[derive(Debug)]
pub struct Explored {
    /// Runs.
    pub runs: usize,
    /// Different orders of who came, went, started, was let in and was acted on.
    pub orders: usize,
    /// How many things at once were later, in all combinations; `None` if that did not end within the bound for one.
    pub complete_to: Option<usize>,
    /// Whether nothing was left to put off: every order within the window was tried.
    pub complete: bool,
    /// The first order that breaks something, made small.
    pub found: Option<Found>,
}

/// An order that breaks an invariant or an expectation.
#[derive(Debug)]
pub struct Found {
    /// What is later; nothing if the scenario's own order fails.
    pub order: Vec<Later>,
    /// The story in this order.
    pub story: Arc<Story>,
    /// How it went.
    pub played: Played,
}

struct Search<'s> {
    story: &'s Story,
    bounds: Bounds,
    orders: BTreeSet<u64>,
    runs: usize,
}

/// Searches the orders of a story, until one fails, the bounds are reached or `stop` is set.
#[must_use]
pub fn explore(story: &Arc<Story>, seed: u64, bounds: Bounds, stop: &AtomicBool) -> Explored {
    let mut search = Search { story, bounds, orders: BTreeSet::new(), runs: 0 };
    let (complete_to, complete, found) = search.near(seed, stop);
    let found = found.or_else(|| if complete { None } else { search.far(seed, stop) });
    let found = found.map(|found| search.smallest(found));
    Explored { runs: search.runs, orders: search.orders.len(), complete_to, complete, found }
}

impl Search<'_> {
    fn try_order(&mut self, order: Vec<Later>, seed: u64) -> Result<(Vec<Later>, Moments, bool), Box<Found>> {
        self.runs += 1;
        let story = Arc::new(self.story.in_order(&order));
        let played = play(&story, seed);
        if !played.wrong.is_empty() {
            return Err(Box::new(Found { order, story, played }));
        }
        let moments = Moments::of(self.story, &played);
        let is_new = self.orders.insert(moments.order);
        Ok((order, moments, is_new))
    }

    /// Every order that putting off one thing, two, three… brings about.
    fn near(&mut self, seed: u64, stop: &AtomicBool) -> (Option<usize>, bool, Option<Found>) {
        let mut tried = BTreeSet::from([Vec::new()]);
        let mut open = VecDeque::from([Vec::new()]);
        let mut depth = 0_usize;
        while let Some(order) = open.pop_front() {
            if self.runs >= self.bounds.exhaustive || stop.load(Ordering::Relaxed) {
                return (depth.checked_sub(1).filter(|depth| *depth > 0), false, None);
            }
            depth = order.len();
            let (order, moments, is_new) = match self.try_order(order, seed) {
                Ok(tried) => tried,
                Err(found) => return (None, false, Some(*found)),
            };
            // An order that came about in another way before leads to nothing new.
            if !is_new {
                continue;
            }
            if self.story.has_order {
                break;
            }
            for later in moments.swaps(self.bounds.window) {
                let next = with(&order, later);
                let is_within = next.iter().all(|later| later.by() <= self.bounds.window);
                if is_within
                    && tried.len() < self.bounds.exhaustive.saturating_mul(4)
                    && tried.insert(next.clone())
                {
                    open.push_back(next);
                }
            }
        }
        (Some(depth), tried.len() < self.bounds.exhaustive.saturating_mul(4), None)
    }

    fn far(&mut self, seed: u64, stop: &AtomicBool) -> Option<Found> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let Ok((_, moments, _)) = self.try_order(Vec::new(), seed) else { return None };
        let (actions, questions) = moments.movable();
        let window = u64::try_from(self.bounds.window.as_millis()).unwrap_or(u64::MAX);
        for number in 1..=self.bounds.random as u64 {
            if stop.load(Ordering::Relaxed) || actions.len() + questions == 0 {
                return None;
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
            // Another seed orders otherwise what falls into one moment.
            if let Err(found) = self.try_order(order, seed.wrapping_add(number)) {
                return Some(*found);
            }
        }
        None
    }

    /// Takes away and shortens whatever the same failure does not need.
    fn smallest(&mut self, mut found: Found) -> Found {
        let Some(wrong) = found.played.wrong.first().cloned() else { return found };
        let (mut at, mut runs) = (0, 0);
        while at < found.order.len() && runs < SHRINKING_MAX {
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

    fn fails_alike(&self, order: Vec<Later>, seed: u64, wrong: &Wrong) -> Option<Found> {
        let story = Arc::new(self.story.in_order(&order));
        let played = play(&story, seed);
        played.wrong.first().is_some_and(|found| found.is_alike(wrong)).then_some(Found {
            order,
            story,
            played,
        })
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
