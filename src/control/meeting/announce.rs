//! Announcements in a running meeting: one after the other, as one more talker in its mix.

use std::time::Duration;

use super::{AnnouncementId, Meeting, MeetingEvent, Notice, Output, Person, Place};
use crate::control::call::{LegId, Prompt, Tone};
use crate::control::numbers::NumberEnd;
use crate::control::policy::{AnnounceTo, Announcements};
use crate::control::time::Instant;

/// Arrivals and departures that wait to be announced; more are dropped and recorded. A meeting that fills by the
/// second would otherwise hear names for minutes.
pub const ANNOUNCEMENTS_MAX: usize = 32;

/// In that time arrivals are counted for `announce_burst`.
pub(super) const BURST: Duration = Duration::from_secs(10);

/// Whom an announcement is about, as far as that is said.
#[derive(Clone, Copy, Hash, Debug)]
enum Whom {
    Nobody,
    Name(Prompt),
    Number(NumberEnd),
}

/// Prompts that belong together: who it is, and what that one did.
#[derive(Clone, Copy, Hash, Debug)]
pub(super) struct Announcement {
    whom: Whom,
    did: Prompt,
    /// It tells of an arrival, as others may that are told of together.
    arrival: bool,
}

impl From<Prompt> for Announcement {
    fn from(prompt: Prompt) -> Self {
        Self { whom: Whom::Nobody, did: prompt, arrival: false }
    }
}

impl Announcement {
    /// The prompt at this place.
    fn prompt(self, at: u8) -> Option<Prompt> {
        let before = match self.whom {
            Whom::Nobody => 0,
            Whom::Name(_) => 1,
            Whom::Number(end) => end.count(),
        };
        match self.whom {
            _ if at == before => Some(self.did),
            _ if at > before => None,
            Whom::Nobody => None,
            Whom::Name(name) => Some(name),
            Whom::Number(end) => Some(Prompt::Number(end.digit(at))),
        }
    }
}

/// The announcement that the mix carries, and which of its prompts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announcing {
    pub(super) id: AnnouncementId,
    pub(super) of: Announcement,
    pub(super) at: u8,
}

impl Meeting {
    /// Queues an announcement. Only a running meeting has any, and in that somebody hears it.
    fn announce(&mut self, announcement: Announcement) {
        let Some(running) = self.running_mut() else { return };
        if running.announcements.len() >= ANNOUNCEMENTS_MAX {
            let prompt = announcement.did;
            return self.record(MeetingEvent::AnnouncementDropped { meeting: self.id, prompt });
        }
        running.announcements.push_back(announcement);
        self.announce_next();
    }

    /// Tells the meeting next, whatever waits: what concerns everybody is neither late nor dropped.
    pub(super) fn announce_first(&mut self, prompt: Prompt) {
        let Some(running) = self.running_mut() else { return };
        running.announcements.push_front(prompt.into());
        self.announce_next();
    }

    pub(super) fn announcement_finished(&mut self, announcement: AnnouncementId) {
        let announcing = self.running_mut().map(|running| &mut running.announcing);
        let over = announcing.and_then(|now| now.take_if(|announcing| announcing.id == announcement));
        let Some(Announcing { of, at, .. }) = over else { return };
        match of.prompt(at + 1) {
            Some(prompt) => self.say_to_all(of, at + 1, prompt),
            None => self.announce_next(),
        }
    }

    pub(super) fn announce_arrival(&mut self, now: Instant, leg: LegId) {
        let Some(announcement) = self.said_of(leg, self.roster.get(leg).copied(), true) else { return };
        let is_tone = matches!(announcement.did, Prompt::Tone(_));
        match self.burst(now) {
            Burst::No => self.tell_of(announcement),
            Burst::Begins if !is_tone => {
                if let Some(running) = self.running_mut() {
                    running.announcements.retain(|waiting| !waiting.arrival);
                }
                self.tell_of(Prompt::SeveralJoined.into());
            }
            Burst::Begins | Burst::GoesOn => {}
        }
    }

    pub(super) fn announce_departure(&mut self, leg: LegId, person: Person) {
        if let Some(announcement) = self.said_of(leg, Some(person), false) {
            self.tell_of(announcement);
        }
    }

    /// A newcomer on the phone hears the tone with which he is announced, which the mix carried before he heard that.
    pub(super) fn tell_own_tone(&mut self, leg: LegId) {
        let policy = &self.terms.policy.meeting;
        let is_told = policy.hears_own_tone && policy.announce_to != AnnounceTo::Organizers;
        let person = self.roster.get(leg).copied().filter(|person| person.phone && is_told);
        let said = person.and_then(|person| self.said_of(leg, Some(person), true));
        if said.is_some_and(|said| matches!(said.did, Prompt::Tone(_))) {
            self.notify(leg, Notice::OwnTone);
        }
    }

    /// Where that is set, somebody who has joined hears how many are there.
    pub(super) fn tell_count(&mut self, leg: LegId) {
        if self.terms.policy.meeting.joiner_hears_count {
            self.notify(leg, Notice::MeetingCount { joined: self.roster.joined() });
        }
    }

    /// The first who joins with the client app, which shows who is there, is the last to be announced where that is set.
    /// The organizer may turn announcements on again.
    pub(super) fn app_arrives(&mut self, leg: LegId) {
        let ends = self.terms.policy.meeting.announce_until_app_joins;
        let app = self.roster.get(leg).is_some_and(|person| !person.phone);
        if app && let Some(running) = self.running_mut() {
            running.announces &= running.app_joined || !ends;
            running.app_joined = true;
        }
    }

    /// Names of the others, as far as they recorded any.
    pub(super) fn names_beside(&self, leg: LegId) -> Box<[(LegId, u16)]> {
        self.roster
            .people()
            .filter(|(other, person)| {
                *other != leg && person.place == Place::Joined && person.name_millis > 0
            })
            .map(|(other, person)| (other, person.name_millis))
            .collect()
    }

    /// What is said of an arrival or a departure, if anything.
    fn said_of(&self, leg: LegId, person: Option<Person>, arrival: bool) -> Option<Announcement> {
        self.running().filter(|running| running.announces)?;
        let how = self.terms.policy.tenant.entry_exit_announcements;
        // With the one who comes, or has gone.
        let there = self.roster.joined() + u32::from(!self.is_at(leg, Place::Joined));
        let is_crowded = self.terms.policy.meeting.announce_above.0.is_some_and(|above| there > above);
        let by_tone = match how {
            Announcements::ToneEntry if !arrival => return None,
            Announcements::ToneExit if arrival => return None,
            Announcements::Tone | Announcements::ToneEntry | Announcements::ToneExit => true,
            Announcements::Names | Announcements::NamesOrNumbers => is_crowded,
        };
        let tone = Prompt::Tone(if arrival { Tone::High } else { Tone::Low });
        let said = |whom, did| Some(Announcement { whom, did, arrival });
        if by_tone {
            return said(Whom::Nobody, tone);
        }
        let did = if arrival { Prompt::HasJoined } else { Prompt::HasLeft };
        let number = person.and_then(|person| person.number);
        match (self.recorded_name(leg, person), number) {
            (Some(name), _) => said(Whom::Name(name), did),
            (None, Some(end)) if how == Announcements::NamesOrNumbers => said(Whom::Number(end), did),
            (None, _) if arrival => said(Whom::Nobody, Prompt::SomeoneJoined),
            (None, _) => said(Whom::Nobody, tone),
        }
    }

    /// Counts one more arrival.
    fn burst(&mut self, now: Instant) -> Burst {
        let Some(most) = self.terms.policy.meeting.announce_burst.0 else { return Burst::No };
        let Some(running) = self.running_mut() else { return Burst::No };
        running.arrivals.retain(|arrival| *arrival + BURST > now);
        let was_one = running.in_burst && !running.arrivals.is_empty();
        running.arrivals.push_back(now);
        let is_one = u32::try_from(running.arrivals.len()).is_ok_and(|count| count > most);
        if is_one {
            running.arrivals.pop_front();
        }
        running.in_burst = is_one;
        match (was_one, is_one) {
            (_, false) => Burst::No,
            (false, true) => Burst::Begins,
            (true, true) => Burst::GoesOn,
        }
    }

    /// Lets those hear of somebody whom that concerns: all in the mix, or some of them in private.
    fn tell_of(&mut self, announcement: Announcement) {
        let is_told: fn(&Person) -> bool = match self.terms.policy.meeting.announce_to {
            AnnounceTo::All => return self.announce(announcement),
            AnnounceTo::Organizers => |person| person.organizer,
            AnnounceTo::Phones => |person| person.phone,
        };
        let prompts: Box<[Prompt]> = (0..).map_while(|at| announcement.prompt(at)).collect();
        for leg in self.roster.at(Place::Joined) {
            if self.roster.get(leg).is_some_and(is_told) {
                self.notify(leg, Notice::Announced { prompts: prompts.clone() });
            }
        }
    }

    fn recorded_name(&self, leg: LegId, person: Option<Person>) -> Option<Prompt> {
        let millis = person?.name_millis;
        (millis > 0).then_some(Prompt::RecordedName { leg, millis })
    }

    fn announce_next(&mut self) {
        if let Some(running) = self.running_mut()
            && running.announcing.is_none()
            && let Some(next) = running.announcements.pop_front()
            && let Some(first) = next.prompt(0)
        {
            self.say_to_all(next, 0, first);
        }
    }

    fn say_to_all(&mut self, of: Announcement, at: u8, prompt: Prompt) {
        let id = AnnouncementId { epoch: self.epoch, number: self.next_announcement };
        self.next_announcement += 1;
        if let Some(running) = self.running_mut() {
            running.announcing = Some(Announcing { id, of, at });
        }
        let language = self.terms.language;
        self.record(MeetingEvent::Announced { meeting: self.id, prompt, language });
        self.put(Output::Announce { announcement: id, prompt, language });
    }
}

/// Whether so many arrive at once that they are told of together.
enum Burst {
    No,
    Begins,
    GoesOn,
}
