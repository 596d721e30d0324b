//! What the bridge did that explains a failure: a locked PIN entry, a full meeting, a key that was lost.

use crate::control::call::LegId;
use crate::control::event::{
    AccountEvent, AdminEvent, CallEvent, Event, MeetingEvent, MeetingId, Outcome, Place, Refusal,
};
use crate::control::pin::LockState;
use crate::control::policy::OrganizerId;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, LineFault, Log};

use super::event_text::EventText;

/// The most causes that are named.
const CAUSES_MAX: usize = 2;

/// Names what in the last call of this part of the cast may be why it failed, the latest first.
pub(super) fn causes(event_text: &EventText<'_>, log: &Log, part: u32) -> Vec<String> {
    let mut watch =
        Watch { event_text, part, leg: None, meeting: None, found: Vec::new(), ignored: None, locked: None };
    let mut presence = Presence::default();
    for (at, entry) in &log.entries {
        watch.take(*at, entry, &presence);
        if let Entry::Event(event) = entry {
            presence.take(*at, *event);
        }
    }
    let mut found = watch.found;
    found.reverse();
    found.truncate(CAUSES_MAX);
    found
}

/// One caller, watched through a run.
struct Watch<'a, 's> {
    event_text: &'a EventText<'s>,
    part: u32,
    leg: Option<LegId>,
    meeting: Option<MeetingId>,
    found: Vec<String>,
    /// Keys that were ignored one after the other: how many, since when, and their place among what was found.
    ignored: Option<(u32, Instant, usize)>,
    /// The organizer whose PIN entry is locked, and how.
    locked: Option<(OrganizerId, LockState)>,
}

impl Watch<'_, '_> {
    fn take(&mut self, at: Instant, entry: &Entry, presence: &Presence) {
        match entry {
            Entry::Dials { part, leg } if *part == self.part => {
                (self.leg, self.meeting) = (Some(*leg), None);
                self.found.clear();
                self.ignored = None;
            }
            Entry::LineFault { part, fault } if *part == self.part => {
                let what = match fault {
                    LineFault::KeyLost => "a key was lost on the line",
                    LineFault::KeyDoubled => "a key arrived twice",
                    LineFault::KeyMisheard => "the bridge heard a key that was not pressed",
                    LineFault::Dropped => "the line dropped",
                    LineFault::HungUp => "the caller hung up early, as `faults` says",
                };
                self.found.push(format!("{what} at {at} s"));
            }
            Entry::Event(event) => self.event(at, *event, presence),
            Entry::Dials { .. } | Entry::LineFault { .. } | Entry::Step { .. } | Entry::Failed { .. } => {}
            Entry::Signal { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most events explain no failure")]
    fn event(&mut self, at: Instant, event: Event, presence: &Presence) {
        match event {
            Event::Account(AccountEvent::LockedOut { organizer, state }) => {
                self.locked = Some((organizer, state));
            }
            Event::Account(AccountEvent::Administered { organizer, act: AdminEvent::Locked }) => {
                self.locked = Some((organizer, LockState::LockedForGood));
            }
            Event::Account(AccountEvent::Administered { organizer, act: AdminEvent::Unlocked })
                if self.locked.is_some_and(|(whose, _)| whose == organizer) =>
            {
                self.locked = None;
            }
            _ if event.leg().is_none() || event.leg() != self.leg => {}
            Event::Call(CallEvent::ConferenceIdKeyed { meeting, .. }) => {
                self.meeting = meeting;
                if meeting.is_none() {
                    self.found.push(format!("the conference ID keyed by {at} s leads to no meeting"));
                }
            }
            Event::Call(CallEvent::DirectoryFailed { .. }) => {
                self.found.push(format!("the directory did not answer by {at} s"));
            }
            Event::Call(CallEvent::KeysIgnored { count, .. }) => {
                self.keys_ignored(at, u32::from(count));
            }
            Event::Meeting(MeetingEvent::PinRefused { meeting, .. }) => self.pin_refused(at, meeting),
            Event::Meeting(MeetingEvent::PasscodeRefused { .. }) => {
                self.found.push(format!("the passcode keyed by {at} s was refused"));
            }
            Event::Meeting(MeetingEvent::Commanded { allowed: false, .. }) => {
                self.found.push(format!("the key command at {at} s is the organizer's alone"));
            }
            Event::Call(CallEvent::Finished { outcome, .. }) => self.finished(at, outcome, presence),
            _ => {}
        }
    }

    fn keys_ignored(&mut self, at: Instant, count: u32) {
        let before = self.ignored.filter(|(_, _, place)| *place + 1 == self.found.len());
        let (before, since) = before.map_or((0, at), |(count, since, _)| (count, since));
        if before > 0 {
            self.found.pop();
        }
        let count = before + count;
        self.ignored = Some((count, since, self.found.len()));
        let keys = if count == 1 { "key was" } else { "keys were" };
        let when = if since == at { format!("at {at} s") } else { format!("from {since} s to {at} s") };
        self.found.push(format!("{count} {keys} ignored {when}"));
    }

    fn pin_refused(&mut self, at: Instant, meeting: MeetingId) {
        let organizer = self.event_text.organizer_of(meeting);
        self.found.push(match self.locked.filter(|(whose, _)| whose.0 == meeting.0) {
            Some((_, LockState::LockedUntil(until))) if until > at => {
                format!("PIN entry of {organizer} is locked until {until} s")
            }
            Some((_, LockState::LockedForGood)) => {
                format!("PIN entry of {organizer} is locked until an administrator unlocks it")
            }
            Some((_, LockState::LockedUntil(_) | LockState::Open)) | None => {
                format!("the PIN keyed by {at} s is not {organizer}'s")
            }
        });
    }

    fn finished(&mut self, at: Instant, outcome: Outcome, presence: &Presence) {
        match outcome {
            Outcome::Refused(Refusal::Full) => {
                let inside = self
                    .meeting
                    .and_then(|meeting| presence.meeting(meeting))
                    .map_or(0, |there| there.count(Place::Lobby) + there.count(Place::Joined));
                let capacity = self.event_text.capacity();
                self.found.push(if inside < capacity as usize {
                    "full: one place is kept for the organizer".to_owned()
                } else {
                    format!("full: all {capacity} places are taken")
                });
            }
            Outcome::Refused(_)
            | Outcome::LobbyTimeout
            | Outcome::Ended
            | Outcome::OrganizerLeft
            | Outcome::Removed => {
                self.found.push(format!("the bridge ended the call at {at} s: {}", outcome.name()));
            }
            Outcome::Joined | Outcome::LobbyHangup | Outcome::Abandoned | Outcome::Failed(_) => {}
        }
    }
}
