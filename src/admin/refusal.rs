//! Why an act was not carried out: what was wrong, and what was expected.

use std::fmt;

use crate::control::call::Digits;
use crate::control::numbers::CONFERENCE_ID_MAX;
use crate::control::policy::{Policy, SECONDARY_LANGUAGES_MAX, SettingError};
use crate::store::StoreError;
use crate::store::pin_hash::HashError;

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordFault {
    /// The one that should be the present one is not.
    NotThePresent,
    /// The new one is the present one.
    TheSame,
    /// It has fewer than 12 or more than 128 characters.
    Length,
    /// It has too few different characters.
    Pattern,
    /// It has the owner's name in it, or words of this place.
    Known,
}

impl fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotThePresent => "the current password is wrong",
            Self::TheSame => "the new password is the same as the current one",
            Self::Length => "the password has the wrong length; expected 12 to 128 characters, of any kind",
            Self::Pattern => "the password is a pattern; expected more different characters",
            Self::Known => {
                "the password is easy to guess; expected one without your name and without words from this page"
            }
        })
    }
}

/// Why an act was not carried out. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The actor may not do this.
    Forbidden(String),
    /// No such user.
    UnknownUser(String),
    /// The part of a name before the `@` is that of several users: two of them.
    AmbiguousUser(String, [String; 2]),
    /// No token has this name.
    UnknownToken(String),
    /// No account has this name.
    UnknownAccount(String),
    /// The owner of a token has the account of a user, and so gets no administrator's.
    NotAdministrators(String),
    /// It would be the last account of an administrator that goes.
    LastAdministrator(String),
    /// A password is not taken.
    BadPassword(PasswordFault),
    /// Somebody else changed the same meanwhile.
    Changed,
    /// The user is not enabled for dial-in conferencing.
    NotEnabled(String),
    /// This is not a user principal name.
    BadName(String),
    /// This is not a mail address.
    BadAddress(String),
    /// A text has a line break or another character that is none to print, or is too long.
    BadText(&'static str),
    /// This is not a conference ID.
    BadConferenceId,
    /// The conference ID is somebody else's.
    ConferenceIdTaken(Digits),
    /// The user's PIN would be a part of this new number.
    PinInside(&'static str),
    /// Every conference ID that was drawn was taken.
    NoFreeConferenceId,
    /// This is not a telephone number with its country code.
    BadNumber(String),
    /// There is no such service number; those that there are.
    UnknownNumber(String, Vec<String>),
    /// The number is toll-free and should not be, or the reverse.
    WrongKindOfNumber {
        /// The number.
        number: String,
        /// Whether it is toll-free.
        toll_free: bool,
    },
    /// The number is there already.
    NumberThere(String),
    /// The number is in this user's invitations.
    NumberInUse(String, String),
    /// A number has too many languages, or one of them twice.
    BadLanguages,
    /// A setting is not known, is not a tenant setting, or does not take the value.
    Setting(String, SettingError),
    /// Mail is to be sent in a name of which a part is missing.
    SenderIncomplete,
    /// A file of users is wrong: the line, and what is wrong there.
    File(u64, String),
    /// The PIN cannot be hashed.
    Hash(HashError),
    /// The store does not answer.
    Store(StoreError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(who) => write!(
                f,
                "{who} is not an administrator; users may only see their own coordinates"
            ),
            Self::UnknownUser(name) => write!(
                f,
                "unknown user {name}; `attendant users list` lists users, `attendant users enable {name}` adds one"
            ),
            Self::AmbiguousUser(name, [one, other]) => {
                write!(f, "several users are called {name}; expected the whole name, such as {one} or {other}")
            }
            Self::UnknownToken(id) => {
                write!(f, "unknown token {id}; `attendant tokens list` lists them")
            }
            Self::UnknownAccount(name) => {
                write!(f, "unknown account {name}; `attendant accounts list` lists them")
            }
            Self::NotAdministrators(name) => write!(
                f,
                "the account {name} is not an administrator's, and a token can do no more than its account; \
                 `attendant accounts give {name} --administrator` makes it an administrator's"
            ),
            Self::LastAdministrator(name) => write!(
                f,
                "{name} is the last account of an administrator; give another one first, with \
                 `attendant accounts give NAME --administrator`"
            ),
            Self::BadPassword(fault) => fault.fmt(f),
            Self::Changed => f.write_str("somebody else changed this meanwhile; review it and try again"),
            Self::NotEnabled(name) => write!(
                f,
                "{name} is not enabled for dial-in conferencing; `attendant users enable {name}` does that"
            ),
            Self::BadName(name) => {
                write!(f, "`{name}` is not a user principal name; expected name@domain, such as amos.marble@contoso.com")
            }
            Self::BadAddress(address) => {
                write!(f, "`{address}` is not a mail address; expected name@domain, such as amos.marble@contoso.com")
            }
            Self::BadText(what) => {
                write!(f, "the {what} has a control character or more than 256 characters; expected one line of text")
            }
            Self::BadConferenceId => {
                write!(
                    f,
                    "this is not a conference ID; expected 1 to {CONFERENCE_ID_MAX} digits, grouped or not, such as 314 1592"
                )
            }
            Self::ConferenceIdTaken(id) => write!(
                f,
                "the conference ID {} belongs to somebody else; expected another one, or none to draw a free one",
                id.reveal()
            ),
            Self::PinInside(number) => write!(
                f,
                "the user's PIN must not be a part of this {number}; expected another one, or a new PIN in the same act"
            ),
            Self::NoFreeConferenceId => {
                f.write_str("no free conference ID was found; choose a longer one yourself")
            }
            Self::BadNumber(number) => write!(
                f,
                "`{number}` is not a telephone number with its country code; expected a number such as +14255550100 or \
                 +1 425-555-0100"
            ),
            Self::UnknownNumber(number, known) if known.is_empty() => write!(
                f,
                "unknown service number {number}: there are none yet; `attendant numbers add {number}` adds it"
            ),
            Self::UnknownNumber(number, known) => {
                write!(f, "unknown service number {number}; expected one of {}", known.join(", "))
            }
            Self::WrongKindOfNumber { number, toll_free: true } => {
                write!(f, "{number} is a toll-free number; expected a toll number")
            }
            Self::WrongKindOfNumber { number, toll_free: false } => {
                write!(f, "{number} is a toll number; expected a toll-free number")
            }
            Self::NumberThere(number) => {
                write!(f, "the service number {number} already exists; `attendant numbers set {number}` changes it")
            }
            Self::NumberInUse(number, user) => write!(
                f,
                "{number} is in the invitations of {user}, and perhaps of others: give them another number first"
            ),
            Self::BadLanguages => write!(
                f,
                "a service number has each language only once; expected a primary language and at most \
                 {SECONDARY_LANGUAGES_MAX} others"
            ),
            Self::Setting(name, SettingError::Unknown(_)) => {
                let known: Vec<&str> = Policy::tenant_settings().map(|setting| setting.name).collect();
                write!(f, "unknown tenant setting `{name}`; expected one of {}", known.join(", "))
            }
            Self::Setting(name, error @ SettingError::Value(_)) => write!(f, "{name}: {error}"),
            Self::SenderIncomplete => f.write_str(
                "mail_from_override needs both mail_from_address and mail_from_name; set them in the same command",
            ),
            Self::File(line, what) => write!(f, "line {line}: {what}"),
            Self::Hash(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Setting(_, error) = self {
            return Some(error);
        }
        if let Self::Hash(error) = self {
            return Some(error);
        }
        if let Self::Store(error) = self { Some(error) } else { None }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        Self::Hash(error)
    }
}
