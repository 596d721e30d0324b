//! The directory of a store in the exchange: users who are enabled, reset and locked while calls are up, also by other
//! processes. Every question is answered by what the store says then.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock;
use crate::control::account;
use crate::control::attendant::{Found, MeetingKey};
use crate::control::call::LegId;
use crate::control::event::{Event, MeetingId};
use crate::control::meeting::{CheckId, PinVerdict, Unavailable};
use crate::control::pin::{LockState, PinEntry, Secret};
use crate::control::policy::{OrganizerId, Policy, Terms};
use crate::control::time::Instant;
use crate::store::check::{PinChecks, moment};
use crate::store::record::{NOBODY, NumberRecord, Standing, UserKey};
use crate::store::{Directory, StoreError};
use crate::telemetry::LogLimit;
use crate::telemetry::histogram::{Histogram, QUICK};

/// The questions of calls, by their names in figures.
const FIND_MEETING: &str = "find_meeting";
const TERMS: &str = "terms";
const CHECK_PIN: &str = "check_pin";
const QUESTIONS: [&str; 3] = [FIND_MEETING, TERMS, CHECK_PIN];

/// Something that is answered later.
pub type Later<'a, R> = Pin<Box<dyn Future<Output = Result<R, Unavailable>> + Send + 'a>>;

/// A question about a PIN or a passcode.
#[derive(Clone, Copy, Debug)]
pub struct PinQuestion {
    /// The organizer whose PIN it must be.
    pub organizer: OrganizerId,
    /// The caller.
    pub leg: LegId,
    /// The question's number in its meeting.
    pub check: CheckId,
    /// What it may be.
    pub secret: Secret,
    /// The keyed digits.
    pub entry: PinEntry,
}

/// Answers in place of the exchange's own records.
pub trait DirectoryBackend: fmt::Debug + Send + Sync {
    /// The meeting that is named so; nothing if there is none here.
    fn find(&self, key: MeetingKey) -> Later<'_, Option<Found>>;

    /// Returns the current terms of this user's meetings.
    fn terms(&self, organizer: OrganizerId) -> Later<'_, Terms>;

    /// Returns whether a PIN is right, and what is recorded of it.
    fn check(&self, at: Instant, asked: PinQuestion) -> Later<'_, (PinVerdict, Vec<Event>)>;
}

/// A store's users, by the numbers that the store has given them.
pub struct StoreBackend<D> {
    directory: Arc<D>,
    checks: PinChecks<D>,
    base: Policy,
    now: fn(Instant) -> i64,
    /// The names of users whose meetings were asked for: no more than the directory has users, and names never change.
    names: Mutex<BTreeMap<OrganizerId, String>>,
    /// Questions that were not answered, for the log.
    unanswered: LogLimit,
    /// How long answers took, by the question.
    took: Mutex<BTreeMap<&'static str, Histogram>>,
}

impl<D> fmt::Debug for StoreBackend<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBackend").finish_non_exhaustive()
    }
}

impl<D: Directory + 'static> StoreBackend<D> {
    /// The users of this store. `base` are the settings that the tenant has not changed; `now` tells how many milliseconds
    /// after the Unix epoch the store is at a moment of the bridge.
    pub fn new(directory: Arc<D>, checks: PinChecks<D>, base: Policy, now: fn(Instant) -> i64) -> Self {
        let took = Mutex::new(QUESTIONS.map(|question| (question, Histogram::new(QUICK))).into());
        Self { directory, checks, base, now, names: Mutex::default(), unanswered: LogLimit::default(), took }
    }

    /// Returns how long answers took, by the question.
    pub fn latencies(&self) -> BTreeMap<&'static str, Histogram> {
        self.took().clone()
    }

    fn took(&self) -> MutexGuard<'_, BTreeMap<&'static str, Histogram>> {
        self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn measured<R>(&self, question: &'static str, answer: impl Future<Output = R>) -> R {
        let asked = clock::now();
        let answer = answer.await;
        let took = clock::now().saturating_duration_since(asked);
        self.took().entry(question).or_insert_with(|| Histogram::new(QUICK)).observe(took);
        answer
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<OrganizerId, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose meeting it is; nothing if it is none of a user in the store, or was never asked for here.
    pub fn name_of(&self, meeting: MeetingId) -> Option<String> {
        self.names().get(&OrganizerId(meeting.0)).cloned()
    }

    /// Returns the current terms of a user's meetings; `None` if there is no such user.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn terms_of(&self, name: &str) -> Result<Option<Terms>, Unavailable> {
        Ok(self.standing(UserKey::Name(name)).await?.map(|standing| self.terms_by(&standing)))
    }

    /// The settings as they are now, for calls that begin.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        Ok(self.directory.tenant().await?.over(&self.base))
    }

    /// What a meeting or an attendant is told of a failure; its cause is for the log.
    fn unanswered(&self, cause: &dyn fmt::Display) -> Unavailable {
        if let Some(times) = self.unanswered.count_now() {
            tracing::warn!(target: "attendant::directory", %cause, times, "a question of a call was not answered");
        }
        Unavailable
    }

    /// Every service number, as it is now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn numbers(&self) -> Result<Vec<NumberRecord>, StoreError> {
        self.directory.numbers().await
    }

    async fn standing(&self, user: UserKey<'_>) -> Result<Option<Standing>, Unavailable> {
        let standing = self.directory.standing(user).await.map_err(|error| self.unanswered(&error))?;
        Ok(standing.filter(|standing| standing.user.name != NOBODY))
    }

    fn terms_by(&self, standing: &Standing) -> Terms {
        let Standing { user, tenant, number_language, changes } = standing;
        self.names().entry(user.id).or_insert_with(|| user.name.clone());
        let version = u64::try_from(*changes).unwrap_or(0);
        let language = number_language.unwrap_or(user.language);
        let terms = user.account.terms(user.id, version, language, Arc::new(tenant.over(&self.base)));
        Terms { refuses_toll_free: !user.allow_toll_free, ..terms }
    }

    async fn terms_now(&self, organizer: OrganizerId) -> Result<Terms, Unavailable> {
        let standing = self.standing(UserKey::Id(organizer)).await?;
        let standing =
            standing.ok_or_else(|| self.unanswered(&"there is no user with this number any more"))?;
        Ok(self.terms_by(&standing))
    }

    async fn find_user(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable> {
        let standing = match key {
            MeetingKey::ConferenceId(id) => self.standing(UserKey::ConferenceId(id)).await?,
            MeetingKey::Organizer(organizer) => self.standing(UserKey::Id(organizer)).await?,
        };
        Ok(standing.and_then(|standing| account::found(self.terms_by(&standing))))
    }

    async fn check_pin(
        &self,
        at: Instant,
        asked: PinQuestion,
    ) -> Result<(PinVerdict, Vec<Event>), Unavailable> {
        let PinQuestion { organizer, leg, check, secret, entry } = asked;
        let whose = match self.name_of(MeetingId(organizer.0)) {
            Some(name) => name,
            None => self.standing(UserKey::Id(organizer)).await?.map_or_else(String::new, |of| of.user.name),
        };
        let now = (self.now)(at);
        let checked = self.checks.check_once(now, &whose, (leg, check), (secret, entry)).await;
        let mut checked = checked.map_err(|error| self.unanswered(&error))?;
        for locked in [&mut checked.locked, &mut checked.passcode_locked] {
            if let Some(LockState::LockedUntil(until)) = locked {
                *until = at + until.since(moment(now));
            }
        }
        Ok((checked.verdict, checked.events(organizer, leg).collect()))
    }
}

impl<D: Directory + 'static> DirectoryBackend for StoreBackend<D> {
    fn find(&self, key: MeetingKey) -> Later<'_, Option<Found>> {
        Box::pin(self.measured(FIND_MEETING, self.find_user(key)))
    }

    fn terms(&self, organizer: OrganizerId) -> Later<'_, Terms> {
        Box::pin(self.measured(TERMS, self.terms_now(organizer)))
    }

    fn check(&self, at: Instant, asked: PinQuestion) -> Later<'_, (PinVerdict, Vec<Event>)> {
        Box::pin(self.measured(CHECK_PIN, self.check_pin(at, asked)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keyring::Keyring;
    use crate::store::memory::Memory;
    use crate::store::pin_hash::{Cost, PinHasher};
    use crate::telemetry::tests::logged;

    fn backend() -> StoreBackend<Memory> {
        let keyring = Arc::new(Keyring::of_one_key());
        let (store, policy) = (Arc::new(Memory::new(Arc::clone(&keyring))), Policy::default());
        let hasher = PinHasher::new(keyring, Cost::LEAST);
        let checks = PinChecks::new(Arc::clone(&store), hasher, policy.lockout.clone());
        StoreBackend::new(store, checks, policy, |_| 0)
    }

    fn terms(backend: &StoreBackend<Memory>, organizer: u32) -> Result<Terms, Unavailable> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(backend.terms(OrganizerId(organizer)))
    }

    #[test]
    fn a_number_that_is_nobodys_is_logged() {
        let backend = backend();
        let text = logged(|| assert_eq!(terms(&backend, 5), Err(Unavailable)));
        assert!(text.contains("WARN") && text.contains("there is no user with this number"), "{text}");
    }
}
