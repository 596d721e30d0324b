//! Questions to the directory, with the faults that a story puts between.

use super::{Entry, Envelope, Sink, World};
use crate::bridge::faults::Fault;
use crate::control::query::DirectoryQuery;

impl<S: Sink> World<S> {
    pub(super) fn ask(&mut self, query: DirectoryQuery) {
        if self.stages.len() == 1 {
            self.asked.push(self.now());
        }
        match self.fault(&query) {
            None => self.answer(query),
            Some(Fault::Late(by)) => self.put_off(Envelope::Question(query), by),
            Some(Fault::Fails) => self.shard.carry(query.unavailable().into()),
            Some(Fault::Silent) => {}
        }
    }

    fn fault(&mut self, query: &DirectoryQuery) -> Option<Fault> {
        let stage = self.shard.stage_of(self.shard.part_of(query.leg())?).stage;
        self.stages[stage as usize].faults.next(query)
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
