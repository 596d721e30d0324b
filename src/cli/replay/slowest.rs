//! `--slowest`: the cases that took most real time.

use std::time::Duration;

use crate::cli::screen::Screen;
use crate::control::time::Instant;
use crate::play::Outcome;
use crate::report::seconds;

/// The slowest cases so far.
#[derive(Debug)]
pub(super) struct Slowest {
    most: usize,
    /// Real time, virtual time and name, the slowest first.
    cases: Vec<(Duration, Duration, String)>,
}

impl Slowest {
    /// So many cases.
    pub(super) fn new(most: usize) -> Self {
        Self { most, cases: Vec::new() }
    }

    pub(super) fn take(&mut self, name: &str, outcome: &Outcome) {
        let Outcome::Played(run) = outcome else { return };
        let place = self.cases.partition_point(|(wall, ..)| *wall >= run.wall);
        if place < self.most {
            let took = run.played.took.since(Instant::ZERO);
            self.cases.insert(place, (run.wall, took, name.to_owned()));
            self.cases.truncate(self.most);
        }
    }

    /// Names them on standard error: real time is different in each run.
    pub(super) fn say(&self, screen: &Screen) {
        for (wall, took, name) in &self.cases {
            screen.say(&format!("{:>9.3} s for {}: {name}", wall.as_secs_f64(), seconds(*took)));
        }
    }
}
