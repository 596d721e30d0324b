//! The store in a database: SQLite in a file, or PostgreSQL. One text of SQL serves both.
//!
//! SQLite has one writer at a time: a pool of one connection writes, and others read beside it in the write-ahead
//! log. Every write is a transaction that begins by taking what it will need, so that none fails in its middle because
//! another was faster.

mod connections;
mod copy;
mod directory;
pub mod faults;
mod file;
mod health;
mod inspection;
mod lease;
mod location;
mod log;
mod open;
mod open_error;
mod outbox;
mod owner;
mod ready;
mod records;
mod room;
mod rows;
mod schema;
mod search_index;
mod transaction;
mod wipe;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use sqlx::AnyPool;

use connections::{Readers, Watch};
pub(super) use copy::{load, snapshot};
use file::DatabaseFile;
pub use file::NameError;
pub(super) use inspection::damage;
pub use lease::{Holder, Lease, LeaseError, Lost};
pub use location::Location;
use log::Log;
pub(super) use open::files_of;
pub use open_error::OpenError;
pub use records::{KeptRecord, RecordPage};
use transaction::Transaction;
use wipe::Wipes;

use super::StoreError;
use super::keyring::Keyring;

/// The kind of database.
#[derive(Clone, Debug)]
enum Kind {
    Sqlite(Arc<DatabaseFile>),
    Postgres {
        /// A connection of its own for the lease; it is made when it is needed first.
        keeper: AnyPool,
    },
}

/// The store.
#[derive(Clone)]
pub struct Sql {
    kind: Kind,
    keyring: Arc<Keyring>,
    log: Log,
    readers: Readers,
    writers: AnyPool,
    watch: Arc<Watch>,
    wipes: Arc<Wipes>,
    /// The incarnation under which commits are made; 0 without a lease.
    incarnation: Arc<AtomicI64>,
    /// The schema of SQLite in which nothing foreign was found last.
    schema_version: Arc<AtomicI64>,
}

impl fmt::Debug for Sql {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sql").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Sql {
    /// Returns the size of the database on disk, in bytes, including the write-ahead log.
    ///
    /// # Errors
    /// The store is unavailable.
    pub async fn size(&self) -> Result<u64, StoreError> {
        match &self.kind {
            Kind::Sqlite(file) => {
                let bytes = |file| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
                Ok(open::files_of(file.path()).map(bytes).iter().sum())
            }
            Kind::Postgres { .. } => {
                let size = "SELECT CAST(pg_database_size(current_database()) AS BIGINT)";
                let size: i64 = sqlx::query_scalar(size).fetch_one(&self.readers).await.map_err(failed)?;
                Ok(u64::try_from(size).unwrap_or(0))
            }
        }
    }

    /// Writes back what waits, and closes every connection. Those to a file that has gone stay open until the process ends:
    /// SQLite would take away the log of the file that has its name now.
    pub async fn close(&self) {
        if matches!(&self.kind, Kind::Sqlite(file) if file.is_gone()) {
            std::mem::forget(self.clone());
            return;
        }
        self.take_out().await;
        self.readers.close().await;
        self.writers.close().await;
        if let Kind::Postgres { keeper } = &self.kind {
            keeper.close().await;
        }
    }

    /// A transaction that writes. In SQLite it waits for its turn here, and not at its first write, where it would
    /// fail if another had written since it began to read.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        let begin = match self.kind {
            Kind::Sqlite(_) => "BEGIN IMMEDIATE",
            Kind::Postgres { .. } => "BEGIN",
        };
        Transaction::begin(&self.writers, &self.watch, begin).await.map_err(failed)
    }
}

/// Converts a database error for the caller.
fn failed(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(database) = &error {
        let message = database.message();
        // SQLite names the column, PostgreSQL the index; both have the name in them.
        if database.is_unique_violation() && message.contains("conference_id") {
            return StoreError::ConferenceIdTaken;
        }
        // Two processes added the same user or setting at once.
        if database.is_unique_violation() {
            return StoreError::Stale;
        }
    }
    StoreError::Unavailable(health::said(&error))
}
