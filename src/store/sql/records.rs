//! Records of calls and meetings in the database.

use sqlx::any::AnyRow;

use super::super::StoreError;
use super::rows::get;
use super::{Sql, failed};

/// A record that is kept: the line of JSON that it is given out as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptRecord {
    /// Its number, in the order in which records were kept.
    pub id: i64,
    /// When the call or the meeting ended, in milliseconds since the Unix epoch.
    pub ended_at: i64,
    /// The line.
    pub line: String,
}

/// A page of records: those that ended from `from` on and before `until`, after the record `after`, at most `limit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordPage {
    /// In milliseconds since the Unix epoch.
    pub from: i64,
    /// In milliseconds since the Unix epoch.
    pub until: i64,
    /// The number of the last record of the page before; 0 for the first.
    pub after: i64,
    /// The largest number of records.
    pub limit: u32,
}

impl Sql {
    /// Keeps records, all or none: when each ended, and its line.
    ///
    /// # Errors
    /// The database does not answer, is full, or another bridge has taken the directory over; none is kept.
    pub async fn keep_records(&self, records: &[(i64, String)]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let text = "UPDATE ends SET record_id = record_id + $1 WHERE id = 1 RETURNING record_id";
        let query = sqlx::query(text).bind(records.len() as i64);
        let last = get::<i64>(&query.fetch_one(&mut *tx).await.map_err(failed)?, "record_id")?;
        for (id, (ended_at, line)) in (last - records.len() as i64 + 1..).zip(records) {
            let query = sqlx::query("INSERT INTO records (id, ended_at, line) VALUES ($1, $2, $3)");
            query.bind(id).bind(*ended_at).bind(line.clone()).execute(&mut *tx).await.map_err(failed)?;
        }
        self.keep(tx, None).await
    }

    /// Returns a page of the records, in the order in which they were kept.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn records(&self, page: RecordPage) -> Result<Vec<KeptRecord>, StoreError> {
        let text = "SELECT id, ended_at, line FROM records WHERE ended_at >= $1 AND ended_at < $2 AND id > $3 \
                    ORDER BY id LIMIT $4";
        let RecordPage { from, until, after, limit } = page;
        let query = sqlx::query(text).bind(from).bind(until).bind(after).bind(i64::from(limit));
        let rows = query.fetch_all(&self.readers).await.map_err(failed)?;
        rows.iter().map(kept).collect()
    }

    /// Returns a page of the records, the last first: those before the record `before`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn records_before(
        &self,
        (from, until): (i64, i64),
        before: i64,
        limit: u32,
    ) -> Result<Vec<KeptRecord>, StoreError> {
        let text = "SELECT id, ended_at, line FROM records WHERE ended_at >= $1 AND ended_at < $2 AND id < $3 \
                    ORDER BY id DESC LIMIT $4";
        let query = sqlx::query(text).bind(from).bind(until).bind(before).bind(i64::from(limit));
        let rows = query.fetch_all(&self.readers).await.map_err(failed)?;
        rows.iter().map(kept).collect()
    }

    /// Removes the records of what ended before then; answers how many.
    ///
    /// # Errors
    /// The database does not answer; all are there.
    pub async fn remove_records(&self, before: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let query = sqlx::query("DELETE FROM records WHERE ended_at < $1").bind(before);
        let removed = query.execute(&mut *tx).await.map_err(failed)?.rows_affected();
        self.keep(tx, None).await?;
        Ok(removed)
    }
}

fn kept(row: &AnyRow) -> Result<KeptRecord, StoreError> {
    Ok(KeptRecord { id: get(row, "id")?, ended_at: get(row, "ended_at")?, line: get(row, "line")? })
}
