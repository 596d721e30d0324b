//! The audit log: who did what, when and from where, never a PIN.
//!
//! Each entry holds the hash of the one before it and a seal by a key outside the store, and the end of the log has a
//! seal of its own. So an edit, a gap, a cut end and a forged entry show to [`verify`](verify::verify), and anyone who has
//! the store and not the keyring cannot make good again what they changed.
//!
//! What is appended looks first whether the log still ends where it was sealed. If not, somebody else wrote into the
//! store: the log goes on, and its next entry says so for good ([`BROKEN`]).

pub mod fault;
pub mod pruned;
pub mod verify;

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::entropy::hex;
use super::keyring::{Keyring, Signature};

/// The act of the entry that says that the log did not end where it was sealed.
pub const BROKEN: &str = "audit_broken";

/// The act of the entry from which on entries have seals; those before it are of a program that gave none.
pub const SEALED: &str = "audit_sealed";

/// The most bytes of names in one entry, so that it stays a line that people can read: 100 names or so.
const NAMES_BYTES_MAX: usize = 3_000;

/// The act of the entry that says which entries an administrator took away.
pub const PRUNED: &str = "prune_audit";

/// The act of the entry that says that PIN entry was locked after wrong PINs.
pub const LOCKED_OUT: &str = "lock_out";

/// The actor of what happens in calls, without an administrator.
const BRIDGE: &str = "the bridge";

/// The actor of entries that the log writes about itself.
const LOG: &str = "attendant";

/// An entry to be appended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewAudit {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The actor.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// From where: `cli`, `cmdlet`, a scenario, an address.
    pub origin: String,
    /// The act, in one word.
    pub act: String,
    /// The user or object that it concerns.
    pub subject: String,
    /// The details of the request, and its result.
    pub detail: String,
}

impl NewAudit {
    /// Creates an entry of the log about itself.
    fn of_the_log(at: i64, act: &str, detail: String) -> Self {
        let (actor, act) = (LOG.to_owned(), act.to_owned());
        Self { at, actor, act, subject: "audit".to_owned(), detail, ..Self::default() }
    }
}

impl NewAudit {
    /// The entry that a caller's wrong PIN locked this organizer's PIN entry, and for how long. No digit is in it.
    pub(super) fn locked_out(at: i64, organizer: &str, how: String) -> Self {
        Self {
            at,
            actor: BRIDGE.to_owned(),
            role: "bridge".to_owned(),
            origin: "call".to_owned(),
            act: LOCKED_OUT.to_owned(),
            subject: organizer.to_owned(),
            detail: how,
        }
    }

    /// The entries of an import, of which this is the first without the names of those who were added: as many entries as
    /// the names need, each no longer than [`NAMES_BYTES_MAX`] allows.
    pub(super) fn naming(self, added: &[&str]) -> Vec<Self> {
        let mut lists: Vec<String> = Vec::new();
        for name in added.iter().copied() {
            match lists.last_mut().filter(|list| list.len() + name.len() < NAMES_BYTES_MAX) {
                Some(list) => {
                    list.push_str(", ");
                    list.push_str(name);
                }
                None => lists.push(name.to_owned()),
            }
        }
        if lists.is_empty() {
            return vec![Self { detail: format!("{}: nobody was added", self.detail), ..self }];
        }
        let named =
            |names: String| Self { detail: format!("{}: added {names}", self.detail), ..self.clone() };
        lists.into_iter().map(named).collect()
    }
}

/// An entry of the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditEntry {
    /// Its number, from 1 without a gap.
    pub number: i64,
    /// The appended entry.
    pub entry: NewAudit,
    /// The hash of the entry before it.
    pub previous: String,
    /// The hash of all of the above.
    pub hash: String,
    /// The keyring's seal over number and hash; empty in an entry of a program that gave none.
    pub seal: String,
}

impl AuditEntry {
    fn new(place: Place, entry: NewAudit, keyring: &Keyring) -> Result<Self, StoreError> {
        let Place { number, hash: previous } = place;
        let number = number.checked_add(1).ok_or_else(no_number_left)?;
        let mut appended = Self { number, entry, previous, hash: String::new(), seal: String::new() };
        appended.hash = appended.computed_hash();
        appended.seal = keyring.sign(&appended.sealed_text());
        Ok(appended)
    }

    /// The entry by its number and hash: the next goes on from there.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { number: self.number, hash: self.hash.clone() }
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

    /// Other words than those of the end: the seal of an entry is not that of a log which ends with it.
    fn sealed_text(&self) -> String {
        format!("audit entry {} {}", self.number, self.hash)
    }
}

/// An entry by its number and hash; before the first it is 0 and empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// The entry's number.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not an entry; expected NUMBER:HASH, as `attendant audit verify` prints it")
        };
        let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        Ok(Self { number, hash: hash.to_owned() })
    }
}

/// The end of the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditHead {
    /// The last entry's number; 0 if there is none.
    pub number: i64,
    /// The last entry's hash.
    pub hash: String,
    /// The keyring's seal over both; empty only in a store that nobody has opened yet.
    pub seal: String,
}

impl AuditHead {
    /// The sealed end of a log that ends here.
    #[must_use]
    pub fn sealed(place: Place, keyring: &Keyring) -> Self {
        let Place { number, hash } = place;
        let seal = keyring.sign(&Self::sealed_text(number, &hash));
        Self { number, hash, seal }
    }

    /// Returns the validity of the seal.
    fn signature(&self, keyring: &Keyring) -> Signature {
        keyring.signature(&Self::sealed_text(self.number, &self.hash), &self.seal)
    }

    fn sealed_text(number: i64, hash: &str) -> String {
        format!("audit end {number} {hash}")
    }

    /// Returns whether a program sealed it that gave no seals to entries.
    fn is_of_an_earlier_program(&self, keyring: &Keyring) -> bool {
        keyring.signed(&format!("audit {} {}", self.number, self.hash), &self.seal)
    }

    pub(super) fn place(&self) -> Place {
        Place { number: self.number, hash: self.hash.clone() }
    }
}

/// The end of the log as a store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// Where it was sealed.
    pub head: AuditHead,
    /// The last entry that is there; nothing if there is none.
    pub last: Option<Place>,
    /// Where this process knows that the log once ended, from what it appended itself.
    pub known: Option<Place>,
}

/// Why the log does not end where it was sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Break {
    Seal(i64),
    SealUnknown(String),
    LastEntry { found: i64, sealed: i64 },
    Older { found: i64, known: i64 },
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal(number) => write!(f, "the end at {number} was not sealed by the keyring"),
            Self::SealUnknown(key) => {
                write!(f, "the end was sealed by the key {key}, which the keyring lacks")
            }
            Self::LastEntry { found, sealed } if found == sealed => {
                write!(f, "the last entry, {found}, is not the one that was sealed")
            }
            Self::LastEntry { found, sealed } => {
                write!(f, "the last entry was {found}, the sealed end {sealed}")
            }
            Self::Older { found, known } => {
                write!(
                    f,
                    "the end was {found}, and had been {known} in this process: an older log was restored"
                )
            }
        }
    }
}

impl Found {
    /// Returns the fault of the entry, if any.
    fn broken(&self, keyring: &Keyring) -> Option<Break> {
        let (head, last) = (self.head.place(), self.last.clone().unwrap_or_default());
        match self.head.signature(keyring) {
            Signature::Right => {}
            Signature::Wrong => return Some(Break::Seal(head.number)),
            Signature::Unknown(missing) => return Some(Break::SealUnknown(missing.0)),
        }
        if last != head {
            return Some(Break::LastEntry { found: last.number, sealed: head.number });
        }
        let known = self.known.as_ref()?;
        let older = known.number > head.number || (known.number == head.number && *known != head);
        older.then_some(Break::Older { found: head.number, known: known.number })
    }

    /// The entries as they are appended here, and the end after them. Where the log does not end as it was sealed, an
    /// entry comes first that says so; no number is given twice that is known to have been given.
    ///
    /// # Errors
    /// Somebody else wrote an entry whose number leaves none after it.
    pub fn append(
        &self,
        entries: Vec<NewAudit>,
        keyring: &Keyring,
    ) -> Result<(Vec<AuditEntry>, AuditHead), StoreError> {
        let mut end = self.last.clone().unwrap_or_default();
        let mut new = Vec::with_capacity(entries.len() + 1);
        if let Some(broken) = self.broken(keyring) {
            tracing::error!(target: "attendant::audit", %broken, "the audit log was changed by somebody else; `attendant audit verify` tells more");
            let sealed = matches!(broken, Break::LastEntry { .. } | Break::Older { .. });
            let head = if sealed { self.head.number } else { 0 };
            let known = self.known.as_ref().map_or(0, |known| known.number);
            end.number = end.number.max(head).max(known);
            let at = entries.first().map_or(0, |entry| entry.at);
            new.push(NewAudit::of_the_log(at, BROKEN, broken.to_string()));
        }
        new.extend(entries);
        let mut appended = Vec::with_capacity(new.len());
        for entry in new {
            let entry = AuditEntry::new(end, entry, keyring)?;
            end = entry.place();
            appended.push(entry);
        }
        Ok((appended, AuditHead::sealed(end, keyring)))
    }

    /// The same for a log of a program that gave no seals to entries: the first entry with one says where they begin.
    /// Nothing where the log is not such a one, or did not end where that program sealed it.
    pub(super) fn begin_seals(
        &self,
        at: i64,
        keyring: &Keyring,
    ) -> Option<Result<(AuditEntry, AuditHead), StoreError>> {
        let last = self.last.clone()?;
        if last != self.head.place() || !self.head.is_of_an_earlier_program(keyring) {
            return None;
        }
        let detail = format!(
            "entries 1 to {} are of a program that sealed the end only, hash {}",
            last.number, last.hash
        );
        let entry = AuditEntry::new(last, NewAudit::of_the_log(at, SEALED, detail), keyring);
        Some(entry.map(|entry| {
            let head = AuditHead::sealed(entry.place(), keyring);
            (entry, head)
        }))
    }
}

fn no_number_left() -> StoreError {
    StoreError::Unavailable(
        "the audit log has an entry with a number that attendant never assigns".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(names: &[&str]) -> Vec<String> {
        let pattern = NewAudit { detail: "lines 2 to 9 of a file".into(), ..NewAudit::default() };
        pattern.naming(names).into_iter().map(|entry| entry.detail).collect()
    }

    #[test]
    fn an_import_names_everybody_in_entries_of_bounded_length() {
        assert_eq!(import(&[]), ["lines 2 to 9 of a file: nobody was added"]);
        assert_eq!(import(&["a@b.c", "d@e.f"]), ["lines 2 to 9 of a file: added a@b.c, d@e.f"]);
        let names: Vec<String> = (0..1_000).map(|number| format!("user.{number}@contoso.com")).collect();
        let details = import(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(details.len() > 1 && details.iter().all(|detail| detail.len() < NAMES_BYTES_MAX + 100));
        let named = details.iter().flat_map(|detail| detail.rsplit("added ").next().unwrap().split(", "));
        assert_eq!(named.collect::<Vec<_>>(), names);
    }
}
