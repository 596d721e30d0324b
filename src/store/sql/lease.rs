//! The lease of a directory: of the bridges that would answer calls on it, one at a time does.
//!
//! Two would answer the same users as two bridges that never meet. On SQLite the lease is a lock of the operating system
//! on a file beside the database, and another on the database itself ([`super::file`]), which end with the process that
//! holds them, however that ends. On PostgreSQL it is a row, by the time of the database: a lock of a session is lost with
//! its connection, and its holder is not told.
//! Each time that somebody takes the row it gets another incarnation, and who holds an earlier one commits nothing more.
//! Commands that only read and write users need no lease.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fmt, fs, io};

use sqlx::{AnyPool, AssertSqlSafe};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::super::StoreError;
use super::super::durable::{beside, lock_file};
use super::connections::{Watch, lost};
use super::file::{NameError, Served};
use super::health::{Access, LOG};
use super::rows::get;
use super::transaction::Transaction;
use super::{Kind, Sql, failed};

/// Time after which a row that is not renewed counts as free, in milliseconds (SCALE 1.3: three renewals).
const ROW_MS: i64 = 3_000;

/// Interval at which it is renewed, and a file is looked for.
const RENEWED_EVERY: Duration = Duration::from_secs(1);

/// Time limit for a renewal; after it the connection counts as lost.
const RENEWED_WITHIN: Duration = Duration::from_secs(2);

/// Interval at which a waiting process checks whether it is free.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// Number of tries for a file: for a second, longer than a killed process takes to release it.
const FILE_TRIES: u32 = 10;

/// So many looks in a row find the file of the database gone until the bridge ends: somebody who moves it away by
/// mistake can move it back.
const GONE_LOOKS: u32 = 5;

/// Of what is written of a holder, as many characters are shown.
const HOLDER_CHARS: usize = 300;

/// And as many bytes are read.
const HOLDER_BYTES: u64 = 4_096;

/// The time of the database, in milliseconds since the Unix epoch.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// The holder of a lease: process, host, address and start, in readable form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder(String);

impl Holder {
    /// This process, which listens there, since then in milliseconds since the Unix epoch.
    #[must_use]
    pub fn here(url: &str, since: i64) -> Self {
        let host = whoami::hostname().unwrap_or_else(|_| "this host".to_owned());
        let since = jiff::Timestamp::from_millisecond(since).unwrap_or_default();
        Self(format!("process {} on {host}, at {url}, since {since:.0}", std::process::id()))
    }

    /// Parses the text that a holder wrote.
    fn written(text: &str) -> Self {
        let line = text.lines().next().unwrap_or_default();
        let line: String = line.chars().filter(|c| !c.is_control()).take(HOLDER_CHARS).collect();
        Self(if line.is_empty() { "an unknown process".to_owned() } else { line })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a lease was not had.
#[derive(Debug)]
pub enum LeaseError {
    /// Another bridge has it.
    Held(Holder),
    /// The file of the database does not have one name.
    Name(NameError),
    /// The file of the lease cannot be opened.
    File(PathBuf, io::Error),
    /// The database does not answer.
    Store(StoreError),
}

impl fmt::Display for LeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(holder) => {
                write!(f, "another bridge serves this directory: {holder}; stop that one first")
            }
            Self::Name(error) => error.fmt(f),
            Self::File(path, error) => write!(f, "the lock {}: {error}", path.display()),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LeaseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Name(error) => Some(error),
            Self::Held(_) => None,
        }
    }
}

impl From<StoreError> for LeaseError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A directory's lease, held until it is given back, lost, or dropped.
#[derive(Debug)]
pub struct Lease {
    holder: Holder,
    held: Held,
}

#[derive(Debug)]
enum Held {
    File(FileLock),
    Row(Row),
}

/// The locks, as one process has them.
#[derive(Debug)]
struct FileLock {
    path: PathBuf,
    /// The file of that path.
    file: Mutex<File>,
    /// The database itself.
    database: Served,
    watch: Arc<Watch>,
}

/// The reason why a lease was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lost {
    /// Another bridge has it.
    To(Holder),
    /// The database's file is not there any more, or another has its name; says which.
    Gone(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(holder) => write!(f, "another bridge has taken over this directory: {holder}"),
            Self::Gone(why) => f.write_str(why),
        }
    }
}

/// The row, as one process has it.
#[derive(Debug)]
struct Row {
    /// A connection of its own: behind busy writers a bridge in good health would lose its lease.
    connection: AnyPool,
    /// The incarnation for the store's commits; 0 while there is no lease.
    incarnation: Arc<AtomicI64>,
}

/// The result of a renewal.
enum Renewal {
    Held,
    LostTo(Holder),
}

impl Sql {
    /// Takes the lease of this directory. Where it was a process's that was killed a moment ago, it is waited for: a
    /// second for a file, and until a row ends that nobody renews.
    ///
    /// # Errors
    /// Another process has it, or the store is unavailable.
    pub async fn lease(&self, holder: Holder) -> Result<Lease, LeaseError> {
        let held = match &self.kind {
            Kind::Sqlite(database) => {
                let path = beside(database.path(), "serve");
                let failed = |error| LeaseError::File(path.clone(), error);
                let file = until_free(|| try_file(&path, &holder)).await.map_err(failed)?;
                let file = Mutex::new(file.map_err(LeaseError::Held)?);
                let itself = || Ok(database.try_serve()?.ok_or(()));
                let itself = until_free(itself).await.map_err(failed)?;
                let elsewhere = |()| LeaseError::Name(NameError::ServedElsewhere(database.path().to_owned()));
                let database = itself.map_err(elsewhere)?;
                database.check().map_err(LeaseError::Name)?;
                let watch = Arc::clone(&self.watch);
                Held::File(FileLock { path, file, database, watch })
            }
            Kind::Postgres { keeper } => {
                let row = Row { connection: keeper.clone(), incarnation: Arc::clone(&self.incarnation) };
                row.take(&holder).await?;
                Held::Row(row)
            }
        };
        Ok(Lease { holder, held })
    }

    /// Refuses what a bridge reads to give rights by, once another has the lease that it holds; this is whose it is.
    pub(super) fn is_still_ours(&self, incarnation: i64) -> Result<(), StoreError> {
        let ours = self.incarnation.load(Ordering::Acquire);
        if ours == 0 || ours == incarnation { Ok(()) } else { Err(another_serves()) }
    }

    /// Returns whether a transaction of this process may be committed: it may not once another has taken the lease that
    /// it holds.
    pub(super) async fn fence(&self, tx: &mut Transaction) -> Result<(), StoreError> {
        let incarnation = self.incarnation.load(Ordering::Acquire);
        if incarnation == 0 {
            return Ok(());
        }
        let query = sqlx::query("SELECT 1 FROM lease WHERE id = 1 AND incarnation = $1").bind(incarnation);
        match query.fetch_optional(&mut **tx).await.map_err(failed)? {
            Some(_) => Ok(()),
            None => Err(another_serves()),
        }
    }
}

impl Lease {
    /// Keeps it; comes when another process has it, or when the file of the database is gone. As long as nobody else has it,
    /// it is held, whether it can be renewed or not: a database that is away for a while ends no call.
    pub async fn lost(&self) -> Lost {
        let mut again = interval(RENEWED_EVERY);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut in_order = true;
        let mut gone = 0;
        loop {
            again.tick().await;
            let renewal = match &self.held {
                Held::File(lock) => {
                    let found = lock.look();
                    gone = if matches!(found, Err(NameError::Removed(_) | NameError::Replaced(_))) {
                        gone + 1
                    } else {
                        0
                    };
                    if let Err(error) = found
                        && gone == GONE_LOOKS
                    {
                        return Lost::Gone(error.to_string());
                    }
                    still_there(&lock.path, &lock.file, &self.holder)
                }
                Held::Row(row) => row.renew(&self.holder).await,
            };
            match renewal {
                Ok(Renewal::LostTo(holder)) => return Lost::To(holder),
                Ok(Renewal::Held) => in_order = true,
                Err(error) => {
                    if std::mem::take(&mut in_order) {
                        // The cause is told by the store's own health, once.
                        tracing::warn!(
                            target: LOG,
                            "the lease cannot be renewed; the bridge goes on until another has it"
                        );
                        tracing::debug!(target: LOG, %error, "the lease was not renewed");
                    }
                }
            }
        }
    }

    /// Gives it back: the next bridge need not wait for its end. What cannot be given back ends by itself.
    pub async fn release(self) {
        match self.held {
            Held::File(_) => {}
            Held::Row(row) => row.release().await,
        }
    }
}

fn another_serves() -> StoreError {
    StoreError::Unavailable("another bridge serves this directory now".to_owned())
}

impl FileLock {
    /// Looks whether the database still has its one name; what is wrong with it is told once, and nothing is written.
    fn look(&self) -> Result<(), NameError> {
        let found = self.database.check();
        if let Err(error) = &found {
            self.watch.health.fails(Access::Write, &lost(&error.to_string()));
        }
        found
    }
}

/// Tries to take something until nobody else has it. A process that was killed lets go of it once the system has cleared it
/// away, which may be a moment after the killer went on.
async fn until_free<T, E>(mut take: impl FnMut() -> io::Result<Result<T, E>>) -> io::Result<Result<T, E>> {
    let mut again = interval(ASKED_EVERY);
    let mut tries = 1..FILE_TRIES;
    loop {
        again.tick().await;
        let taken = take()?;
        if taken.is_ok() || tries.next().is_none() {
            return Ok(taken);
        }
    }
}

/// The locked file, or who has it.
fn try_file(path: &Path, holder: &Holder) -> io::Result<Result<File, Holder>> {
    let mut file = lock_file(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Who cannot be read is told as one that has not said.
            let _unread = file.take(HOLDER_BYTES).read_to_string(&mut text);
            return Ok(Err(Holder::written(&text)));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let text = format!("{holder}\n");
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        // The lock is what counts: a full disk keeps no bridge from service.
        tracing::warn!(target: LOG, %error, "the lock of the directory does not say who holds it");
    }
    Ok(Ok(file))
}

/// Returns whether the file that is locked is still the one of that name. One that somebody cleared away is made again,
/// for it would keep nobody out any more.
fn still_there(path: &Path, locked: &Mutex<File>, holder: &Holder) -> Result<Renewal, StoreError> {
    let failed = |error: io::Error| StoreError::Unavailable(error.to_string());
    let mut locked = locked.lock().unwrap_or_else(PoisonError::into_inner);
    if is_named(path, &locked).map_err(failed)? {
        return Ok(Renewal::Held);
    }
    Ok(match try_file(path, holder).map_err(failed)? {
        Ok(file) => {
            *locked = file;
            Renewal::Held
        }
        Err(by) => Renewal::LostTo(by),
    })
}

#[cfg(unix)]
fn is_named(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let this = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (this.dev(), this.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_named(path: &Path, _: &File) -> io::Result<bool> {
    path.try_exists()
}

impl Row {
    /// Takes the row once nobody has it any more: its holder renews it within that time.
    async fn take(&self, holder: &Holder) -> Result<(), LeaseError> {
        let mut again = interval(ASKED_EVERY);
        let mut first = None;
        loop {
            again.tick().await;
            if let Some(incarnation) = self.try_take(holder).await? {
                self.incarnation.store(incarnation, Ordering::Release);
                return Ok(());
            }
            let (by, expires) = self.look().await?;
            match first {
                None => {
                    tracing::info!(target: LOG, %by, "the lease of the directory is held; it is waited for until it is renewed, or ends");
                    first = Some(expires);
                }
                Some(first) if first == expires => {}
                Some(_) => return Err(LeaseError::Held(by)),
            }
        }
    }

    /// Takes the row if nobody has it. It may wait for another process that takes it, which is safe: its condition is
    /// in the row itself, which PostgreSQL looks at again after the wait (SCALE 1.4).
    async fn try_take(&self, holder: &Holder) -> Result<Option<i64>, StoreError> {
        let text = format!(
            "UPDATE lease SET holder = $1, incarnation = incarnation + 1, expires = {NOW} + {ROW_MS} \
             WHERE id = 1 AND expires <= {NOW} RETURNING incarnation"
        );
        let query = sqlx::query_scalar(AssertSqlSafe(text)).bind(holder.0.clone());
        if let Some(incarnation) = query.fetch_optional(&self.connection).await.map_err(failed)? {
            return Ok(Some(incarnation));
        }
        // A row that somebody deleted is made again. The time is more than any incarnation that was counted.
        let text = format!(
            "INSERT INTO lease (id, holder, incarnation, expires) VALUES (1, $1, {NOW}, {NOW} + {ROW_MS}) \
             ON CONFLICT (id) DO NOTHING RETURNING incarnation"
        );
        let query = sqlx::query_scalar(AssertSqlSafe(text)).bind(holder.0.clone());
        query.fetch_optional(&self.connection).await.map_err(failed)
    }

    async fn look(&self) -> Result<(Holder, i64), StoreError> {
        let row =
            sqlx::query("SELECT holder, expires FROM lease WHERE id = 1").fetch_one(&self.connection).await;
        let row = row.map_err(failed)?;
        Ok((Holder::written(&get::<String>(&row, "holder")?), get(&row, "expires")?))
    }

    async fn renew(&self, holder: &Holder) -> Result<Renewal, StoreError> {
        let late = |_| StoreError::Unavailable("a renewal took too long".to_owned());
        timeout(RENEWED_WITHIN, self.renew_in_time(holder)).await.map_err(late)?
    }

    async fn renew_in_time(&self, holder: &Holder) -> Result<Renewal, StoreError> {
        let text = format!("UPDATE lease SET expires = {NOW} + {ROW_MS} WHERE id = 1 AND incarnation = $1");
        let query = sqlx::query(AssertSqlSafe(text)).bind(self.incarnation.load(Ordering::Acquire));
        if query.execute(&self.connection).await.map_err(failed)?.rows_affected() == 1 {
            return Ok(Renewal::Held);
        }
        // Another took it and has gone again, or the database was put back to an earlier time: then nobody has it.
        if let Some(incarnation) = self.try_take(holder).await? {
            self.incarnation.store(incarnation, Ordering::Release);
            return Ok(Renewal::Held);
        }
        Ok(Renewal::LostTo(self.look().await?.0))
    }

    async fn release(&self) {
        let text = "UPDATE lease SET expires = 0 WHERE id = 1 AND incarnation = $1";
        let query = sqlx::query(text).bind(self.incarnation.load(Ordering::Acquire));
        if let Err(error) = query.execute(&self.connection).await {
            tracing::warn!(target: LOG, %error, "the lease of the directory ends by itself");
        }
    }
}
