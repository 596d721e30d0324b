//! Follows changes of the directory by any process: open streams and meetings see them within a second.
//! What gives a right, as a PIN, asks the directory in any case.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::app::Shared;
use crate::store::audit::{AuditEntry, LOCKED_OUT, NewAudit};
use crate::store::record::key_of;
use crate::store::{Directory as _, StoreError};

/// Interval at which changes are looked for (BEHAVIOUR 6.9: within a second), however many meetings and streams
/// there are: one row is read, the end of the audit log, in which everything stands that administrators change.
const LOOK: Duration = Duration::from_millis(500);

/// Entries that are read at once. Where there are more, every open meeting hears what is said of it now.
const ENTRIES_MAX: u32 = 500;

/// How the detail of an entry begins that tells of something refused.
const REFUSED: &str = "refused";

/// Looks until the service is to end.
pub(crate) fn follow_directory(app: &Shared) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let (mut look, mut heard) = (interval(LOOK), None);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !app.stop.is_cancelled() {
            tokio::select! {
                _passed = look.tick() => {}
                // What was done just before is told of too.
                () = app.stop.cancelled() => {}
            }
            // A directory that does not answer now is looked at again.
            if let Err(error) = hear(&app, &mut heard).await {
                tracing::debug!(target: "attendant::audit", %error, "the changes could not be determined");
            }
        }
    })
}

/// Tells of what has changed since the entry that was heard last; of nothing at the first look.
async fn hear(app: &Shared, heard: &mut Option<i64>) -> Result<(), StoreError> {
    let number = app.store().audit_head().await?.number;
    app.changed.saw(number);
    let Some(last) = *heard else {
        let before = "acts of the audit log are logged from the entry after this one on";
        tracing::info!(target: "attendant::audit", number, "{before}");
        *heard = Some(number);
        return Ok(());
    };
    if last == number {
        return Ok(());
    }
    let entries = app.store().audit_after(last, ENTRIES_MAX).await?;
    log_acts(&entries, number - last);
    // A log that is shorter than it was says nothing of what has changed.
    let all = number < last || entries.len() == ENTRIES_MAX as usize;
    let whose = if all || entries.iter().any(|entry| concerns_all(&entry.entry.act)) {
        None
    } else {
        Some(entries.iter().map(|entry| key_of(&entry.entry.subject)).collect())
    };
    if whose.is_none() {
        app.bridge.follow_policy().await?;
        app.bridge.follow_numbers().await?;
    }
    app.bridge.tell_open_meetings(whose.as_ref()).await?;
    *heard = Some(number);
    Ok(())
}

/// Writes to the program's log what was done and refused since the last look, by any process: acts, sign-ins, lockouts.
fn log_acts(entries: &[AuditEntry], all: i64) {
    for record in entries {
        let NewAudit { actor, role, origin, act, subject, detail, at: _ } = &record.entry;
        let number = record.number;
        if detail.starts_with(REFUSED) || act == LOCKED_OUT {
            tracing::warn!(target: "attendant::audit", number, actor, role, origin, subject, detail, "{act}");
        } else {
            tracing::info!(target: "attendant::audit", number, actor, role, origin, subject, detail, "{act}");
        }
    }
    let more = all - i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if more > 0 {
        tracing::info!(target: "attendant::audit", more, "more entries are in `attendant audit list`");
    }
}

/// Returns whether an act, by its word in the audit log, changes something for others than its subject: the tenant's
/// settings and the numbers, or many users.
fn concerns_all(act: &str) -> bool {
    let acts = ["set_tenant", "reset_tenant", "add_number", "set_number", "remove_number", "import"];
    acts.contains(&act)
}
