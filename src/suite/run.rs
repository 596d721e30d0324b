//! Plays the selected cases of a suite on all cores.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Suite, in_order, shrink};
use crate::clock::{self, Clock, Pace};
use crate::control::time::Instant;
use crate::leg::log::Log;
use crate::play::live::play_live;
use crate::play::stored::{Store, play_stored};
use crate::play::{Bridge, CaseRun, Outcome, Played};
use crate::report::{TracedSink, json};
use crate::scenario::story::Story;

/// The seed of a case whose file names none.
pub const SEED: u64 = 1;

/// The seeds with which a case is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Seeds {
    /// The file's, or 1.
    #[default]
    Own,
    /// This one.
    One(u64),
    /// All of these one after the other, up to the first that fails.
    All {
        /// The first.
        first: u64,
        /// The last; it belongs to them.
        last: u64,
    },
}

impl Seeds {
    fn count(self) -> usize {
        match self {
            Self::Own | Self::One(_) => 1,
            Self::All { first, last } => {
                usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX).saturating_add(1)
            }
        }
    }

    fn nth(self, number: usize, story: &Story) -> u64 {
        match self {
            Self::Own => story.seed.unwrap_or(SEED),
            Self::One(seed) => seed,
            Self::All { first, .. } => first + number as u64,
        }
    }
}

/// How cases are played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// On what.
    pub bridge: Bridge,
    /// With which seeds. The faults of a case that fails with one of several are made small, but not on the live exchange.
    pub seeds: Seeds,
    /// Each twice, which must give the same.
    pub twice: bool,
    /// On how many threads.
    pub jobs: NonZeroUsize,
}

/// Interval at which a live case checks whether it is to stop.
const STOP_LOOKED_AT: Duration = Duration::from_millis(50);

/// Seeds that one thread plays in a row: what is left of millions behind the first that fails is passed over quickly.
const STRETCH: usize = 64;

/// Plays these cases of the suite and delivers what became of each, in order, until `deliver` breaks off or `stop`
/// is set. Returns how many cases were delivered.
pub fn run(
    suite: &Suite,
    selected: &[usize],
    plan: &Plan,
    stop: &AtomicBool,
    mut deliver: impl FnMut(usize, Outcome) -> ControlFlow<()>,
) -> usize {
    let seeds = plan.seeds.count();
    let stretches = seeds.div_ceil(STRETCH);
    // With many seeds, those behind the first that fails need not be played.
    let settled: Vec<AtomicBool> = selected.iter().map(|_| AtomicBool::new(false)).collect();
    let cases = &suite.cases;
    let story = |number: usize| &cases[selected[number / stretches]].story;
    // Plays the seeds of a stretch up to the first that fails; how many were tried by then, and the last outcome.
    let work = |number: usize| {
        let first = number % stretches * STRETCH;
        let mut last = None;
        for seed in first..(first + STRETCH).min(seeds) {
            if settled[number / stretches].load(Ordering::Relaxed) {
                return None;
            }
            let outcome = play_one((number, story(number)), plan.seeds.nth(seed, story(number)), plan, stop)?;
            let is_over = outcome.failed() || !matches!(outcome, Outcome::Played(_));
            last = Some((seed + 1, outcome));
            if is_over || stop.load(Ordering::Relaxed) {
                break;
            }
        }
        last
    };
    let mut delivered = 0;
    in_order(plan.jobs, selected.len().saturating_mul(stretches), stop, work, |number, outcome| {
        let settled = &settled[number / stretches];
        let Some((tried, mut outcome)) = outcome.filter(|_| !settled.load(Ordering::Relaxed)) else {
            return ControlFlow::Continue(());
        };
        let is_played = matches!(outcome, Outcome::Played(_));
        let is_over = !is_played || outcome.failed() || tried == seeds;
        if !is_over {
            return ControlFlow::Continue(());
        }
        settled.store(true, Ordering::Relaxed);
        if let Outcome::Played(run) = &mut outcome {
            run.seeds = tried;
            if seeds > 1
                && let Bridge::Virtual(store) = &plan.bridge
            {
                let again = |story: &Arc<Story>| play_virtually(story, run.played.seed, store, number);
                if tried > 1 && !run.played.failures.is_empty() {
                    let seed = plan.seeds.nth(tried - 2, story(number));
                    run.passed = Some(Box::new(play_virtually(story(number), seed, store, number)));
                }
                run.smallest = shrink::smallest_faults(story(number), &run.played, again);
            }
        }
        delivered += 1;
        deliver(selected[number / stretches], outcome)
    });
    delivered
}

/// Plays a case once, as the work of this number; `None` if it was stopped meanwhile.
fn play_one(
    (number, story): (usize, &Arc<Story>),
    seed: u64,
    plan: &Plan,
    stop: &AtomicBool,
) -> Option<Outcome> {
    if let Some(reason) = plan.bridge.skips(story) {
        return Some(Outcome::Skipped(reason));
    }
    if !story.not_implemented.is_empty() {
        return Some(Outcome::NotBuilt);
    }
    tracing::debug!(case = story.name, seed, "plays");
    let began = clock::now();
    let bridge = plan.bridge.clone();
    let run = match &plan.bridge {
        Bridge::Virtual(store) => {
            let play = |story: &Arc<Story>| play_virtually(story, seed, store, number);
            let played = play(story);
            let unlike = if plan.twice { difference(story, &played, &play(story)) } else { None };
            CaseRun { unlike, ..CaseRun::of(story, played, bridge, play) }
        }
        // What came too late by the real clock might not in virtual time: nothing is tried again.
        Bridge::Live { speed } => CaseRun::once(live(story, seed, *speed, stop)?, bridge),
    };
    let wall = clock::now().saturating_duration_since(began);
    let expected_to_fail = story.expected_to_fail.clone();
    Some(Outcome::Played(Box::new(CaseRun { wall, expected_to_fail, ..run })))
}

fn play_virtually(story: &Arc<Story>, seed: u64, store: &Store, number: usize) -> Played {
    play_stored(story, seed, store, number).expect("the folder takes a directory")
}

/// Plays a case on a live exchange of its own, on this thread.
fn live(story: &Arc<Story>, seed: u64, speed: u32, stop: &AtomicBool) -> Option<Played> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime with timers alone takes nothing from the system");
    let played = async {
        let clock = Clock::start(speed, Pace::Lockstep);
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(STOP_LOOKED_AT).await;
            }
        };
        play_live(story, seed, clock, TracedSink::new(Log::default()), stopped).await
    };
    // Its tasks run on this thread, and so in this span: the calls of many cases are told apart by it.
    tracing::info_span!("case", name = story.name, seed).in_scope(|| runtime.block_on(played))
}

/// In what two runs with one seed differ.
fn difference(story: &Story, one: &Played, other: &Played) -> Option<String> {
    let (first, second) = (&one.log.entries, &other.log.entries);
    if first != second {
        let at = first.iter().zip(second).take_while(|(one, other)| one == other).count();
        let when = first.get(at).or(second.get(at)).map_or(Instant::ZERO, |(when, _)| *when);
        return Some(format!(
            "a second run with the same seed differs from event {} on, at {when} s",
            at + 1
        ));
    }
    let same =
        one.failures == other.failures && json::events(story, &one.log) == json::events(story, &other.log);
    (!same).then(|| "a second run with the same seed gives a different verdict or report".to_owned())
}
