//! Looks at all of a directory: the pages of the database, the keys that it needs, the seals of its audit log.

use std::fmt;
use std::path::Path;

use super::audit::verify::{Verified, verify};
use super::keyring::Keyring;
use super::sql::{Location, OpenError, Sql, damage};
use super::{Directory as _, StoreError};

/// The result of an inspection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// What the database finds damaged in itself, in its own words.
    pub damage: Vec<String>,
    /// The contents; `None` where an earlier program wrote them, or nothing can be read for the damage.
    pub contents: Option<Contents>,
}

/// What is in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// How many users.
    pub users: u64,
    /// How many mails wait to be sent.
    pub waiting_mails: u64,
    /// How many keys the keyring has.
    pub keys: usize,
    /// Keys that the keyring lacks.
    pub missing_keys: Vec<MissingKey>,
    /// The audit log.
    pub verified: Verified,
    /// When its last entry was written, in milliseconds since the Unix epoch.
    pub last_at: Option<i64>,
}

/// A key that the keyring lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingKey {
    /// Its name.
    pub key: String,
    /// How many PINs, passwords and tokens need it.
    pub needed_by: u64,
}

impl fmt::Display for MissingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, needed_by } = self;
        write!(f, "the keyring lacks the key {key}, which {needed_by} PINs, passwords or tokens need")
    }
}

impl Inspection {
    /// Returns all that is wrong, one fault a text; the log's own faults may be more than are listed.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let damage = self.damage.iter().map(|damage| format!("the database is damaged: {damage}"));
        let contents = self.contents.iter().flat_map(|contents| {
            let keys = contents.missing_keys.iter().map(ToString::to_string);
            keys.chain(contents.verified.faults.iter().map(|fault| format!("the audit log: {fault}")))
        });
        damage.chain(contents).collect()
    }
}

/// Looks at a directory and its keyring, and changes nothing. It may be in use meanwhile.
///
/// # Errors
/// It is not there, is not of this program, belongs to another keyring, or does not answer.
pub async fn inspect(location: &Location, keyring: &Path) -> Result<Inspection, OpenError> {
    let damage = damage(location).await?;
    let (store, keyring) = match Sql::inspect_with(location, keyring).await {
        Err(OpenError::Older(_)) => return Ok(Inspection { damage, contents: None }),
        Err(_) if !damage.is_empty() => return Ok(Inspection { damage, contents: None }),
        opened => opened?,
    };
    let contents = contents(&store, &keyring).await;
    store.close().await;
    let contents = contents.map_err(|error| OpenError::Unread(location.to_string(), error))?;
    Ok(Inspection { damage, contents: Some(contents) })
}

async fn contents(store: &Sql, keyring: &Keyring) -> Result<Contents, StoreError> {
    let (users, waiting_mails) = store.counts().await?;
    let needed = store.keys_needed().await?.into_iter();
    let missing = needed.filter(|(key, _)| !keyring.knows(key));
    let missing_keys = missing.map(|(key, needed_by)| MissingKey { key, needed_by }).collect();
    let verified = verify(store, keyring, None).await?;
    let last = store.audit_before(i64::MAX, 1).await?;
    let last_at = last.first().map(|entry| entry.entry.at);
    Ok(Contents { users, waiting_mails, keys: keyring.len(), missing_keys, verified, last_at })
}
