//! Transactions that write, and what becomes of their connections.
//!
//! A connection that failed is not trusted. SQLite gives a transaction up by itself when the disk is full, so that
//! nobody can tell from the statements that were sent whether one is open; a connection to PostgreSQL may have lost an
//! answer. So a transaction that is not committed gives its connection back only when a rollback and a probe have
//! shown that no transaction is open; otherwise the connection is closed, and the next act opens another.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, TryStreamExt as _};
use sqlx::any::{AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Execute, Executor, SqlStr};
use tokio::time::{sleep, timeout};

use super::connections::{Answered, Watch, first, lost, planned, streamed};
use super::faults::{Fault, Step};
use super::health::{Access, said};

/// Time limit for rolling back a failed transaction, after which its connection is closed.
const ROLLBACK_WITHIN: Duration = Duration::from_secs(5);

/// Number of tries, and the pause between them, to find the outcome of a commit whose answer was lost: together 3 s,
/// for a server that has not noticed yet that the connection is gone.
const ASK_OUTCOME: (u32, Duration) = (30, Duration::from_millis(100));

/// A transaction that writes. Dropped before it was committed, it is undone.
#[derive(Debug)]
pub(super) struct Transaction {
    statements: Statements,
    writers: AnyPool,
}

/// The statements of a transaction, one after the other.
#[derive(Debug)]
pub(super) struct Statements {
    /// Nothing once it was lost, or given back.
    connection: Option<PoolConnection<Any>>,
    watch: Arc<Watch>,
    /// Why a statement failed: what came before it is not committed without it.
    failed: bool,
    /// Whether something was changed.
    changes: bool,
}

impl Deref for Transaction {
    type Target = Statements;

    fn deref(&self) -> &Statements {
        &self.statements
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Statements {
        &mut self.statements
    }
}

impl Transaction {
    /// Begins one with this statement.
    pub(super) async fn begin(
        writers: &AnyPool,
        watch: &Arc<Watch>,
        begin: &'static str,
    ) -> Result<Self, sqlx::Error> {
        let begun = async {
            let connection = Some(watch.connection(writers).await?);
            let statements =
                Statements { connection, watch: Arc::clone(watch), failed: false, changes: false };
            // It is there before it begins: whatever becomes of the beginning, the connection is looked at.
            let mut transaction = Self { statements, writers: writers.clone() };
            watch.in_place()?;
            transaction.statements.take(Step::Begin, begin).await?;
            Ok(transaction)
        };
        match begun.await {
            Err(error) => watch.health.note(Access::Write, Err(error)),
            begun => begun,
        }
    }

    /// Keeps what was done. When it returns, it is kept, or it is undone.
    ///
    /// A server may have kept it although its answer was lost: then it is asked.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let watch = Arc::clone(&self.statements.watch);
        let committed = self.end().await;
        // A commit that changed nothing proves nothing of the disk.
        if committed.is_err() || self.statements.changes {
            return watch.health.note(Access::Write, committed);
        }
        committed
    }

    async fn end(&mut self) -> Result<(), sqlx::Error> {
        if self.statements.failed {
            return Err(lost("a statement of the transaction had failed"));
        }
        self.statements.watch.in_place()?;
        let number = self.statements.number().await?;
        let committed = self.statements.take(Step::Commit, "COMMIT").await;
        match (committed, number) {
            (Ok(_), _) => {
                // What was committed leaves no transaction behind: its connection goes back as it is.
                self.statements.connection = None;
                Ok(())
            }
            (Err(error @ sqlx::Error::Database(_)), _) | (Err(error), None) => Err(error),
            (Err(error), Some(number)) => {
                self.statements.lose();
                self.outcome(number, error).await
            }
        }
    }

    /// Returns the outcome of a transaction whose commit was not answered.
    async fn outcome(&mut self, number: i64, error: sqlx::Error) -> Result<(), sqlx::Error> {
        let watch = &self.statements.watch;
        let (times, pause) = ASK_OUTCOME;
        for _ in 0..times {
            let mut connection = watch.connection(&self.writers).await?;
            let query = sqlx::query_scalar("SELECT txid_status($1)").bind(number);
            let status: Option<String> = watch.answer(query.fetch_one(&mut *connection)).await?;
            match status.as_deref() {
                Some("committed") => return Ok(()),
                Some("aborted") => return Err(error),
                Some(_) | None => sleep(pause).await,
            }
        }
        Err(lost(&format!("it is not known whether it was done: {}", said(&error))))
    }
}

impl Statements {
    /// The transaction's number, by which a server can be asked what became of it.
    async fn number(&mut self) -> Result<Option<i64>, sqlx::Error> {
        if !self.watch.is_server() {
            return Ok(None);
        }
        let row = self.take(Step::Statement, "SELECT txid_current()").await.map(first)?;
        row.map(|row| sqlx::Row::try_get(&row, 0)).transpose()
    }

    async fn take<'q>(
        &mut self,
        step: Step,
        query: impl Execute<'q, Any> + 'q,
    ) -> Result<Vec<Answered>, sqlx::Error> {
        // Set before the statement, for one that is given up in its middle.
        self.failed = true;
        let watch = Arc::clone(&self.watch);
        let fault = watch.faults.meet(step);
        self.before(fault).await?;
        let connection = self.connection.as_mut().ok_or_else(|| lost("the connection was lost"))?;
        let answered = watch.answer(connection.fetch_many(query).try_collect::<Vec<_>>()).await?;
        if fault == Some(Fault::AnswerLost) {
            self.lose();
            return Err(planned());
        }
        self.failed = false;
        let changes = |answer: &Answered| answer.as_ref().left().is_some_and(|done| done.rows_affected() > 0);
        self.changes |= step == Step::Statement && answered.iter().any(changes);
        Ok(answered)
    }

    /// Carries out a planned fault before its step.
    async fn before(&mut self, fault: Option<Fault>) -> Result<(), sqlx::Error> {
        match fault {
            None | Some(Fault::AnswerLost) => return Ok(()),
            Some(Fault::Refused) => {}
            Some(Fault::RolledBack) => {
                if let Some(connection) = &mut self.connection {
                    let _none_open = connection.execute("ROLLBACK").await;
                }
            }
            Some(Fault::ConnectionLost) => self.lose(),
        }
        Err(planned())
    }

    /// Closes the connection.
    pub(super) fn lose(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

impl Drop for Statements {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            tokio::spawn(give_back(connection, Arc::clone(&self.watch)));
        }
    }
}

/// Gives a connection back whose transaction was not committed, if it is as it was; otherwise it is closed.
async fn give_back(mut connection: PoolConnection<Any>, watch: Arc<Watch>) {
    let whole = if watch.faults.meet(Step::Rollback).is_some() {
        Err(planned())
    } else {
        timeout(ROLLBACK_WITHIN, rolled_back(&mut connection))
            .await
            .unwrap_or_else(|_| Err(lost("no answer")))
    };
    if let Err(error) = whole {
        let cause = said(&error);
        tracing::debug!(target: "attendant::directory", %cause, "a connection to the directory is closed and not used again");
        connection.close_on_drop();
    }
}

/// Ends what is open, and proves that nothing is.
async fn rolled_back(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    // SQLite refuses it where the transaction has ended by itself.
    let _ended_before = connection.execute("ROLLBACK").await;
    // SQLite refuses to begin where a transaction is open.
    connection.execute("BEGIN").await?;
    connection.execute("ROLLBACK").await?;
    Ok(())
}

impl<'c> Executor<'c> for &'c mut Statements {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Answered, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        streamed(self.noted(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move { self.noted(query).await.map(first) })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let connection = self.connection.as_mut().ok_or_else(|| lost("the connection was lost"));
        match connection {
            Ok(connection) => (&mut **connection).prepare_with(sql, parameters),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

impl Statements {
    /// A statement whose failure is told.
    async fn noted<'q>(&mut self, query: impl Execute<'q, Any> + 'q) -> Result<Vec<Answered>, sqlx::Error> {
        let answered = self.take(Step::Statement, query).await;
        match answered {
            Err(error) => self.watch.health.note(Access::Write, Err(error)),
            answered => answered,
        }
    }
}
