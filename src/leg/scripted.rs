//! Scripted callers at the far end of calls, and the shard in which a lane has them beside devices and the bridge's rows. It
//! carries values between them and decides nothing; what is for a meeting, the directory or an administrator is left to
//! whoever drives it.

mod credentials;
mod line;
mod stage;
mod uplink;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::bridge::calls::{Calls, Due, FarEnd, Standing};
use crate::bridge::deadlines::{Deadlines, Owner};
use crate::bridge::envelope::{Effect, Envelope, Outbound};
use crate::bridge::prefetch;
use crate::bridge::protocol::{Action, Dial, Report};
use crate::control::attendant;
use crate::control::call::{Digit, HangupCause, LegEvent, LegId};
use crate::control::caller::{self, Caller};
use crate::control::conference;
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::leg::device::{Acted, Devices};
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
    /// The last call.
    leg: Option<LegId>,
    /// Whether the caller hears the last call: not since the receiver was put down.
    listens: bool,
    /// The states that give signals: a bit for each, by its number. Most give none, and who plays the part need not be
    /// looked up.
    gives: u8,
    line: Line,
    /// The way of its keys, where they do not arrive at once.
    uplink: Option<Box<Uplink>>,
}

impl Party {
    /// The call that the caller hears.
    fn heard(&self) -> Option<LegId> {
        self.leg.filter(|_| self.listens)
    }

    /// When something is due for this part, its call aside, which is up or not; never, if nothing is.
    fn due(&self, up: bool) -> Instant {
        let sound = self.uplink.as_ref().and_then(|uplink| uplink.poll_timeout());
        let timeouts = [self.caller.poll_timeout(), sound].into_iter().flatten();
        let fault = if up && self.listens { self.line.fails } else { Instant::NEVER };
        timeouts.fold(self.begins.min(fault), Instant::min)
    }
}

/// The calls of one lane with their far ends: scripted callers and devices. Whoever drives them takes what is carried off
/// [`Shard::poll_carried`], lets it be handed over one after the other, carries what comes out for others, and calls
/// [`Shard::step`] for whoever is due.
#[derive(Debug)]
pub struct Shard<S> {
    now: Instant,
    seed: u64,
    sink: S,
    calls: Calls,
    stages: Vec<Stage>,
    /// Stages of which nothing is left, and which have not been retired.
    over: Vec<u32>,
    /// Retired stages, by the size of their casts.
    free_stages: BTreeMap<u32, Vec<u32>>,
    parts: Vec<Party>,
    devices: Devices,
    /// Calls that are over, or whose far end hears of them no more: their numbers are forgotten where both is so.
    let_go: Vec<LegId>,
    /// Parts that are to begin at once.
    to_begin: VecDeque<Range<u32>>,
    queue: VecDeque<Envelope>,
    deadlines: Deadlines,
    carried: u64,
    /// Scripts that have not ended.
    unfinished: u32,
}

impl<S: Sink> Shard<S> {
    /// No legs yet. The seed orders what is due at one moment, and chooses which keys a fault hits.
    #[must_use]
    pub fn new(policy: Arc<Policy>, seed: u64, sink: S) -> Self {
        Self {
            now: Instant::ZERO,
            seed,
            sink,
            calls: Calls::new(policy, Arc::clone(Library::built_in())),
            stages: Vec::new(),
            over: Vec::new(),
            free_stages: BTreeMap::new(),
            parts: Vec::new(),
            devices: Devices::default(),
            let_go: Vec::new(),
            to_begin: VecDeque::new(),
            queue: VecDeque::new(),
            deadlines: Deadlines::new(seed),
            carried: 0,
            unfinished: 0,
        }
    }

    /// Numbers its legs as one of so many lanes, which share all numbers among them.
    pub fn set_lane(&mut self, lane: u32, lanes: u32) {
        self.calls.set_lane(lane, lanes);
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    pub fn set_library(&mut self, library: Arc<Library>) {
        self.calls.set_library(library);
    }

    /// What bridges play, with how long it lasts.
    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        self.calls.library()
    }

    /// New calls are held to these settings from now on.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.calls.set_policy(policy);
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
        self.calls.up()
    }

    /// Returns how many rows are taken: numbers of calls that are kept, and devices that are connected.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.calls.kept() as usize + self.devices.count()
    }

    /// Whoever dials beyond so many calls hears busy.
    pub fn set_calls_max(&mut self, calls: u32) {
        self.calls.set_max(calls);
    }

    /// Ends every call, and lets no other begin: callers who dial hear busy.
    pub fn shut_down(&mut self) {
        self.calls.set_max(0);
        let shutdown = |(leg, _)| Envelope::Attendant(leg, attendant::Input::Shutdown);
        self.queue.extend(self.calls.all_up().map(shutdown));
    }

    /// Ends every call that has named this meeting.
    pub fn end_calls_of(&mut self, meeting: MeetingId) {
        let in_it = self.calls.all_up().filter(|(_, call)| call.meeting() == Some(meeting));
        let shutdown = |(leg, _)| Envelope::Attendant(leg, attendant::Input::Shutdown);
        self.queue.extend(in_it.map(shutdown));
    }

    /// Every script's steps at which it stands now, by part.
    pub fn standing(&self) -> impl Iterator<Item = (u32, &Caller)> {
        (0..).zip(self.parts.iter().map(|part| &part.caller))
    }

    /// The leg and the meeting of a part's call, if it has named one.
    #[must_use]
    pub fn place(&self, part: u32) -> Option<(LegId, MeetingId)> {
        let leg = self.parts.get(part as usize)?.leg?;
        Some((leg, self.calls.get(leg)?.meeting()?))
    }

    /// Which part a call belongs to; `None` if it is of a device, or none of these.
    #[must_use]
    pub fn part_of(&self, leg: LegId) -> Option<u32> {
        match self.calls.far_end(leg)? {
            FarEnd::Script(part) => Some(part),
            FarEnd::Device(_) => None,
        }
    }

    /// These calls are to be handed something next.
    pub fn prefetch_legs(&self, legs: impl Iterator<Item = LegId> + Clone) {
        for leg in legs.clone() {
            if let Some(part) = self.part_of(leg) {
                prefetch(&self.parts[part as usize]);
            }
            self.calls.get(leg).into_iter().for_each(prefetch);
        }
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

    /// Carries an output of a machine of the driver's own, or records it.
    pub fn put(&mut self, effect: Effect) {
        put_on(&mut self.queue, &mut self.sink, self.now, effect);
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
                let Self { calls, queue, sink, now, .. } = self;
                // A call that is over takes nothing any more: what comes too late is dropped by its number.
                let standing =
                    calls.handle_input(*now, leg, input, |effect| put_on(queue, sink, *now, effect))?;
                self.after_call(leg, standing);
            }
            Envelope::Report(leg, report) => match self.calls.far_end(leg)? {
                FarEnd::Script(part) => self.script_hears(part, leg, report),
                FarEnd::Device(device) => {
                    if self.devices.hears(device, leg, report) {
                        if let Report::Ended(_) = report {
                            self.let_go.push(leg);
                        }
                        return Some(Outbound::Device(device, report));
                    }
                }
            },
            Envelope::Dial(end, dial) => self.dial(end, dial),
            Envelope::HangUp(end, cause) => self.hang_up(end, cause),
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

    /// Connects a device; returns its number. `part` is the part of a cast that it plays, if it plays one.
    pub fn connect(&mut self, part: Option<u32>) -> u32 {
        self.devices.connect(part)
    }

    /// The user of a device acts. Returns what is told at once, if anything.
    pub fn act(&mut self, device: u32, action: Action) -> Option<Report> {
        match self.devices.act(device, action) {
            Ok(Acted::Dial(dial)) => self.queue.push_back(dial),
            Ok(Acted::Key(leg, digit)) => self.press(leg, digit),
            Ok(Acted::Leave(leg, hang_up, cause)) => {
                self.let_go.push(leg);
                self.queue.push_back(hang_up);
                return Some(Report::Ended(cause));
            }
            Err(refused) => return Some(Report::Refused(refused)),
        }
        None
    }

    /// A device is gone; a call that it is on is lost. Its number is used again.
    pub fn disconnect(&mut self, device: u32) {
        // Nobody is left to be told.
        let _untold = self.act(device, Action::Vanish);
        self.devices.leave(device);
    }

    /// A far end dials: its call is up, and the attendant hears of it before anything else happens.
    fn dial(&mut self, end: FarEnd, dial: Dial) {
        let (leg, arrived) = self.calls.dial(end, dial);
        let part = match end {
            FarEnd::Script(part) => {
                self.script_dialled(part, leg);
                Some(part)
            }
            FarEnd::Device(device) => {
                self.devices.dialled(device, leg);
                self.devices.get(device).and_then(|device| device.part)
            }
        };
        if let Some(part) = part {
            self.tell(Entry::Dials { part, leg });
        }
        self.queue.push_front(Envelope::Attendant(leg, arrived));
    }

    fn hang_up(&mut self, end: FarEnd, cause: HangupCause) {
        if let Some(leg) = self.call_of(end) {
            let hung_up = attendant::Input::Leg(LegEvent::HungUp(cause));
            self.queue.push_front(Envelope::Attendant(leg, hung_up));
        }
    }

    /// The last call of a far end, which may be over.
    fn last_call(&self, end: FarEnd) -> Option<LegId> {
        match end {
            FarEnd::Script(part) => self.parts[part as usize].leg,
            FarEnd::Device(device) => self.devices.get(device)?.up,
        }
    }

    /// The call of a far end, if one is up.
    fn call_of(&self, end: FarEnd) -> Option<LegId> {
        self.last_call(end).filter(|leg| self.calls.get(*leg).is_some())
    }

    fn press(&mut self, leg: LegId, digit: Digit) {
        self.tell(Entry::Event(Event::Call(CallEvent::Key { leg })));
        self.queue.push_back(Envelope::Attendant(leg, attendant::Input::Leg(LegEvent::Digit(digit))));
    }

    /// A call has taken something in, and what came of it is on its way.
    fn after_call(&mut self, leg: LegId, Standing { end, due }: Standing) {
        if due.is_none() {
            match end {
                FarEnd::Script(part) => {
                    self.silence(part);
                    self.call_over(part);
                }
                FarEnd::Device(device) => self.devices.call_over(device),
            }
            self.let_go.push(leg);
        }
        self.arm_with_call(end, due);
    }

    /// Wakes a far end whose deadline came out of the heap: whether it is due. If it is not, because the deadline was
    /// moved since, it stands in the heap again.
    pub fn wake(&mut self, end: FarEnd, at: Instant) -> bool {
        let Some(armed) = self.armed(end).filter(|armed| **armed == at) else { return false };
        *armed = Instant::NEVER;
        if self.due(end, self.call_due(end)) > at {
            self.arm_far_end(end);
            return false;
        }
        self.advance(at);
        true
    }

    /// Lets one thing happen that is due for a far end or its call; false, and it stands in the heap again, once there is
    /// none. What it puts on its way is to be carried before the next step.
    pub fn step(&mut self, end: FarEnd) -> bool {
        let steps = match end {
            FarEnd::Script(part) => self.step_part(part),
            FarEnd::Device(_) => self.step_call(end),
        };
        if !steps {
            self.arm_far_end(end);
        }
        steps
    }

    fn step_part(&mut self, index: u32) -> bool {
        let now = self.now;
        let part = &mut self.parts[index as usize];
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if part.begins <= now {
            part.begins = Instant::NEVER;
            self.queue.push_back(Envelope::Caller(index, caller::Input::Go));
            return true;
        }
        if self.step_call(FarEnd::Script(index)) {
            return true;
        }
        let part = &self.parts[index as usize];
        if due(part.uplink.as_ref().and_then(|uplink| uplink.poll_timeout())) {
            self.carry_sound(index);
            return true;
        }
        if part.line.fails <= now && self.is_on_the_line(index) {
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
        false
    }

    fn step_call(&mut self, end: FarEnd) -> bool {
        let Some(leg) = self.last_call(end) else { return false };
        let Self { calls, queue, sink, now, .. } = self;
        match calls.handle_timeout(*now, leg, |effect| put_on(queue, sink, *now, effect)) {
            Due::Nothing => return false,
            Due::Playback(finished) => self.queue.push_back(finished),
            Due::Dialog(standing) => {
                self.carried += 1;
                self.after_call(leg, standing);
            }
        }
        true
    }

    /// When something is due for the call of a far end; `None` if it is not up.
    fn call_due(&self, end: FarEnd) -> Option<Instant> {
        self.calls.poll_timeout(self.last_call(end)?)
    }

    /// When something is due for a far end or its call, of which [`Shard::call_due`] is known; never, if nothing is.
    fn due(&self, end: FarEnd, call: Option<Instant>) -> Instant {
        let far = match end {
            FarEnd::Script(part) => self.parts[part as usize].due(call.is_some()),
            FarEnd::Device(_) => Instant::NEVER,
        };
        far.min(call.unwrap_or(Instant::NEVER))
    }

    fn armed(&mut self, end: FarEnd) -> Option<&mut Instant> {
        match end {
            FarEnd::Script(part) => Some(&mut self.parts[part as usize].armed),
            FarEnd::Device(device) => self.devices.get_mut(device).map(|device| &mut device.armed),
        }
    }

    fn arm_far_end(&mut self, end: FarEnd) {
        self.arm_with_call(end, self.call_due(end));
    }

    fn arm_with_call(&mut self, end: FarEnd, call: Option<Instant>) {
        let due = self.due(end, call);
        if let Some(armed) = self.armed(end)
            && due < *armed
        {
            *armed = due;
            self.deadlines.push(due, Owner::FarEnd(end));
        }
    }

    fn arm_part(&mut self, part: u32) {
        self.arm_far_end(FarEnd::Script(part));
    }
}

fn put_on(queue: &mut VecDeque<Envelope>, sink: &mut impl Sink, now: Instant, effect: Effect) {
    match effect {
        Effect::Carry(envelope) => queue.push_back(envelope),
        Effect::Record(event) => sink.take(now, Entry::Event(event)),
    }
}
