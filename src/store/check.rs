//! Checks of PINs that callers key, with the lockout counted in the store.
//!
//! The same is done for a wrong PIN, for a locked one and for an organizer who is not there: one record is loaded, one
//! hash is computed, one record is loaded again and committed. So nobody learns from the answer or from its time which
//! it was. The one that locks PIN entry writes an audit entry too, in the same transaction: a fraction of what the hash
//! takes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::audit::NewAudit;
use super::pin_hash::{HashError, PinHasher};
use super::record::{KeptPin, NOBODY, UserRecord, key_of};
use super::{Changes, Directory, StoreError};
use crate::control::account::{Checked, Matches};
use crate::control::call::LegId;
use crate::control::meeting::{CheckId, PinVerdict};
use crate::control::pin::{LockState, PinEntry, Secret};
use crate::control::policy::LockoutPolicy;
use crate::control::time::{Instant, show_duration};

/// Maximum number of times that a check is decided again because another was committed at the same time. With as many
/// checks at once as there are cores, each decides again at most as often; other processes come on top.
const TRIES_MAX: u32 = 100;

/// Checks that are remembered, so that one which is asked again counts once. A check is asked again after 3 s at the
/// latest (BEHAVIOUR section 2), and the hashes of a machine's cores are far fewer in that time.
const REMEMBERED: usize = 4_096;

/// The name of a check: whose PIN, who asked, and which question of theirs it was.
type Asking = (String, LegId, CheckId);

/// A check that is under way or was wrong.
type Answered = Arc<OnceCell<Checked>>;

/// The result of comparing keyed digits with a stored PIN and passcode. A hash is expensive: a check that is decided again
/// keeps both.
struct Compared {
    pin: Option<KeptPin>,
    passcode: Option<KeptPin>,
    matches: Matches,
    /// The right PIN, hashed with the newest key.
    again: Option<KeptPin>,
}

/// What is asked about, and what was keyed.
type Question = (Secret, PinEntry);

/// Checks PINs.
#[derive(Clone, Debug)]
pub struct PinChecks<D> {
    directory: Arc<D>,
    hasher: PinHasher,
    lockout: LockoutPolicy,
    remembered: Arc<Mutex<VecDeque<(Asking, Answered)>>>,
}

impl<D: Directory> PinChecks<D> {
    /// Checks against these users.
    #[must_use]
    pub fn new(directory: Arc<D>, hasher: PinHasher, lockout: LockoutPolicy) -> Self {
        Self { directory, hasher, lockout, remembered: Arc::default() }
    }

    /// The same as [`PinChecks::check`] for a question that may be asked again, as a machine does whose answer is late:
    /// the second waits for the answer to the first, and a wrong PIN is counted once. A right one is checked again, for
    /// it may have been replaced since.
    ///
    /// # Errors
    /// The store or the keyring does not answer; the question can be asked again.
    pub async fn check_once(
        &self,
        now: i64,
        whose: &str,
        (leg, check): (LegId, CheckId),
        asked: Question,
    ) -> Result<Checked, StoreError> {
        let asking = (key_of(whose), leg, check);
        let answer = {
            let mut remembered = self.remembered();
            let known = remembered.iter().find(|(known, _)| *known == asking);
            known.map(|(_, answer)| Arc::clone(answer)).unwrap_or_else(|| {
                let answer = Answered::default();
                remembered.truncate(REMEMBERED - 1);
                remembered.push_front((asking.clone(), Arc::clone(&answer)));
                answer
            })
        };
        let mut is_first = false;
        let first = async {
            is_first = true;
            self.check(now, whose, asked).await
        };
        let checked = *answer.get_or_try_init(|| first).await?;
        if !checked.is_remembered() {
            self.remembered().retain(|(known, _)| *known != asking);
        }
        Ok(if is_first { checked } else { checked.again() })
    }

    fn remembered(&self) -> MutexGuard<'_, VecDeque<(Asking, Answered)>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether this is the PIN that starts this user's meetings, or their passcode. `now` is in milliseconds since the Unix epoch.
    ///
    /// However many are checked at once, no more wrong ones than the lockout allows have been looked at when a right
    /// one is taken: each is decided on the record as it is after the hash was computed, and a commit on a record that
    /// has changed since is refused.
    ///
    /// # Errors
    /// The store or the keyring does not answer. It is never a wrong PIN then.
    pub async fn check(&self, now: i64, whose: &str, asked: Question) -> Result<Checked, StoreError> {
        let mut user = self.load(whose).await?;
        let mut known: Option<Compared> = None;
        for _ in 0..TRIES_MAX {
            let is_known = |compared: &&mut Compared| {
                (&compared.pin, &compared.passcode) == (&user.account.pin, &user.account.passcode)
            };
            let Some(compared) = known.as_mut().filter(is_known) else {
                known = Some(self.compare(&user, asked).await.map_err(unavailable)?);
                user = self.load(whose).await?;
                continue;
            };
            match self.decide(now, user, compared, asked).await {
                Err(StoreError::Stale) => user = self.load(whose).await?,
                decided => return decided,
            }
        }
        Err(StoreError::Unavailable(format!("this organizer's record changed {TRIES_MAX} times meanwhile")))
    }

    /// Compares with what may have been meant, whether or not there is one.
    async fn compare(&self, user: &UserRecord, (secret, entry): Question) -> Result<Compared, HashError> {
        let (pin, passcode) = (user.account.pin.clone(), user.account.passcode.clone());
        let mut matches = Matches::default();
        if secret.may_be_pin() {
            matches.pin = self.hasher.matches(&user.name, pin.as_ref(), entry).await?;
        }
        if secret.may_be_passcode() {
            matches.passcode = self.hasher.passcode_matches(&user.name, passcode.as_ref(), entry).await?;
        }
        Ok(Compared { pin, passcode, matches, again: None })
    }

    async fn decide(
        &self,
        now: i64,
        mut user: UserRecord,
        compared: &mut Compared,
        (secret, entry): Question,
    ) -> Result<Checked, StoreError> {
        let checked = if user.name == NOBODY {
            let (verdict, locked, passcode_locked) = (PinVerdict::Wrong, None, None);
            Checked { secret, verdict, locked, passcode_locked, counted: true }
        } else {
            user.account.check(moment(now), &self.lockout, secret, compared.matches)
        };
        let right = match checked.verdict {
            PinVerdict::Right => Some((Secret::Pin, &mut user.account.pin)),
            PinVerdict::Passcode => Some((Secret::Passcode, &mut user.account.passcode)),
            PinVerdict::Wrong => None,
        };
        if let Some((secret, kept)) = right
            && let Some(digits) =
                kept.as_ref().filter(|kept| self.hasher.is_outdated(kept)).map(|it| it.digits)
        {
            let again = match compared.again.take() {
                Some(again) => again,
                None => {
                    let again = self.hasher.hash_again(&user.name, secret, entry, digits).await;
                    again.map_err(unavailable)?
                }
            };
            compared.again = Some(again.clone());
            *kept = Some(again);
        }
        // With the wrong PIN that locks it, in one transaction: no lockout is without its entry.
        let audit = [
            (checked.passcode_locked, &user.account.passcode_lockout, ["Passcode entry", "passcodes"]),
            (checked.locked, &user.account.lockout, ["PIN entry", "PINs"]),
        ];
        let audit = audit.into_iter().filter_map(|(locked, lockout, words)| {
            let detail = how_locked(now, locked?, lockout.counts().in_all, words);
            Some(NewAudit::locked_out(now, &user.name, detail))
        });
        let audit = audit.collect();
        let changes = Changes { users: vec![user], audit, ..Changes::default() };
        self.directory.commit(changes).await?;
        Ok(checked)
    }

    /// The record, or that of nobody.
    async fn load(&self, whose: &str) -> Result<UserRecord, StoreError> {
        let found = self.directory.user(whose).await?;
        // Both are looked up, whether the first was found or not.
        let nobody = self.directory.user(NOBODY).await?;
        found.or(nobody).ok_or_else(|| StoreError::Unavailable("the record of nobody is missing".to_owned()))
    }
}

/// For how long an entry is locked, and after how many wrong ones.
fn how_locked(now: i64, state: LockState, wrong: u32, [entry, ones]: [&str; 2]) -> String {
    let lasts = match state {
        LockState::Open => "not locked".to_owned(),
        LockState::LockedUntil(until) => format!("locked for {}", show_duration(until.since(moment(now)))),
        LockState::LockedForGood => "locked until an administrator unlocks it".to_owned(),
    };
    format!("{entry} {lasts}, after {wrong} wrong {ones} since it was last unlocked")
}

/// A time of the store as the lockout counts it.
#[must_use]
pub fn moment(epoch_ms: i64) -> Instant {
    Instant::from_micros(u64::try_from(epoch_ms).unwrap_or(0).saturating_mul(1_000))
}

/// A time of the lockout as it is kept.
#[must_use]
pub fn epoch_ms(moment: Instant) -> i64 {
    i64::try_from(moment.millis()).unwrap_or(i64::MAX)
}

fn unavailable(error: HashError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::account::Account;
    use crate::control::call::Digits;
    use crate::control::pin::Pin;
    use crate::control::policy::LockoutLimit;
    use crate::store::keyring::Keyring;
    use crate::store::memory::Memory;
    use crate::store::pin_hash::Cost;

    #[tokio::test]
    async fn a_lockout_is_written_down_once_with_its_organizer_and_without_digits() {
        let keyring = Arc::new(Keyring::of_one_key());
        let hasher = PinHasher::new(Arc::clone(&keyring), Cost::LEAST);
        let directory = Arc::new(Memory::new(keyring));
        let pin = Some(hasher.hash("amos", Pin::from_symbols("27182").unwrap()).await.unwrap());
        let account = Account { enabled: true, pin, ..Account::default() };
        let amos = UserRecord { name: "amos".into(), account, ..UserRecord::default() };
        directory.commit(Changes { users: vec![amos], ..Changes::default() }).await.unwrap();
        let lockout =
            LockoutPolicy { limits_5: LockoutLimit { in_window: 2, in_all: 9 }, ..LockoutPolicy::default() };
        let checks = PinChecks::new(Arc::clone(&directory), hasher, lockout);
        let wrong = (Secret::Pin, PinEntry::new(Digits::from_symbols("90909").unwrap()));
        for _ in 0..2 {
            assert_eq!(directory.audit_after(0, 9).await.unwrap(), []);
            checks.check(7, "amos", wrong).await.unwrap();
        }
        checks.check(8, "amos", wrong).await.unwrap();
        let entries: Vec<NewAudit> =
            directory.audit_after(0, 9).await.unwrap().into_iter().map(|entry| entry.entry).collect();
        let detail = "PIN entry locked for 1h, after 2 wrong PINs since it was last unlocked".to_owned();
        assert_eq!(entries, [NewAudit::locked_out(7, "amos", detail)]);
    }

    #[tokio::test]
    async fn a_check_that_is_decided_again_does_not_hash_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let keyring = Arc::new(Keyring::at(&path).unwrap());
        let hasher = PinHasher::new(Arc::clone(&keyring), Cost::LEAST);
        let directory = Arc::new(Memory::new(Arc::clone(&keyring)));
        let pin = hasher.hash("amos", Pin::from_symbols("27182").unwrap()).await.unwrap();
        let pin = Some(pin);
        let account = Account { enabled: true, pin: pin.clone(), ..Account::default() };
        let amos = UserRecord { name: "amos".into(), account, ..UserRecord::default() };
        directory.commit(Changes { users: vec![amos.clone()], ..Changes::default() }).await.unwrap();
        let new = Keyring::rotate(&path).unwrap();
        let checks = PinChecks::new(Arc::clone(&directory), hasher.clone(), LockoutPolicy::default());
        let entry = (Secret::Pin, PinEntry::new(Digits::from_symbols("27182").unwrap()));
        let matches = Matches { pin: true, passcode: false };
        let mut compared = Compared { pin, passcode: None, matches, again: None };
        let before = hasher.hashed();
        let stale = checks.decide(7, UserRecord { version: 9, ..amos }, &mut compared, entry).await;
        assert_eq!(stale, Err(StoreError::Stale));
        let now = directory.user("amos").await.unwrap().unwrap();
        let decided = checks.decide(7, now, &mut compared, entry).await.unwrap();
        assert_eq!((decided.verdict, hasher.hashed() - before), (PinVerdict::Right, 1));
        let kept = directory.user("amos").await.unwrap().unwrap().account.pin.unwrap();
        assert!(kept.hash.starts_with(&new), "with the new key");
    }
}
