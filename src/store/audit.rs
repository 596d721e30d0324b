//! The audit log: who did what, when and from where, never a PIN. Each entry holds the hash of the one before it, and
//! the end is sealed with a key outside the store, so that an edit, a gap and a cut end show.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::entropy::hex;
use super::keyring::Keyring;

/// The hash before the first entry.
pub const NO_HASH: &str = "";

/// An entry to be appended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewAudit {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// From where: `cli`, `cmdlet`, a scenario, an address.
    pub origin: String,
    /// What was asked for, in one word.
    pub act: String,
    /// Whom or what it concerns.
    pub subject: String,
    /// What was asked in detail, and what became of it.
    pub detail: String,
}

/// An entry of the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditEntry {
    /// Its number, from 1 without a gap.
    pub number: i64,
    /// What was appended.
    pub entry: NewAudit,
    /// The hash of the entry before it.
    pub previous: String,
    /// The hash of all of the above.
    pub hash: String,
}

impl AuditEntry {
    /// The entry after this head.
    #[must_use]
    pub fn after(head: &AuditHead, entry: NewAudit) -> Self {
        let mut appended =
            Self { number: head.number + 1, entry, previous: head.hash.clone(), hash: String::new() };
        appended.hash = appended.computed_hash();
        appended
    }

    /// SHA-256 over every field with its length before it, so that no two entries give the same bytes.
    fn computed_hash(&self) -> String {
        let NewAudit { at, actor, role, origin, act, subject, detail } = &self.entry;
        let (number, at) = (self.number.to_string(), at.to_string());
        let mut hash = Sha256::new();
        for field in [&number, &at, actor, role, origin, act, subject, detail, &self.previous] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex(&hash.finalize())
    }
}

/// The end of the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditHead {
    /// The last entry's number; 0 if there is none.
    pub number: i64,
    /// The last entry's hash.
    pub hash: String,
    /// The keyring's seal over both; empty only before the first entry.
    pub seal: String,
}

impl AuditHead {
    /// The head after this entry.
    #[must_use]
    pub fn at(entry: &AuditEntry, keyring: &Keyring) -> Self {
        let seal = keyring.sign(&sealed_text(entry.number, &entry.hash));
        Self { number: entry.number, hash: entry.hash.clone(), seal }
    }
}

fn sealed_text(number: i64, hash: &str) -> String {
    format!("audit {number} {hash}")
}

/// Checks entries in their order, and the head after them.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    number: i64,
    hash: String,
}

/// What is wrong with the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditFault {
    /// Entries are missing before this number.
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
    /// The log ends before its sealed end.
    Cut {
        /// The last entry that is there.
        last: i64,
        /// The last that was appended.
        sealed: i64,
    },
    /// The last entry is not the one that was sealed: the log was written anew.
    NotSealed(i64),
    /// The end was sealed by a key that the keyring does not have, or not by a key.
    SealUnknown,
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } if *found == expected + 1 => {
                write!(f, "entry {expected} is missing")
            }
            Self::Gap { expected, found } => write!(f, "entries {expected} to {} are missing", found - 1),
            Self::Edited(number) => write!(f, "entry {number} is not what was written"),
            Self::Broken(number) => write!(f, "entry {number} does not continue the entry before it"),
            Self::Cut { last, sealed } => write!(f, "the log ends at entry {last}, its end was {sealed}"),
            Self::NotSealed(number) => write!(f, "entry {number} is not the one with which the log ended"),
            Self::SealUnknown => f.write_str("the end of the log is not sealed by a key of the keyring"),
        }
    }
}

impl Verifier {
    /// Takes the next entry.
    pub fn take(&mut self, entry: &AuditEntry) -> Option<AuditFault> {
        let expected = self.number + 1;
        let continues = entry.previous == self.hash;
        self.number = entry.number;
        self.hash.clone_from(&entry.hash);
        if entry.number != expected {
            Some(AuditFault::Gap { expected, found: entry.number })
        } else if entry.computed_hash() != entry.hash {
            Some(AuditFault::Edited(entry.number))
        } else if !continues {
            Some(AuditFault::Broken(entry.number))
        } else {
            None
        }
    }

    /// After the last entry: whether the log ends where it was sealed.
    #[must_use]
    pub fn end(&self, head: &AuditHead, keyring: &Keyring) -> Option<AuditFault> {
        let empty = AuditHead::default();
        if *head == empty && self.number == 0 {
            return None;
        }
        if !keyring.signed(&sealed_text(head.number, &head.hash), &head.seal) {
            return Some(AuditFault::SealUnknown);
        }
        if self.number < head.number {
            return Some(AuditFault::Cut { last: self.number, sealed: head.number });
        }
        (self.number != head.number || self.hash != head.hash).then_some(AuditFault::NotSealed(self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(length: i64) -> (Vec<AuditEntry>, AuditHead, Keyring) {
        let keyring = Keyring::of_one_key();
        let mut head = AuditHead::default();
        let entries = (0..length).map(|at| {
            let new = NewAudit { at, actor: "kim".into(), act: "reset_pin".into(), ..NewAudit::default() };
            let entry = AuditEntry::after(&head, new);
            head = AuditHead::at(&entry, &keyring);
            entry
        });
        (entries.collect(), head, keyring)
    }

    fn faults(entries: &[AuditEntry], head: &AuditHead, keyring: &Keyring) -> Vec<AuditFault> {
        let mut verifier = Verifier::default();
        let mut faults: Vec<_> = entries.iter().filter_map(|entry| verifier.take(entry)).collect();
        faults.extend(verifier.end(head, keyring));
        faults
    }

    #[test]
    fn a_log_that_nobody_touched_has_no_fault() {
        for length in [0, 1, 7] {
            let (entries, head, keyring) = log(length);
            assert_eq!(faults(&entries, &head, &keyring), []);
        }
    }

    #[test]
    fn a_gap_an_edit_and_a_cut_end_are_found() {
        let (entries, head, keyring) = log(6);
        let mut gap = entries.clone();
        gap.drain(2..4);
        let found = faults(&gap, &head, &keyring);
        assert_eq!(found, [AuditFault::Gap { expected: 3, found: 5 }]);
        assert_eq!(found[0].to_string(), "entries 3 to 4 are missing");

        let mut edited = entries.clone();
        edited[3].entry.actor = "pat".into();
        assert_eq!(faults(&edited, &head, &keyring), [AuditFault::Edited(4)]);
        edited[3].hash = edited[3].computed_hash();
        assert_eq!(faults(&edited, &head, &keyring), [AuditFault::Broken(5)]);

        assert_eq!(faults(&entries[..5], &head, &keyring), [AuditFault::Cut { last: 5, sealed: 6 }]);
        assert_eq!(faults(&[], &AuditHead::default(), &keyring), []);
        assert_eq!(faults(&entries, &AuditHead::default(), &keyring), [AuditFault::SealUnknown]);
    }

    #[test]
    fn a_log_that_is_written_anew_is_not_the_one_that_was_sealed() {
        let (_, head, keyring) = log(3);
        let mut fresh = AuditHead::default();
        let mut anew = Vec::new();
        for _ in 0..3 {
            let entry = AuditEntry::after(&fresh, NewAudit { actor: "pat".into(), ..NewAudit::default() });
            fresh = AuditHead::at(&entry, &Keyring::of_one_key());
            anew.push(entry);
        }
        assert_eq!(faults(&anew, &head, &keyring), [AuditFault::NotSealed(3)]);
        assert_eq!(faults(&anew, &fresh, &keyring), [AuditFault::SealUnknown], "sealed by another's key");
    }
}
