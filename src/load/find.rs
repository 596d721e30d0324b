//! Searches the highest value of a parameter with which a run holds, in few runs: it doubles until one does not, and
//! then halves the gap.

/// Values as close as this count as one, in hundredths: runs themselves differ as much.
const CLOSE_ENOUGH: u64 = 10;

/// A search between two values, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    from: u64,
    to: u64,
    /// The highest with which a run held.
    holds: Option<u64>,
    /// The lowest with which it did not.
    fails: Option<u64>,
}

impl Search {
    /// Searches between these values; `None` if there is nothing between them, or the lower one is 0.
    #[must_use]
    pub fn between(from: u64, to: u64) -> Option<Self> {
        (from > 0 && from <= to).then_some(Self { from, to, holds: None, fails: None })
    }

    /// The value to be tried next; `None` once the answer is known.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        match (self.holds, self.fails) {
            (None, None) => Some(self.from),
            (None, Some(_)) => None,
            (Some(holds), None) => (holds < self.to).then(|| holds.saturating_mul(2).min(self.to)),
            (Some(holds), Some(fails)) => {
                let close = fails - holds <= (holds.saturating_mul(CLOSE_ENOUGH) / 100).max(1);
                (!close).then(|| holds + (fails - holds) / 2)
            }
        }
    }

    /// Records whether the run with the tried value met its thresholds.
    pub fn tell(&mut self, value: u64, holds: bool) {
        if holds {
            self.holds = self.holds.max(Some(value));
        } else {
            self.fails = Some(self.fails.map_or(value, |fails| fails.min(value)));
        }
    }

    /// The highest value with which a run held.
    #[must_use]
    pub fn ceiling(&self) -> Option<u64> {
        self.holds
    }

    /// The lowest value with which a run did not hold.
    #[must_use]
    pub fn fails(&self) -> Option<u64> {
        self.fails
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn search(from: u64, to: u64, ceiling: u64) -> (Option<u64>, usize) {
        let (mut search, mut runs) = (Search::between(from, to).unwrap(), 0);
        while let Some(value) = search.next() {
            search.tell(value, value <= ceiling);
            runs += 1;
        }
        (search.ceiling(), runs)
    }

    #[test]
    fn nothing_holds_where_the_lowest_value_does_not() {
        assert_eq!(search(10, 1_000, 9), (None, 1));
    }

    #[test]
    fn the_highest_value_is_the_ceiling_where_all_hold() {
        assert_eq!(search(10, 1_000, 5_000), (Some(1_000), 8));
    }

    #[test]
    fn there_is_nothing_to_search_in_an_empty_range() {
        assert_eq!((Search::between(0, 5), Search::between(6, 5)), (None, None));
        assert_eq!(search(7, 7, 7), (Some(7), 1));
    }

    proptest! {
        #[test]
        fn the_ceiling_is_found_to_a_tenth_in_few_runs(ceiling in 10_u64..1_000_000) {
            let (found, runs) = search(10, 1_000_000, ceiling);
            let found = found.unwrap();
            prop_assert!(found <= ceiling && ceiling - found <= (found / 10).max(1));
            prop_assert!(runs <= 25, "{}", runs);
        }
    }
}
