//! Connections to the database: waited for, but not where nobody is; and those that read.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fmt, io};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Either, Execute, Executor, SqlStr};
use tokio::time::timeout;

use super::faults::{Fault, Faults, Step};
use super::file::DatabaseFile;
use super::health::{Access, Health, said};
use super::open::try_once;

/// Time to wait for a connection before checking whether the database is there at all.
const LOOK_AFTER: Duration = Duration::from_millis(500);

/// Time limit for a server to accept a connection that only checks whether it is there.
const LET_IN_WITHIN: Duration = Duration::from_millis(400);

/// Time limit for one answer of a server: longer than the largest statement of an import. A network that swallows
/// everything would let one wait for many minutes.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The state that all connections of a store share.
#[derive(Debug)]
pub(super) struct Watch {
    /// The server, which can go away; nothing for a file.
    server: Option<Server>,
    /// The file, which can go away too; nothing for a server.
    pub(super) file: Option<Arc<DatabaseFile>>,
    pub(super) health: Health,
    pub(super) faults: Faults,
}

impl Watch {
    pub(super) fn of_server(url: String) -> Arc<Self> {
        let server = Server { url, looks: AtomicU64::new(0), looking: tokio::sync::Mutex::default() };
        Arc::new(Self {
            server: Some(server),
            file: None,
            health: Health::default(),
            faults: Faults::default(),
        })
    }

    pub(super) fn of_file(file: &Arc<DatabaseFile>) -> Arc<Self> {
        let file = Some(Arc::clone(file));
        Arc::new(Self { server: None, file, health: Health::default(), faults: Faults::default() })
    }

    /// Refuses to write into a file that has not its one name any more.
    pub(super) fn in_place(&self) -> Result<(), sqlx::Error> {
        let checked = self.file.as_ref().map_or(Ok(()), |file| file.check());
        checked.map_err(|error| lost(&error.to_string()))
    }

    /// A connection of this pool. A pool tries again for a minute to reach a server that is gone, and tells nobody why:
    /// one that has waited for long looks at the server.
    pub(super) async fn connection(&self, pool: &AnyPool) -> Result<PoolConnection<Any>, sqlx::Error> {
        let mut acquiring = pin!(pool.acquire());
        let Some(server) = &self.server else { return acquiring.await };
        loop {
            match timeout(LOOK_AFTER, &mut acquiring).await {
                Ok(acquired) => return acquired,
                // It is there: all connections are in use, and one waits for one's turn.
                Err(_) => server.is_there().await?,
            }
        }
    }

    /// Returns whether the database is a server, which may have done what it did not answer.
    pub(super) fn is_server(&self) -> bool {
        self.server.is_some()
    }

    /// Waits for an answer, but not for ever if a network is between.
    pub(super) async fn answer<T>(
        &self,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        if self.server.is_none() {
            return asked.await;
        }
        let silent = || lost(&format!("no answer within {} s", ANSWER_WITHIN.as_secs()));
        timeout(ANSWER_WITHIN, asked).await.unwrap_or_else(|_| Err(silent()))
    }
}

/// A server of PostgreSQL.
struct Server {
    /// It may hold a password, and is not shown.
    url: String,
    /// How many looks have begun.
    looks: AtomicU64,
    /// The number of the last look that ended, and why it failed. One looks for all who wait.
    looking: tokio::sync::Mutex<(u64, Option<String>)>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// Returns whether it lets somebody in; a look that began after this was asked is taken for one's own.
    async fn is_there(&self) -> Result<(), sqlx::Error> {
        let before = self.looks.load(Ordering::SeqCst);
        let mut looking = self.looking.lock().await;
        if looking.0 <= before {
            let number = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
            let silent = |_| Err(lost(&format!("no connection within {} ms", LET_IN_WITHIN.as_millis())));
            let found = timeout(LET_IN_WITHIN, try_once(&self.url)).await.unwrap_or_else(silent);
            *looking = (number, found.err().map(|error| said(&error)));
        }
        looking.1.as_deref().map_or(Ok(()), |why| Err(lost(why)))
    }
}

/// A connection that is not usable any more.
pub(super) fn lost(why: &str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::other(why.to_owned()))
}

pub(super) fn planned() -> sqlx::Error {
    lost("a planned fault")
}

pub(super) type Answered = Either<AnyQueryResult, AnyRow>;

/// Connections that read.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    pool: AnyPool,
    watch: Arc<Watch>,
}

impl Readers {
    pub(super) fn new(pool: AnyPool, watch: &Arc<Watch>) -> Self {
        Self { pool, watch: Arc::clone(watch) }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    async fn read<'q>(&self, query: impl Execute<'q, Any> + 'q) -> Result<Vec<Answered>, sqlx::Error> {
        let read = async {
            let mut connection = self.watch.connection(&self.pool).await?;
            let fault = self.watch.faults.meet(Step::Read);
            if fault.is_some_and(|fault| fault != Fault::Refused) {
                connection.close_on_drop();
            }
            if fault.is_some() {
                return Err(planned());
            }
            self.watch.answer(connection.fetch_many(query).try_collect()).await
        };
        self.watch.health.note(Access::Read, read.await)
    }
}

/// Answers that have all arrived, as the library hands them on.
pub(super) fn streamed<'e>(
    answered: impl Future<Output = Result<Vec<Answered>, sqlx::Error>> + Send + 'e,
) -> BoxStream<'e, Result<Answered, sqlx::Error>> {
    let streamed = stream::once(answered).map_ok(|all| stream::iter(all.into_iter().map(Ok)));
    streamed.try_flatten().boxed()
}

pub(super) fn first(answered: Vec<Answered>) -> Option<AnyRow> {
    answered.into_iter().find_map(Either::right)
}

impl<'p> Executor<'p> for &'p Readers {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Answered, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        streamed(self.read(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        Box::pin(async move { self.read(query).await.map(first) })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [AnyTypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }
}
