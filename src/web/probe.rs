//! Looks again and again whether the directory can be read and written, whether or not anybody calls or asks: its figure,
//! its line in the log and the alert do not wait for a caller to fail.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::app::Shared;

/// Interval at which the directory is looked at: a scrape is seldom less than 10 s after the one before.
const LOOK: Duration = Duration::from_secs(5);

/// Looks until the service is to end. What is found is told by the directory itself.
pub(crate) fn probe_directory(app: &Shared) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while app.stop.run_until_cancelled(look.tick()).await.is_some() {
            let _told_in_the_log = app.store().ready().await;
        }
    })
}
