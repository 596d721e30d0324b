//! Records refused acts in the audit log: the first ones singly, many as one entry with their count. So
//! nobody who may do nothing makes the log grow without end.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::audit::NewAudit;

/// Refused acts of one actor that are written down one by one, if none came for a while: enough to see what was tried.
const AT_ONCE: i64 = 20;

/// After those, one entry in this time tells of all: 1,440 a day for an actor.
const EVERY_MS: i64 = 60_000;

/// Actors that are told apart. More than these are counted together.
const ACTORS_MAX: usize = 10_000;

/// The act of an entry that only tells how many more were refused.
const FOLDED: &str = "refused_acts";

/// The name and role of the person who was refused.
type NameAndRole = (String, String);

/// Counts what was refused.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<BTreeMap<NameAndRole, Tally>>);

#[derive(Clone, Debug)]
struct Tally {
    /// When as many entries as may be written at once may be written again.
    full_at: i64,
    /// The number of refusals since the last entry.
    folded: u64,
    /// The last of those.
    last: NewAudit,
}

impl Tally {
    /// Takes the place of an entry, if there is one now.
    fn take_place(&mut self, now: i64) -> bool {
        let full_at = self.full_at.max(now) + EVERY_MS;
        let free = full_at - now <= AT_ONCE * EVERY_MS;
        if free {
            self.full_at = full_at;
        }
        free
    }

    fn is_idle(&self, now: i64) -> bool {
        self.folded == 0 && self.full_at <= now
    }
}

impl Refused {
    fn tallies(&self) -> MutexGuard<'_, BTreeMap<NameAndRole, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry that is written now, with the count of those that were not; nothing if this one is only counted.
    pub(super) fn told(&self, mut entry: NewAudit) -> Option<NewAudit> {
        let now = entry.at;
        let mut tallies = self.tallies();
        let mut who = (entry.actor.clone(), entry.role.clone());
        if tallies.len() >= ACTORS_MAX && !tallies.contains_key(&who) {
            tallies.retain(|_, tally| !tally.is_idle(now));
            if tallies.len() >= ACTORS_MAX {
                who = NameAndRole::default();
            }
        }
        let fresh = || Tally { full_at: now, folded: 0, last: NewAudit::default() };
        let tally = tallies.entry(who).or_insert_with(fresh);
        if !tally.take_place(now) {
            tally.folded += 1;
            tally.last = entry;
            return None;
        }
        let folded = std::mem::take(&mut tally.folded);
        if folded > 0 {
            entry.detail = format!("{}; {}", entry.detail, more(folded));
        }
        Some(entry)
    }

    /// Entries for what was only counted and may be told now, or all of it.
    pub(super) fn due(&self, now: i64, all: bool) -> Vec<NewAudit> {
        let mut tallies = self.tallies();
        tallies.retain(|_, tally| !tally.is_idle(now));
        let due = tallies.values_mut().filter(|tally| tally.folded > 0);
        let due = due.filter_map(|tally| {
            let may = tally.take_place(now) || all;
            let folded = if may { std::mem::take(&mut tally.folded) } else { 0 };
            let entry = NewAudit {
                at: now,
                act: FOLDED.to_owned(),
                subject: format!("last {} {}", tally.last.act, tally.last.subject),
                detail: more(folded),
                ..tally.last.clone()
            };
            (folded > 0).then_some(entry)
        });
        due.collect()
    }
}

fn more(folded: u64) -> String {
    let acts = if folded == 1 { "act was" } else { "acts were" };
    format!("{folded} more {acts} refused since the previous entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(at: i64, actor: &str) -> NewAudit {
        let detail = "refused".to_owned();
        NewAudit { at, actor: actor.into(), act: "show_user".into(), detail, ..NewAudit::default() }
    }

    #[test]
    fn many_refused_acts_are_few_entries_and_none_is_lost() {
        let counts = Refused::default();
        let mut written = Vec::new();
        // Ten a second for ten minutes.
        for at in (0..600_000).step_by(100) {
            written.extend(counts.told(refused(at, "pat")));
            written.extend(counts.due(at, false));
        }
        written.extend(counts.due(600_000, true));
        let most = AT_ONCE + 600_000 / EVERY_MS + 1;
        assert!(written.len() as i64 <= most, "{}", written.len());
        let told = |entry: &NewAudit| {
            let words: Vec<&str> = entry.detail.split(' ').collect();
            let more: u64 = words.iter().find_map(|word| word.parse().ok()).unwrap_or(0);
            more + u64::from(entry.act != FOLDED)
        };
        assert_eq!(written.iter().map(told).sum::<u64>(), 6_000, "every one is counted");
    }

    #[test]
    fn one_who_is_refused_much_takes_no_place_of_another() {
        let counts = Refused::default();
        (0..100).for_each(|_| drop(counts.told(refused(0, "pat"))));
        assert!(counts.told(refused(0, "lee")).is_some());
        assert!(counts.told(refused(0, "pat")).is_none());
        assert!(counts.told(refused(EVERY_MS, "pat")).is_some_and(|entry| entry.detail.contains("81 more")));
    }

    #[test]
    fn however_many_are_refused_memory_has_an_end() {
        let counts = Refused::default();
        for number in 0..ACTORS_MAX + 50 {
            let _told = counts.told(refused(0, &number.to_string()));
        }
        assert_eq!(counts.tallies().len(), ACTORS_MAX + 1, "the rest are one");
        let _all = counts.due(AT_ONCE * EVERY_MS, true);
        let _told = counts.due(2 * AT_ONCE * EVERY_MS, false);
        assert_eq!(counts.tallies().len(), 0, "and who is refused no more is forgotten");
    }
}
