//! World: the machines in virtual time, on one thread, without a runtime. It carries values and decides nothing.

mod cast;
mod deadlines;
mod directory;
mod line;
mod tamper;
mod uplink;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::log::{Entry, Sink};
use super::story::Story;
use crate::control::attendant::{self, Attendant};
use crate::control::call::{HangupCause, LegId, PlaybackId, Prompt, Source};
use crate::control::caller::{self, ActId, Caller, SignalId};
use crate::control::directory::Directory;
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Meeting};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::media::library::Library;
use deadlines::{Deadlines, Owner};
use directory::Book;
use line::Line;
use uplink::Uplink;

pub use cast::NoPlace;
pub use directory::Asked;
pub use line::with_chosen_keys;
pub use tamper::{Handling, Tamper};

/// A scripted caller on stage.
#[derive(Debug)]
struct Part {
    caller: Caller,
    stage: u32,
    role: u32,
    /// The deadline for which this part stands in the heap.
    armed: Instant,
    /// The leg that the caller listens to.
    leg: Option<LegId>,
    call: Option<Box<Call>>,
    line: Line,
    /// The way of its keys, where they do not arrive at once.
    uplink: Option<Box<Uplink>>,
}

/// A call that is up: the bridge's side of a part's leg.
#[derive(Debug)]
struct Call {
    leg: LegId,
    attendant: Attendant,
    meeting: Option<MeetingId>,
    hearing: Source,
    playing: Option<(PlaybackId, Instant)>,
    dialled: Instant,
}

/// A meeting and its mix.
#[derive(Debug)]
struct Room {
    machine: Meeting,
    armed: Instant,
    announcing: Option<(PlaybackId, Prompt, Instant)>,
    /// The parts that hear the mix.
    listeners: BTreeSet<u32>,
}

/// A story that is being played, with its place among the parts, users and signals of the world.
#[derive(Debug)]
struct Stage {
    story: Arc<Story>,
    first_part: u32,
    first_organizer: u32,
    first_number: u32,
    signals: Vec<u32>,
    unfinished: u32,
}

/// A value on its way to a machine.
#[derive(Clone, Debug)]
pub enum Carried {
    /// To the attendant of a leg.
    Attendant(LegId, attendant::Input),
    /// To a meeting.
    Meeting(MeetingId, meeting::Input),
    /// To a scripted caller: a part of the cast.
    Caller(u32, caller::Input),
    /// To the ear of whoever is on this leg.
    Ear(LegId, caller::Input),
    /// To the directory.
    Question(Asked),
    /// A part dials.
    Dial(u32, caller::Target),
    /// A part hangs up, or vanishes.
    HangUp(u32, HangupCause),
    /// A part acts as an administrator.
    Act(u32, ActId),
}

/// The virtual-time driver. One thread, no runtime; one queue of values, one heap of deadlines; the same seed and
/// stories give the same entries, byte for byte. The seed orders what is due at one moment (among
/// neighbours, 64 parts at a time), draws PINs, and chooses
/// which keys a fault hits.
#[derive(Debug)]
pub struct World<S> {
    now: Instant,
    seed: u64,
    entropy: ChaCha8Rng,
    sink: S,
    directory: Directory,
    library: Arc<Library>,
    book: Vec<Book>,
    numbers: Vec<Arc<crate::control::policy::ServiceNumber>>,
    stages: Vec<Stage>,
    parts: Vec<Part>,
    /// Which part each leg belongs to.
    legs: Vec<u32>,
    rooms: Vec<Option<Box<Room>>>,
    late: Vec<Option<Carried>>,
    tamper: Option<Tamper>,
    troubled: Vec<Vec<u32>>,
    /// When each question was put to the directory, of a story that is played alone.
    asked: Vec<Instant>,
    /// The first part that has not been told to begin.
    next_to_begin: u32,
    queue: VecDeque<Carried>,
    deadlines: Deadlines,
    carried: u64,
}

impl<S: Sink> World<S> {
    /// An empty world with these settings, in which nothing has happened.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, sink: S) -> Self {
        Self {
            now: Instant::ZERO,
            seed,
            entropy: ChaCha8Rng::seed_from_u64(seed),
            sink,
            directory: Directory::new(policy),
            library: Arc::clone(Library::built_in()),
            book: Vec::new(),
            numbers: Vec::new(),
            stages: Vec::new(),
            parts: Vec::new(),
            legs: Vec::new(),
            rooms: Vec::new(),
            late: Vec::new(),
            tamper: None,
            troubled: Vec::new(),
            asked: Vec::new(),
            next_to_begin: 0,
            queue: VecDeque::new(),
            deadlines: Deadlines::new(seed),
            carried: 0,
        }
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    #[must_use]
    pub fn with_library(mut self, library: Arc<Library>) -> Self {
        self.library = library;
        self
    }

    /// Plays on until nothing is left to happen, `until` is reached, or the sink wants no more.
    pub fn run(&mut self, until: Instant) {
        self.begin();
        while !self.sink.wants_no_more()
            && let Some((at, owner)) = self.deadlines.pop(until)
        {
            match owner {
                Owner::Part(part) if self.parts[part as usize].armed == at => {
                    self.parts[part as usize].armed = Instant::NEVER;
                    if self.part_due(part) <= at {
                        self.now = self.now.max(at);
                        self.wake_part(part);
                    } else {
                        self.arm_part(part);
                    }
                }
                Owner::Meeting(room) if self.is_armed(room, at) => {
                    if let Some(room) = &mut self.rooms[room as usize] {
                        room.armed = Instant::NEVER;
                    }
                    if self.room_due(room) <= at {
                        self.now = self.now.max(at);
                        self.wake_room(room);
                    } else {
                        self.arm_room(room);
                    }
                }
                Owner::Late(late) => {
                    self.now = self.now.max(at);
                    self.deliver_late(late);
                    self.carry_all();
                }
                // A deadline that was moved since: whoever moved it stands in the heap again.
                Owner::Part(_) | Owner::Meeting(_) => {}
            }
        }
    }

    /// The moment that the run has reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How many values were handed to machines, timeouts included: the events of the figures.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Scripts that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> u32 {
        self.stages.iter().map(|stage| stage.unfinished).sum()
    }

    /// Whether nothing is left of any call: none is up, nobody is on a meeting's roster, and nothing is due there.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.calls() == 0 && self.rooms.iter().flatten().all(|room| room.machine.is_idle())
    }

    /// When each question was put to the directory, in order; of a story that is played alone.
    #[must_use]
    pub fn asked(&self) -> &[Instant] {
        &self.asked
    }

    /// Calls that are up.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.parts.iter().filter(|part| part.call.is_some()).count()
    }

    /// The directory, to look into at the end.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The meeting of this number, if anybody ever named it.
    #[must_use]
    pub fn meeting(&self, meeting: MeetingId) -> Option<&Meeting> {
        self.rooms.get(meeting.0 as usize)?.as_ref().map(|room| &room.machine)
    }

    /// Every script's steps at which it stands now, by part.
    pub fn standing(&self) -> impl Iterator<Item = (u32, &Caller)> {
        (0..).zip(self.parts.iter().map(|part| &part.caller))
    }

    /// What took the entries.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// Gives back what took the entries.
    #[must_use]
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn tell(&mut self, entry: Entry) {
        self.sink.take(self.now, entry);
    }

    /// Tells every part that has not begun to begin, one after the other, so that few values are on their way at once.
    fn begin(&mut self) {
        while (self.next_to_begin as usize) < self.parts.len() {
            self.queue.push_back(Carried::Caller(self.next_to_begin, caller::Input::Go));
            self.next_to_begin += 1;
            self.carry_all();
        }
    }

    /// Hands over every value on its way, each to a machine that has been drained.
    fn carry_all(&mut self) {
        while let Some(carried) = self.queue.pop_front() {
            if self.sink.wants_no_more() {
                return;
            }
            self.carry(carried);
        }
    }

    /// Hands one value to its machine, and drains that.
    fn hand_over(&mut self, carried: Carried) {
        self.carried += 1;
        match carried {
            Carried::Caller(part, input) => {
                self.parts[part as usize].caller.handle_input(self.now, input);
                self.drain_caller(part);
            }
            Carried::Attendant(leg, input) => {
                let part = self.legs[leg.0 as usize];
                // A call that has ended takes nothing any more: what comes too late is dropped by its number.
                if let Some(call) = self.parts[part as usize].call.as_mut().filter(|call| call.leg == leg) {
                    call.attendant.handle_input(self.now, input);
                    self.drain_attendant(part);
                }
            }
            Carried::Meeting(meeting, input) => self.give_meeting(meeting, input),
            Carried::Question(asked) => self.ask(asked),
            Carried::Ear(leg, input) => {
                let part = self.legs[leg.0 as usize];
                // Whoever has hung up, or dialled again, does not hear this leg any more.
                if self.parts[part as usize].leg == Some(leg) {
                    self.parts[part as usize].caller.handle_input(self.now, input);
                    self.drain_caller(part);
                }
            }
            Carried::Dial(part, target) => self.dial(part, target),
            Carried::HangUp(part, cause) => self.hang_up(part, cause),
            Carried::Act(part, act) => self.act(part, act),
        }
    }

    fn give_meeting(&mut self, id: MeetingId, input: meeting::Input) {
        let index = id.0 as usize;
        if self.rooms.len() <= index {
            self.rooms.resize_with(index + 1, || None);
        }
        if let (None, meeting::Input::Arrive { terms, .. }) = (&self.rooms[index], &input) {
            self.rooms[index] = Some(Box::new(Room {
                machine: Meeting::new(id, terms.clone()),
                armed: Instant::NEVER,
                announcing: None,
                listeners: BTreeSet::new(),
            }));
        }
        if let Some(room) = &mut self.rooms[index] {
            room.machine.handle_input(self.now, input);
            self.drain_room(id.0);
        }
    }

    fn drain_room(&mut self, id: u32) {
        while let Some(output) = self.rooms[id as usize].as_mut().and_then(|room| room.machine.poll_output())
        {
            match output {
                meeting::Output::CheckPin { check, leg, organizer, entry } => {
                    let meeting = MeetingId(id);
                    self.queue.push_back(Carried::Question(Asked::CheckPin {
                        meeting,
                        check,
                        leg,
                        organizer,
                        entry,
                    }));
                }
                meeting::Output::Notify { leg, notice } => {
                    self.queue.push_back(Carried::Attendant(leg, attendant::Input::Notice(notice)));
                }
                meeting::Output::Announce { playback, prompt, language } => {
                    let ends = self.now + self.library.duration(prompt, language);
                    self.announce(id, Some((playback, prompt, ends)));
                }
                meeting::Output::StopAnnouncing => self.announce(id, None),
                meeting::Output::Record(event) => self.tell(Entry::Event(event)),
            }
        }
        self.arm_room(id);
    }

    /// The mix carries another announcement from now on, or none.
    fn announce(&mut self, id: u32, announcing: Option<(PlaybackId, Prompt, Instant)>) {
        let Some(room) = &mut self.rooms[id as usize] else {
            return;
        };
        room.announcing = announcing;
        let heard = announcing.map(|(_, prompt, _)| prompt);
        for leg in room.listeners.iter().filter_map(|part| self.parts[*part as usize].leg) {
            self.queue.push_back(Carried::Ear(leg, caller::Input::Announced(heard)));
        }
    }

    fn room_due(&self, id: u32) -> Instant {
        let Some(room) = &self.rooms[id as usize] else { return Instant::NEVER };
        let mix = room.announcing.map(|(_, _, ends)| ends);
        [mix, room.machine.poll_timeout()].into_iter().flatten().min().unwrap_or(Instant::NEVER)
    }

    fn arm_room(&mut self, id: u32) {
        let due = self.room_due(id);
        let Some(room) = &mut self.rooms[id as usize] else { return };
        if due < room.armed {
            room.armed = due;
            self.deadlines.push(due, Owner::Meeting(id));
        }
    }

    fn is_armed(&self, room: u32, at: Instant) -> bool {
        self.rooms[room as usize].as_ref().is_some_and(|room| room.armed == at)
    }

    fn wake_room(&mut self, id: u32) {
        let now = self.now;
        let Some(room) = &mut self.rooms[id as usize] else {
            return;
        };
        if let Some((playback, _, ends)) = room.announcing
            && ends <= now
        {
            self.queue.push_back(Carried::Meeting(
                MeetingId(id),
                meeting::Input::AnnouncementFinished { playback },
            ));
            self.carry_all();
            // The next announcement follows without a gap; only when there is none does the mix fall silent.
            let over = self.rooms[id as usize].as_ref().and_then(|room| room.announcing);
            if over.is_some_and(|(last, _, _)| last == playback) {
                self.announce(id, None);
                self.carry_all();
            }
        }
        if let Some(room) = &mut self.rooms[id as usize]
            && room.machine.poll_timeout().is_some_and(|due| due <= now)
        {
            self.carried += 1;
            room.machine.handle_timeout(now);
            self.drain_room(id);
            self.carry_all();
        }
        self.arm_room(id);
    }

    fn wake_part(&mut self, index: u32) {
        loop {
            let now = self.now;
            let part = &mut self.parts[index as usize];
            let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            if let Some(call) = &mut part.call {
                if let Some((playback, ends)) = call.playing
                    && ends <= now
                {
                    call.playing = None;
                    let finished = crate::control::call::LegEvent::PlaybackFinished(playback);
                    self.queue.push_back(Carried::Attendant(call.leg, attendant::Input::Leg(finished)));
                    self.carry_all();
                    continue;
                }
                if due(call.attendant.poll_timeout()) {
                    self.carried += 1;
                    call.attendant.handle_timeout(now);
                    self.drain_attendant(index);
                    self.carry_all();
                    continue;
                }
            }
            if due(self.parts[index as usize].uplink.as_ref().and_then(|uplink| uplink.poll_timeout())) {
                self.carry_sound(index);
                self.carry_all();
                continue;
            }
            if due(self.line_fault_due(index)) {
                self.line_fails(index);
                self.carry_all();
                continue;
            }
            let part = &mut self.parts[index as usize];
            if !due(part.caller.poll_timeout()) {
                break;
            }
            self.carried += 1;
            part.caller.handle_timeout(now);
            self.drain_caller(index);
            self.carry_all();
            if self.sink.wants_no_more() {
                return;
            }
        }
        self.arm_part(index);
    }

    fn part_due(&self, index: u32) -> Instant {
        let part = &self.parts[index as usize];
        let playing = part.call.as_ref().and_then(|call| call.playing.map(|(_, ends)| ends));
        let dialog = part.call.as_ref().and_then(|call| call.attendant.poll_timeout());
        let (script, fault) = (part.caller.poll_timeout(), self.line_fault_due(index));
        let sound = part.uplink.as_ref().and_then(|uplink| uplink.poll_timeout());
        [playing, dialog, script, fault, sound].into_iter().flatten().min().unwrap_or(Instant::NEVER)
    }

    fn arm_part(&mut self, index: u32) {
        let due = self.part_due(index);
        let part = &mut self.parts[index as usize];
        if due < part.armed {
            part.armed = due;
            self.deadlines.push(due, Owner::Part(index));
        }
    }

    /// A signal was given by one of those who must give it; once all have, its listeners are told.
    fn give(&mut self, stage_index: u32, signal: SignalId) {
        let stage = &mut self.stages[stage_index as usize];
        let place = usize::from(signal.0);
        stage.signals[place] += 1;
        if stage.signals[place] != stage.story.signals[place].needs {
            return;
        }
        let story = Arc::clone(&stage.story);
        let first = stage.first_part;
        self.tell(Entry::Signal { stage: stage_index, signal });
        for listener in &story.signals[place].listeners {
            self.queue.push_back(Carried::Caller(first + listener, caller::Input::Signal(signal)));
        }
    }
}
