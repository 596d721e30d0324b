//! Who may be heard: participants who mute themselves, whom an organizer mutes, and those who join muted.

use super::roster::Person;
use super::{Meeting, MeetingEvent, Notice, Place};
use crate::control::call::{LegId, Prompt};
use crate::control::event::MutedBy;
use crate::control::policy::{MuteMode, MuteOnEntry};

impl Meeting {
    /// A participant mutes or unmutes himself, as far as that is up to him.
    pub(super) fn mute_oneself(&mut self, leg: LegId, person: Person) {
        if person.muted.is_some() && self.keeps_muted(&person) {
            self.notify(leg, Notice::CannotUnmute);
            if self.terms.policy.meeting.mute_raises_hand && !person.hand_raised {
                self.raise_hand(leg, true);
            }
            return;
        }
        self.set_muted_by(leg, person.muted.is_none(), MutedBy::Oneself);
    }

    /// An authorised person mutes or unmutes a participant. One who is so already is told nothing.
    pub(super) fn set_muted(&mut self, leg: LegId, muted: bool) {
        let is_joined = |person: &&Person| person.place == Place::Joined;
        let person = self.roster.get(leg).filter(is_joined);
        if person.is_some_and(|person| person.muted.is_some() != muted) {
            self.set_muted_by(leg, muted, MutedBy::Organizer);
        }
    }

    /// The organizer mutes all others, or lets all talk again: but for those who muted themselves.
    pub(super) fn mute_all(&mut self, organizer: LegId) {
        let means = self.terms.policy.meeting.mute_all_means.mode();
        let Some(running) = self.running_mut() else { return };
        let mutes = running.mute_mode == MuteMode::Talk;
        running.mute_mode = if mutes { means } else { MuteMode::Talk };
        for leg in self.roster.at(Place::Joined) {
            let muted = self.roster.get(leg).and_then(|person| person.muted);
            match muted {
                None if mutes && leg != organizer => self.set_muted_by(leg, true, MutedBy::Organizer),
                Some(MutedBy::Organizer | MutedBy::Entry) if !mutes => {
                    self.note_muted(leg, false, MutedBy::Organizer);
                }
                Some(_) | None => {}
            }
        }
        if !mutes {
            self.announce_first(Prompt::NowUnmutedAll);
        }
        self.notify(organizer, Notice::Done);
    }

    /// Whoever joins is muted where the meeting or the setting says so.
    pub(super) fn mute_newcomer(&mut self, leg: LegId) {
        if self.roster.get(leg).is_some_and(|person| self.mutes_on_entry(person)) {
            self.set_muted_by(leg, true, MutedBy::Entry);
        }
    }

    /// Returns whether somebody is muted on joining.
    fn mutes_on_entry(&self, person: &Person) -> bool {
        let all_are_muted = self.running().is_some_and(|running| running.mute_mode != MuteMode::Talk);
        let by_setting = match self.terms.policy.meeting.mute_on_entry {
            MuteOnEntry::Nobody => false,
            MuteOnEntry::Participants => true,
            MuteOnEntry::Phones => person.phone,
        };
        !person.organizer && (all_are_muted || by_setting)
    }

    /// Returns whether somebody who is muted stays so until the organizer lets all talk.
    fn keeps_muted(&self, person: &Person) -> bool {
        let mode = self.running().map(|running| running.mute_mode);
        mode == Some(MuteMode::MayNotUnmute) && !person.organizer
    }

    fn set_muted_by(&mut self, leg: LegId, muted: bool, by: MutedBy) {
        let hard = self.note_muted(leg, muted, by);
        let by_organizer = by == MutedBy::Organizer || (by == MutedBy::Entry && hard);
        self.notify(leg, Notice::Muted { muted, by_organizer });
    }

    /// Returns whether the person may not undo it.
    fn note_muted(&mut self, leg: LegId, muted: bool, by: MutedBy) -> bool {
        self.roster.note(leg, |person| person.muted = muted.then_some(by));
        let hard = muted && self.roster.get(leg).is_some_and(|person| self.keeps_muted(person));
        self.record(MeetingEvent::Muted { meeting: self.id, leg, muted, by, hard });
        hard
    }

    pub(super) fn raise_hand(&mut self, leg: LegId, raised: bool) {
        self.roster.note(leg, |person| person.hand_raised = raised);
        self.record(MeetingEvent::Hand { meeting: self.id, leg, raised });
        self.notify(leg, Notice::Hand { raised });
    }
}
