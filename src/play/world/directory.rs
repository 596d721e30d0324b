//! Questions to the directory, with the faults that a story puts between.

use super::{Entry, Envelope, Sink, World};
use crate::bridge::faults::Passage;
use crate::control::query::DirectoryQuery;

impl<S: Sink> World<S> {
    pub(super) fn ask(&mut self, query: DirectoryQuery) {
        if self.stages.len() == 1 {
            self.asked.push(self.now());
        }
        match self.pass(&query) {
            Passage::Asked => self.answer(query),
            Passage::AskedAt(at) => self.delay_until(at, Envelope::Question(query)),
            Passage::Answered(reply) => self.shard.carry(reply.into()),
            Passage::Lost => {}
        }
    }

    /// A question of a leg that is no part of a story meets no fault.
    fn pass(&mut self, query: &DirectoryQuery) -> Passage {
        let Some(part) = self.shard.part_of(query.leg()) else { return Passage::Asked };
        let stage = self.shard.stage_of(part).stage;
        self.stages[stage as usize].faults.pass(self.shard.now(), query)
    }

    /// Answers with what is true now.
    pub(super) fn answer(&mut self, query: DirectoryQuery) {
        let Self { shard, directory, .. } = self;
        query.answer(shard.now(), directory.as_mut(), |reply| shard.carry(reply.into()));
        while let Some(event) = self.directory.poll_record() {
            self.tell(Entry::Event(event));
        }
    }
}
