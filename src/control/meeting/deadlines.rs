//! A meeting's deadlines, and the names that readers know them by.

use super::{CheckId, Meeting, TermsId};
use crate::control::call::LegId;
use crate::control::named::named;
use crate::control::time::Instant;

named! {
    /// A deadline of a meeting.
    pub enum MeetingTimer {
        /// When to ask the directory about a PIN again, or give up.
        PinCheck = "pin-check",
        /// When to ask the directory again what the terms are, or give up.
        Terms = "terms",
        /// When the first in the lobby has waited long enough.
        Lobby = "lobby",
        /// When to tell again that somebody waits.
        LobbyNotice = "lobby-notice",
        /// When the meeting locks itself.
        AutoLock = "auto-lock",
        /// When to say that the meeting will end.
        EndingSoon = "ending-soon",
        /// When to end it.
        End = "end",
    }
}

/// The names of a meeting's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// When to ask the directory again, or give up.
    Check(CheckId, LegId),
    /// When to ask what the terms are again, or give up.
    Terms(TermsId, LegId),
    /// When the first in the lobby has waited long enough.
    Lobby,
    /// When to tell again that somebody waits.
    LobbyNotice,
    /// When the meeting locks itself.
    AutoLock,
    /// When to say that the meeting will end.
    EndingSoon,
    /// When to end it.
    End,
}

impl Meeting {
    /// Returns every deadline that is set.
    pub fn deadlines(&self) -> impl Iterator<Item = (Instant, MeetingTimer)> + '_ {
        self.timers.all().map(|(at, timer)| {
            let timer = match timer {
                Timer::Check(..) => MeetingTimer::PinCheck,
                Timer::Terms(..) => MeetingTimer::Terms,
                Timer::Lobby => MeetingTimer::Lobby,
                Timer::LobbyNotice => MeetingTimer::LobbyNotice,
                Timer::AutoLock => MeetingTimer::AutoLock,
                Timer::EndingSoon => MeetingTimer::EndingSoon,
                Timer::End => MeetingTimer::End,
            };
            (at, timer)
        })
    }

    /// Returns the deadlines that [`Meeting::handle_timeout`] would find reached.
    pub fn timers_due(&self, now: Instant) -> impl Iterator<Item = MeetingTimer> + '_ {
        self.deadlines().filter(move |(at, _)| *at <= now).map(|(_, timer)| timer)
    }
}
