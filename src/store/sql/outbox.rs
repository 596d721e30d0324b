//! The outbox in the database.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::any::AnyRow;

use super::super::audit::NewAudit;
use super::super::entropy;
use super::super::mail::{Claim, MailId, MailRecord, MailState, OutboxCounts, Resend, Retry};
use super::super::{Outbox, StoreError};
use super::rows::{self, get};
use super::{Sql, failed};

/// Selects mails with no earlier mail pending: of those about one user to one address only the first is sent.
const FIRST_OF_ITS_OWN: &str = "NOT EXISTS (SELECT 1 FROM mails AS earlier WHERE earlier.user_name = mails.user_name \
                                AND earlier.state = 'waiting' AND earlier.id < mails.id \
                                AND earlier.recipient = mails.recipient)";

static CLAIM_DUE: LazyLock<String> = LazyLock::new(|| {
    // What was free when the inner query looked may be another's by now: the outer conditions look again, at the row as it
    // is when it is taken.
    format!(
        "UPDATE mails SET claim = $1, leased_until = $2, attempts = attempts + 1 WHERE id IN (\
             SELECT id FROM mails WHERE state = 'waiting' AND next_attempt_at <= $3 \
             AND (claim = '' OR leased_until <= $4) AND {FIRST_OF_ITS_OWN} ORDER BY next_attempt_at, id LIMIT $5) \
         AND state = 'waiting' AND (claim = '' OR leased_until <= $6)"
    )
});

static NEXT_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT MIN(CASE WHEN claim <> '' AND leased_until > next_attempt_at THEN leased_until \
         ELSE next_attempt_at END) AS due FROM mails WHERE state = 'waiting' AND {FIRST_OF_ITS_OWN}"
    )
});

impl Outbox for Sql {
    async fn claim_due(&self, now: i64, lease: Duration, limit: u32) -> Result<Vec<MailRecord>, StoreError> {
        let until = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let token = entropy::token();
        // A program that stays looks for mails every few seconds, and so notices when it can write again.
        self.prove_room().await?;
        let mut tx = self.begin().await?;
        let query = sqlx::query(CLAIM_DUE.as_str()).bind(token.clone()).bind(until).bind(now).bind(now);
        let query = query.bind(i64::from(limit)).bind(now);
        query.execute(&mut *tx).await.map_err(failed)?;
        let query =
            sqlx::query("SELECT * FROM mails WHERE claim = $1 ORDER BY next_attempt_at, id").bind(token);
        let claimed = query.fetch_all(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.take_out().await;
        claimed.iter().map(rows::mail).collect()
    }

    async fn note_folder(&self, claim: &Claim, folder: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let text = "UPDATE mails SET folders = folders || $1 WHERE id = $2 AND claim = $3 AND claim <> ''";
        let query = sqlx::query(text).bind(format!("{folder}\n")).bind(claim.id).bind(claim.token.clone());
        let noted = query.execute(&mut *tx).await.map_err(failed)?.rows_affected();
        tx.commit().await.map_err(failed)?;
        Ok(noted == 1)
    }

    async fn settle_sent(&self, claim: &Claim) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let text = "UPDATE mails SET state = 'sent', sealed_pin = NULL, last_error = NULL, claim = '' \
                    WHERE id = $1 AND claim = $2 AND claim <> '' RETURNING carries_pin";
        let query = sqlx::query_scalar(text).bind(claim.id).bind(claim.token.clone());
        let settled: Option<i64> = query.fetch_optional(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        if settled.is_some_and(|carried_pin| carried_pin != 0) {
            self.wiped().await;
        }
        Ok(settled.is_some())
    }

    async fn settle_failed(&self, claim: &Claim, error: &str, retry: Retry) -> Result<bool, StoreError> {
        let (state, at) = match retry {
            Retry::At(at) => (MailState::Waiting, Some(at)),
            Retry::Never => (MailState::Dead, None),
        };
        let mut tx = self.begin().await?;
        let text = "UPDATE mails SET state = CASE WHEN carries_pin = 1 AND sealed_pin IS NULL THEN 'superseded' \
                        ELSE $1 END, next_attempt_at = COALESCE($2, next_attempt_at), \
                    last_error = $3, claim = '' WHERE id = $4 AND claim = $5 AND claim <> ''";
        let query = sqlx::query(text).bind(state.word()).bind(at).bind(error.to_owned());
        let query = query.bind(claim.id).bind(claim.token.clone());
        let settled = query.execute(&mut *tx).await.map_err(failed)?.rows_affected();
        tx.commit().await.map_err(failed)?;
        Ok(settled == 1)
    }

    async fn mails_after(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let rows = match state {
            Some(state) => {
                let text = "SELECT * FROM mails WHERE id > $1 AND state = $2 ORDER BY id LIMIT $3";
                let query = sqlx::query(text).bind(id).bind(state.word()).bind(i64::from(limit));
                query.fetch_all(&self.readers).await
            }
            None => {
                let query = sqlx::query("SELECT * FROM mails WHERE id > $1 ORDER BY id LIMIT $2");
                query.bind(id).bind(i64::from(limit)).fetch_all(&self.readers).await
            }
        };
        rows.map_err(failed)?.iter().map(rows::mail).collect()
    }

    async fn mails_before(
        &self,
        id: MailId,
        state: Option<MailState>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        // One text for both, since a state that is any state is asked for as every one of them.
        let text = "SELECT * FROM mails WHERE id < $1 AND ($2 = '' OR state = $3) ORDER BY id DESC LIMIT $4";
        let word = state.map_or("", MailState::word);
        let query = sqlx::query(text).bind(id).bind(word).bind(word).bind(i64::from(limit));
        query.fetch_all(&self.readers).await.map_err(failed)?.iter().map(rows::mail).collect()
    }

    async fn mail(&self, id: MailId) -> Result<Option<MailRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM mails WHERE id = $1").bind(id);
        let row: Option<AnyRow> = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(rows::mail).transpose()
    }

    async fn resend(&self, id: MailId, now: i64, audit: NewAudit) -> Result<Resend, StoreError> {
        let mut tx = self.begin().await?;
        let text = "UPDATE mails SET state = 'waiting', attempts = 0, next_attempt_at = $1 \
                    WHERE id = $2 AND state <> 'waiting' AND (carries_pin = 0 OR sealed_pin IS NOT NULL)";
        let query = sqlx::query(text).bind(now).bind(id);
        let waits = query.execute(&mut *tx).await.map_err(failed)?.rows_affected() == 1;
        let appended = if waits { self.append(&mut tx, &[], vec![audit]).await? } else { None };
        self.keep(tx, appended).await?;
        if waits {
            return Ok(Resend::Waiting);
        }
        Ok(match self.mail(id).await?.map(|mail| mail.state) {
            None => Resend::Unknown,
            Some(MailState::Waiting) => Resend::NotSettled,
            Some(MailState::Sent | MailState::Dead | MailState::Superseded) => Resend::PinWiped,
        })
    }

    async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let text = "SELECT state, CAST(CASE WHEN attempts > 0 THEN 1 ELSE 0 END AS BIGINT) AS tried, \
                    CAST(COUNT(*) AS BIGINT) AS mails, MIN(put_in_at) AS oldest FROM mails \
                    WHERE state IN ('waiting', 'dead') GROUP BY 1, 2";
        let mut counts = OutboxCounts::default();
        for row in sqlx::query(text).fetch_all(&self.readers).await.map_err(failed)? {
            let (state, tried): (String, i64) = (get(&row, "state")?, get(&row, "tried")?);
            let mails = u64::try_from(get::<i64>(&row, "mails")?).unwrap_or(0);
            let oldest: Option<i64> = get(&row, "oldest")?;
            if state == MailState::Dead.word() {
                counts.dead += mails;
                continue;
            }
            let of = if tried > 0 { &mut counts.deferred } else { &mut counts.waiting };
            *of += mails;
            counts.oldest_at = counts.oldest_at.into_iter().chain(oldest).min();
        }
        Ok(counts)
    }

    async fn next_due(&self) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(NEXT_DUE.as_str()).fetch_one(&self.readers).await.map_err(failed)?;
        get(&row, "due")
    }
}
