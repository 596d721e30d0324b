//! Questions to the directory, with the faults that a story puts between, and what administrators do.

use rand::Rng as _;

use super::{Carried, Entry, LegId, MeetingId, Sink, World};
use crate::control::attendant::{self, MeetingKey, QuestionId};
use crate::control::call::Digits;
use crate::control::caller::{ActId, Named, OrganizerRef};
use crate::control::directory::Coordinates;
use crate::control::meeting::{self, CheckId, Unavailable};
use crate::control::pin::{Pin, PinEntry};
use crate::control::policy::OrganizerId;
use crate::scenario::story::{Act, DirectoryTrouble, QuestionKind};

/// A question to the directory.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// Which meeting this is.
    FindMeeting {
        /// Who asks.
        leg: LegId,
        /// The question.
        question: QuestionId,
        /// What names the meeting.
        key: MeetingKey,
    },
    /// Whether a PIN is right.
    CheckPin {
        /// Who asks.
        meeting: MeetingId,
        /// The question.
        check: CheckId,
        /// Whose call.
        leg: LegId,
        /// Whose PIN it must be.
        organizer: OrganizerId,
        /// What was keyed.
        entry: PinEntry,
    },
}

impl Asked {
    fn kind(&self) -> QuestionKind {
        match self {
            Self::FindMeeting { .. } => QuestionKind::FindMeeting,
            Self::CheckPin { .. } => QuestionKind::CheckPin,
        }
    }
}

/// What an organizer was shown of their PIN and conference ID, now and before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Book {
    pin: Pin,
    previous_pin: Option<Pin>,
    conference_id: Digits,
    previous_conference_id: Option<Digits>,
}

impl Book {
    pub(super) fn new(given: Coordinates) -> Self {
        Self {
            pin: given.pin,
            previous_pin: None,
            conference_id: given.conference_id,
            previous_conference_id: None,
        }
    }

    fn new_pin(&mut self, pin: Pin) {
        self.previous_pin = Some(std::mem::replace(&mut self.pin, pin));
    }

    fn new_conference_id(&mut self, id: Digits) {
        self.previous_conference_id = Some(std::mem::replace(&mut self.conference_id, id));
    }
}

impl<S: Sink> World<S> {
    pub(super) fn spell(&self, first: u32, named: Named) -> Option<Digits> {
        let book = |organizer: OrganizerRef| self.book.get((first + u32::from(organizer.0)) as usize);
        match named {
            Named::Pin(organizer) => Some(book(organizer)?.pin.reveal()),
            Named::PreviousPin(organizer) => book(organizer)?.previous_pin.map(|pin| pin.reveal()),
            Named::ConferenceId(organizer) => Some(book(organizer)?.conference_id),
            Named::PreviousConferenceId(organizer) => book(organizer)?.previous_conference_id,
        }
    }

    pub(super) fn ask(&mut self, asked: Asked) {
        if self.stages.len() == 1 {
            self.asked.push(self.now);
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

    /// The trouble that this question meets, if any: the first fault that fits it and is not used up.
    fn trouble(&mut self, asked: &Asked) -> Option<DirectoryTrouble> {
        let part = match asked {
            Asked::FindMeeting { leg, .. } => self.legs[leg.0 as usize],
            Asked::CheckPin { organizer, .. } => self.stage_of(*organizer)?,
        };
        let index = self.parts[part as usize].stage as usize;
        let faults = &self.stages[index].story.directory_faults;
        let troubled = &mut self.troubled[index];
        let fits = faults.iter().zip(troubled).find(|(fault, met)| {
            fault.question.is_none_or(|question| question == asked.kind())
                && fault.times.is_none_or(|times| **met < times)
        });
        fits.map(|(fault, met)| {
            *met += 1;
            fault.what
        })
    }

    /// The first part of the stage to which an organizer belongs.
    fn stage_of(&self, organizer: OrganizerId) -> Option<u32> {
        let after = self.stages.partition_point(|stage| stage.first_organizer <= organizer.0);
        Some(self.stages.get(after.checked_sub(1)?)?.first_part)
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
                self.queue.push_back(Carried::Attendant(leg, found));
            }
            Asked::CheckPin { meeting, check, leg, organizer, entry } => {
                let result = if fails {
                    Err(Unavailable)
                } else {
                    Ok(self.directory.check_pin(self.now, organizer, (leg, check), &entry))
                };
                self.drain_directory();
                self.queue.push_back(Carried::Meeting(meeting, meeting::Input::PinChecked { check, result }));
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
        let stage_index = self.parts[index as usize].stage;
        let stage = &self.stages[stage_index as usize];
        let story = stage.story.clone();
        let (first_organizer, first_part) = (stage.first_organizer, stage.first_part);
        let id = |organizer: &OrganizerRef| OrganizerId(first_organizer + u32::from(organizer.0));
        self.tell(Entry::Act { stage: stage_index, act: act.0 });
        let mut entropy = || self.entropy.next_u64();
        match &story.acts[usize::from(act.0)] {
            Act::ResetPin(organizer) => {
                let pin = self.directory.reset_pin(self.now, id(organizer), &mut entropy);
                self.book[id(organizer).0 as usize].new_pin(pin);
            }
            Act::ResetConferenceId(organizer) => {
                let new = self.directory.reset_conference_id(id(organizer), &mut entropy);
                self.book[id(organizer).0 as usize].new_conference_id(new);
            }
            Act::Set { name, value } => {
                self.directory.set(name, value).expect("the file's settings were tried when it was read");
                (0..self.rooms.len()).for_each(|room| self.tell_terms(OrganizerId(number(room))));
            }
            Act::AllowAnonymousStart(organizer, allow) => {
                self.directory.allow_anonymous_start(id(organizer), *allow);
                self.tell_terms(id(organizer));
            }
            Act::Enable(organizer) => {
                if let Some(given) = self.directory.enable(self.now, id(organizer), &mut entropy) {
                    let book = &mut self.book[given.organizer.0 as usize];
                    book.new_pin(given.pin);
                    book.new_conference_id(given.conference_id);
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
                let call = self.parts[(first_part + role) as usize].call.as_ref();
                if let Some((leg, meeting)) = call.and_then(|call| Some((call.leg, call.meeting?))) {
                    self.queue.push_back(Carried::Meeting(meeting, meeting::Input::Admit { leg }));
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
        self.queue.push_back(Carried::Meeting(MeetingId(organizer.0), input));
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four billion meetings")
}
