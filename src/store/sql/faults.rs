//! Faults that tests plan: a step that the store takes with its database fails, whichever step that is.
//!
//! A disk that is full, a server that goes away and an answer that is lost happen at every statement of an act; a test
//! lets each of them happen at the first step of an act, at the second, and so on to its last. Without a plan nothing
//! fails, and a step costs the look at one number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::{AssertSqlSafe, Executor as _};

use super::super::StoreError;
use super::{Sql, failed};

/// A step that the store takes with its database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A question outside of a transaction.
    Read,
    /// The begin of a transaction that writes.
    Begin,
    /// A statement within a transaction.
    Statement,
    /// The end of a transaction whose changes are to be kept.
    Commit,
    /// The end of a transaction that failed, before its connection is used again.
    Rollback,
}

/// The way in which a step fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The database refuses it, and the transaction stays open.
    Refused,
    /// The database refuses it and gives the whole transaction up, as SQLite does when the disk is full.
    RolledBack,
    /// The connection ends before the step is carried out.
    ConnectionLost,
    /// The step is carried out, and the connection ends before the answer arrives.
    AnswerLost,
}

impl Fault {
    /// Every kind of fault.
    pub const ALL: [Self; 4] = [Self::Refused, Self::RolledBack, Self::ConnectionLost, Self::AnswerLost];
}

/// The plan of a store: at most one step fails.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many steps are still taken until one fails, that one counted; 0 for no plan.
    until: AtomicU64,
    plan: Mutex<Option<(Fault, Option<Step>)>>,
}

impl Faults {
    /// Lets the step of this number fail, counted from now and from 1. It replaces the plan of before.
    pub fn plan(&self, number: u64, fault: Fault) {
        *self.lock() = Some((fault, None));
        self.until.store(number, Ordering::SeqCst);
    }

    /// Ends the plan. Answers the step that failed by it; nothing if so many steps were not taken.
    pub fn clear(&self) -> Option<Step> {
        self.until.store(0, Ordering::SeqCst);
        self.lock().take().and_then(|(_, met)| met)
    }

    /// The fault that this step meets.
    pub(super) fn meet(&self, step: Step) -> Option<Fault> {
        if self.until.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let before = self.until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before != Ok(1) {
            return None;
        }
        let mut plan = self.lock();
        let (fault, met) = plan.as_mut()?;
        *met = Some(step);
        Some(*fault)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Fault, Option<Step>)>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most pages that a file of SQLite can have.
const PAGES_MAX: u32 = 4_294_967_294;

impl Sql {
    /// The faults that this store is to meet.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.watch.faults
    }

    /// Lets the file of SQLite have no more pages than it has, as on a full disk, or again as many as it needs.
    ///
    /// # Errors
    /// The store is unavailable, or no file.
    pub async fn fill(&self, full: bool) -> Result<(), StoreError> {
        let pages = if full { 1 } else { PAGES_MAX };
        let mut connection = self.watch.connection(&self.writers).await.map_err(failed)?;
        // A limit below what the file has is what the file has.
        let limit = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        connection.execute(limit).await.map_err(failed)?;
        Ok(())
    }
}
