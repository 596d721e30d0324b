//! The callers before the lobby, in it and in the meeting, with every count kept in step.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::control::call::LegId;
use crate::control::event::{MutedBy, Place};
use crate::control::numbers::NumberEnd;
use crate::control::time::Instant;

/// Somebody who named the meeting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) place: Place,
    /// On the phone; otherwise with the client app.
    pub(super) phone: bool,
    /// Gave the PIN, or signed in.
    pub(super) authenticated: bool,
    pub(super) organizer: bool,
    /// Gave the meeting's passcode.
    pub(super) passcode: bool,
    pub(super) muted: Option<MutedBy>,
    pub(super) hand_raised: bool,
    pub(super) wrong_pins: u8,
    /// Length of the recorded name in milliseconds; zero for none.
    pub(super) name_millis: u16,
    /// The end of the telephone number, where announcements may read it out.
    pub(super) number: Option<NumberEnd>,
    /// Place in the lobby's queue, while there, or in the order of joining.
    ticket: u32,
    /// Since when the person is in the lobby.
    parked: Instant,
}

impl Person {
    pub(super) fn at_the_door(phone: bool) -> Self {
        Self {
            place: Place::Screening,
            phone,
            authenticated: false,
            organizer: false,
            passcode: false,
            muted: None,
            hand_raised: false,
            wrong_pins: 0,
            name_millis: 0,
            number: None,
            ticket: 0,
            parked: Instant::ZERO,
        }
    }
}

/// All persons of one meeting.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    people: BTreeMap<LegId, Person>,
    lobby: BTreeMap<u32, LegId>,
    next_ticket: u32,
    joined: u32,
    phones_inside: u32,
    authenticated_joined: u32,
}

impl Roster {
    pub(super) fn insert(&mut self, leg: LegId, person: Person) {
        let before = self.people.insert(leg, person);
        assert!(before.is_none(), "a leg arrives once");
        self.count(person, true);
    }

    pub(super) fn get(&self, leg: LegId) -> Option<&Person> {
        self.people.get(&leg)
    }

    /// Changes what is not counted: mute, hand, tries, name.
    pub(super) fn note(&mut self, leg: LegId, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people.get_mut(&leg) {
            change(person);
        }
    }

    pub(super) fn remove(&mut self, leg: LegId) -> Option<Person> {
        let person = self.people.remove(&leg)?;
        self.count(person, false);
        if person.place == Place::Lobby {
            self.lobby.remove(&person.ticket);
        }
        Some(person)
    }

    /// Puts a person at the end of the lobby's queue; one who waits there already leaves the old place.
    pub(super) fn park(&mut self, leg: LegId, now: Instant) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.change(leg, |person| {
            person.place = Place::Lobby;
            person.ticket = ticket;
            person.parked = now;
        });
        self.lobby.insert(ticket, leg);
    }

    pub(super) fn join(&mut self, leg: LegId) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.change(leg, |person| (person.place, person.ticket) = (Place::Joined, ticket));
    }

    /// Everyone in the lobby joins, clients signed in: their legs in the order of the lobby, whether any is a client, and
    /// whether any is an organizer.
    pub(super) fn release(&mut self) -> (Vec<LegId>, bool, bool) {
        let (mut app, mut organizer) = (false, false);
        let released: Vec<LegId> = std::mem::take(&mut self.lobby).into_values().collect();
        for leg in &released {
            let person = self.people.get_mut(leg).expect("who is in the lobby is on the roster");
            (person.place, person.ticket) = (Place::Joined, self.next_ticket);
            self.next_ticket += 1;
            app |= !person.phone;
            organizer |= person.organizer;
            person.authenticated |= !person.phone;
            self.joined += 1;
            self.authenticated_joined += u32::from(person.authenticated);
        }
        (released, app, organizer)
    }

    pub(super) fn authenticate(&mut self, leg: LegId, organizer: bool) {
        self.change(leg, |person| {
            person.authenticated = true;
            person.organizer |= organizer;
        });
    }

    /// Changes what is counted. A caller who waited in the lobby leaves the place there.
    fn change(&mut self, leg: LegId, change: impl FnOnce(&mut Person)) {
        let person = self.people.get_mut(&leg).expect("only persons on the roster are changed");
        let before = *person;
        change(person);
        let after = *person;
        self.count(before, false);
        self.count(after, true);
        if before.place == Place::Lobby && (after.place, after.ticket) != (before.place, before.ticket) {
            self.lobby.remove(&before.ticket);
        }
    }

    fn count(&mut self, person: Person, more: bool) {
        let add = |count: &mut u32, counts: bool| {
            let one = u32::from(counts);
            *count = if more { *count + one } else { *count - one };
        };
        let joined = person.place == Place::Joined;
        add(&mut self.joined, joined);
        add(&mut self.phones_inside, person.phone && person.place != Place::Screening);
        add(&mut self.authenticated_joined, joined && person.authenticated);
    }

    /// Hashes the number of callers; [`Roster::fingerprint_of`] hashes each of them.
    pub(super) fn fingerprint(&self, hasher: &mut impl Hasher) {
        // Taken apart, so that a new field cannot be forgotten here; the counts follow from the people.
        let Self { people, lobby, next_ticket: _, joined: _, phones_inside: _, authenticated_joined: _ } =
            self;
        (people.len(), lobby.len()).hash(hasher);
    }

    /// Hashes what decides about this person from `now` on; in the lobby the place in its order, not the ticket, and in
    /// the meeting the place in the order of joining where that decides anything.
    pub(super) fn fingerprint_of(
        &self,
        leg: LegId,
        now: Instant,
        by_joining: bool,
        hasher: &mut impl Hasher,
    ) {
        let Some(person) = self.people.get(&leg) else { return false.hash(hasher) };
        let Person {
            place,
            phone,
            authenticated,
            organizer,
            passcode,
            muted,
            hand_raised,
            wrong_pins,
            name_millis,
            number,
            ticket,
            parked,
        } = person;
        (true, place, phone, authenticated, organizer, passcode, muted, hand_raised).hash(hasher);
        let waits = (*place == Place::Lobby).then(|| now.since(*parked));
        let before = waits.map(|_| self.lobby.range(..ticket).count());
        let joined_before = |other: &&Person| other.place == Place::Joined && other.ticket < *ticket;
        let joined = by_joining && *place == Place::Joined;
        let joined = joined.then(|| self.people.values().filter(joined_before).count());
        (wrong_pins, name_millis, number, waits, before, joined).hash(hasher);
    }

    /// Legs in the lobby, in the order of their arrival there.
    pub(super) fn lobby(&self) -> Vec<LegId> {
        self.lobby.values().copied().collect()
    }

    /// Those in the lobby who came after this ticket was given out.
    pub(super) fn lobby_since(&self, ticket: u32) -> impl Iterator<Item = LegId> + '_ {
        self.lobby.range(ticket..).map(|(_, leg)| *leg)
    }

    /// The ticket of whoever comes next.
    pub(super) fn next_ticket(&self) -> u32 {
        self.next_ticket
    }

    /// The one who has waited longest, and since when.
    pub(super) fn longest_waiting(&self) -> Option<(LegId, Instant)> {
        let leg = *self.lobby.first_key_value()?.1;
        Some((leg, self.people.get(&leg)?.parked))
    }

    /// The one who joined last of those without an organizer's rights.
    pub(super) fn joined_last(&self) -> Option<LegId> {
        let joined = |(_, person): &(&LegId, &Person)| person.place == Place::Joined && !person.organizer;
        self.people.iter().filter(joined).max_by_key(|(_, person)| person.ticket).map(|(leg, _)| *leg)
    }

    pub(super) fn at(&self, place: Place) -> Vec<LegId> {
        self.people.iter().filter(|(_, person)| person.place == place).map(|(leg, _)| *leg).collect()
    }

    pub(super) fn people(&self) -> impl Iterator<Item = (LegId, &Person)> {
        self.people.iter().map(|(leg, person)| (*leg, person))
    }

    pub(super) fn waiting(&self) -> usize {
        self.lobby.len()
    }

    pub(super) fn joined(&self) -> u32 {
        self.joined
    }

    /// Phones in lobby and meeting together.
    pub(super) fn phones_inside(&self) -> u32 {
        self.phones_inside
    }

    pub(super) fn authenticated_joined(&self) -> u32 {
        self.authenticated_joined
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}
