//! Empties the outbox: claims what is due, sends several mails at once, settles each.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::SendError;
use super::courier::Courier;
use super::retry::{LEASE_MARGIN, next_attempt};
use crate::store::keyring::Keyring;
use crate::store::mail::{MailRecord, Retry};
use crate::store::{Outbox, StoreError};

/// The part of the program that its lines in the log are of.
const LOG: &str = "attendant::mail";

/// The most mails that are sent at once: servers hold more connections from one sender for an attack (Postfix's
/// `smtpd_client_connection_count_limit` is 50), and a silent one takes only its place, not all of them.
pub const AT_ONCE: usize = 8;

/// Interval at which a permanent worker looks for mails that another process added.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The results of a delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Delivered {
    /// Taken by a server or a folder.
    pub sent: usize,
    /// To be tried again.
    pub deferred: usize,
    /// Given up.
    pub dead: usize,
}

/// The shortest pause between two looks, whatever the store says of what is due.
const LOOK_AGAIN_LEAST: Duration = Duration::from_millis(50);

/// Says what time it is: milliseconds since the Unix epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Sends the mails of an outbox. Copies share it.
pub struct Worker<O> {
    outbox: Arc<O>,
    keyring: Arc<Keyring>,
    courier: Arc<Courier>,
    now: Now,
    /// Uniformly random bits.
    draw: fn() -> u64,
    stopping: Arc<AtomicBool>,
    /// A mail was put in by this process.
    woken: Arc<Notify>,
    /// What became of mails so far.
    tried: Arc<Mutex<Delivered>>,
}

impl<O> fmt::Debug for Worker<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("courier", &self.courier).finish_non_exhaustive()
    }
}

impl<O> Clone for Worker<O> {
    fn clone(&self) -> Self {
        Self {
            outbox: Arc::clone(&self.outbox),
            keyring: Arc::clone(&self.keyring),
            courier: Arc::clone(&self.courier),
            now: Arc::clone(&self.now),
            draw: self.draw,
            stopping: Arc::clone(&self.stopping),
            woken: Arc::clone(&self.woken),
            tried: Arc::clone(&self.tried),
        }
    }
}

impl<O: Outbox + 'static> Worker<O> {
    /// A worker on this outbox; time and chance are passed in.
    pub fn new(outbox: Arc<O>, keyring: Arc<Keyring>, courier: Courier, now: Now, draw: fn() -> u64) -> Self {
        let (stopping, woken, tried) = (Arc::default(), Arc::default(), Arc::default());
        Self { outbox, keyring, courier: Arc::new(courier), now, draw, stopping, woken, tried }
    }

    /// Sends what is due, until nothing is. A mail that fails does not hold up the others. Told to stop, it claims no
    /// more, and returns when those under way are settled.
    ///
    /// # Errors
    /// The store is unavailable. What was claimed and not settled is claimed again when its lease ends.
    pub async fn deliver_due(&self) -> Result<Delivered, StoreError> {
        let mut under_way = JoinSet::new();
        let mut delivered = Delivered::default();
        let mut trouble = None;
        loop {
            let free = AT_ONCE - under_way.len();
            // After the first trouble nothing more is claimed, but what is under way is not dropped half sent.
            if free > 0 && trouble.is_none() && !self.stopping.load(Ordering::Relaxed) {
                let lease = self.courier.longest() + LEASE_MARGIN;
                let limit = u32::try_from(free).unwrap_or(u32::MAX);
                match self.outbox.claim_due((self.now)(), lease, limit).await {
                    Err(error) => trouble = Some(error),
                    Ok(claimed) => {
                        for record in claimed {
                            let worker = self.clone();
                            under_way.spawn(async move { worker.send_and_settle(record).await });
                        }
                    }
                }
            }
            match under_way.join_next().await {
                Some(Ok(Ok(settled))) => delivered.count(settled),
                Some(Ok(Err(error))) => trouble = Some(error),
                Some(Err(error)) => {
                    trouble = Some(StoreError::Unavailable(format!("a mail's task ended: {error}")));
                }
                None => return trouble.map_or(Ok(delivered), Err),
            }
        }
    }

    /// Sends mails as they fall due, until `stop` comes; those under way are settled before it returns. A store that
    /// is unavailable is asked again.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) -> Delivered {
        let mut all = Delivered::default();
        let mut stop = pin!(stop);
        loop {
            let round = self.deliver_due();
            let mut round = pin!(round);
            let (delivered, stopped) = tokio::select! {
                delivered = &mut round => (delivered, false),
                () = &mut stop => {
                    self.stopping.store(true, Ordering::Relaxed);
                    (round.await, true)
                }
            };
            match delivered {
                Ok(delivered) => all.add(delivered),
                // The directory itself says once that it does not answer.
                Err(error) => tracing::debug!(target: LOG, %error, "mail waits"),
            }
            if stopped {
                return all;
            }
            tokio::select! {
                () = tokio::time::sleep(self.pause().await) => {}
                () = self.woken.notified() => {}
                () = &mut stop => return all,
            }
        }
    }

    /// Lets a worker that stays look at once: a mail was put in.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Until the next mail falls due, but not longer than it may take to see one that was put in meanwhile.
    async fn pause(&self) -> Duration {
        match self.outbox.next_due().await {
            Ok(Some(due)) => {
                let ms = u64::try_from(due.saturating_sub((self.now)())).unwrap_or_default();
                Duration::from_millis(ms).clamp(LOOK_AGAIN_LEAST, LOOK_AGAIN)
            }
            Ok(None) | Err(_) => LOOK_AGAIN,
        }
    }

    /// Returns what became of mails so far, each attempt counted.
    #[must_use]
    pub fn tried(&self) -> Delivered {
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send_and_settle(&self, record: MailRecord) -> Result<Settled, StoreError> {
        let (id, kind) = (record.id, record.mail.kind.word());
        if let Some(folder) = self.courier.folder().map(|folder| folder.display().to_string())
            && !record.folders.contains(&folder)
        {
            self.outbox.note_folder(&record.claim, &folder).await?;
        }
        let (ours, settled) = match self.courier.send(&record, &self.keyring).await {
            Ok(()) => {
                let ours = self.outbox.settle_sent(&record.claim).await?;
                tracing::info!(target: LOG, mail = id, kind, attempts = record.attempts, "sent");
                (ours, Settled::Sent)
            }
            Err(failure) => {
                let retry = match &failure {
                    SendError::Never(_) => Retry::Never,
                    SendError::Later(_) => {
                        let next =
                            next_attempt(self.courier.retry(), record.attempts, (self.now)(), self.draw);
                        next.map_or(Retry::Never, Retry::At)
                    }
                };
                let settled = match retry {
                    // Replaced while another worker had it, which then was killed: nobody is to do anything about it.
                    Retry::Never if record.is_outdated() => Settled::Superseded,
                    Retry::Never => Settled::Dead,
                    Retry::At(_) => Settled::Deferred,
                };
                match settled {
                    Settled::Dead => tracing::warn!(
                        target: LOG,
                        mail = id,
                        kind,
                        attempts = record.attempts,
                        reason = failure.reason(),
                        "not sent, and given up"
                    ),
                    Settled::Superseded => {
                        tracing::info!(target: LOG, mail = id, kind, "not sent, as its PIN was replaced");
                    }
                    Settled::Sent | Settled::Deferred => tracing::warn!(
                        target: LOG,
                        mail = id,
                        kind,
                        attempts = record.attempts,
                        reason = failure.reason(),
                        "not sent, and tried again"
                    ),
                }
                (self.outbox.settle_failed(&record.claim, failure.reason(), retry).await?, settled)
            }
        };
        if !ours {
            tracing::warn!(target: LOG, mail = id, "its claim had expired: another worker sends it too");
        }
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).count(settled);
        Ok(settled)
    }
}

/// The result for one mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Settled {
    Sent,
    Deferred,
    Dead,
    Superseded,
}

impl Delivered {
    fn count(&mut self, settled: Settled) {
        match settled {
            Settled::Sent => self.sent += 1,
            Settled::Deferred => self.deferred += 1,
            Settled::Dead => self.dead += 1,
            Settled::Superseded => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.deferred += other.deferred;
        self.dead += other.dead;
    }
}
