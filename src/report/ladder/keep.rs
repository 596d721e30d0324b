//! What a ladder keeps of a long case.

use crate::control::time::Instant;

/// Something with its place in the order of the log, since a press is told of when its last key is up.
pub(super) type Placed<T> = (Instant, usize, T);

/// Keeps so many, and says how many it leaves out: of a case that failed the last stay, else the first.
pub(super) fn keep<T>(placed: Vec<Placed<T>>, most: usize, last: bool) -> (Vec<T>, usize) {
    let fewer = placed.len().saturating_sub(most);
    let skipped = if last { fewer } else { 0 };
    (placed.into_iter().skip(skipped).take(most).map(|(_, _, one)| one).collect(), fewer)
}
