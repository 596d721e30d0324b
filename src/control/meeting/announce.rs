//! What a running meeting is told: one prompt after the other, as one more talker in its mix.

use super::{Event, Meeting, Output, Person, Phase, Place};
use crate::control::call::{LegId, PlaybackId, Prompt, Tone};
use crate::control::policy::Announcements;

/// Arrivals and departures that wait to be announced; more are dropped and recorded. A meeting that fills by the
/// second would otherwise hear names for minutes.
pub const ANNOUNCEMENTS_MAX: usize = 32;

impl Meeting {
    /// Queues a prompt for the mix, if anybody is there to hear it.
    pub(super) fn announce(&mut self, prompt: Prompt) {
        if self.phase == Phase::Waiting || self.roster.joined() == 0 {
            return;
        }
        if self.announcements.len() >= ANNOUNCEMENTS_MAX {
            return self.record(Event::AnnouncementDropped { meeting: self.id, prompt });
        }
        self.announcements.push_back(prompt);
        if self.announcing.is_none() {
            self.announce_next();
        }
    }

    /// Tells the meeting next, whatever waits: what concerns everybody is neither late nor dropped.
    pub(super) fn announce_first(&mut self, prompt: Prompt) {
        if self.phase != Phase::Waiting && self.roster.joined() > 0 {
            self.announcements.push_front(prompt);
            if self.announcing.is_none() {
                self.announce_next();
            }
        }
    }

    pub(super) fn announcement_finished(&mut self, playback: PlaybackId) {
        if self.announcing == Some(playback) {
            self.announcing = None;
            self.announce_next();
        }
    }

    pub(super) fn silence_announcements(&mut self) {
        self.announcements.clear();
        self.announcing = None;
    }

    pub(super) fn announce_arrival(&mut self, leg: LegId) {
        let name = self.recorded_name(leg, self.roster.get(leg).copied());
        match (self.announced(), name) {
            (None, _) => {}
            (Some(Announcements::Tone), _) => self.announce(Prompt::Tone(Tone::High)),
            (Some(Announcements::Names), Some(name)) => {
                self.announce(name);
                self.announce(Prompt::HasJoined);
            }
            (Some(Announcements::Names), None) => self.announce(Prompt::SomeoneJoined),
        }
    }

    pub(super) fn announce_departure(&mut self, leg: LegId, person: Person) {
        match (self.announced(), self.recorded_name(leg, Some(person))) {
            (None, _) => {}
            (Some(Announcements::Names), Some(name)) => {
                self.announce(name);
                self.announce(Prompt::HasLeft);
            }
            (Some(Announcements::Names | Announcements::Tone), _) => self.announce(Prompt::Tone(Tone::Low)),
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
        self.announces.then_some(self.terms.policy.tenant.entry_exit_announcements)
    }

    fn recorded_name(&self, leg: LegId, person: Option<Person>) -> Option<Prompt> {
        let millis = person?.name_millis;
        (millis > 0).then_some(Prompt::RecordedName { leg, millis })
    }

    fn announce_next(&mut self) {
        let Some(prompt) = self.announcements.pop_front() else {
            return;
        };
        let playback = PlaybackId(self.next_playback);
        self.next_playback = self.next_playback.wrapping_add(1);
        self.announcing = Some(playback);
        self.record(Event::Announced { meeting: self.id, prompt });
        self.outputs.push(Output::Announce { playback, prompt, language: self.terms.language });
    }
}
