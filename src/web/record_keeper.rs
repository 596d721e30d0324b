//! Keeps the records of calls and meetings in the directory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::app::Shared;
use super::live::records::{Message, RECORDS_KEPT, Told};
use crate::clock;
use crate::control::event::MeetingId;
use crate::report::records::{CallRecord, Caller, Names, RecordLine};
use crate::store::StoreError;

/// The part of the program that these lines in the log are of: it is the directory that takes records or does not.
const LOG: &str = "attendant::directory";

/// How many are written in one transaction.
const BATCH: usize = 500;

/// Pause before the directory is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How often old records are removed.
const REMOVAL: Duration = Duration::from_secs(3_600);

/// Writes records into the directory, as long as the program runs, and removes those that are too old. Once the service is to
/// end, what the directory does not take at once is lost, and said.
pub(crate) fn keep_records(app: &Shared) -> Option<JoinHandle<()>> {
    let app = Arc::clone(app);
    let waiting = app.bridge.events.records().waiting()?;
    Some(tokio::spawn(keep(app, waiting)))
}

async fn keep(app: Shared, mut waiting: mpsc::Receiver<Message>) {
    let mut removal = interval(REMOVAL);
    removal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            taken = waiting.recv_many(&mut batch, BATCH) => if taken == 0 { return },
            _passed = removal.tick() => {
                remove_old(&app).await;
                continue;
            }
        }
        let mut lines = Vec::with_capacity(batch.len());
        let mut flushed = Vec::new();
        for message in batch.drain(..) {
            match message {
                Message::Record(told) => lines.push((told.ended_at, line(&app, &told))),
                Message::Flush(kept) => flushed.push(kept),
            }
        }
        write(&app, &lines).await;
        for kept in flushed {
            // Who waited may have gone.
            let _unheard = kept.send(());
        }
    }
}

async fn write(app: &Shared, lines: &[(i64, String)]) {
    let mut is_said = false;
    while let Err(error) = app.store().keep_records(lines).await {
        if app.stop.is_cancelled() {
            let lost = lines.len();
            tracing::error!(target: LOG, lost, cause = %error, "records of calls were lost");
            return;
        }
        if !is_said {
            tracing::warn!(target: LOG, cause = %error, "records of calls wait until the directory takes them");
            is_said = true;
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = app.stop.cancelled() => {}
        }
    }
}

async fn remove_old(app: &Shared) {
    let kept = i64::try_from(RECORDS_KEPT.as_millis()).unwrap_or(i64::MAX);
    match app.store().remove_records(clock::epoch_ms() - kept).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(target: LOG, removed, "records older than 90 days were removed"),
        Err(error @ StoreError::Unavailable(_)) => {
            tracing::debug!(target: LOG, cause = %error, "no old records were removed");
        }
        Err(error) => tracing::warn!(target: LOG, cause = %error, "no old records were removed"),
    }
}

fn line(app: &Shared, told: &Told) -> String {
    let names = NamesOf { app, told };
    let line = RecordLine::of(&told.record, app.bridge.events.records().wall(), &names);
    serde_json::to_string(&line).unwrap_or_default()
}

struct NamesOf<'a> {
    app: &'a Shared,
    told: &'a Told,
}

impl Names for NamesOf<'_> {
    fn caller(&self, _record: &CallRecord) -> Caller {
        self.told.caller.clone()
    }

    fn organizer(&self, meeting: MeetingId) -> String {
        self.app.bridge.meeting_name(meeting)
    }
}
