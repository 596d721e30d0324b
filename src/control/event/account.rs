//! Events of organizers' accounts.

use super::AdminEvent;
use crate::control::call::LegId;
use crate::control::pin::LockState;
use crate::control::policy::OrganizerId;

/// An event of an organizer's account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountEvent {
    /// An administrator did this to an organizer.
    Administered {
        /// To whom.
        organizer: OrganizerId,
        /// The act.
        act: AdminEvent,
    },
    /// The directory compared a PIN, with the lockout counted.
    PinChecked {
        /// The organizer whose PIN was asked for.
        organizer: OrganizerId,
        /// The caller who keyed it.
        leg: LegId,
        /// Whether it was right.
        right: bool,
    },
    /// The directory compared a passcode, with its own lockout counted.
    PasscodeChecked {
        /// The organizer of the meeting.
        organizer: OrganizerId,
        /// The caller who keyed it.
        leg: LegId,
        /// Whether it was right.
        right: bool,
    },
    /// A wrong passcode locked the entry of passcodes: what administrators are told and callers are not.
    PasscodeLockedOut {
        /// The organizer of the meeting.
        organizer: OrganizerId,
        /// How long.
        state: LockState,
    },
    /// A wrong PIN locked PIN entry: what administrators are told and callers are not.
    LockedOut {
        /// The organizer.
        organizer: OrganizerId,
        /// How long.
        state: LockState,
    },
}

impl AccountEvent {
    /// Its word in reports, on the wire and in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administered { .. } => "administered",
            Self::PinChecked { .. } => "pin_checked",
            Self::PasscodeChecked { .. } => "passcode_checked",
            Self::PasscodeLockedOut { .. } => "passcode_locked_out",
            Self::LockedOut { .. } => "locked_out",
        }
    }

    /// The organizer.
    #[must_use]
    pub const fn organizer(self) -> OrganizerId {
        match self {
            Self::Administered { organizer, .. }
            | Self::PinChecked { organizer, .. }
            | Self::PasscodeChecked { organizer, .. }
            | Self::PasscodeLockedOut { organizer, .. }
            | Self::LockedOut { organizer, .. } => organizer,
        }
    }
}
