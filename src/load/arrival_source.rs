//! Decides which story begins when: the arrivals, the mix, how many may be played at once, and what the keys say.

use std::sync::Arc;
use std::time::Duration;

use super::profile::{Mix, Profile};
use super::progress::RunProgress;
use super::schedule::{Arrivals, Levels, seconds};
use crate::control::time::Instant;
use crate::scenario::load::Model;

/// A story that begins.
#[derive(Debug)]
pub(super) struct Begins {
    /// Its place among the stories of the profile.
    pub(super) story: usize,
    /// When each of its cast begins.
    pub(super) moments: Box<[Instant]>,
}

/// The stories to play, with their start times.
#[derive(Debug)]
pub(super) struct ArrivalSource {
    profile: Arc<Profile>,
    levels: Levels,
    arrivals: Arrivals,
    mix: Mix,
    /// Seconds since the run began.
    now: f64,
    /// Seconds of the profile: it stands still while the run is paused.
    played: f64,
    rate: f64,
    paused: bool,
    /// The mix has no more.
    exhausted: bool,
    /// Stories running.
    in_flight: u64,
    dropped: u64,
}

impl ArrivalSource {
    pub(super) fn new(profile: &Arc<Profile>, seed: u64) -> Self {
        let levels = Levels::of(&profile.load);
        Self {
            profile: Arc::clone(profile),
            arrivals: Arrivals::new(levels.clone(), seed),
            levels,
            mix: Mix::new(profile, seed.wrapping_add(1)),
            now: 0.0,
            played: 0.0,
            rate: 1.0,
            paused: false,
            exhausted: false,
            in_flight: 0,
            dropped: 0,
        }
    }

    /// It is so many seconds after the run began; what steers the run counts from here on.
    pub(super) fn reach(&mut self, now: f64, progress: &RunProgress) {
        if !self.paused {
            self.played += now - self.now;
        }
        self.now = now;
        self.paused = progress.is_paused();
        self.rate = f64::from(progress.rate()) / 100.0;
        self.arrivals.scale(self.rate);
    }

    /// A story that begins before so many seconds from now; `None` if there is none, for now or at all.
    pub(super) fn next(&mut self, ahead: f64) -> Option<Begins> {
        if self.paused {
            return None;
        }
        let first = self.mix.first(Instant::ZERO + seconds(self.now));
        if let Some((story, moments)) = first {
            self.in_flight += 1;
            return Some(Begins { story, moments });
        }
        if self.exhausted {
            return None;
        }
        match self.profile.load.model {
            Model::Arrivals => loop {
                let at = self.arrivals.before(self.played + ahead)?;
                if self.in_flight < u64::from(self.profile.load.max_in_flight) {
                    return self.begin(self.now + at - self.played);
                }
                self.dropped += 1;
            },
            Model::Concurrency => {
                let most = f64::from(self.profile.load.max_in_flight);
                let wanted = (self.levels.at(self.played) * self.rate).round().min(most);
                if (self.in_flight as f64) < wanted { self.begin(self.now) } else { None }
            }
        }
    }

    fn begin(&mut self, at: f64) -> Option<Begins> {
        let next = self.mix.draw(Instant::ZERO + seconds(at));
        self.exhausted = next.is_none();
        let (story, moments) = next?;
        self.in_flight += 1;
        Some(Begins { story, moments })
    }

    /// So many stories have ended.
    pub(super) fn ended(&mut self, stories: usize) {
        self.in_flight = self.in_flight.saturating_sub(stories as u64);
    }

    /// Stories running.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Stories not started because max_in_flight was reached.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The level that the profile wants now.
    pub(super) fn wanted(&self) -> f64 {
        if self.paused || self.exhausted { 0.0 } else { self.levels.at(self.played) * self.rate }
    }

    /// Returns whether nothing more begins.
    pub(super) fn is_over(&self) -> bool {
        self.exhausted || self.played >= self.levels.end()
    }

    /// The longest that one of the stories may take.
    pub(super) fn longest(&self) -> Duration {
        self.profile.stories.iter().map(|story| story.timeout).max().unwrap_or_default()
    }
}
