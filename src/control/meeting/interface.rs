//! The inputs and outputs of a meeting.

use crate::control::call::{Language, LegId, Prompt};
use crate::control::event::{Admission, EndReason, Event, Place};
use crate::control::numbers::NumberEnd;
use crate::control::pin::{PinEntry, Secret};
use crate::control::policy::{KeyCommand, OrganizerId, Terms};

/// Counts the openings of all meetings of one bridge: no two machines of a bridge have the same.
///
/// A bridge forgets a meeting once everybody has left, and opens it again with a new machine when somebody comes. What
/// the forgotten one asked may still be answered; without the epoch, a late answer would be taken for one to the new machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Epoch(pub u64);

/// One question about a PIN, asked twice at most: the directory counts it once. No bridge uses one twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CheckId {
    /// The opening of the meeting that asks.
    pub epoch: Epoch,
    /// Counts the meeting's checks since it was opened.
    pub number: u64,
}

/// One question what the terms are now, asked twice at most. No bridge uses one twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TermsId {
    /// The opening of the meeting that asks.
    pub epoch: Epoch,
    /// Counts the meeting's questions of this kind since it was opened.
    pub number: u64,
}

/// One announcement in a meeting's mix. No bridge uses one twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AnnouncementId {
    /// The opening of the meeting that announces.
    pub epoch: Epoch,
    /// Counts the meeting's announcements since it was opened.
    pub number: u64,
}

/// The directory could not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unavailable;

/// The verdict on a PIN. A locked PIN entry, another organizer's PIN and a wrong PIN are one
/// and the same, so that nobody down the line can tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinVerdict {
    /// It is the organizer's PIN.
    Right,
    /// It is the meeting's passcode.
    Passcode,
    /// It is nothing that was asked for.
    Wrong,
}

/// The kind of caller who arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerKind {
    /// A caller on the phone, anonymous until a PIN says otherwise.
    Phone,
    /// A user of the tenant, signed in with the client app.
    SignedIn {
        /// Whether it is this meeting's organizer.
        organizer: bool,
    },
}

/// An input of a meeting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A leg has named this meeting.
    Arrive {
        /// The leg.
        leg: LegId,
        /// The kind of caller.
        who: CallerKind,
        /// The end of the caller's number, where announcements may read it out.
        number: Option<NumberEnd>,
        /// The directory's current terms for the meeting.
        terms: Terms,
    },
    /// The directory says something else of the meeting now. Terms of a lower version than are known are dropped.
    NewTerms {
        /// The new terms.
        terms: Terms,
    },
    /// The caller has passed screening and wants to go in.
    Enter {
        /// The leg.
        leg: LegId,
        /// Length of the recorded name in milliseconds; zero for none.
        name_millis: u16,
    },
    /// The caller keyed a PIN.
    PinEntered {
        /// The leg.
        leg: LegId,
        /// The keyed digits.
        entry: PinEntry,
    },
    /// The caller keyed a passcode.
    PasscodeEntered {
        /// The leg.
        leg: LegId,
        /// The keyed digits.
        entry: PinEntry,
        /// How many tries this call has left if it is wrong.
        tries_left: u8,
    },
    /// The answer to [`Output::CheckPin`]. It counts for this check of this leg only; one that nobody waits for any
    /// more is dropped.
    PinChecked {
        /// The question.
        check: CheckId,
        /// The caller.
        leg: LegId,
        /// The answer.
        result: Result<PinVerdict, Unavailable>,
    },
    /// The answer to [`Output::AskTerms`]. It counts for this question of this leg only; one that nobody waits for any
    /// more is dropped.
    TermsFound {
        /// The question.
        question: TermsId,
        /// The caller.
        leg: LegId,
        /// The directory's current terms for the meeting.
        result: Result<Terms, Unavailable>,
    },
    /// A participant's key command.
    Command {
        /// The leg.
        leg: LegId,
        /// The command.
        command: KeyCommand,
        /// Whether the keys that gave it are the organizer's only.
        organizers_keys: bool,
    },
    /// The leg is gone.
    Leave {
        /// The leg.
        leg: LegId,
    },
    /// The announcement came to its end.
    AnnouncementFinished {
        /// The announcement.
        announcement: AnnouncementId,
    },
    /// An authorised person admits one caller from the lobby of the running meeting.
    Admit {
        /// The leg.
        leg: LegId,
    },
    /// A participant who was asked about one caller in the lobby has answered.
    Decide {
        /// Who answers.
        by: LegId,
        /// The caller in the lobby.
        leg: LegId,
        /// Admit, or deny.
        admit: bool,
    },
    /// An authorised person removes one participant.
    Remove {
        /// The leg.
        leg: LegId,
    },
    /// An authorised person turns one caller in the lobby away.
    Refuse {
        /// The leg.
        leg: LegId,
    },
    /// An authorised person mutes or unmutes one participant.
    SetMuted {
        /// The leg.
        leg: LegId,
        /// Mute, or unmute.
        muted: bool,
    },
    /// An authorised person locks or unlocks the meeting.
    SetLocked {
        /// Lock it, or unlock it.
        locked: bool,
    },
    /// An authorised person starts or stops the recording.
    SetRecording {
        /// Start it, or stop it.
        on: bool,
    },
    /// An authorised person ends the meeting.
    End,
}

/// An authorised person's act on one caller of a meeting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallerAct {
    /// Lets a caller in the lobby of the running meeting in.
    Admit,
    /// Turns a caller in the lobby away.
    Deny,
    /// Removes a participant.
    Remove,
    /// Mutes a participant.
    Mute,
    /// Unmutes a participant.
    Unmute,
}

impl CallerAct {
    /// Every act.
    pub const ALL: [Self; 5] = [Self::Admit, Self::Deny, Self::Remove, Self::Mute, Self::Unmute];

    /// Its word in scenario files, addresses and the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Deny => "deny",
            Self::Remove => "remove",
            Self::Mute => "mute",
            Self::Unmute => "unmute",
        }
    }

    /// The act with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == word)
    }

    /// Where the caller must be; anywhere else the act changes nothing.
    #[must_use]
    pub const fn place(self) -> Place {
        match self {
            Self::Admit | Self::Deny => Place::Lobby,
            Self::Remove | Self::Mute | Self::Unmute => Place::Joined,
        }
    }

    /// What the meeting is told.
    #[must_use]
    pub const fn input(self, leg: LegId) -> Input {
        match self {
            Self::Admit => Input::Admit { leg },
            Self::Deny => Input::Refuse { leg },
            Self::Remove => Input::Remove { leg },
            Self::Mute => Input::SetMuted { leg, muted: true },
            Self::Unmute => Input::SetMuted { leg, muted: false },
        }
    }
}

/// An output of a meeting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Asks the directory whether this PIN starts this organizer's meetings; answered once by [`Input::PinChecked`].
    CheckPin {
        /// The question.
        check: CheckId,
        /// The caller.
        leg: LegId,
        /// The organizer whose PIN it must be.
        organizer: OrganizerId,
        /// What it may be.
        secret: Secret,
        /// The keyed digits.
        entry: PinEntry,
    },
    /// Asks the directory what it says of this organizer's meeting now, since this call would start it; answered once by
    /// [`Input::TermsFound`].
    AskTerms {
        /// The question.
        question: TermsId,
        /// The caller.
        leg: LegId,
        /// The organizer.
        organizer: OrganizerId,
    },
    /// Tells a caller.
    Notify {
        /// The caller to notify.
        leg: LegId,
        /// The notice.
        notice: Notice,
    },
    /// The mix carries no announcement any more.
    StopAnnouncing,
    /// Lets the mix carry a prompt; its end comes back as [`Input::AnnouncementFinished`].
    Announce {
        /// By which its end is told.
        announcement: AnnouncementId,
        /// The prompt.
        prompt: Prompt,
        /// In which language.
        language: Language,
    },
    /// Records what happened.
    Record(Event),
}

/// Why a caller is in the lobby.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Parking {
    /// The meeting has not started.
    ForOrganizer,
    /// The caller may start the meeting, and not enough others are there yet.
    ForOthers,
    /// The meeting runs, and newcomers must be admitted.
    ForAdmission,
    /// The caller was in the meeting, and the last who might start one has left it.
    OrganizerLeft,
}

/// A notice of a meeting to a caller.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    /// The meeting waits for its organizer: ask whether it is this caller.
    AskOrganizer,
    /// Ask for the meeting's passcode.
    AskPasscode {
        /// Whether to ask too if this is the organizer, for whom the meeting waits.
        asks_organizer: bool,
    },
    /// The passcode was right.
    PasscodeAccepted {
        /// Whether to ask if this is the organizer, for whom the meeting waits.
        asks_organizer: bool,
    },
    /// The passcode was wrong.
    PasscodeRejected {
        /// How many tries this call has left.
        tries_left: u8,
    },
    /// Nothing to ask: record the name if names are recorded, then enter.
    Proceed,
    /// No place is left.
    Full,
    /// The meeting is locked, and turns newcomers away.
    Locked,
    /// Wait in the lobby.
    Parked(Parking),
    /// The music of the lobby in which the caller waits begins again.
    MusicRestarts,
    /// Take part.
    Admitted(Admission),
    /// The PIN was wrong.
    PinRejected {
        /// How many tries this call has left.
        tries_left: u8,
    },
    /// The directory cannot say whether the PIN is right.
    TryLater,
    /// The PIN was right, and the caller was already in the meeting.
    Promoted,
    /// Waited too long.
    LobbyTimeout {
        /// Whether the meeting runs: nobody admitted the caller.
        running: bool,
    },
    /// An authorised person removed the caller from the meeting.
    Removed,
    /// An authorised person turned the caller away who waited in the lobby.
    Refused,
    /// The meeting is over.
    Ended(EndReason),
    /// The other participants.
    RollCall {
        /// How many others.
        others: u32,
        /// Recorded names of others: the leg and the length in milliseconds.
        names: Box<[(LegId, u16)]>,
    },
    /// Somebody waits in the lobby of the running meeting.
    SomebodyWaits {
        /// In words, or with a tone.
        words: bool,
        /// The recorded name, if there is one: its leg, and its length in milliseconds.
        name: Option<(LegId, u16)>,
    },
    /// So many wait in the lobby.
    LobbyCount {
        /// How many.
        waiting: u32,
    },
    /// Ask whether to admit this caller.
    AdmitOrDeny {
        /// The caller who has waited longest.
        leg: LegId,
        /// Length of the recorded name in milliseconds; zero for none.
        name_millis: u16,
    },
    /// Of an arrival or a departure only some hear, among them this one.
    Announced {
        /// What is said.
        prompts: Box<[Prompt]>,
    },
    /// The tone with which the caller was announced.
    OwnTone,
    /// So many are in the meeting, the caller included.
    MeetingCount {
        /// How many.
        joined: u32,
    },
    /// The recording began, or ended.
    Recording {
        /// Began, or ended.
        on: bool,
    },
    /// The meeting that the caller is about to join is recorded.
    IsRecorded,
    /// The caller leaves by a key.
    HangsUp,
    /// The menu of keys.
    Menu,
    /// One is muted, or is not.
    Muted {
        /// Muted.
        muted: bool,
        /// By the organizer.
        by_organizer: bool,
    },
    /// The caller is muted, and may not change that.
    CannotUnmute,
    /// The caller's hand is raised, or is not any more.
    Hand {
        /// Raised.
        raised: bool,
    },
    /// The key command was carried out.
    Done,
    /// The key command is not allowed to this caller.
    Denied,
}

impl Notice {
    /// Its name in reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AskOrganizer => "asks for the organizer",
            Self::Proceed => "nothing to ask",
            Self::AskPasscode { .. } => "asks for the passcode",
            Self::PasscodeAccepted { .. } => "passcode right",
            Self::PasscodeRejected { .. } => "passcode wrong",
            Self::Full => "meeting full",
            Self::Locked => "meeting locked",
            Self::Parked(_) => "sent to the lobby",
            Self::MusicRestarts => "music restarts",
            Self::Admitted(_) => "let in",
            Self::PinRejected { .. } => "PIN wrong",
            Self::TryLater => "PIN not checked",
            Self::Promoted => "PIN right at last",
            Self::LobbyTimeout { .. } => "waited too long",
            Self::Removed => "removed",
            Self::Refused => "turned away",
            Self::Ended(_) => "meeting ends",
            Self::RollCall { .. } => "roll call",
            Self::SomebodyWaits { .. } => "somebody waits",
            Self::LobbyCount { .. } => "lobby count",
            Self::AdmitOrDeny { .. } => "asks whether to admit",
            Self::Announced { .. } => "announcement to some",
            Self::OwnTone => "own tone",
            Self::MeetingCount { .. } => "meeting count",
            Self::Recording { .. } => "recording starts or stops",
            Self::IsRecorded => "is recorded",
            Self::HangsUp => "hangs up by key",
            Self::Menu => "menu",
            Self::Muted { .. } => "muted or unmuted",
            Self::CannotUnmute => "may not unmute",
            Self::Hand { .. } => "hand raised or lowered",
            Self::Done => "command done",
            Self::Denied => "command denied",
        }
    }
}
