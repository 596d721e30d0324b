//! Carries out administrators' acts: the directory, and what concurrent acts share.

use std::fmt;
use std::sync::Arc;

use super::act::UserName;
use super::answer::UserView;
use super::refusal::Refusal;
use super::refused::Refused;
use super::turns::Turns;
use crate::control::policy::{Policy, TenantPolicy};
use crate::store::audit::NewAudit;
use crate::store::keyring::Keyring;
use crate::store::pin_hash::PinHasher;
use crate::store::record::{NOBODY, UserRecord};
use crate::store::{Changes, Directory, StoreError, entropy};

/// Maximum number of times that an act is decided again because somebody else changed the same record. A PIN check
/// takes as long as a hash; an act whose PIN is hashed already is much faster, and gets in between.
pub(super) const TRIES_MAX: u32 = 200;

/// Gives uniformly random bits.
pub type Draw = dyn Fn() -> u64 + Send + Sync;

/// Carries out acts.
#[derive(Clone)]
pub struct Administration<D> {
    directory: Arc<D>,
    hasher: PinHasher,
    base: Arc<Policy>,
    refused: Arc<Refused>,
    turns: Arc<Turns>,
    /// Bits for PINs and conference IDs.
    draw: Arc<Draw>,
}

/// The state that somebody saw and decides on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A user.
    User(UserView),
    /// The tenant's settings.
    Tenant(TenantPolicy),
}

impl<D> fmt::Debug for Administration<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Administration").finish_non_exhaustive()
    }
}

impl<D: Directory> Administration<D> {
    /// Acts on this directory. `base` are the settings that the tenant has not changed.
    #[must_use]
    pub fn new(directory: Arc<D>, hasher: PinHasher, base: Policy) -> Self {
        Self {
            directory,
            hasher,
            base: Arc::new(base),
            refused: Arc::default(),
            turns: Arc::default(),
            draw: Arc::new(entropy::draw),
        }
    }

    /// Draws PINs and conference IDs from these bits instead of the system's: for runs that are repeated.
    #[must_use]
    pub fn with_entropy(self, draw: Arc<Draw>) -> Self {
        Self { draw, ..self }
    }

    /// Bits for PINs and conference IDs.
    pub(super) fn draw(&self) -> u64 {
        (self.draw)()
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Arc<D> {
        &self.directory
    }

    /// Returns the hasher of PINs and passwords.
    pub(super) fn hasher(&self) -> &PinHasher {
        &self.hasher
    }

    /// The settings that the tenant has not changed.
    pub(super) fn base(&self) -> &Policy {
        &self.base
    }

    /// Returns the locks that let acts on one user run one after the other.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Returns the keyring that hashes tokens.
    pub(super) fn keyring(&self) -> &Keyring {
        self.hasher.keyring()
    }

    /// The settings as they are now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        Ok(self.directory.tenant().await?.over(&self.base))
    }

    pub(super) async fn find(&self, name: &UserName) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.directory.user(&name.0).await?.filter(|user| user.name != NOBODY))
    }

    pub(super) async fn known(&self, name: &UserName) -> Result<UserRecord, Refusal> {
        self.find(name).await?.ok_or_else(|| Refusal::UnknownUser(name.0.clone()))
    }

    /// Writes down that an act was refused, or counts it.
    pub(super) async fn write_refused(&self, entry: NewAudit) -> Result<(), StoreError> {
        match self.refused.told(entry) {
            Some(entry) => {
                self.directory.commit(Changes { audit: vec![entry], ..Changes::default() }).await.map(drop)
            }
            None => Ok(()),
        }
    }

    /// Writes down how many acts were refused that were only counted so far: those that are due, or at the end of the
    /// program all.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn write_counted(&self, now: i64, all: bool) -> Result<(), StoreError> {
        let due = self.refused.due(now, all);
        if due.is_empty() {
            return Ok(());
        }
        self.directory.commit(Changes { audit: due, ..Changes::default() }).await.map(drop)
    }
}
