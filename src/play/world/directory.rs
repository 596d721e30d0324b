//! Questions to the directory, with the faults that a story puts between.

use super::{DirectoryQuery, Entry, Envelope, Sink, World};
use crate::control::attendant;
use crate::control::meeting::{self, PinVerdict, Unavailable};
use crate::leg::trouble::Fault;

impl<S: Sink> World<S> {
    pub(super) fn ask(&mut self, asked: DirectoryQuery) {
        if self.stages.len() == 1 {
            self.asked.push(self.now());
        }
        match self.fault(&asked) {
            None => self.answer(asked),
            Some(Fault::Late(by)) => self.put_off(Envelope::Question(asked), by),
            Some(Fault::Fails) => self.deliver(asked, true),
            Some(Fault::Silent) => {}
        }
    }

    fn fault(&mut self, asked: &DirectoryQuery) -> Option<Fault> {
        let leg = match asked {
            DirectoryQuery::FindMeeting { leg, .. }
            | DirectoryQuery::CheckPin { leg, .. }
            | DirectoryQuery::Terms { leg, .. } => *leg,
        };
        let stage = self.shard.stage_of(self.shard.part_of(leg)?).stage;
        self.stages[stage as usize].faults.next(asked)
    }

    /// Answers with what is true now.
    pub(super) fn answer(&mut self, asked: DirectoryQuery) {
        self.deliver(asked, false);
    }

    fn deliver(&mut self, asked: DirectoryQuery, fails: bool) {
        match asked {
            DirectoryQuery::FindMeeting { leg, question, key } => {
                let result = if fails { Err(Unavailable) } else { Ok(self.directory.find(key)) };
                let found = attendant::Input::MeetingFound { question, result };
                self.shard.carry(Envelope::Attendant(leg, found));
            }
            DirectoryQuery::Terms { meeting, question, leg, organizer } => {
                let result = if fails { Err(Unavailable) } else { Ok(self.directory.terms(organizer)) };
                let found = meeting::Input::TermsFound { question, leg, result };
                self.shard.carry(Envelope::Meeting(meeting, found));
            }
            DirectoryQuery::CheckPin { meeting, check, leg, organizer, entry } => {
                let result = if fails {
                    Err(Unavailable)
                } else {
                    Ok(self.directory.check_pin(self.shard.now(), organizer, (leg, check), &entry))
                };
                self.drain_directory();
                if result == Ok(PinVerdict::Right) {
                    let terms = self.directory.terms(organizer);
                    self.shard.carry(Envelope::Meeting(meeting, meeting::Input::NewTerms { terms }));
                }
                self.shard
                    .carry(Envelope::Meeting(meeting, meeting::Input::PinChecked { check, leg, result }));
            }
        }
    }

    pub(super) fn drain_directory(&mut self) {
        while let Some(event) = self.directory.poll_record() {
            self.tell(Entry::Event(event));
        }
    }
}
