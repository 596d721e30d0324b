//! Selects the cases of a suite to play.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Case, CaseTimes, Suite, TagExpression};

/// A selection of cases; an empty one selects all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// One of these must be part of the name or of the file's path.
    pub filters: Vec<String>,
    /// One of these must apply to its tags.
    pub tags: Vec<TagExpression>,
    /// It must be one of these, as [`Suite::label`] calls them.
    pub names: Option<BTreeSet<String>>,
    /// Its file must be one of these: places in [`Suite::files`].
    pub files: Option<BTreeSet<usize>>,
    /// It must belong to this part.
    pub shard: Option<Shard>,
    /// By which the parts take equally long; without it, the hash of the name decides.
    pub times: Option<CaseTimes>,
}

impl Selection {
    /// The places of the selected cases in [`Suite::cases`].
    #[must_use]
    pub fn of(&self, suite: &Suite) -> Vec<usize> {
        let all = 0..suite.cases.len();
        let taken: Vec<usize> = all.filter(|&place| self.takes(suite, &suite.cases[place])).collect();
        match (self.shard, &self.times) {
            (None, _) => taken,
            (Some(shard), Some(times)) => times.part(shard, suite, &taken),
            (Some(shard), None) => {
                taken.into_iter().filter(|place| shard.has(&suite.cases[*place].story.name)).collect()
            }
        }
    }

    fn takes(&self, suite: &Suite, case: &Case) -> bool {
        let (name, path) = (&case.story.name, &suite.file_of(case).path);
        let any_or_none =
            |wanted: &[String], is: &dyn Fn(&String) -> bool| wanted.is_empty() || wanted.iter().any(is);
        any_or_none(&self.filters, &|part| name.contains(part) || path.contains(part))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| tag.applies_to(&case.story.tags)))
            && self.names.as_ref().is_none_or(|names| names.contains(&suite.label(case)))
            && self.files.as_ref().is_none_or(|files| files.contains(&case.file))
    }
}

/// One part of a suite that is split into several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// The number of the shard, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// Returns whether a case of this name belongs to the part.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        stable_hash(name) % self.of == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a shard: write 2/5 for the second of five");
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        let (part, of) = (part.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        if part == 0 || part > of { Err(wrong()) } else { Ok(Self { part, of }) }
    }
}

/// FNV-1a, because machines that share a suite must agree, and the standard library's hashers may change.
fn stable_hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(stable_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable_hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_name_belongs_to_exactly_one_part() {
        for name in ["", "one", "two", "Callers wait"] {
            let parts = (1..=5).filter(|part| Shard { part: *part, of: 5 }.has(name)).count();
            assert_eq!(parts, 1, "{name}");
        }
    }

    #[test]
    fn a_part_of_no_whole_is_refused() {
        for text in ["0/5", "6/5", "1", "1/0", "a/b", "1/2/3", "-1/5"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("2/5".parse(), Ok(Shard { part: 2, of: 5 }));
    }
}
