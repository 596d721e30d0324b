//! World: the machines in virtual time, on one thread, without a runtime. It carries values and decides nothing.

mod cast;
mod directory;
mod tamper;

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use slab::Slab;

use crate::bridge::calls::FarEnd;
use crate::bridge::conferences::Conferences;
use crate::bridge::deadlines::Owner;
use crate::bridge::envelope::Outbound;
use crate::bridge::faults::FaultPlan;
use crate::control::conference;
use crate::control::directory::{Directory, StoryDirectory};
use crate::control::event::MeetingId;
use crate::control::meeting::Meeting;
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::leg::Shard;
use crate::leg::log::{Entry, Sink};
use crate::media::library::Library;
use crate::play::acts;
use crate::scenario::story::Story;

pub use crate::bridge::envelope::Envelope;
pub use cast::NoPlace;
pub use tamper::{Handling, Tamper};

/// A story that is being played, with what its questions to the directory meet.
#[derive(Debug)]
struct Stage {
    story: Arc<Story>,
    faults: FaultPlan,
}

/// The virtual-time driver. One thread, no runtime; one queue of values, one heap of deadlines; the same seed and
/// stories give the same entries, byte for byte. The seed orders what is due at one moment (among
/// neighbours, 64 parts at a time), draws PINs, and chooses
/// which keys a fault hits.
#[derive(Debug)]
pub struct World<S> {
    entropy: ChaCha8Rng,
    /// Every scripted caller with its attendant, and the values on their way.
    shard: Shard<S>,
    directory: Box<dyn StoryDirectory>,
    stages: Vec<Stage>,
    conferences: Conferences,
    late: Slab<Envelope>,
    tamper: Option<Tamper>,
    /// When each question was put to the directory, of a story that is played alone.
    asked: Vec<Instant>,
}

impl<S: Sink> World<S> {
    /// An empty world with these settings, in which nothing has happened.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, sink: S) -> Self {
        Self::on(Box::new(Directory::new(policy)), seed, sink)
    }

    /// The same, on another directory than the records of [`Directory`].
    #[must_use]
    pub fn on(directory: Box<dyn StoryDirectory>, seed: u64, sink: S) -> Self {
        Self {
            entropy: ChaCha8Rng::seed_from_u64(seed),
            shard: Shard::new(Arc::clone(directory.policy()), seed, sink),
            directory,
            stages: Vec::new(),
            conferences: Conferences::new(Arc::clone(Library::built_in())),
            late: Slab::new(),
            tamper: None,
            asked: Vec::new(),
        }
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    #[must_use]
    pub fn with_library(mut self, library: Arc<Library>) -> Self {
        self.shard.set_library(Arc::clone(&library));
        self.conferences.set_library(library);
        self
    }

    /// Plays on until nothing is left to happen, `until` is reached, or the sink wants no more.
    pub fn run(&mut self, until: Instant) {
        while self.shard.begin() {
            self.carry_all();
        }
        // Whoever fails at the same moment as the first is told of, too: the moment is played to its end.
        let last = |world: &Self| if world.sink().wants_no_more() { until.min(world.now()) } else { until };
        while let Some((at, owner)) = self.shard.poll_deadline(last(self)) {
            match owner {
                Owner::FarEnd(end) if self.shard.wake(end, at) => self.wake_far_end(end),
                Owner::Meeting(meeting) if self.conferences.disarm(meeting, at) => {
                    if self.conferences.poll_timeout(meeting).is_some_and(|due| due <= at) {
                        self.shard.advance(at);
                        self.wake_conference(meeting);
                    }
                    self.arm_conference(meeting);
                }
                Owner::Late(late) => {
                    self.shard.advance(at);
                    self.deliver_late(late);
                    self.carry_all();
                }
                // A deadline that was moved since: its owner is in the heap again.
                Owner::FarEnd(_) | Owner::Meeting(_) => {}
            }
            self.shard.retire();
        }
    }

    /// The moment that the run has reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.shard.now()
    }

    /// Returns how many values were handed to machines, timeouts included: the events of the figures.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.shard.carried()
    }

    /// Scripts that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> u32 {
        self.shard.unfinished()
    }

    /// Returns whether nothing is left of any call: none is up, nobody is on a meeting's roster, and nothing is due
    /// there.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.calls() == 0 && self.conferences.is_empty()
    }

    /// Returns when each question was put to the directory, in order; of a story that is played alone.
    #[must_use]
    pub fn asked(&self) -> &[Instant] {
        &self.asked
    }

    /// Calls that are up.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.shard.calls()
    }

    /// The directory, to look into at the end.
    #[must_use]
    pub fn directory(&self) -> &dyn StoryDirectory {
        &*self.directory
    }

    /// The meeting of this number, if anybody is in it.
    #[must_use]
    pub fn meeting(&self, meeting: MeetingId) -> Option<&Meeting> {
        self.conferences.get(meeting)
    }

    /// The scripted callers with their attendants.
    #[must_use]
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }

    /// Returns what took the entries.
    pub fn sink(&self) -> &S {
        self.shard.sink()
    }

    /// Gives back what took the entries.
    #[must_use]
    pub fn into_sink(self) -> S {
        self.shard.into_sink()
    }

    fn tell(&mut self, entry: Entry) {
        self.shard.tell(entry);
    }

    /// Hands over every value on its way, each to a machine that has been drained.
    fn carry_all(&mut self) {
        while let Some(carried) = self.shard.poll_carried() {
            self.carry(carried);
        }
    }

    /// Hands one value to its machine, and drains that.
    fn hand_over(&mut self, carried: Envelope) {
        match self.shard.hand_over(carried) {
            // No device is connected to a World.
            // Nobody's calls leave a world.
            None | Some(Outbound::Device(..) | Outbound::Outward(..)) => {}
            Some(Outbound::Conference(meeting, input)) => self.give_conference(meeting, input),
            Some(Outbound::Question(asked)) => self.ask(asked),
            Some(Outbound::Act(part, act)) => {
                let stage = self.shard.stage_of(part).stage as usize;
                let story = Arc::clone(&self.stages[stage].story);
                let entropy = &mut || self.entropy.next_u64();
                acts::act(&story, (part, act), &mut *self.directory, &mut self.shard, entropy);
                self.shard.set_policy(Arc::clone(self.directory.policy()));
            }
        }
    }

    fn give_conference(&mut self, meeting: MeetingId, input: conference::Input) {
        self.conferences.handle_input(self.shard.now(), meeting, input);
        self.drain_conference(meeting);
    }

    fn drain_conference(&mut self, meeting: MeetingId) {
        let Self { shard, conferences, .. } = self;
        conferences.drain(shard.now(), meeting, |effect| shard.put(effect));
        self.arm_conference(meeting);
    }

    fn arm_conference(&mut self, meeting: MeetingId) {
        if let Some(due) = self.conferences.arm(meeting) {
            self.shard.arm(due, Owner::Meeting(meeting));
        }
    }

    fn wake_conference(&mut self, meeting: MeetingId) {
        loop {
            let timers: Vec<_> = match self.conferences.get(meeting) {
                Some(due) if S::WATCHES => due.timers_due(self.now()).collect(),
                Some(_) | None => Vec::new(),
            };
            match self.conferences.handle_timeout(self.now(), meeting) {
                conference::Due::Nothing => return,
                // What comes of it is counted as it is carried.
                conference::Due::Mix => {}
                conference::Due::Meeting => {
                    self.shard.count();
                    timers.into_iter().for_each(|timer| self.shard.tell_timer(timer));
                }
            }
            self.drain_conference(meeting);
            self.carry_all();
        }
    }

    fn wake_far_end(&mut self, end: FarEnd) {
        while self.shard.step(end) {
            self.carry_all();
        }
    }
}
