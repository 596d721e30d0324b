//! The one projection of the event stream: who is where and since when, what each caller hears, which meetings run.
//!
//! All code that needs to know who is where reads it here and keeps no count of its own. It grows and shrinks with the
//! calls that are up.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{LegId, Source};
use super::event::{CallEvent, Event, MeetingEvent, MeetingId, Place};
use super::time::Instant;

/// A call, as the events tell of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The meeting, and where the caller is in it; nothing before a meeting is named and once it is left.
    pub place: Option<(MeetingId, Place)>,
    /// Since when the caller has been there.
    pub since: Instant,
    /// Whether the bridge has answered: until then it rings.
    pub answered: bool,
    /// The sound that the caller hears.
    pub hears: Source,
    /// Since when.
    pub hears_since: Instant,
    /// Whether the organizer's PIN was accepted.
    pub organizer: bool,
    /// Whether the caller is muted.
    pub muted: bool,
    /// Whether the caller's hand is raised.
    pub hand_raised: bool,
    /// Whether the call is over, and the meeting has not yet recorded that the caller left.
    pub finished: bool,
}

impl Caller {
    const fn new(at: Instant) -> Self {
        Self {
            place: None,
            since: at,
            answered: false,
            hears: Source::Silence,
            hears_since: at,
            organizer: false,
            muted: false,
            hand_raised: false,
            finished: false,
        }
    }

    /// Returns whether the caller is in this place of any meeting.
    #[must_use]
    pub fn is_at(&self, place: Place) -> bool {
        self.place.is_some_and(|(_, there)| there == place)
    }

    /// The meeting that the caller is in.
    #[must_use]
    pub fn meeting(&self) -> Option<MeetingId> {
        self.place.map(|(meeting, _)| meeting)
    }
}

/// The callers who are in one place, in the order in which they came there.
type Queue = BTreeSet<(Instant, LegId)>;

/// A meeting that runs, or that somebody waits for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attendance {
    /// Since when the meeting runs; nothing while all wait.
    pub started: Option<Instant>,
    /// Whether it is locked.
    pub locked: bool,
    /// Whether it is recorded.
    pub recorded: bool,
    places: [Queue; PLACES],
}

/// The number of [places](Place) in a meeting.
const PLACES: usize = 3;

impl Attendance {
    /// The callers in one place, those who have been there longest first.
    pub fn at(&self, place: Place) -> impl Iterator<Item = LegId> + '_ {
        self.places[place as usize].iter().map(|(_, leg)| *leg)
    }

    /// Returns the number of callers in one place.
    #[must_use]
    pub fn count(&self, place: Place) -> usize {
        self.places[place as usize].len()
    }

    /// Returns whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.iter().all(BTreeSet::is_empty)
    }
}

/// The place of each caller, after every event that was [taken](Self::take).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Presence {
    callers: BTreeMap<LegId, Caller>,
    meetings: BTreeMap<MeetingId, Attendance>,
    /// Callers who are in no meeting.
    outside: BTreeSet<LegId>,
    /// How many are in each place of all meetings together.
    totals: [usize; PLACES],
}

impl Presence {
    /// Takes in the next event of the stream.
    pub fn take(&mut self, at: Instant, event: Event) {
        match event {
            Event::Call(event) => self.take_call(at, event),
            Event::Meeting(event) => self.take_meeting(at, event),
            Event::Account(_) => {}
        }
    }

    /// A call that is up.
    #[must_use]
    pub fn caller(&self, leg: LegId) -> Option<&Caller> {
        self.callers.get(&leg)
    }

    /// The calls that are up.
    #[must_use]
    pub fn callers(&self) -> &BTreeMap<LegId, Caller> {
        &self.callers
    }

    /// The meeting that a caller is in, and where.
    #[must_use]
    pub fn place(&self, leg: LegId) -> Option<(MeetingId, Place)> {
        self.caller(leg)?.place
    }

    /// A meeting that runs, or that somebody waits for.
    #[must_use]
    pub fn meeting(&self, meeting: MeetingId) -> Option<&Attendance> {
        self.meetings.get(&meeting)
    }

    /// The meetings that run, or that somebody waits for.
    #[must_use]
    pub fn meetings(&self) -> &BTreeMap<MeetingId, Attendance> {
        &self.meetings
    }

    /// The callers who are in no meeting, in the order of their calls.
    #[must_use]
    pub fn outside(&self) -> &BTreeSet<LegId> {
        &self.outside
    }

    /// Returns the number of callers in this place of all meetings together.
    #[must_use]
    pub fn count(&self, place: Place) -> usize {
        self.totals[place as usize]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events change nobody's place")]
    fn take_call(&mut self, at: Instant, event: CallEvent) {
        match event {
            CallEvent::Called { leg } => {
                self.forget_call(leg);
                self.callers.insert(leg, Caller::new(at));
                self.outside.insert(leg);
            }
            CallEvent::Answered { leg } => self.change(leg, |caller| caller.answered = true),
            CallEvent::Hears { leg, source } => self.change(leg, |caller| {
                (caller.hears, caller.hears_since) = (source, at);
            }),
            CallEvent::ConferenceIdKeyed { leg, meeting: Some(meeting), .. } => {
                self.put(at, meeting, leg, Place::Screening);
            }
            CallEvent::Finished { leg, .. } => {
                self.change(leg, |caller| caller.finished = true);
                let place = self.place(leg);
                if !matches!(place, Some((_, Place::Lobby | Place::Joined))) {
                    self.forget_call(leg);
                }
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events change nobody's place")]
    fn take_meeting(&mut self, at: Instant, event: MeetingEvent) {
        match event {
            MeetingEvent::Parked { meeting, leg } => self.put(at, meeting, leg, Place::Lobby),
            MeetingEvent::Joined { meeting, leg, .. } => self.put(at, meeting, leg, Place::Joined),
            MeetingEvent::PinAccepted { leg, .. } => self.change(leg, |caller| caller.organizer = true),
            MeetingEvent::Muted { leg, muted, .. } => self.change(leg, |caller| caller.muted = muted),
            MeetingEvent::Hand { leg, raised, .. } => self.change(leg, |caller| caller.hand_raised = raised),
            MeetingEvent::Left { meeting, leg, .. } => self.leave(at, meeting, leg),
            MeetingEvent::Started { meeting, .. } => {
                self.meetings.entry(meeting).or_default().started = Some(at);
            }
            MeetingEvent::Locked { meeting, locked } => {
                self.meetings.entry(meeting).or_default().locked = locked;
                self.forget_meeting(meeting);
            }
            MeetingEvent::Recording { meeting, on } => {
                self.meetings.entry(meeting).or_default().recorded = on;
                self.forget_meeting(meeting);
            }
            MeetingEvent::Ended { meeting, .. } => {
                if let Some(ended) = self.meetings.get_mut(&meeting) {
                    (ended.started, ended.locked, ended.recorded) = (None, false, false);
                }
                self.forget_meeting(meeting);
            }
            _ => {}
        }
    }

    fn change(&mut self, leg: LegId, change: impl FnOnce(&mut Caller)) {
        if let Some(caller) = self.callers.get_mut(&leg) {
            change(caller);
        }
    }

    /// A meeting may let a caller in whose call has just ended, and records then that the caller left: for so long the
    /// call is known again.
    fn put(&mut self, at: Instant, meeting: MeetingId, leg: LegId, place: Place) {
        let over = Caller { finished: true, ..Caller::new(at) };
        let caller = self.callers.entry(leg).or_insert(over);
        let before = caller.place.replace((meeting, place));
        let since = std::mem::replace(&mut caller.since, at);
        self.outside.remove(&leg);
        self.take_out(leg, before, since);
        self.meetings.entry(meeting).or_default().places[place as usize].insert((at, leg));
        self.totals[place as usize] += 1;
        if let Some((before, _)) = before.filter(|(before, _)| *before != meeting) {
            self.forget_meeting(before);
        }
    }

    fn leave(&mut self, at: Instant, meeting: MeetingId, leg: LegId) {
        let Some(caller) = self.callers.get_mut(&leg) else { return };
        let Some(before) = caller.place.take_if(|(of, _)| *of == meeting) else { return };
        let since = std::mem::replace(&mut caller.since, at);
        (caller.organizer, caller.muted, caller.hand_raised) = (false, false, false);
        if caller.finished {
            self.callers.remove(&leg);
        } else {
            self.outside.insert(leg);
        }
        self.take_out(leg, Some(before), since);
        self.forget_meeting(meeting);
    }

    /// Nothing is known of this call any more.
    fn forget_call(&mut self, leg: LegId) {
        let Some(caller) = self.callers.remove(&leg) else { return };
        self.outside.remove(&leg);
        self.take_out(leg, caller.place, caller.since);
        if let Some(meeting) = caller.meeting() {
            self.forget_meeting(meeting);
        }
    }

    /// Takes a caller out of the place of a meeting.
    fn take_out(&mut self, leg: LegId, place: Option<(MeetingId, Place)>, since: Instant) {
        let Some((meeting, place)) = place else { return };
        let Some(left) = self.meetings.get_mut(&meeting) else { return };
        if left.places[place as usize].remove(&(since, leg)) {
            self.totals[place as usize] -= 1;
        }
    }

    /// A meeting that does not run, and in which nobody is left, is none.
    fn forget_meeting(&mut self, meeting: MeetingId) {
        if self.meetings.get(&meeting).is_some_and(|it| it.started.is_none() && it.is_empty()) {
            self.meetings.remove(&meeting);
        }
    }
}

#[cfg(test)]
mod tests;
