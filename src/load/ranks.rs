//! Between which of the ordered measurements a percentile lies: exact ranks of the binomial distribution.
//!
//! Of `count` independent measurements, the number that do not exceed the true percentile is binomially distributed,
//! whatever the measurements' own distribution is. So the percentile lies between two of them, the ranks of which come
//! from that distribution alone (Hahn and Meeker, *Statistical Intervals*, 5.2). Where even the largest measurement may
//! lie below the percentile, there is no upper rank.

use std::ops::ControlFlow;

/// The most measurements for which ranks are given. The sums are over some 20 standard deviations, 50,000 of which are
/// far less than a second; a count beyond it is not one of a run.
const COUNT_MAX: u64 = 10_000_000_000;

/// A term this small, compared with the largest, adds nothing to a sum in floating point.
const NOTHING: f64 = 1e-20;

/// The ranks between which a percentile lies, from 1; `None` where there is no bound on that side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// The percentile is not below the measurement of this rank.
    pub lower: Option<u64>,
    /// The percentile is not above the measurement of this rank.
    pub upper: Option<u64>,
}

impl Ranks {
    /// Returns the ranks between which the percentile `part`, in hundredths of a percent, lies with the confidence
    /// `confidence`, from 0 to 1. Each side is wrong with at most half of what is left to 1.
    #[must_use]
    pub fn of(count: u64, part: u16, confidence: f64) -> Self {
        if !(1..=COUNT_MAX).contains(&count) {
            return Self { lower: None, upper: None };
        }
        let terms = Terms::new(count, part);
        let (below, above) = (terms.sum_down(), terms.sum_up());
        let tail = (1.0 - confidence) / 2.0 * (below + above);

        // The chance that fewer than `lower` do not exceed the percentile shrinks with each term taken away.
        let (mut lower, mut chance) = (terms.mode + 1, below);
        terms.down(|term| {
            if chance <= tail {
                return ControlFlow::Break(());
            }
            chance -= term;
            lower -= 1;
            ControlFlow::Continue(())
        });
        // The chance that `upper` or more do not exceed it, likewise.
        let (mut upper, mut chance) = (terms.mode + 1, above);
        terms.up(|term| {
            if chance <= tail {
                return ControlFlow::Break(());
            }
            chance -= term;
            upper += 1;
            ControlFlow::Continue(())
        });
        Self { lower: (lower > 0).then_some(lower), upper: (upper <= count).then_some(upper) }
    }
}

/// Returns how many measurements it takes until the percentile `part`, in hundredths of a percent, has both bounds.
#[must_use]
pub fn needed(part: u16, confidence: f64) -> u64 {
    let tail = (1.0 - confidence) / 2.0;
    let share = f64::from(part) / 10_000.0;
    // Even the largest lies below the percentile with the chance share^count, and even the smallest above it likewise.
    (tail.ln() / share.max(1.0 - share).ln()).ceil() as u64
}

/// The terms of a binomial distribution as multiples of its largest, which no factorial makes overflow.
struct Terms {
    count: u64,
    /// Where the largest term is.
    mode: u64,
    /// The chance of one measurement not to exceed the percentile, divided by that to exceed it.
    odds: f64,
}

impl Terms {
    fn new(count: u64, part: u16) -> Self {
        let share = u128::from(part.min(10_000));
        let mode = (u128::from(count) + 1) * share / 10_000;
        let mode = u64::try_from(mode).unwrap_or(count).min(count);
        Self { count, mode, odds: share as f64 / (10_000 - share) as f64 }
    }

    /// The terms at the mode and below, from there down, as long as they are anything.
    fn down(&self, mut take: impl FnMut(f64) -> ControlFlow<()>) {
        let (mut at, mut term) = (self.mode, 1.0);
        while term > NOTHING && take(term).is_continue() && at > 0 {
            term *= at as f64 / (self.count - at + 1) as f64 / self.odds;
            at -= 1;
        }
    }

    /// The terms above the mode, from there up.
    fn up(&self, mut take: impl FnMut(f64) -> ControlFlow<()>) {
        let (mut at, mut term) = (self.mode, 1.0);
        while at < self.count {
            term *= (self.count - at) as f64 / (at + 1) as f64 * self.odds;
            at += 1;
            if term <= NOTHING || take(term).is_break() {
                return;
            }
        }
    }

    fn sum_down(&self) -> f64 {
        let mut sum = 0.0;
        self.down(|term| {
            sum += term;
            ControlFlow::Continue(())
        });
        sum
    }

    fn sum_up(&self) -> f64 {
        let mut sum = 0.0;
        self.up(|term| {
            sum += term;
            ControlFlow::Continue(())
        });
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(count: u64, part: u16) -> (Option<u64>, Option<u64>) {
        let Ranks { lower, upper } = Ranks::of(count, part, 0.95);
        (lower, upper)
    }

    /// Sums of the terms as they are defined, for small counts.
    fn chance_of_at_most(most: u64, count: u64, share: f64) -> f64 {
        let term = |of: u64| {
            let ways: f64 = (1..=of).map(|at| (count - of + at) as f64 / at as f64).product();
            ways * share.powi(of as i32) * (1.0 - share).powi((count - of) as i32)
        };
        (0..=most).map(term).sum()
    }

    /// Known from tables of confidence limits for the median and for percentiles.
    #[test]
    fn ranks_are_those_of_the_tables() {
        assert_eq!(ranks(30, 5_000), (Some(10), Some(21)));
        assert_eq!(ranks(100, 5_000), (Some(40), Some(61)));
        assert_eq!(ranks(100, 9_000), (Some(84), Some(96)));
    }

    #[test]
    fn too_few_measurements_have_no_upper_bound() {
        assert_eq!(ranks(30, 9_900), (Some(28), None));
        assert_eq!(ranks(0, 5_000), (None, None));
        assert_eq!(ranks(3, 5_000), (None, None));
        assert_eq!(ranks(COUNT_MAX + 1, 5_000), (None, None));
    }

    #[test]
    fn both_bounds_begin_where_enough_was_measured() {
        for (part, count) in [(100, 368), (5_000, 6), (9_000, 36), (9_900, 368), (9_990, 3_688)] {
            assert_eq!(needed(part, 0.95), count, "{part}");
            let (few, enough) = (ranks(count - 1, part), ranks(count, part));
            assert!(few.0.is_none() || few.1.is_none(), "{part}: {few:?}");
            assert!(enough.0.is_some() && enough.1.is_some(), "{part}: {enough:?}");
        }
    }

    #[test]
    fn very_many_measurements_take_no_time_and_stay_in_order() {
        let (lower, upper) = ranks(COUNT_MAX, 5_000);
        // 1.96 standard deviations of 50,000 on each side.
        assert!(lower.unwrap().abs_diff(COUNT_MAX / 2 - 97_998) < 5, "{lower:?}");
        assert!(upper.unwrap().abs_diff(COUNT_MAX / 2 + 97_999) < 5, "{upper:?}");
    }

    proptest! {
        #[test]
        fn ranks_are_the_closest_that_keep_the_confidence(count in 1_u64..200, part in 1_u16..10_000) {
            let share = f64::from(part) / 10_000.0;
            let at_most = |most| chance_of_at_most(most, count, share);
            let (lower, upper) = ranks(count, part);
            let lower = lower.unwrap_or(0);
            prop_assert!(lower == 0 || at_most(lower - 1) <= 0.025 + 1e-9);
            prop_assert!(lower == count || at_most(lower) > 0.025 - 1e-9);
            let upper = upper.unwrap_or(count + 1);
            prop_assert!(upper > count || 1.0 - at_most(upper - 1) <= 0.025 + 1e-9);
            prop_assert!(upper == 0 || 1.0 - at_most(upper.saturating_sub(2)) > 0.025 - 1e-9 || upper == 1);
        }
    }
}
