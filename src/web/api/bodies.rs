//! The JSON bodies of requests and answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::language::LanguageTag;
use crate::admin::act::{MailRequest, Sender};
use crate::admin::answer::{Done, PinInfo, UserView, time};
use crate::control::pin::MASK;

/// A user. It holds no PIN.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct User {
    /// Numbers the user and their meeting, for good: `meeting` of events, `id` of meetings
    id: u32,
    /// The user principal name
    name: String,
    /// The name as it appears above the address in mails
    display_name: String,
    /// The primary SMTP address
    mail: Option<String>,
    /// Whether they may hold meetings with dial-in
    enabled: bool,
    /// Names their meetings; nothing while disabled
    conference_id: Option<String>,
    /// Stars, if there is one
    pin: Option<&'static str>,
    /// The toll number in their invitations
    number: Option<String>,
    /// The toll-free number in their invitations
    toll_free_number: Option<String>,
    /// Whether their meetings take calls to toll-free numbers
    allow_toll_free: bool,
    /// Whether their meetings start without a PIN
    allow_anonymous_start: bool,
    /// The language of their mails
    language: LanguageTag,
}

impl From<&UserView> for User {
    fn from(user: &UserView) -> Self {
        Self {
            id: user.id,
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            mail: user.mail.clone(),
            enabled: user.enabled,
            conference_id: user.conference_id.map(|id| id.reveal()),
            pin: user.pin_is_set.then_some(MASK),
            number: user.number.clone(),
            toll_free_number: user.toll_free_number.clone(),
            allow_toll_free: user.allow_toll_free,
            allow_anonymous_start: user.allow_anonymous_start,
            language: user.language.into(),
        }
    }
}

/// The state of PIN entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PinEntryState {
    /// Whether there is a PIN
    is_set: bool,
    /// Whether every PIN is refused
    is_locked: bool,
    /// Until when; nothing if an administrator must unlock it
    locked_until: Option<String>,
    /// Wrong PINs since it was last unlocked
    wrong_in_all: u32,
}

impl From<&PinInfo> for PinEntryState {
    fn from(info: &PinInfo) -> Self {
        let PinInfo { is_set, is_locked, locked_until, wrong_in_all, .. } = info;
        let (is_set, is_locked, wrong_in_all) = (*is_set, *is_locked, *wrong_in_all);
        Self { is_set, is_locked, locked_until: locked_until.map(time), wrong_in_all }
    }
}

/// A user, and how PIN entry stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneUser {
    pub(super) user: User,
    /// For administrators
    pub(super) pin_entry: Option<PinEntryState>,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Users {
    pub(super) users: Vec<User>,
    /// `after` of the next page; nothing on the last
    pub(super) next: Option<String>,
}

/// The result of an act.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ActResult {
    /// Whether anything is other than before
    changed: bool,
    /// A new PIN, in this answer only: `*******` in an answer that is given again
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// Where mails go
    mailed_to: Vec<String>,
    /// Warnings: no mail was sent, PIN entry is locked
    remarks: Vec<String>,
    user: Option<User>,
}

impl ActResult {
    /// The same without the PIN: what is kept of it. Nothing where there is none.
    pub(super) fn masked(&self) -> Option<Self> {
        self.pin.is_some().then(|| Self { pin: Some(MASK.to_owned()), ..self.clone() })
    }
}

impl From<Done> for ActResult {
    fn from(done: Done) -> Self {
        Self {
            changed: done.changed,
            pin: done.new_pin.map(|pin| pin.reveal().reveal()),
            mailed_to: done.mailed_to,
            remarks: done.remarks,
            user: done.user.as_ref().map(User::from),
        }
    }
}

/// A mail that is asked for: one, instead of the automatic one, with automatic mail off too.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MailOptions {
    /// Instead of the user's address
    to: Option<String>,
    /// In whose name
    from: Option<SenderOptions>,
}

/// In whose name a mail is sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SenderOptions {
    address: String,
    name: String,
}

impl From<MailOptions> for MailRequest {
    fn from(wish: MailOptions) -> Self {
        let from = wish.from.map(|SenderOptions { address, name }| Sender { address, name });
        Self { to: wish.to, from }
    }
}

/// A body with nothing but the wish for a mail.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WithMail {
    pub(super) mail: Option<MailOptions>,
}
