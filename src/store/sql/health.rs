//! The health of the database, as observed by statements: logged in one line when it fails, and in one when it answers
//! again.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::error::ErrorKind;

use super::super::StoreError;

/// The part of the program that its lines in the log are of.
pub(super) const LOG: &str = "attendant::directory";

/// The kind of access. A full disk allows reading but not writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Read,
    Write,
    /// Nothing of a user's: whether reads and writes would go well ([`Sql::ready`]).
    ///
    /// [`Sql::ready`]: super::Sql::ready
    Probe,
}

/// The results of the last read, the last write and the last probe.
#[derive(Default)]
pub(super) struct Health {
    failing: Mutex<Failing>,
}

/// Why the last one failed, if it did.
#[derive(Default)]
struct Failing {
    reads: Option<String>,
    writes: Option<String>,
    probes: Option<String>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    /// Takes how something went, and hands it on.
    pub(super) fn note<T>(&self, access: Access, done: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &done {
            Ok(_) => self.answers(access),
            Err(error) if is_trouble(error) => self.fails(access, error),
            Err(_) => {}
        }
        done
    }

    /// Takes how a probe went, and hands it on.
    pub(super) fn note_probe(&self, probed: Result<(), StoreError>) -> Result<(), StoreError> {
        match &probed {
            Ok(()) => self.answers(Access::Probe),
            Err(StoreError::Unavailable(cause)) => self.fails_with(Access::Probe, cause.clone()),
            Err(error @ (StoreError::Stale | StoreError::ConferenceIdTaken)) => {
                self.fails_with(Access::Probe, error.to_string());
            }
        }
        probed
    }

    pub(super) fn fails(&self, access: Access, error: &sqlx::Error) {
        self.fails_with(access, said(error));
    }

    fn fails_with(&self, access: Access, cause: String) {
        let mut failing = self.failing();
        if failing.is_none() {
            tracing::warn!(target: LOG, %cause, "the directory does not answer");
        } else {
            tracing::debug!(target: LOG, %cause, "the directory still does not answer");
        }
        *failing.of(access) = Some(cause);
    }

    fn answers(&self, access: Access) {
        let mut failing = self.failing();
        let failed_before = failing.of(access).take().is_some();
        if failed_before && failing.is_none() {
            tracing::warn!(target: LOG, "the directory answers again");
        }
    }

    /// Returns whether neither the last read nor the last write nor the last probe failed.
    pub(super) fn is_fine(&self) -> bool {
        self.failing().is_none()
    }

    /// Returns whether the last write failed.
    pub(super) fn writes_fail(&self) -> bool {
        self.failing().writes.is_some()
    }

    fn failing(&self) -> MutexGuard<'_, Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failing {
    fn is_none(&self) -> bool {
        let Self { reads, writes, probes } = self;
        reads.is_none() && writes.is_none() && probes.is_none()
    }

    fn of(&mut self, access: Access) -> &mut Option<String> {
        match access {
            Access::Read => &mut self.reads,
            Access::Write => &mut self.writes,
            Access::Probe => &mut self.probes,
        }
    }
}

/// Returns the database's message. It contains no values, except in a detail of PostgreSQL, which is left out.
pub(super) fn said(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(database) = error else { return error.to_string() };
    database.message().to_owned()
}

/// Returns whether it is the database that fails, and not what was asked of it.
fn is_trouble(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else { return !matches!(error, sqlx::Error::RowNotFound) };
    matches!(database.kind(), ErrorKind::Other)
}
