//! The calls of one lane, connected with their far ends. It carries values between the two and decides nothing; what is for
//! a meeting, the directory or an administrator is left to the driver.

use std::collections::VecDeque;
use std::sync::Arc;

use super::calls::{Call, Due, FarEnd, Standing};
use super::deadlines::Owner;
use super::envelope::{Effect, Envelope, Outbound};
use super::protocol::{Calling, Dial, Report};
use super::side::{BridgeSide, LastCall, Link};
use crate::control::attendant::{self, DialogStep};
use crate::control::call::{HangupCause, LegEvent, LegId, Utterance};
use crate::control::caller;
use crate::control::conference::{self, Voice};
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::media::library::Library;

/// Everybody at the far ends of one lane's calls. What they do goes to the [`BridgeSide`]; what they are told comes from it.
pub trait FarEnds {
    /// Whether [`FarEnds::dialog_stepped`] is told anything. Where it is not, no step is looked for.
    const WATCHES: bool = false;

    /// A dialog takes this step.
    fn dialog_stepped(&mut self, _step: DialogStep) {}

    /// Returns how a far end is linked to the bridge; `None` if it is gone.
    fn link(&mut self, end: FarEnd) -> Option<&mut Link>;

    /// The call that a far end dialled is up: from this number, under this name, as far as they are known.
    fn dialled(&mut self, now: Instant, end: FarEnd, leg: LegId, calling: Calling<'_>);

    /// A far end is told something of the call that it hears. Returns what is to be told outside.
    fn hears(&mut self, bridge: &mut BridgeSide, end: FarEnd, report: Report) -> Option<Outbound>;

    /// The call of a far end is over.
    fn call_over(&mut self, end: FarEnd);

    /// Tells a scripted caller what does not come from its call.
    fn tell_caller(&mut self, bridge: &mut BridgeSide, part: u32, input: caller::Input);

    /// Returns when [`FarEnds::step`] is due; [`Instant::NEVER`], if nothing is.
    fn due(&self, end: FarEnd) -> Instant;

    /// Lets one thing happen that is due for a far end; false if nothing is.
    fn step(&mut self, bridge: &mut BridgeSide, end: FarEnd) -> bool;

    /// Records what happened at the bridge.
    fn record(&mut self, now: Instant, event: Event);

    /// What is recorded next was to happen at this moment.
    fn due_at(&mut self, at: Instant);
}

/// One lane's calls with their far ends. The driver takes what is carried off [`Shard::poll_carried`], lets it be
/// handed over one after the other, carries what comes out for others, and calls [`Shard::step`] for each far end that is due.
#[derive(Debug)]
pub struct Shard<E> {
    bridge: BridgeSide,
    ends: E,
}

impl<E> Shard<E> {
    /// No calls yet. The seed orders what is due at one moment.
    #[must_use]
    pub fn with_ends(policy: Arc<Policy>, seed: u64, ends: E) -> Self {
        Self { bridge: BridgeSide::new(policy, seed), ends }
    }

    /// Returns the bridge's side.
    #[must_use]
    pub fn bridge(&self) -> &BridgeSide {
        &self.bridge
    }

    /// Returns the far ends.
    #[must_use]
    pub fn ends(&self) -> &E {
        &self.ends
    }

    /// Returns both sides, for what far ends begin by themselves.
    pub fn sides(&mut self) -> (&mut BridgeSide, &mut E) {
        (&mut self.bridge, &mut self.ends)
    }

    /// Gives back the far ends.
    #[must_use]
    pub fn into_ends(self) -> E {
        self.ends
    }

    /// Numbers its calls as one of so many lanes, which share all numbers among them.
    pub fn set_lane(&mut self, lane: u32, lanes: u32) {
        self.bridge.calls.set_lane(lane, lanes);
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    pub fn set_library(&mut self, library: Arc<Library>) {
        self.bridge.calls.set_library(library);
    }

    /// New calls are held to these settings from now on.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.bridge.calls.set_policy(policy);
    }

    /// Returns the moment that has been reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.bridge.now
    }

    /// Returns how many values were handed to machines, timeouts included: the events of the figures.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.bridge.carried
    }

    /// Counts a value that the driver handed to a machine of its own.
    pub fn count(&mut self) {
        self.bridge.count();
    }

    /// Returns how many calls are up.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.bridge.calls.up()
    }

    /// Callers beyond so many calls hear busy.
    pub fn set_calls_max(&mut self, calls: u32) {
        self.bridge.calls.set_max(calls);
    }

    /// Ends every call, and lets no other begin: callers who dial hear busy.
    pub fn shut_down(&mut self) {
        self.bridge.calls.set_max(0);
        let BridgeSide { calls, queue, .. } = &mut self.bridge;
        queue.extend(calls.all_up().map(|(leg, _)| Envelope::Attendant(leg, attendant::Input::Shutdown)));
    }

    /// Ends every call that has named this meeting.
    pub fn end_calls_of(&mut self, meeting: MeetingId) {
        let BridgeSide { calls, queue, .. } = &mut self.bridge;
        let in_it = calls.all_up().filter(|(_, call)| call.meeting() == Some(meeting));
        queue.extend(in_it.map(|(leg, _)| Envelope::Attendant(leg, attendant::Input::Shutdown)));
    }

    /// Puts a value on its way.
    pub fn carry(&mut self, carried: Envelope) {
        self.bridge.carry(carried);
    }

    /// The next value on its way; it is handed over before the one after it is taken.
    pub fn poll_carried(&mut self) -> Option<Envelope> {
        self.bridge.queue.pop_front()
    }

    /// Somebody of the driver's own is to be woken then.
    pub fn arm(&mut self, at: Instant, owner: Owner) {
        self.bridge.deadlines.push(at, owner);
    }

    /// When the next deadline is.
    pub fn next_deadline(&mut self) -> Option<Instant> {
        self.bridge.deadlines.peek()
    }

    /// Returns the owner of the next deadline, at or before `until`, with the moment that was asked for.
    pub fn poll_deadline(&mut self, until: Instant) -> Option<(Instant, Owner)> {
        self.bridge.deadlines.pop(until)
    }
}

impl<E: FarEnds> Shard<E> {
    /// It is this moment now, or later already.
    pub fn advance(&mut self, to: Instant) {
        self.bridge.now = self.bridge.now.max(to);
        self.ends.due_at(to);
    }

    /// Carries an output of a machine of the driver's own, or records it.
    pub fn put(&mut self, effect: Effect) {
        let now = self.bridge.now;
        put(&mut self.bridge.queue, &mut self.ends, now, effect);
    }

    /// Hands one value to its machine, and drains that; answers what is for somebody else.
    pub fn hand_over(&mut self, carried: Envelope) -> Option<Outbound> {
        self.bridge.carried += 1;
        match carried {
            Envelope::Caller(part, input) => self.ends.tell_caller(&mut self.bridge, part, input),
            Envelope::Attendant(leg, input) => {
                let Self { bridge: BridgeSide { calls, queue, now, .. }, ends } = self;
                if E::WATCHES {
                    calls.steps(*now, leg, &input).into_iter().for_each(|step| ends.dialog_stepped(step));
                }
                // A call that is over takes nothing any more: what comes too late is dropped by its number.
                let standing =
                    calls.handle_input(*now, leg, input, |effect| put(queue, ends, *now, effect))?;
                self.after_call(leg, standing);
            }
            Envelope::Report(leg, report) => return self.report(leg, report),
            Envelope::Dial(end, dial) => self.dial(end, dial),
            Envelope::HangUp(end, cause) => self.hang_up(end, cause),
            Envelope::Say(end, says) => self.say(end, says),
            Envelope::Meeting(meeting, input) => {
                return Some(Outbound::Conference(meeting, conference::Input::Meeting(input)));
            }
            Envelope::Listens(meeting, leg, on) => {
                return Some(Outbound::Conference(meeting, conference::Input::Listens(leg, on)));
            }
            Envelope::Says(meeting, leg, says) => {
                return Some(Outbound::Conference(meeting, conference::Input::Says(leg, says)));
            }
            Envelope::Question(asked) => return Some(Outbound::Question(asked)),
            Envelope::Act(part, act) => return Some(Outbound::Act(part, act)),
            Envelope::Outward(part, action) => return Some(Outbound::Outward(part, action)),
        }
        None
    }

    /// A far end is told something of a call. One that has hung up, or dialled again, does not hear it any more.
    fn report(&mut self, leg: LegId, report: Report) -> Option<Outbound> {
        let Self { bridge, ends } = self;
        let end = bridge.calls.far_end(leg)?;
        let link = ends.link(end).filter(|link| link.heard() == Some(leg))?;
        match report {
            Report::Ended(_) => bridge.let_go(link),
            Report::Voice(Voice { by, speech, .. }) => {
                ends.record(bridge.now, CallEvent::HearsVoice { leg, by, speech }.into());
            }
            Report::Answered { .. } | Report::Hears(_) | Report::Announced(_) | Report::Refused(_) => {}
        }
        ends.hears(bridge, end, report)
    }

    /// A far end dials: its call is up, and the attendant hears of it before anything else happens.
    fn dial(&mut self, end: FarEnd, mut dial: Dial) {
        let Self { bridge, ends } = self;
        let (name, number) = (dial.name.take(), dial.number.take());
        let (leg, arrived) = bridge.calls.dial(end, dial);
        if let Some(link) = ends.link(end) {
            if let Some(before) = link.call() {
                // A faulty bridge may not have noticed that the call before is over.
                bridge.calls.drop_call(before);
            }
            link.call = LastCall::Heard(leg);
            link.call_due = Instant::NEVER;
        }
        let from = bridge.calls.get(leg).and_then(Call::from);
        let calling = Calling { from, name: name.as_deref(), number: number.as_deref() };
        ends.dialled(bridge.now, end, leg, calling);
        bridge.queue.push_front(Envelope::Attendant(leg, arrived));
    }

    /// A far end says something: the mix of its meeting hears of it, once it has named one.
    fn say(&mut self, end: FarEnd, says: Option<Utterance>) {
        let Self { bridge, ends } = self;
        let Some(leg) = ends.link(end).and_then(|link| bridge.call_of(link)) else { return };
        let speech = says.map(|says| says.speech);
        ends.record(bridge.now, CallEvent::Says { leg, speech }.into());
        if let Some(meeting) = bridge.calls.say(leg, says) {
            bridge.queue.push_front(Envelope::Says(meeting, leg, says));
        }
    }

    fn hang_up(&mut self, end: FarEnd, cause: HangupCause) {
        let Self { bridge, ends } = self;
        if let Some(leg) = ends.link(end).and_then(|link| bridge.call_of(link)) {
            let hung_up = attendant::Input::Leg(LegEvent::HungUp(cause));
            bridge.queue.push_front(Envelope::Attendant(leg, hung_up));
        }
    }

    /// A call has taken something in, and what came of it is on its way.
    fn after_call(&mut self, leg: LegId, Standing { end, due }: Standing) {
        let Self { bridge, ends } = self;
        if due.is_none() {
            ends.call_over(end);
            bridge.let_go.push(leg);
        }
        let own = ends.due(end);
        if let Some(link) = ends.link(end) {
            // One that has dialled again is not woken for the call before.
            if link.call() == Some(leg) {
                link.call_due = due.unwrap_or(Instant::NEVER);
            }
            bridge.arm(end, link, own);
        }
    }

    /// Wakes a far end whose deadline came out of the heap: whether something is due for it or for its call. If nothing
    /// is, because the deadline was moved since, it stands in the heap again.
    pub fn wake(&mut self, end: FarEnd, at: Instant) -> bool {
        let Some(link) = self.ends.link(end).filter(|link| link.armed == at) else { return false };
        link.armed = Instant::NEVER;
        let call_due = link.call_due;
        if self.ends.due(end).min(call_due) > at {
            self.arm_far_end(end);
            return false;
        }
        self.advance(at);
        true
    }

    /// Lets one thing happen that is due for a far end or its call; false, and it stands in the heap again, once there is
    /// none. What it puts on its way is to be carried before the next step.
    pub fn step(&mut self, end: FarEnd) -> bool {
        let steps = self.step_call(end) || self.ends.step(&mut self.bridge, end);
        if !steps {
            self.arm_far_end(end);
        }
        steps
    }

    fn step_call(&mut self, end: FarEnd) -> bool {
        let Self { bridge: BridgeSide { calls, queue, now, .. }, ends } = self;
        let Some(link) = ends.link(end).filter(|link| link.call_due <= *now) else { return false };
        let Some(leg) = link.call() else { return false };
        let steps = if E::WATCHES { calls.steps_due(*now, leg) } else { Vec::new() };
        match calls.handle_timeout(*now, leg, |effect| put(queue, ends, *now, effect)) {
            Due::Nothing => return false,
            Due::Playback(finished, due) => {
                queue.push_back(finished);
                if let Some(link) = ends.link(end) {
                    link.call_due = due;
                }
            }
            Due::Dialog(standing) => {
                steps.into_iter().for_each(|step| ends.dialog_stepped(step));
                self.bridge.carried += 1;
                self.after_call(leg, standing);
            }
        }
        true
    }

    fn arm_far_end(&mut self, end: FarEnd) {
        let own = self.ends.due(end);
        if let Some(link) = self.ends.link(end) {
            self.bridge.arm(end, link, own);
        }
    }

    /// Forgets the numbers of calls that nobody can ask for any more; only while no value is on its way.
    pub fn forget_calls(&mut self) {
        let Self { bridge, ends } = self;
        for leg in std::mem::take(&mut bridge.let_go) {
            let link = bridge.calls.far_end(leg).and_then(|end| ends.link(end));
            if link.is_none_or(|link| link.heard() != Some(leg)) {
                bridge.calls.forget(leg);
            }
        }
    }
}

fn put(queue: &mut VecDeque<Envelope>, ends: &mut impl FarEnds, now: Instant, effect: Effect) {
    match effect {
        Effect::Carry(envelope) => queue.push_back(envelope),
        Effect::Record(event) => ends.record(now, event),
    }
}
