//! What far ends see of the bridge: their calls, the values that they put on their way, and the heap that wakes them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::calls::{Calls, FarEnd};
use super::deadlines::{Deadlines, Owner};
use super::envelope::Envelope;
use crate::control::attendant;
use crate::control::call::{Digit, LegEvent, LegId};
use crate::control::event::{CallEvent, Event};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::media::library::Library;

/// How a far end is linked to the bridge: by its last call, and by a place in the heap.
#[derive(Debug)]
pub struct Link {
    pub(super) call: LastCall,
    /// When something is due for that call: kept here, so that a far end that wakes looks into one row.
    pub(super) call_due: Instant,
    /// The deadline for which the far end stands in the heap.
    pub(super) armed: Instant,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum LastCall {
    None,
    /// The far end hears it.
    Heard(LegId),
    /// The far end has hung up, or was told of the end.
    LetGo(LegId),
}

impl Default for Link {
    fn default() -> Self {
        Self { call: LastCall::None, call_due: Instant::NEVER, armed: Instant::NEVER }
    }
}

impl Link {
    /// Returns the last call, which may be over.
    #[must_use]
    pub fn call(&self) -> Option<LegId> {
        match self.call {
            LastCall::None => None,
            LastCall::Heard(leg) | LastCall::LetGo(leg) => Some(leg),
        }
    }

    /// Returns the call that the far end hears.
    #[must_use]
    pub fn heard(&self) -> Option<LegId> {
        match self.call {
            LastCall::Heard(leg) => Some(leg),
            LastCall::None | LastCall::LetGo(_) => None,
        }
    }
}

/// The bridge's side of one lane: its calls, the values on their way, and who is to be woken when.
#[derive(Debug)]
pub struct BridgeSide {
    pub(super) now: Instant,
    pub(super) calls: Calls,
    /// Calls that are over, or whose far end hears of them no more: their numbers are forgotten where both is so.
    pub(super) let_go: Vec<LegId>,
    pub(super) queue: VecDeque<Envelope>,
    pub(super) deadlines: Deadlines,
    pub(super) carried: u64,
}

impl BridgeSide {
    pub(super) fn new(policy: Arc<Policy>, seed: u64) -> Self {
        Self {
            now: Instant::ZERO,
            calls: Calls::new(policy, Arc::clone(Library::built_in())),
            let_go: Vec::new(),
            queue: VecDeque::new(),
            deadlines: Deadlines::new(seed),
            carried: 0,
        }
    }

    /// Returns the moment that has been reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Returns the calls, to look into.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Returns the call of a far end, if one is up.
    #[must_use]
    pub fn call_of(&self, link: &Link) -> Option<LegId> {
        link.call().filter(|leg| self.calls.get(*leg).is_some())
    }

    /// Puts a value on its way.
    pub fn carry(&mut self, carried: Envelope) {
        self.queue.push_back(carried);
    }

    /// Whether no value is on its way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty()
    }

    /// Counts a value that was handed to a machine beside the calls.
    pub fn count(&mut self) {
        self.carried += 1;
    }

    /// A key of a call reaches the bridge. Returns what is to be recorded of it.
    #[must_use]
    pub fn press(&mut self, leg: LegId, digit: Digit) -> Event {
        self.carry(Envelope::Attendant(leg, attendant::Input::Leg(LegEvent::Digit(digit))));
        Event::Call(CallEvent::Key { leg })
    }

    /// A far end hears its call no more.
    pub fn let_go(&mut self, link: &mut Link) {
        if let LastCall::Heard(leg) = link.call {
            link.call = LastCall::LetGo(leg);
            self.let_go.push(leg);
        }
    }

    /// Lets a far end stand in the heap for what is due next: this of its own, or something of its call.
    pub fn arm(&mut self, end: FarEnd, link: &mut Link, own: Instant) {
        let due = own.min(link.call_due);
        if due < link.armed {
            link.armed = due;
            self.deadlines.push(due, Owner::FarEnd(end));
        }
    }
}
