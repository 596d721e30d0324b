//! What a meeting is while it runs. All of it begins with the start and is gone with the end.

use std::collections::VecDeque;

use super::announce::{Announcement, Announcing};
use crate::control::policy::{MuteMode, Policy};
use crate::control::time::Instant;

/// A meeting that somebody has started.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) since: Instant,
    pub(super) locked: bool,
    /// Its start released the lobby, whatever the setting says later.
    pub(super) released: bool,
    /// Its lobby does not keep phone callers, whatever the setting says later.
    pub(super) phones_bypass: bool,
    /// The organizer admitted the lobby, and later arrivals with it.
    pub(super) admits_all: bool,
    /// The organizer turned announcements off, or on again.
    pub(super) announces: bool,
    /// Somebody records it.
    pub(super) recording: bool,
    /// Whether participants may talk, and unmute themselves if not.
    pub(super) mute_mode: MuteMode,
    pub(super) ever_authenticated: bool,
    pub(super) organizer_authenticated: bool,
    /// Somebody has joined with the client app.
    pub(super) app_joined: bool,
    /// Somebody came, went or was authenticated.
    pub(super) roster_changed: Instant,
    pub(super) last_authenticated_left: Option<Instant>,
    /// Somebody left whose leaving ends the meeting.
    pub(super) organizer_left: Option<Instant>,
    /// When the last came who were announced, as far as `announce_burst` counts them.
    pub(super) arrivals: VecDeque<Instant>,
    /// So many came at once that they are told of together.
    pub(super) in_burst: bool,
    /// Of those in the lobby who came before this ticket was given out, those who may admit have been told.
    pub(super) told_of: u32,
    /// When they were told last.
    pub(super) lobby_told: Option<Instant>,
    pub(super) announcements: VecDeque<Announcement>,
    pub(super) announcing: Option<Announcing>,
}

impl Running {
    /// A meeting that starts now by these settings, and in that nobody is yet.
    pub(super) fn new(now: Instant, policy: &Policy) -> Self {
        Self {
            since: now,
            locked: false,
            released: policy.meeting.release_on_start,
            phones_bypass: policy.meeting.phone_callers_bypass_lobby,
            admits_all: false,
            announces: policy.tenant.entry_exit_notifications,
            recording: false,
            mute_mode: policy.meeting.mute_mode,
            ever_authenticated: false,
            organizer_authenticated: false,
            app_joined: false,
            roster_changed: now,
            last_authenticated_left: None,
            organizer_left: None,
            arrivals: VecDeque::new(),
            in_burst: false,
            told_of: 0,
            lobby_told: None,
            announcements: VecDeque::new(),
            announcing: None,
        }
    }

    /// Whether newcomers, on the phone or not, wait in its lobby.
    pub(super) fn holds(&self, phone: bool) -> bool {
        let kept = !self.released || (phone && !self.phones_bypass);
        (self.locked || kept) && !self.admits_all
    }

    /// Somebody who may start a meeting is in it, the organizer or not.
    pub(super) fn authenticated(&mut self, organizer: bool) {
        self.ever_authenticated = true;
        self.organizer_authenticated |= organizer;
        self.last_authenticated_left = None;
        self.organizer_left = None;
    }
}
