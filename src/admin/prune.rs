//! Removes what is old: entries of the audit log, and settled mails. The log records what was removed from it, and
//! goes on from there.

use super::actor::{Actor, Role};
use super::administration::Administration;
use super::answer::time;
use super::audit::{NO_ADMINISTRATOR, audit};
use super::refusal::Refusal;
use crate::store::audit::pruned::Pruned;
use crate::store::audit::verify::verify;
use crate::store::audit::{AuditEntry, PRUNED};
use crate::store::mail::{MailId, MailRecord, MailState, OldMail};
use crate::store::{Changes, Directory, Outbox, StoreError};

/// Entries or mails that are loaded at once.
const PAGE: u32 = 1_000;

impl<D: Directory> Administration<D> {
    /// The entries of the audit log from before this time, in milliseconds since the Unix epoch: from its beginning to the
    /// first that is newer. Nothing if there are not one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn prunable(&self, before: i64) -> Result<Option<Pruned>, Refusal> {
        let store = self.directory().as_ref();
        let verified = verify(store, self.keyring(), None).await?;
        let (mut first, mut last): (Option<i64>, Option<AuditEntry>) = (None, None);
        loop {
            let after = last.as_ref().map_or(0, |last| last.number);
            let page = store.audit_after(after, PAGE).await?;
            let whole = page.len() == PAGE as usize;
            let old: Vec<AuditEntry> = page.into_iter().take_while(|entry| entry.entry.at < before).collect();
            let all = old.len() == PAGE as usize;
            first = first.or_else(|| old.first().map(|entry| entry.number));
            last = old.into_iter().last().or(last);
            if !(whole && all) {
                break;
            }
        }
        let pruned = first.zip(last).map(|(first, last)| {
            let faults = verified.faults_up_to(last.number);
            Pruned { first, last: last.place(), seal: last.seal, faults }
        });
        Ok(pruned)
    }

    /// Takes these entries away, and writes down that they were.
    ///
    /// # Errors
    /// The actor is not an administrator, the log no longer begins with them, or the store does not answer.
    pub async fn prune_audit(&self, now: i64, actor: &Actor, pruned: &Pruned) -> Result<(), Refusal> {
        self.administrators_only(now, actor, PRUNED).await?;
        let entry = audit(now, actor, PRUNED, "audit", pruned.to_string());
        let changes =
            Changes { pruned_audit: Some(pruned.clone()), audit: vec![entry], ..Changes::default() };
        match self.directory().commit(changes).await {
            Err(StoreError::Stale) => Err(Refusal::Changed),
            committed => Ok(committed.map(drop)?),
        }
    }

    async fn administrators_only(&self, now: i64, actor: &Actor, act: &str) -> Result<(), Refusal> {
        if actor.role == Role::Administrator {
            return Ok(());
        }
        self.write_refused(audit(now, actor, act, "", NO_ADMINISTRATOR.to_owned())).await?;
        Err(Refusal::Forbidden(actor.name.clone()))
    }
}

/// Mails that were sent, superseded or given up, and are old.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrunableMails {
    /// They were put in before this, in milliseconds since the Unix epoch.
    pub before: i64,
    /// Each of them, in the order in which they were put in.
    pub mails: Vec<OldMail>,
}

impl<D: Directory + Outbox> Administration<D> {
    /// The mails that wait no longer and were put in before this time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn prunable_mails(&self, before: i64) -> Result<PrunableMails, Refusal> {
        let (mut mails, mut after) = (Vec::new(), 0);
        loop {
            let page = self.directory().mails_after(after, None, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            let old =
                page.into_iter().filter(|mail| mail.state != MailState::Waiting && mail.mail.at < before);
            mails.extend(old.map(|MailRecord { id, mail, folders, .. }| OldMail {
                id,
                message_id: mail.message_id,
                at: mail.at,
                folders,
            }));
        }
        Ok(PrunableMails { before, mails })
    }

    /// Removes these mails from the outbox, and writes down that they were, all from before this time. Their files are
    /// removed before.
    ///
    /// # Errors
    /// The actor is not an administrator, one of them is gone or waits again by now, or the store does not answer.
    pub async fn prune_mails(
        &self,
        now: i64,
        actor: &Actor,
        before: i64,
        mails: Vec<MailId>,
    ) -> Result<(), Refusal> {
        self.administrators_only(now, actor, "prune_mails").await?;
        if mails.is_empty() {
            return Ok(());
        }
        let count = mails.len();
        let plural = if count == 1 { "mail" } else { "mails" };
        let detail = format!("{count} settled {plural} from before {}", time(before));
        let entry = audit(now, actor, "prune_mails", "mails", detail);
        let changes = Changes { removed_mails: mails, audit: vec![entry], ..Changes::default() };
        match self.directory().commit(changes).await {
            Err(StoreError::Stale) => Err(Refusal::Changed),
            committed => Ok(committed.map(drop)?),
        }
    }
}
