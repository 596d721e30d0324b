//! Plays the selected cases of a suite on all cores.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Suite, in_order, shrink};
use crate::clock::{self, Clock, Pace};
use crate::control::time::Instant;
use crate::leg::log::Log;
use crate::play::live::play_live;
use crate::play::outward::{self, Kept, OutwardError, play_over_sip};
use crate::play::stored::{Store, play_stored};
use crate::play::via::{Admitted, Heard, NotPlayed, Via};
use crate::play::{Bridge, CaseRun, Outcome, OverSip, Played, play};
use crate::report::{json, traced};
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
    /// All of these one after the other.
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
    /// Whether the first seed that fails is enough. Otherwise all are played, to know how many do.
    pub first_failure: bool,
    /// Each twice, which must give the same.
    pub twice: bool,
    /// On how many threads.
    pub jobs: NonZeroUsize,
}

/// Interval at which a live case checks whether it is to stop.
const STOP_LOOKED_AT: Duration = Duration::from_millis(50);

/// Seeds that one thread plays in a row: where the first that fails is enough, what is left of millions is passed over quickly.
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
    // Of a case that has come to its verdict, further seeds need not be played.
    let settled: Vec<AtomicBool> = selected.iter().map(|_| AtomicBool::new(false)).collect();
    let cases = &suite.cases;
    let story = |number: usize| &cases[selected[number / stretches]].story;
    // Plays the seeds of a stretch.
    let work = |number: usize| {
        let first = number % stretches * STRETCH;
        let mut tally = Tally::default();
        for seed in first..(first + STRETCH).min(seeds) {
            if settled[number / stretches].load(Ordering::Relaxed) {
                return None;
            }
            let case = (number, selected[number / stretches], story(number));
            let outcome = play_one(case, plan.seeds.nth(seed, story(number)), plan, stop)?;
            tally.add(seed, outcome);
            if tally.is_over(plan.first_failure) || stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Some(tally)
    };
    let mut delivered = 0;
    // The stretches of the case whose turn it is.
    let mut turn = Tally::default();
    let mut finish = |number: usize, tally: Tally| {
        let Some(outcome) = tally.verdict(story(number), plan, number) else {
            return ControlFlow::Continue(());
        };
        delivered += 1;
        deliver(selected[number / stretches], outcome)
    };
    let mut last = 0;
    in_order(plan.jobs, selected.len().saturating_mul(stretches), stop, work, |number, tally| {
        let settled = &settled[number / stretches];
        let Some(tally) = tally.filter(|_| !settled.load(Ordering::Relaxed)) else {
            return ControlFlow::Continue(());
        };
        if number / stretches != last / stretches {
            // Somebody broke off, and the case before has seeds that were not played.
            let before = std::mem::take(&mut turn);
            if before.failed > 0 {
                finish(last, before)?;
            }
        }
        turn.join(tally);
        last = number;
        if !turn.is_over(plan.first_failure) && turn.tried < seeds {
            return ControlFlow::Continue(());
        }
        settled.store(true, Ordering::Relaxed);
        finish(number, std::mem::take(&mut turn))
    });
    // What failed before somebody broke off has failed.
    if turn.failed > 0 {
        let _run_is_over = finish(last, turn);
    }
    delivered
}

/// What became of a case with some of its seeds.
#[derive(Default)]
struct Tally {
    tried: usize,
    failed: usize,
    /// The first that failed the run, with the number of its seed.
    first: Option<(usize, Outcome)>,
    /// The last that did not.
    last: Option<Outcome>,
}

impl Tally {
    fn add(&mut self, seed: usize, outcome: Outcome) {
        self.tried += 1;
        if !outcome.failed() {
            self.last = Some(outcome);
            return;
        }
        self.failed += 1;
        if self.first.is_none() {
            self.first = Some((seed, outcome));
        }
    }

    /// Takes in what comes after it.
    fn join(&mut self, next: Self) {
        self.tried += next.tried;
        self.failed += next.failed;
        self.last = next.last.or(self.last.take());
        if self.first.is_none() {
            self.first = next.first;
        }
    }

    /// Returns whether further seeds say nothing: it is not played at all, or one that fails is enough.
    fn is_over(&self, first_failure: bool) -> bool {
        let is_not_played = self.last.as_ref().is_some_and(|last| !matches!(last, Outcome::Played(_)));
        is_not_played || (first_failure && self.failed > 0)
    }

    /// The first that failed, with the fewest faults that it takes, or the last that did not.
    fn verdict(self, story: &Arc<Story>, plan: &Plan, number: usize) -> Option<Outcome> {
        let (seed, mut outcome) = match (self.first, self.last) {
            (Some(first), _) => first,
            (None, last) => (0, last?),
        };
        if let Outcome::Played(run) = &mut outcome {
            run.seeds = self.tried;
            let many = plan.seeds.count() > 1;
            run.failing_seeds = (many && !plan.first_failure).then_some(self.failed);
            if many && let Bridge::Virtual(store) = &plan.bridge {
                let again = |story: &Arc<Story>| play_virtually(story, run.played.seed, store, number);
                if seed > 0 && !run.played.failures.is_empty() {
                    let before = plan.seeds.nth(seed - 1, story);
                    run.passed = Some(Box::new(play_virtually(story, before, store, number)));
                }
                run.smallest = shrink::smallest_faults(story, &run.played, again);
            }
        }
        Some(outcome)
    }
}

/// Plays a case once, as the work of this number; `None` if it was stopped meanwhile.
fn play_one(
    (number, place, story): (usize, usize, &Arc<Story>),
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
    tracing::debug!(target: "attendant::replay", case = story.name, seed, "plays");
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
        Bridge::OverSip(how) => {
            let in_virtual_time = play(story, seed);
            if let Some(reason) = outward::why_unfit(story, &in_virtual_time) {
                return Some(Outcome::Skipped(format!("over SIP: {reason}")));
            }
            match attempt_over_sip((place, story), seed, in_virtual_time.took, how, stop) {
                Ok(run) => run?,
                Err(error) => return Some(Outcome::Unreachable(error.to_string())),
            }
        }
        Bridge::Via(via, how) => {
            let unfit = if via.is_ours() {
                outward::why_unfit(story, &play(story, seed))
            } else {
                outward::why_no_telephones(story)
            };
            if let Some(reason) = unfit {
                return Some(Outcome::Skipped(format!("over SIP: {reason}")));
            }
            match attempt_via(story, seed, (via, how), stop) {
                Ok(run) => run?,
                Err(NotPlayed::Skipped(reason)) => return Some(Outcome::Skipped(reason)),
                Err(NotPlayed::Unreachable(reason)) => return Some(Outcome::Unreachable(reason)),
            }
        }
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
        play_live(story, seed, clock, traced(Log::default()), stopped(stop)).await
    };
    // Its tasks run on this thread, and so in this span: the calls of many cases are told apart by it.
    tracing::info_span!("case", name = story.name, seed).in_scope(|| runtime.block_on(played))
}

/// Plays a case over SIP, again and again while it fails as often as it may; `None` if it was stopped meanwhile.
fn attempt_over_sip(
    (place, story): (usize, &Arc<Story>),
    seed: u64,
    took: Instant,
    how: &OverSip,
    stop: &AtomicBool,
) -> Result<Option<CaseRun>, OutwardError> {
    let attempted = attempt(story, how, |attempt| {
        let file = |folder: &Arc<Path>| {
            folder.join(format!("{:03}-{}-{attempt}.pcapng", place + 1, story.file_name()))
        };
        let kept = Kept { capture: how.captures.as_ref().map(file), keeps_wire: how.keeps_wire };
        over_sip(story, seed, took, kept, stop)
    })?;
    let bridge = Bridge::OverSip(how.clone());
    Ok(attempted.map(|(played, attempts)| CaseRun { attempts, ..CaseRun::once(played, bridge) }))
}

/// Plays a case, again and again while it fails as often as it may; the last attempt, and those before it. `None` if it was
/// stopped meanwhile. `play` is told which attempt it is, from 1.
fn attempt<E>(
    story: &Story,
    how: &OverSip,
    mut play: impl FnMut(usize) -> Result<Option<Played>, E>,
) -> Result<Option<(Played, Vec<Played>)>, E> {
    let mut attempts = Vec::new();
    loop {
        let Some(played) = play(attempts.len() + 1)? else { return Ok(None) };
        let is_final = played.failures.is_empty() || story.expected_to_fail.is_some();
        if is_final || attempts.len() >= how.retries as usize {
            return Ok(Some((played, attempts)));
        }
        attempts.push(played);
    }
}

/// Plays a case with a bridge elsewhere, each attempt with organizers of its own; `None` if it was stopped meanwhile.
fn attempt_via(
    story: &Arc<Story>,
    seed: u64,
    (via, how): (&Arc<Via>, &OverSip),
    stop: &AtomicBool,
) -> Result<Option<CaseRun>, NotPlayed> {
    let mut not_judged = Vec::new();
    let attempted = attempt(story, how, |_| {
        let admitted = via.admit(story)?;
        let heard = via_sip(&admitted, (&*story.name, seed), stop)?;
        Ok::<_, NotPlayed>(heard.map(|heard| {
            not_judged = heard.not_judged;
            heard.played
        }))
    })?;
    let bridge = Bridge::Via(Arc::clone(via), how.clone());
    let run = |(played, attempts)| CaseRun { attempts, not_judged, ..CaseRun::once(played, bridge) };
    Ok(attempted.map(run))
}

/// Plays a case that was admitted by a bridge elsewhere, on this thread.
fn via_sip(
    admitted: &Admitted<'_>,
    (name, seed): (&str, u64),
    stop: &AtomicBool,
) -> Result<Option<Heard>, NotPlayed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        NotPlayed::Unreachable(format!("the system has no room for one more case: {error}"))
    })?;
    let played = admitted.play(seed, traced(Log::default()), stopped(stop));
    Ok(tracing::info_span!("case", name, seed).in_scope(|| runtime.block_on(played)))
}

/// Plays a case over SIP on a live exchange of its own, on this thread and those of its media.
fn over_sip(
    story: &Arc<Story>,
    seed: u64,
    took: Instant,
    kept: Kept,
    stop: &AtomicBool,
) -> Result<Option<Played>, OutwardError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sink = traced(Log::default());
    let played = play_over_sip(story, seed, took, sink, kept, stopped(stop));
    tracing::info_span!("case", name = story.name, seed).in_scope(|| runtime.block_on(played))
}

/// Waits until the run is to stop.
async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(STOP_LOOKED_AT).await;
    }
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
