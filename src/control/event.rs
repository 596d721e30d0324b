//! The one event stream: what every machine records, for transcripts, reports and checks to read.

mod account;
mod outcome;
mod webhook;

pub use account::AccountEvent;
pub use outcome::{Outcome, Refusal};
pub use webhook::WebhookEvent;

use super::call::{Digits, HangupCause, Language, LegId, Prompt, Source, Speech};
use super::named::named;
use super::policy::KeyCommand;
use super::time::Instant;

/// The meeting of an organizer, by the organizer's own number: it stays the same when the conference ID changes, and outlives
/// the process as that number does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MeetingId(pub u32);

/// Something that happened, with its moment. Records of one moment stand in the order in which they came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// When.
    pub at: Instant,
    /// The event.
    pub event: Event,
}

/// An event. Carries numbers and names only; digits only if the field that took them cannot have been a PIN's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// To one call.
    Call(CallEvent),
    /// In one meeting.
    Meeting(MeetingEvent),
    /// To one organizer's account.
    Account(AccountEvent),
}

impl Event {
    /// Its word in reports, on the wire and in figures: `keys_ignored`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call(event) => event.name(),
            Self::Meeting(event) => event.name(),
            Self::Account(event) => event.name(),
        }
    }

    /// The call that it happened to, or whose doing it was.
    #[must_use]
    pub const fn leg(self) -> Option<LegId> {
        match self {
            Self::Call(event) => Some(event.leg()),
            Self::Meeting(event) => event.leg(),
            Self::Account(AccountEvent::PinChecked { leg, .. }) => Some(leg),
            Self::Account(AccountEvent::PasscodeChecked { leg, .. }) => Some(leg),
            Self::Account(AccountEvent::Administered { .. } | AccountEvent::LockedOut { .. }) => None,
            Self::Account(AccountEvent::PasscodeLockedOut { .. }) => None,
        }
    }

    /// The meeting that it concerns; for an account, the organizer's.
    #[must_use]
    pub const fn meeting(self) -> Option<MeetingId> {
        match self {
            Self::Call(CallEvent::ConferenceIdKeyed { meeting, .. }) => meeting,
            Self::Call(_) => None,
            Self::Meeting(event) => Some(event.meeting()),
            Self::Account(event) => Some(MeetingId(event.organizer().0)),
        }
    }

    /// The prompt that it is about.
    #[must_use]
    pub const fn prompt(self) -> Option<Prompt> {
        match self {
            Self::Call(CallEvent::Hears { source: Source::Prompt { prompt, .. }, .. })
            | Self::Meeting(
                MeetingEvent::Announced { prompt, .. } | MeetingEvent::AnnouncementDropped { prompt, .. },
            ) => Some(prompt),
            Self::Call(_) | Self::Meeting(_) | Self::Account(_) => None,
        }
    }
}

impl From<CallEvent> for Event {
    fn from(event: CallEvent) -> Self {
        Self::Call(event)
    }
}

impl From<MeetingEvent> for Event {
    fn from(event: MeetingEvent) -> Self {
        Self::Meeting(event)
    }
}

impl From<AccountEvent> for Event {
    fn from(event: AccountEvent) -> Self {
        Self::Account(event)
    }
}

/// An event of a call, from its first ring to its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallEvent {
    /// A call came in.
    Called {
        /// The leg.
        leg: LegId,
    },
    /// The bridge took it.
    Answered {
        /// The leg.
        leg: LegId,
    },
    /// The caller hears this from now on.
    Hears {
        /// The leg.
        leg: LegId,
        /// The sound.
        source: Source,
    },
    /// The caller says this from now on, or nothing any more.
    Says {
        /// The leg.
        leg: LegId,
        /// What is said.
        speech: Option<Speech>,
    },
    /// Of another caller this one hears this from now on, or nothing any more.
    HearsVoice {
        /// The leg of the one who hears.
        leg: LegId,
        /// The leg of the one who is heard.
        by: LegId,
        /// What is said.
        speech: Option<Speech>,
    },
    /// A key reached the bridge. Which is not told.
    Key {
        /// The leg.
        leg: LegId,
    },
    /// Keys that nothing takes: not claimed by the field that was open, or more than are kept ahead.
    KeysIgnored {
        /// The leg.
        leg: LegId,
        /// How many.
        count: u8,
    },
    /// A conference ID was keyed.
    ConferenceIdKeyed {
        /// The leg.
        leg: LegId,
        /// The digits: the field that took them asks for no PIN.
        digits: Digits,
        /// The meeting that it names.
        meeting: Option<MeetingId>,
    },
    /// The directory did not answer, or could not.
    DirectoryFailed {
        /// The leg that asked.
        leg: LegId,
        /// Whether it is asked once more.
        again: bool,
    },
    /// The call is over.
    Finished {
        /// The leg.
        leg: LegId,
        /// How it stood at the end.
        outcome: Outcome,
        /// The side that ended it.
        cause: HangupCause,
    },
}

impl CallEvent {
    /// Its word in reports, on the wire and in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Called { .. } => "called",
            Self::Answered { .. } => "answered",
            Self::Hears { .. } => "hears",
            Self::Says { .. } => "says",
            Self::HearsVoice { .. } => "hears_voice",
            Self::Key { .. } => "key",
            Self::KeysIgnored { .. } => "keys_ignored",
            Self::ConferenceIdKeyed { .. } => "conference_id_keyed",
            Self::DirectoryFailed { .. } => "directory_failed",
            Self::Finished { .. } => "finished",
        }
    }

    /// The call.
    #[must_use]
    pub const fn leg(self) -> LegId {
        match self {
            Self::Called { leg, .. }
            | Self::Answered { leg, .. }
            | Self::Hears { leg, .. }
            | Self::Says { leg, .. }
            | Self::HearsVoice { leg, .. }
            | Self::Key { leg, .. }
            | Self::KeysIgnored { leg, .. }
            | Self::ConferenceIdKeyed { leg, .. }
            | Self::DirectoryFailed { leg, .. }
            | Self::Finished { leg, .. } => leg,
        }
    }
}

/// An event of a meeting or of one of its participants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeetingEvent {
    /// A PIN was right.
    PinAccepted {
        /// Where.
        meeting: MeetingId,
        /// The caller.
        leg: LegId,
    },
    /// A PIN was wrong, or as good as wrong.
    PinRefused {
        /// Where.
        meeting: MeetingId,
        /// The caller.
        leg: LegId,
        /// How many tries this call has left.
        tries_left: u8,
    },
    /// A passcode was right.
    PasscodeAccepted {
        /// Where.
        meeting: MeetingId,
        /// The caller.
        leg: LegId,
    },
    /// A passcode was wrong, or as good as wrong.
    PasscodeRefused {
        /// Where.
        meeting: MeetingId,
        /// The caller.
        leg: LegId,
        /// How many tries this call has left.
        tries_left: u8,
    },
    /// A caller waits in the lobby.
    Parked {
        /// Where.
        meeting: MeetingId,
        /// The caller.
        leg: LegId,
    },
    /// The meeting began.
    Started {
        /// The meeting.
        meeting: MeetingId,
        /// The participant who started it.
        by: LegId,
        /// By what right.
        right: StartRight,
        /// Whether it releases the lobby.
        releases: bool,
    },
    /// A caller is in the meeting.
    Joined {
        /// Where.
        meeting: MeetingId,
        /// The participant.
        leg: LegId,
        /// How.
        admission: Admission,
    },
    /// A caller in the meeting was found to be the organizer after all.
    Promoted {
        /// Where.
        meeting: MeetingId,
        /// The participant.
        leg: LegId,
    },
    /// A caller is no longer in the meeting, in its lobby or in screening.
    Left {
        /// Where.
        meeting: MeetingId,
        /// The participant.
        leg: LegId,
        /// From where.
        place: Place,
    },
    /// A key command was carried out.
    Commanded {
        /// Where.
        meeting: MeetingId,
        /// By whom.
        leg: LegId,
        /// The command.
        command: KeyCommand,
        /// Whether it was allowed.
        allowed: bool,
    },
    /// A participant's hand went up or down.
    Hand {
        /// Where.
        meeting: MeetingId,
        /// The participant.
        leg: LegId,
        /// Up, or down.
        raised: bool,
    },
    /// A participant was muted, or is not muted any more.
    Muted {
        /// Where.
        meeting: MeetingId,
        /// The participant.
        leg: LegId,
        /// Muted, or not.
        muted: bool,
        /// Who did it.
        by: MutedBy,
        /// Whether the participant may not undo it.
        hard: bool,
    },
    /// The meeting was locked or unlocked.
    Locked {
        /// The meeting.
        meeting: MeetingId,
        /// Locked, or unlocked.
        locked: bool,
    },
    /// The recording of the meeting began or ended.
    Recording {
        /// The meeting.
        meeting: MeetingId,
        /// Began, or ended.
        on: bool,
    },
    /// Somebody who may admit is told that somebody waits.
    LobbyNotice {
        /// The meeting.
        meeting: MeetingId,
        /// Who is told.
        to: LegId,
        /// How many wait.
        waiting: u32,
    },
    /// The meeting is told this.
    Announced {
        /// The meeting.
        meeting: MeetingId,
        /// The announcement.
        prompt: Prompt,
        /// In which language.
        language: Language,
    },
    /// An announcement that found no room in the queue.
    AnnouncementDropped {
        /// The meeting.
        meeting: MeetingId,
        /// The announcement.
        prompt: Prompt,
    },
    /// The meeting is over.
    Ended {
        /// The meeting.
        meeting: MeetingId,
        /// Why.
        reason: EndReason,
    },
}

impl MeetingEvent {
    /// Its word in reports, on the wire and in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PinAccepted { .. } => "pin_accepted",
            Self::PinRefused { .. } => "pin_refused",
            Self::PasscodeAccepted { .. } => "passcode_accepted",
            Self::PasscodeRefused { .. } => "passcode_refused",
            Self::Parked { .. } => "parked",
            Self::Started { .. } => "started",
            Self::Joined { .. } => "joined",
            Self::Promoted { .. } => "promoted",
            Self::Left { .. } => "left",
            Self::Commanded { .. } => "commanded",
            Self::Hand { .. } => "hand",
            Self::Muted { .. } => "muted",
            Self::Locked { .. } => "locked",
            Self::Recording { .. } => "recording",
            Self::LobbyNotice { .. } => "lobby_notice",
            Self::Announced { .. } => "announced",
            Self::AnnouncementDropped { .. } => "announcement_dropped",
            Self::Ended { .. } => "ended",
        }
    }

    /// The meeting.
    #[must_use]
    pub const fn meeting(self) -> MeetingId {
        match self {
            Self::PinAccepted { meeting, .. }
            | Self::PinRefused { meeting, .. }
            | Self::PasscodeAccepted { meeting, .. }
            | Self::PasscodeRefused { meeting, .. }
            | Self::Parked { meeting, .. }
            | Self::Started { meeting, .. }
            | Self::Joined { meeting, .. }
            | Self::Promoted { meeting, .. }
            | Self::Left { meeting, .. }
            | Self::Commanded { meeting, .. }
            | Self::Hand { meeting, .. }
            | Self::Muted { meeting, .. }
            | Self::Locked { meeting, .. }
            | Self::Recording { meeting, .. }
            | Self::LobbyNotice { meeting, .. }
            | Self::Announced { meeting, .. }
            | Self::AnnouncementDropped { meeting, .. }
            | Self::Ended { meeting, .. } => meeting,
        }
    }

    /// The call that it happened to, or whose doing it was.
    #[must_use]
    pub const fn leg(self) -> Option<LegId> {
        match self {
            Self::PinAccepted { leg, .. }
            | Self::PinRefused { leg, .. }
            | Self::PasscodeAccepted { leg, .. }
            | Self::PasscodeRefused { leg, .. }
            | Self::Parked { leg, .. }
            | Self::Joined { leg, .. }
            | Self::Promoted { leg, .. }
            | Self::Left { leg, .. }
            | Self::Commanded { leg, .. }
            | Self::Hand { leg, .. }
            | Self::Muted { leg, .. }
            | Self::LobbyNotice { to: leg, .. }
            | Self::Started { by: leg, .. } => Some(leg),
            Self::Locked { .. }
            | Self::Recording { .. }
            | Self::Announced { .. }
            | Self::AnnouncementDropped { .. }
            | Self::Ended { .. } => None,
        }
    }
}

named! {
    /// By what right a meeting was started.
    pub enum StartRight {
        /// The organizer's PIN.
        Pin = "pin",
        /// Signed in with the client app.
        SignedIn = "signed-in",
        /// Anonymous start was on.
        Anonymous = "anonymous",
    }
}

named! {
    /// The way in which a caller joined a meeting.
    pub enum Admission {
        /// With the organizer's PIN.
        Pin = "pin",
        /// From the lobby, when the meeting started.
        Released = "released",
        /// From the lobby, by an authorised person.
        Admitted = "admitted",
        /// Without waiting in the lobby.
        Direct = "direct",
        /// With the client app, which hears no prompts.
        Client = "client",
    }
}

named! {
    /// A caller's place, as the meeting sees it.
    pub enum Place {
        /// Has named the meeting, and is being asked or records a name.
        Screening = "screening",
        /// Waits.
        Lobby = "lobby",
        /// Takes part.
        Joined = "meeting",
    }
}

named! {
    /// Who muted or unmuted a participant.
    pub enum MutedBy {
        /// The participant.
        Oneself = "oneself",
        /// The organizer, or an administrator.
        Organizer = "organizer",
        /// Nobody: those who join are muted.
        Entry = "entry",
    }
}

named! {
    /// Why a meeting ended.
    pub enum EndReason {
        /// A person ended it.
        Person = "person",
        /// It reached its longest time.
        Limit = "limit",
        /// The grace after the last authenticated participant was over.
        Grace = "grace",
        /// Nobody is left.
        Empty = "empty",
        /// The last who might have started it has left.
        OrganizerLeft = "organizer-left",
    }
}

named! {
    /// An administrator's act.
    pub enum AdminEvent {
        /// Enabled the user.
        Enabled = "enabled",
        /// Disabled the user.
        Disabled = "disabled",
        /// Gave a new PIN.
        PinReset = "pin-reset",
        /// Gave a new conference ID.
        ConferenceIdReset = "conference-id-reset",
        /// Locked PIN entry by hand.
        Locked = "locked",
        /// Unlocked PIN entry.
        Unlocked = "unlocked",
        /// Allowed the user's meetings to start without a PIN.
        AnonymousStartAllowed = "anonymous-start-allowed",
        /// Forbade it again.
        AnonymousStartForbidden = "anonymous-start-forbidden",
    }
}

impl AdminEvent {
    /// Returns whether meetings start without a PIN from now on.
    #[must_use]
    pub const fn anonymous_start(allow: bool) -> Self {
        if allow { Self::AnonymousStartAllowed } else { Self::AnonymousStartForbidden }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_reports_find_the_names_that_they_know() {
        use AdminEvent as Act;
        let rights = [StartRight::Pin, StartRight::SignedIn, StartRight::Anonymous];
        assert_eq!(rights.map(StartRight::name), ["pin", "signed-in", "anonymous"]);
        let places = [Place::Screening, Place::Lobby, Place::Joined];
        assert_eq!(places.map(Place::name), ["screening", "lobby", "meeting"]);
        let acts =
            [Act::Enabled, Act::Disabled, Act::PinReset, Act::ConferenceIdReset, Act::Locked, Act::Unlocked];
        let names = ["enabled", "disabled", "pin-reset", "conference-id-reset", "locked", "unlocked"];
        assert_eq!(acts.map(Act::name), names);
        let anonymous = [Act::AnonymousStartAllowed, Act::AnonymousStartForbidden];
        assert_eq!(anonymous.map(Act::name), ["anonymous-start-allowed", "anonymous-start-forbidden"]);
    }
}
