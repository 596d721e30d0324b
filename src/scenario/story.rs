//! A compiled scenario: one story with its parameters expanded, ready to be played any number of times.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::Digits;
use crate::control::caller::OrganizerRef;
use crate::control::directory::NewOrganizer;
use crate::control::meeting::CallerAct;
use crate::control::pin::Pin;
use crate::control::policy::{Policy, Profile, ServiceNumber};

use super::check::Check;
use super::load::Load;
use super::order::Later;
use super::span::Span;
use crate::bridge::faults::DirectoryFault;
use crate::leg::cast::Cast;
use crate::media::library::Library;

/// Characters of a story's name as that of a file.
const FILE_NAME_MAX: usize = 60;

/// One case: a story with one combination of its matrix.
#[derive(Clone, Debug)]
pub struct Story {
    /// The scenario's line, followed by the combination in brackets if the file has a matrix.
    pub name: String,
    /// Where its file names it: the value of `scenario`.
    pub span: Span,
    /// The value of each name of the matrix in this case.
    pub picks: Vec<(String, String)>,
    /// The scenario's tags.
    pub tags: Vec<String>,
    /// Where it can run.
    pub runs_on: Vec<RunsOn>,
    /// Why it is not to be played, if it is not.
    pub skip: Option<String>,
    /// Why it is expected to fail, if it is.
    pub expected_to_fail: Option<String>,
    /// The world before the first call.
    pub given: Given,
    /// The callers, the signals they wait for, and the numbers they dial.
    pub cast: Arc<Cast>,
    /// The administrators' acts.
    pub acts: Vec<Act>,
    /// Each step's place and text, by its [`crate::control::caller::StepId`].
    pub steps: Vec<StepText>,
    /// The checks at the end.
    pub checks: Vec<Check>,
    /// The faults of the directory.
    pub directory_faults: Vec<DirectoryFault>,
    /// The fault of the receiver of webhooks, if it has one.
    pub webhook_fault: Option<WebhookFault>,
    /// Delays of answers by the directory, by the question's number from 1; only for a story that is played alone.
    pub late_questions: Vec<(u32, Duration)>,
    /// The delays of the file's `order`, already applied; `None` if the file has no `order`, so that others can be
    /// explored.
    pub order: Option<Vec<OrderEntry>>,
    /// The timeout, in virtual time.
    pub timeout: Duration,
    /// Whether the file gives the timeout.
    pub has_timeout: bool,
    /// The file's seed, if it fixes one.
    pub seed: Option<u64>,
    /// How a load test plays the story, if the file has `load`.
    pub load: Option<Load>,
    /// Features the story needs that are not implemented yet; such a story ends with exit code 5.
    pub not_implemented: Vec<NotImplemented>,
}

impl Story {
    /// A story of this cast: nothing is checked at the end, nothing goes wrong with the directory, and nobody administers it.
    #[must_use]
    pub fn new(name: impl Into<String>, given: Given, cast: Cast, timeout: Duration) -> Self {
        Self {
            name: name.into(),
            span: Span::default(),
            picks: Vec::new(),
            tags: Vec::new(),
            runs_on: RunsOn::ALL.to_vec(),
            skip: None,
            expected_to_fail: None,
            given,
            cast: Arc::new(cast),
            acts: Vec::new(),
            steps: Vec::new(),
            checks: Vec::new(),
            directory_faults: Vec::new(),
            webhook_fault: None,
            late_questions: Vec::new(),
            order: None,
            timeout,
            has_timeout: false,
            seed: None,
            load: None,
            not_implemented: Vec::new(),
        }
    }

    /// Returns its name as that of a file or folder: small letters, digits and hyphens, at most 60 of them.
    #[must_use]
    pub fn file_name(&self) -> String {
        let words = self.name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = String::new();
        for word in words {
            if name.len() + word.len() >= FILE_NAME_MAX {
                break;
            }
            if !name.is_empty() {
                name.push('-');
            }
            name.push_str(&word.to_ascii_lowercase());
        }
        name
    }

    /// Returns whether its organizers may organize again: nobody changes what they were shown.
    #[must_use]
    pub fn leaves_organizers(&self) -> bool {
        self.acts.iter().all(Act::leaves_organizers)
    }
}

/// The receiver of webhooks does not take what is posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WebhookFault {
    /// How many times, the first; always if there is no number.
    pub times: Option<u32>,
}

/// What can carry the calls of a story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunsOn {
    /// Virtual time.
    Sim,
    /// The live exchange.
    Live,
    /// SIP, to any system.
    Sip,
}

impl RunsOn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sim, Self::Live, Self::Sip];

    /// Its word in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Live => "live",
            Self::Sip => "sip",
        }
    }
}

/// A step as written in the file.
#[derive(Clone, Debug)]
pub struct StepText {
    /// The whole step.
    pub span: Span,
    /// Where the script runs the procedure that the step is in, if it is in one.
    pub run_at: Option<Span>,
    /// The role's name as written, without a number.
    pub role: String,
    /// The step on one line, with PINs and parameters by name: `hears: enter-pin`.
    pub text: String,
}

/// The world before the first call.
#[derive(Clone, Debug)]
pub struct Given {
    /// The behaviour profile.
    pub profile: Arc<Profile>,
    /// All settings.
    pub policy: Policy,
    /// The sounds that the bridge plays.
    pub library: Arc<Library>,
    /// Users who organize meetings, in the order of the file.
    pub organizers: Vec<Organizer>,
    /// All users who can sign in: first the organizers, in their order, then those of `given.users`.
    pub users: Vec<String>,
    /// The service numbers; the first is the default, `bridge`.
    pub numbers: Vec<(String, ServiceNumber)>,
}

impl Given {
    /// Organizers with the built-in sounds and one service number.
    #[must_use]
    pub fn new(profile: Arc<Profile>, policy: Policy, organizers: Vec<Organizer>) -> Self {
        Self {
            profile,
            policy,
            library: Arc::clone(Library::built_in()),
            users: organizers.iter().map(|organizer| organizer.name.clone()).collect(),
            organizers,
            numbers: vec![("bridge".to_owned(), ServiceNumber::default())],
        }
    }
}

/// A user enabled for dial-in conferencing.
#[derive(Clone, Debug)]
pub struct Organizer {
    /// The name in the story.
    pub name: String,
    /// The conference ID; `None` if the directory generates one.
    pub conference_id: Option<String>,
    /// The PIN; `None` if the directory generates one.
    pub pin: Option<Pin>,
    /// The passcode that callers of the meeting are asked for, if there is one.
    pub passcode: Option<Pin>,
    /// Whether meetings start without a PIN; `None` for the tenant's default.
    pub allow_anonymous_start: Option<bool>,
    /// Whether calls to toll-free numbers come to the meeting.
    pub allow_toll_free_dial_in: bool,
    /// The service number in the invitations: its index in [`Given::numbers`].
    pub number: usize,
    /// The organizer's own telephone number, which no PIN may be part of.
    pub phone: String,
    /// The mail address.
    pub mail: Option<String>,
    /// Whether the organizer is enabled when the story starts.
    pub enabled: bool,
}

impl Organizer {
    /// An enabled organizer whom the directory gives conference ID and PIN.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            conference_id: None,
            pin: None,
            passcode: None,
            allow_anonymous_start: None,
            allow_toll_free_dial_in: true,
            number: 0,
            phone: String::new(),
            mail: None,
            enabled: true,
        }
    }

    /// Returns the user as an administrator enters one; `None` if the conference ID has other symbols than digits.
    #[must_use]
    pub fn entry(&self, given: &Given) -> Option<NewOrganizer> {
        let conference_id = match &self.conference_id {
            Some(symbols) => Some(Digits::from_symbols(symbols)?),
            None => None,
        };
        let number = given.numbers.get(self.number);
        Some(NewOrganizer {
            conference_id,
            pin: self.pin,
            passcode: self.passcode,
            allow_anonymous_start: self.allow_anonymous_start,
            language: number.map(|(_, number)| number.primary).unwrap_or_default(),
            phone: self.phone.clone(),
            refuses_toll_free: !self.allow_toll_free_dial_in,
            disabled: !self.enabled,
        })
    }
}

/// An act of an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Resets the PIN, to one of the tenant's length.
    ResetPin(OrganizerRef),
    /// Resets the conference ID.
    ResetConferenceId(OrganizerRef),
    /// Changes a setting of the tenant, which was checked when the file was read.
    Set {
        /// The setting's name in BEHAVIOUR.
        name: String,
        /// Its value.
        value: String,
    },
    /// Changes whether the organizer's meetings start without a PIN.
    AllowAnonymousStart(OrganizerRef, bool),
    /// Enables a user.
    Enable(OrganizerRef),
    /// Disables a user and releases the conference ID.
    Disable(OrganizerRef),
    /// Locks PIN entry, until it is unlocked.
    LockPin(OrganizerRef),
    /// Unlocks PIN entry.
    Unlock(OrganizerRef),
    /// Ends the organizer's meeting for all.
    EndMeeting(OrganizerRef),
    /// Locks the organizer's meeting.
    LockMeeting(OrganizerRef),
    /// Unlocks the organizer's meeting.
    UnlockMeeting(OrganizerRef),
    /// Starts or stops the recording of a meeting.
    Record {
        /// The organizer of the meeting.
        whose: OrganizerRef,
        /// Start it, or stop it.
        on: bool,
        /// The organizer's client does it, not an administrator.
        client: bool,
    },
    /// Acts on one caller, by the role's index in [`Cast::roles`].
    OnCaller(CallerAct, u32),
}

impl Act {
    fn leaves_organizers(&self) -> bool {
        match self {
            Self::Record { .. } => true,
            Self::OnCaller(..) | Self::EndMeeting(_) | Self::LockMeeting(_) | Self::UnlockMeeting(_) => true,
            Self::ResetPin(_) | Self::ResetConferenceId(_) | Self::LockPin(_) | Self::Unlock(_) => false,
            Self::Set { .. } | Self::AllowAnonymousStart(..) | Self::Enable(_) | Self::Disable(_) => false,
        }
    }
}

/// A delay of the file's `order`.
#[derive(Clone, Copy, Debug)]
pub struct OrderEntry {
    /// The place in the file.
    pub span: Span,
    /// The event that is delayed, and by how much.
    pub later: Later,
}

/// A feature that the file needs and that is not implemented yet.
#[derive(Clone, Debug)]
pub struct NotImplemented {
    /// The place in the file.
    pub span: Span,
    /// The missing part.
    pub why: String,
}

/// The values of parameters by name.
pub type Params = BTreeMap<String, String>;
