//! Tells open streams that the directory has changed.

use tokio::sync::watch;

/// The number of the last audit entry that was seen.
#[derive(Debug)]
pub(crate) struct Changed(watch::Sender<i64>);

impl Default for Changed {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Changed {
    /// Returns what learns of the next change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }

    /// Tells subscribers, if this is another entry than the last one.
    pub(super) fn saw(&self, number: i64) {
        self.0.send_if_modified(|seen| std::mem::replace(seen, number) != number);
    }
}
