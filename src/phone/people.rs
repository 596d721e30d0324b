//! The people of a meeting by their place, each with a sign, the time there and what is to be said of them.

use super::describe::{minutes, name};
use super::handset::{Asked, Handset};
use super::model::PhoneModel;
use super::state::{MEETING, MUSIC, ORGANIZER};
use crate::control::call::LegId;
use crate::control::event::{MeetingId, Place};
use crate::control::numbers::in_groups;
use crate::control::presence::Caller;
use crate::control::time::Instant;

/// Somebody in a meeting, in its lobby or with the attendant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The place of the telephone.
    pub who: usize,
    /// Music, meeting, organizer; empty where words say it.
    pub sign: &'static str,
    /// The name.
    pub name: String,
    /// How long the caller has been there.
    pub time: String,
    /// What else is to be said: `muted`, or what the caller is asked for.
    pub mark: &'static str,
    /// Whether others cannot hear the caller.
    pub muted: bool,
}

/// Returns the people at a place of a meeting, those first who have been there longest; in the meeting, organizers before
/// them. Callers who have not named a meeting are with the attendant of each.
#[must_use]
pub fn people(model: &PhoneModel<'_>, meeting: MeetingId, place: Place, now: Instant) -> Vec<Person> {
    let attendance = model.presence.meeting(meeting);
    let here = attendance.into_iter().flat_map(|attendance| attendance.at(place));
    let outside = model.presence.outside().iter().copied();
    let unnamed = outside.filter(|_| place == Place::Screening).filter(|leg| is_up(model, *leg));
    let mut people: Vec<Person> =
        here.chain(unnamed).filter_map(|leg| person(model, leg, place, now)).collect();
    people.sort_by_key(|person| person.sign != ORGANIZER);
    people
}

fn is_up(model: &PhoneModel<'_>, leg: LegId) -> bool {
    model.presence.caller(leg).is_some_and(|caller| caller.answered && !caller.finished)
}

fn person(model: &PhoneModel<'_>, leg: LegId, place: Place, now: Instant) -> Option<Person> {
    let who = model.handsets.iter().position(|handset| handset.leg() == Some(leg))?;
    let (handset, caller) = (&model.handsets[who], model.presence.caller(leg)?);
    let (sign, mark) = match place {
        Place::Screening => ("", asked(handset)),
        Place::Lobby if handset.asked == Asked::Pin => ("", asked(handset)),
        Place::Lobby => (MUSIC, ""),
        Place::Joined => joined(handset, caller),
    };
    Some(Person {
        who,
        sign,
        name: handset.name.clone(),
        time: minutes(now.since(caller.since)),
        mark,
        muted: caller.muted,
    })
}

fn asked(handset: &Handset) -> &'static str {
    match handset.asked {
        Asked::Nothing | Asked::Organizer => "",
        Asked::ConferenceId => "ID",
        Asked::Pin => "PIN",
        Asked::Passcode => "passcode",
        Asked::Name => "name",
    }
}

fn joined(handset: &Handset, caller: &Caller) -> (&'static str, &'static str) {
    let sign = if caller.organizer { ORGANIZER } else { MEETING };
    match (caller.muted, caller.hand_raised) {
        (true, true) => (if caller.organizer { sign } else { "" }, "muted, hand raised"),
        (true, false) => (if caller.organizer { sign } else { "" }, "muted"),
        (false, true) => (sign, "hand raised"),
        (false, false) if handset.talks => (sign, "talks"),
        (false, false) => (sign, ""),
    }
}

/// Returns how a meeting stands, and its conference ID: `in progress 0:21 ─ 314 1592`.
#[must_use]
pub fn standing(model: &PhoneModel<'_>, meeting: MeetingId, now: Instant) -> String {
    let attendance = model.presence.meeting(meeting);
    let mut parts = Vec::new();
    if attendance.is_some_and(|attendance| attendance.locked) {
        parts.push("locked".to_owned());
    }
    parts.push(match attendance {
        None => "empty".to_owned(),
        Some(attendance) => match attendance.started {
            Some(since) => format!("in progress {}", minutes(now.since(since))),
            None => "waits for its organizer".to_owned(),
        },
    });
    let organizer = model.story().given.organizers.get(meeting.0 as usize);
    parts.extend(organizer.and_then(|organizer| organizer.conference_id.as_deref()).map(in_groups));
    parts.join(" ─ ")
}

/// Returns the name of a meeting's organizer.
#[must_use]
pub fn organizer_of(model: &PhoneModel<'_>, meeting: MeetingId) -> String {
    name(model.event_text().organizer_of(meeting))
}
