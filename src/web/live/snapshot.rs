//! Who is where in every meeting now and what each caller hears, read off the event stream.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::call::{LegId, Source};
use crate::control::event::{AccountEvent, Admission, CallEvent, Event, MeetingEvent, MeetingId, Place};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::leg::scripted::StageRef;

/// A call that is up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    /// What the caller is called: the name of a simulated one.
    pub(crate) name: String,
    /// Where the caller is, and since when.
    pub(crate) place: Option<(MeetingId, Place)>,
    pub(crate) since: Instant,
    /// Whether the bridge has answered: until then it rings.
    pub(crate) answered: bool,
    pub(crate) hears: Source,
    /// Whether the organizer's PIN was given.
    pub(crate) organizer: bool,
    pub(crate) muted: bool,
    pub(crate) hand: bool,
}

/// A meeting with somebody in it, in its lobby or at its door.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Meeting {
    /// Since when it runs; nothing while all wait.
    pub(crate) started: Option<Instant>,
    pub(crate) locked: bool,
    /// Those in each place, in the order in which they came there.
    pub(crate) lobby: BTreeSet<(Instant, LegId)>,
    pub(crate) joined: BTreeSet<(Instant, LegId)>,
    pub(crate) door: BTreeSet<(Instant, LegId)>,
}

impl Meeting {
    fn at(&mut self, place: Place) -> &mut BTreeSet<(Instant, LegId)> {
        match place {
            Place::Screening => &mut self.door,
            Place::Lobby => &mut self.lobby,
            Place::Joined => &mut self.joined,
        }
    }

    fn is_empty(&self) -> bool {
        self.lobby.is_empty() && self.joined.is_empty() && self.door.is_empty()
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) calls: BTreeMap<LegId, Call>,
    pub(crate) meetings: BTreeMap<MeetingId, Meeting>,
    /// Those who are in no meeting's places, in the order of their calls.
    pub(crate) on_the_way: BTreeSet<LegId>,
    /// The names of the casts that play, by their tags.
    casts: BTreeMap<u32, Vec<String>>,
    /// Which cast the parts from this one on belong to.
    stages: BTreeMap<u32, u32>,
    /// Who dials, by the leg, until the call is there.
    dialling: BTreeMap<LegId, String>,
}

impl Snapshot {
    /// A cast of this tag will play.
    pub(crate) fn expect(&mut self, tag: u32, names: Vec<String>) {
        self.casts.insert(tag, names);
    }

    /// Callers of all casts that play or will.
    pub(crate) fn expected(&self) -> usize {
        self.casts.values().map(Vec::len).sum()
    }

    /// A cast came on stage.
    pub(crate) fn on_stage(&mut self, stage: StageRef) {
        self.stages.insert(stage.first_part, stage.tag);
    }

    /// Nothing is left of it.
    pub(crate) fn gone(&mut self, stage: StageRef) {
        self.stages.remove(&stage.first_part);
        self.casts.remove(&stage.tag);
    }

    /// Takes in an entry of the stream. The sizes of it follow the calls that are up.
    pub(crate) fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Event(event) => self.event(at, event),
            Entry::Dials { part, leg } => {
                let stage = self.stages.range(..=part).next_back();
                let name = stage.and_then(|(first, tag)| self.casts.get(tag)?.get((part - first) as usize));
                self.dialling.extend(name.map(|name| (*leg, name.clone())));
            }
            Entry::Step { .. }
            | Entry::Failed { .. }
            | Entry::Signal { .. }
            | Entry::LineFault { .. }
            | Entry::Act { .. }
            | Entry::Finished { .. } => {}
        }
    }

    fn event(&mut self, at: Instant, event: &Event) {
        match *event {
            Event::Call(CallEvent::Called { leg }) => {
                let name = self.dialling.remove(&leg).unwrap_or_else(|| format!("#{}", leg.0));
                let call = Call {
                    name,
                    place: None,
                    since: at,
                    answered: false,
                    hears: Source::Silence,
                    organizer: false,
                    muted: false,
                    hand: false,
                };
                self.calls.insert(leg, call);
                self.on_the_way.insert(leg);
            }
            Event::Call(CallEvent::Answered { leg }) => self.note(leg, |call| call.answered = true),
            Event::Call(CallEvent::Hears { leg, source }) => self.note(leg, |call| call.hears = source),
            Event::Call(CallEvent::ConferenceIdKeyed { leg, meeting: Some(meeting), .. }) => {
                self.put(at, meeting, leg, Place::Screening);
            }
            Event::Meeting(MeetingEvent::Parked { meeting, leg }) => self.put(at, meeting, leg, Place::Lobby),
            Event::Meeting(MeetingEvent::Joined { meeting, leg, admission }) => {
                self.put(at, meeting, leg, Place::Joined);
                if admission == Admission::Pin {
                    self.note(leg, |call| call.organizer = true);
                }
            }
            Event::Meeting(MeetingEvent::Promoted { leg, .. }) => {
                self.note(leg, |call| call.organizer = true)
            }
            Event::Meeting(MeetingEvent::Left { meeting, leg, .. }) => self.leave(meeting, leg),
            Event::Meeting(MeetingEvent::Muted { leg, muted, .. }) => {
                self.note(leg, |call| call.muted = muted)
            }
            Event::Meeting(MeetingEvent::Hand { leg, raised, .. }) => {
                self.note(leg, |call| call.hand = raised)
            }
            Event::Meeting(MeetingEvent::Started { meeting, .. }) => {
                self.meetings.entry(meeting).or_default().started = Some(at);
            }
            Event::Meeting(MeetingEvent::Locked { meeting, locked }) => {
                self.meetings.entry(meeting).or_default().locked = locked
            }
            Event::Meeting(MeetingEvent::Ended { meeting, .. }) => {
                if let Some(ended) = self.meetings.get_mut(&meeting) {
                    (ended.started, ended.locked) = (None, false);
                }
                self.forget(meeting);
            }
            Event::Call(CallEvent::Finished { leg, .. }) => {
                self.dialling.remove(&leg);
                let place = self.calls.get(&leg).and_then(|call| call.place);
                if let Some((meeting, _)) = place {
                    self.leave(meeting, leg);
                }
                self.calls.remove(&leg);
                self.on_the_way.remove(&leg);
            }
            Event::Call(CallEvent::Key { .. })
            | Event::Call(CallEvent::KeysIgnored { .. })
            | Event::Call(CallEvent::ConferenceIdKeyed { meeting: None, .. })
            | Event::Call(CallEvent::DirectoryFailed { .. })
            | Event::Meeting(MeetingEvent::PinAccepted { .. })
            | Event::Meeting(MeetingEvent::PinRefused { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Announced { .. })
            | Event::Meeting(MeetingEvent::AnnouncementDropped { .. })
            | Event::Account(AccountEvent::Administered { .. })
            | Event::Account(AccountEvent::PinChecked { .. })
            | Event::Account(AccountEvent::LockedOut { .. }) => {}
        }
    }

    fn note(&mut self, leg: LegId, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.calls.get_mut(&leg) {
            change(call);
        }
    }

    fn put(&mut self, at: Instant, meeting: MeetingId, leg: LegId, place: Place) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        let before =
            call.place.replace((meeting, place)).map(|(meeting, place)| (meeting, place, call.since));
        call.since = at;
        self.on_the_way.remove(&leg);
        if let Some((meeting, place, since)) = before
            && let Some(left) = self.meetings.get_mut(&meeting)
        {
            left.at(place).remove(&(since, leg));
        }
        self.meetings.entry(meeting).or_default().at(place).insert((at, leg));
    }

    fn leave(&mut self, meeting: MeetingId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        if let Some((_, place)) = call.place.take_if(|(of, _)| *of == meeting)
            && let Some(left) = self.meetings.get_mut(&meeting)
        {
            left.at(place).remove(&(call.since, leg));
            self.on_the_way.insert(leg);
        }
        self.forget(meeting);
    }

    /// A meeting in which nobody is left is none.
    fn forget(&mut self, meeting: MeetingId) {
        if self.meetings.get(&meeting).is_some_and(Meeting::is_empty) {
            self.meetings.remove(&meeting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::HangupCause;
    use crate::control::event::{EndReason, Outcome, StartRight};
    use crate::control::policy::OrganizerId;

    const AMOS: MeetingId = MeetingId(3);

    struct Stream(Snapshot, u64);

    impl Stream {
        fn then(&mut self, event: Event) -> &mut Self {
            self.1 += 1;
            self.0.take(Instant::from_secs(self.1), &Entry::Event(event));
            self
        }

        fn counts(&self) -> (usize, usize, usize) {
            let meeting = self.0.meetings.get(&AMOS).cloned().unwrap_or_default();
            (meeting.door.len(), meeting.lobby.len(), meeting.joined.len())
        }
    }

    #[test]
    fn the_lobby_fills_and_empties_and_nothing_is_left_behind() {
        let mut stream = Stream(Snapshot::default(), 0);
        stream.0.expect(7, vec!["pat".into(), "amos".into()]);
        assert_eq!(stream.0.expected(), 2);
        let first = OrganizerId(0);
        stream.0.on_stage(StageRef { stage: 0, first_part: 4, first_organizer: first, tag: 7 });
        let (pat, amos) = (LegId(11), LegId(12));
        for (part, leg) in [(4, pat), (5, amos)] {
            stream.0.take(Instant::ZERO, &Entry::Dials { part, leg });
            stream.then(Event::Call(CallEvent::Called { leg }));
            assert!(stream.0.on_the_way.contains(&leg));
            let keyed = Event::Call(CallEvent::ConferenceIdKeyed {
                leg,
                digits: crate::control::call::Digits::default(),
                meeting: Some(AMOS),
            });
            stream.then(keyed);
        }
        assert_eq!(stream.0.calls[&pat].name, "pat");
        assert!(stream.0.on_the_way.is_empty(), "both are at the door");
        stream.then(Event::Meeting(MeetingEvent::Parked { meeting: AMOS, leg: pat }));
        assert_eq!(stream.counts(), (1, 1, 0));
        stream
            .then(Event::Meeting(MeetingEvent::Started {
                meeting: AMOS,
                by: amos,
                right: StartRight::Pin,
                releases: true,
            }))
            .then(Event::Meeting(MeetingEvent::Joined {
                meeting: AMOS,
                leg: amos,
                admission: Admission::Pin,
            }))
            .then(Event::Meeting(MeetingEvent::Joined {
                meeting: AMOS,
                leg: pat,
                admission: Admission::Released,
            }));
        assert_eq!(stream.counts(), (0, 0, 2));
        assert!(stream.0.calls[&amos].organizer && !stream.0.calls[&pat].organizer);
        for leg in [pat, amos] {
            stream.then(Event::Meeting(MeetingEvent::Left { meeting: AMOS, leg, place: Place::Joined }));
            let (outcome, cause) = (Outcome::Joined, HangupCause::Caller);
            stream.then(Event::Call(CallEvent::Finished { leg, outcome, cause }));
        }
        stream.then(Event::Meeting(MeetingEvent::Ended { meeting: AMOS, reason: EndReason::Empty }));
        stream.0.gone(StageRef { stage: 0, first_part: 4, first_organizer: first, tag: 7 });
        let Snapshot { calls, meetings, on_the_way, casts, stages, dialling } = &stream.0;
        assert!(calls.is_empty() && meetings.is_empty() && on_the_way.is_empty() && casts.is_empty());
        assert!(stages.is_empty() && dialling.is_empty());
    }
}
