//! What is asked of a database to see whether all of a directory is there and readable.

use std::collections::BTreeMap;

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use super::super::StoreError;
use super::location::Location;
use super::open::{existing_file, how_to_read, url_of};
use super::open_error::OpenError;
use super::rows::get;
use super::{Sql, failed};

/// Rows that are read at once.
const PAGE: i64 = 1_000;

/// Tables whose rows hold a secret under a key of the keyring: table, its key, the secret.
const SECRETS: &[(&str, &str, &str)] = &[
    ("users", "name_key", "pin_hash"),
    ("users", "name_key", "passcode_hash"),
    ("accounts", "name_key", "password"),
    ("tokens", "id", "hash"),
    ("mails", "message_id", "sealed_pin"),
];

/// Returns what SQLite finds damaged in its file, in its own words; nothing for a server, which looks after its pages itself.
///
/// # Errors
/// The file is not there, or so damaged that it cannot be opened.
pub(in super::super) async fn damage(location: &Location) -> Result<Vec<String>, OpenError> {
    let Location::File(path) = location else { return Ok(Vec::new()) };
    install_default_drivers();
    let (path, _opened) = existing_file(path).await?;
    let url = format!("{}{}", url_of(&path), how_to_read(&path));
    let failed = |error| OpenError::Database(location.to_string(), error);
    let mut connection = AnyConnection::connect(&url).await.map_err(failed)?;
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(if found == ["ok"] { Vec::new() } else { found })
}

impl Sql {
    /// Returns how many users there are, and how many mails wait to be sent.
    pub(in super::super) async fn counts(&self) -> Result<(u64, u64), StoreError> {
        let text = "SELECT (SELECT COUNT(*) FROM users WHERE name_key <> '') AS users, \
                    (SELECT COUNT(*) FROM mails WHERE state = 'waiting') AS waiting";
        let row = sqlx::query(text).fetch_one(&self.readers).await.map_err(failed)?;
        let count = |column| get::<i64>(&row, column).map(|count| u64::try_from(count).unwrap_or(0));
        Ok((count("users")?, count("waiting")?))
    }

    /// Returns how many PINs, passwords and tokens there are by the name of the key that they need.
    pub(in super::super) async fn keys_needed(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut needed = BTreeMap::new();
        for (table, id, secret) in SECRETS {
            let text = format!(
                "SELECT {id} AS id, {secret} AS secret FROM {table} WHERE {id} > $1 AND {secret} IS NOT NULL \
                 ORDER BY {id} LIMIT $2"
            );
            let mut after = String::new();
            loop {
                let query = sqlx::query(AssertSqlSafe(text.clone())).bind(after.clone()).bind(PAGE);
                let rows = query.fetch_all(&self.readers).await.map_err(failed)?;
                let Some(last) = rows.last() else { break };
                after = get(last, "id")?;
                for row in &rows {
                    let secret: String = row.try_get("secret").map_err(failed)?;
                    let key = secret.split('$').next().unwrap_or_default();
                    *needed.entry(key.to_owned()).or_insert(0) += 1;
                }
            }
        }
        Ok(needed)
    }
}
