//! The log's record of entries that an administrator removed.

use std::fmt;
use std::str::FromStr;

use super::Place;

/// Entries that were taken away from the beginning of the log, as the entry tells that was written with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pruned {
    /// The number of the first.
    pub first: i64,
    /// The last, by whose hash the log goes on.
    pub last: Place,
    /// The seal of the last; empty if it had none.
    pub seal: String,
    /// Faults among them, when they were taken away: pruning a log does not make it whole.
    pub faults: usize,
}

impl fmt::Display for Pruned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, seal, faults } = self;
        let seal = if seal.is_empty() { "none" } else { seal };
        write!(f, "entries {first} to {}, last hash {}, seal {seal}, faults {faults}", last.number, last.hash)
    }
}

impl FromStr for Pruned {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parse = || {
            let (first, rest) = text.strip_prefix("entries ")?.split_once(" to ")?;
            let (last, rest) = rest.split_once(", last hash ")?;
            let (hash, rest) = rest.split_once(", seal ")?;
            let (seal, faults) = rest.split_once(", faults ")?;
            let last = Place { number: last.parse().ok()?, hash: hash.to_owned() };
            let seal = if seal == "none" { String::new() } else { seal.to_owned() };
            Some(Self { first: first.parse().ok()?, last, seal, faults: faults.parse().ok()? })
        };
        parse().ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_away_is_read_as_it_is_written() {
        for seal in ["", "0a1b$2c3d"] {
            let last = Place { number: 500, hash: "9f".into() };
            let pruned = Pruned { first: 1, last, seal: seal.into(), faults: 2 };
            assert_eq!(pruned.to_string().parse(), Ok(pruned));
        }
        for wrong in ["", "entries 1 to x, last hash 9f, seal none, faults 0", "entries 1 to 5"] {
            assert_eq!(wrong.parse::<Pruned>(), Err(()), "{wrong}");
        }
    }
}
