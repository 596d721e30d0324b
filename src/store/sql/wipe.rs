//! Wipes data from the files of SQLite too.
//!
//! A page that changes is written to the write-ahead log, and the pages of before stay there, and in the file, until
//! something else overwrites them: a PIN that was wiped when its mail was sent could be read there for days. So deleted
//! content is overwritten (`secure_delete`), and after a wipe the log is written back and emptied. PostgreSQL keeps
//! what it deletes in a way of its own, which only its administrators rule.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Executor as _, Row as _};

use super::open::busy_timeout;
use super::{Kind, Sql};

/// Time limit for waiting for readers of the log, in milliseconds; meanwhile nobody writes. Reads take a few.
const READERS_MS: u32 = 1_000;

/// The wipes that are in the write-ahead log.
#[derive(Debug, Default)]
pub(super) struct Wipes {
    /// How many there were.
    committed: AtomicU64,
    /// How many of them are out of the log. One takes all out that are in it.
    out: tokio::sync::Mutex<u64>,
}

impl Sql {
    /// Something that was secret was overwritten, and this is committed: takes it out of the log. One that cannot be
    /// taken out now, since somebody reads for long, is taken out with the next, or with the next look for mails.
    pub(super) async fn wiped(&self) {
        self.wipes.committed.fetch_add(1, Ordering::SeqCst);
        self.take_out().await;
    }

    /// Takes out what was wiped, if something is left.
    pub(super) async fn take_out(&self) {
        if matches!(self.kind, Kind::Postgres { .. }) {
            return;
        }
        let mine = self.wipes.committed.load(Ordering::SeqCst);
        let mut out = self.wipes.out.lock().await;
        if *out >= mine {
            return;
        }
        let all = self.wipes.committed.load(Ordering::SeqCst);
        match self.empty_log().await {
            Ok(true) => *out = all,
            Ok(false) => {
                tracing::debug!(target: "attendant::directory", "somebody reads: what was wiped is still in the write-ahead log");
            }
            Err(error) => {
                tracing::debug!(target: "attendant::directory", %error, "what was wiped is still in the write-ahead log");
            }
        }
    }

    /// Writes the log back and empties it; false if somebody still read from it.
    async fn empty_log(&self) -> Result<bool, sqlx::Error> {
        self.watch.in_place()?;
        let mut connection = self.watch.connection(&self.writers).await?;
        let emptied = async {
            connection.execute(busy_timeout(READERS_MS)).await?;
            let row = connection.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            connection.execute(busy_timeout(super::open::BUSY_MS)).await?;
            Ok(row.try_get::<i64, _>(0)? == 0)
        };
        let emptied = emptied.await;
        if emptied.is_err() {
            connection.close_on_drop();
        }
        emptied
    }
}
