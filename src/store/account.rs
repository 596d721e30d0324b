//! Accounts by which people sign in to the page. Of a password only a keyed hash is kept.

use super::entropy;
use zeroize::Zeroizing;

/// Letters and numbers of a one-time password: none that are taken for each other. 32 of them, five bits each.
const SYMBOLS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

/// The number of symbols: 80 bits, which nobody can guess.
const ONE_TIME_SYMBOLS: usize = 16;

/// The role that does everything, as it is kept.
pub const ADMINISTRATOR: &str = "administrator";

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AccountRecord {
    /// The name to sign in with: a user principal name, or the name that an administrator was given.
    pub name: String,
    /// In which role, as the audit log names it.
    pub role: String,
    /// The password's keyed hash with its key's name and its parameters.
    pub password: String,
    /// Whether the password was given by somebody else, and must be changed before anything is done.
    pub must_change: bool,
    /// When the password was given or changed, in milliseconds since the Unix epoch: who signed in before must do so again.
    pub changed_at: i64,
}

impl AccountRecord {
    /// Returns whether it is an administrator's.
    #[must_use]
    pub fn is_administrators(&self) -> bool {
        self.role == ADMINISTRATOR
    }
}

impl std::fmt::Debug for AccountRecord {
    /// Without the hash: what is logged stays in more places than the database.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, role, must_change, .. } = self;
        f.debug_struct("AccountRecord")
            .field("name", name)
            .field("role", role)
            .field("must_change", must_change)
            .finish_non_exhaustive()
    }
}

/// A password in the clear, as it was typed or drawn; it prints as stars, and is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Creates a password from typed text.
    #[must_use]
    pub fn typed(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A new one for its one showing, in groups of four.
    #[must_use]
    pub fn draw() -> Self {
        let bytes = entropy::bytes::<ONE_TIME_SYMBOLS>();
        let mut text = Zeroizing::new(String::new());
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(SYMBOLS[usize::from(byte % 32)]));
        }
        Self(text)
    }

    /// It in the clear.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("*******")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_password_differs_each_time_and_is_never_printed() {
        let (one, other) = (Password::draw(), Password::draw());
        assert_ne!(one, other);
        assert_eq!((one.reveal().len(), one.reveal().matches('-').count()), (19, 3));
        assert_eq!(format!("{one:?}"), "*******");
    }
}
