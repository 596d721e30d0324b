//! Simulated legs: scripted callers with their attendants, as rows of one table. It carries values between the two and
//! decides nothing; what is for a meeting, the directory or an administrator is left to whoever drives it.

mod credentials;
pub mod device;
mod line;
mod prefetch;
mod stage;
mod uplink;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::bridge::deadlines::{Deadlines, Owner};
use crate::bridge::envelope::{Envelope, Outbound};
use crate::bridge::legs::Legs;
use crate::bridge::protocol::Report;
use crate::control::attendant::{self, Attendant};
use crate::control::call::{LegEvent, LegId, PlaybackId, Source};
use crate::control::caller::{self, Caller};
use crate::control::conference;
use crate::control::event::MeetingId;
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::media::library::Library;
use credentials::Credentials;
use line::Line;
use stage::Stage;
use uplink::Uplink;

pub use line::with_chosen_keys;
pub(crate) use stage::put;
pub use stage::{Accounts, CastRequest, StageRef};

/// A scripted caller on stage.
#[derive(Debug)]
struct Party {
    caller: Caller,
    stage: u32,
    role: u32,
    /// When the script begins, if it has not and does later than at once.
    begins: Instant,
    /// The deadline for which this part stands in the heap.
    armed: Instant,
    /// The leg that the caller listens to.
    leg: Option<LegId>,
    /// The states that give signals: a bit for each, by its number. Most give none, and who plays the part need not be
    /// looked up.
    gives: u8,
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
    /// When a fault of the story hits the line; never, if none does.
    fails: Instant,
}

/// Simulated legs. Whoever drives them takes what is carried off [`Shard::poll_carried`], lets it be handed over one
/// after the other, carries what comes out for others, and calls [`Shard::step`] for whoever is due.
#[derive(Debug)]
pub struct Shard<S> {
    now: Instant,
    seed: u64,
    sink: S,
    policy: Arc<Policy>,
    library: Arc<Library>,
    stages: Vec<Stage>,
    /// Stages of which nothing is left, and which have not been retired.
    over: Vec<u32>,
    /// Retired stages, by the size of their casts.
    free_stages: BTreeMap<u32, Vec<u32>>,
    parts: Vec<Party>,
    legs: Legs,
    /// Parts that are to begin at once.
    to_begin: VecDeque<Range<u32>>,
    queue: VecDeque<Envelope>,
    deadlines: Deadlines,
    carried: u64,
    /// Scripts that have not ended.
    unfinished: u32,
    /// Calls that are up.
    calls: u32,
    calls_max: u32,
}

impl<S: Sink> Shard<S> {
    /// No legs yet. The seed orders what is due at one moment, and chooses which keys a fault hits.
    #[must_use]
    pub fn new(policy: Arc<Policy>, seed: u64, sink: S) -> Self {
        Self {
            now: Instant::ZERO,
            seed,
            sink,
            policy,
            library: Arc::clone(Library::built_in()),
            stages: Vec::new(),
            over: Vec::new(),
            free_stages: BTreeMap::new(),
            parts: Vec::new(),
            legs: Legs::new(0, 1),
            to_begin: VecDeque::new(),
            queue: VecDeque::new(),
            deadlines: Deadlines::new(seed),
            carried: 0,
            unfinished: 0,
            calls: 0,
            calls_max: u32::MAX,
        }
    }

    /// Numbers its legs as one of so many lanes, which share all numbers among them.
    pub fn set_lane(&mut self, lane: u32, lanes: u32) {
        self.legs = Legs::new(lane, lanes);
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    pub fn set_library(&mut self, library: Arc<Library>) {
        self.library = library;
    }

    /// What bridges play, with how long it lasts.
    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// New calls are held to these settings from now on.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// The moment that has been reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// It is this moment now, or later already.
    pub fn advance(&mut self, to: Instant) {
        self.now = self.now.max(to);
        self.sink.due(to);
    }

    /// How many values were handed to machines, timeouts included: the events of the figures.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Counts a value that the driver handed to a machine of its own.
    pub fn count(&mut self) {
        self.carried += 1;
    }

    /// Calls that are up.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// Whoever dials beyond so many calls hears busy.
    pub fn set_calls_max(&mut self, calls: u32) {
        self.calls_max = calls;
    }

    /// Ends every call, and lets no other begin: whoever dials hears busy.
    pub fn shut_down(&mut self) {
        self.calls_max = 0;
        let up = self.parts.iter().filter_map(|part| part.call.as_ref()).map(|call| call.leg);
        let shutdown = |leg| Envelope::Attendant(leg, attendant::Input::Shutdown);
        self.queue.extend(up.map(shutdown));
    }

    /// Ends every call that has named this meeting.
    pub fn end_calls_of(&mut self, meeting: MeetingId) {
        let calls = self.parts.iter().filter_map(|part| part.call.as_ref());
        let in_it = calls.filter(|call| call.meeting == Some(meeting)).map(|call| call.leg);
        let shutdown = |leg| Envelope::Attendant(leg, attendant::Input::Shutdown);
        self.queue.extend(in_it.map(shutdown));
    }

    /// Every script's steps at which it stands now, by part.
    pub fn standing(&self) -> impl Iterator<Item = (u32, &Caller)> {
        (0..).zip(self.parts.iter().map(|part| &part.caller))
    }

    /// The leg and the meeting of a part's call, if it has named one.
    #[must_use]
    pub fn place(&self, part: u32) -> Option<(LegId, MeetingId)> {
        let call = self.parts.get(part as usize)?.call.as_ref()?;
        Some((call.leg, call.meeting?))
    }

    /// Which part a leg belongs to; `None` if it is none of these.
    #[must_use]
    pub fn part_of(&self, leg: LegId) -> Option<u32> {
        self.legs.part(leg)
    }

    /// What takes the entries.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// Gives back what took the entries.
    #[must_use]
    pub fn into_sink(self) -> S {
        self.sink
    }

    /// Tells something that happened now.
    pub fn tell(&mut self, entry: Entry) {
        self.sink.take(self.now, entry);
    }

    /// Puts a value on its way.
    pub fn carry(&mut self, carried: Envelope) {
        self.queue.push_back(carried);
    }

    /// The next value on its way; it is handed over before the one after it is taken.
    pub fn poll_carried(&mut self) -> Option<Envelope> {
        self.queue.pop_front()
    }

    /// Somebody of the driver's own is to be woken then.
    pub fn arm(&mut self, at: Instant, owner: Owner) {
        self.deadlines.push(at, owner);
    }

    /// When the next deadline is.
    pub fn next_deadline(&mut self) -> Option<Instant> {
        self.deadlines.peek()
    }

    /// Whoever is to be woken next, at or before `until`, with the moment that was asked for.
    pub fn poll_deadline(&mut self, until: Instant) -> Option<(Instant, Owner)> {
        self.deadlines.pop(until)
    }

    /// Hands one value to its machine, and drains that; answers what is for somebody else.
    pub fn hand_over(&mut self, carried: Envelope) -> Option<Outbound> {
        self.carried += 1;
        match carried {
            Envelope::Caller(part, input) => {
                self.parts[part as usize].caller.handle_input(self.now, input);
                self.drain_caller(part);
            }
            Envelope::Attendant(leg, input) => {
                let part = self.part_of(leg)?;
                // A call that has ended takes nothing any more: what comes too late is dropped by its number.
                if let Some(call) = self.parts[part as usize].call.as_mut().filter(|call| call.leg == leg) {
                    call.attendant.handle_input(self.now, input);
                    self.drain_attendant(part);
                }
            }
            Envelope::Ear(leg, input) => {
                let part = self.part_of(leg)?;
                // Whoever has hung up, or dialled again, does not hear this leg any more.
                let heard_by = &mut self.parts[part as usize];
                if heard_by.leg == Some(leg) && heard_by.line.is_device {
                    if let caller::Input::Ended(_) = input {
                        heard_by.leg = None;
                    }
                    return Report::of(leg, input).map(|report| Outbound::Device(part, report));
                }
                if heard_by.leg == Some(leg) {
                    self.parts[part as usize].caller.handle_input(self.now, input);
                    self.drain_caller(part);
                }
            }
            Envelope::Dial(part, target) => self.dial(part, target),
            Envelope::HangUp(part, cause) => self.hang_up(part, cause),
            Envelope::Meeting(meeting, input) => {
                return Some(Outbound::Conference(meeting, conference::Input::Meeting(input)));
            }
            Envelope::Listens(meeting, leg, on) => {
                return Some(Outbound::Conference(meeting, conference::Input::Listens(leg, on)));
            }
            Envelope::Question(asked) => return Some(Outbound::Question(asked)),
            Envelope::Act(part, act) => return Some(Outbound::Act(part, act)),
        }
        None
    }

    /// Wakes a part whose deadline came out of the heap: whether it is due. If it is not, because the deadline was
    /// moved since, it stands in the heap again.
    pub fn wake(&mut self, part: u32, at: Instant) -> bool {
        if self.parts[part as usize].armed != at {
            return false;
        }
        self.parts[part as usize].armed = Instant::NEVER;
        if self.due(part) > at {
            self.arm_part(part);
            return false;
        }
        self.advance(at);
        true
    }

    /// Lets one thing happen that is due for a part; false, and the part stands in the heap again, once there is none.
    /// What it puts on its way is to be carried before the next step.
    pub fn step(&mut self, index: u32) -> bool {
        let now = self.now;
        let part = &mut self.parts[index as usize];
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if part.begins <= now {
            part.begins = Instant::NEVER;
            self.queue.push_back(Envelope::Caller(index, caller::Input::Go));
            return true;
        }
        if let Some(call) = &mut part.call {
            if let Some((playback, ends)) = call.playing
                && ends <= now
            {
                call.playing = None;
                let finished = attendant::Input::Leg(LegEvent::PlaybackFinished(playback));
                self.queue.push_back(Envelope::Attendant(call.leg, finished));
                return true;
            }
            if due(call.attendant.poll_timeout()) {
                self.carried += 1;
                call.attendant.handle_timeout(now);
                self.drain_attendant(index);
                return true;
            }
        }
        if due(part.uplink.as_ref().and_then(|uplink| uplink.poll_timeout())) {
            self.carry_sound(index);
            return true;
        }
        if due(self.line_fault_due(index)) {
            self.line_fails(index);
            return true;
        }
        let part = &mut self.parts[index as usize];
        if due(part.caller.poll_timeout()) {
            self.carried += 1;
            part.caller.handle_timeout(now);
            self.drain_caller(index);
            return true;
        }
        self.arm_part(index);
        false
    }

    fn due(&self, index: u32) -> Instant {
        let part = &self.parts[index as usize];
        let playing = part.call.as_ref().and_then(|call| call.playing.map(|(_, ends)| ends));
        let dialog = part.call.as_ref().and_then(|call| call.attendant.poll_timeout());
        let (script, fault) = (part.caller.poll_timeout(), self.line_fault_due(index));
        let sound = part.uplink.as_ref().and_then(|uplink| uplink.poll_timeout());
        [playing, dialog, script, fault, sound]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(Instant::NEVER)
            .min(part.begins)
    }

    fn arm_part(&mut self, index: u32) {
        let due = self.due(index);
        let part = &mut self.parts[index as usize];
        if due < part.armed {
            part.armed = due;
            self.deadlines.push(due, Owner::Part(index));
        }
    }
}
