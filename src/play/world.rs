//! World: the machines in virtual time, on one thread, without a runtime. It carries values and decides nothing.

mod cast;
mod directory;
mod tamper;

use std::sync::Arc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

use crate::bridge::calls::FarEnd;
use crate::bridge::deadlines::Owner;
use crate::bridge::envelope::Outbound;
use crate::bridge::faults::FaultPlan;
use crate::bridge::protocol::Report;
use crate::control::attendant;
use crate::control::conference::{self, Conference};
use crate::control::directory::Directory;
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Epoch, Meeting};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::leg::scripted::Shard;
use crate::media::library::Library;
use crate::play::acts;
use crate::scenario::story::Story;

pub use crate::bridge::envelope::Envelope;
pub use cast::NoPlace;
pub use tamper::{Handling, Tamper};

/// A conference, and when it is to be woken.
#[derive(Debug)]
struct Row {
    conference: Conference,
    armed: Instant,
}

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
    directory: Directory,
    stages: Vec<Stage>,
    /// The meetings in which somebody is.
    rooms: Vec<Option<Box<Row>>>,
    /// How many meetings were opened.
    opened: u64,
    late: Vec<Option<Envelope>>,
    tamper: Option<Tamper>,
    /// When each question was put to the directory, of a story that is played alone.
    asked: Vec<Instant>,
}

impl<S: Sink> World<S> {
    /// An empty world with these settings, in which nothing has happened.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, sink: S) -> Self {
        let directory = Directory::new(policy);
        Self {
            entropy: ChaCha8Rng::seed_from_u64(seed),
            shard: Shard::new(Arc::clone(directory.policy()), seed, sink),
            directory,
            stages: Vec::new(),
            rooms: Vec::new(),
            opened: 0,
            late: Vec::new(),
            tamper: None,
            asked: Vec::new(),
        }
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    #[must_use]
    pub fn with_library(mut self, library: Arc<Library>) -> Self {
        self.shard.set_library(library);
        self
    }

    /// Plays on until nothing is left to happen, `until` is reached, or the sink wants no more.
    pub fn run(&mut self, until: Instant) {
        while self.shard.begin() {
            self.carry_all();
        }
        while !self.sink().wants_no_more()
            && let Some((at, owner)) = self.shard.poll_deadline(until)
        {
            match owner {
                Owner::FarEnd(end) if self.shard.wake(end, at) => self.wake_far_end(end),
                Owner::Meeting(room) if self.is_armed(room, at) => {
                    if let Some(room) = &mut self.rooms[room as usize] {
                        room.armed = Instant::NEVER;
                    }
                    if self.room_due(room) <= at {
                        self.shard.advance(at);
                        self.wake_room(room);
                    } else {
                        self.arm_room(room);
                    }
                }
                Owner::Late(late) => {
                    self.shard.advance(at);
                    self.deliver_late(late);
                    self.carry_all();
                }
                // A deadline that was moved since: whoever moved it stands in the heap again.
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

    /// How many values were handed to machines, timeouts included: the events of the figures.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.shard.carried()
    }

    /// Scripts that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> u32 {
        self.shard.unfinished()
    }

    /// Whether nothing is left of any call: none is up, nobody is on a meeting's roster, and nothing is due there.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.calls() == 0 && self.rooms.iter().all(Option::is_none)
    }

    /// When each question was put to the directory, in order; of a story that is played alone.
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
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The meeting of this number, if anybody is in it.
    #[must_use]
    pub fn meeting(&self, meeting: MeetingId) -> Option<&Meeting> {
        self.rooms.get(meeting.0 as usize)?.as_ref().map(|room| room.conference.meeting())
    }

    /// The scripted callers with their attendants.
    #[must_use]
    pub fn shard(&self) -> &Shard<S> {
        &self.shard
    }

    /// What took the entries.
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
            if self.sink().wants_no_more() {
                return;
            }
            self.carry(carried);
        }
    }

    /// Hands one value to its machine, and drains that.
    fn hand_over(&mut self, carried: Envelope) {
        match self.shard.hand_over(carried) {
            // No device is connected to a World.
            None | Some(Outbound::Device(..)) => {}
            Some(Outbound::Conference(meeting, input)) => self.give_conference(meeting, input),
            Some(Outbound::Question(asked)) => self.ask(asked),
            Some(Outbound::Act(part, act)) => {
                let stage = self.shard.stage_of(part).stage as usize;
                let story = Arc::clone(&self.stages[stage].story);
                let entropy = &mut || self.entropy.next_u64();
                acts::act(&story, (part, act), &mut self.directory, &mut self.shard, entropy);
                self.shard.set_policy(Arc::clone(self.directory.policy()));
            }
        }
    }

    /// Hands something to a conference. A caller who arrives opens it.
    fn give_conference(&mut self, id: MeetingId, input: conference::Input) {
        let index = id.0 as usize;
        if self.rooms.len() <= index {
            self.rooms.resize_with(index + 1, || None);
        }
        if let (None, conference::Input::Meeting(meeting::Input::Arrive { terms, .. })) =
            (&self.rooms[index], &input)
        {
            let conference = Conference::new(id, Epoch(self.opened), terms.clone());
            self.opened += 1;
            self.rooms[index] = Some(Box::new(Row { conference, armed: Instant::NEVER }));
        }
        if let Some(room) = &mut self.rooms[index] {
            room.conference.handle_input(self.shard.now(), input);
            self.drain_room(id.0);
        }
    }

    fn drain_room(&mut self, id: u32) {
        let Self { shard, rooms, .. } = self;
        let Some(room) = &mut rooms[id as usize] else { return };
        let now = shard.now();
        let library = Arc::clone(shard.library());
        while let Some(output) =
            room.conference.poll_output(now, |prompt, language| library.duration(prompt, language))
        {
            match output {
                conference::Output::Ask(query) => shard.carry(Envelope::Question(query)),
                conference::Output::Notify(leg, notice) => {
                    shard.carry(Envelope::Attendant(leg, attendant::Input::Notice(notice)));
                }
                conference::Output::Announced(leg, heard) => {
                    shard.carry(Envelope::Report(leg, Report::Announced(heard)));
                }
                conference::Output::Record(event) => shard.tell(Entry::Event(event)),
            }
        }
        // As on the exchange: whoever comes next opens it again, with a new machine.
        drop(rooms[id as usize].take_if(|room| room.conference.meeting().is_idle()));
        self.arm_room(id);
    }

    fn room_due(&self, id: u32) -> Instant {
        let room = self.rooms[id as usize].as_ref();
        room.and_then(|room| room.conference.poll_timeout()).unwrap_or(Instant::NEVER)
    }

    fn arm_room(&mut self, id: u32) {
        let due = self.room_due(id);
        let Some(room) = &mut self.rooms[id as usize] else { return };
        if due < room.armed {
            room.armed = due;
            self.shard.arm(due, Owner::Meeting(id));
        }
    }

    fn is_armed(&self, room: u32, at: Instant) -> bool {
        self.rooms[room as usize].as_ref().is_some_and(|room| room.armed == at)
    }

    fn wake_room(&mut self, id: u32) {
        let now = self.now();
        while let Some(room) = &mut self.rooms[id as usize]
            && room.conference.poll_timeout().is_some_and(|due| due <= now)
        {
            self.shard.count();
            room.conference.handle_timeout(now);
            self.drain_room(id);
            self.carry_all();
        }
        self.arm_room(id);
    }

    fn wake_far_end(&mut self, end: FarEnd) {
        while self.shard.step(end) {
            self.carry_all();
            if self.sink().wants_no_more() {
                return;
            }
        }
    }
}
