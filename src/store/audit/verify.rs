//! Verifies that the log is unchanged.

use super::super::keyring::{Keyring, Signature};
use super::super::{Directory, StoreError};
use super::fault::AuditFault;
use super::pruned::Pruned;
use super::{AuditEntry, AuditHead, BROKEN, NewAudit, PRUNED, Place, SEALED};

/// Entries that are loaded at once.
const PAGE: u32 = 1_000;

/// Maximum number of times that the log is read again because it changed at its beginning and its end meanwhile.
const TRIES_MAX: u32 = 3;

/// Faults that are told one by one; more are counted. Anyone who writes into a store can make as many as they like.
const FAULTS_TOLD: usize = 1_000;

/// The result of a verification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Entries that were looked at.
    pub entries: usize,
    /// The faults, in order; at most a thousand.
    pub faults: Vec<AuditFault>,
    /// How many faults there are.
    pub faulty: usize,
    /// The last entry.
    pub last: Place,
    /// The last removal by an administrator, if any.
    pub pruned: Option<Pruned>,
}

impl Verified {
    /// Returns the number of faults of entries up to this one, including those that are not listed.
    #[must_use]
    pub fn faults_up_to(&self, number: i64) -> usize {
        let concerns = |fault: &&AuditFault| fault.entry().is_some_and(|entry| entry <= number);
        self.faulty - self.faults.len() + self.faults.iter().filter(concerns).count()
    }

    fn found(&mut self, fault: AuditFault) {
        self.faulty += 1;
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(fault);
        }
    }
}

/// Looks at every entry of the log, and at its end. Nothing is written. `has` is an entry that the log had at another
/// time, as [`Verified::last`] told then.
///
/// # Errors
/// The store is unavailable.
pub async fn verify(
    store: &impl Directory,
    keyring: &Keyring,
    has: Option<Place>,
) -> Result<Verified, StoreError> {
    let mut tries = 1;
    loop {
        // The head first: what is appended meanwhile lies behind it.
        let head = store.audit_head().await?;
        let verified = verify_to(&head, store, keyring, has.clone()).await?;
        // Somebody may have pruned the log meanwhile, and said so behind that head.
        let changed = verified.faulty > 0 && store.audit_head().await? != head;
        if !changed || tries == TRIES_MAX {
            return with_foreign(store, verified).await;
        }
        tries += 1;
    }
}

/// The same with what somebody else has put into the database, which may be at work.
async fn with_foreign(store: &impl Directory, mut verified: Verified) -> Result<Verified, StoreError> {
    store.foreign_objects().await?.into_iter().for_each(|what| verified.found(AuditFault::Foreign(what)));
    Ok(verified)
}

async fn verify_to(
    head: &AuditHead,
    store: &impl Directory,
    keyring: &Keyring,
    has: Option<Place>,
) -> Result<Verified, StoreError> {
    let mut verifier = Verifier::new(keyring, has);
    if let Some(before) = store.audit_before(1, 1).await?.first() {
        verifier.verified.found(AuditFault::Beyond { first: before.number, sealed: head.number });
    }
    // Nobody knows where a log ends whose end is not sealed: all of it is looked at.
    let end = if head.signature(keyring) == Signature::Right { head.number } else { i64::MAX };
    let mut after = 0;
    loop {
        let page = store.audit_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.number;
        page.iter().take_while(|entry| entry.number <= end).for_each(|entry| verifier.take(entry));
        let Some(beyond) = page.iter().find(|entry| entry.number > end) else { continue };
        // Its end came with it, if it was appended meanwhile.
        let sealed = store.audit_head().await?.number;
        if beyond.number > sealed {
            verifier.verified.found(AuditFault::Beyond { first: beyond.number, sealed });
        }
        break;
    }
    Ok(verifier.end(head))
}

/// Checks entries in their order, and the head after them.
#[derive(Debug)]
struct Verifier<'k> {
    keyring: &'k Keyring,
    verified: Verified,
    has: Option<Place>,
    /// The first entry's number and what it goes on from; what was pruned is told by a later one.
    first: Option<Place>,
    last: Place,
    /// Entries without a seal at the beginning, until a seal comes.
    unsealed: Option<(i64, i64)>,
    any_seal: bool,
    /// Entries whose key is missing, until a seal over them comes.
    uncovered: Option<(i64, i64, String)>,
}

impl<'k> Verifier<'k> {
    fn new(keyring: &'k Keyring, has: Option<Place>) -> Self {
        Self {
            keyring,
            verified: Verified::default(),
            has,
            first: None,
            last: Place::default(),
            unsealed: None,
            any_seal: false,
            uncovered: None,
        }
    }

    /// Takes the next entry.
    fn take(&mut self, entry: &AuditEntry) {
        self.verified.entries += 1;
        let number = entry.number;
        let is_first = self.first.is_none();
        if is_first {
            self.first = Some(Place { number, hash: entry.previous.clone() });
        }
        let follows = is_first || number == self.last.number + 1;
        let continues = is_first || entry.previous == self.last.hash;
        let fault = if !follows {
            Some(AuditFault::Gap { expected: self.last.number + 1, found: number })
        } else if !continues {
            Some(AuditFault::Broken(number))
        } else {
            None
        };
        let whole = entry.computed_hash() == entry.hash;
        if fault.is_some() {
            // No later seal covers what is before a break.
            self.tell_uncovered();
        }
        // What an edited entry was before is told by those around it: one fault is enough.
        if whole {
            if let Some(fault) = fault {
                self.verified.found(fault);
            }
            self.take_seal(entry);
        } else {
            self.tell_uncovered();
            self.verified.found(AuditFault::Edited(number));
        }
        self.last = entry.place();
        if self.has.as_ref() == Some(&self.last) {
            self.has = None;
        }
    }

    fn take_seal(&mut self, entry: &AuditEntry) {
        let number = entry.number;
        if entry.seal.is_empty() {
            if self.any_seal {
                self.verified.found(AuditFault::Unsealed { first: number, last: number });
            } else {
                self.unsealed = Some((self.unsealed.map_or(number, |(first, _)| first), number));
            }
            return;
        }
        match self.keyring.signature(&entry.sealed_text(), &entry.seal) {
            Signature::Right => self.take_sealed(entry),
            Signature::Wrong => self.verified.found(AuditFault::Forged(number)),
            Signature::Unknown(key) => {
                self.any_seal = true;
                let (first, _, key) = self.uncovered.take().unwrap_or((number, number, key.0));
                self.uncovered = Some((first, number, key));
            }
        }
    }

    /// Takes an entry that was surely appended.
    fn take_sealed(&mut self, entry: &AuditEntry) {
        self.any_seal = true;
        let NewAudit { act, detail, .. } = &entry.entry;
        if let Some((first, last)) = self.unsealed.take()
            && act != SEALED
        {
            self.verified.found(AuditFault::Unsealed { first, last });
        }
        if act == BROKEN {
            self.tell_uncovered();
            self.verified.found(AuditFault::WasBroken { number: entry.number, what: detail.clone() });
        }
        // The chain goes back from here to them.
        self.uncovered = None;
        if act == PRUNED
            && let Ok(pruned) = detail.parse::<Pruned>()
        {
            if pruned.faults > 0 {
                let (number, pruned) = (entry.number, pruned.clone());
                self.verified.found(AuditFault::PrunedWithFaults { number, pruned });
            }
            self.verified.pruned = Some(pruned);
        }
    }

    fn tell_uncovered(&mut self) {
        if let Some((first, last, key)) = self.uncovered.take() {
            self.verified.found(AuditFault::MissingKeyError { first, last, key });
        }
    }

    /// After the last entry: whether the log begins and ends where it should.
    fn end(mut self, head: &AuditHead) -> Verified {
        self.begins();
        if let Some((first, last)) = self.unsealed {
            self.verified.found(AuditFault::Unsealed { first, last });
        }
        let sealed = head.signature(self.keyring) == Signature::Right;
        if sealed && self.last == head.place() {
            // The seal of the end covers them too.
            self.uncovered = None;
        }
        self.tell_uncovered();
        if !sealed {
            self.verified.found(AuditFault::SealUnknown);
        } else if self.last.number < head.number {
            let (last, sealed) = (self.last.number, head.number);
            self.verified.found(AuditFault::Cut { last, sealed });
        } else if self.last != head.place() {
            self.verified.found(AuditFault::NotSealed(self.last.number));
        }
        if let Some(lacks) = self.has.take() {
            // What was pruned before that is known by nobody any more.
            if self.verified.pruned.as_ref().is_none_or(|pruned| pruned.last != lacks) {
                self.verified.found(AuditFault::Lacks(lacks));
            }
        }
        self.verified.last = self.last;
        self.verified
    }

    /// Checks that the log begins with its first entry, or where an administrator pruned it.
    fn begins(&mut self) {
        let Some(first) = self.first.take() else { return };
        let begin = self.verified.pruned.as_ref().map_or(Place::default(), |pruned| pruned.last.clone());
        let expected = begin.number + 1;
        if first.number > expected {
            self.verified.found(AuditFault::Gap { expected, found: first.number });
        } else if first.number < expected {
            let (first, last) = (first.number, begin.number);
            self.verified.found(AuditFault::Returned { first, last });
        } else if first.hash != begin.hash {
            self.verified.found(AuditFault::Broken(first.number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Found;
    use super::*;

    fn acts(count: i64) -> Vec<NewAudit> {
        let act = |at| NewAudit { at, actor: "kim".into(), act: "reset_pin".into(), ..NewAudit::default() };
        (0..count).map(act).collect()
    }

    fn log(length: i64) -> (Vec<AuditEntry>, AuditHead, Keyring) {
        let keyring = Keyring::of_one_key();
        let head = AuditHead::sealed(Place::default(), &keyring);
        let found = Found { head, ..Found::default() };
        let (entries, head) = found.append(acts(length), &keyring).unwrap();
        (entries, head, keyring)
    }

    fn faults(entries: &[AuditEntry], head: &AuditHead, keyring: &Keyring) -> Vec<AuditFault> {
        let mut verifier = Verifier::new(keyring, None);
        entries.iter().for_each(|entry| verifier.take(entry));
        verifier.end(head).faults
    }

    /// Returns these entries as forged by somebody who knows how hashes are made, but has no key.
    fn forged(entries: &[AuditEntry]) -> Vec<AuditEntry> {
        let mut forged: Vec<AuditEntry> = Vec::new();
        for entry in entries {
            let previous = forged.last().map_or_else(|| entry.previous.clone(), |before| before.hash.clone());
            let mut entry = AuditEntry { previous, ..entry.clone() };
            entry.hash = entry.computed_hash();
            forged.push(entry);
        }
        forged
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
        assert_eq!(faults(&edited, &head, &keyring), [AuditFault::Forged(4), AuditFault::Broken(5)]);

        assert_eq!(faults(&entries[..5], &head, &keyring), [AuditFault::Cut { last: 5, sealed: 6 }]);
        assert_eq!(faults(&entries, &AuditHead::default(), &keyring), [AuditFault::SealUnknown]);
        assert_eq!(faults(&[], &AuditHead::default(), &keyring), [AuditFault::SealUnknown], "emptied");
    }

    #[test]
    fn forged_entries_are_found_one_by_one_after_the_next_act() {
        let (mut entries, head, keyring) = log(6);
        entries[3].entry.actor = "pat".into();
        let mut forged = forged(&entries);
        let end = forged[5].place();
        let head = AuditHead { hash: end.hash.clone(), ..head };
        let found = Found { head, last: Some(end), known: None };
        let (later, head) = found.append(acts(2), &keyring).unwrap();
        forged.extend(later);
        let what = "the end at 6 was not sealed by the keyring".to_owned();
        let told = [
            AuditFault::Forged(4),
            AuditFault::Forged(5),
            AuditFault::Forged(6),
            AuditFault::WasBroken { number: 7, what },
        ];
        assert_eq!(faults(&forged, &head, &keyring), told);
    }

    #[test]
    fn entries_under_a_made_up_key_are_not_covered_by_the_next_act() {
        let (entries, head, keyring) = log(6);
        let mut forged = forged(&entries);
        forged.iter_mut().for_each(|entry| entry.seal = "5ec4e7$00".into());
        let head = AuditHead { seal: "5ec4e7$00".into(), ..head };
        let found = Found { head, last: Some(forged[5].place()), known: None };
        let (later, head) = found.append(acts(2), &keyring).unwrap();
        forged.extend(later);
        let found = faults(&forged, &head, &keyring);
        let uncovered = AuditFault::MissingKeyError { first: 1, last: 6, key: "5ec4e7".into() };
        assert!(found.len() == 2 && found[0] == uncovered, "{found:?}");
    }

    #[test]
    fn a_log_goes_on_after_what_was_pruned_and_nowhere_else() {
        let (mut entries, head, keyring) = log(6);
        let pruned = Pruned { first: 1, last: entries[2].place(), seal: entries[2].seal.clone(), faults: 0 };
        let told = NewAudit { act: PRUNED.into(), detail: pruned.to_string(), ..NewAudit::default() };
        let found = Found { head, last: Some(entries[5].place()), known: None };
        let (later, head) = found.append(vec![told], &keyring).unwrap();
        entries.extend(later);
        let returned = AuditFault::Returned { first: 1, last: 3 };
        assert_eq!(faults(&entries, &head, &keyring), [returned]);
        assert_eq!(faults(&entries[3..], &head, &keyring), []);
        let gap = AuditFault::Gap { expected: 4, found: 5 };
        assert_eq!(faults(&entries[4..], &head, &keyring), [gap], "another cut stays one");
    }
}
