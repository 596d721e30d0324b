//! How often a case fails with other seeds, and how sure that is.

/// The square of 1.96, the quantile of the normal distribution for 95 %, in ten thousandths.
const Z_SQUARED: u128 = 38_415;

/// The scale of [`Z_SQUARED`].
const SCALE: u128 = 10_000;

/// From so many tries on, tenths of a percent are told.
const TENTHS_FROM: usize = 1_000;

/// Returns in words how many of so many tries failed, with Wilson's interval for 95 %: `37 of 300 seeds fail, 12 %, 95 %
/// between 9 and 17 %`. It is computed in whole numbers, so that every machine tells the same.
#[must_use]
pub fn rate_of_seeds(failed: usize, tried: usize) -> String {
    let (low, high) = wilson(failed as u128, tried as u128);
    let share = (failed as u128 * 1_000 + tried as u128 / 2) / (tried as u128).max(1);
    let (share, low, high) = if tried < TENTHS_FROM {
        // The interval is rounded outwards.
        let whole = |permille: u128| permille.to_string();
        (whole((share + 5) / 10), whole(low / 10), whole(high.div_ceil(10)))
    } else {
        let tenths = |permille: u128| format!("{}.{}", permille / 10, permille % 10);
        (tenths(share), tenths(low), tenths(high))
    };
    format!("{failed} of {tried} seeds fail, {share} %, 95 % between {low} and {high} %")
}

/// Wilson's score interval in thousandths, rounded outwards: E. B. Wilson, Journal of the American Statistical Association 22
/// (1927), 209–212.
fn wilson(failed: u128, tried: u128) -> (u128, u128) {
    if tried == 0 {
        return (0, 1_000);
    }
    let passed = tried - failed;
    // z·√(k(n−k)/n + z²/4), in the scale.
    let squared = Z_SQUARED * (4 * failed * passed * SCALE + Z_SQUARED * tried) / (4 * tried);
    let spread = squared.isqrt();
    let middle = failed * SCALE + Z_SQUARED / 2;
    let whole = tried * SCALE + Z_SQUARED;
    let low = middle.saturating_sub(spread + 1) * 1_000 / whole;
    let high = ((middle + spread + 1) * 1_000).div_ceil(whole);
    (low, high.min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        for (failed, tried, told) in [
            (37, 300, "37 of 300 seeds fail, 12 %, 95 % between 9 and 17 %"),
            (50, 50, "50 of 50 seeds fail, 100 %, 95 % between 92 and 100 %"),
            (1, 10, "1 of 10 seeds fail, 10 %, 95 % between 1 and 41 %"),
            (3, 2_000, "3 of 2000 seeds fail, 0.2 %, 95 % between 0.0 and 0.5 %"),
            (1, 1, "1 of 1 seeds fail, 100 %, 95 % between 20 and 100 %"),
        ] {
            assert_eq!(rate_of_seeds(failed, tried), told);
        }
        assert_eq!(wilson(0, 0), (0, 1_000));
        assert_eq!(wilson(1_000_000, 1_000_000).1, 1_000);
    }
}
