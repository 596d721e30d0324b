//! Answers to administrators. The only place where a PIN is shown is [`Done::new_pin`].

use crate::control::account::Effects;
use crate::control::call::{Digits, Language};
use crate::control::pin::Pin;
use crate::control::policy::TenantPolicy;
use crate::store::account::Password;
use crate::store::token::Token;

/// A time of the store as people and programs read it: UTC, by RFC 3339.
#[must_use]
pub fn time(epoch_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(epoch_ms);
    time.map_or_else(|_| epoch_ms.to_string(), |time| format!("{time:.0}"))
}

/// The result of an act.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Something was changed, or needed no change.
    Done(Done),
    /// The users that were asked for.
    Users(Vec<UserView>),
    /// The tenant's settings.
    Tenant(TenantPolicy),
    /// Service numbers.
    Numbers(Vec<NumberView>),
    /// How PIN entry stands.
    Pin(PinInfo),
    /// A token that was issued, for its one showing.
    NewToken(TokenView, Token),
    /// Tokens, without what is secret of them.
    Tokens(Vec<TokenView>),
    /// A one-time password for an account, for its one showing, and what the administrator must know besides.
    NewAccount(AccountView, Password, Vec<String>),
    /// Accounts.
    Accounts(Vec<AccountView>),
}

/// An act that changed one user, the tenant or a number.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Whether anything is other than before.
    pub changed: bool,
    /// The user as they are now, where one was concerned.
    pub user: Option<UserView>,
    /// The service number as it is kept, where one was concerned; one that was removed, as it was.
    pub number: Option<NumberView>,
    /// A PIN that was generated, for its one showing.
    pub new_pin: Option<Pin>,
    /// Where the mails go that were put into the outbox by this act, in the same transaction.
    pub mailed_to: Vec<String>,
    /// Warnings for the administrator: no mail was sent, the user has no address, PIN entry is locked.
    pub remarks: Vec<String>,
    /// Effects for the event stream.
    pub effects: Effects,
}

/// A user as an administrator sees one. It holds no PIN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserView {
    /// Numbers the user and their meeting, for good.
    pub id: u32,
    /// The user principal name.
    pub name: String,
    /// The name as it appears above the address in mails.
    pub display_name: String,
    /// The primary SMTP address, if there is one.
    pub mail: Option<String>,
    /// Whether they may hold meetings with dial-in.
    pub enabled: bool,
    /// Names their meetings; nothing while disabled.
    pub conference_id: Option<Digits>,
    /// Whether there is a PIN. What it is nobody can see: it shows as `*******`.
    pub pin_is_set: bool,
    /// Differs when the PIN is another one, and says nothing of it.
    pub pin_mark: u64,
    /// The toll number in their invitations.
    pub number: Option<String>,
    /// The toll-free number in their invitations.
    pub toll_free_number: Option<String>,
    /// Whether their meetings take calls to toll-free numbers.
    pub allow_toll_free: bool,
    /// Whether their meetings start without a PIN.
    pub allow_anonymous_start: bool,
    /// The language of their mails.
    pub language: Language,
}

/// A number that callers dial.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberView {
    /// The number as it is dialled, `+14255550100`.
    pub number: String,
    /// Whether the called side pays.
    pub toll_free: bool,
    /// Spoken first.
    pub primary: Language,
    /// Reached with `*1` to `*4`.
    pub secondary: Vec<Language>,
}

/// A token as administrators see one. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenView {
    /// Its name.
    pub id: String,
    /// The user who signs in with the token.
    pub user: String,
    /// In which role.
    pub role: String,
    /// The purpose of the token.
    pub label: String,
    /// When it was issued.
    pub issued_at: i64,
    /// Until when it is good, unless it is revoked.
    pub expires_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Whether one can sign in with it now.
    pub is_good: bool,
}

/// An account as administrators see one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// The name to sign in with.
    pub name: String,
    /// In which role.
    pub role: String,
    /// Whether the one-time password was not changed yet.
    pub must_change: bool,
    /// When the password was given or changed, in milliseconds since the Unix epoch.
    pub changed_at: i64,
}

/// The state of PIN entry of a user, as `Get-CsClientPinInfo` reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinInfo {
    /// The user's number, which numbers their meeting in the log and in events.
    pub id: u32,
    /// The user principal name.
    pub name: String,
    /// `IsPinSet`
    pub is_set: bool,
    /// `IsLockedOut`
    pub is_locked: bool,
    /// Milliseconds since the Unix epoch at which it opens again; nothing if an administrator must unlock it.
    pub locked_until: Option<i64>,
    /// Wrong PINs since an administrator last unlocked.
    pub wrong_in_all: u32,
}
