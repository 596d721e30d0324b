//! Scripts and devices of one lane together, as the bridge sees them.

use std::sync::Arc;

use super::device::{Acted, Devices};
use super::log::{Entry, Sink};
use super::scripted::{CastRequest, Scripts, StageRef};
use crate::bridge::calls::FarEnd;
use crate::bridge::envelope::Outbound;
use crate::bridge::prefetch;
use crate::bridge::protocol::{Action, Calling, Report};
use crate::bridge::shard::{self, FarEnds};
use crate::bridge::side::{BridgeSide, Link};
use crate::control::attendant::DialogStep;
use crate::control::call::{Digits, HangupCause, LegId};
use crate::control::caller::{self, Caller, OrganizerRef};
use crate::control::event::{Event, MeetingId, Place};
use crate::control::meeting::MeetingTimer;
use crate::control::pin::Pin;
use crate::control::policy::Policy;
use crate::control::time::Instant;

/// Everybody at the far ends of one lane's calls, and what takes the entries.
#[derive(Debug)]
pub struct Ends<S> {
    scripts: Scripts<S>,
    devices: Devices,
}

/// The calls of one lane with scripts and devices at their far ends.
pub type Shard<S> = shard::Shard<Ends<S>>;

impl<S: Sink> FarEnds for Ends<S> {
    const WATCHES: bool = S::WATCHES;

    fn dialog_stepped(&mut self, step: DialogStep) {
        self.scripts.sink.dialog_stepped(step);
    }

    fn link(&mut self, end: FarEnd) -> Option<&mut Link> {
        match end {
            FarEnd::Script(part) => Some(&mut self.scripts.parts[part as usize].link),
            FarEnd::Device(device) => self.devices.get_mut(device).map(|device| &mut device.link),
        }
    }

    fn dialled(&mut self, now: Instant, end: FarEnd, leg: LegId, calling: Calling<'_>) {
        match end {
            FarEnd::Script(part) => self.scripts.dialled(now, part, leg),
            FarEnd::Device(device) => {
                let part = self.devices.get_mut(device).and_then(|device| device.part);
                match part.or_else(|| self.scripts.came_back(leg, calling.name)) {
                    Some(part) => self.scripts.sink.take(now, Entry::Dials { part, leg }),
                    None => self.scripts.sink.calls_from(leg, calling),
                }
            }
        }
    }

    fn hears(&mut self, bridge: &mut BridgeSide, end: FarEnd, report: Report) -> Option<Outbound> {
        match end {
            FarEnd::Script(part) => {
                self.scripts.hears(bridge, part, report);
                None
            }
            FarEnd::Device(device) => Some(Outbound::Device(device, report)),
        }
    }

    fn call_over(&mut self, end: FarEnd) {
        match end {
            FarEnd::Script(part) => self.scripts.call_over(part),
            FarEnd::Device(device) => self.devices.call_over(device),
        }
    }

    fn tell_caller(&mut self, bridge: &mut BridgeSide, part: u32, input: caller::Input) {
        self.scripts.tell_caller(bridge, part, input);
    }

    fn due(&self, end: FarEnd) -> Instant {
        match end {
            FarEnd::Script(part) => self.scripts.due(part),
            FarEnd::Device(_) => Instant::NEVER,
        }
    }

    fn step(&mut self, bridge: &mut BridgeSide, end: FarEnd) -> bool {
        match end {
            FarEnd::Script(part) => self.scripts.step(bridge, part),
            FarEnd::Device(_) => false,
        }
    }

    fn record(&mut self, now: Instant, event: Event) {
        self.scripts.sink.take(now, Entry::Event(event));
    }

    fn due_at(&mut self, at: Instant) {
        self.scripts.sink.due(at);
    }
}

impl<S: Sink> Shard<S> {
    /// No legs yet. The seed orders what is due at one moment, and chooses which keys a fault hits.
    #[must_use]
    pub fn new(policy: Arc<Policy>, seed: u64, sink: S) -> Self {
        let ends = Ends { scripts: Scripts::new(seed, sink), devices: Devices::default() };
        Self::with_ends(policy, seed, ends)
    }

    /// What takes the entries.
    pub fn sink(&self) -> &S {
        &self.ends().scripts.sink
    }

    /// Gives back what took the entries.
    #[must_use]
    pub fn into_sink(self) -> S {
        self.into_ends().scripts.sink
    }

    /// Tells something that happened now.
    pub fn tell(&mut self, entry: Entry) {
        let (bridge, ends) = self.sides();
        ends.scripts.sink.take(bridge.now(), entry);
    }

    /// Tells that a meeting has reached this deadline.
    pub fn tell_timer(&mut self, timer: MeetingTimer) {
        let (_, ends) = self.sides();
        ends.scripts.sink.meeting_timer(timer);
    }

    /// Puts a cast on stage, its callers before their telephones. Those that begin at once do so with the next
    /// [`Shard::begin`]; the others are woken. Returns the stage's number; a place that [`Shard::retire`] freed is used again.
    ///
    /// # Panics
    /// If some begin later, and not each has a moment.
    pub fn stage(&mut self, called: &CastRequest) -> u32 {
        let (bridge, ends) = self.sides();
        ends.scripts.stage(bridge, called)
    }

    /// Tells the next part that has not begun to begin; false if all have. One after the other, so that few values are
    /// on their way at once.
    pub fn begin(&mut self) -> bool {
        let (bridge, ends) = self.sides();
        ends.scripts.begin(bridge)
    }

    /// Whether a part has not been told to begin.
    #[must_use]
    pub fn waits_to_begin(&self) -> bool {
        self.ends().scripts.waits_to_begin()
    }

    /// Frees the places of casts of which nothing is left, and the numbers of legs that nobody can ask for any more;
    /// does nothing while values are on their way.
    pub fn retire(&mut self) {
        let (bridge, ends) = self.sides();
        if bridge.is_settled() {
            ends.scripts.retire(bridge.now());
            self.forget_calls();
        }
    }

    /// Scripts that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> u32 {
        self.ends().scripts.unfinished
    }

    /// Returns how many rows are taken: numbers of calls that are kept, and devices that are connected.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.bridge().calls().kept() as usize + self.ends().devices.count()
    }

    /// Calls of scripted callers that have left this program.
    #[must_use]
    pub fn outward_calls(&self) -> u32 {
        self.ends().scripts.outward_calls
    }

    /// A scripted caller is told something of a call that left this program.
    pub fn tell_outward(&mut self, part: u32, call: u32, input: caller::Input) {
        let (bridge, ends) = self.sides();
        ends.scripts.tell_outward(bridge, part, call, input);
    }

    /// Every script's steps at which it stands now, by part.
    pub fn standing(&self) -> impl Iterator<Item = (u32, &Caller)> {
        (0..).zip(self.ends().scripts.parts.iter().map(|part| &part.caller))
    }

    /// Where a part stands.
    #[must_use]
    pub fn stage_of(&self, part: u32) -> StageRef {
        self.ends().scripts.stage_of(part)
    }

    /// The leg of a part's call, and the meeting and the place that it is in, if it has named a meeting.
    #[must_use]
    pub fn place(&self, part: u32) -> Option<(LegId, MeetingId, Place)> {
        let leg = self.ends().scripts.leg_of(part)?;
        let (meeting, place) = self.bridge().calls().get(leg)?.place()?;
        Some((leg, meeting, place))
    }

    /// Which part a call belongs to; `None` if it is of a device, or none of these.
    #[must_use]
    pub fn part_of(&self, leg: LegId) -> Option<u32> {
        match self.bridge().calls().far_end(leg)? {
            FarEnd::Script(part) => Some(part),
            FarEnd::Device(_) => None,
        }
    }

    /// These calls are to be handed something next.
    pub fn prefetch_legs(&self, legs: impl Iterator<Item = LegId> + Clone) {
        for leg in legs {
            if let Some(part) = self.part_of(leg) {
                prefetch(&self.ends().scripts.parts[part as usize]);
            }
            self.bridge().calls().get(leg).into_iter().for_each(prefetch);
        }
    }

    /// One of a stage's organizers was shown a new PIN.
    pub fn show_pin(&mut self, stage: u32, organizer: OrganizerRef, pin: Pin) {
        let (_, ends) = self.sides();
        ends.scripts.show_pin(stage, organizer, pin);
    }

    /// One of a stage's organizers was shown a new conference ID.
    pub fn show_conference_id(&mut self, stage: u32, organizer: OrganizerRef, id: Digits) {
        let (_, ends) = self.sides();
        ends.scripts.show_conference_id(stage, organizer, id);
    }

    /// Connects a device; returns its number. `part` is the part of a cast that it plays, if it plays one.
    pub fn connect(&mut self, part: Option<u32>) -> u32 {
        let (_, ends) = self.sides();
        ends.devices.connect(part)
    }

    /// The user of a device acts. Returns what is told at once, if anything.
    pub fn act(&mut self, device: u32, action: Action) -> Option<Report> {
        let (bridge, ends) = self.sides();
        match ends.devices.act(bridge, device, action) {
            Ok(Acted::Carried) => None,
            Ok(Acted::Pressed(key)) => {
                ends.record(bridge.now(), key);
                None
            }
            Ok(Acted::Left(cause)) => Some(Report::Ended(cause)),
            Err(refused) => Some(Report::Refused(refused)),
        }
    }

    /// A device is gone; a call that it is on is lost. Its number is used again.
    pub fn disconnect(&mut self, device: u32) {
        // Nobody is left to be told.
        let _untold = self.act(device, Action::HangUp(HangupCause::Lost));
        let (bridge, ends) = self.sides();
        ends.devices.leave(bridge, device);
    }
}
