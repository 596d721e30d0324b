//! What is changed in the directory, by whichever process: heard within a second.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::app::Shared;
use crate::store::Directory as _;

/// How often it is looked whether anything is another (BEHAVIOUR 6.9: within a second), however many meetings and streams
/// there are: one row is read, the end of the audit log, in which everything stands that administrators change.
const LOOK: Duration = Duration::from_millis(500);

/// The number of the last audit entry that was seen, for whoever must hear of the next.
#[derive(Debug)]
pub(crate) struct Changed(watch::Sender<i64>);

impl Changed {
    /// Nothing was seen yet.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Tells of the next change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }
}

/// Looks until the program is to end.
pub(super) fn follow(app: &Shared) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !app.stop.is_cancelled() {
            tokio::select! {
                _passed = look.tick() => {}
                () = app.stop.cancelled() => return,
            }
            // A directory that does not answer now is looked at again.
            if let Ok(head) = app.store().audit_head().await {
                app.changed.0.send_if_modified(|seen| std::mem::replace(seen, head.number) != head.number);
            }
        }
    })
}
