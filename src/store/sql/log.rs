//! The audit log in the database.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::StoreError;
use super::super::audit::pruned::Pruned;
use super::super::audit::{AuditEntry, AuditHead, Found, NewAudit, Place};
use super::rows::{self, get};
use super::transaction::Transaction;
use super::{Kind, Sql, failed};

/// The last place in the log that this process saw: a log that ends before it was restored from a backup.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Option<Place>>>);

impl Log {
    /// After a commit: the log ended here. Another that was committed later may have told so before.
    fn appended(&self, end: Place) {
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
    /// Appends entries, in a transaction that holds the row of the ends. Answers what is to be there when it is over.
    pub(super) async fn append_audit(
        &self,
        tx: &mut Transaction,
        head: AuditHead,
        entries: Vec<NewAudit>,
    ) -> Result<Option<Appended>, StoreError> {
        if entries.is_empty() {
            return Ok(None);
        }
        let found = Found { head, last: last(tx).await?, known: self.log.known() };
        let (entries, head) = found.append(entries, &self.keyring)?;
        for entry in entries.clone() {
            put(tx, entry).await?;
        }
        put_head(tx, head.clone()).await?;
        Ok(Some(Appended { entries, head }))
    }

    /// Ends a transaction: keeps what it did if all of what it appended to the log is there as it was written, and undoes
    /// it otherwise. An act without its entry does not happen, whatever the database was made to do with the entry.
    pub(super) async fn keep(
        &self,
        mut tx: Transaction,
        appended: Option<Appended>,
    ) -> Result<(), StoreError> {
        self.fence(&mut tx).await?;
        if let Some(appended) = &appended
            && let Err(error) = self.is_written(&mut tx, appended).await
        {
            // PostgreSQL keeps what it prepared by a rule that lets nothing happen, also when the rule is gone.
            tx.lose();
            return Err(error);
        }
        tx.commit().await.map_err(failed)?;
        if let Some(appended) = appended {
            self.log.appended(appended.head.place());
        }
        Ok(())
    }

    /// Refuses a transaction in which the database does something else than it is told.
    async fn is_written(&self, tx: &mut Transaction, appended: &Appended) -> Result<(), StoreError> {
        self.is_unaltered(tx).await?;
        if let Kind::Postgres { .. } = self.kind {
            // What is put off until the commit happens now, and is seen.
            let query = sqlx::query("SET CONSTRAINTS ALL IMMEDIATE");
            query.execute(&mut **tx).await.map_err(failed)?;
        }
        appended.is_there(tx).await
    }
}

/// The entries that a transaction appended to the log.
#[derive(Debug)]
pub(super) struct Appended {
    entries: Vec<AuditEntry>,
    head: AuditHead,
}

impl Appended {
    /// Refuses a transaction in which it is not there as it was written.
    async fn is_there(&self, tx: &mut Transaction) -> Result<(), StoreError> {
        let first = self.entries.first().map_or(0, |entry| entry.number);
        let query = sqlx::query("SELECT * FROM audit WHERE number >= $1 ORDER BY number").bind(first);
        let rows = query.fetch_all(&mut **tx).await.map_err(failed)?;
        let entries: Vec<AuditEntry> = rows.iter().map(rows::audit_entry).collect::<Result<_, _>>()?;
        let query = sqlx::query("SELECT * FROM ends WHERE id = 1");
        let head = rows::audit_head(&query.fetch_one(&mut **tx).await.map_err(failed)?)?;
        if entries == self.entries && head == self.head {
            return Ok(());
        }
        tracing::error!(target: "attendant::audit", "the database does not keep entries of the audit log as they are written");
        let why = "the database did not keep the act's entry in the audit log as it was written, so the act was undone";
        Err(StoreError::Unavailable(why.to_owned()))
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
