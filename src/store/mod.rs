//! Floor 2: where users, settings, tokens, mails that wait and the audit log are kept.
//!
//! Nothing is decided here. The caller decides: it loads records, and commits what they are to become as one [`Changes`]:
//! all of it happens, or none. A record that somebody else changed meanwhile makes the commit stale, and the decision
//! is made again; so two administrators, or a thousand wrong PINs at once, never undo each other.

pub mod account;
pub mod audit;
pub mod backup;
pub mod check;
pub(crate) mod durable;
pub mod entropy;
pub mod inspection;
pub mod keyring;
pub mod mail;
pub mod memory;
pub mod pin_hash;
pub mod record;
pub mod search;
pub mod sql;
pub mod token;

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use account::AccountRecord;
use audit::pruned::Pruned;
use audit::{AuditEntry, AuditHead, NewAudit};
use mail::{Claim, MailId, MailRecord, MailState, NewMail, OutboxCounts, Resend, Retry};
use record::{NumberRecord, Standing, TenantRecord, USERS_MAX, UserKey, UserRecord, key_of};
use search::{Census, Sought};
use token::TokenRecord;

use crate::control::call::Digits;
use crate::control::policy::OrganizerId;

/// Why a store did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreError {
    /// A record is not any more what the decision was made on: load it and decide again.
    Stale,
    /// The conference ID is somebody else's.
    ConferenceIdTaken,
    /// The store cannot be reached, or holds what it should not; says what happened.
    Unavailable(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("somebody else changed the same record at the same time"),
            Self::ConferenceIdTaken => f.write_str("the conference ID belongs to somebody else"),
            Self::Unavailable(what) => write!(f, "the directory does not answer: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// The changes of one transaction.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Users as they are to be. One whose version is 0 is new; any other replaces the record of that version.
    pub users: Vec<UserRecord>,
    /// The tenant's settings, if they change.
    pub tenant: Option<TenantRecord>,
    /// Service numbers to be added, or to replace one that is as it was.
    pub numbers: Vec<(NumberRecord, Option<NumberRecord>)>,
    /// Service numbers to be removed, if they are as they were and in nobody's invitations.
    pub removed_numbers: Vec<NumberRecord>,
    /// Tokens to be added or replaced.
    pub tokens: Vec<TokenRecord>,
    /// Accounts to be added, or to replace the one whose password was set at that moment. The last administrator's account
    /// neither goes nor becomes another's.
    pub accounts: Vec<(AccountRecord, Option<i64>)>,
    /// Accounts to be removed, by their names. Neither from these nor from those above a token stays in force that its
    /// account no longer allows: the decision must have revoked it, or is stale.
    pub removed_accounts: Vec<String>,
    /// Accounts that were looked at, and when the password of each was set, or that there was none: they must still be so.
    pub seen_accounts: Vec<(String, Option<i64>)>,
    /// Users whose PIN is another now. Mails that wait with the PIN before are superseded, unless a worker has them in hand;
    /// what lies sealed in these and in their dead mails is wiped.
    pub outdated_pins: Vec<String>,
    /// Entries to be taken away from the beginning of the audit log, if it begins with them.
    pub pruned_audit: Option<Pruned>,
    /// Mails to be removed, if all of them are there and settled.
    pub removed_mails: Vec<MailId>,
    /// Mails for the outbox.
    pub mails: Vec<NewMail>,
    /// Entries for the audit log.
    pub audit: Vec<NewAudit>,
}

impl Changes {
    /// Returns whether its owner's account becomes one here that no longer allows this token.
    fn outlives(&self, token: &TokenRecord) -> bool {
        let owner = key_of(&token.user);
        let put = self.accounts.iter().map(|(account, _)| account);
        match put.into_iter().find(|account| key_of(&account.name) == owner) {
            Some(account) => token.exceeds(Some(account)),
            None => self.removed_accounts.iter().any(|name| key_of(name) == owner),
        }
    }
}

/// The numbers of so many users who are new, if the next one is this. They are never more than there are.
fn numbers_from(next: u32, count: usize) -> Result<Range<u32>, StoreError> {
    let end = u32::try_from(count).ok().and_then(|count| next.checked_add(count));
    let end = end.filter(|end| *end <= USERS_MAX);
    let end = end.ok_or_else(|| StoreError::Unavailable(format!("it numbers {USERS_MAX} users at most")))?;
    Ok(next..end)
}

/// Users, settings and the audit log.
pub trait Directory: Send + Sync {
    /// The user of this name, in any case.
    ///
    /// # Errors
    /// The store is unavailable.
    fn user(&self, name: &str) -> impl Future<Output = Result<Option<UserRecord>, StoreError>> + Send;

    /// The user whose meetings this conference ID names.
    ///
    /// # Errors
    /// The store is unavailable.
    fn user_by_conference_id(
        &self,
        id: Digits,
    ) -> impl Future<Output = Result<Option<UserRecord>, StoreError>> + Send;

    /// A user with all that their meetings are held to, read at one moment.
    ///
    /// # Errors
    /// The store is unavailable, or another bridge has taken its lease.
    fn standing(&self, of: UserKey<'_>) -> impl Future<Output = Result<Option<Standing>, StoreError>> + Send;

    /// Users in the order of their names, those after this one; at most so many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn users_after(
        &self,
        name: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<UserRecord>, StoreError>> + Send;

    /// The same, but only those who are sought.
    ///
    /// # Errors
    /// The store is unavailable.
    fn users_found(
        &self,
        sought: &Sought,
        name: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<UserRecord>, StoreError>> + Send;

    /// Counts users, and those who need an administrator's attention at this moment, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The store is unavailable.
    fn census(&self, now: i64) -> impl Future<Output = Result<Census, StoreError>> + Send;

    /// One of the users in whose invitations this service number is.
    ///
    /// # Errors
    /// The store is unavailable.
    fn user_of_number(&self, number: &str)
    -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// The tenant's settings.
    ///
    /// # Errors
    /// The store is unavailable.
    fn tenant(&self) -> impl Future<Output = Result<TenantRecord, StoreError>> + Send;

    /// Every service number, in order.
    ///
    /// # Errors
    /// The store is unavailable.
    fn numbers(&self) -> impl Future<Output = Result<Vec<NumberRecord>, StoreError>> + Send;

    /// Audit entries in order, those after this number; at most so many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn audit_after(
        &self,
        number: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, StoreError>> + Send;

    /// The end of the audit log, as it was sealed.
    ///
    /// # Errors
    /// The store is unavailable.
    fn audit_head(&self) -> impl Future<Output = Result<AuditHead, StoreError>> + Send;

    /// Returns the objects in the database that could alter or hide data and that attendant never creates: triggers and
    /// their like, each in a few words.
    ///
    /// # Errors
    /// The store is unavailable.
    fn foreign_objects(&self) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// The token of this name.
    ///
    /// # Errors
    /// The store is unavailable.
    fn token(&self, id: &str) -> impl Future<Output = Result<Option<TokenRecord>, StoreError>> + Send;

    /// Tokens in the order of their names, those after this one; at most so many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn tokens_after(
        &self,
        id: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TokenRecord>, StoreError>> + Send;

    /// The account of this name, in any case.
    ///
    /// # Errors
    /// The store is unavailable.
    fn account(&self, name: &str) -> impl Future<Output = Result<Option<AccountRecord>, StoreError>> + Send;

    /// Every account, in order. There are as many as people who administer, and those whom they let in.
    ///
    /// # Errors
    /// The store is unavailable.
    fn accounts(&self) -> impl Future<Output = Result<Vec<AccountRecord>, StoreError>> + Send;

    /// Audit entries from the newest to the oldest, those before this number; at most so many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn audit_before(
        &self,
        number: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, StoreError>> + Send;

    /// Does all of it in one transaction, or nothing. When it returns, it is kept. Answers the numbers of users who are new.
    ///
    /// # Errors
    /// A record is stale, a conference ID is taken, no number is left for a user, or the store is unavailable.
    fn commit(&self, changes: Changes) -> impl Future<Output = Result<Vec<OrganizerId>, StoreError>> + Send;

    /// Conference IDs that are taken, in order, those after this one; at most so many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn conference_ids_after(
        &self,
        id: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Adds many users in one transaction; those whose names are there already are left as they are. Audit entries, of
    /// which this is the pattern, name those who were added. Answers how many were added.
    ///
    /// # Errors
    /// A conference ID is taken, no number is left for a user, or the store is unavailable; nothing is added then.
    fn import(
        &self,
        users: Vec<UserRecord>,
        audit: NewAudit,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Mails that wait to be sent, and those that were.
///
/// A worker claims what is due for a while, and settles each. A claim that is not settled in that time, since its
/// worker was killed, can be claimed again: the mail may be sent twice then, with the same message ID.
pub trait Outbox: Send + Sync {
    /// Claims mails that are due, oldest first; nobody else gets them until `now + lease`. A mail waits for those about the
    /// same user to the same address that were put in before it, also while they are tried again.
    ///
    /// # Errors
    /// The store is unavailable.
    fn claim_due(
        &self,
        now: i64,
        lease: Duration,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MailRecord>, StoreError>> + Send;

    /// A file of the mail is about to be written into this folder: it is remembered before, so that whoever removes the
    /// mail finds the file. False if the claim is not valid any more.
    ///
    /// # Errors
    /// The store is unavailable.
    fn note_folder(
        &self,
        claim: &Claim,
        folder: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The mail was taken by the next server: it is settled, and its PIN is wiped. False if the claim is not valid
    /// any more.
    ///
    /// # Errors
    /// The store is unavailable.
    fn settle_sent(&self, claim: &Claim) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The mail could not be sent. False if the claim is not valid any more.
    ///
    /// # Errors
    /// The store is unavailable.
    fn settle_failed(
        &self,
        claim: &Claim,
        error: &str,
        retry: Retry,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Returns how many mails were not sent.
    ///
    /// # Errors
    /// The store is unavailable.
    fn outbox_counts(&self) -> impl Future<Output = Result<OutboxCounts, StoreError>> + Send;

    /// Mails in the order in which they were put in, those after this one, all or those in one state; at most so
    /// many.
    ///
    /// # Errors
    /// The store is unavailable.
    fn mails_after(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MailRecord>, StoreError>> + Send;

    /// The same from the newest to the oldest, those before this one.
    ///
    /// # Errors
    /// The store is unavailable.
    fn mails_before(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MailRecord>, StoreError>> + Send;

    /// One mail.
    ///
    /// # Errors
    /// The store is unavailable.
    fn mail(&self, id: MailId) -> impl Future<Output = Result<Option<MailRecord>, StoreError>> + Send;

    /// Lets a mail that was sent or is dead wait again, to be sent at once with the same message ID, and writes the audit
    /// entry in the same transaction. Where it does not wait again, nothing is written.
    ///
    /// # Errors
    /// The store is unavailable.
    fn resend(
        &self,
        id: MailId,
        now: i64,
        audit: NewAudit,
    ) -> impl Future<Output = Result<Resend, StoreError>> + Send;

    /// Returns when the next mail falls due, counting the ends of claims; `None` if none waits. Mails that wait for
    /// another are due after it.
    ///
    /// # Errors
    /// The store is unavailable.
    fn next_due(&self) -> impl Future<Output = Result<Option<i64>, StoreError>> + Send;
}
