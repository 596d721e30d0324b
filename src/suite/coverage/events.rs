//! The events of the stream by name, with what they tell apart.

use crate::control::call::{Digits, HangupCause, Language, LegId, PlaybackId, Prompt, Source, Speech};
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, MutedBy,
    Outcome, Place, StartRight,
};
use crate::control::pin::LockState;
use crate::control::policy::{KeyCommand, OrganizerId};
use crate::control::time::Instant;

/// An event's name with its detail: `joined(pin)`. Ends of calls are a group of their own, and have none.
pub(super) fn name(event: Event) -> Option<String> {
    let yes = |yes: bool, word: &'static str, other: &'static str| if yes { word } else { other };
    let detail = match event {
        Event::Call(CallEvent::Finished { .. }) => return None,
        Event::Call(CallEvent::Hears { source, .. }) => source.name(),
        Event::Call(CallEvent::Says { speech, .. } | CallEvent::HearsVoice { speech, .. }) => {
            speech.map_or("nothing", Speech::name)
        }
        Event::Call(CallEvent::ConferenceIdKeyed { meeting, .. }) => {
            yes(meeting.is_some(), "known", "unknown")
        }
        Event::Call(CallEvent::DirectoryFailed { again, .. }) => yes(again, "asked again", "given up"),
        Event::Call(CallEvent::Called { .. } | CallEvent::Answered { .. }) => "",
        Event::Call(CallEvent::Key { .. } | CallEvent::KeysIgnored { .. }) => "",
        Event::Meeting(event) => match event {
            MeetingEvent::PasscodeAccepted { .. } => "",
            MeetingEvent::PasscodeRefused { tries_left, .. } => yes(tries_left > 0, "tries left", "last try"),
            MeetingEvent::PinRefused { tries_left, .. } => yes(tries_left > 0, "tries left", "last try"),
            MeetingEvent::Started { right, .. } => right.name(),
            MeetingEvent::Joined { admission, .. } => admission.name(),
            MeetingEvent::Left { place, .. } => place.name(),
            MeetingEvent::Commanded { command, allowed, .. } => {
                let word = yes(allowed, "", ", denied");
                return Some(format!("commanded({}{word})", command.name()));
            }
            MeetingEvent::Hand { raised, .. } => yes(raised, "raised", "lowered"),
            MeetingEvent::Muted { muted, .. } => yes(muted, "muted", "unmuted"),
            MeetingEvent::Locked { locked, .. } => yes(locked, "locked", "unlocked"),
            MeetingEvent::Recording { on, .. } => yes(on, "on", "off"),
            MeetingEvent::Ended { reason, .. } => reason.name(),
            MeetingEvent::PinAccepted { .. }
            | MeetingEvent::LobbyNotice { .. }
            | MeetingEvent::Parked { .. }
            | MeetingEvent::Promoted { .. } => "",
            MeetingEvent::Announced { .. } | MeetingEvent::AnnouncementDropped { .. } => "",
        },
        Event::Account(AccountEvent::Administered { act, .. }) => act.name(),
        Event::Account(AccountEvent::PinChecked { right, .. }) => yes(right, "right", "wrong"),
        Event::Account(AccountEvent::PasscodeChecked { right, .. }) => yes(right, "right", "wrong"),
        Event::Account(
            AccountEvent::LockedOut { state, .. } | AccountEvent::PasscodeLockedOut { state, .. },
        ) => match state {
            LockState::Open => "open",
            LockState::LockedUntil(_) => "for a time",
            LockState::LockedForGood => "for good",
        },
    };
    Some(if detail.is_empty() { event.name().to_owned() } else { format!("{}({detail})", event.name()) })
}

/// Every event by its name.
pub(super) fn names() -> impl Iterator<Item = String> {
    let first = Event::Call(CallEvent::Called { leg: LEG });
    let kinds = std::iter::successors(Some(first), |event| after(*event));
    kinds.flat_map(variants).filter_map(name)
}

/// How an entry may be locked.
const LOCKED: [LockState; 2] = [LockState::LockedUntil(Instant::ZERO), LockState::LockedForGood];

const LEG: LegId = LegId::new(0);
const SPEECHES: [Option<Speech>; 4] =
    [None, Some(Speech::Talk), Some(Speech::Tone), Some(Speech::Recording(0))];
const MEETING: MeetingId = MeetingId(0);
const ORGANIZER: OrganizerId = OrganizerId(0);

/// The kind of event behind this one. A kind that is new is not taken by the compiler before it stands here.
fn after(event: Event) -> Option<Event> {
    let (leg, meeting, organizer, prompt) = (LEG, MEETING, ORGANIZER, Prompt::Welcome);
    let language = Language::default();
    Some(match event {
        Event::Call(event) => match event {
            CallEvent::Called { .. } => CallEvent::Answered { leg }.into(),
            CallEvent::Answered { .. } => CallEvent::Hears { leg, source: Source::Silence }.into(),
            CallEvent::Hears { .. } => CallEvent::Says { leg, speech: None }.into(),
            CallEvent::Says { .. } => CallEvent::HearsVoice { leg, by: leg, speech: None }.into(),
            CallEvent::HearsVoice { .. } => CallEvent::Key { leg }.into(),
            CallEvent::Key { .. } => CallEvent::KeysIgnored { leg, count: 1 }.into(),
            CallEvent::KeysIgnored { .. } => {
                CallEvent::ConferenceIdKeyed { leg, digits: Digits::default(), meeting: None }.into()
            }
            CallEvent::ConferenceIdKeyed { .. } => CallEvent::DirectoryFailed { leg, again: true }.into(),
            CallEvent::DirectoryFailed { .. } => {
                let (outcome, cause) = (Outcome::Joined, HangupCause::Caller);
                CallEvent::Finished { leg, outcome, cause }.into()
            }
            CallEvent::Finished { .. } => MeetingEvent::PinAccepted { meeting, leg }.into(),
        },
        Event::Meeting(event) => match event {
            MeetingEvent::PinAccepted { .. } => {
                MeetingEvent::PinRefused { meeting, leg, tries_left: 1 }.into()
            }
            MeetingEvent::PinRefused { .. } => MeetingEvent::PasscodeAccepted { meeting, leg }.into(),
            MeetingEvent::PasscodeAccepted { .. } => {
                MeetingEvent::PasscodeRefused { meeting, leg, tries_left: 1 }.into()
            }
            MeetingEvent::PasscodeRefused { .. } => MeetingEvent::Parked { meeting, leg }.into(),
            MeetingEvent::Parked { .. } => {
                MeetingEvent::Started { meeting, by: leg, right: StartRight::Pin, releases: true }.into()
            }
            MeetingEvent::Started { .. } => {
                MeetingEvent::Joined { meeting, leg, admission: Admission::Pin }.into()
            }
            MeetingEvent::Joined { .. } => MeetingEvent::Promoted { meeting, leg }.into(),
            MeetingEvent::Promoted { .. } => MeetingEvent::Left { meeting, leg, place: Place::Lobby }.into(),
            MeetingEvent::Left { .. } => {
                MeetingEvent::Commanded { meeting, leg, command: KeyCommand::Help, allowed: true }.into()
            }
            MeetingEvent::Commanded { .. } => MeetingEvent::Hand { meeting, leg, raised: true }.into(),
            MeetingEvent::Hand { .. } => {
                MeetingEvent::Muted { meeting, leg, muted: true, by: MutedBy::Oneself, hard: false }.into()
            }
            MeetingEvent::Muted { .. } => MeetingEvent::Locked { meeting, locked: true }.into(),
            MeetingEvent::Locked { .. } => MeetingEvent::Recording { meeting, on: true }.into(),
            MeetingEvent::Recording { .. } => {
                MeetingEvent::LobbyNotice { meeting, to: leg, waiting: 1 }.into()
            }
            MeetingEvent::LobbyNotice { .. } => MeetingEvent::Announced { meeting, prompt, language }.into(),
            MeetingEvent::Announced { .. } => MeetingEvent::AnnouncementDropped { meeting, prompt }.into(),
            MeetingEvent::AnnouncementDropped { .. } => {
                MeetingEvent::Ended { meeting, reason: EndReason::Person }.into()
            }
            MeetingEvent::Ended { .. } => {
                AccountEvent::Administered { organizer, act: AdminEvent::Enabled }.into()
            }
        },
        Event::Account(event) => match event {
            AccountEvent::Administered { .. } => {
                AccountEvent::PinChecked { organizer, leg, right: true }.into()
            }
            AccountEvent::PinChecked { .. } => {
                AccountEvent::LockedOut { organizer, state: LockState::LockedForGood }.into()
            }
            AccountEvent::LockedOut { .. } => {
                AccountEvent::PasscodeChecked { organizer, leg, right: true }.into()
            }
            AccountEvent::PasscodeChecked { .. } => {
                AccountEvent::PasscodeLockedOut { organizer, state: LockState::LockedForGood }.into()
            }
            AccountEvent::PasscodeLockedOut { .. } => return None,
        },
    })
}

/// The events of one kind that are told apart.
fn variants(event: Event) -> Vec<Event> {
    let (leg, meeting, organizer) = (LEG, MEETING, ORGANIZER);
    let both = |make: &dyn Fn(bool) -> Event| vec![make(true), make(false)];
    match event {
        Event::Call(event) => match event {
            CallEvent::Hears { .. } => {
                let (playback, prompt, language) = (PlaybackId(0), Prompt::Welcome, Language::default());
                let prompt = Source::Prompt { playback, prompt, language };
                let sources =
                    [Source::Silence, prompt, Source::HoldMusic { begun: Instant::ZERO }, Source::Conference];
                sources.map(|source| CallEvent::Hears { leg, source }.into()).to_vec()
            }
            CallEvent::Says { .. } => SPEECHES.map(|speech| CallEvent::Says { leg, speech }.into()).to_vec(),
            CallEvent::HearsVoice { by, .. } => {
                SPEECHES.map(|speech| CallEvent::HearsVoice { leg, by, speech }.into()).to_vec()
            }
            CallEvent::ConferenceIdKeyed { digits, .. } => both(&|known| {
                CallEvent::ConferenceIdKeyed { leg, digits, meeting: known.then_some(meeting) }.into()
            }),
            CallEvent::DirectoryFailed { .. } => {
                both(&|again| CallEvent::DirectoryFailed { leg, again }.into())
            }
            CallEvent::Called { .. } | CallEvent::Answered { .. } | CallEvent::Finished { .. } => {
                vec![event.into()]
            }
            CallEvent::Key { .. } | CallEvent::KeysIgnored { .. } => vec![event.into()],
        },
        Event::Meeting(event) => match event {
            MeetingEvent::PinRefused { .. } => {
                both(&|left| MeetingEvent::PinRefused { meeting, leg, tries_left: u8::from(left) }.into())
            }
            MeetingEvent::PasscodeRefused { .. } => both(&|left| {
                MeetingEvent::PasscodeRefused { meeting, leg, tries_left: u8::from(left) }.into()
            }),
            MeetingEvent::Started { by, releases, .. } => {
                let started = |right| MeetingEvent::Started { meeting, by, right, releases }.into();
                StartRight::ALL.map(started).to_vec()
            }
            MeetingEvent::Joined { .. } => Admission::ALL
                .map(|admission| MeetingEvent::Joined { meeting, leg, admission }.into())
                .to_vec(),
            MeetingEvent::Left { .. } => {
                Place::ALL.map(|place| MeetingEvent::Left { meeting, leg, place }.into()).to_vec()
            }
            MeetingEvent::Commanded { .. } => {
                let commanded = |command| {
                    both(&|allowed| MeetingEvent::Commanded { meeting, leg, command, allowed }.into())
                };
                let is_known = |event: &Event| !is_denied_to_nobody(*event);
                KeyCommand::ALL.into_iter().flat_map(commanded).filter(is_known).collect()
            }
            MeetingEvent::Hand { .. } => both(&|raised| MeetingEvent::Hand { meeting, leg, raised }.into()),
            MeetingEvent::Muted { .. } => both(&|muted| {
                MeetingEvent::Muted { meeting, leg, muted, by: MutedBy::Oneself, hard: false }.into()
            }),
            MeetingEvent::Recording { .. } => both(&|on| MeetingEvent::Recording { meeting, on }.into()),
            MeetingEvent::Locked { .. } => both(&|locked| MeetingEvent::Locked { meeting, locked }.into()),
            MeetingEvent::Ended { .. } => {
                EndReason::ALL.map(|reason| MeetingEvent::Ended { meeting, reason }.into()).to_vec()
            }
            MeetingEvent::PinAccepted { .. }
            | MeetingEvent::PasscodeAccepted { .. }
            | MeetingEvent::Parked { .. }
            | MeetingEvent::LobbyNotice { .. }
            | MeetingEvent::Promoted { .. } => {
                vec![event.into()]
            }
            MeetingEvent::Announced { .. } | MeetingEvent::AnnouncementDropped { .. } => vec![event.into()],
        },
        Event::Account(event) => match event {
            AccountEvent::Administered { .. } => {
                AdminEvent::ALL.map(|act| AccountEvent::Administered { organizer, act }.into()).to_vec()
            }
            AccountEvent::PinChecked { .. } => {
                both(&|right| AccountEvent::PinChecked { organizer, leg, right }.into())
            }
            AccountEvent::LockedOut { .. } => {
                LOCKED.map(|state| AccountEvent::LockedOut { organizer, state }.into()).to_vec()
            }
            AccountEvent::PasscodeChecked { .. } => {
                both(&|right| AccountEvent::PasscodeChecked { organizer, leg, right }.into())
            }
            AccountEvent::PasscodeLockedOut { .. } => {
                LOCKED.map(|state| AccountEvent::PasscodeLockedOut { organizer, state }.into()).to_vec()
            }
        },
    }
}

/// Commands that everybody may give are denied to nobody.
fn is_denied_to_nobody(event: Event) -> bool {
    matches!(event, Event::Meeting(MeetingEvent::Commanded { command, allowed: false, .. }) if !command.is_organizers())
}
