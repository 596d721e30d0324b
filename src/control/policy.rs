//! Everything that can be set: tenant, dialog, meeting and lockout settings by their BEHAVIOUR names, and the
//! behaviour profiles, which are nothing but values for them.

mod blocked;
mod command;
mod dialog;
mod former;
mod pin_rules;
mod profile;
mod setting;
mod value;

use std::sync::Arc;
use std::time::Duration;

pub use blocked::BlockedCallers;
pub use command::{GivenCommand, KeyCommand, KeysOfAll, MeetingKeys};
pub use dialog::{DialogField, DialogPolicy, EntryPolicy, Fields, Terminator};
pub use former::FormerSetting;
pub use pin_rules::PinRules;
pub use profile::{Difference, Profile, Quote, Source};
pub use setting::{Group, SettingError, SettingInfo};
pub use value::{
    AfterLastPin, AfterOrganizerLeaves, AnnounceTo, AnnouncedDigits, Announcements, AsksForOrganizer,
    CommandKey, DigitCount, ExactDigits, GraceApplies, LobbyNotice, LockedNewcomers, MaxLengthCountsFrom,
    MusicPolicy, MuteAllMeans, MuteMode, MuteOnEntry, OrganizerLeavesWhen, PinLength, RecordingNotice, Takes,
    Threshold, TimeLimit, Tries,
};

use super::call::Language;

/// A user, by a number that the directory gives once and to nobody else. A stored directory keeps it, so that it means the
/// same user to every process and after every restart; that of a directory in memory ends with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OrganizerId(pub u32);

/// A user of the tenant who signed in with the client app.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserId(pub u32);

/// All settings of a tenant. `Default` is the profile `sfbo-2017`, BEHAVIOUR sections 2 to 5.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Settings of the tenant, which administrators change.
    pub tenant: TenantPolicy,
    /// How the attendant asks.
    pub dialog: DialogPolicy,
    /// How long and how large a meeting may be, and who waits.
    pub meeting: MeetingPolicy,
    /// When wrong PINs lock PIN entry.
    pub lockout: LockoutPolicy,
}

/// Tenant settings; the cmdlet's names are in BEHAVIOUR section 5.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantPolicy {
    /// Digits of PINs generated from now on.
    pub pin_length: PinLength,
    /// The default for anonymous start when a user is enabled.
    pub allow_anonymous_start_by_default: bool,
    /// Whether users are told of changes by mail.
    pub send_mail_automatically: bool,
    /// Whether arrivals at and departures from a running meeting are announced.
    pub entry_exit_notifications: bool,
    /// With recorded names, numbers, or tones.
    pub entry_exit_announcements: Announcements,
    /// Whether anonymous callers record their names.
    pub name_recording: bool,
    /// Whether mail is sent in the name below.
    pub mail_from_override: bool,
    /// The sender's address, with the override.
    pub mail_from_address: String,
    /// The sender's name, with the override.
    pub mail_from_name: String,
}

impl Default for TenantPolicy {
    fn default() -> Self {
        Self {
            pin_length: PinLength::DEFAULT,
            allow_anonymous_start_by_default: false,
            send_mail_automatically: true,
            entry_exit_notifications: true,
            entry_exit_announcements: Announcements::Names,
            name_recording: true,
            mail_from_override: false,
            mail_from_address: String::new(),
            mail_from_name: String::new(),
        }
    }
}

/// A meeting's limits and its rules for those who wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeetingPolicy {
    /// The longest wait in the lobby.
    pub lobby_time_limit: TimeLimit,
    /// How long a caller in the lobby hears music before `still-waiting` is said, again and again.
    pub still_waiting_every: TimeLimit,
    /// Phones in lobby and meeting together; one place is kept until an organizer is authenticated.
    pub capacity: u32,
    /// How long anonymous callers may stay after the last authenticated participant.
    pub grace_after_last_authenticated: TimeLimit,
    /// In which meetings that is so.
    pub grace_applies: GraceApplies,
    /// The longest meeting for which nobody authenticated.
    pub max_length_unauthenticated: TimeLimit,
    /// The longest time of any other meeting.
    pub max_length: TimeLimit,
    /// From which moment that counts.
    pub max_length_counts_from: MaxLengthCountsFrom,
    /// How long before its end a meeting is told.
    pub ending_soon_before: Duration,
    /// Where hold music begins for each caller.
    pub music_policy: MusicPolicy,
    /// Whether the start releases the lobby.
    pub release_on_start: bool,
    /// Whether phone callers go straight into a running meeting (`PstnCallersBypassLobby` of
    /// `Set-CsMeetingConfiguration`, `AllowPSTNUsersToBypassLobby` of `Set-CsTeamsMeetingPolicy`). If not, the start
    /// sends those who waited for it on to the lobby, where newcomers wait too until somebody admits them; users who
    /// signed in are not concerned.
    pub phone_callers_bypass_lobby: bool,
    /// The treatment of new callers of a locked meeting.
    pub locked_newcomers: LockedNewcomers,
    /// What becomes of the others when the last authenticated participant leaves.
    pub after_organizer_leaves: AfterOrganizerLeaves,
    /// How long after that the meeting ends, where it does; whoever is authenticated meanwhile saves it
    /// (`endconf-grace-time` of mod_conference).
    pub end_after: TimeLimit,
    /// Whether it ends for the last who leaves or for any (`end_marked` and `end_marked_any` of ConfBridge).
    pub organizer_leaves_when: OrganizerLeavesWhen,
    /// So many must be there for a start: who may start the meeting waits for the others (Twilio starts with two).
    pub start_needs_participants: u32,
    /// How long after its start the meeting locks itself (Webex).
    pub auto_lock_after: TimeLimit,
    /// Who is muted on joining (Zoom, Teams, BigBlueButton; for those admitted from the lobby too).
    pub mute_on_entry: MuteOnEntry,
    /// Whether participants may talk when the meeting starts.
    pub mute_mode: MuteMode,
    /// What the key to mute all does (lecture modes of conference bridges; Zoom's "allow participants to unmute").
    pub mute_all_means: MuteAllMeans,
    /// Whether somebody who may not unmute raises a hand by trying.
    pub mute_raises_hand: bool,
    /// Who hears of arrivals and departures.
    pub announce_to: AnnounceTo,
    /// Whether they are announced no more once somebody has joined with the client app, which shows who is there.
    pub announce_until_app_joins: bool,
    /// In larger meetings tones replace the words.
    pub announce_above: Threshold,
    /// How many of a number's last digits are read out.
    pub announced_digits: AnnouncedDigits,
    /// Of more arrivals than that in ten seconds it is said that several joined (jigasi: one sound in 30 s).
    pub announce_burst: Threshold,
    /// Whether a newcomer hears how many are there (Zoom).
    pub joiner_hears_count: bool,
    /// Whether a newcomer who is announced with a tone hears it too (ConfBridge's `hear_own_join_sound`).
    pub hears_own_tone: bool,
    /// Who is told that the meeting is recorded.
    pub recording_notice: RecordingNotice,
    /// How those who may admit are told that somebody waits while the meeting runs.
    pub lobby_notice: LobbyNotice,
    /// At most one notice in that time (30 s: that of jigasi's sounds).
    pub lobby_notice_every: TimeLimit,
    /// Whether they are told so of a locked meeting too.
    pub lobby_notice_when_locked: bool,
    /// The keys in the meeting.
    pub keys: MeetingKeys,
}

impl Default for MeetingPolicy {
    fn default() -> Self {
        Self {
            lobby_time_limit: TimeLimit(Some(Duration::from_secs(30 * 60))),
            still_waiting_every: TimeLimit(None),
            capacity: 250,
            grace_after_last_authenticated: TimeLimit(Some(Duration::from_secs(90 * 60))),
            grace_applies: GraceApplies::WithoutAnonymousStart,
            max_length_unauthenticated: TimeLimit(Some(Duration::from_secs(4 * 3600))),
            max_length: TimeLimit(Some(Duration::from_secs(24 * 3600))),
            max_length_counts_from: MaxLengthCountsFrom::StartIfPhonesOnly,
            ending_soon_before: Duration::from_secs(5 * 60),
            music_policy: MusicPolicy::FromZero,
            release_on_start: true,
            phone_callers_bypass_lobby: true,
            locked_newcomers: LockedNewcomers::Wait,
            after_organizer_leaves: AfterOrganizerLeaves::Stay,
            end_after: TimeLimit(None),
            organizer_leaves_when: OrganizerLeavesWhen::Last,
            start_needs_participants: 1,
            auto_lock_after: TimeLimit(None),
            mute_on_entry: MuteOnEntry::Nobody,
            mute_mode: MuteMode::Talk,
            mute_all_means: MuteAllMeans::MayUnmute,
            mute_raises_hand: true,
            announce_to: AnnounceTo::All,
            announce_until_app_joins: false,
            announce_above: Threshold(None),
            announced_digits: AnnouncedDigits::FOUR,
            announce_burst: Threshold(Some(5)),
            joiner_hears_count: false,
            hears_own_tone: true,
            recording_notice: RecordingNotice::All,
            lobby_notice: LobbyNotice::Words,
            lobby_notice_every: TimeLimit(Some(Duration::from_secs(30))),
            lobby_notice_when_locked: false,
            keys: MeetingKeys::default(),
        }
    }
}

/// The limits at which an organizer's PIN entry locks (Microsoft on-premises; six digits and more are ours).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockoutPolicy {
    /// The patterns that new PINs avoid.
    pub pin_rules: PinRules,
    /// The window in which wrong PINs are counted.
    pub window: Duration,
    /// How long PIN entry is locked.
    pub lock: Duration,
    /// Limits for PINs of four digits.
    pub limits_4: LockoutLimit,
    /// Limits for PINs of five digits.
    pub limits_5: LockoutLimit,
    /// Limits for PINs of six digits and more.
    pub limits_6: LockoutLimit,
}

/// The number of wrong PINs that locks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockoutLimit {
    /// Within the window: locks for [`LockoutPolicy::lock`].
    pub in_window: u32,
    /// In all: locks until an administrator unlocks.
    pub in_all: u32,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self {
            pin_rules: PinRules::default(),
            window: Duration::from_secs(30 * 60),
            lock: Duration::from_secs(3600),
            limits_4: LockoutLimit { in_window: 10, in_all: 100 },
            limits_5: LockoutLimit { in_window: 25, in_all: 1_000 },
            limits_6: LockoutLimit { in_window: 25, in_all: 5_000 },
        }
    }
}

impl LockoutPolicy {
    /// The limits for a PIN of this many digits.
    #[must_use]
    pub fn limit(&self, pin_digits: usize) -> LockoutLimit {
        match pin_digits {
            0..=4 => self.limits_4,
            5 => self.limits_5,
            _ => self.limits_6,
        }
    }
}

/// The languages of one number that callers dial.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ServiceNumber {
    /// Whether the called side pays for calls.
    pub toll_free: bool,
    /// Spoken first.
    pub primary: Language,
    /// Reached with `*1` to `*4`, in this order; at most [`SECONDARY_LANGUAGES_MAX`].
    pub secondary: Vec<Language>,
}

/// The most secondary languages of a service number (BEHAVIOUR 2.1).
pub const SECONDARY_LANGUAGES_MAX: usize = 4;

/// The terms of a meeting, as the directory had them when a caller named the meeting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The organizer, whose PIN starts the meeting.
    pub organizer: OrganizerId,
    /// How many changes the directory had seen: what was read after more of them is never replaced by what was read before.
    pub version: u64,
    /// Whether the organizer may hold meetings with dial-in: nobody else starts a disabled one's.
    pub enabled: bool,
    /// Whether it starts without a PIN.
    pub anonymous_start: bool,
    /// Whether it has a passcode, which callers on the phone are asked for.
    pub passcode: bool,
    /// Whether calls to toll-free numbers are refused.
    pub refuses_toll_free: bool,
    /// In which language it is announced to.
    pub language: Language,
    /// The tenant's settings.
    pub policy: Arc<Policy>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_pins_have_wider_lockout_limits() {
        let policy = LockoutPolicy::default();
        let totals: Vec<_> = (4..=12).map(|digits| policy.limit(digits).in_all).collect();
        assert_eq!(totals, [100, 1_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
    }
}
