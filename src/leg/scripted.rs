//! Scripted callers at the far end of calls, and the shard in which a lane has them beside devices and the bridge's rows. It
//! carries values between them and decides nothing; what is for a meeting, the directory or an administrator is left to
//! the driver.

mod credentials;
mod line;
mod outward;
mod stage;
mod uplink;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::bridge::calls::FarEnd;
use crate::bridge::envelope::Envelope;
use crate::bridge::side::{BridgeSide, Link};
use crate::control::call::LegId;
use crate::control::caller::{self, Caller};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use credentials::Credentials;
use line::Line;
use outward::OutwardLine;
use stage::Stage;
use uplink::Uplink;

pub use line::with_chosen_keys;
pub use outward::{Hearing, label};
pub(crate) use stage::put;
pub use stage::{Accounts, CastRequest, StageRef};

/// A scripted caller on stage.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) caller: Caller,
    pub(super) link: Link,
    stage: u32,
    role: u32,
    /// When the script begins, if it has not and does later than at once.
    begins: Instant,
    /// The states that give signals: a bit for each, by its number. Most give none, and who plays the part need not be
    /// looked up.
    gives: u8,
    /// The faults of its line, if it has any.
    line: Option<Box<Line>>,
    /// The way of its keys, where they do not arrive at once.
    uplink: Option<Box<Uplink>>,
    /// Its line, where its calls leave this program.
    outward: Option<Box<OutwardLine>>,
}

impl Party {
    /// When something of its own is due, not of its call; never, if nothing is.
    fn due(&self) -> Instant {
        let sound = self.uplink.as_ref().and_then(|uplink| uplink.poll_timeout());
        let timeouts = [self.caller.poll_timeout(), sound].into_iter().flatten();
        timeouts.fold(self.begins.min(self.fails()), Instant::min)
    }

    /// When a fault hits the line: it cannot lose a caller who has left it.
    fn fails(&self) -> Instant {
        let is_up = self.link.heard().is_some() || self.outward.as_ref().is_some_and(|line| line.is_up());
        self.line.as_ref().filter(|_| is_up).map_or(Instant::NEVER, |line| line.fails())
    }
}

/// The scripted callers of one lane: their scripts, lines and uplinks, by part.
#[derive(Debug)]
pub(super) struct Scripts<S> {
    seed: u64,
    pub(super) sink: S,
    stages: Vec<Stage>,
    /// Stages of which nothing is left, and which have not been retired.
    over: Vec<u32>,
    /// Retired stages, by the size of their casts.
    free_stages: BTreeMap<u32, Vec<u32>>,
    pub(super) parts: Vec<Party>,
    /// Parts that are to begin at once.
    to_begin: VecDeque<Range<u32>>,
    /// Scripts that have not ended.
    pub(super) unfinished: u32,
    /// Calls that have left this program and are not over.
    pub(super) outward_calls: u32,
}

impl<S: Sink> Scripts<S> {
    /// Nobody is on stage yet. The seed chooses which keys a fault hits.
    pub(super) fn new(seed: u64, sink: S) -> Self {
        Self {
            seed,
            sink,
            stages: Vec::new(),
            over: Vec::new(),
            free_stages: BTreeMap::new(),
            parts: Vec::new(),
            to_begin: VecDeque::new(),
            unfinished: 0,
            outward_calls: 0,
        }
    }

    /// A script is told something that does not come from its call.
    pub(super) fn tell_caller(&mut self, bridge: &mut BridgeSide, part: u32, input: caller::Input) {
        self.parts[part as usize].caller.handle_input(bridge.now(), input);
        self.drain_caller(bridge, part);
    }

    /// When something is due for a part, its call aside.
    pub(super) fn due(&self, part: u32) -> Instant {
        self.parts[part as usize].due()
    }

    /// Lets one thing happen that is due for a part.
    pub(super) fn step(&mut self, bridge: &mut BridgeSide, index: u32) -> bool {
        let now = bridge.now();
        let part = &mut self.parts[index as usize];
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if part.begins <= now {
            part.begins = Instant::NEVER;
            bridge.carry(Envelope::Caller(index, caller::Input::Go));
        } else if due(part.uplink.as_ref().and_then(|uplink| uplink.poll_timeout())) {
            self.carry_sound(bridge, index);
        } else if part.fails() <= now {
            self.line_fails(bridge, index);
        } else if due(part.caller.poll_timeout()) {
            bridge.count();
            part.caller.handle_timeout(now);
            self.drain_caller(bridge, index);
        } else {
            return false;
        }
        true
    }

    fn arm(&mut self, bridge: &mut BridgeSide, index: u32) {
        let part = &mut self.parts[index as usize];
        let due = part.due();
        bridge.arm(FarEnd::Script(index), &mut part.link, due);
    }
}
