//! A store in memory: for tests, scenarios and tries. It is gone with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::account::AccountRecord;
use super::audit::pruned::Pruned;
use super::audit::{AuditEntry, AuditHead, Found, NewAudit, Place};
use super::entropy;
use super::keyring::Keyring;
use super::mail::{Claim, MailId, MailRecord, MailState, NewMail, OutboxCounts, Resend, Retry};
use super::record::{NOBODY, NumberRecord, Standing, TenantRecord, UserKey, UserRecord, key_of};
use super::search::{Census, Matter, Search, Sought};
use super::token::TokenRecord;
use super::{Changes, Directory, Outbox, StoreError, numbers_from};
use crate::control::call::Digits;
use crate::control::policy::OrganizerId;

/// The store.
#[derive(Debug)]
pub struct Memory {
    keyring: Arc<Keyring>,
    kept: Mutex<Tables>,
}

#[derive(Clone, Debug, Default)]
struct Tables {
    users: BTreeMap<String, UserRecord>,
    by_id: BTreeMap<OrganizerId, String>,
    next_user: u32,
    by_conference_id: BTreeMap<String, String>,
    tenant: TenantRecord,
    numbers: BTreeMap<String, NumberRecord>,
    tokens: BTreeMap<String, TokenRecord>,
    accounts: BTreeMap<String, AccountRecord>,
    mails: BTreeMap<MailId, (MailRecord, i64)>,
    /// The number of the last mail, which may have been removed since.
    mail_id: MailId,
    audit: Vec<AuditEntry>,
    head: AuditHead,
}

impl Memory {
    /// An empty store, whose audit log this keyring seals.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        let head = AuditHead::sealed(Place::default(), &keyring);
        let mut kept = Tables { head, ..Tables::default() };
        kept.users.insert(NOBODY.to_owned(), UserRecord { version: 1, ..UserRecord::default() });
        Self { keyring, kept: Mutex::new(kept) }
    }

    fn kept(&self) -> MutexGuard<'_, Tables> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    /// Returns whether these users can be put, all of them.
    fn check(&self, users: &[UserRecord]) -> Result<(), StoreError> {
        let mut given = BTreeSet::new();
        for user in users {
            let key = user.key();
            if self.users.get(&key).map_or(0, |before| before.version) != user.version {
                return Err(StoreError::Stale);
            }
            if let Some(id) = user.account.conference_id.map(|id| id.reveal()) {
                let of_another = self.by_conference_id.get(&id).is_some_and(|owner| *owner != key);
                if of_another || !given.insert(id) {
                    return Err(StoreError::ConferenceIdTaken);
                }
            }
        }
        Ok(())
    }

    /// Returns whether these service numbers are as they were, and those to be removed in nobody's invitations.
    fn check_numbers(&self, changes: &Changes) -> Result<(), StoreError> {
        let put = changes
            .numbers
            .iter()
            .all(|(number, before)| self.numbers.get(&number.number) == before.as_ref());
        let removed = changes.removed_numbers.iter().all(|number| {
            self.numbers.get(&number.number) == Some(number) && self.user_of_number(&number.number).is_none()
        });
        if put && removed { Ok(()) } else { Err(StoreError::Stale) }
    }

    fn user_of_number(&self, number: &str) -> Option<String> {
        let number = Some(number);
        let has = |user: &&UserRecord| {
            user.number.as_deref() == number || user.toll_free_number.as_deref() == number
        };
        self.users.values().find(has).map(|user| user.name.clone())
    }

    /// Returns whether these accounts can be put and removed, all of them.
    fn check_accounts(&self, changes: &Changes) -> Result<(), StoreError> {
        let mut after = self.accounts.clone();
        for name in &changes.removed_accounts {
            after.remove(&key_of(name));
        }
        for (account, before) in &changes.accounts {
            let replaced = after.insert(key_of(&account.name), account.clone());
            if replaced.map(|replaced| replaced.changed_at) != *before {
                return Err(StoreError::Stale);
            }
        }
        let is_as_seen = |(name, seen): &(String, Option<i64>)| {
            self.accounts.get(&key_of(name)).map(|account| account.changed_at) == *seen
        };
        let administered = |accounts: &BTreeMap<String, AccountRecord>| {
            accounts.values().any(AccountRecord::is_administrators)
        };
        if administered(&self.accounts) && !administered(&after)
            || !changes.seen_accounts.iter().all(is_as_seen)
            || self.any_token_outlives(changes)
        {
            return Err(StoreError::Stale);
        }
        Ok(())
    }

    /// Returns whether a token would stay in force that its account no longer allows.
    fn any_token_outlives(&self, changes: &Changes) -> bool {
        let revoked = |token: &TokenRecord| {
            changes.tokens.iter().any(|put| put.id == token.id && put.revoked_at.is_some())
        };
        let mut in_force = self.tokens.values().filter(|token| token.revoked_at.is_none() && !revoked(token));
        in_force.any(|token| changes.outlives(token))
    }

    /// Puts these users, and answers the numbers of those who are new.
    fn put_users(&mut self, users: Vec<UserRecord>) -> Result<Vec<OrganizerId>, StoreError> {
        let new = users.iter().filter(|user| user.version == 0).count();
        let ids = numbers_from(self.next_user, new)?;
        self.next_user = ids.end;
        let ids: Vec<OrganizerId> = ids.map(OrganizerId).collect();
        let mut given = ids.iter();
        for mut user in users {
            if user.version == 0 {
                user.id = *given.next().expect("each new user has a number");
                self.by_id.insert(user.id, user.key());
            }
            self.put_user(user);
        }
        Ok(ids)
    }

    fn put_user(&mut self, mut user: UserRecord) {
        let key = user.key();
        if let Some(before) = self.users.get(&key).and_then(|before| before.account.conference_id) {
            self.by_conference_id.remove(&before.reveal());
        }
        if let Some(id) = user.account.conference_id {
            self.by_conference_id.insert(id.reveal(), key.clone());
        }
        user.version += 1;
        self.users.insert(key, user);
    }

    fn put_mail(&mut self, mail: NewMail) {
        self.mail_id += 1;
        let id = self.mail_id;
        let record = MailRecord {
            id,
            carries_pin: mail.sealed_pin.is_some(),
            attempts: 0,
            next_attempt_at: mail.at,
            state: MailState::Waiting,
            last_error: None,
            claim: Claim { id, token: String::new() },
            folders: Vec::new(),
            mail,
        };
        self.mails.insert(id, (record, 0));
    }

    fn append(&mut self, entries: Vec<NewAudit>, keyring: &Keyring) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let last = self.audit.last().map(AuditEntry::place);
        let found = Found { head: self.head.clone(), last, known: None };
        let (appended, head) = found.append(entries, keyring)?;
        self.audit.extend(appended);
        self.head = head;
        Ok(())
    }

    /// Mails that wait and that none waits before: of those about one user to one address only the first goes.
    fn first_of_their_own(&self) -> BTreeSet<MailId> {
        let waiting = self.mails.values().filter(|(record, _)| record.state == MailState::Waiting);
        let mut first = BTreeMap::new();
        for (record, _) in waiting {
            first.entry((record.mail.user.as_str(), record.mail.to.as_str())).or_insert(record.id);
        }
        first.into_values().collect()
    }

    /// Returns whether the log begins with the entries that are pruned, and all mails that are removed are settled.
    fn check_pruned(&self, changes: &Changes) -> Result<(), StoreError> {
        let begins = |pruned: &Pruned| {
            let last = self.audit.iter().find(|entry| entry.number == pruned.last.number);
            self.audit.first().is_some_and(|first| first.number == pruned.first)
                && last.is_some_and(|last| last.place() == pruned.last)
        };
        let is_settled =
            |id: &MailId| self.mails.get(id).is_some_and(|(record, _)| record.state != MailState::Waiting);
        let same =
            changes.pruned_audit.as_ref().is_none_or(begins) && changes.removed_mails.iter().all(is_settled);
        if same { Ok(()) } else { Err(StoreError::Stale) }
    }

    /// The mail under a claim that is still valid.
    fn claimed(&mut self, claim: &Claim) -> Option<&mut MailRecord> {
        let (record, _) = self.mails.get_mut(&claim.id)?;
        (!claim.token.is_empty() && record.claim == *claim).then_some(record)
    }
}

fn in_order<K: Ord + Clone, V, R>(
    map: &BTreeMap<K, V>,
    after: K,
    limit: u32,
    pick: impl Fn(&K, &V) -> Option<R>,
) -> Vec<R> {
    let after = map.range((Bound::Excluded(after), Bound::Unbounded));
    after.filter_map(|(key, value)| pick(key, value)).take(limit as usize).collect()
}

impl Directory for Memory {
    async fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.kept().users.get(&key_of(name)).cloned())
    }

    async fn user_by_conference_id(&self, id: Digits) -> Result<Option<UserRecord>, StoreError> {
        let kept = self.kept();
        let key = kept.by_conference_id.get(&id.reveal());
        Ok(key.and_then(|key| kept.users.get(key)).cloned())
    }

    async fn standing(&self, of: UserKey<'_>) -> Result<Option<Standing>, StoreError> {
        let kept = self.kept();
        let key = match of {
            UserKey::Name(name) => Some(key_of(name)),
            UserKey::ConferenceId(id) => kept.by_conference_id.get(&id.reveal()).cloned(),
            UserKey::Id(id) => kept.by_id.get(&id).cloned(),
        };
        let user = key.and_then(|key| kept.users.get(&key)).cloned();
        Ok(user.map(|user| {
            let number = user.number.as_ref().and_then(|number| kept.numbers.get(number));
            let number_language = number.map(|number| number.primary);
            Standing { user, tenant: kept.tenant.clone(), number_language, changes: kept.head.number }
        }))
    }

    async fn users_after(&self, name: &str, limit: u32) -> Result<Vec<UserRecord>, StoreError> {
        Ok(in_order(&self.kept().users, key_of(name), limit, |_, user| Some(user.clone())))
    }

    async fn users_found(
        &self,
        sought: &Sought,
        name: &str,
        limit: u32,
    ) -> Result<Vec<UserRecord>, StoreError> {
        let search = Search::of(&sought.search);
        let fits = |user: &UserRecord| search.finds(user) && sought.takes(user);
        let found = |_: &String, user: &UserRecord| fits(user).then(|| user.clone());
        Ok(in_order(&self.kept().users, key_of(name), limit, found))
    }

    async fn census(&self, now: i64) -> Result<Census, StoreError> {
        let kept = self.kept();
        let users = || kept.users.iter().filter(|(name, _)| *name != NOBODY).map(|(_, user)| user);
        let count = |matter: Matter| users().filter(|user| matter.concerns(user)).count() as u64;
        Ok(Census { users: users().count() as u64, matters: Matter::all(now).map(count) })
    }

    async fn user_of_number(&self, number: &str) -> Result<Option<String>, StoreError> {
        Ok(self.kept().user_of_number(number))
    }

    async fn tenant(&self) -> Result<TenantRecord, StoreError> {
        Ok(self.kept().tenant.clone())
    }

    async fn numbers(&self) -> Result<Vec<NumberRecord>, StoreError> {
        Ok(self.kept().numbers.values().cloned().collect())
    }

    async fn audit_after(&self, number: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let kept = self.kept();
        let after = kept.audit.iter().filter(|entry| entry.number > number);
        Ok(after.take(limit as usize).cloned().collect())
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        Ok(self.kept().head.clone())
    }

    async fn token(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.kept().tokens.get(id).cloned())
    }

    async fn tokens_after(&self, id: &str, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        Ok(in_order(&self.kept().tokens, id.to_owned(), limit, |_, token| Some(token.clone())))
    }

    async fn account(&self, name: &str) -> Result<Option<AccountRecord>, StoreError> {
        Ok(self.kept().accounts.get(&key_of(name)).cloned())
    }

    async fn accounts(&self) -> Result<Vec<AccountRecord>, StoreError> {
        Ok(self.kept().accounts.values().cloned().collect())
    }

    async fn audit_before(&self, number: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let kept = self.kept();
        let before = kept.audit.iter().rev().filter(|entry| entry.number < number);
        Ok(before.take(limit as usize).cloned().collect())
    }

    async fn commit(&self, changes: Changes) -> Result<Vec<OrganizerId>, StoreError> {
        let mut kept = self.kept();
        kept.check(&changes.users)?;
        kept.check_accounts(&changes)?;
        kept.check_numbers(&changes)?;
        kept.check_pruned(&changes)?;
        if changes.tenant.as_ref().is_some_and(|tenant| tenant.version != kept.tenant.version) {
            return Err(StoreError::Stale);
        }
        let ids = kept.put_users(changes.users)?;
        if let Some(mut tenant) = changes.tenant {
            tenant.version += 1;
            kept.tenant = tenant;
        }
        for number in changes.removed_numbers {
            kept.numbers.remove(&number.number);
        }
        kept.numbers.extend(changes.numbers.into_iter().map(|(number, _)| (number.number.clone(), number)));
        kept.tokens.extend(changes.tokens.into_iter().map(|token| (token.id.clone(), token)));
        for name in changes.removed_accounts {
            kept.accounts.remove(&key_of(&name));
        }
        kept.accounts
            .extend(changes.accounts.into_iter().map(|(account, _)| (key_of(&account.name), account)));
        for (record, _) in kept.mails.values_mut() {
            let is_unsent = matches!(record.state, MailState::Waiting | MailState::Dead);
            if is_unsent && record.carries_pin && changes.outdated_pins.contains(&record.mail.user) {
                record.mail.sealed_pin = None;
                if record.state == MailState::Waiting && record.claim.token.is_empty() {
                    record.state = MailState::Superseded;
                }
            }
        }
        changes.mails.into_iter().for_each(|mail| kept.put_mail(mail));
        for id in changes.removed_mails {
            kept.mails.remove(&id);
        }
        kept.append(changes.audit, &self.keyring)?;
        if let Some(pruned) = changes.pruned_audit {
            kept.audit.retain(|entry| entry.number > pruned.last.number);
        }
        Ok(ids)
    }

    async fn conference_ids_after(&self, id: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        Ok(in_order(&self.kept().by_conference_id, id.to_owned(), limit, |id, _| Some(id.clone())))
    }

    async fn import(&self, users: Vec<UserRecord>, audit: NewAudit) -> Result<u64, StoreError> {
        let mut kept = self.kept();
        let mut seen = BTreeSet::new();
        let is_new = |user: &UserRecord| !kept.users.contains_key(&user.key()) && seen.insert(user.key());
        let new: Vec<UserRecord> = users.into_iter().filter(is_new).collect();
        kept.check(&new)?;
        let audit = audit.naming(&new.iter().map(|user| user.name.as_str()).collect::<Vec<_>>());
        let added = kept.put_users(new)?.len();
        kept.append(audit, &self.keyring)?;
        Ok(added as u64)
    }
}

impl Outbox for Memory {
    async fn claim_due(&self, now: i64, lease: Duration, limit: u32) -> Result<Vec<MailRecord>, StoreError> {
        let until = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let mut kept = self.kept();
        let first = kept.first_of_their_own();
        let due = kept.mails.values_mut().filter(|(record, leased)| {
            let free = record.claim.token.is_empty() || *leased <= now;
            first.contains(&record.id) && record.next_attempt_at <= now && free
        });
        let mut due: Vec<&mut (MailRecord, i64)> = due.collect();
        due.sort_by_key(|(record, _)| (record.next_attempt_at, record.id));
        let claimed = due.into_iter().take(limit as usize).map(|(record, leased)| {
            record.claim.token = entropy::token();
            record.attempts += 1;
            *leased = until;
            record.clone()
        });
        Ok(claimed.collect())
    }

    async fn note_folder(&self, claim: &Claim, folder: &str) -> Result<bool, StoreError> {
        let mut kept = self.kept();
        let Some(record) = kept.claimed(claim) else { return Ok(false) };
        record.folders.push(folder.to_owned());
        Ok(true)
    }

    async fn settle_sent(&self, claim: &Claim) -> Result<bool, StoreError> {
        let mut kept = self.kept();
        let Some(record) = kept.claimed(claim) else { return Ok(false) };
        record.state = MailState::Sent;
        record.mail.sealed_pin = None;
        record.last_error = None;
        record.claim.token.clear();
        Ok(true)
    }

    async fn settle_failed(&self, claim: &Claim, error: &str, retry: Retry) -> Result<bool, StoreError> {
        let mut kept = self.kept();
        let Some(record) = kept.claimed(claim) else { return Ok(false) };
        match retry {
            Retry::At(at) => record.next_attempt_at = at,
            Retry::Never => record.state = MailState::Dead,
        }
        if record.is_outdated() {
            record.state = MailState::Superseded;
        }
        record.last_error = Some(error.to_owned());
        record.claim.token.clear();
        Ok(true)
    }

    async fn mails_after(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let wanted = |_: &MailId, (record, _): &(MailRecord, i64)| {
            state.is_none_or(|state| record.state == state).then(|| record.clone())
        };
        Ok(in_order(&self.kept().mails, id, limit, wanted))
    }

    async fn mails_before(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let kept = self.kept();
        let before = kept.mails.range(..id).rev().map(|(_, (record, _))| record);
        let wanted = before.filter(|record| state.is_none_or(|state| record.state == state));
        Ok(wanted.take(limit as usize).cloned().collect())
    }

    async fn mail(&self, id: MailId) -> Result<Option<MailRecord>, StoreError> {
        Ok(self.kept().mails.get(&id).map(|(record, _)| record.clone()))
    }

    async fn resend(&self, id: MailId, now: i64, audit: NewAudit) -> Result<Resend, StoreError> {
        let mut kept = self.kept();
        let Some((record, _)) = kept.mails.get_mut(&id) else { return Ok(Resend::Unknown) };
        if record.state == MailState::Waiting {
            return Ok(Resend::NotSettled);
        }
        if record.is_outdated() {
            return Ok(Resend::PinWiped);
        }
        record.state = MailState::Waiting;
        record.attempts = 0;
        record.next_attempt_at = now;
        kept.append(vec![audit], &self.keyring)?;
        Ok(Resend::Waiting)
    }

    async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut counts = OutboxCounts::default();
        for (record, _) in self.kept().mails.values() {
            match record.state {
                MailState::Waiting => {
                    let of = if record.attempts > 0 { &mut counts.deferred } else { &mut counts.waiting };
                    *of += 1;
                    counts.oldest_at =
                        Some(counts.oldest_at.map_or(record.mail.at, |at| at.min(record.mail.at)));
                }
                MailState::Dead => counts.dead += 1,
                MailState::Sent | MailState::Superseded => {}
            }
        }
        Ok(counts)
    }

    async fn next_due(&self) -> Result<Option<i64>, StoreError> {
        let kept = self.kept();
        let first = kept.first_of_their_own();
        let waiting = kept.mails.values().filter(|(record, _)| first.contains(&record.id));
        let due = waiting.map(|(record, leased)| {
            if record.claim.token.is_empty() {
                record.next_attempt_at
            } else {
                record.next_attempt_at.max(*leased)
            }
        });
        Ok(due.min())
    }
}
