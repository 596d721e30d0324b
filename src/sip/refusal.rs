//! Why something is not let in: the words of counters and of the log.

use std::fmt;

/// Why a message is answered with an error, or dropped, before any transaction knows of it; why a stream is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// Not SIP at all, or nothing that could be answered.
    Junk,
    /// SIP, and malformed: 400.
    Malformed,
    /// SIP of another version: 505.
    Version,
    /// Beyond a limit of [`super::guard`]: 413, 513.
    TooLarge,
    /// A response that cannot be one to a request of ours.
    StrayResponse,
    /// New calls wait longer than [`super::admission::QUEUE_AGE_MAX`]: 503.
    Overload,
    /// There are as many calls, early calls or transactions as may be: 503.
    Full,
    /// No port is left for the media of one more call: 503.
    NoPorts,
    /// The service ends, or begins: 503.
    Draining,
    /// A caller that is neither listed nor asked for a password: 403.
    Stranger,
    /// One source sends more INVITEs than [`super::admission::INVITES_A_SOURCE`]: 503 once a second.
    TooManyInvites,
    /// One source sends more of other requests than [`super::admission::PINGS_A_SOURCE`].
    TooManyPings,
    /// There are as many streams as may be, or as one source may have.
    TooManyStreams,
    /// A stream did not finish a message in time.
    Slow,
    /// A stream was silent for long.
    Idle,
}

impl Refusal {
    /// Every reason there is.
    pub const ALL: [Self; 15] = [
        Self::Junk,
        Self::Malformed,
        Self::Version,
        Self::TooLarge,
        Self::StrayResponse,
        Self::Overload,
        Self::Full,
        Self::NoPorts,
        Self::Draining,
        Self::Stranger,
        Self::TooManyInvites,
        Self::TooManyPings,
        Self::TooManyStreams,
        Self::Slow,
        Self::Idle,
    ];

    /// Returns its name in metrics and in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Junk => "junk",
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::TooLarge => "too_large",
            Self::StrayResponse => "stray_response",
            Self::Overload => "overload",
            Self::Full => "full",
            Self::NoPorts => "no_ports",
            Self::Draining => "draining",
            Self::Stranger => "stranger",
            Self::TooManyInvites => "too_many_invites",
            Self::TooManyPings => "too_many_pings",
            Self::TooManyStreams => "too_many_streams",
            Self::Slow => "slow",
            Self::Idle => "idle",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
