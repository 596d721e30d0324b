//! Records as they are kept. Times are milliseconds since the Unix epoch.

use crate::control::account::{Account, StoredPin};
use crate::control::call::{Digits, Language};
use crate::control::policy::{OrganizerId, Policy};

/// An enum that is kept as a word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the word that is stored and printed.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

pub(super) use words;

/// The name that sorts before all others: paging starts after it. No user has it, and the record of it is the one
/// against which the PINs of unknown organizers are checked.
pub const NOBODY: &str = "";

/// Users that a store numbers, those that are gone included: beyond are the numbers of organizers whom an exchange keeps
/// by itself.
pub const USERS_MAX: u32 = 1 << 31;

/// A user.
#[derive(Clone, Debug, Default)]
pub struct UserRecord {
    /// Given by the store to one that is new, and kept for good. Of no meaning before, and for nobody.
    pub id: OrganizerId,
    /// The user principal name as it was written; compared without regard to case.
    pub name: String,
    /// Counts the commits of this record; 0 for one that is not kept yet.
    pub version: i64,
    /// The name as it appears above the address in mails.
    pub display_name: String,
    /// The primary SMTP address.
    pub mail: Option<String>,
    /// The account, which decides who starts their meetings.
    pub account: Account<KeptPin>,
    /// The toll number in their invitations.
    pub number: Option<String>,
    /// The toll-free number in their invitations.
    pub toll_free_number: Option<String>,
    /// Whether their meetings take calls to toll-free numbers.
    pub allow_toll_free: bool,
    /// The language of their mails.
    pub language: Language,
}

impl UserRecord {
    /// Returns the key by which names are compared.
    #[must_use]
    pub fn key(&self) -> String {
        key_of(&self.name)
    }
}

/// By what a user is looked for.
#[derive(Clone, Copy, Debug)]
pub enum UserKey<'a> {
    /// The user principal name, in any case.
    Name(&'a str),
    /// The conference ID.
    ConferenceId(Digits),
    /// The user's number.
    Id(OrganizerId),
}

/// A user with all that their meetings are held to, as it was at one moment.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The user.
    pub user: UserRecord,
    /// The tenant's settings.
    pub tenant: TenantRecord,
    /// The first language of the number in their invitations, if they have one.
    pub number_language: Option<Language>,
    /// How many acts of administrators there had been: entries of the audit log.
    pub changes: i64,
}

/// Returns the key by which user principal names are compared.
#[must_use]
pub fn key_of(name: &str) -> String {
    name.to_lowercase()
}

/// A PIN's keyed hash with its key's name and its parameters; nobody can tell the PIN from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptPin {
    /// `KEY$argon2id$v=19$m=…,t=…,p=…$SALT$HASH`
    pub hash: String,
    /// How many digits the PIN has: the lockout's limits depend on it.
    pub digits: usize,
}

impl StoredPin for KeptPin {
    fn digits(&self) -> usize {
        self.digits
    }
}

/// The tenant's settings that differ from the defaults, by their BEHAVIOUR names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TenantRecord {
    /// Counts the commits of this record.
    pub version: i64,
    /// Names with values, as [`Policy::set`] takes them.
    pub settings: Vec<(String, String)>,
}

impl TenantRecord {
    /// The settings over these. What is kept and not known any more is passed over.
    #[must_use]
    pub fn over(&self, base: &Policy) -> Policy {
        let mut policy = base.clone();
        for (name, value) in &self.settings {
            if let Err(error) = policy.set(name, value) {
                tracing::warn!(target: "attendant::directory", %name, %error, "a setting that is kept is passed over");
            }
        }
        policy
    }
}

/// A number that callers dial.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberRecord {
    /// The number as it is dialled, `+14255550100`.
    pub number: String,
    /// Whether the called side pays.
    pub toll_free: bool,
    /// Spoken first.
    pub primary: Language,
    /// Reached with `*1` to `*4`.
    pub secondary: Vec<Language>,
}
