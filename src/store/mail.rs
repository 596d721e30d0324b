//! Mails as the outbox keeps them. They are put in with the change that they tell of, in one transaction.

use serde::{Deserialize, Serialize};

use super::record::words;
use crate::control::call::Language;

/// Numbers mails in the order in which they were put in, from 1.
pub type MailId = i64;

words! {
    /// The kind of a mail (BEHAVIOUR section 5); its content follows from it.
    MailKind {
        /// Dial-in was enabled: conference ID, numbers, PIN.
        Enabled = "enabled",
        /// An administrator reset the PIN: conference ID, numbers, new PIN.
        PinReset = "pin_reset",
        /// The conference ID or a number changed: both, no PIN.
        CoordinatesChanged = "coordinates_changed",
        /// Dial-in was disabled: how to remove the coordinates.
        Disabled = "disabled",
        /// An administrator had the coordinates sent: conference ID, numbers, no PIN.
        Coordinates = "coordinates",
    }
}

words! {
    /// Where a mail is on its way.
    MailState {
        /// It is to be sent.
        Waiting = "waiting",
        /// It was taken by the next server.
        Sent = "sent",
        /// It is not tried any more, until an administrator has it sent again.
        Dead = "dead",
        /// It was never sent: the PIN in it was replaced before.
        Superseded = "superseded",
    }
}

/// The facts that a mail reports, as they were when it was queued.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The user's name as people write it.
    pub display_name: String,
    /// Names the user's meetings.
    pub conference_id: Option<String>,
    /// The toll number.
    pub number: Option<String>,
    /// The toll-free number.
    pub toll_free_number: Option<String>,
}

/// A PIN that only the keyring opens ([`super::keyring::Keyring::open`]), with the message ID as its context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedPin(pub String);

/// A mail for the outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMail {
    /// The `Message-ID` without its brackets. It is made with the mail, so that one that is sent twice is known.
    pub message_id: String,
    /// The user it is about: the user principal name.
    pub user: String,
    /// The kind.
    pub kind: MailKind,
    /// The address it goes to.
    pub to: String,
    /// Address and name of the sender, where they are not those of the configuration.
    pub from: Option<(String, String)>,
    /// In which language.
    pub language: Language,
    /// The facts.
    pub facts: Facts,
    /// The PIN, if it carries one.
    pub sealed_pin: Option<SealedPin>,
    /// When it was put in, in milliseconds since the Unix epoch; it is due at once.
    pub at: i64,
}

/// A mail in the outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailRecord {
    /// Its number.
    pub id: MailId,
    /// The queued mail; without the PIN once it is sent.
    pub mail: NewMail,
    /// Whether it carried a PIN, wiped or not.
    pub carries_pin: bool,
    /// How often it was claimed: each was a try to send it.
    pub attempts: u32,
    /// When it is tried next, in milliseconds since the Unix epoch.
    pub next_attempt_at: i64,
    /// Where it is.
    pub state: MailState,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// The claim under which it was handed out; empty if nobody has it.
    pub claim: Claim,
    /// The folders in which a file of it may be. None for a mail that only servers took, or that an earlier version
    /// wrote.
    pub folders: Vec<String>,
}

impl MailRecord {
    /// Returns whether it carried a PIN that is not in it any more: it was sent, or the PIN is another now.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.carries_pin && self.mail.sealed_pin.is_none()
    }
}

/// How many mails are in the outbox that were not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutboxCounts {
    /// To be sent, and not tried yet.
    pub waiting: u64,
    /// Tried, and to be tried again.
    pub deferred: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest that is to be sent was put in, in milliseconds since the Unix epoch.
    pub oldest_at: Option<i64>,
}

/// A mail that waits no longer, and where its files are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OldMail {
    /// Its number.
    pub id: MailId,
    /// Its message ID: what its file is named after, together with the time.
    pub message_id: String,
    /// When it was put in, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The folders in which a file of it may be, as far as they were noted.
    pub folders: Vec<String>,
}

/// A worker's claim on a mail that it sends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// The mail.
    pub id: MailId,
    /// Known to one worker only.
    pub token: String,
}

/// The next step for a mail that could not be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retry {
    /// It is tried again then, in milliseconds since the Unix epoch.
    At(i64),
    /// It is dead. Its PIN stays sealed, so that it can be sent again. One whose PIN was replaced while it was tried is
    /// superseded instead, whatever is said here.
    Never,
}

/// The result of a request to send a mail again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resend {
    /// The mail waits to be sent.
    Waiting,
    /// No such mail.
    Unknown,
    /// It was not settled yet, and is sent without being asked for.
    NotSettled,
    /// Its PIN was wiped, when it was sent or when another replaced it: only a reset gives a PIN that can be mailed.
    PinWiped,
}
