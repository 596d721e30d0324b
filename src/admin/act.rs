//! Requests of administrators as data. Cmdlets, the command line, scenario steps and pages all use them;
//! what carries them out decides nothing about their form.

use std::fmt;

use super::actor::Role;
use crate::control::account::AccountAct;
use crate::control::call::{Digits, Language};
use crate::control::pin::{self, Pin};
use crate::store::search::Sought;

/// A user's name: the user principal name (`amos.marble@contoso.com`), compared without regard to case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserName(pub String);

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that an administrator wants done or shown (BEHAVIOUR section 5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// `Enable-CsOnlineDialInConferencingUser`: conference ID, PIN and mail. Already enabled: no error, no change.
    Enable(Enable),
    /// `Disable-CsOnlineDialInConferencingUser`: releases the conference ID, tells by mail.
    Disable {
        /// The user to disable.
        user: UserName,
        /// A mail that is asked for by name, beside the automatic one.
        mail: Option<MailRequest>,
    },
    /// `Set-CsOnlineDialInConferencingUser`.
    Change(Change),
    /// A description and a change of the same user, applied together or not at all.
    Edit(Box<Description>, Box<Change>),
    /// `Get-CsOnlineDialInConferencingUser` of one user.
    ShowUser(UserName),
    /// `Get-CsOnlineDialInConferencingUser` of many, in the order of their names.
    ListUsers(Listing),
    /// `Get-CsOnlineDialInConferencingTenantSettings`.
    ShowTenant,
    /// `Set-CsOnlineDialInConferencingTenantSettings`: settings by their BEHAVIOUR names with their new values.
    SetTenant(Vec<(String, String)>),
    /// `Remove-CsOnlineDialInConferencingTenantSettings`: every tenant setting back to its default.
    ResetTenant,
    /// `Get-CsOnlineDialInConferencingServiceNumber`; all of them where no number is named.
    ShowNumbers(Option<String>),
    /// `Set-CsOnlineDialInConferencingServiceNumber`.
    SetNumber {
        /// The number as it is dialled, `+14255550100`.
        number: String,
        /// Spoken first.
        primary: Option<Language>,
        /// Reached with `*1` to `*4`; replaces those that were.
        secondary: Option<Vec<Language>>,
    },
    /// Adds a service number. There is no cmdlet: Microsoft assigned them.
    AddNumber(NewNumber),
    /// Takes a service number that is in nobody's invitations out.
    RemoveNumber(String),
    /// Says who a user is, as the company's directory would; one who is not there is added.
    Describe(Description),
    /// `Lock-CsClientPin`: PIN entry stays locked until it is unlocked.
    LockPin(UserName),
    /// `Unlock-CsClientPin`: unlocks PIN entry and forgets all wrong PINs.
    UnlockPin(UserName),
    /// `Get-CsClientPinInfo`.
    ShowPin(UserName),
    /// Issues a token by which a program signs in.
    IssueToken(NewToken),
    /// Tokens of one user, or all.
    ListTokens(Option<UserName>),
    /// Lets a token be good no longer.
    RevokeToken(String),
    /// Lets somebody sign in to the page, by a one-time password; one who may already is given another.
    GiveAccount {
        /// The user.
        user: UserName,
        /// In which role they act then.
        role: Role,
    },
    /// Accounts, without their passwords.
    ListAccounts,
    /// Lets somebody sign in to the page no longer.
    RemoveAccount(UserName),
}

impl Act {
    /// Returns whether it only reads.
    #[must_use]
    pub fn reads(&self) -> bool {
        match self {
            Self::ShowUser(_)
            | Self::ListUsers(_)
            | Self::ShowTenant
            | Self::ShowNumbers(_)
            | Self::ShowPin(_)
            | Self::ListTokens(_)
            | Self::ListAccounts => true,
            Self::Enable(_)
            | Self::Disable { .. }
            | Self::Change(_)
            | Self::Edit(..)
            | Self::SetTenant(_)
            | Self::ResetTenant
            | Self::SetNumber { .. }
            | Self::AddNumber(_)
            | Self::RemoveNumber(_)
            | Self::Describe(_)
            | Self::LockPin(_)
            | Self::UnlockPin(_)
            | Self::IssueToken(_)
            | Self::RevokeToken(_)
            | Self::GiveAccount { .. }
            | Self::RemoveAccount(_) => false,
        }
    }
}

impl Act {
    /// Returns whether a new directory may begin with it: it adds a user or a number, or sets what holds for all. Whoever
    /// does anything else in a directory that is not there means another one.
    #[must_use]
    pub fn may_come_first(&self) -> bool {
        match self {
            Self::Enable(_) | Self::Describe(_) | Self::AddNumber(_) | Self::SetTenant(_) => true,
            Self::Disable { .. }
            | Self::Change(_)
            | Self::Edit(..)
            | Self::ShowUser(_)
            | Self::ListUsers(_)
            | Self::ShowTenant
            | Self::ResetTenant
            | Self::ShowNumbers(_)
            | Self::SetNumber { .. }
            | Self::RemoveNumber(_)
            | Self::LockPin(_)
            | Self::UnlockPin(_)
            | Self::ShowPin(_)
            | Self::IssueToken(_)
            | Self::ListTokens(_)
            | Self::RevokeToken(_)
            | Self::GiveAccount { .. }
            | Self::ListAccounts
            | Self::RemoveAccount(_) => false,
        }
    }
}

/// A token that is issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    /// The user who signs in with the token.
    pub user: UserName,
    /// In which role they act then.
    pub role: Role,
    /// The purpose of the token.
    pub label: String,
    /// For how many days it is good.
    pub days: u32,
}

/// Enables a user for dial-in conferencing; one who is not in the directory is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enable {
    /// The user.
    pub user: UserName,
    /// Drawn if there is none.
    pub conference_id: Option<Digits>,
    /// The user's toll number; the tenant's first where there is none.
    pub number: Option<String>,
    /// The user's toll-free number.
    pub toll_free_number: Option<String>,
    /// `-AllowPSTNOnlyMeetings`; the tenant's default where it is not said.
    pub allow_anonymous_start: Option<bool>,
    /// `-AllowTollFreeDialIn`
    pub allow_toll_free: Option<bool>,
    /// A mail that is asked for by name, beside the automatic one.
    pub mail: Option<MailRequest>,
    /// A description of the same user, applied with the change.
    pub description: Option<Box<Description>>,
}

/// A selection of users to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// At most so many; all where there is none.
    pub limit: Option<u32>,
    /// The search words and filters.
    pub sought: Sought,
    /// Only those whose names come after this one.
    pub after: String,
}

/// A user's display name and address. `None` leaves a value unchanged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    /// The user.
    pub user: UserName,
    /// The name as it appears above the address in mails.
    pub display_name: Option<String>,
    /// The primary SMTP address; empty for none.
    pub mail: Option<String>,
    /// The user's own telephone, which no PIN may be part of; empty for none.
    pub phone: Option<String>,
    /// The language of their mails.
    pub language: Option<Language>,
}

/// A service number that is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewNumber {
    /// The number as it is dialled, `+14255550100`.
    pub number: String,
    /// Whether the called side pays.
    pub toll_free: bool,
    /// Spoken first.
    pub primary: Language,
    /// Reached with `*1` to `*4`.
    pub secondary: Vec<Language>,
}

/// A change of the conference ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConferenceIdChange {
    /// A new one is drawn: `-ResetConferenceId`.
    Reset,
    /// This one: `-ConferenceId N`.
    Set(Digits),
}

/// Another passcode of a user's meetings. It is answered with by nothing: whoever sets it knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasscodeChange {
    /// Callers are asked for none any more.
    Remove,
    /// Callers are asked for this one.
    Set(Pin),
}

impl PasscodeChange {
    /// The change that is written so: 4 to 10 digits, or `none`.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text == "none" { Some(Self::Remove) } else { pin::passcode(text).map(Self::Set) }
    }
}

/// Changes to one user: all of them happen, or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The user.
    pub user: UserName,
    /// `-ResetLeaderPin`: a new PIN of the tenant's length, answered for its one showing.
    pub reset_pin: bool,
    /// `-ResetConferenceId` or `-ConferenceId`.
    pub conference_id: Option<ConferenceIdChange>,
    /// `-AllowPSTNOnlyMeetings`.
    pub allow_anonymous_start: Option<bool>,
    /// `-ServiceNumber`.
    pub number: Option<String>,
    /// `-TollFreeServiceNumber`.
    pub toll_free_number: Option<String>,
    /// `-AllowTollFreeDialIn`.
    pub allow_toll_free: Option<bool>,
    /// The passcode of their meetings; no cmdlet of Microsoft's sets one.
    pub passcode: Option<PasscodeChange>,
    /// `-SendEmail` and what goes with it.
    pub mail: Option<MailRequest>,
}

/// `-SendEmail`: a mail that is asked for by name. It is sent with automatic mail off too.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MailRequest {
    /// `-SendEmailToAddress`: instead of the user's primary address, one mail.
    pub to: Option<String>,
    /// `-SendEmailFromAddress` with `-SendEmailFromDisplayName`.
    pub from: Option<Sender>,
}

/// In whose name a mail is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The address.
    pub address: String,
    /// The name before it.
    pub name: String,
}

impl Enable {
    /// Enables a user with whatever the tenant and the directory choose.
    #[must_use]
    pub fn of(user: UserName) -> Self {
        Self {
            user,
            conference_id: None,
            number: None,
            toll_free_number: None,
            allow_anonymous_start: None,
            allow_toll_free: None,
            mail: None,
            description: None,
        }
    }
}

impl Change {
    /// A change of nothing, to be filled in.
    #[must_use]
    pub fn of(user: UserName) -> Self {
        Self {
            user,
            reset_pin: false,
            conference_id: None,
            allow_anonymous_start: None,
            number: None,
            toll_free_number: None,
            allow_toll_free: None,
            passcode: None,
            mail: None,
        }
    }

    fn account_acts(&self) -> Vec<AccountAct> {
        let id = self.conference_id.map(|change| match change {
            ConferenceIdChange::Reset => AccountAct::ChangeConferenceId(None),
            ConferenceIdChange::Set(id) => AccountAct::ChangeConferenceId(Some(id)),
        });
        let allow = self.allow_anonymous_start.map(AccountAct::AllowAnonymousStart);
        let pin = self.reset_pin.then_some(AccountAct::ResetPin);
        id.into_iter().chain(allow).chain(pin).collect()
    }
}

/// What an act does to that by which calls are decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect<'a> {
    /// This to a user's account, in order.
    Account(&'a UserName, Vec<AccountAct>),
    /// These settings of the tenant become these values.
    Tenant(&'a [(String, String)]),
    /// Every setting of the tenant becomes its default.
    TenantReset,
    /// Something to service numbers.
    Numbers,
    /// Nothing: it shows something, or says who somebody is or who may sign in.
    Nothing,
}

/// Facts about an act, known before it is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActInfo<'a> {
    /// The word for it in the audit log.
    pub word: &'static str,
    /// The user or object that the act concerns, as requested.
    pub subject: &'a str,
    /// The role that may carry it out: users only on themselves.
    pub role: Role,
}

impl Act {
    /// Returns the row of the act in the one table of acts.
    #[must_use]
    pub fn info(&self) -> ActInfo<'_> {
        use Role::{Administrator, User};
        let (word, subject, role) = match self {
            Self::Enable(wish) => ("enable", wish.user.0.as_str(), Administrator),
            Self::Disable { user, .. } => ("disable", user.0.as_str(), Administrator),
            Self::Change(wish) if wish.reset_pin => ("reset_pin", wish.user.0.as_str(), Administrator),
            Self::Change(wish) => ("change", wish.user.0.as_str(), Administrator),
            Self::Edit(_, wish) => ("edit", wish.user.0.as_str(), Administrator),
            Self::Describe(wish) => ("describe", wish.user.0.as_str(), Administrator),
            Self::ShowUser(user) => ("show_user", user.0.as_str(), User),
            Self::ListUsers(_) => ("list_users", "users", Administrator),
            Self::ShowTenant => ("show_tenant", "tenant", Administrator),
            Self::SetTenant(_) => ("set_tenant", "tenant", Administrator),
            Self::ResetTenant => ("reset_tenant", "tenant", Administrator),
            Self::ShowNumbers(number) => {
                ("show_numbers", number.as_deref().unwrap_or_default(), Administrator)
            }
            Self::SetNumber { number, .. } => ("set_number", number.as_str(), Administrator),
            Self::AddNumber(wish) => ("add_number", wish.number.as_str(), Administrator),
            Self::RemoveNumber(number) => ("remove_number", number.as_str(), Administrator),
            Self::LockPin(user) => ("lock_pin", user.0.as_str(), Administrator),
            Self::UnlockPin(user) => ("unlock_pin", user.0.as_str(), Administrator),
            Self::ShowPin(user) => ("show_pin", user.0.as_str(), Administrator),
            Self::IssueToken(wish) => ("issue_token", wish.user.0.as_str(), Administrator),
            Self::ListTokens(_) => ("list_tokens", "tokens", Administrator),
            Self::RevokeToken(id) => ("revoke_token", id.as_str(), Administrator),
            Self::GiveAccount { user, .. } => ("give_account", user.0.as_str(), Administrator),
            Self::ListAccounts => ("list_accounts", "accounts", Administrator),
            Self::RemoveAccount(user) => ("remove_account", user.0.as_str(), Administrator),
        };
        ActInfo { word, subject, role }
    }

    /// Returns what the act does to that by which calls are decided.
    #[must_use]
    pub fn effect(&self) -> Effect<'_> {
        match self {
            Self::Enable(Enable { user, conference_id, allow_anonymous_start, .. }) => {
                let (conference_id, allow_anonymous_start) = (*conference_id, *allow_anonymous_start);
                Effect::Account(user, vec![AccountAct::Enable { conference_id, allow_anonymous_start }])
            }
            Self::Change(wish) => Effect::Account(&wish.user, wish.account_acts()),
            Self::Edit(_, wish) => Effect::Account(&wish.user, wish.account_acts()),
            Self::Disable { user, .. } => Effect::Account(user, vec![AccountAct::Disable]),
            Self::LockPin(user) => Effect::Account(user, vec![AccountAct::LockPin]),
            Self::UnlockPin(user) => Effect::Account(user, vec![AccountAct::UnlockPin]),
            Self::SetTenant(settings) => Effect::Tenant(settings),
            Self::ResetTenant => Effect::TenantReset,
            Self::SetNumber { .. } | Self::AddNumber(_) | Self::RemoveNumber(_) => Effect::Numbers,
            Self::ShowUser(_) | Self::ListUsers(_) | Self::ShowTenant => Effect::Nothing,
            Self::ShowNumbers(_) | Self::ShowPin(_) | Self::Describe(_) => Effect::Nothing,
            Self::IssueToken(_) | Self::ListTokens(_) | Self::RevokeToken(_) => Effect::Nothing,
            Self::GiveAccount { .. } | Self::ListAccounts | Self::RemoveAccount(_) => Effect::Nothing,
        }
    }

    /// Returns the user whom the act concerns, where it names one of the directory.
    pub fn user_mut(&mut self) -> Option<&mut UserName> {
        match self {
            Self::Enable(Enable { user, .. })
            | Self::Change(Change { user, .. })
            | Self::Describe(Description { user, .. })
            | Self::Disable { user, .. }
            | Self::ShowUser(user)
            | Self::LockPin(user)
            | Self::UnlockPin(user)
            | Self::ShowPin(user) => Some(user),
            Self::Edit(..)
            | Self::ListUsers(_)
            | Self::ShowTenant
            | Self::SetTenant(_)
            | Self::ResetTenant => None,
            Self::ShowNumbers(_) | Self::SetNumber { .. } | Self::AddNumber(_) | Self::RemoveNumber(_) => {
                None
            }
            Self::IssueToken(_) | Self::ListTokens(_) | Self::RevokeToken(_) => None,
            Self::GiveAccount { .. } | Self::ListAccounts | Self::RemoveAccount(_) => None,
        }
    }
}
