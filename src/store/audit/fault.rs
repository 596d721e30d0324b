//! The faults of the log.

use std::fmt;

use super::Place;
use super::pruned::Pruned;

/// A fault of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditFault {
    /// Entries are missing.
    Gap {
        /// The number that should have come.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// This entry is not what was appended.
    Edited(i64),
    /// This entry does not continue the one before it: one of the two was replaced.
    Broken(i64),
    /// This entry was not sealed by the keyring: somebody else wrote it.
    Forged(i64),
    /// These entries have no seal, and no entry of the keyring says that they are of a program that gave none.
    Unsealed {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
    },
    /// These entries were sealed by a key that the keyring lacks, and no later seal covers them.
    MissingKeyError {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
        /// The name of the first one's key.
        key: String,
    },
    /// When this entry was written, the log did not end where it was sealed.
    WasBroken {
        /// The number of the entry that says so.
        number: i64,
        /// The text of the entry.
        what: String,
    },
    /// An administrator took entries away among which there were faults.
    PrunedWithFaults {
        /// The number of the entry that says so.
        number: i64,
        /// The record of the pruning.
        pruned: Pruned,
    },
    /// Entries are there that an administrator took away.
    Returned {
        /// The first that is there.
        first: i64,
        /// The last that was taken away.
        last: i64,
    },
    /// The log ends before its sealed end.
    Cut {
        /// The last entry that is there.
        last: i64,
        /// The last that was appended.
        sealed: i64,
    },
    /// There are entries after the sealed end, or before the first number.
    Beyond {
        /// The first of them.
        first: i64,
        /// The last that was appended.
        sealed: i64,
    },
    /// The last entry is not the one that was sealed: the log was written by somebody else.
    NotSealed(i64),
    /// The end was sealed by a key that the keyring does not have, or not by a key.
    SealUnknown,
    /// The log does not have this entry, which it had at another time: an older log was restored, or it was pruned.
    Lacks(Place),
    /// The database has this, which attendant never makes, and which can alter or hide what is written.
    Foreign(String),
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } if *found == expected + 1 => {
                write!(f, "entry {expected} is missing")
            }
            Self::Gap { expected, found } => write!(f, "entries {expected} to {} are missing", found - 1),
            Self::Edited(number) => write!(f, "entry {number} was changed after it was written"),
            Self::Broken(number) => write!(f, "entry {number} does not continue the entry before it"),
            Self::Forged(number) => write!(f, "entry {number} was not sealed by a key of the keyring"),
            Self::Unsealed { first, last } if first == last => write!(f, "entry {first} has no seal"),
            Self::Unsealed { first, last } => write!(f, "entries {first} to {last} have no seal"),
            Self::MissingKeyError { first, last, key } => write!(
                f,
                "entries {first} to {last} were sealed by the key {key}, which the keyring lacks, and no later seal covers them"
            ),
            Self::WasBroken { number, what } => {
                write!(f, "the log was changed by somebody else before entry {number} was written: {what}")
            }
            Self::PrunedWithFaults { pruned: Pruned { first, last, faults, .. }, .. } => {
                write!(
                    f,
                    "among entries {first} to {}, which were pruned, there were {faults} faults",
                    last.number
                )
            }
            Self::Returned { first, last } => {
                write!(f, "entries {first} to {last} were pruned, and are back")
            }
            Self::Cut { last, sealed } => write!(f, "the log ends at entry {last}, its end was {sealed}"),
            Self::Beyond { first, sealed } => {
                write!(
                    f,
                    "entry {first} exists, but attendant never wrote it: the log ends at entry {sealed}"
                )
            }
            Self::NotSealed(number) => write!(f, "entry {number} is not the one with which the log ended"),
            Self::SealUnknown => f.write_str("the end of the log is not sealed by a key of the keyring"),
            Self::Foreign(what) => write!(f, "the database has {what}: it can alter or hide what is written"),
            Self::Lacks(place) => write!(
                f,
                "the log does not have the entry {place}, neither as its own nor as the last that was pruned"
            ),
        }
    }
}

impl AuditFault {
    /// The first entry that it concerns; nothing for one of the log's end.
    pub(super) fn entry(&self) -> Option<i64> {
        match self {
            Self::Gap { expected: number, .. }
            | Self::Edited(number)
            | Self::Broken(number)
            | Self::Forged(number)
            | Self::Unsealed { first: number, .. }
            | Self::MissingKeyError { first: number, .. }
            | Self::WasBroken { number, .. }
            | Self::PrunedWithFaults { number, .. }
            | Self::Returned { first: number, .. } => Some(*number),
            Self::Cut { .. }
            | Self::Beyond { .. }
            | Self::NotSealed(_)
            | Self::SealUnknown
            | Self::Lacks(_)
            | Self::Foreign(_) => None,
        }
    }
}
