//! Checks that the keyring is the directory's own. The directory keeps the name and a fingerprint of its newest key:
//! another keyring would find every PIN unknown, and what it hashes and seals the right one could not read.

use std::path::Path;
use std::sync::Arc;

use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::super::StoreError;
use super::super::audit::{AuditHead, Found, Place};
use super::super::keyring::{KeyMark, Keyring, KeyringError};
use super::file::DatabaseFile;
use super::location::Location;
use super::open_error::OpenError;
use super::rows::get;
use super::transaction::Transaction;
use super::{Sql, failed, log};
use crate::clock;
use crate::files;

/// Conditions, by table, that are true only of a directory that has been used. Every act that made one true left an
/// entry in the audit log too.
const USED: &[(&str, &str)] = &[
    ("keyring", "SELECT 1 FROM keyring"),
    ("users", "SELECT 1 FROM users WHERE name_key <> ''"),
    ("tenant", "SELECT 1 FROM tenant WHERE version > 0"),
    ("numbers", "SELECT 1 FROM numbers"),
    ("tokens", "SELECT 1 FROM tokens"),
    ("accounts", "SELECT 1 FROM accounts"),
    ("audit", "SELECT 1 FROM audit"),
    ("ends", "SELECT 1 FROM ends WHERE mail_id > 0 OR audit_number > 0"),
];

/// Finds a row where the directory was used, by those of the tables that are there.
fn used_text(is_there: impl Fn(&str) -> bool) -> AssertSqlSafe<String> {
    let there = USED.iter().filter(|(table, _)| is_there(table));
    let each: Vec<String> = there.map(|(_, text)| format!("OR EXISTS ({text})")).collect();
    AssertSqlSafe(format!("SELECT 1 WHERE 1 = 0 {}", each.join(" ")))
}

impl Sql {
    /// Opens a directory with the keyring of this file, which is made if both are new.
    ///
    /// # Errors
    /// As for [`Sql::open`]; or the keyring cannot be read, or is not there and the directory is used already.
    pub async fn open_with(location: &Location, keyring: &Path) -> Result<(Self, Arc<Keyring>), OpenError> {
        let keyring = Arc::new(keyring_for(location, keyring).await?);
        let store = Self::open(location, Arc::clone(&keyring)).await?;
        if let Err(error) = keyring.set_owns_directory(true) {
            tracing::debug!(target: "attendant::directory", %error, "the keyring does not tell that a directory belongs to it");
        }
        Ok((store, keyring))
    }

    /// Begins a new directory, though another belonged to the keyring of this file.
    ///
    /// # Errors
    /// As for [`Sql::open_with`]; or there is a directory that somebody has used.
    pub async fn create_with(location: &Location, keyring: &Path) -> Result<(Self, Arc<Keyring>), OpenError> {
        if used(location).await? {
            return Err(OpenError::Used(location.to_string()));
        }
        match Keyring::existing(keyring) {
            Err(KeyringError::Missing(_)) => {}
            existing => {
                let forgotten = existing.and_then(|keyring| keyring.set_owns_directory(false));
                forgotten.map_err(OpenError::Keyring)?;
            }
        }
        Self::open_with(location, keyring).await
    }

    /// Opens a directory that is there with the keyring of this file, to be read.
    ///
    /// # Errors
    /// As for [`Sql::inspect_with`]; or somebody else has changed the ways of the database.
    pub async fn look_with(location: &Location, keyring: &Path) -> Result<(Self, Arc<Keyring>), OpenError> {
        let (store, keyring) = Self::inspect_with(location, keyring).await?;
        store.refuse_foreign(location).await?;
        Ok((store, keyring))
    }

    /// The same for commands that look for what others may have done there.
    ///
    /// # Errors
    /// As for [`Sql::look`]; or the keyring is not there or cannot be read.
    pub async fn inspect_with(
        location: &Location,
        keyring: &Path,
    ) -> Result<(Self, Arc<Keyring>), OpenError> {
        let read = match Keyring::existing(keyring) {
            Err(KeyringError::Missing(path)) if used(location).await? => {
                return Err(OpenError::KeyringMissing(location.to_string(), path));
            }
            read => Arc::new(read.map_err(OpenError::Keyring)?),
        };
        refuse_lost(location, &read).await?;
        Ok((Self::look(location, Arc::clone(&read)).await?, read))
    }

    /// Returns whether nothing is at this place yet: no file, or a database without a table. Nothing is made.
    ///
    /// # Errors
    /// The server does not answer, or lets nobody in.
    pub async fn is_absent(location: &Location) -> Result<bool, OpenError> {
        if let Location::File(path) = location {
            return Ok(path.symlink_metadata().is_err());
        }
        let failed = |error| OpenError::Database(location.to_string(), error);
        let (connection, tables) = tables(location).await.map_err(failed)?;
        connection.close().await.map_err(failed)?;
        Ok(tables.is_empty())
    }

    /// Makes this keyring the directory's own, whichever was before. Answers the key by which the other is known, if it
    /// was another.
    ///
    /// # Errors
    /// As for [`Sql::open`].
    pub async fn adopt(
        location: &Location,
        keyring: Arc<Keyring>,
    ) -> Result<(Self, Option<String>), OpenError> {
        if keyring.owns_directory() && !used(location).await? {
            return Err(OpenError::Lost(location.to_string()));
        }
        let store = Self::connect(location, keyring).await?;
        store.refuse_foreign(location).await?;
        let adopted = store.take_keyring().await;
        let before = adopted.map_err(|error| OpenError::Owner(location.to_string(), error))?;
        Ok((store, before))
    }

    async fn take_keyring(&self) -> Result<Option<String>, StoreError> {
        let mut tx = self.begin().await?;
        let head = log::hold_head(&mut tx).await?;
        let owner = owner(&mut tx).await?;
        if owner.is_none() {
            self.begin_log(&mut tx, head).await?;
        }
        put_owner(&mut tx, &self.keyring.mark()).await?;
        tx.commit().await.map_err(failed)?;
        Ok(owner.filter(|owner| !self.keyring.has(owner)).map(|owner| owner.id))
    }

    /// Sees to it that the keyring is the directory's own, and remembers its newest key. A directory that has none yet is
    /// given this one, and its audit log a sealed beginning.
    ///
    /// # Errors
    /// The directory belongs to another keyring, or the database does not answer.
    pub(super) async fn claim(&self) -> Result<Result<(), NotOurs>, StoreError> {
        let newest = self.keyring.mark();
        if self.owner().await?.as_ref() == Some(&newest) {
            return Ok(Ok(()));
        }
        let mut tx = self.begin().await?;
        let head = log::hold_head(&mut tx).await?;
        match owner(&mut tx).await? {
            Some(owner) if !self.keyring.has(&owner) => return Ok(Err(NotOurs::Other(owner))),
            Some(_) => {}
            None if self.keyring.owns_directory() && !has_use(&mut tx).await? => {
                return Ok(Err(NotOurs::Lost));
            }
            None => self.begin_log(&mut tx, head).await?,
        }
        put_owner(&mut tx, &newest).await?;
        tx.commit().await.map_err(failed)?;
        Ok(Ok(()))
    }

    /// The key by which the directory's own keyring is known; nothing before the first opening.
    pub(super) async fn owner(&self) -> Result<Option<KeyMark>, StoreError> {
        let query = sqlx::query("SELECT * FROM keyring WHERE id = 1");
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(mark).transpose()
    }

    /// Remembers the newest key, after a rotation.
    ///
    /// # Errors
    /// The directory belongs to another keyring meanwhile, or the database does not answer.
    pub async fn remember_key(&self) -> Result<(), StoreError> {
        let not_ours = |not_ours| {
            StoreError::Unavailable(match not_ours {
                NotOurs::Other(owner) => format!("it belongs to the keyring with the key {}", owner.id),
                NotOurs::Lost => "it was emptied".to_owned(),
            })
        };
        self.claim().await?.map_err(not_ours)
    }

    /// Seals the end of a log that is new, or of a program that gave no seals to entries. Any other is left as it is: what
    /// is appended to it says that its end was not sealed.
    async fn begin_log(&self, tx: &mut Transaction, head: AuditHead) -> Result<(), StoreError> {
        if head == AuditHead::default() {
            if !has_use(tx).await? {
                log::put_head(tx, AuditHead::sealed(Place::default(), &self.keyring)).await?;
            }
            return Ok(());
        }
        let found = Found { head, last: log::last(tx).await?, known: None };
        if let Some(begun) = found.begin_seals(clock::epoch_ms(), &self.keyring) {
            let (entry, head) = begun?;
            log::put(tx, entry).await?;
            log::put_head(tx, head).await?;
        }
        Ok(())
    }
}

/// Why a directory is not given to a keyring.
#[derive(Debug)]
pub(super) enum NotOurs {
    /// It belongs to another, known by this key.
    Other(KeyMark),
    /// It is as nobody has used it, and the keyring had one.
    Lost,
}

/// Returns whether somebody has used the directory.
async fn has_use(tx: &mut Transaction) -> Result<bool, StoreError> {
    let used = sqlx::query(used_text(|_| true)).fetch_optional(&mut **tx).await;
    Ok(used.map_err(failed)?.is_some())
}

/// Refuses to make a directory in the place of one that the keyring had. What else is in a database than nothing is seen
/// when it is open.
async fn refuse_lost(location: &Location, keyring: &Keyring) -> Result<(), OpenError> {
    if !keyring.owns_directory() {
        return Ok(());
    }
    let is_empty = match location {
        Location::File(path) => std::fs::metadata(path).map_or_else(
            |error| error.kind() == std::io::ErrorKind::NotFound,
            |metadata| metadata.is_file() && metadata.len() == 0,
        ),
        Location::Postgres(_) => Sql::is_absent(location).await?,
    };
    if is_empty { Err(OpenError::Lost(location.to_string())) } else { Ok(()) }
}

/// The keyring of a directory: a new one only for a directory that is new.
async fn keyring_for(location: &Location, path: &Path) -> Result<Keyring, OpenError> {
    Keyring::tidy(path).map_err(OpenError::Keyring)?;
    match Keyring::existing(path) {
        Err(KeyringError::Missing(_)) => {}
        existing => {
            let keyring = existing.map_err(OpenError::Keyring)?;
            refuse_lost(location, &keyring).await?;
            return Ok(keyring);
        }
    }
    if !used(location).await? {
        return Keyring::at(path).map_err(OpenError::Keyring);
    }
    // Somebody may have made both since it was looked for: the keyring comes first.
    match Keyring::existing(path) {
        Err(KeyringError::Missing(path)) => Err(OpenError::KeyringMissing(location.to_string(), path)),
        existing => existing.map_err(OpenError::Keyring),
    }
}

/// Returns whether there is a directory that somebody has used, or that has a keyring; nothing is made or changed.
pub(super) async fn used(location: &Location) -> Result<bool, OpenError> {
    if let Location::File(path) = location
        && path.exists()
    {
        let file = |error| OpenError::File(path.clone(), error);
        files::check(path).map_err(|irregular| file(irregular.into()))?;
        let path = std::fs::canonicalize(path).map_err(file)?;
        DatabaseFile::open(&path).await.map_err(OpenError::Name)?;
    }
    has_been_used(location).await.map_err(|error| OpenError::Database(location.to_string(), error))
}

/// The tables of a database that is there, and the connection that named them.
async fn tables(location: &Location) -> Result<(AnyConnection, Vec<String>), sqlx::Error> {
    install_default_drivers();
    let (url, tables) = match location {
        Location::File(path) => {
            (super::open::url_of(path), "SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        Location::Postgres(url) => {
            let tables =
                "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema()";
            (url.clone(), tables)
        }
    };
    let mut connection = AnyConnection::connect(&url).await?;
    let tables = sqlx::query_scalar(tables).fetch_all(&mut connection).await?;
    Ok((connection, tables))
}

async fn has_been_used(location: &Location) -> Result<bool, sqlx::Error> {
    if let Location::File(path) = location
        && !path.exists()
    {
        return Ok(false);
    }
    let (mut connection, tables) = tables(location).await?;
    let text = used_text(|name| tables.iter().any(|table| table == name));
    let used = sqlx::query(text).fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(used.is_some())
}

async fn owner(tx: &mut Transaction) -> Result<Option<KeyMark>, StoreError> {
    let query = sqlx::query("SELECT * FROM keyring WHERE id = 1");
    query.fetch_optional(&mut **tx).await.map_err(failed)?.as_ref().map(mark).transpose()
}

fn mark(row: &AnyRow) -> Result<KeyMark, StoreError> {
    Ok(KeyMark { id: get(row, "key_id")?, fingerprint: get(row, "fingerprint")? })
}

async fn put_owner(tx: &mut Transaction, newest: &KeyMark) -> Result<(), StoreError> {
    let text = "INSERT INTO keyring (id, key_id, fingerprint) VALUES (1, $1, $2) \
                ON CONFLICT (id) DO UPDATE SET key_id = excluded.key_id, fingerprint = excluded.fingerprint";
    let query = sqlx::query(text).bind(newest.id.clone()).bind(newest.fingerprint.clone());
    query.execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}
