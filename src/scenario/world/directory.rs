//! Questions to the directory, with the faults that a story puts between, and what administrators do.

use std::sync::Arc;

use rand::Rng as _;

use super::{Asked, Carried, Entry, MeetingId, Sink, World};
use crate::control::attendant;
use crate::control::caller::{ActId, OrganizerRef};
use crate::control::meeting::{self, Unavailable};
use crate::control::policy::OrganizerId;
use crate::leg::trouble::DirectoryTrouble;
use crate::scenario::story::Act;

impl<S: Sink> World<S> {
    pub(super) fn ask(&mut self, asked: Asked) {
        if self.stages.len() == 1 {
            self.asked.push(self.now());
        }
        let lateness = self.lateness();
        match (self.trouble(&asked), lateness) {
            (None, None) => self.answer(asked),
            (None, Some(by)) => self.put_off(Carried::Question(asked), by),
            (Some(DirectoryTrouble::Late(by)), later) => {
                self.put_off(Carried::Question(asked), by.saturating_add(later.unwrap_or_default()));
            }
            (Some(DirectoryTrouble::Fails), _) => self.deliver(asked, true),
            (Some(DirectoryTrouble::Silent), _) => {}
        }
    }

    /// How much later the order of the story lets the last question be answered.
    fn lateness(&self) -> Option<std::time::Duration> {
        let late = &self.stages.first()?.story.late_questions;
        late.iter().find(|(number, _)| *number as usize == self.asked.len()).map(|(_, by)| *by)
    }

    fn trouble(&mut self, asked: &Asked) -> Option<DirectoryTrouble> {
        let leg = match asked {
            Asked::FindMeeting { leg, .. } | Asked::CheckPin { leg, .. } => *leg,
        };
        let (stage, _, _) = self.shard.stage_of(self.shard.part_of(leg)?);
        self.stages[stage as usize].troubles.meet(asked)
    }

    /// Answers with what is true now.
    pub(super) fn answer(&mut self, asked: Asked) {
        self.deliver(asked, false);
    }

    fn deliver(&mut self, asked: Asked, fails: bool) {
        match asked {
            Asked::FindMeeting { leg, question, key } => {
                let result = if fails { Err(Unavailable) } else { Ok(self.directory.find(key)) };
                let found = attendant::Input::MeetingFound { question, result };
                self.shard.carry(Carried::Attendant(leg, found));
            }
            Asked::CheckPin { meeting, check, leg, organizer, entry } => {
                let result = if fails {
                    Err(Unavailable)
                } else {
                    Ok(self.directory.check_pin(self.shard.now(), organizer, (leg, check), &entry))
                };
                self.drain_directory();
                self.shard.carry(Carried::Meeting(meeting, meeting::Input::PinChecked { check, result }));
            }
        }
    }

    pub(super) fn drain_directory(&mut self) {
        while let Some(event) = self.directory.poll_record() {
            self.tell(Entry::Event(event));
        }
    }

    /// An administrator of a story acts.
    pub(super) fn act(&mut self, index: u32, act: ActId) {
        let (stage, first_part, first_page) = self.shard.stage_of(index);
        let story = Arc::clone(&self.stages[stage as usize].story);
        let id = |organizer: &OrganizerRef| OrganizerId(first_page + u32::from(organizer.0));
        self.tell(Entry::Act { stage, act: act.0 });
        let mut entropy = || self.entropy.next_u64();
        match &story.acts[usize::from(act.0)] {
            Act::ResetPin(organizer) => {
                let pin = self.directory.reset_pin(self.shard.now(), id(organizer), &mut entropy);
                self.shard.show_pin(id(organizer).0, pin);
            }
            Act::ResetConferenceId(organizer) => {
                let new = self.directory.reset_conference_id(id(organizer), &mut entropy);
                self.shard.show_conference_id(id(organizer).0, new);
            }
            Act::Set { name, value } => {
                self.directory.set(name, value).expect("the file's settings were tried when it was read");
                self.shard.set_policy(Arc::clone(self.directory.policy()));
                (0..self.rooms.len()).for_each(|room| self.tell_terms(OrganizerId(number(room))));
            }
            Act::AllowAnonymousStart(organizer, allow) => {
                self.directory.allow_anonymous_start(id(organizer), *allow);
                self.tell_terms(id(organizer));
            }
            Act::Enable(organizer) => {
                if let Some(given) = self.directory.enable(self.shard.now(), id(organizer), &mut entropy) {
                    self.shard.show_pin(given.organizer.0, given.pin);
                    self.shard.show_conference_id(given.organizer.0, given.conference_id);
                    self.tell_terms(given.organizer);
                }
            }
            Act::Disable(organizer) => {
                self.directory.disable(id(organizer));
                self.tell_terms(id(organizer));
            }
            Act::Unlock(organizer) => self.directory.unlock(id(organizer)),
            Act::EndMeeting(organizer) => self.tell_meeting(id(organizer), meeting::Input::End),
            Act::LockMeeting(organizer) => {
                self.tell_meeting(id(organizer), meeting::Input::SetLocked { locked: true });
            }
            Act::UnlockMeeting(organizer) => {
                self.tell_meeting(id(organizer), meeting::Input::SetLocked { locked: false });
            }
            Act::Admit(role) => {
                if let Some((leg, meeting)) = self.shard.place(first_part + role) {
                    self.shard.carry(Carried::Meeting(meeting, meeting::Input::Admit { leg }));
                }
            }
        }
        self.drain_directory();
    }

    /// What the directory says of a meeting has changed.
    fn tell_terms(&mut self, organizer: OrganizerId) {
        let terms = self.directory.terms(organizer);
        self.tell_meeting(organizer, meeting::Input::NewTerms { terms });
    }

    fn tell_meeting(&mut self, organizer: OrganizerId, input: meeting::Input) {
        self.shard.carry(Carried::Meeting(MeetingId(organizer.0), input));
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four billion meetings")
}
