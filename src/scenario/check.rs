//! The checks of a scenario: what is looked at when it has ended, and what must be true of it.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::control::caller::{OrganizerRef, SignalId};
use crate::control::event::WebhookEvent;

use super::span::Span;

/// A check at the end, over the whole event log.
#[derive(Clone, Debug)]
pub struct Check {
    /// The place in the file.
    pub span: Span,
    /// The check as written, on one line.
    pub text: String,
    /// The subject.
    pub subject: Subject,
    /// The condition that it must meet.
    pub predicate: Predicate,
}

/// The subject of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
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
    /// `webhook(participant-join).count` and the like, of all meetings.
    Webhook(WebhookEvent, WebhookFact),
}

/// The condition of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// It has one of these values, as written.
    IsOneOf(Vec<String>),
    /// It is a number in this range.
    IsBetween(RangeInclusive<u32>),
    /// It never happened.
    Never,
    /// It happened before that signal.
    ComeBefore(SignalId),
    /// It happened at that signal or within this time after it.
    ComeWithin(Duration, SignalId),
}

/// A fact of a meeting, at the end of the run unless its doc says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeetingFact {
    /// The caller who started it last, or `nobody`.
    StartedBy,
    /// How many times it started.
    Starts,
    /// Callers in the lobby at the end of the run.
    Lobby,
    /// The most callers that were ever in the lobby.
    LobbyPeak,
    /// Callers in the meeting at the end of the run.
    Joined,
    /// The most callers that were ever in the meeting.
    JoinedPeak,
    /// Callers released from the lobby when the meeting started.
    Released,
    /// Callers admitted from the lobby.
    Admitted,
    /// The most positions in the music that its lobby heard at the same time.
    MusicPositions,
    /// Why it ended last: `person`, `limit`, `grace`, `empty`, `organizer-left`, or `not_ended`.
    EndedBy,
}

/// A fact of a caller's last call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallFact {
    /// The outcome of BEHAVIOUR 6.4.
    Outcome,
    /// How many times hold music started.
    MusicStarts,
    /// How many times hold music jumped back.
    MusicRestarts,
    /// How many times the caller was released or admitted from a lobby.
    Admissions,
    /// How many PINs were refused.
    PinsRefused,
    /// How many keys reached the bridge.
    Keys,
}

/// A fact of the webhooks of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookFact {
    /// How many the receiver took.
    Count,
    /// How many times one was posted.
    Tries,
}

/// A fact of an organizer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrganizerFact {
    /// Whether PIN entry is locked.
    LockedOut,
    /// Wrong PINs since it was last unlocked.
    WrongPins,
    /// How many times PIN entry was locked.
    Lockouts,
    /// The PIN's length in digits.
    PinDigits,
}
