//! Announcements in a running meeting: one after the other, as one more talker in its mix.

use super::{AnnouncementId, Meeting, MeetingEvent, Output, Person, Place};
use crate::control::call::{LegId, Prompt, Tone};
use crate::control::policy::Announcements;

/// Arrivals and departures that wait to be announced; more are dropped and recorded. A meeting that fills by the
/// second would otherwise hear names for minutes.
pub const ANNOUNCEMENTS_MAX: usize = 32;

/// One or two prompts that belong together: a name, and what its owner did.
#[derive(Clone, Copy, Hash, Debug)]
pub(super) struct Announcement {
    first: Prompt,
    then: Option<Prompt>,
}

impl From<Prompt> for Announcement {
    fn from(prompt: Prompt) -> Self {
        Self { first: prompt, then: None }
    }
}

/// The prompt that the mix carries, and the one that belongs behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announcing {
    pub(super) id: AnnouncementId,
    pub(super) then: Option<Prompt>,
}

impl Meeting {
    /// Queues an announcement. Only a running meeting has any, and in that somebody hears it.
    fn announce(&mut self, announcement: Announcement) {
        let Some(running) = self.running_mut() else { return };
        if running.announcements.len() >= ANNOUNCEMENTS_MAX {
            let prompt = announcement.then.unwrap_or(announcement.first);
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
        let Some(over) = over else { return };
        match over.then {
            Some(prompt) => self.say_to_all(prompt.into()),
            None => self.announce_next(),
        }
    }

    pub(super) fn announce_arrival(&mut self, leg: LegId) {
        let name = self.recorded_name(leg, self.roster.get(leg).copied());
        match (self.announced(), name) {
            (None, _) => {}
            (Some(Announcements::Tone), _) => self.announce(Prompt::Tone(Tone::High).into()),
            (Some(Announcements::Names), Some(first)) => {
                self.announce(Announcement { first, then: Some(Prompt::HasJoined) });
            }
            (Some(Announcements::Names), None) => self.announce(Prompt::SomeoneJoined.into()),
        }
    }

    pub(super) fn announce_departure(&mut self, leg: LegId, person: Person) {
        match (self.announced(), self.recorded_name(leg, Some(person))) {
            (None, _) => {}
            (Some(Announcements::Names), Some(first)) => {
                self.announce(Announcement { first, then: Some(Prompt::HasLeft) });
            }
            (Some(Announcements::Names | Announcements::Tone), _) => {
                self.announce(Prompt::Tone(Tone::Low).into());
            }
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

    fn announced(&self) -> Option<Announcements> {
        let announces = self.running().is_some_and(|running| running.announces);
        announces.then_some(self.terms.policy.tenant.entry_exit_announcements)
    }

    fn recorded_name(&self, leg: LegId, person: Option<Person>) -> Option<Prompt> {
        let millis = person?.name_millis;
        (millis > 0).then_some(Prompt::RecordedName { leg, millis })
    }

    fn announce_next(&mut self) {
        if let Some(running) = self.running_mut()
            && running.announcing.is_none()
            && let Some(next) = running.announcements.pop_front()
        {
            self.say_to_all(next);
        }
    }

    fn say_to_all(&mut self, Announcement { first, then }: Announcement) {
        let id = AnnouncementId { epoch: self.epoch, number: self.next_announcement };
        self.next_announcement += 1;
        if let Some(running) = self.running_mut() {
            running.announcing = Some(Announcing { id, then });
        }
        let language = self.terms.language;
        self.record(MeetingEvent::Announced { meeting: self.id, prompt: first, language });
        self.put(Output::Announce { announcement: id, prompt: first, language });
    }
}
