//! The secret outside of the store: keys that hash PINs, seal them in the outbox and seal the end of the audit log.
//!
//! A file of mode 0600 with a line for each key, the newest last. The newest is used, all are read: what an older key
//! hashed or sealed stays readable after a rotation. Anyone who has the store without this file has nothing to guess
//! PINs by.
//!
//! Other processes rotate keys too: the file is looked at before a key is used, and read again when it has changed or a
//! key is missing.

mod file;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::{fmt, str};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::entropy::{self, hex, unhex};
use crate::control::pin::Pin;

pub use file::KeyringError;
use file::{FileStamp, KEYS_MAX, Read, unfinished, write};
pub(super) use file::{lock, sweep};

/// The length of a secret and of the keys that are derived from it: as long as what SHA-256 gives.
const SECRET_BYTES: usize = 32;

/// The nonce of XChaCha20-Poly1305; it is long enough to be drawn (draft-irtf-cfrg-xchacha, section 2.1).
const NONCE_BYTES: usize = 24;

/// The length to which a PIN is padded before it is sealed, so that its own length cannot be seen: longer than any PIN.
const PADDED_PIN_BYTES: usize = 16;

/// The length of a key's fingerprint: no two keys have the same.
const FINGERPRINT_BYTES: usize = 16;

/// Keys, at least one, as they are in their file now.
pub struct Keyring {
    /// Nothing for keys that are kept nowhere.
    file: Option<PathBuf>,
    read: RwLock<Read>,
}

struct Key {
    id: String,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.read().keys.iter().map(|key| &key.id)).finish()
    }
}

/// By which key of a keyring something was made, without the key: what a directory remembers its keyring by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyMark {
    /// The key's name.
    pub id: String,
    /// Known to anyone who has the key; it tells nothing of it.
    pub fingerprint: String,
}

/// The validity of a seal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signature {
    /// A key of the keyring made it over this text.
    Right,
    /// It was not made over this text, or is not a seal.
    Wrong,
    /// The key that it names is not in the keyring.
    Unknown(MissingKeyError),
}

/// A PIN or a password under a key.
pub(super) type KeyedHash = Zeroizing<[u8; SECRET_BYTES]>;

/// The purpose of a key; each purpose has a key of its own, derived from the secret.
#[derive(Clone, Copy)]
enum Use {
    Hash,
    Seal,
    Sign,
    Fingerprint,
}

/// A key that a hash or a seal was made with is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingKeyError(pub String);

impl fmt::Display for MissingKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the keyring lacks the key {}; restore the keyring that belongs to this directory", self.0)
    }
}

impl std::error::Error for MissingKeyError {}

impl Keyring {
    /// One fresh key that is kept nowhere: for tests and for directories that live in memory.
    #[must_use]
    pub fn of_one_key() -> Self {
        Self {
            file: None,
            read: RwLock::new(Read { keys: vec![Arc::new(Key::fresh())], look: None, owns: false }),
        }
    }

    /// The keys of a file.
    ///
    /// # Errors
    /// The file is not there, cannot be read, is not a keyring, or others may read it.
    pub fn existing(path: &Path) -> Result<Self, KeyringError> {
        Ok(Self { file: Some(path.to_owned()), read: RwLock::new(Read::of(path)?) })
    }

    /// The keys of a file, which is made with one key if it is not there: for a directory that is new.
    ///
    /// # Errors
    /// The file cannot be read or made, is not a keyring, or others may read it.
    pub fn at(path: &Path) -> Result<Self, KeyringError> {
        match Self::existing(path) {
            Err(KeyringError::Missing(_)) => {
                let _one_at_a_time = lock(path)?;
                sweep(path);
                if !path.exists() {
                    write(path, &[Arc::new(Key::fresh())], false)?;
                }
                Self::existing(path)
            }
            existing => existing,
        }
    }

    /// Adds a fresh key to the file, which is used from now on by all who have it open. Answers its name.
    ///
    /// # Errors
    /// The file is not there, cannot be read or written, or is full.
    pub fn rotate(path: &Path) -> Result<String, KeyringError> {
        let _one_at_a_time = lock(path)?;
        sweep(path);
        let Read { mut keys, owns, .. } = Read::of(path)?;
        let key = Key::fresh();
        let id = key.id.clone();
        keys.push(Arc::new(key));
        if keys.len() > KEYS_MAX {
            return Err(KeyringError::Count(path.to_owned(), keys.len()));
        }
        write(path, &keys, owns)?;
        Ok(id)
    }

    /// Removes what a program left beside the keyring that was killed while it wrote one.
    ///
    /// # Errors
    /// The lock beside the keyring cannot be had.
    pub fn tidy(path: &Path) -> Result<(), KeyringError> {
        if !unfinished(path).is_empty() {
            let _one_at_a_time = lock(path)?;
            sweep(path);
        }
        Ok(())
    }

    /// Returns whether a directory belongs to the keys: one that is not there is lost, and not new.
    #[must_use]
    pub fn owns_directory(&self) -> bool {
        self.read().owns
    }

    /// Writes into the file whether a directory belongs to the keys. Keys that are kept nowhere own none.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn set_owns_directory(&self, owns: bool) -> Result<(), KeyringError> {
        let Some(file) = &self.file else { return Ok(()) };
        if self.owns_directory() != owns {
            let _one_at_a_time = lock(file)?;
            sweep(file);
            write(file, &Read::of(file)?.keys, owns)?;
            self.read_again();
        }
        Ok(())
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().keys.len()
    }

    /// Always false: a keyring has a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().keys.is_empty()
    }

    /// The name of the key that is used now.
    #[must_use]
    pub fn newest(&self) -> String {
        self.newest_key().id.clone()
    }

    /// Returns the mark of the current key.
    #[must_use]
    pub fn mark(&self) -> KeyMark {
        self.newest_key().mark()
    }

    /// Returns whether the key of this mark is in the keyring.
    #[must_use]
    pub fn has(&self, mark: &KeyMark) -> bool {
        self.key(&mark.id).is_ok_and(|key| key.mark() == *mark)
    }

    /// Returns whether every key of another keyring is in this one.
    pub(super) fn has_all_of(&self, other: &Self) -> bool {
        other.read().keys.iter().all(|key| self.has(&key.mark()))
    }

    /// Writes the keys, as they are now, into a file that only its owner may read, in a folder that is there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn copy_to(&self, path: &Path) -> Result<(), KeyringError> {
        self.follow();
        let read = self.read();
        write(path, &read.keys, read.owns)
    }

    /// Returns whether a key of this name is in the keyring.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.key(id).is_ok()
    }

    /// Seals a PIN; what opens it must name the same context.
    #[must_use]
    pub fn seal(&self, pin: Pin, context: &str) -> String {
        let key = self.newest_key();
        let nonce = entropy::bytes::<NONCE_BYTES>();
        let mut padded = Zeroizing::new([b' '; PADDED_PIN_BYTES]);
        let mut digits = pin.reveal().reveal();
        padded[..digits.len()].copy_from_slice(digits.as_bytes());
        digits.zeroize();
        let payload = Payload { msg: &*padded, aad: context.as_bytes() };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("sixteen bytes are not too many to be sealed");
        format!("{}${}${}", key.id, hex(&nonce), hex(&sealed))
    }

    /// Opens a sealed PIN; `None` if it is not what was sealed in this context.
    ///
    /// # Errors
    /// Its key is not in the keyring.
    pub fn open(&self, sealed: &str, context: &str) -> Result<Option<Pin>, MissingKeyError> {
        let mut parts = sealed.split('$');
        let (Some(id), Some(nonce), Some(sealed), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        let key = self.key(id)?;
        let nonce = unhex(nonce).and_then(|nonce| <[u8; NONCE_BYTES]>::try_from(nonce).ok());
        let (Some(nonce), Some(sealed)) = (nonce, unhex(sealed)) else { return Ok(None) };
        let payload = Payload { msg: &sealed, aad: context.as_bytes() };
        let Ok(opened) = key.cipher().decrypt(&XNonce::from(nonce), payload) else { return Ok(None) };
        let opened = Zeroizing::new(opened);
        Ok(str::from_utf8(&opened).ok().and_then(|text| Pin::from_symbols(text.trim_end())))
    }

    /// A seal over a text, by the newest key.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let key = self.newest_key();
        format!("{}${}", key.id, hex(&*key.mac(Use::Sign, &[text.as_bytes()])))
    }

    /// Returns whether a key of the keyring made this seal over this text.
    #[must_use]
    pub fn signed(&self, text: &str, seal: &str) -> bool {
        self.signature(text, seal) == Signature::Right
    }

    /// Returns the validity of this seal over this text.
    #[must_use]
    pub fn signature(&self, text: &str, seal: &str) -> Signature {
        let Some((id, mac)) = seal.split_once('$') else { return Signature::Wrong };
        let key = match self.key(id) {
            Ok(key) => key,
            Err(missing) => return Signature::Unknown(missing),
        };
        let Some(mac) = unhex(mac) else { return Signature::Wrong };
        let computed = key.mac(Use::Sign, &[text.as_bytes()]);
        let same: bool = subtle::ConstantTimeEq::ct_eq(&computed[..], &mac[..]).into();
        if same { Signature::Right } else { Signature::Wrong }
    }

    /// The keyed part of a PIN's hash: HMAC-SHA-256 over whose PIN it is and what was keyed, by the key of this name.
    ///
    /// # Errors
    /// No such key.
    pub(super) fn keyed(&self, id: &str, whose: &str, keyed: &str) -> Result<KeyedHash, MissingKeyError> {
        Ok(self.key(id)?.keyed(whose, keyed))
    }

    /// The same by the newest key, with its name.
    pub(super) fn keyed_by_newest(&self, whose: &str, keyed: &str) -> (String, KeyedHash) {
        let key = self.newest_key();
        (key.id.clone(), key.keyed(whose, keyed))
    }

    fn key(&self, id: &str) -> Result<Arc<Key>, MissingKeyError> {
        let find = || self.read().keys.iter().find(|key| key.id == id).map(Arc::clone);
        self.follow();
        find()
            .or_else(|| {
                // The file may have been replaced by one that looks the same.
                self.read_again();
                find()
            })
            .ok_or_else(|| MissingKeyError(id.to_owned()))
    }

    fn newest_key(&self) -> Arc<Key> {
        self.follow();
        Arc::clone(self.read().keys.last().expect("a keyring has a key"))
    }

    fn read(&self) -> RwLockReadGuard<'_, Read> {
        self.read.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_mut(&self) -> RwLockWriteGuard<'_, Read> {
        self.read.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file again if it is another than the one that was read.
    fn follow(&self) {
        let look = self.file.as_deref().and_then(|file| FileStamp::at(file).ok());
        if self.file.is_some() && self.read().look != look {
            self.read_again();
        }
    }

    /// Reads the file again. One that is gone or spoilt changes nothing: the keys that were read are still right.
    fn read_again(&self) {
        let Some(file) = &self.file else { return };
        let look = FileStamp::at(file).ok();
        match Read::of(file) {
            Ok(read) => *self.read_mut() = read,
            Err(error) => {
                let mut read = self.read_mut();
                if read.look != look {
                    tracing::warn!(target: "attendant::directory", %error, "the keyring cannot be read again; the keys read before stay in use");
                }
                read.look = look;
            }
        }
    }
}

impl Key {
    fn fresh() -> Self {
        Self { id: hex(&entropy::bytes::<4>()), secret: Zeroizing::new(entropy::bytes()) }
    }

    fn read(line: &str) -> Option<Self> {
        let (id, secret) = line.split_once(' ')?;
        let secret = Zeroizing::new(unhex(secret.trim())?);
        let secret = Zeroizing::new(<[u8; SECRET_BYTES]>::try_from(&secret[..]).ok()?);
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self { id: id.to_owned(), secret })
    }

    fn mac(&self, used_for: Use, parts: &[&[u8]]) -> Zeroizing<[u8; SECRET_BYTES]> {
        let label: &[u8] = match used_for {
            Use::Hash => b"attendant 1 pin hash",
            Use::Seal => b"attendant 1 seal",
            Use::Sign => b"attendant 1 sign",
            Use::Fingerprint => b"attendant 1 fingerprint",
        };
        let derived = hmac(&self.secret, &[label]);
        hmac(&derived, parts)
    }

    fn keyed(&self, whose: &str, keyed: &str) -> KeyedHash {
        let length = (whose.len() as u64).to_be_bytes();
        self.mac(Use::Hash, &[&length, whose.as_bytes(), keyed.as_bytes()])
    }

    fn mark(&self) -> KeyMark {
        let fingerprint = hex(&self.mac(Use::Fingerprint, &[])[..FINGERPRINT_BYTES]);
        KeyMark { id: self.id.clone(), fingerprint }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.mac(Use::Seal, &[])).into())
    }
}

fn hmac(key: &[u8; SECRET_BYTES], parts: &[&[u8]]) -> Zeroizing<[u8; SECRET_BYTES]> {
    let mut mac =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn pin() -> Pin {
        Pin::from_symbols("271828182845").unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened_in_its_context_only() {
        let keyring = Keyring::of_one_key();
        let sealed = keyring.seal(pin(), "mail 1");
        assert!(!sealed.contains("271828"));
        assert_eq!(keyring.open(&sealed, "mail 1"), Ok(Some(pin())));
        assert_eq!(keyring.open(&sealed, "mail 2"), Ok(None), "moved to another mail");
        assert_eq!(keyring.open(&sealed[..sealed.len() - 2], "mail 1"), Ok(None));
        assert!(Keyring::of_one_key().open(&sealed, "mail 1").is_err());
        let short = keyring.seal(Pin::from_symbols("2718").unwrap(), "mail 1");
        assert_eq!(short.len(), sealed.len(), "the length of a PIN is not seen");
    }

    #[test]
    fn after_a_rotation_the_old_key_still_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/keyring");
        let before = Keyring::at(&path).unwrap();
        let sealed = before.seal(pin(), "");
        let signed = before.sign("text");
        let new = Keyring::rotate(&path).unwrap();
        let after = Keyring::at(&path).unwrap();
        assert_eq!((after.len(), after.newest()), (2, new.clone()));
        assert_eq!(after.open(&sealed, ""), Ok(Some(pin())));
        assert!(after.signed("text", &signed) && !after.signed("texts", &signed));
        assert!(after.seal(pin(), "").starts_with(&new));
    }

    #[test]
    fn an_open_keyring_follows_a_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let (running, other) = (Keyring::at(&path).unwrap(), Keyring::at(&path).unwrap());
        let first = running.mark();
        let new = Keyring::rotate(&path).unwrap();
        assert_eq!(running.open(&other.seal(pin(), ""), ""), Ok(Some(pin())), "made with the new key");
        assert_eq!(running.newest(), new, "and the new key is used");
        assert!(running.has(&first) && running.has(&other.mark()));
        fs::remove_file(&path).unwrap();
        assert_eq!(running.newest(), new, "a file that is gone takes nothing away");
        fs::write(&path, "spoilt").unwrap();
        assert_eq!((running.newest(), running.len()), (new, 2), "neither does one that is spoilt");
    }

    #[test]
    fn a_key_that_is_taken_out_is_used_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let running = Keyring::at(&path).unwrap();
        let signed = running.sign("text");
        Keyring::rotate(&path).unwrap();
        assert!(running.signed("text", &signed));
        write(&path, &[running.newest_key()], false).unwrap();
        assert!(matches!(running.signature("text", &signed), Signature::Unknown(_)));
        assert_eq!(running.signature("text", "no seal"), Signature::Wrong);
    }

    #[test]
    fn a_fingerprint_tells_keys_of_one_name_apart() {
        let (one, other) = (Keyring::of_one_key(), Keyring::of_one_key());
        assert!(one.has(&one.mark()) && !one.has(&other.mark()));
        let forged = KeyMark { id: one.newest(), fingerprint: other.mark().fingerprint };
        assert!(!one.has(&forged));
    }

    #[test]
    fn nothing_makes_a_keyring_but_a_new_directory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        assert!(matches!(Keyring::existing(&path), Err(KeyringError::Missing(_))));
        assert!(matches!(Keyring::rotate(&path), Err(KeyringError::Missing(_))));
        assert!(!path.exists());
    }

    #[test]
    fn many_who_need_the_keyring_at_once_find_the_same_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let all: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Keyring::at(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().newest().to_owned()).collect()
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:?}");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Keyring::rotate(&path).unwrap());
            }
        });
        assert_eq!(Keyring::at(&path).unwrap().len(), 9, "no rotation loses another's key");
    }

    #[test]
    fn a_keyring_knows_that_a_directory_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let running = Keyring::at(&path).unwrap();
        assert!(!running.owns_directory());
        running.set_owns_directory(true).unwrap();
        Keyring::rotate(&path).unwrap();
        let read = Keyring::existing(&path).unwrap();
        assert!(read.owns_directory() && read.len() == 2, "after a rotation too");
        read.set_owns_directory(false).unwrap();
        assert!(!Keyring::existing(&path).unwrap().owns_directory());
    }

    #[test]
    fn what_a_killed_rotation_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        Keyring::at(&path).unwrap();
        let left = folder.path().join(format!("keyring.{}.new", entropy::token()));
        let others = ["keyring.new", "keyring.mine.new", "other.0123456789abcdef0123456789abcdef.new"];
        for other in others {
            fs::write(folder.path().join(other), "").unwrap();
        }
        let clearing: [fn(&Path); 2] =
            [|path| Keyring::tidy(path).unwrap(), |path| drop(Keyring::rotate(path).unwrap())];
        for clear in clearing {
            fs::write(&left, "keys").unwrap();
            clear(&path);
            assert!(!left.exists());
        }
        assert!(others.iter().all(|other| folder.path().join(other).exists()));
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_symbolic_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, precious) = (folder.path().join("keyring"), folder.path().join("precious"));
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join("keyring.lock")).unwrap();
        let refused = Keyring::at(&path).unwrap_err().to_string();
        assert!(refused.contains("keyring.lock: it is a symbolic link"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_keyring() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        Keyring::at(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Keyring::at(&path).unwrap_err().to_string();
        assert!(refused.contains("has mode 640") && refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn an_invalid_keyring_line_is_named_without_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        Keyring::at(&path).unwrap();
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("key 5ec4e7\n");
        fs::write(&path, &text).unwrap();
        let refused = Keyring::at(&path).unwrap_err().to_string();
        assert!(refused.contains("line 4: not a key") && !refused.contains("5ec4e7"), "{refused}");
        fs::write(&path, "").unwrap();
        assert!(Keyring::at(&path).unwrap_err().to_string().contains("has 0 keys"));
    }
}
