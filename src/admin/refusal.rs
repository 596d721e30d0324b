//! Why an act was not carried out: what was wrong, and what would be right.

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
            Self::NotThePresent => "the present password is wrong",
            Self::TheSame => "the new password is the present one; right would be another",
            Self::Length => "the password is too short or too long; right would be 12 to 128 characters, of any kind",
            Self::Pattern => "the password is a pattern; right would be more than a few different characters",
            Self::Known => {
                "the password is easily guessed; right would be one without your name, and without words of this page"
            }
        })
    }
}

/// Why an act was not carried out. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The actor may not do this.
    Forbidden(String),
    /// There is no such user.
    UnknownUser(String),
    /// The part of a name before the `@` is that of several users: two of them.
    AmbiguousUser(String, [String; 2]),
    /// There is no token of this name.
    UnknownToken(String),
    /// There is no account of this name.
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
    /// This is no user principal name.
    BadName(String),
    /// This is no mail address.
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
    /// A setting is not known, is no tenant setting, or does not take the value.
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
                "{who} is no administrator; a user may only see their own coordinates, and ask an administrator for the rest"
            ),
            Self::UnknownUser(name) => write!(
                f,
                "there is no user {name}; `attendant users list` shows who there is, `attendant users enable {name}` adds one"
            ),
            Self::AmbiguousUser(name, [one, other]) => {
                write!(f, "several users are called {name}; expected the whole name, as {one} or {other}")
            }
            Self::UnknownToken(id) => {
                write!(f, "there is no token {id}; `attendant tokens list` shows those that there are")
            }
            Self::UnknownAccount(name) => {
                write!(f, "there is no account {name}; `attendant accounts list` shows those that there are")
            }
            Self::NotAdministrators(name) => write!(
                f,
                "the account {name} is a user's, and a token does no more than its account; \
                 `attendant accounts give {name} --administrator` makes it an administrator's"
            ),
            Self::LastAdministrator(name) => write!(
                f,
                "{name} is the last account of an administrator; give another one first, with \
                 `attendant accounts give NAME --administrator`"
            ),
            Self::BadPassword(fault) => fault.fmt(f),
            Self::Changed => f.write_str("somebody else changed this meanwhile; look at it again, and decide anew"),
            Self::NotEnabled(name) => write!(
                f,
                "{name} is not enabled for dial-in conferencing; `attendant users enable {name}` does that"
            ),
            Self::BadName(name) => {
                write!(f, "`{name}` is no user principal name; right would be name@domain, as amos.marble@contoso.com")
            }
            Self::BadAddress(address) => {
                write!(f, "`{address}` is no mail address; right would be name@domain, as amos.marble@contoso.com")
            }
            Self::BadText(what) => {
                write!(f, "the {what} has a control character or more than 256 characters; right would be one line of text")
            }
            Self::BadConferenceId => {
                write!(
                    f,
                    "this is not a conference ID; expected 1 to {CONFERENCE_ID_MAX} digits, in groups or not, as 314 1592"
                )
            }
            Self::ConferenceIdTaken(id) => write!(
                f,
                "the conference ID {} is somebody else's; right would be another, or none, so that a free one is drawn",
                id.reveal()
            ),
            Self::PinInside(number) => write!(
                f,
                "this {number} does not go with the user's PIN, which must not be a part of it; expected another one, or a \
                 new PIN in the same act"
            ),
            Self::NoFreeConferenceId => {
                f.write_str("every conference ID that was drawn is taken; right would be a longer one of your own choice")
            }
            Self::BadNumber(number) => write!(
                f,
                "`{number}` is not a telephone number with its country code; expected one as +14255550100 or \
                 +1 425-555-0100"
            ),
            Self::UnknownNumber(number, known) if known.is_empty() => write!(
                f,
                "there is no service number {number}, and no other; `attendant numbers add {number}` adds it"
            ),
            Self::UnknownNumber(number, known) => {
                write!(f, "there is no service number {number}; right would be one of {}", known.join(", "))
            }
            Self::WrongKindOfNumber { number, toll_free: true } => {
                write!(f, "{number} is a toll-free number; right would be a toll number here")
            }
            Self::WrongKindOfNumber { number, toll_free: false } => {
                write!(f, "{number} is a toll number; right would be a toll-free number here")
            }
            Self::NumberThere(number) => {
                write!(f, "the service number {number} is there already; `attendant numbers set {number}` changes it")
            }
            Self::NumberInUse(number, user) => write!(
                f,
                "{number} is in the invitations of {user}, and perhaps of others; give them another number first"
            ),
            Self::BadLanguages => write!(
                f,
                "a service number speaks each language once; right would be a primary language and at most \
                 {SECONDARY_LANGUAGES_MAX} others"
            ),
            Self::Setting(name, SettingError::Unknown(_)) => {
                let known: Vec<&str> = tenant_settings().collect();
                write!(f, "there is no tenant setting `{name}`; right would be one of {}", known.join(", "))
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

impl std::error::Error for Refusal {}

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

/// The names of the settings that administrators set for the tenant.
pub(super) fn tenant_settings() -> impl Iterator<Item = &'static str> {
    use crate::control::policy::Group;
    Policy::SETTINGS.iter().filter(|setting| setting.group == Group::Tenant).map(|setting| setting.name)
}
