//! Floor 4: the live exchange, the machines in real time on tokio.
//!
//! A task owns each thing that has a state: a lane its shard of legs, a meeting its machine and its mix, the directory its
//! questions, a trunk its end of the lines. They send each other values and decide nothing. Lanes never wait for meetings, and
//! meetings may wait for lanes, so there is no circle; whatever can fill has a limit with a name ([`Limits`]).
//!
//! A caller who waits costs no wake-ups: deadlines lie ordered in the lane, and each meeting sleeps until its own.

mod device;
pub mod directory_backend;
mod directory_task;
mod lane;
mod limits;
mod meeting_task;
mod messages;
mod orders;
mod switch;
#[cfg(test)]
mod tests;
mod trunk;

use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::bridge::faults::FaultPlan;
use crate::clock::Clock;
use crate::control::directory::{ConferenceIdTaken, Directory, NewOrganizer};
use crate::control::event::MeetingId;
use crate::control::policy::{OrganizerId, Policy};
use crate::control::time::Instant;
use crate::leg::Shard;
use crate::leg::log::Sink;
use crate::leg::outward;
use crate::leg::scripted::{Accounts, CastRequest};
use crate::media::library::Library;
use directory_backend::DirectoryBackend;
use directory_task::{DirectoryState, DirectoryTask, FIRST_OWN};
use lane::Lane;
use messages::{Staging, ToLane};
use switch::Switch;
use trunk::{Connecting, TrunkTask};

pub use crate::leg::trunk::{LineId, LineReport, SendError, Trunk};
pub use device::Device;
pub use lane::{AdminCall, AdminHook, Progress};
pub use limits::{LimitUse, Limits};

/// The settings of an exchange.
#[derive(Debug)]
pub struct Settings {
    /// The tenant's.
    pub policy: Policy,
    /// The sounds.
    pub library: Arc<Library>,
    /// From which PINs are drawn, and what is random on lines.
    pub seed: u64,
    /// Its clock: it stands at zero when the exchange opens.
    pub clock: Clock,
    /// How much it carries.
    pub limits: Limits,
    /// The faults of questions to the directory.
    pub faults: FaultPlan,
}

impl Settings {
    /// Returns settings for a directory without faults, with the sounds that are built in and the usual limits.
    #[must_use]
    pub fn new(policy: Policy, seed: u64, clock: Clock) -> Self {
        let library = Arc::clone(Library::built_in());
        let (limits, faults) = (Limits::default(), FaultPlan::default());
        Self { policy, library, seed, clock, limits, faults }
    }
}

/// A bridge that is in service.
#[derive(Debug)]
pub struct Exchange<S> {
    switch: Arc<Switch>,
    lanes: Vec<(JoinHandle<Shard<S>>, watch::Receiver<Progress>)>,
}

impl<S: Sink + Send + 'static> Exchange<S> {
    /// Opens an exchange with a lane for each of these sinks and hands; on the current tokio runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open(settings: Settings, sinks: impl IntoIterator<Item = (S, AdminHook<S>)>) -> Self {
        Self::open_on(settings, None, sinks)
    }

    /// The same, on users who are kept in a backend; users who are not there are looked up in the exchange's own
    /// records.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open_on(
        settings: Settings,
        backend: Option<Arc<dyn DirectoryBackend>>,
        sinks: impl IntoIterator<Item = (S, AdminHook<S>)>,
    ) -> Self {
        let Settings { policy, library, seed, clock, limits, faults } = settings;
        let sinks: Vec<_> = sinks.into_iter().collect();
        let (ways, inboxes): (Vec<_>, Vec<_>) = sinks.iter().map(|_| mpsc::channel(limits.to_lane)).unzip();
        let (questions, asked) = mpsc::channel(limits.questions);
        let first = if backend.is_some() { FIRST_OWN } else { 0 };
        let directory = Directory::numbered_from(first, policy.clone());
        let directory = DirectoryState::new(directory, seed, faults);
        let library_of_lanes = Arc::clone(&library);
        let policy = Arc::new(policy);
        let followed = Arc::clone(&policy);
        let switch = Switch::new(clock, limits, library, ways.into(), (questions, directory), followed);
        let switch = Arc::new(switch);
        switch.tasks.spawn(DirectoryTask::new(Arc::clone(&switch), backend).run(asked));
        let count = u32::try_from(sinks.len()).expect("fewer than four billion lanes");
        let lanes = (0..).zip(sinks).zip(inboxes).map(|((number, (sink, hand)), inbox)| {
            let mut shard = Shard::new(Arc::clone(&policy), seed.wrapping_add(u64::from(number)), sink);
            shard.set_lane(number, count);
            shard.set_library(Arc::clone(&library_of_lanes));
            shard.set_calls_max(limits.calls / count);
            let (progress, seen) = watch::channel(Progress::default());
            let lane = Lane::new(shard, number as usize, Arc::clone(&switch), hand, progress);
            (switch.tasks.spawn(lane.run(inbox)), seen)
        });
        let lanes = lanes.collect();
        Self { switch, lanes }
    }

    /// Returns the time of the exchange's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.switch.clock.now()
    }

    /// Meetings with somebody in them.
    #[must_use]
    pub fn meetings(&self) -> usize {
        self.switch.meetings()
    }

    /// Returns how far each limit is used: calls first.
    #[must_use]
    pub fn usage(&self) -> Vec<LimitUse> {
        let calls = (0..self.lanes.len()).map(|lane| u64::from(self.progress(lane).calls)).sum();
        let limit = u64::from(self.switch.limits.calls);
        // How often it was reached is in the event stream: each of those calls has its outcome.
        let calls = LimitUse { name: "calls", limit, used: calls, reached: None };
        std::iter::once(calls).chain(self.switch.usage()).collect()
    }

    /// Returns the open meetings.
    #[must_use]
    pub fn open_meetings(&self) -> Vec<MeetingId> {
        self.switch.open()
    }

    /// Waits until nobody is in any meeting.
    pub async fn quiet(&self) {
        self.switch.quiet().await;
    }

    /// Waits until the directory has answered everything that it answers late: what it looks at then counts, though
    /// the caller may have gone.
    pub async fn all_answered(&self) {
        self.switch.all_answered().await;
    }

    /// Questions that the directory was asked.
    #[must_use]
    pub fn questions(&self) -> u32 {
        self.switch.directory().questions()
    }

    /// Returns the progress of a lane.
    #[must_use]
    pub fn progress(&self, lane: usize) -> Progress {
        *self.lanes[lane].1.borrow()
    }

    /// Waits until a lane is so far; `None` if it ended before.
    pub async fn wait_for(&self, lane: usize, far: impl FnMut(&Progress) -> bool) -> Option<Progress> {
        let mut seen = self.lanes[lane].1.clone();
        seen.wait_for(far).await.ok().map(|now| *now)
    }

    /// Looks into the directory as it is now.
    pub fn directory<R>(&self, look: impl FnOnce(&Directory) -> R) -> R {
        look(&self.switch.directory().directory)
    }

    /// Puts users who organize meetings into the directory.
    ///
    /// # Errors
    /// The conference ID of one of them is taken; those before it are in the directory.
    pub fn enrol(
        &self,
        organizers: impl IntoIterator<Item = NewOrganizer>,
    ) -> Result<Arc<Accounts>, ConferenceIdTaken> {
        let mut state = self.switch.directory();
        let shown =
            organizers.into_iter().map(|organizer| state.add(organizer)).collect::<Result<Vec<_>, _>>()?;
        let first = shown.first().map_or(OrganizerId(0), |coordinates| coordinates.organizer);
        Ok(Arc::new(Accounts { first, shown }))
    }

    /// Puts a cast on a lane's stage at that moment. Waits while the lane has no room for messages.
    ///
    /// # Errors
    /// The exchange is out of service.
    pub async fn stage(
        &self,
        lane: usize,
        calling: CastRequest,
        at: Instant,
    ) -> Result<(), OutOfServiceError> {
        let sent = self.switch.lanes[lane].send(ToLane::Stage(Box::new(Staging { calling, at }))).await;
        sent.map_err(|_| OutOfServiceError)
    }

    /// Connects a device to a lane. What it is told comes out of the second. `part` is the part of a cast that it plays, for
    /// readers of the entries who know it by that.
    ///
    /// # Errors
    /// The exchange is out of service.
    pub async fn connect(
        &self,
        lane: usize,
        part: Option<u32>,
    ) -> Result<(Device, mpsc::Receiver<LineReport>), OutOfServiceError> {
        let Limits { actions, reports, .. } = self.switch.limits;
        let (trunk, told) = self.connect_trunk(lane, part, (actions, reports)).await?;
        Ok((Device(trunk), told))
    }

    /// Connects a trunk to a lane. What its lines are told comes out of the second.
    ///
    /// # Errors
    /// The exchange is out of service.
    pub async fn open_trunk(
        &self,
        lane: usize,
    ) -> Result<(Trunk, mpsc::Receiver<LineReport>), OutOfServiceError> {
        let Limits { trunk_actions, trunk_reports, .. } = self.switch.limits;
        self.connect_trunk(lane, None, (trunk_actions, trunk_reports)).await
    }

    /// Opens the way by which the scripted callers of a lane, of casts that are staged so, place calls that leave this program.
    ///
    /// # Errors
    /// The exchange is out of service.
    pub async fn open_outward(&self, lane: usize) -> Result<outward::Way, OutOfServiceError> {
        let Limits { trunk_actions, trunk_reports, .. } = self.switch.limits;
        let (placed, actions) = mpsc::channel(trunk_actions);
        let (reports, mut told) = mpsc::channel(trunk_reports);
        let to_lane = self.switch.lanes[lane].clone();
        to_lane.send(ToLane::Outward(placed)).await.map_err(|_| OutOfServiceError)?;
        let (clock, stop) = (self.switch.clock, self.switch.stop.clone());
        self.switch.tasks.spawn(async move {
            loop {
                let report = tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    report = told.recv() => report,
                };
                let Some(report) = report else { return };
                if to_lane.send(ToLane::Told(clock.now(), report)).await.is_err() {
                    return;
                }
            }
        });
        Ok(outward::Way { actions, reports })
    }

    async fn connect_trunk(
        &self,
        lane: usize,
        part: Option<u32>,
        (actions, reports): (usize, usize),
    ) -> Result<(Trunk, mpsc::Receiver<LineReport>), OutOfServiceError> {
        let (reports, told) = mpsc::channel(reports);
        let (answer, number) = oneshot::channel();
        let (way, missed) = (&self.switch.lanes[lane], Arc::default());
        let connecting = Connecting { reports, missed: Arc::clone(&missed), part, number: answer };
        way.send(ToLane::Connect(connecting)).await.map_err(|_| OutOfServiceError)?;
        let number = number.await.map_err(|_| OutOfServiceError)?;
        let Switch { clock, stop, tasks, .. } = &*self.switch;
        let (trunk, task) = TrunkTask::new(number, missed, way.clone(), *clock, stop.clone(), actions);
        tasks.spawn(task.run());
        Ok((trunk, told))
    }

    /// Ends every call, lets no other begin, and waits until the meetings have gone away.
    pub async fn end_calls(&self) {
        for way in &self.switch.lanes {
            // A lane that has ended already has no calls.
            let _ended = way.send(ToLane::Shutdown).await;
        }
        for lane in 0..self.lanes.len() {
            let _ended = self.wait_for(lane, |progress| progress.closed).await;
        }
        self.switch.quiet().await;
    }

    /// Goes out of service: every call ends, no other begins, meetings go away. Gives back the legs of each lane, with
    /// all that their sinks took.
    pub async fn shut_down(self) -> Vec<Shard<S>> {
        self.end_calls().await;
        self.switch.stop.cancel();
        let mut shards = Vec::new();
        for (lane, _) in self.lanes {
            // A lane that panicked has told so on standard error; the others are of use.
            shards.extend(lane.await);
        }
        self.switch.tasks.close();
        self.switch.tasks.wait().await;
        shards
    }
}

/// The exchange was shut down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfServiceError;

impl fmt::Display for OutOfServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the exchange is out of service")
    }
}

impl std::error::Error for OutOfServiceError {}
