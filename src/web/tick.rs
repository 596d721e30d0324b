//! Tasks that run once a second.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::app::Shared;

const SECOND: Duration = Duration::from_secs(1);

/// Closes a second of the figures and writes down refused acts that were counted, until the service is to end.
pub(crate) fn tick(app: &Shared) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut second = tokio::time::interval(SECOND);
        while !app.stop.is_cancelled() {
            tokio::select! {
                _passed = second.tick() => {
                    app.bridge.events.second();
                    app.write_counted(false).await;
                }
                () = app.stop.cancelled() => {}
            }
        }
    })
}
