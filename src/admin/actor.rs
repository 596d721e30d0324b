//! The person who acts, and their role.

use crate::store::account::ADMINISTRATOR;

/// In which role somebody acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Does everything.
    Administrator,
    /// Sees their own coordinates, and never a PIN.
    User,
}

impl Role {
    /// The role of this word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Administrator, Self::User].into_iter().find(|role| role.word() == word)
    }

    /// Returns the role's word in records and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Administrator => ADMINISTRATOR,
            Self::User => "user",
        }
    }
}

/// The person who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// A user principal name, or the name of an account of the machine.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// From where: `cli`, `cmdlet`, `shell`, a scenario, an address.
    pub origin: String,
}
