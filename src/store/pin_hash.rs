//! PINs and passwords as they are kept: HMAC-SHA-256 with a key of the keyring, and Argon2id over that.
//!
//! A short PIN is guessed under any hash by anyone who can try all of them: the key outside of the store and the lockout
//! protect it. The memory-hard hash makes it dear where the keyring was lost too.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::account::Password;
use super::entropy;
use super::keyring::{Keyring, MissingKeyError};
use super::record::{KeptPin, key_of};
use crate::control::pin::{Pin, PinEntry, Secret};

/// A salt's length: what RFC 9106, section 3.1 recommends.
const SALT_BYTES: usize = 16;

/// PINs that wait to be hashed. At 50 ms each on two cores the last of them waits 12 s; a caller's check is asked
/// again after 3 s and given up after 6.
const WAITING_MAX: usize = 512;

/// Passwords that wait among them or are hashed.
const PASSWORDS_MAX: usize = 16;

/// The cost of a hash; it is stored with each hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// OWASP's recommendation (Password Storage Cheat Sheet, Argon2id): 19 MiB, two passes, one lane.
    pub const DEFAULT: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// The least that Argon2 takes: for tests that make many PINs.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1 };
}

/// Why a PIN was neither hashed nor checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HashError {
    /// Too many wait already.
    Busy,
    /// It was hashed with a key that the keyring does not have.
    Key(MissingKeyError),
    /// The stored text is not a hash.
    NoHash,
    /// The program is ending.
    Ending,
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many PINs or passwords wait to be hashed; try again"),
            Self::Key(missing) => missing.fmt(f),
            Self::NoHash => f.write_str("the stored PIN is damaged; reset the PIN"),
            Self::Ending => f.write_str("the program is ending"),
        }
    }
}

impl std::error::Error for HashError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key(missing) => Some(missing),
            Self::Busy | Self::NoHash | Self::Ending => None,
        }
    }
}

/// Hashes and checks PINs off the async threads, as many at once as there are cores.
#[derive(Clone, Debug)]
pub struct PinHasher {
    keyring: Arc<Keyring>,
    cost: Cost,
    /// One for each core: a hash takes a core, and its memory.
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Places among those that wait which passwords may take: trying many keeps no caller's PIN from being checked.
    passwords: Arc<Semaphore>,
    /// The hash that PINs of unknown organizers are checked against; no PIN matches it. The first check of any makes
    /// it, and the first after its key was taken out of the keyring.
    decoy: Arc<Mutex<Option<String>>>,
    #[cfg(test)]
    hashed: Arc<std::sync::atomic::AtomicUsize>,
}

impl PinHasher {
    /// One that hashes with the newest key.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>, cost: Cost) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let running = Arc::new(Semaphore::new(cores));
        Self {
            keyring,
            cost,
            running,
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            passwords: Arc::new(Semaphore::new(PASSWORDS_MAX)),
            decoy: Arc::default(),
            #[cfg(test)]
            hashed: Arc::default(),
        }
    }

    /// Returns the number of hashes computed or compared.
    #[cfg(test)]
    pub(crate) fn hashed(&self) -> usize {
        self.hashed.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// The keys.
    #[must_use]
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Hashes this user's new PIN.
    ///
    /// # Errors
    /// Too many wait, or the program is ending.
    pub async fn hash(&self, whose: &str, pin: Pin) -> Result<KeptPin, HashError> {
        let digits = pin.digits();
        let hash = self.keyed_hash(whose, pin.reveal().reveal()).await?;
        Ok(KeptPin { hash, digits })
    }

    /// Hashes the passcode of this user's meetings: a PIN of the same digits has another hash.
    ///
    /// # Errors
    /// Too many wait, or the program is ending.
    pub async fn hash_passcode(&self, whose: &str, passcode: Pin) -> Result<KeptPin, HashError> {
        self.hash(&of_passcode(whose), passcode).await
    }

    /// Returns whether this passcode was keyed. Where none is kept it takes the same time, and is not.
    ///
    /// # Errors
    /// Too many wait, the key is missing, or the program is ending.
    pub async fn passcode_matches(
        &self,
        whose: &str,
        kept: Option<&KeptPin>,
        entry: PinEntry,
    ) -> Result<bool, HashError> {
        self.matches(&of_passcode(whose), kept, entry).await
    }

    /// Hashes the right PIN or passcode again, after a rotation of keys or a change of cost.
    ///
    /// # Errors
    /// Too many wait, or the program is ending.
    pub(super) async fn hash_again(
        &self,
        whose: &str,
        secret: Secret,
        entry: PinEntry,
        digits: usize,
    ) -> Result<KeptPin, HashError> {
        let whose = match secret {
            Secret::Pin | Secret::Either => whose.to_owned(),
            Secret::Passcode => of_passcode(whose),
        };
        Ok(KeptPin { hash: self.keyed_hash(&whose, entry.reveal().reveal()).await?, digits })
    }

    /// Hashes the password of an account: a PIN of the same letters and the same name has another hash.
    ///
    /// # Errors
    /// Too many wait, or the program is ending.
    pub async fn hash_password(&self, account: &str, password: &Password) -> Result<String, HashError> {
        let _place = self.passwords.try_acquire().map_err(|_| HashError::Busy)?;
        self.keyed_hash(&of_account(account), password.reveal().to_owned()).await
    }

    /// Returns whether this is the password of the account. Where none is kept it takes the same time, and is not.
    ///
    /// # Errors
    /// Too many wait, the key is missing, or the program is ending.
    pub async fn password_matches(
        &self,
        account: &str,
        kept: Option<&str>,
        password: &Password,
    ) -> Result<bool, HashError> {
        let _place = self.passwords.try_acquire().map_err(|_| HashError::Busy)?;
        let typed = Zeroizing::new(password.reveal().to_owned());
        self.hash_matches(of_account(account), kept.map(str::to_owned), typed).await
    }

    /// Returns whether this was keyed. Where no PIN is kept it takes the same time, and is not.
    ///
    /// # Errors
    /// Too many wait, the key is missing, or the program is ending.
    pub async fn matches(
        &self,
        whose: &str,
        kept: Option<&KeptPin>,
        entry: PinEntry,
    ) -> Result<bool, HashError> {
        let keyed = Zeroizing::new(entry.reveal().reveal());
        self.hash_matches(key_of(whose), kept.map(|kept| kept.hash.clone()), keyed).await
    }

    async fn hash_matches(
        &self,
        whose: String,
        kept: Option<String>,
        given: Zeroizing<String>,
    ) -> Result<bool, HashError> {
        let keyring = Arc::clone(&self.keyring);
        let (cost, decoy) = (self.cost, Arc::clone(&self.decoy));
        self.off_the_async_threads(move || {
            let hash = kept.unwrap_or_else(|| decoy_hash(&decoy, &keyring, cost));
            let (key, phc) = hash.split_at(hash.find('$').ok_or(HashError::NoHash)?);
            let keyed = keyring.keyed(key, &whose, &given).map_err(HashError::Key)?;
            let phc = PasswordHash::new(phc).map_err(|_| HashError::NoHash)?;
            // Compared in constant time; the parameters are the hash's own.
            Ok(Argon2::default().verify_password(&*keyed, &phc).is_ok())
        })
        .await?
    }

    /// Returns whether this hash is of another key or cost than new ones.
    #[must_use]
    pub fn is_outdated(&self, kept: &KeptPin) -> bool {
        let Cost { memory_kib, passes } = self.cost;
        let now = format!("{}$argon2id$v=19$m={memory_kib},t={passes},p=1$", self.keyring.newest());
        !kept.hash.starts_with(&now)
    }

    async fn keyed_hash(&self, whose: &str, digits: String) -> Result<String, HashError> {
        let (keyring, cost, whose) = (Arc::clone(&self.keyring), self.cost, key_of(whose));
        let digits = Zeroizing::new(digits);
        self.off_the_async_threads(move || hash(&keyring, cost, &whose, &digits)).await
    }

    async fn off_the_async_threads<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, HashError> {
        let _place = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        #[cfg(test)]
        self.hashed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The permit goes along: work whose caller has gone still takes its core.
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| HashError::Ending)?;
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        work.await.map_err(|_| HashError::Ending)
    }
}

/// Returns the name under which a password is hashed: no user principal name contains a blank.
fn of_account(name: &str) -> String {
    format!("account {}", key_of(name))
}

/// Returns the name under which a passcode is hashed, by the same token.
fn of_passcode(name: &str) -> String {
    format!("passcode {}", key_of(name))
}

/// The hash that no PIN has, by a key of the keyring.
fn decoy_hash(made: &Mutex<Option<String>>, keyring: &Keyring, cost: Cost) -> String {
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let is_usable = |hash: &String| hash.split_once('$').is_some_and(|(key, _)| keyring.knows(key));
    // Nobody keys this: a PIN has no letters.
    made.take_if(|hash| !is_usable(hash));
    made.get_or_insert_with(|| hash(keyring, cost, "", "decoy")).clone()
}

fn hash(keyring: &Keyring, cost: Cost, whose: &str, digits: &str) -> String {
    let (key, keyed) = keyring.keyed_by_newest(whose, digits);
    let params =
        Params::new(cost.memory_kib, cost.passes, 1, None).expect("costs are constants that Argon2 takes");
    let salt = entropy::bytes::<SALT_BYTES>();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let phc = argon2.hash_password_with_salt(&*keyed, &salt).expect("a salt of this length is taken");
    format!("{key}{phc}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::Digits;

    fn hasher() -> PinHasher {
        PinHasher::new(Arc::new(Keyring::of_one_key()), Cost::LEAST)
    }

    fn keyed(symbols: &str) -> PinEntry {
        PinEntry::new(Digits::from_symbols(symbols).unwrap())
    }

    #[tokio::test]
    async fn only_the_pin_of_this_user_matches() {
        let hasher = hasher();
        let kept = hasher.hash("Amos@Contoso.com", Pin::from_symbols("27182").unwrap()).await.unwrap();
        assert_eq!(kept.digits, 5);
        assert!(!kept.hash.contains("27182"), "{}", kept.hash);
        for (whose, symbols, right) in [
            ("amos@contoso.com", "27182", true),
            ("amos@contoso.com", "27183", false),
            ("amos@contoso.com", "2718", false),
            ("amos@contoso.com", "271820000000000", false),
            ("amos@contoso.com", "", false),
            ("kim@contoso.com", "27182", false),
        ] {
            assert_eq!(
                hasher.matches(whose, Some(&kept), keyed(symbols)).await,
                Ok(right),
                "{whose} {symbols}"
            );
        }
        assert_eq!(hasher.matches("amos@contoso.com", None, keyed("27182")).await, Ok(false));
    }

    #[tokio::test]
    async fn a_hash_keeps_its_key_and_its_parameters() {
        let hasher = hasher();
        let kept = hasher.hash("amos", Pin::from_symbols("27182").unwrap()).await.unwrap();
        let prefix = format!("{}$argon2id$v=19$m=8,t=1,p=1$", hasher.keyring().newest());
        assert!(kept.hash.starts_with(&prefix), "{}", kept.hash);
        assert!(!hasher.is_outdated(&kept));
        let dearer = PinHasher::new(Arc::clone(hasher.keyring()), Cost { memory_kib: 16, passes: 1 });
        assert!(dearer.is_outdated(&kept));
        assert_eq!(dearer.matches("amos", Some(&kept), keyed("27182")).await, Ok(true));
    }

    #[tokio::test]
    async fn without_its_key_a_pin_is_not_wrong_but_cannot_be_checked() {
        let kept = hasher().hash("amos", Pin::from_symbols("27182").unwrap()).await.unwrap();
        let answered = hasher().matches("amos", Some(&kept), keyed("27182")).await;
        assert!(matches!(answered, Err(HashError::Key(_))), "{answered:?}");
        let spoilt = KeptPin { hash: "no hash".into(), digits: 5 };
        assert_eq!(hasher().matches("amos", Some(&spoilt), keyed("27182")).await, Err(HashError::NoHash));
    }

    #[tokio::test]
    async fn more_than_can_wait_are_told_so_at_once() {
        let hasher = hasher();
        let _all = hasher.waiting.acquire_many(u32::try_from(WAITING_MAX).unwrap()).await.unwrap();
        assert_eq!(hasher.matches("amos", None, keyed("1")).await, Err(HashError::Busy));
    }

    #[tokio::test]
    async fn many_passwords_leave_room_for_pins() {
        let hasher = hasher();
        let _all = hasher.passwords.acquire_many(u32::try_from(PASSWORDS_MAX).unwrap()).await.unwrap();
        let password = Password::typed("correct horse".to_owned());
        assert_eq!(hasher.password_matches("admin", None, &password).await, Err(HashError::Busy));
        assert_eq!(hasher.matches("amos", None, keyed("1")).await, Ok(false));
    }
}
