//! Who is where in each meeting, read off the event stream.

use std::collections::BTreeMap;

use crate::control::call::LegId;
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent, MeetingId, Place};
use crate::control::time::Instant;

/// One meeting with somebody in it.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Since when it runs.
    pub started: Option<Instant>,
    /// Whether newcomers wait.
    pub locked: bool,
    /// Who is where, and since when, in the order in which they came there.
    pub people: Vec<Person>,
}

/// Somebody in a meeting, its lobby or at its door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person {
    /// Who.
    pub leg: LegId,
    /// Where.
    pub place: Place,
    /// Since when.
    pub since: Instant,
    /// Whether the line is muted.
    pub muted: bool,
    /// Whether a hand is raised.
    pub hand: bool,
    /// Whether the organizer's PIN was given.
    pub organizer: bool,
}

impl Roster {
    /// Those in one place.
    pub fn at(&self, place: Place) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| person.place == place)
    }
}

/// All meetings.
#[derive(Debug, Default)]
pub struct Rosters(BTreeMap<MeetingId, Roster>);

impl Rosters {
    /// A meeting in which somebody is.
    #[must_use]
    pub fn get(&self, meeting: MeetingId) -> Option<&Roster> {
        self.0.get(&meeting).filter(|roster| !roster.people.is_empty())
    }

    /// Where a leg is.
    #[must_use]
    pub fn find(&self, leg: LegId) -> Option<(MeetingId, &Person)> {
        self.0.iter().find_map(|(meeting, roster)| {
            roster.people.iter().find(|person| person.leg == leg).map(|person| (*meeting, person))
        })
    }

    /// Something happened.
    pub fn take(&mut self, at: Instant, event: &Event) {
        match *event {
            Event::Call(CallEvent::ConferenceIdKeyed { leg, meeting: Some(meeting), .. }) => {
                self.put(at, meeting, leg, Place::Screening);
            }
            Event::Meeting(MeetingEvent::Parked { meeting, leg }) => self.put(at, meeting, leg, Place::Lobby),
            Event::Meeting(MeetingEvent::Joined { meeting, leg, .. }) => {
                self.put(at, meeting, leg, Place::Joined)
            }
            Event::Meeting(MeetingEvent::Left { meeting, leg, .. }) => {
                self.0.entry(meeting).or_default().people.retain(|it| it.leg != leg);
            }
            Event::Meeting(MeetingEvent::Started { meeting, .. }) => {
                self.0.entry(meeting).or_default().started = Some(at)
            }
            Event::Meeting(MeetingEvent::Ended { meeting, .. }) => {
                let roster = self.0.entry(meeting).or_default();
                (roster.started, roster.locked) = (None, false);
            }
            Event::Meeting(MeetingEvent::Locked { meeting, locked }) => {
                self.0.entry(meeting).or_default().locked = locked
            }
            Event::Meeting(MeetingEvent::Muted { meeting, leg, muted }) => {
                self.note(meeting, leg, |person| person.muted = muted)
            }
            Event::Meeting(MeetingEvent::Hand { meeting, leg, raised }) => {
                self.note(meeting, leg, |person| person.hand = raised)
            }
            Event::Meeting(MeetingEvent::PinAccepted { meeting, leg }) => {
                self.note(meeting, leg, |person| person.organizer = true)
            }
            Event::Call(CallEvent::Finished { leg, .. }) => {
                self.0.values_mut().for_each(|roster| roster.people.retain(|person| person.leg != leg));
            }
            Event::Call(CallEvent::ConferenceIdKeyed { meeting: None, .. })
            | Event::Call(CallEvent::Called { .. })
            | Event::Call(CallEvent::Answered { .. })
            | Event::Call(CallEvent::Hears { .. })
            | Event::Call(CallEvent::Key { .. })
            | Event::Call(CallEvent::KeysIgnored { .. })
            | Event::Call(CallEvent::DirectoryFailed { .. })
            | Event::Meeting(MeetingEvent::PinRefused { .. })
            | Event::Meeting(MeetingEvent::Promoted { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Announced { .. })
            | Event::Meeting(MeetingEvent::AnnouncementDropped { .. })
            | Event::Account(AccountEvent::Administered { .. })
            | Event::Account(AccountEvent::PinChecked { .. })
            | Event::Account(AccountEvent::LockedOut { .. }) => {}
        }
    }

    fn put(&mut self, at: Instant, meeting: MeetingId, leg: LegId, place: Place) {
        let people = &mut self.0.entry(meeting).or_default().people;
        let before = people.iter().position(|person| person.leg == leg).map(|at| people.remove(at));
        let (muted, hand, organizer) =
            before.map_or((false, false, false), |it| (it.muted, it.hand, it.organizer));
        people.push(Person { leg, place, since: at, muted, hand, organizer });
    }

    fn note(&mut self, meeting: MeetingId, leg: LegId, change: impl FnOnce(&mut Person)) {
        let people = &mut self.0.entry(meeting).or_default().people;
        if let Some(person) = people.iter_mut().find(|person| person.leg == leg) {
            change(person);
        }
    }
}
