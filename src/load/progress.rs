//! The run while it goes on, for those who watch it, and the keys that steer it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::figures::Latencies;
use super::host::Host;
use super::profile::Profile;
use super::run::{Run, Second};
use super::tally::{Counts, Shared, TallyDelta, micros};
use crate::scenario::load::{Metric, Statistic};

/// A run that goes on: its driver adds seconds, its watchers read them.
#[derive(Debug)]
pub struct RunProgress {
    run: Mutex<Run>,
    over: AtomicBool,
    paused: AtomicBool,
    stop: AtomicBool,
    /// How many hundredths of its rate the profile has.
    rate: AtomicU32,
}

/// The most and the least that a profile's rate can be changed to, in hundredths.
const RATES: (u32, u32) = (10, 1_000);

impl RunProgress {
    /// A run that has not begun.
    #[must_use]
    pub fn new(run: Run) -> Self {
        Self {
            run: Mutex::new(run),
            over: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            rate: AtomicU32::new(100),
        }
    }

    /// The run as it stands.
    pub fn run(&self) -> MutexGuard<'_, Run> {
        // Seconds are added whole.
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the run has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The run has ended.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// No story begins until this is called again.
    pub fn pause_or_go_on(&self) {
        self.paused.fetch_xor(true, Ordering::Relaxed);
    }

    /// Returns whether no story begins for now.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Ends the run before its end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Returns whether the run is to end before its end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Returns how many times the profile's rate stories begin with, in hundredths.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate.load(Ordering::Relaxed)
    }

    /// Raises the rate by a tenth, or lowers it.
    pub fn change_rate(&self, up: bool) {
        let changed = |rate: u32| {
            let changed = if up { rate + 10 } else { rate.saturating_sub(10) };
            Some(changed.clamp(RATES.0, RATES.1))
        };
        // It always gives a rate.
        let _always = self.rate.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
    }
}

/// Makes seconds of what the lanes counted.
#[derive(Debug)]
pub(super) struct Sampler<'a> {
    progress: &'a RunProgress,
    profile: &'a Profile,
    tallies: &'a [Shared],
    host: Host,
    /// Bytes of this process before the first call.
    memory_before: u64,
    cpu: Duration,
    cpu_before: Duration,
    at: f64,
    last: Counts,
    dropped: u64,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(progress: &'a RunProgress, profile: &'a Profile, tallies: &'a [Shared]) -> Self {
        let mut host = Host::new();
        let (cpu, memory_before) = host.own();
        let last = Counts::default();
        Self {
            progress,
            profile,
            tallies,
            host,
            memory_before,
            cpu,
            cpu_before: cpu,
            at: 0.0,
            last,
            dropped: 0,
        }
    }

    /// Closes a second: `at` is how long the run has taken, `wanted` the level of the profile, `lag` how late this
    /// machine woke tasks.
    pub(super) fn second(&mut self, at: f64, wanted: f64, dropped: u64, lag: &Latencies) {
        let (mut counts, mut news) = (Counts::default(), TallyDelta::default());
        for tally in self.tallies {
            let (counted, new) = tally.look();
            counts.add(&counted);
            news.latencies.merge(&new.latencies);
            news.late.merge(&new.late);
        }
        let (cpu, memory) = self.host.own();
        let passed = (at - self.at).max(1e-6);
        let largest = |latencies: &Latencies| latencies.figure(Statistic::Max).map_or(0, micros);
        let spreads = Metric::ALL
            .into_iter()
            .filter_map(|metric| Some((metric.name().to_owned(), news.latencies.of(metric).spread()?)));
        let calls = counts.dialled - counts.finished;
        let second = Second {
            at,
            wanted,
            begun: counts.begun - self.last.begun,
            dropped: dropped - self.dropped,
            ended: counts.ended - self.last.ended,
            failed: counts.failed - self.last.failed,
            in_flight: counts.begun - counts.ended,
            answered: counts.answered - self.last.answered,
            calls,
            lobby: counts.lobby,
            joined: counts.joined,
            latencies: spreads.collect(),
            late_max: largest(&news.late),
            lag_max: largest(lag),
            cpu: cpu.saturating_sub(self.cpu).as_secs_f64() / passed,
            memory,
        };
        let mut run = self.progress.run();
        run.latencies.merge(&news.latencies);
        run.late.merge(&news.late);
        run.lag.merge(lag);
        let totals = &mut run.totals;
        if calls > totals.calls_peak {
            totals.calls_peak = calls;
            totals.bytes_a_call = memory.saturating_sub(self.memory_before) / calls;
        }
        totals.lobby_peak = totals.lobby_peak.max(counts.lobby);
        (totals.begun, totals.ended, totals.failed) = (counts.begun, counts.ended, counts.failed);
        (totals.dialled, totals.answered, totals.dropped) = (counts.dialled, counts.answered, dropped);
        (totals.unanswered, totals.lockouts) = (counts.unanswered, counts.lockouts);
        (totals.wrong_pins, totals.refused_pins) = (counts.wrong_pins, counts.refused_pins);
        let lockout = &self.profile.stories[0].given.policy.lockout;
        totals.wrong_pins_in_all = [4, 5, 6].map(|digits| lockout.limit(digits).in_all);
        (totals.took, totals.cpu) = (at, cpu.saturating_sub(self.cpu_before).as_secs_f64());
        run.outcomes = counts.outcomes.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        run.failures = self.failures(&counts);
        run.seconds.push(second);
        (self.at, self.cpu, self.last, self.dropped) = (at, cpu, counts, dropped);
    }

    /// Returns the failed steps, in the file's words.
    fn failures(&self, counts: &Counts) -> BTreeMap<String, u64> {
        let mut failures = BTreeMap::new();
        for ((tag, step, why), count) in &counts.failures {
            let story = &self.profile.stories[*tag as usize];
            let told = match story.steps.get(step.0 as usize) {
                Some(step) => format!("{}: {}: {why}", step.role, step.text),
                None => (*why).to_owned(),
            };
            *failures.entry(told).or_default() += count;
        }
        failures
    }
}

impl Counts {
    /// All of the others too.
    fn add(&mut self, others: &Self) {
        for (own, other) in [
            (&mut self.begun, others.begun),
            (&mut self.ended, others.ended),
            (&mut self.failed, others.failed),
            (&mut self.dialled, others.dialled),
            (&mut self.called, others.called),
            (&mut self.answered, others.answered),
            (&mut self.finished, others.finished),
            (&mut self.lobby, others.lobby),
            (&mut self.joined, others.joined),
            (&mut self.unanswered, others.unanswered),
            (&mut self.wrong_pins, others.wrong_pins),
            (&mut self.refused_pins, others.refused_pins),
            (&mut self.lockouts, others.lockouts),
        ] {
            *own += other;
        }
        others.outcomes.iter().for_each(|(name, count)| *self.outcomes.entry(name).or_default() += count);
        others.failures.iter().for_each(|(what, count)| *self.failures.entry(*what).or_default() += count);
    }
}
