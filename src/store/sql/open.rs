//! Opens the database: creates it if it does not exist, and migrates it.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use rustix::fs::{Access, access};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _};

use super::super::durable::private;
use super::super::keyring::{Keyring, lock};
use super::connections::{Readers, Watch};
use super::file::DatabaseFile;
use super::location::Location;
use super::log::Log;
use super::open_error::OpenError;
use super::owner::NotOurs;
use super::{Kind, Sql};
use crate::files::{self, FileError};

/// Every step from an empty database to today's, in order. A step that was released is never changed.
pub(super) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "directory", include_str!("../migrations/0001_directory.sql")),
    (2, "tokens", include_str!("../migrations/0002_tokens.sql")),
    (3, "accounts and words", include_str!("../migrations/0003_accounts_and_words.sql")),
    (4, "lease", include_str!("../migrations/0004_lease.sql")),
    (5, "mails in order", include_str!("../migrations/0005_mails_in_order.sql")),
    (6, "keyring and seals", include_str!("../migrations/0006_keyring_and_seals.sql")),
    (7, "user ids", include_str!("../migrations/0007_user_ids.sql")),
    (8, "records", include_str!("../migrations/0008_records.sql")),
    (9, "mail folders", include_str!("../migrations/0009_mail_folders.sql")),
    (10, "passcodes", include_str!("../migrations/0010_passcodes.sql")),
];

/// Connections that read: more would wait for the same disk.
const READERS: u32 = 8;

/// Connections of PostgreSQL that write. SQLite has one writer at a time, whatever one does.
const WRITERS: u32 = 8;

/// Time limit for waiting for another process's write, in milliseconds: longer than the largest transaction of an
/// import.
pub(super) const BUSY_MS: u32 = 30_000;

/// No version of a schema of SQLite, which are counted from 0.
const NEVER_LOOKED_AT: i64 = -1;

/// Time limit for waiting for a connection; the largest transaction of an import keeps one that long.
const ACQUIRE: Duration = Duration::from_secs(60);

/// Time limit for waiting for the connection of the lease, which nothing else uses.
const KEEPER_ACQUIRE: Duration = Duration::from_secs(2);

impl Sql {
    /// Opens the directory that is kept there.
    ///
    /// # Errors
    /// It cannot be made, opened, or brought up to date, or belongs to another keyring.
    pub async fn open(location: &Location, keyring: Arc<Keyring>) -> Result<Self, OpenError> {
        let newest = keyring.newest();
        let store = Self::connect(location, keyring).await?;
        store.refuse_foreign(location).await?;
        let claimed = store.claim().await.map_err(|error| OpenError::Owner(location.to_string(), error))?;
        claimed.map_err(|not_ours| match not_ours {
            NotOurs::Other(owner) => OpenError::KeyringOther(location.to_string(), owner.id, newest),
            NotOurs::Lost => OpenError::Lost(location.to_string()),
        })?;
        Ok(store)
    }

    /// Refuses a directory that somebody else has changed the ways of.
    pub(super) async fn refuse_foreign(&self, location: &Location) -> Result<(), OpenError> {
        let foreign = self.foreign().await.map_err(|error| OpenError::Owner(location.to_string(), error))?;
        if foreign.is_empty() { Ok(()) } else { Err(OpenError::Foreign(location.to_string(), foreign)) }
    }

    /// Opens a directory that is there to be read: nothing is made, brought up to date or written, and what would write
    /// fails. What is foreign in it is not refused: verifying the audit log reports it.
    ///
    /// # Errors
    /// It is not there, is not of this program, or belongs to another keyring.
    pub async fn look(location: &Location, keyring: Arc<Keyring>) -> Result<Self, OpenError> {
        install_default_drivers();
        let failed = |error| OpenError::Database(location.to_string(), error);
        let owner = |error| OpenError::Owner(location.to_string(), error);
        let newest = keyring.newest();
        let (kind, url, settings) = match location {
            Location::File(path) => {
                let (path, database) = existing_file(path).await?;
                let settings = format!("PRAGMA busy_timeout = {BUSY_MS}; PRAGMA query_only = ON");
                let url = format!("{}{}", url_of(&path), how_to_read(&path));
                (Kind::Sqlite(Arc::new(database)), url, settings)
            }
            Location::Postgres(url) => {
                let settings = "SET default_transaction_read_only = on".to_owned();
                (postgres(url).map_err(failed)?, url.clone(), settings)
            }
        };
        let first =
            first_connection(&url, &settings).await.map_err(|error| OpenError::of(location, error))?;
        let options = AnyPoolOptions::new().acquire_timeout(ACQUIRE).max_connections(1).after_connect(
            move |connection, _| {
                let settings = AssertSqlSafe(settings.clone());
                Box::pin(async move { connection.execute(settings).await.map(|_| ()) })
            },
        );
        let pool = options.connect(&url).await.map_err(failed)?;
        first.close().await.map_err(failed)?;
        let watch = match &kind {
            Kind::Sqlite(file) => Watch::of_file(file),
            Kind::Postgres { .. } => Watch::of_server(url),
        };
        let readers = Readers::new(pool.clone(), &watch);
        let store = Self::over(kind, keyring, (readers, pool), watch);
        // A database without this table is older than any step.
        let step = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&store.readers);
        let (step, last) = (step.await.unwrap_or(0), MIGRATIONS.last().map_or(0, |(version, ..)| *version));
        if step > last {
            return Err(OpenError::Migrate(location.to_string(), MigrateError::VersionMissing(step)));
        }
        let own = if step < last { None } else { store.owner().await.map_err(owner)? };
        let own = own.ok_or_else(|| OpenError::Older(location.to_string()))?;
        if !store.keyring.has(&own) {
            return Err(OpenError::KeyringOther(location.to_string(), own.id, newest));
        }
        Ok(store)
    }

    /// Opens the directory that is kept there, whichever keyring it belongs to.
    pub(super) async fn connect(location: &Location, keyring: Arc<Keyring>) -> Result<Self, OpenError> {
        install_default_drivers();
        match location {
            Location::File(path) => Self::open_file(path, keyring).await,
            Location::Postgres(url) => {
                let failed = |error| OpenError::Database(location.to_string(), error);
                try_once(url).await.map_err(failed)?;
                let options = AnyPoolOptions::new().acquire_timeout(ACQUIRE).max_connections(WRITERS);
                let pool = options.connect(url).await.map_err(failed)?;
                // A lock of PostgreSQL lets one process at a time migrate.
                migrator()
                    .run(&pool)
                    .await
                    .map_err(|error| OpenError::Migrate(location.to_string(), error))?;
                let watch = Watch::of_server(url.clone());
                let readers = Readers::new(pool.clone(), &watch);
                let store = Self::over(postgres(url).map_err(failed)?, keyring, (readers, pool), watch);
                store.index_words().await.map_err(|error| OpenError::Words(location.to_string(), error))?;
                Ok(store)
            }
        }
    }

    fn over(
        kind: Kind,
        keyring: Arc<Keyring>,
        (readers, writers): (Readers, AnyPool),
        watch: Arc<Watch>,
    ) -> Self {
        let (log, wipes, incarnation) = (Log::default(), Arc::default(), Arc::default());
        let schema_version = Arc::new(AtomicI64::new(NEVER_LOOKED_AT));
        Self { kind, keyring, log, readers, writers, watch, wipes, incarnation, schema_version }
    }

    async fn open_file(path: &Path, keyring: Arc<Keyring>) -> Result<Self, OpenError> {
        let file = |error| OpenError::File(path.to_owned(), error);
        let location = Location::File(path.to_owned());
        let failed = |error| OpenError::of(&location, error);
        // SQLite locks nothing while it migrates: one process at a time goes through here.
        let locked = path.to_owned();
        let lock = tokio::task::spawn_blocking(move || lock(&locked)).await;
        let _one_at_a_time = lock.map_err(io::Error::other).map_err(file)?.map_err(OpenError::Keyring)?;
        match files::check(path) {
            Ok(()) => {}
            Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(irregular) => return Err(file(irregular.into())),
        }
        private(OpenOptions::new().append(true).create(true), path).map_err(file)?;
        let path = fs::canonicalize(path).map_err(file)?;
        let database = DatabaseFile::open(&path).await.map_err(OpenError::Name)?;
        // Before it is opened: SQLite makes its other files like the first.
        if may_be_directory(&path).map_err(file)? {
            nobody_else_reads(&path)?;
        }
        let url = url_of(&path);
        // FULL: what was acknowledged is on the disk, also when the power fails. What is deleted is overwritten, PINs of
        // mails among it.
        let settings = format!(
            "PRAGMA busy_timeout = {BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"
        );
        // It stays open until the others are: SQLite has made its files, and a pool that fails to tells nobody why.
        let first = first_connection(&url, &settings).await.map_err(failed)?;
        let options = || {
            // A file does not go away: connections stay open, and none must be opened when the disk is full.
            let options =
                AnyPoolOptions::new().acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None);
            let settings = settings.clone();
            options.after_connect(move |connection, _| {
                let settings = AssertSqlSafe(settings.clone());
                Box::pin(async move { connection.execute(settings).await.map(|_| ()) })
            })
        };
        let writers = options().max_connections(1).connect(&url).await.map_err(failed)?;
        let migrated = migrator().run(&writers).await;
        migrated.map_err(|error| OpenError::unmigrated(&location, error))?;
        let readers = options().max_connections(READERS).connect(&url).await.map_err(failed)?;
        first.close().await.map_err(failed)?;
        let database = Arc::new(database);
        let watch = Watch::of_file(&database);
        let readers = Readers::new(readers, &watch);
        let store = Self::over(Kind::Sqlite(database), keyring, (readers, writers), watch);
        // A program that was killed in the middle of it left something in the log.
        store.wiped().await;
        store.index_words().await.map_err(|error| OpenError::Words(location.to_string(), error))?;
        Ok(store)
    }
}

/// A server of PostgreSQL, with a connection of its own for the lease.
fn postgres(url: &str) -> Result<Kind, sqlx::Error> {
    let keeper = AnyPoolOptions::new().acquire_timeout(KEEPER_ACQUIRE).max_connections(1);
    Ok(Kind::Postgres { keeper: keeper.connect_lazy(url)? })
}

/// The files of SQLite that belong to this one, itself among them.
pub(in super::super) fn files_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        PathBuf::from(file)
    })
}

/// The first bytes of an SQLite file (its file format, section 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Returns whether it is a file of SQLite, or becomes one. What is something else is told so when it is opened.
fn may_be_directory(path: &Path) -> io::Result<bool> {
    let mut begins = Vec::new();
    fs::File::open(path)?.take(SQLITE.len() as u64).read_to_end(&mut begins)?;
    Ok(begins.is_empty() || begins == SQLITE)
}

/// The canonical path of a file that is there, and the file, if it is its owner's alone and has one name.
pub(super) async fn existing_file(path: &Path) -> Result<(PathBuf, DatabaseFile), OpenError> {
    let file = |error| OpenError::File(path.to_owned(), error);
    files::check(path).map_err(|irregular| file(irregular.into()))?;
    let path = fs::canonicalize(path).map_err(file)?;
    if may_be_directory(&path).map_err(file)? {
        nobody_else_reads(&path)?;
    }
    let database = DatabaseFile::open(&path).await.map_err(OpenError::Name)?;
    Ok((path, database))
}

/// Names, addresses and hashes are in the files: made by this program, they are their owner's alone, and SQLite makes
/// the others like the first.
#[cfg(unix)]
fn nobody_else_reads(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::PermissionsExt as _;
    let others_read =
        |file: &PathBuf| fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    let open: Vec<PathBuf> = files_of(path).into_iter().filter(others_read).collect();
    if open.is_empty() { Ok(()) } else { Err(OpenError::Open(open)) }
}

#[cfg(not(unix))]
fn nobody_else_reads(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// The statement that lets a connection of SQLite wait so long for others, in milliseconds.
pub(super) fn busy_timeout(ms: u32) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("PRAGMA busy_timeout = {ms}"))
}

/// Connects once, to be told at once what is wrong: a pool tries again until its time is up.
pub(super) async fn try_once(url: &str) -> Result<(), sqlx::Error> {
    AnyConnection::connect(url).await?.close().await
}

/// The same with settings, and stays connected.
async fn first_connection(url: &str, settings: &str) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    connection.execute(AssertSqlSafe(settings.to_owned())).await?;
    if url.starts_with("sqlite") {
        // The least that makes SQLite look into the file.
        connection.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
    }
    Ok(connection)
}

/// Returns the options for reading a file, to append to its URL. If nothing can be written beside it, and no log is
/// pending, nobody changes it meanwhile.
pub(super) fn how_to_read(path: &Path) -> &'static str {
    let [_, log, _] = files_of(path);
    if !is_closed_to_writing(path) {
        ""
    } else if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        "?mode=ro"
    } else {
        "?immutable=true"
    }
}

pub(super) fn is_closed_to_writing(path: &Path) -> bool {
    access(folder_of(path), Access::WRITE_OK).is_err()
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn migrator() -> Migrator {
    migrator_to(i64::MAX)
}

/// The steps up to this one.
pub(super) fn migrator_to(last: i64) -> Migrator {
    let steps = MIGRATIONS.iter().filter(|(version, ..)| *version <= last).map(|(version, name, sql)| {
        let (name, sql) = (Cow::Borrowed(*name), sql.into_sql_str());
        Migration::new(*version, name, MigrationType::Simple, sql, false)
    });
    Migrator { migrations: steps.collect(), ..Migrator::DEFAULT }
}

/// The URL of a file of SQLite.
pub(super) fn url_of(path: &Path) -> String {
    format!("sqlite://{}", percent_encoded(path))
}

/// A path as it is written in a URL.
fn percent_encoded(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-~".contains(byte);
    let encoded = bytes
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    encoded.collect()
}
