//! The secret outside of the store: keys that hash PINs, seal them in the outbox and seal the end of the audit log.
//!
//! A file of mode 0600 with a line for each key, the newest last. The newest is used, all are read: what an older key
//! hashed or sealed stays readable after a rotation. Whoever has the store without this file has nothing to guess
//! PINs by.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{fmt, str};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::entropy::{self, hex, unhex};
use crate::control::pin::Pin;
use crate::files;

/// The length of a secret and of the keys that are derived from it: as long as what SHA-256 gives.
const SECRET_BYTES: usize = 32;

/// The nonce of XChaCha20-Poly1305; it is long enough to be drawn (draft-irtf-cfrg-xchacha, section 2.1).
const NONCE_BYTES: usize = 24;

/// What a PIN is filled up to before it is sealed, so that its length cannot be seen: longer than any.
const PADDED_PIN_BYTES: usize = 16;

/// The most keys that a keyring may have: a rotation a day for three years.
const KEYS_MAX: usize = 1_000;

/// The largest keyring that is read, in bytes: [`KEYS_MAX`] lines of 80 bytes, and as many of notes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

const HEADER: &str = "# Attendant's keys: whoever has this file and the directory can guess PINs. Keep it, and keep it secret.\n\
                      # Without it no PIN can be checked and no waiting mail with a PIN be sent. The last key is used.\n";

/// Keys, at least one.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

/// What one key is used for; each use has a key of its own, derived from the secret.
#[derive(Clone, Copy)]
enum Use {
    Hash,
    Seal,
    Sign,
}

/// Why there are no keys.
#[derive(Debug)]
pub enum KeyringError {
    /// The file cannot be read or written.
    File(PathBuf, io::Error),
    /// A line of the file is no key; the line is not told, since it may be one after all.
    Line(PathBuf, usize),
    /// The file has no key, or too many.
    Count(PathBuf, usize),
    /// Others may read the file.
    Open(PathBuf, u32),
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the keyring {}: {error}", path.display()),
            Self::Line(path, line) => write!(
                f,
                "the keyring {}, line {line}: no key; right would be its name, a blank and {} digits in hexadecimal",
                path.display(),
                2 * SECRET_BYTES
            ),
            Self::Count(path, count) => write!(
                f,
                "the keyring {} has {count} keys; right would be 1 to {KEYS_MAX}. Restore it from a backup: without \
                 its keys no PIN can be checked",
                path.display()
            ),
            Self::Open(path, mode) => write!(
                f,
                "the keyring {} has mode {mode:03o}, and others may read it; right would be `chmod 600`, and new keys \
                 with `attendant directory rotate-key`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for KeyringError {}

/// A key that a hash or a seal was made with is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyMissing(pub String);

impl fmt::Display for KeyMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the keyring lacks the key {}; restore the keyring that belongs to this directory", self.0)
    }
}

impl std::error::Error for KeyMissing {}

impl Keyring {
    /// One fresh key that is kept nowhere: for tests and for directories that live in memory.
    #[must_use]
    pub fn of_one_key() -> Self {
        Self { keys: vec![Key::fresh()] }
    }

    /// The keys of a file, which is made with one key if it is not there.
    ///
    /// # Errors
    /// The file cannot be read or made, is no keyring, or others may read it.
    pub fn at(path: &Path) -> Result<Self, KeyringError> {
        match Self::read(path) {
            Err(KeyringError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                let _one_at_a_time = lock(path)?;
                if !path.exists() {
                    Self::of_one_key().write(path)?;
                }
                Self::read(path)
            }
            read => read,
        }
    }

    /// Adds a fresh key to the file, which is used from now on by whoever opens it anew. Answers its name.
    ///
    /// # Errors
    /// The file cannot be read or written, or is full.
    pub fn rotate(path: &Path) -> Result<String, KeyringError> {
        let _one_at_a_time = lock(path)?;
        let mut keyring = if path.exists() { Self::read(path)? } else { Self { keys: Vec::new() } };
        let key = Key::fresh();
        let id = key.id.clone();
        keyring.keys.push(key);
        if keyring.keys.len() > KEYS_MAX {
            return Err(KeyringError::Count(path.to_owned(), keyring.keys.len()));
        }
        keyring.write(path)?;
        Ok(id)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Always false: a keyring has a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The name of the key that is used now.
    #[must_use]
    pub fn newest(&self) -> &str {
        &self.newest_key().id
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
    pub fn open(&self, sealed: &str, context: &str) -> Result<Option<Pin>, KeyMissing> {
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

    /// Whether a key of the keyring made this seal over this text.
    #[must_use]
    pub fn signed(&self, text: &str, seal: &str) -> bool {
        let Some((id, mac)) = seal.split_once('$') else { return false };
        let (Ok(key), Some(mac)) = (self.key(id), unhex(mac)) else { return false };
        let computed = key.mac(Use::Sign, &[text.as_bytes()]);
        subtle::ConstantTimeEq::ct_eq(&computed[..], &mac[..]).into()
    }

    /// The keyed part of a PIN's hash: HMAC-SHA-256 over whose PIN it is and what was keyed, by the key of this name.
    ///
    /// # Errors
    /// There is no such key.
    pub(super) fn keyed(
        &self,
        id: &str,
        whose: &str,
        keyed: &str,
    ) -> Result<Zeroizing<[u8; SECRET_BYTES]>, KeyMissing> {
        let length = (whose.len() as u64).to_be_bytes();
        Ok(self.key(id)?.mac(Use::Hash, &[&length, whose.as_bytes(), keyed.as_bytes()]))
    }

    fn key(&self, id: &str) -> Result<&Key, KeyMissing> {
        self.keys.iter().find(|key| key.id == id).ok_or_else(|| KeyMissing(id.to_owned()))
    }

    fn newest_key(&self) -> &Key {
        self.keys.last().expect("a keyring has a key")
    }

    fn read(path: &Path) -> Result<Self, KeyringError> {
        let text = files::read_text(path, FILE_BYTES_MAX)
            .map_err(|error| KeyringError::File(path.to_owned(), error.into()))?;
        let text = Zeroizing::new(text);
        nobody_else_reads(path)?;
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                keys.push(Key::read(line).ok_or_else(|| KeyringError::Line(path.to_owned(), number))?);
            }
        }
        if !(1..=KEYS_MAX).contains(&keys.len()) {
            return Err(KeyringError::Count(path.to_owned(), keys.len()));
        }
        Ok(Self { keys })
    }

    /// Writes a file of mode 0600 beside it, and puts it in its place in one step.
    fn write(&self, path: &Path) -> Result<(), KeyringError> {
        let failed = |error| KeyringError::File(path.to_owned(), error);
        let mut text = Zeroizing::new(HEADER.to_owned());
        for key in &self.keys {
            let secret = Zeroizing::new(hex(&*key.secret));
            text.push_str(&format!("{} {}\n", key.id, &*secret));
        }
        let beside = beside(path, &format!("{}.new", entropy::token()));
        let mut file = private(OpenOptions::new().write(true).create_new(true), &beside).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&beside, path).map_err(failed)
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
        };
        let derived = hmac(&self.secret, &[label]);
        hmac(&derived, parts)
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

/// The file of this name with something appended.
pub(super) fn beside(path: &Path, appended: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(appended);
    PathBuf::from(name)
}

/// Opens a file that only its owner may read, if it is made.
pub(super) fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Holds a lock beside this file until it is dropped, the process that holds it killed or not.
pub(super) fn lock(path: &Path) -> Result<File, KeyringError> {
    let failed = |error| KeyringError::File(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let options = &mut OpenOptions::new();
    let file = private(options.write(true).create(true).truncate(false), &beside(path, "lock"));
    file.and_then(|file| file.lock().map(|()| file)).map_err(failed)
}

#[cfg(unix)]
fn nobody_else_reads(path: &Path) -> Result<(), KeyringError> {
    let metadata = fs::metadata(path).map_err(|error| KeyringError::File(path.to_owned(), error))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyringError::Open(path.to_owned(), mode)) }
}

#[cfg(not(unix))]
fn nobody_else_reads(_: &Path) -> Result<(), KeyringError> {
    Ok(())
}

#[cfg(test)]
mod tests {
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
    fn after_a_rotation_the_old_key_still_reads_and_the_new_one_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/keyring");
        let before = Keyring::at(&path).unwrap();
        let sealed = before.seal(pin(), "");
        let signed = before.sign("text");
        let new = Keyring::rotate(&path).unwrap();
        let after = Keyring::at(&path).unwrap();
        assert_eq!((before.len(), after.len(), after.newest()), (1, 2, new.as_str()));
        assert_eq!(after.open(&sealed, ""), Ok(Some(pin())));
        assert!(after.signed("text", &signed) && !after.signed("texts", &signed));
        assert!(after.seal(pin(), "").starts_with(&new));
        assert!(before.open(&after.seal(pin(), ""), "").is_err(), "the old key does not open the new one's");
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
    fn a_keyring_that_is_none_is_refused_by_its_line_and_its_secret_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        Keyring::at(&path).unwrap();
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("key 5ec4e7\n");
        fs::write(&path, &text).unwrap();
        let refused = Keyring::at(&path).unwrap_err().to_string();
        assert!(refused.contains("line 4: no key") && !refused.contains("5ec4e7"), "{refused}");
        fs::write(&path, "").unwrap();
        assert!(Keyring::at(&path).unwrap_err().to_string().contains("has 0 keys"));
    }
}
