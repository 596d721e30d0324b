//! The events of the calls of the last hour, to be made scenarios of and to tell why callers wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::control::call::LegId;
use crate::control::event::{AccountEvent, Admission, CallEvent, Event, MeetingEvent, MeetingId, Outcome};
use crate::control::presence::Presence;
use crate::control::time::Instant;

/// How long a call is kept that is over.
pub(crate) const KEPT: Duration = Duration::from_secs(3_600);

/// Calls that are kept: an hour of three calls a second. Of more, those that ended first are dropped.
pub(crate) const CALLS_MAX: usize = 10_000;

/// Bytes that their events may take: what a hundred events of each of these calls take.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// The size of an event that is kept.
const EVENT_BYTES: usize = size_of::<Kept>();

/// What a call takes beside its events, with its names.
const CALL_BYTES: usize = 512;

/// Calls of a meeting that are written as one scenario; each waits for what all others do.
pub(crate) const WRITTEN_MAX: usize = 100;

/// An event with its place among all.
type Kept = (u64, Instant, Event);

/// A call that is kept.
#[derive(Debug)]
struct Call {
    /// The name of a simulated caller, the name and number of a telephone.
    name: Option<String>,
    /// What a telephone dialled.
    dialled: Option<String>,
    /// The occurrence of a meeting that it belongs to.
    occurrence: Option<u64>,
    events: Vec<Kept>,
    outcome: Option<Outcome>,
    is_client: bool,
}

/// A meeting from its first caller to its last.
#[derive(Debug)]
struct Occurrence {
    meeting: MeetingId,
    legs: BTreeSet<LegId>,
    /// What concerns nobody alone.
    events: Vec<Kept>,
    /// Calls of it that are not kept any more.
    dropped: usize,
}

/// What is kept of the last hour. It grows with the calls that are up, and within its limits with those that are over.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    calls: BTreeMap<LegId, Call>,
    occurrences: BTreeMap<u64, Occurrence>,
    /// The occurrence of each meeting that somebody is in.
    open: BTreeMap<MeetingId, u64>,
    /// Calls that are over, in the order in which they ended.
    over: VecDeque<(Instant, LegId)>,
    /// What telephones dialled whose calls are about to come in.
    dialled: BTreeMap<LegId, String>,
    next: u64,
    bytes: usize,
    /// Calls of less than an hour ago that there was no room for.
    dropped: u64,
}

/// A call of the last hour in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RecentCall {
    pub(crate) leg: LegId,
    pub(crate) name: Option<String>,
    pub(crate) meeting: Option<MeetingId>,
    /// The outcome, once it is over.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) ended: Option<Instant>,
}

/// A call with its events, for a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Taken {
    pub(crate) leg: LegId,
    pub(crate) name: Option<String>,
    pub(crate) dialled: Option<String>,
    pub(crate) is_client: bool,
}

/// The calls that belong together, with all their events in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Together {
    pub(crate) meeting: Option<MeetingId>,
    pub(crate) calls: Vec<Taken>,
    pub(crate) events: Vec<(Instant, Event)>,
    /// Calls of the meeting that are not kept any more.
    pub(crate) dropped: usize,
}

impl Recent {
    /// A telephone is about to call this number.
    pub(crate) fn calls_from(&mut self, leg: LegId, dialled: Option<&str>) {
        self.dialled.insert(leg, dialled.unwrap_or_default().to_owned());
    }

    /// Takes in an event; `presence` is from after it, `name` gives the name of a simulated caller.
    pub(crate) fn take(
        &mut self,
        at: Instant,
        event: Event,
        presence: &Presence,
        name: impl FnOnce(LegId) -> Option<String>,
    ) {
        if !is_kept(event) {
            return;
        }
        self.next += 1;
        let kept = (self.next, at, event);
        if let Event::Call(CallEvent::Called { leg }) = event {
            let dialled = self.dialled.remove(&leg);
            let (name, events) = (name(leg), Vec::new());
            let call = Call { name, dialled, occurrence: None, events, outcome: None, is_client: false };
            self.bytes += CALL_BYTES;
            self.calls.insert(leg, call);
        }
        let meeting = event.meeting();
        let occurrence = meeting.and_then(|meeting| self.occurrence(meeting, event.leg().is_some()));
        match event.leg() {
            Some(leg) => self.of_call(leg, kept, occurrence),
            None => {
                if let Some(of) = occurrence.and_then(|number| self.occurrences.get_mut(&number)) {
                    of.events.push(kept);
                    self.bytes += EVENT_BYTES;
                }
            }
        }
        if let Some(meeting) = meeting.filter(|meeting| presence.meeting(*meeting).is_none()) {
            self.open.remove(&meeting);
        }
        if let Some(leg) = event.leg().filter(|leg| presence.caller(*leg).is_none())
            && self.calls.get(&leg).is_some_and(|call| call.outcome.is_some())
        {
            self.over.push_back((at, leg));
        }
        self.forget(at);
    }

    fn of_call(&mut self, leg: LegId, kept: Kept, occurrence: Option<u64>) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        call.events.push(kept);
        self.bytes += EVENT_BYTES;
        if let Some(number) = occurrence.filter(|_| call.occurrence.is_none()) {
            call.occurrence = Some(number);
            if let Some(of) = self.occurrences.get_mut(&number) {
                of.legs.insert(leg);
            }
        }
        if let Event::Call(CallEvent::Finished { outcome, .. }) = kept.2 {
            call.outcome = Some(outcome);
        }
        if let Event::Meeting(MeetingEvent::Joined { admission: Admission::Client, .. }) = kept.2 {
            call.is_client = true;
        }
    }

    /// The occurrence of a meeting that there is, or begins with a caller.
    fn occurrence(&mut self, meeting: MeetingId, begins: bool) -> Option<u64> {
        if let Some(open) = self.open.get(&meeting) {
            return Some(*open);
        }
        begins.then(|| {
            self.open.insert(meeting, self.next);
            let (legs, events) = (BTreeSet::new(), Vec::new());
            self.occurrences.insert(self.next, Occurrence { meeting, legs, events, dropped: 0 });
            self.next
        })
    }

    /// Forgets calls that ended an hour ago, and those for which there is no room.
    fn forget(&mut self, now: Instant) {
        while let Some((ended, leg)) = self.over.front().copied() {
            let is_old = now.since(ended) > KEPT;
            if !is_old && self.calls.len() <= CALLS_MAX && self.bytes <= BYTES_MAX {
                return;
            }
            self.over.pop_front();
            self.dropped += u64::from(!is_old);
            let Some(call) = self.calls.remove(&leg) else { continue };
            self.bytes -= CALL_BYTES + call.events.len() * EVENT_BYTES;
            let Some(number) = call.occurrence else { continue };
            let Some(of) = self.occurrences.get_mut(&number) else { continue };
            of.legs.remove(&leg);
            of.dropped += 1;
            if of.legs.is_empty() {
                self.bytes -= of.events.len() * EVENT_BYTES;
                self.open.retain(|_, open| *open != number);
                self.occurrences.remove(&number);
            }
        }
    }

    /// Calls that ended less than an hour ago and are not kept: there was no room.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The last of the calls that are over, the newest first.
    pub(crate) fn over(&self, count: usize) -> Vec<RecentCall> {
        let over = self.over.iter().rev().take(count);
        over.filter_map(|(_, leg)| self.call(*leg)).collect()
    }

    /// A call that is up, or was not long ago.
    pub(crate) fn call(&self, leg: LegId) -> Option<RecentCall> {
        let call = self.calls.get(&leg)?;
        let meeting = call.occurrence.and_then(|number| self.occurrences.get(&number)).map(|of| of.meeting);
        let ended = call.outcome.and(call.events.last()).map(|(_, at, _)| *at);
        Some(RecentCall { leg, name: call.name.clone(), meeting, outcome: call.outcome, ended })
    }

    /// A call with all others of its meeting.
    pub(crate) fn with_call(&self, leg: LegId) -> Option<Together> {
        match self.calls.get(&leg)?.occurrence {
            Some(number) => self.together(number),
            None => Some(self.gathered(None, &[leg].into(), &[], 0)),
        }
    }

    /// The calls of a meeting as it is now, or was last.
    pub(crate) fn of_meeting(&self, meeting: MeetingId) -> Option<Together> {
        let last = self.occurrences.iter().rev().find(|(_, of)| of.meeting == meeting);
        last.and_then(|(number, _)| self.together(*number))
    }

    fn together(&self, number: u64) -> Option<Together> {
        let of = self.occurrences.get(&number)?;
        Some(self.gathered(Some(of.meeting), &of.legs, &of.events, of.dropped))
    }

    fn gathered(
        &self,
        meeting: Option<MeetingId>,
        legs: &BTreeSet<LegId>,
        beside: &[Kept],
        dropped: usize,
    ) -> Together {
        let of = legs.iter().filter_map(|leg| Some((*leg, self.calls.get(leg)?)));
        let mut events: Vec<Kept> = beside.to_vec();
        let mut calls: Vec<(u64, Taken)> = Vec::new();
        for (leg, call) in of {
            events.extend_from_slice(&call.events);
            let came = call.events.first().map_or(0, |(number, ..)| *number);
            // A telephone's number is told to nobody who reads the scenario.
            let name = call.name.clone().filter(|_| call.dialled.is_none());
            let dialled = call.dialled.clone();
            calls.push((came, Taken { leg, name, dialled, is_client: call.is_client }));
        }
        events.sort_unstable_by_key(|(number, ..)| *number);
        calls.sort_unstable_by_key(|(came, _)| *came);
        Together {
            meeting,
            calls: calls.into_iter().map(|(_, call)| call).collect(),
            events: events.into_iter().map(|(_, at, event)| (at, event)).collect(),
            dropped,
        }
    }
}

/// Returns whether an event is kept: not those that nothing is made of.
fn is_kept(event: Event) -> bool {
    match event {
        Event::Call(CallEvent::HearsVoice { .. })
        | Event::Meeting(MeetingEvent::Announced { .. } | MeetingEvent::AnnouncementDropped { .. })
        | Event::Account(AccountEvent::PinChecked { .. } | AccountEvent::PasscodeChecked { .. }) => false,
        Event::Call(_) | Event::Meeting(_) => true,
        Event::Account(AccountEvent::Administered { .. } | AccountEvent::LockedOut { .. }) => true,
        Event::Account(AccountEvent::PasscodeLockedOut { .. }) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::HangupCause;
    use crate::control::event::Place;

    struct Bridge {
        recent: Recent,
        presence: Presence,
    }

    impl Bridge {
        fn tell(&mut self, seconds: u64, event: impl Into<Event>) {
            let (at, event) = (Instant::ZERO + Duration::from_secs(seconds), event.into());
            self.presence.take(at, event);
            self.recent.take(at, event, &self.presence, |leg| Some(format!("pat {}", leg.number())));
        }

        /// A call that waits in a meeting's lobby and hangs up.
        fn waits(&mut self, leg: u64, meeting: u32, from: u64, to: u64) {
            let (leg, meeting) = (LegId::new(leg), MeetingId(meeting));
            self.tell(from, CallEvent::Called { leg });
            self.tell(from, MeetingEvent::Parked { meeting, leg });
            self.tell(to, MeetingEvent::Left { meeting, leg, place: Place::Lobby });
            let (outcome, cause) = (Outcome::LobbyHangup, HangupCause::Caller);
            self.tell(to, CallEvent::Finished { leg, outcome, cause });
        }
    }

    fn bridge() -> Bridge {
        Bridge { recent: Recent::default(), presence: Presence::default() }
    }

    #[test]
    fn a_call_is_kept_with_those_of_its_meeting_for_an_hour() {
        let mut bridge = bridge();
        bridge.tell(0, CallEvent::Called { leg: LegId::new(1) });
        bridge.tell(0, MeetingEvent::Parked { meeting: MeetingId(7), leg: LegId::new(1) });
        bridge.waits(2, 7, 1, 2);
        bridge.waits(3, 8, 3, 4);
        let together = bridge.recent.with_call(LegId::new(2)).unwrap();
        let legs: Vec<u64> = together.calls.iter().map(|call| call.leg.number()).collect();
        assert_eq!((legs, together.meeting, together.events.len()), (vec![1, 2], Some(MeetingId(7)), 6));
        assert_eq!(bridge.recent.over(9).len(), 2);
        bridge.waits(4, 9, 3_700, 3_701);
        assert_eq!(bridge.recent.with_call(LegId::new(3)), None, "it ended more than an hour ago");
        assert_eq!(
            bridge.recent.of_meeting(MeetingId(7)).map(|of| (of.calls.len(), of.dropped)),
            Some((1, 1))
        );
        assert_eq!(bridge.recent.dropped(), 0, "there was room");
    }

    #[test]
    fn a_meeting_that_was_empty_meanwhile_is_another() {
        let mut bridge = bridge();
        bridge.waits(1, 7, 0, 1);
        bridge.waits(2, 7, 2, 3);
        let last = bridge.recent.of_meeting(MeetingId(7)).unwrap();
        assert_eq!(last.calls.iter().map(|call| call.leg.number()).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn the_oldest_calls_make_room_and_are_counted() {
        let mut bridge = bridge();
        let more = 5;
        for leg in 1..=(CALLS_MAX as u64 + more) {
            bridge.waits(leg, u32::try_from(leg).unwrap(), leg / 100, leg / 100);
        }
        assert_eq!((bridge.recent.calls.len(), bridge.recent.dropped()), (CALLS_MAX, more));
        assert_eq!(bridge.recent.occurrences.len(), CALLS_MAX);
        bridge.waits(1 << 40, 1, 9_000, 9_000);
        let Recent { calls, occurrences, open, dialled, bytes, .. } = &bridge.recent;
        assert_eq!([calls.len(), occurrences.len(), open.len(), dialled.len()], [1, 1, 0, 0]);
        assert_eq!(*bytes, CALL_BYTES + 4 * EVENT_BYTES);
    }
}
