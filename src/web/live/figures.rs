//! The figures of the last minutes, second by second, and latencies since the start.

use std::collections::VecDeque;

use crate::load::figures::ByMetric;
use crate::load::tally::{Counts, TallyDelta};

/// Seconds that are kept: five minutes, as wide as a wall.
const SECONDS_MAX: usize = 300;

/// One second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Second {
    /// Calls that are up.
    pub(crate) calls: u64,
    /// Callers in lobbies.
    pub(crate) lobby: u64,
    /// Callers in meetings.
    pub(crate) joined: u64,
    /// Meetings with somebody in them.
    pub(crate) meetings: u64,
    /// Calls that were answered in this second.
    pub(crate) answered: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) counts: Counts,
    pub(crate) latencies: ByMetric,
    pub(crate) seconds: VecDeque<Second>,
}

impl Figures {
    /// Closes a second.
    pub(crate) fn second(&mut self, counts: Counts, news: &TallyDelta, meetings: usize) {
        self.latencies.merge(&news.latencies);
        if self.seconds.len() == SECONDS_MAX {
            self.seconds.pop_front();
        }
        self.seconds.push_back(Second {
            calls: counts.called.saturating_sub(counts.finished),
            lobby: counts.lobby,
            joined: counts.joined,
            meetings: meetings as u64,
            answered: counts.answered.saturating_sub(self.counts.answered),
        });
        self.counts = counts;
    }

    /// The last second.
    pub(crate) fn last(&self) -> Second {
        self.seconds.back().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_tell_what_is_and_what_was_new() {
        let mut figures = Figures::default();
        let counts = |called| Counts { called, answered: called, finished: 2, lobby: 3, ..Counts::default() };
        figures.second(counts(5), &TallyDelta::default(), 1);
        figures.second(counts(9), &TallyDelta::default(), 1);
        let expected = Second { calls: 7, lobby: 3, joined: 0, meetings: 1, answered: 4 };
        assert_eq!(figures.last(), expected);
        (0..SECONDS_MAX).for_each(|_| figures.second(counts(9), &TallyDelta::default(), 0));
        assert_eq!((figures.seconds.len(), figures.last().answered), (SECONDS_MAX, 0));
    }
}
