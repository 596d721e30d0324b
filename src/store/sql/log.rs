//! The audit log in the database.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::StoreError;
use super::super::audit::pruned::Pruned;
use super::super::audit::{AuditEntry, AuditHead, Found, NewAudit, Place};
use super::rows::{self, get};
use super::transaction::Transaction;
use super::{Sql, failed};

/// Where this process left the log: one that ends before that was put back.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Option<Place>>>);

impl Log {
    /// After a commit: the log ended here. Another that was committed later may have told so before.
    pub(super) fn appended(&self, end: Option<Place>) {
        let Some(end) = end else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.number < end.number) {
            *known = Some(end);
        }
    }

    fn known(&self) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sql {
    /// Appends entries, in a transaction that holds the row of the ends. Answers where the log ends then.
    pub(super) async fn append_audit(
        &self,
        tx: &mut Transaction,
        head: AuditHead,
        entries: Vec<NewAudit>,
    ) -> Result<Option<Place>, StoreError> {
        if entries.is_empty() {
            return Ok(None);
        }
        let found = Found { head, last: last(tx).await?, known: self.log.known() };
        let (appended, head) = found.append(entries, &self.keyring)?;
        for entry in appended {
            put(tx, entry).await?;
        }
        let end = head.place();
        put_head(tx, head).await?;
        Ok(Some(end))
    }
}

/// The last entry that is there, whatever the row of the ends says.
pub(super) async fn last(tx: &mut Transaction) -> Result<Option<Place>, StoreError> {
    let query = sqlx::query("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1");
    let row = query.fetch_optional(&mut **tx).await.map_err(failed)?;
    row.map(|row| Ok(Place { number: get(&row, "number")?, hash: get(&row, "hash")? })).transpose()
}

/// Holds the row of the ends until the transaction is over, and answers where the log was sealed.
pub(super) async fn hold_head(tx: &mut Transaction) -> Result<AuditHead, StoreError> {
    let query = sqlx::query("UPDATE ends SET mail_id = mail_id WHERE id = 1 RETURNING *");
    rows::audit_head(&query.fetch_one(&mut **tx).await.map_err(failed)?)
}

pub(super) async fn put_head(tx: &mut Transaction, head: AuditHead) -> Result<(), StoreError> {
    let text = "UPDATE ends SET audit_number = $1, audit_hash = $2, audit_seal = $3 WHERE id = 1";
    let query = sqlx::query(text).bind(head.number).bind(head.hash).bind(head.seal);
    query.execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn put(tx: &mut Transaction, appended: AuditEntry) -> Result<(), StoreError> {
    let AuditEntry { number, entry, previous, hash, seal } = appended;
    let NewAudit { at, actor, role, origin, act, subject, detail } = entry;
    let text = "INSERT INTO audit (number, at, actor, role, origin, act, subject, detail, previous, hash, seal) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let query = sqlx::query(text).bind(number).bind(at).bind(actor).bind(role).bind(origin);
    let query = query.bind(act).bind(subject).bind(detail).bind(previous).bind(hash).bind(seal);
    query.execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

/// Takes entries away from the beginning of the log, if it begins with them: in a transaction that holds the row of the
/// ends.
pub(super) async fn prune(tx: &mut Transaction, pruned: &Pruned) -> Result<(), StoreError> {
    let text =
        "SELECT (SELECT MIN(number) FROM audit WHERE number > 0) AS first, hash FROM audit WHERE number = $1";
    let query = sqlx::query(text).bind(pruned.last.number);
    let row = query.fetch_optional(&mut **tx).await.map_err(failed)?.ok_or(StoreError::Stale)?;
    if get::<i64>(&row, "first")? != pruned.first || get::<String>(&row, "hash")? != pruned.last.hash {
        return Err(StoreError::Stale);
    }
    let query = sqlx::query("DELETE FROM audit WHERE number >= $1 AND number <= $2");
    query.bind(pruned.first).bind(pruned.last.number).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}
