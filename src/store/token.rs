//! Tokens by which programs sign in. Of a token only a keyed hash is kept: anyone who has the database and not the keyring can
//! neither use one nor make one.

use std::fmt;

use super::account::{ADMINISTRATOR, AccountRecord};
use super::entropy;
use super::keyring::Keyring;

/// The prefix of every token, so that one that is published by mistake is recognised.
const PREFIX: &str = "attendant";

/// A token in the clear, for its one showing; it prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    id: String,
    secret: String,
}

impl Token {
    /// A new one, which nobody guesses: 128 random bits behind its name.
    #[must_use]
    pub fn draw() -> Self {
        let mut id = entropy::token();
        id.truncate(ID_CHARS);
        Self { id, secret: entropy::token() }
    }

    /// Parses a token; `None` if the text does not have its form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('_');
        let (Some(PREFIX), Some(id), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let fits = id.len() == ID_CHARS && secret.len() == SECRET_CHARS && is_hex(id) && is_hex(secret);
        fits.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// Its name, which is not a secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The token in the clear.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, self.secret)
    }

    /// Returns the hash that is stored.
    #[must_use]
    pub fn hash(&self, keyring: &Keyring) -> String {
        keyring.sign(&self.hashed_text())
    }

    /// Returns whether this was made of it, in the same time whatever was given.
    #[must_use]
    pub fn is_hashed_as(&self, hash: &str, keyring: &Keyring) -> bool {
        keyring.signed(&self.hashed_text(), hash)
    }

    fn hashed_text(&self) -> String {
        format!("token {} {}", self.id, self.secret)
    }
}

/// Characters of a token's name: 64 bits.
const ID_CHARS: usize = 16;

/// Characters of its secret: 128 bits.
const SECRET_CHARS: usize = 32;

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}_{}_***", self.id)
    }
}

/// A token as it is kept. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenRecord {
    /// Its name.
    pub id: String,
    /// The user who signs in with it.
    pub user: String,
    /// In which role, as the audit log names it.
    pub role: String,
    /// The purpose.
    pub label: String,
    /// Its keyed hash.
    pub hash: String,
    /// When it was issued.
    pub issued_at: i64,
    /// Until when it is good.
    pub expires_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

impl TokenRecord {
    /// Returns whether it would let its owner do more than this account of theirs. Where there is no account, a token
    /// stands on its own.
    #[must_use]
    pub fn exceeds(&self, account: Option<&AccountRecord>) -> bool {
        self.role == ADMINISTRATOR && account.is_some_and(|account| !account.is_administrators())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_keyed_hash_and_prints_as_stars() {
        let (keyring, other) = (Keyring::of_one_key(), Keyring::of_one_key());
        let token = Token::draw();
        let hash = token.hash(&keyring);
        let given = Token::parse(&format!(" {}\n", token.reveal())).unwrap();
        assert!(given == token && given.is_hashed_as(&hash, &keyring));
        assert!(!token.is_hashed_as(&hash, &other) && !Token::draw().is_hashed_as(&hash, &keyring));
        assert!(!hash.contains(&token.secret) && !format!("{token:?}").contains(&token.secret));
        for wrong in ["", "attendant", "attendant_1_2", &token.reveal()[1..], &format!("{}0", token.reveal())]
        {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }
}
