//! Checks whether the directory can be read and written.

use std::time::Duration;

use tokio::time::timeout;

use super::super::{Directory as _, StoreError};
use super::schema::altered;
use super::{Kind, Sql, failed, room};

/// Time limit for the directory to show that it answers: the client waits 2 s.
const READY_WITHIN: Duration = Duration::from_millis(1_700);

/// Number of bytes written and removed after a failed write: they need new pages, in any database.
const ROOM: usize = 16 * 1024;

impl Sql {
    /// Returns whether the directory answered what it was asked last, took what was written last, and was last found
    /// [`Self::ready`]. It is not asked.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.watch.health.is_fine()
    }

    /// Returns whether the directory can be read, and a write begin. Where the last write failed, one is made that
    /// takes room on the disk, and changes nothing.
    ///
    /// # Errors
    /// It cannot, or not within 1.7 s.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let within = format!("no answer within {} ms", READY_WITHIN.as_millis());
        let proven = timeout(READY_WITHIN, self.proven()).await;
        self.watch.health.note_probe(proven.unwrap_or(Err(StoreError::Unavailable(within))))
    }

    async fn proven(&self) -> Result<(), StoreError> {
        self.tenant().await?;
        if let Kind::Sqlite(file) = &self.kind
            && let Some(lacking) = file.path().parent().and_then(room::lacking)
        {
            return Err(StoreError::Unavailable(lacking));
        }
        let foreign = self.foreign().await?;
        if !foreign.is_empty() {
            return Err(StoreError::Unavailable(altered(&foreign)));
        }
        if self.watch.health.writes_fail() {
            return self.prove_room().await;
        }
        // Given back undone.
        self.begin().await.map(drop)
    }

    /// After a failed write, makes one that needs room. It fails as long as there is none.
    pub(super) async fn prove_room(&self) -> Result<(), StoreError> {
        if !self.watch.health.writes_fail() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let text = "INSERT INTO tenant (id, version, settings) VALUES (0, 0, $1)";
        sqlx::query(text).bind(" ".repeat(ROOM)).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query("DELETE FROM tenant WHERE id = 0").execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}
