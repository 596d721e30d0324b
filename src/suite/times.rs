//! How long each case took in an earlier run, so that the parts of a suite can be made to take equally long.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::BufRead;

use super::recorded::read_report;
use super::{Shard, Suite};

/// What a case costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Cost {
    /// Work: its events, and one for itself.
    events: u64,
    /// Its own clock, in microseconds.
    micros: u64,
}

/// What of it counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// In virtual time an hour costs nothing, and an event does.
    Events,
    /// Live, the clock is what is waited for.
    Clock,
}

/// The costs of cases, from a JSON report.
#[derive(Clone, Debug)]
pub struct CaseTimes {
    measure: Measure,
    /// By file and name, as [`Suite::label`] has them.
    costs: BTreeMap<String, Cost>,
}

impl CaseTimes {
    /// Reads a JSON report.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(report: impl BufRead, measure: Measure) -> Result<Self, String> {
        let mut costs = BTreeMap::new();
        read_report(report, |case| {
            let cost = Cost { events: case.events.len() as u64 + 1, micros: case.took_us.unwrap_or(0) };
            costs.insert(case.label, cost);
        })?;
        Ok(Self { measure, costs })
    }

    fn of(&self, label: &str) -> Option<u64> {
        let cost = self.costs.get(label)?;
        Some(match self.measure {
            Measure::Events => cost.events,
            Measure::Clock => cost.micros,
        })
    }

    /// Returns those of the cases at these places that belong to a part: the longest first, each to the part that has least by
    /// then. A case that the report lacks counts as much as the middle one.
    #[must_use]
    pub fn part(&self, shard: Shard, suite: &Suite, places: &[usize]) -> Vec<usize> {
        let labels: Vec<String> = places.iter().map(|place| suite.label(&suite.cases[*place])).collect();
        let mut known: Vec<u64> = labels.iter().filter_map(|label| self.of(label)).collect();
        known.sort_unstable();
        let middle = known.get(known.len() / 2).copied().unwrap_or(1);
        let mut cases: Vec<(Reverse<u64>, &str, usize)> = labels
            .iter()
            .zip(places)
            .map(|(label, place)| (Reverse(self.of(label).unwrap_or(middle)), label.as_str(), *place))
            .collect();
        cases.sort_unstable();
        // Parts beyond the number of cases stay empty.
        let parts = shard.of.min(cases.len() as u64);
        let mut loads: BinaryHeap<Reverse<(u64, u64)>> = (1..=parts).map(|part| Reverse((0, part))).collect();
        let mut mine = Vec::new();
        for (Reverse(cost), _, place) in cases {
            let Some(Reverse((load, part))) = loads.pop() else { break };
            loads.push(Reverse((load.saturating_add(cost), part)));
            if part == shard.part {
                mine.push(place);
            }
        }
        mine.sort_unstable();
        mine
    }

    /// Returns whether the report has a case of the suite.
    #[must_use]
    pub fn knows_any(&self, suite: &Suite) -> bool {
        suite.cases.iter().any(|case| self.costs.contains_key(&suite.label(case)))
    }
}
