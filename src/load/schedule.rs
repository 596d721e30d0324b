//! The start times of stories: levels that change linearly, with random start times in between.

use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::scenario::load::{Load, Model};

/// The levels of a profile over its time, in seconds: stories a second, or stories at once.
#[derive(Clone, Debug)]
pub struct Levels {
    stages: Vec<Slope>,
}

/// A level that changes evenly.
#[derive(Clone, Copy, Debug)]
struct Slope {
    begins: f64,
    lasts: f64,
    from: f64,
    to: f64,
}

impl Slope {
    fn level(&self, at: f64) -> f64 {
        if self.lasts > 0.0 {
            self.from + (self.to - self.from) * (at - self.begins) / self.lasts
        } else {
            self.to
        }
    }

    fn ends(&self) -> f64 {
        self.begins + self.lasts
    }

    /// Returns how much the level rises in a second.
    fn rise(&self) -> f64 {
        if self.lasts > 0.0 { (self.to - self.from) / self.lasts } else { 0.0 }
    }
}

impl Levels {
    /// The levels of a profile.
    #[must_use]
    pub fn of(load: &Load) -> Self {
        let unit = match load.model {
            Model::Arrivals => 3_600.0,
            Model::Concurrency => 1.0,
        };
        let (mut begins, mut from) = (0.0, 0.0);
        let stages = load.stages.iter().map(|stage| {
            let to = stage.to.0 as f64 / unit;
            let slope = Slope { begins, lasts: stage.over.as_secs_f64(), from, to };
            (begins, from) = (slope.ends(), to);
            slope
        });
        Self { stages: stages.collect() }
    }

    /// The level at a moment; none after the end.
    #[must_use]
    pub fn at(&self, at: f64) -> f64 {
        self.stage(at).map_or(0.0, |stage| stage.level(at))
    }

    /// The place of the stage at a moment, counted from 0; the last one's after the end.
    #[must_use]
    pub fn number(&self, at: f64) -> usize {
        self.stages.iter().position(|stage| at < stage.ends()).unwrap_or(self.stages.len().saturating_sub(1))
    }

    /// Returns the end of the last stage.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.stages.last().map_or(0.0, Slope::ends)
    }

    fn stage(&self, at: f64) -> Option<&Slope> {
        self.stages.iter().find(|stage| at < stage.ends())
    }

    /// Returns when `much` has arrived since `from`, with levels multiplied by `times`; `None` if the end comes first.
    fn after(&self, from: f64, mut much: f64, times: f64) -> Option<f64> {
        let mut at = from;
        loop {
            let stage = self.stage(at)?;
            let (level, rise) = (times * stage.level(at), times * stage.rise());
            let left = stage.ends() - at;
            let arrive = level * left + rise * left * left / 2.0;
            if much < arrive {
                // The smaller root of `level d + rise d²/2 = much`, in the form that is sound for a level of zero and
                // for a rise of zero.
                return Some(at + 2.0 * much / (level + (level * level + 2.0 * rise * much).max(0.0).sqrt()));
            }
            much -= arrive;
            at = stage.ends();
        }
    }
}

/// The moments of a Poisson process whose rate follows the levels.
#[derive(Debug)]
pub struct Arrivals {
    levels: Levels,
    rng: ChaCha8Rng,
    at: f64,
    next: Option<f64>,
    times: f64,
}

impl Arrivals {
    /// The arrivals that this seed gives.
    #[must_use]
    pub fn new(levels: Levels, seed: u64) -> Self {
        let mut arrivals =
            Self { levels, rng: ChaCha8Rng::seed_from_u64(seed), at: 0.0, next: None, times: 1.0 };
        arrivals.draw();
        arrivals
    }

    /// Goes on with levels so many times as high, from what was asked for last.
    pub fn scale(&mut self, times: f64) {
        if times != self.times {
            self.times = times;
            // The process has no memory: what was drawn and has not arrived may be drawn again.
            self.draw();
        }
    }

    /// The next arrival before this moment, in seconds of the profile.
    pub fn before(&mut self, limit: f64) -> Option<f64> {
        match self.next {
            Some(next) if next < limit => {
                self.at = next;
                self.draw();
                Some(next)
            }
            Some(_) | None => {
                self.at = self.at.max(limit);
                None
            }
        }
    }

    fn draw(&mut self) {
        let chance: f64 = self.rng.random();
        self.next = self.levels.after(self.at, -(1.0 - chance).ln(), self.times);
    }
}

/// A time in seconds as a duration; never negative.
#[must_use]
pub fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load::{Level, Stage};

    fn levels(stages: &[(u64, u64)]) -> Levels {
        let stages = stages
            .iter()
            .map(|(to, over)| Stage { to: Level(to * 3_600), over: Duration::from_secs(*over) })
            .collect();
        let (spread, mix, thresholds) = (Vec::new(), Vec::new(), Vec::new());
        Levels::of(&Load { model: Model::Arrivals, stages, max_in_flight: 1, spread, mix, thresholds })
    }

    fn all(levels: &Levels, seed: u64) -> Vec<f64> {
        let mut arrivals = Arrivals::new(levels.clone(), seed);
        std::iter::from_fn(|| arrivals.before(f64::INFINITY)).collect()
    }

    #[test]
    fn levels_ramp_over_their_time_or_jump_without_one() {
        let levels = levels(&[(10, 10), (10, 5), (40, 0), (20, 10)]);
        let at = [0.0, 5.0, 10.0, 14.9, 15.0, 20.0, 24.9, 25.0].map(|at| levels.at(at).round());
        assert_eq!(at, [0.0, 5.0, 10.0, 10.0, 40.0, 30.0, 20.0, 0.0]);
        assert_eq!((levels.end(), levels.number(15.0), levels.number(99.0)), (25.0, 3, 3));
    }

    #[test]
    fn arrivals_are_a_poisson_process_of_the_given_rate() {
        // 0 to 100 a second over 100 s, then 100 a second for 100 s: 5,000 and 10,000.
        let levels = levels(&[(100, 100), (100, 100)]);
        let arrivals = all(&levels, 7);
        assert!(arrivals.is_sorted());
        let ramp = arrivals.iter().filter(|at| **at < 100.0).count() as f64;
        let flat: Vec<f64> = arrivals.iter().copied().filter(|at| *at >= 100.0).collect();
        // Five standard deviations of a Poisson count.
        assert!((ramp - 5_000.0).abs() < 5.0 * 5_000_f64.sqrt(), "{ramp}");
        assert!((flat.len() as f64 - 10_000.0).abs() < 5.0 * 100.0, "{}", flat.len());
        // Gaps of an exponential distribution: a share of 1/e is longer than their mean.
        let longer = flat.windows(2).filter(|pair| pair[1] - pair[0] > 0.01).count() as f64;
        assert!((longer / flat.len() as f64 - (-1_f64).exp()).abs() < 0.03, "{longer}");
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals() {
        let levels = levels(&[(50, 10)]);
        assert_eq!(all(&levels, 1), all(&levels, 1));
        assert_ne!(all(&levels, 1), all(&levels, 2));
    }

    #[test]
    fn twice_the_rate_is_twice_as_many_from_that_moment_on() {
        let levels = levels(&[(100, 0), (100, 200)]);
        let mut arrivals = Arrivals::new(levels, 3);
        let first = std::iter::from_fn(|| arrivals.before(100.0)).count() as f64;
        arrivals.scale(2.0);
        let second: Vec<f64> = std::iter::from_fn(|| arrivals.before(f64::INFINITY)).collect();
        assert!(second[0] >= 100.0);
        assert!((first - 10_000.0).abs() < 500.0 && (second.len() as f64 - 20_000.0).abs() < 750.0);
    }
}
