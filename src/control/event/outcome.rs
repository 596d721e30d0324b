//! The outcome of a call.

use crate::control::call::HangupCause;

/// The one outcome of a call: how it stood when it ended (BEHAVIOUR 6.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Hung up while in the meeting.
    Joined,
    /// Hung up while in the lobby.
    LobbyHangup,
    /// Waited too long.
    LobbyTimeout,
    /// Was there when the meeting ended.
    Ended,
    /// Was there when the meeting ended because its organizer had left.
    OrganizerLeft,
    /// Was removed from the meeting.
    Removed,
    /// Was turned away.
    Refused(Refusal),
    /// Hung up before the lobby and the meeting.
    Abandoned,
    /// The leg failed.
    Failed(HangupCause),
}

/// Why a caller was turned away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refusal {
    /// No meeting was named in all tries.
    TooManyAttempts,
    /// Too many wrong PINs, where that ends the call.
    TooManyPins,
    /// No passcode of the meeting was given in all tries.
    Passcode,
    /// The number was toll-free, and the organizer takes no calls to such.
    TollFree,
    /// The meeting was full.
    Full,
    /// The meeting was locked, where that turns newcomers away.
    Locked,
    /// An authorised person turned away a caller who waited.
    Denied,
    /// The bridge takes no calls from this caller.
    Blocked,
    /// Nobody answers at that number.
    UnknownNumber,
    /// The bridge carried all the calls that it may.
    Congestion,
    /// The signed-in user named somebody who has no meetings, or the directory could not say.
    NoMeeting,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 23] = [
        Self::Joined,
        Self::LobbyHangup,
        Self::LobbyTimeout,
        Self::Ended,
        Self::OrganizerLeft,
        Self::Removed,
        Self::Refused(Refusal::TooManyAttempts),
        Self::Refused(Refusal::TooManyPins),
        Self::Refused(Refusal::Passcode),
        Self::Refused(Refusal::TollFree),
        Self::Refused(Refusal::Full),
        Self::Refused(Refusal::Locked),
        Self::Refused(Refusal::Denied),
        Self::Refused(Refusal::Blocked),
        Self::Refused(Refusal::UnknownNumber),
        Self::Refused(Refusal::Congestion),
        Self::Refused(Refusal::NoMeeting),
        Self::Abandoned,
        Self::Failed(HangupCause::Lost),
        Self::Failed(HangupCause::Caller),
        Self::Failed(HangupCause::Bridge),
        Self::Failed(HangupCause::UnknownNumber),
        Self::Failed(HangupCause::Congestion),
    ];

    /// Returns the outcome of a call that ended so, if that does not depend on where its caller was; `None` where somebody hung
    /// up.
    #[must_use]
    pub const fn of_failed(cause: HangupCause) -> Option<Self> {
        match cause {
            HangupCause::UnknownNumber => Some(Self::Refused(Refusal::UnknownNumber)),
            HangupCause::Congestion => Some(Self::Refused(Refusal::Congestion)),
            HangupCause::Declined => Some(Self::Refused(Refusal::Blocked)),
            HangupCause::Lost
            | HangupCause::NoAck
            | HangupCause::NoMedia
            | HangupCause::MediaGone
            | HangupCause::SessionExpired => Some(Self::Failed(cause)),
            HangupCause::Caller | HangupCause::Cancelled | HangupCause::Bridge => None,
        }
    }

    /// Its name in reports and scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::LobbyHangup => "lobby-hangup",
            Self::LobbyTimeout => "lobby-timeout",
            Self::Ended => "ended",
            Self::OrganizerLeft => "ended(organizer-left)",
            Self::Removed => "ended(removed)",
            Self::Refused(Refusal::TooManyAttempts) => "refused(too-many-attempts)",
            Self::Refused(Refusal::TooManyPins) => "refused(too-many-pins)",
            Self::Refused(Refusal::Passcode) => "refused(passcode)",
            Self::Refused(Refusal::TollFree) => "refused(toll-free)",
            Self::Refused(Refusal::Full) => "refused(full)",
            Self::Refused(Refusal::Locked) => "refused(locked)",
            Self::Refused(Refusal::Denied) => "refused(denied)",
            Self::Refused(Refusal::Blocked) => "refused(blocked)",
            Self::Refused(Refusal::UnknownNumber) => "refused(no-such-number)",
            Self::Refused(Refusal::Congestion) => "refused(overloaded)",
            Self::Refused(Refusal::NoMeeting) => "refused(no-meeting)",
            Self::Abandoned => "abandoned",
            // How it was noticed stands beside the outcome.
            Self::Failed(
                HangupCause::Lost
                | HangupCause::NoAck
                | HangupCause::NoMedia
                | HangupCause::MediaGone
                | HangupCause::SessionExpired,
            ) => "failed(lost)",
            Self::Failed(HangupCause::Caller | HangupCause::Cancelled) => "failed(caller)",
            Self::Failed(HangupCause::Bridge) => "failed(bridge)",
            Self::Failed(HangupCause::UnknownNumber) => "failed(no-such-number)",
            Self::Failed(HangupCause::Congestion) => "failed(overloaded)",
            Self::Failed(HangupCause::Declined) => "failed(declined)",
        }
    }
}
