//! The invariants of BEHAVIOUR section 6, as a reader of the event stream: checked after every event of any run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, Event, MeetingEvent, MeetingId, Outcome, Place, Record,
    StartRight,
};
use crate::control::policy::{KeyCommand, MusicPolicy, OrganizerId, Policy};
use crate::control::presence::{Caller, Presence};
use crate::control::time::{Instant, show_duration};

/// An invariant that a run broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: Instant,
    /// Its number in BEHAVIOUR section 6.
    pub invariant: u8,
    /// The violation.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {} broken at {} s: {}", self.invariant, self.at, self.what)
    }
}

#[derive(Clone, Copy, Debug)]
struct Leg {
    /// Where the call was before it was moved, and when it was.
    moved_from: (Option<Place>, Instant),
    /// When the caller last did something or was moved: what is heard may change then.
    touched: Instant,
    /// The organizer whose PIN the last check of this call accepted, until it is accepted: later than it was found, on
    /// a bridge whose clock goes faster than its machine.
    right_pin: Option<OrganizerId>,
    /// The organizer whose meeting's passcode the latest check found to be right.
    right_passcode: Option<OrganizerId>,
    pin_accepted: Option<Instant>,
    /// How far into the music the caller was when it stopped last.
    music_heard: Duration,
    /// Came with the client app.
    signed_in: bool,
    finished: bool,
}

#[derive(Clone, Debug, Default)]
struct Room {
    /// Whether its start released nobody.
    kept_lobby: bool,
    /// Whether newcomers wait though it runs: locked, or started without releasing anybody.
    holds: bool,
    /// When somebody was last sent to its lobby.
    last_arrival: Option<Instant>,
    /// Those who must be released by the start of that moment.
    to_release: BTreeSet<LegId>,
    start: Option<Instant>,
}

/// Watches a run. Feed it every record in order, then ask for what is left at the end.
#[derive(Clone, Debug)]
pub struct Invariants {
    /// Where music may begin: the run's policy, and those that an administrator sets later.
    music_policies: Vec<MusicPolicy>,
    /// The longest that a caller who is neither in a lobby nor in a meeting hears nothing and keys nothing.
    longest_silence: Duration,
    /// Legs that were moved, and must hear what belongs there by the end of the moment.
    moved: Vec<LegId>,
    now: Instant,
    presence: Presence,
    legs: BTreeMap<LegId, Leg>,
    rooms: BTreeMap<MeetingId, Room>,
    anonymous_start: BTreeSet<OrganizerId>,
    /// A start needs more than the one who starts.
    start_needs_others: bool,
    violations: Vec<Violation>,
}

impl Invariants {
    /// A watch over a run with these settings; `anonymous_start` are the organizers who allow it from the beginning.
    #[must_use]
    pub fn new(policy: &Policy, anonymous_start: impl IntoIterator<Item = OrganizerId>) -> Self {
        Self {
            music_policies: vec![policy.meeting.music_policy],
            longest_silence: longest_silence(policy),
            moved: Vec::new(),
            now: Instant::ZERO,
            presence: Presence::default(),
            legs: BTreeMap::new(),
            rooms: BTreeMap::new(),
            anonymous_start: anonymous_start.into_iter().collect(),
            start_needs_others: policy.meeting.start_needs_participants > 1,
            violations: Vec::new(),
        }
    }

    /// Music may begin as this policy says too: an administrator sets it while the run goes on.
    pub fn allow_music(&mut self, policy: MusicPolicy) {
        self.music_policies.push(policy);
    }

    /// Everything that was broken so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The run is over: every call must have ended, and every count be zero again.
    pub fn end(&mut self, at: Instant) {
        self.moment_is_over(Instant::NEVER);
        let open = self.legs.iter().filter(|(_, state)| !state.finished);
        let open = open.map(|(leg, _)| format!("call {} has no outcome", leg.number()));
        let counted = self.presence.callers().iter().filter(|(_, caller)| caller.finished);
        let counted = counted.filter_map(|(leg, caller)| {
            let (_, place) = caller.place?;
            Some(format!("call {} is still counted in the {}", leg.number(), place.name()))
        });
        let open: Vec<String> = open.chain(counted).collect();
        for what in open {
            self.broken(at, 4, what);
        }
    }

    /// One more record.
    pub fn take(&mut self, record: &Record) {
        let at = record.at;
        if at > self.now {
            self.moment_is_over(at);
            self.now = at;
        }
        let before = record.event.leg().and_then(|leg| self.presence.caller(leg).copied());
        let ran = record.event.meeting().is_some_and(|meeting| self.runs(meeting));
        self.presence.take(at, record.event);
        match record.event {
            Event::Call(event) => self.take_call(at, event, before),
            Event::Meeting(event) => self.take_meeting(at, event, before, ran),
            Event::Account(event) => self.take_account(event),
        }
    }

    /// Something happened to a call, which stood like this before.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events can break no invariant")]
    fn take_call(&mut self, at: Instant, event: CallEvent, before: Option<Caller>) {
        match event {
            CallEvent::Called { leg } => {
                let new = Leg {
                    moved_from: (None, at),
                    touched: at,
                    right_pin: None,
                    right_passcode: None,
                    pin_accepted: None,
                    music_heard: Duration::ZERO,
                    signed_in: false,
                    finished: false,
                };
                if self.legs.insert(leg, new).is_some() {
                    self.broken(at, 4, format!("call {} came in twice", leg.number()));
                }
            }
            CallEvent::Key { leg } => self.touch(leg, at),
            CallEvent::Hears { leg, source } => self.hears(at, leg, source, before),
            // What an ear tells is of a moment that is over.
            CallEvent::HearsVoice { leg, by, speech: Some(_) } if at == self.now => {
                self.hears_voice(at, leg, by);
            }
            CallEvent::Finished { leg, outcome, .. } => self.finished(at, leg, outcome, before),
            _ => {}
        }
    }

    /// Something happened in a meeting, to or by this caller, who stood like this before; `ran`: the meeting ran before.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events can break no invariant")]
    fn take_meeting(&mut self, at: Instant, event: MeetingEvent, before: Option<Caller>, ran: bool) {
        match event {
            MeetingEvent::PinAccepted { meeting, leg } => self.pin_accepted(at, meeting, leg),
            MeetingEvent::PasscodeAccepted { meeting, leg } => self.passcode_accepted(at, meeting, leg),
            MeetingEvent::Parked { meeting, leg } => {
                if ran && !self.rooms.entry(meeting).or_default().holds {
                    let what = format!(
                        "call {} waits in meeting {}, which holds nobody back",
                        leg.number(),
                        meeting.0
                    );
                    self.broken(at, 2, what);
                }
                self.moved(at, leg, before);
                self.rooms.entry(meeting).or_default().last_arrival = Some(at);
            }
            MeetingEvent::Started { meeting, by, right, releases } => {
                self.started(at, meeting, by, right);
                let room = self.rooms.entry(meeting).or_default();
                (room.kept_lobby, room.holds) = (!releases, !releases);
                if !releases {
                    room.to_release.clear();
                }
            }
            MeetingEvent::Locked { meeting, locked } => {
                let room = self.rooms.entry(meeting).or_default();
                room.holds = locked || room.kept_lobby;
            }
            MeetingEvent::Commanded { meeting, leg, command, allowed: true } => {
                self.commanded(at, meeting, leg, command, before);
            }
            MeetingEvent::Joined { meeting, leg, admission } => {
                if let (Admission::Client, Some(leg)) = (admission, self.legs.get_mut(&leg)) {
                    leg.signed_in = true;
                }
                if !ran {
                    let what =
                        format!("call {} joined meeting {}, which has not started", leg.number(), meeting.0);
                    self.broken(at, 1, what);
                }
                self.joined(at, meeting, leg, admission, before);
            }
            MeetingEvent::Left { leg, .. } => self.moved(at, leg, before),
            MeetingEvent::Ended { meeting, .. } => {
                let room = self.rooms.entry(meeting).or_default();
                room.to_release.clear();
                room.holds = false;
                if !ran {
                    self.broken(at, 4, format!("meeting {} ended, but was never started", meeting.0));
                }
            }
            _ => {}
        }
    }

    fn pin_accepted(&mut self, at: Instant, meeting: MeetingId, leg: LegId) {
        self.touch(leg, at);
        let Some(state) = self.legs.get_mut(&leg) else { return };
        let right_pin = state.right_pin.take();
        state.pin_accepted = Some(at);
        if right_pin != Some(OrganizerId(meeting.0)) {
            let what =
                format!("call {} was taken for the organizer without a right PIN of its own", leg.number());
            self.broken(at, 8, what);
        }
    }

    fn passcode_accepted(&mut self, at: Instant, meeting: MeetingId, leg: LegId) {
        self.touch(leg, at);
        let Some(state) = self.legs.get_mut(&leg) else { return };
        if state.right_passcode.take() != Some(OrganizerId(meeting.0)) {
            let what = format!("call {} was let pass without a right passcode of its own", leg.number());
            self.broken(at, 8, what);
        }
    }

    fn commanded(
        &mut self,
        at: Instant,
        meeting: MeetingId,
        leg: LegId,
        command: KeyCommand,
        before: Option<Caller>,
    ) {
        if command == KeyCommand::AdmitAll {
            self.rooms.entry(meeting).or_default().holds = false;
        }
        let may = before.is_some_and(|caller| caller.organizer)
            || self.legs.get(&leg).is_some_and(|leg| leg.signed_in);
        if command.is_organizers() && !may {
            self.broken(
                at,
                1,
                format!("call {} used an organizer's command without the right to", leg.number()),
            );
        }
    }

    fn take_account(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::PinChecked { organizer, leg, right } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.right_pin = right.then_some(organizer);
                }
            }
            AccountEvent::Administered { organizer, act: AdminEvent::AnonymousStartAllowed } => {
                self.anonymous_start.insert(organizer);
            }
            AccountEvent::Administered { organizer, act: AdminEvent::AnonymousStartForbidden } => {
                self.anonymous_start.remove(&organizer);
            }
            AccountEvent::PasscodeChecked { organizer, leg, right } => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.right_passcode = right.then_some(organizer);
                }
            }
            AccountEvent::Administered { .. } | AccountEvent::LockedOut { .. } => {}
            AccountEvent::PasscodeLockedOut { .. } => {}
        }
    }

    fn runs(&self, meeting: MeetingId) -> bool {
        self.presence.meeting(meeting).is_some_and(|attendance| attendance.started.is_some())
    }

    /// Time goes on: whatever had to happen within the moment has happened, or is missing.
    fn moment_is_over(&mut self, now: Instant) {
        self.release_is_over(now);
        for id in std::mem::take(&mut self.moved) {
            let Some(caller) = self.presence.caller(id).filter(|caller| !caller.finished) else { continue };
            let wrong = (caller.hears == Source::Conference && !caller.is_at(Place::Joined))
                || (matches!(caller.hears, Source::HoldMusic { .. }) && !caller.is_at(Place::Lobby));
            if wrong {
                let (at, hears) = (self.now, caller.hears);
                self.broken(
                    at,
                    3,
                    format!("call {} still hears {hears:?}, which belongs to another place", id.number()),
                );
            }
        }
    }

    fn started(&mut self, at: Instant, meeting: MeetingId, by: LegId, right: StartRight) {
        let has_right = match right {
            // Where a start needs others, who gave the PIN waits for them.
            StartRight::Pin => self.legs.get(&by).is_some_and(|leg| match leg.pin_accepted {
                Some(accepted) => accepted == at || self.start_needs_others,
                None => false,
            }),
            StartRight::Anonymous => self.anonymous_start.contains(&OrganizerId(meeting.0)),
            StartRight::SignedIn => true,
        };
        if !has_right {
            self.broken(
                at,
                1,
                format!("call {} started meeting {} without the right to", by.number(), meeting.0),
            );
        }
        let lobby = self.presence.meeting(meeting).into_iter().flat_map(|there| there.at(Place::Lobby));
        let room = self.rooms.entry(meeting).or_default();
        room.start = Some(at);
        room.to_release = lobby.filter(|leg| *leg != by).collect();
    }

    fn joined(
        &mut self,
        at: Instant,
        meeting: MeetingId,
        leg: LegId,
        admission: Admission,
        before: Option<Caller>,
    ) {
        let waiting = before.is_some_and(|caller| caller.place == Some((meeting, Place::Lobby)));
        let room = self.rooms.entry(meeting).or_default();
        let released_now = room.start == Some(at) && room.to_release.remove(&leg);
        match admission {
            Admission::Released if !released_now => {
                self.broken(
                    at,
                    2,
                    format!("call {} was released without a start to release it", leg.number()),
                );
            }
            Admission::Admitted if !waiting => {
                self.broken(at, 1, format!("call {} was admitted from a lobby it was not in", leg.number()));
            }
            Admission::Released
            | Admission::Admitted
            | Admission::Pin
            | Admission::Direct
            | Admission::Client => {}
        }
        self.moved(at, leg, before);
    }

    /// Time goes on: a start of an earlier moment has released everyone, or never will.
    fn release_is_over(&mut self, now: Instant) {
        let mut late = Vec::new();
        for (meeting, room) in &mut self.rooms {
            if let Some(start) = room.start.filter(|start| *start < now) {
                late.extend(
                    std::mem::take(&mut room.to_release).into_iter().map(|leg| (start, *meeting, leg)),
                );
                room.start = None;
            }
        }
        for (start, meeting, leg) in late {
            self.broken(
                start,
                2,
                format!("call {} was left in the lobby when meeting {} started", leg.number(), meeting.0),
            );
        }
    }

    fn hears(&mut self, at: Instant, id: LegId, source: Source, caller: Option<Caller>) {
        let (Some(leg), Some(caller)) = (self.legs.get(&id), caller) else { return };
        let place = inside(&caller);
        let (before, since) = (caller.hears, caller.hears_since);
        // Music that a key kept ahead cuts in the moment in which it begins was never heard.
        let unprovoked = leg.touched != at && since != at;
        let quiet = at.since(since.max(leg.touched));
        let may_hear = match source {
            Source::Conference => place == Some(Place::Joined),
            Source::HoldMusic { .. } => place == Some(Place::Lobby),
            Source::Silence | Source::Prompt { .. } => true,
        };
        if !may_hear {
            let place = place.map_or("neither lobby nor meeting", Place::name);
            self.broken(at, 3, format!("call {} hears {source:?} in the {place}", id.number()));
        }
        self.music(at, id, before, source, unprovoked);
        if before == Source::Silence && quiet > self.longest_silence {
            self.broken(at, 4, format!("call {} was left in silence for {} s", id.number(), quiet.as_secs()));
        }
    }

    /// Only who is in a meeting hears others, and only who is in it and not muted is heard.
    fn hears_voice(&mut self, at: Instant, leg: LegId, by: LegId) {
        let inside = |leg| self.presence.caller(leg).filter(|caller| caller.is_at(Place::Joined));
        let hears = inside(leg).and_then(Caller::meeting);
        let is_heard = inside(by).filter(|caller| !caller.muted).and_then(Caller::meeting);
        if leg == by || hears.is_none() || hears != is_heard {
            let what = format!("call {} hears call {} talk, which it must not", leg.number(), by.number());
            self.broken(at, 3, what);
        }
    }

    /// Music that is heard goes on where it is, and music that begins does so where the policy says: what others do
    /// moves it for nobody, unless the policy is `restart`.
    fn music(&mut self, at: Instant, id: LegId, before: Source, source: Source, unprovoked: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let begins = match (before, source) {
            (Source::HoldMusic { begun }, Source::HoldMusic { begun: now }) => (begun != now).then_some(now),
            (Source::HoldMusic { begun }, _) => {
                leg.music_heard = at.since(begun);
                if unprovoked && !is_still_waiting(source) {
                    self.broken(at, 5, format!("call {} lost its music for no reason", id.number()));
                }
                return;
            }
            (_, Source::HoldMusic { begun }) => Some(begun),
            (_, Source::Silence | Source::Prompt { .. } | Source::Conference) => None,
        };
        let Some(begun) = begins else { return };
        let meeting = self.presence.caller(id).and_then(Caller::meeting);
        let last_arrival = meeting.and_then(|meeting| self.rooms.get(&meeting)?.last_arrival);
        let goes_on = matches!(before, Source::HoldMusic { .. });
        // Behind the prompt that the wait goes on, the music does too.
        let resumes = is_still_waiting(before) && at.since(begun) == leg.music_heard;
        let is_right = self.music_policies.iter().any(|policy| match policy {
            MusicPolicy::FromZero => resumes || (!goes_on && begun == at),
            MusicPolicy::Shared => !goes_on && begun == Instant::ZERO,
            MusicPolicy::Resume => !goes_on && at.since(begun) == leg.music_heard,
            // A caller from before a change of the policy may no longer hear of arrivals, or not yet.
            MusicPolicy::Restart => last_arrival == Some(begun) || self.music_policies.len() > 1,
        });
        if !is_right {
            let position = show_duration(at.since(begun));
            self.broken(
                at,
                5,
                format!("the music of call {} jumps to {position} after its beginning", id.number()),
            );
        }
    }

    fn finished(&mut self, at: Instant, id: LegId, outcome: Outcome, caller: Option<Caller>) {
        let place = caller.as_ref().and_then(inside);
        let silent = caller.filter(|caller| caller.hears == Source::Silence);
        let quiet = match (silent, self.legs.get(&id)) {
            (Some(caller), Some(leg)) => at.since(caller.hears_since.max(leg.touched)),
            (None, _) | (_, None) => Duration::ZERO,
        };
        let agrees = |place: Option<Place>| match outcome {
            Outcome::Joined => place == Some(Place::Joined),
            Outcome::LobbyHangup => place == Some(Place::Lobby),
            Outcome::Abandoned | Outcome::LobbyTimeout | Outcome::Ended => place.is_none(),
            Outcome::OrganizerLeft | Outcome::Removed | Outcome::Refused(_) => place.is_none(),
            Outcome::Failed(_) => true,
        };
        // A caller who hangs up at the moment of a move may not know of it yet.
        let before = self.legs.get(&id).map(|leg| leg.moved_from).filter(|(_, moved)| *moved == at);
        if !agrees(place) && !before.is_some_and(|(place, _)| agrees(place)) {
            let place = place.map_or("nowhere", Place::name);
            self.broken(
                at,
                4,
                format!("call {} ended as {}, but was in the {place}", id.number(), outcome.name()),
            );
        }
        if quiet > self.longest_silence {
            self.broken(at, 4, format!("call {} was left in silence for {} s", id.number(), quiet.as_secs()));
        }
        self.touch(id, at);
        let twice = match self.legs.get_mut(&id) {
            Some(leg) => std::mem::replace(&mut leg.finished, true),
            None => true,
        };
        if twice {
            self.broken(at, 4, format!("call {} has more than one outcome", id.number()));
        }
    }

    /// A caller came into a place of a meeting or left one, and stood like this before.
    fn moved(&mut self, at: Instant, id: LegId, before: Option<Caller>) {
        self.touch(id, at);
        self.moved.push(id);
        let place = before.as_ref().and_then(inside);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.moved_from = (place, at);
        if let Some(before) = before
            && let Some((meeting, Place::Lobby)) = before.place
        {
            self.rooms.entry(meeting).or_default().to_release.remove(&id);
        }
    }

    fn touch(&mut self, leg: LegId, at: Instant) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.touched = at;
        }
    }

    fn broken(&mut self, at: Instant, invariant: u8, what: String) {
        self.violations.push(Violation { at, invariant, what });
    }
}

/// Whether this is the prompt that tells a caller in the lobby that the wait goes on.
fn is_still_waiting(source: Source) -> bool {
    matches!(source, Source::Prompt { prompt: Prompt::StillWaiting, .. })
}

/// The lobby or the meeting that a caller is in.
fn inside(caller: &Caller) -> Option<Place> {
    caller.place.map(|(_, place)| place).filter(|place| *place != Place::Screening)
}

/// No question stays open, and no key is waited for, longer than this: then the caller hears something, or is gone.
fn longest_silence(policy: &Policy) -> Duration {
    let dialog = &policy.dialog;
    let patience = [
        dialog.first_digit_timeout,
        dialog.interdigit_timeout,
        dialog.organizer_question_timeout,
        dialog.name_timeout,
        dialog.conference_id.timeout.0.unwrap_or_default(),
        dialog.pin.timeout.0.unwrap_or_default(),
        dialog.passcode.timeout.0.unwrap_or_default(),
    ];
    patience.into_iter().max().unwrap_or_default() + 2 * dialog.directory_timeout + Duration::from_millis(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEG: LegId = LegId::new(0);

    fn checked(right: bool) -> Event {
        Event::Account(AccountEvent::PinChecked { organizer: OrganizerId(7), leg: LEG, right })
    }

    /// Returns the invariants that are broken by these events, a millisecond apart.
    fn broken(events: &[Event]) -> Vec<u8> {
        let mut invariants = Invariants::new(&Policy::default(), []);
        let called = Event::Call(CallEvent::Called { leg: LEG });
        for (millis, event) in (0..).zip([called].iter().chain(events)) {
            let at = Instant::ZERO + Duration::from_millis(millis);
            invariants.take(&Record { at, event: *event });
        }
        invariants.violations().iter().map(|violation| violation.invariant).collect()
    }

    #[test]
    fn a_right_pin_counts_once_and_until_the_next_check() {
        let accepted = Event::Meeting(MeetingEvent::PinAccepted { meeting: MeetingId(7), leg: LEG });
        assert_eq!(broken(&[checked(true), accepted]), [0; 0]);
        assert_eq!(broken(&[accepted]), [8]);
        assert_eq!(broken(&[checked(false), accepted]), [8]);
        assert_eq!(broken(&[checked(true), checked(false), accepted]), [8]);
        assert_eq!(broken(&[checked(true), accepted, accepted]), [8]);
        let elsewhere = Event::Meeting(MeetingEvent::PinAccepted { meeting: MeetingId(8), leg: LEG });
        assert_eq!(broken(&[checked(true), elsewhere]), [8]);
    }
}
