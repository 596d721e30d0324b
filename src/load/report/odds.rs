//! The meaning of the observed rate of guesses for PINs of each length.

use crate::load::run::Run;

/// The odds of guessing a PIN.
#[derive(Clone, Copy, Debug)]
pub(super) struct Odds {
    /// Digits of the PIN.
    pub(super) digits: u32,
    /// From 0 to 1.
    pub(super) in_a_day: f64,
    /// From 0 to 1.
    pub(super) in_a_year: f64,
}

/// PINs that the directory compares in a day at the pace of this run, and the odds that one of so many different ones
/// is right, if no administrator unlocks PIN entry; `None` if nobody guessed.
pub(super) fn odds(run: &Run) -> Option<(f64, [Odds; 5])> {
    let tried = run.totals.refused_pins > 0 && run.totals.lockouts > 0;
    if !tried || run.totals.took <= 0.0 {
        return None;
    }
    let in_a_day = run.totals.wrong_pins as f64 * 86_400.0 / run.totals.took;
    let of = |digits: u32| {
        let all = 10_f64.powi(digits.cast_signed());
        let most = f64::from(run.totals.wrong_pins_in_all[(digits.clamp(4, 6) - 4) as usize]);
        let after = |days: f64| (days * in_a_day).min(most).min(all) / all;
        Odds { digits, in_a_day: after(1.0), in_a_year: after(365.0) }
    };
    Some((in_a_day, [4, 5, 6, 8, 12].map(of)))
}
