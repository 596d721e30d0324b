//! A scenario, compiled: one story with its parameters put in, ready to be played as often as one likes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::Digits;
use crate::control::caller::{OrganizerRef, SignalId};
use crate::control::directory::NewOrganizer;
use crate::control::pin::Pin;
use crate::control::policy::{Policy, ServiceNumber};

use super::load::Load;
use super::order::Later;
use crate::bridge::faults::DirectoryFault;
use crate::leg::cast::Cast;
use crate::media::library::Library;

/// One case: a story with one combination of its matrix.
#[derive(Clone, Debug)]
pub struct Story {
    /// The scenario's line; with a matrix, the combination in brackets behind it.
    pub name: String,
    /// The value that this case takes of each name of the matrix.
    pub picks: Vec<(String, String)>,
    /// What the scenario is tagged with.
    pub tags: Vec<String>,
    /// The world before the first call.
    pub given: Given,
    /// Every caller, what they wait for, and the numbers that they dial.
    pub cast: Arc<Cast>,
    /// What administrators do.
    pub acts: Vec<Act>,
    /// Where each step stands and what it says, by its [`crate::control::caller::StepId`].
    pub steps: Vec<StepText>,
    /// What must hold at the end.
    pub checks: Vec<Check>,
    /// What goes wrong between the machines and the directory.
    pub directory_faults: Vec<DirectoryFault>,
    /// Questions to the directory, counted from 1, that are answered so much later; of a story that is played alone.
    pub late_questions: Vec<(u32, Duration)>,
    /// What the file's `order` puts off, in effect already; `None` if there is no `order`, and others are of interest.
    pub order: Option<Vec<PutOff>>,
    /// The longest that the story may take, in virtual time.
    pub timeout: Duration,
    /// The file's own seed, if it names one.
    pub seed: Option<u64>,
    /// The story as a unit of load, if the file says how.
    pub load: Option<Load>,
    /// What cannot be run yet, and why; a story with any answers exit 5.
    pub unbuilt: Vec<Unbuilt>,
}

/// Where something stands: a source of the [`super::source::Sources`] and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// Which file.
    pub source: u16,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// A step as it stands in the file.
#[derive(Clone, Debug)]
pub struct StepText {
    /// The whole step.
    pub span: Span,
    /// Whose: the role's name as written, without a number.
    pub role: String,
    /// The step in the file's words on one line, PINs and parameters by their names: `hears: enter-pin`.
    pub text: String,
}

/// The world before the first call.
#[derive(Clone, Debug)]
pub struct Given {
    /// The behaviour profile's name.
    pub profile: &'static str,
    /// All settings.
    pub policy: Policy,
    /// What the bridge plays.
    pub library: Arc<Library>,
    /// Users with a conference, in the order of the file.
    pub organizers: Vec<Organizer>,
    /// Every user who may sign in: the organizers first, in their order, then those of `given.users`.
    pub users: Vec<String>,
    /// The numbers that callers dial; the first is the default, `bridge`.
    pub numbers: Vec<(String, ServiceNumber)>,
}

/// A user enabled for dial-in conferencing.
#[derive(Clone, Debug)]
pub struct Organizer {
    /// By which the story calls them.
    pub name: String,
    /// Names their meeting; `None` if the directory is to draw one.
    pub conference_id: Option<String>,
    /// `None` if the directory is to generate one.
    pub pin: Option<Pin>,
    /// `None`: the tenant's default.
    pub allow_anonymous_start: Option<bool>,
    /// The service number in their invitations: its place in [`Given::numbers`].
    pub number: usize,
    /// Their own telephone, which no PIN may be part of.
    pub phone: String,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// Whether they are enabled when the story begins.
    pub enabled: bool,
}

impl Organizer {
    /// The user as an administrator enters one; `None` if the conference ID is no row of digits.
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
            allow_anonymous_start: self.allow_anonymous_start,
            language: number.map(|(_, number)| number.primary).unwrap_or_default(),
            phone: self.phone.clone(),
            disabled: !self.enabled,
        })
    }
}

/// What an administrator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A new PIN of the tenant's length.
    ResetPin(OrganizerRef),
    /// A new conference ID.
    ResetConferenceId(OrganizerRef),
    /// A setting of the tenant, checked when the file was read.
    Set {
        /// Its BEHAVIOUR name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Whether the organizer's meetings start without a PIN.
    AllowAnonymousStart(OrganizerRef, bool),
    /// Enables a user.
    Enable(OrganizerRef),
    /// Disables a user: the conference ID is released.
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
    /// Admits one caller from the lobby: the role's place in [`Cast::roles`].
    Admit(u32),
}

/// Something that must hold at the end, over the whole event log.
#[derive(Clone, Debug)]
pub struct Check {
    /// Where it stands.
    pub span: Span,
    /// In the file's words, on one line.
    pub text: String,
    /// What is looked at.
    pub that: That,
    /// What must be true of it.
    pub must: Must,
}

/// What a check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum That {
    /// `meeting(amos).lobby` and the like.
    Meeting(OrganizerRef, MeetingFact),
    /// `pat.outcome` and the like, of all callers of that name.
    Call(Vec<u32>, CallFact),
    /// When a signal was given: `pat.joined`, `pat.waiting`.
    When(SignalId),
    /// `organizer(amos).locked_out` and the like.
    Organizer(OrganizerRef, OrganizerFact),
    /// `calls`: how many calls are still up.
    Calls,
}

/// A fact of a meeting, at the end unless it says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeetingFact {
    /// The caller who started it last, or `nobody`.
    StartedBy,
    /// How often it started.
    Starts,
    /// How many wait in the lobby.
    Lobby,
    /// The most that ever waited.
    LobbyPeak,
    /// How many have joined.
    Joined,
    /// The most that were ever joined.
    JoinedPeak,
    /// Callers released by a start.
    Released,
    /// Callers admitted from the lobby by somebody.
    Admitted,
    /// The most different places of the music that its lobby heard at one moment.
    MusicPositions,
    /// Why it ended last: `person`, `limit`, `grace`, `empty`, `organizer-left`, or `not_ended`.
    EndedBy,
}

/// A fact of a caller's last call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallFact {
    /// The outcome of BEHAVIOUR 6.4.
    Outcome,
    /// How often hold music began.
    MusicStarts,
    /// How often hold music went back.
    MusicRestarts,
    /// How often the caller was released from a lobby or admitted.
    Admissions,
    /// How many PINs were refused.
    PinsRefused,
    /// How many keys reached the bridge.
    Keys,
}

/// A fact of an organizer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrganizerFact {
    /// Whether PIN entry is locked.
    LockedOut,
    /// Wrong PINs since the last unlock.
    WrongPins,
    /// How often PIN entry was locked.
    Lockouts,
    /// How many digits the PIN has.
    PinDigits,
}

/// Something that the file's `order` puts off.
#[derive(Clone, Copy, Debug)]
pub struct PutOff {
    /// Where it stands.
    pub span: Span,
    /// What, and by how much.
    pub later: Later,
}

/// What must be true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Must {
    /// Its value, as written.
    Be(String),
    /// It happened before that signal.
    ComeBefore(SignalId),
    /// It happened no earlier than that signal and at most so long after.
    ComeWithin(Duration, SignalId),
}

/// Something that the file asks for and nobody has built.
#[derive(Clone, Debug)]
pub struct Unbuilt {
    /// Where it stands.
    pub span: Span,
    /// What, and what it waits for.
    pub why: String,
}

/// Values of parameters by name, for names and `--set`.
pub type Params = BTreeMap<String, String>;
