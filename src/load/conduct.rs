//! Conducts a run in real time: puts stories on stage as the profile says, second by second, and takes them back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::arrival_source::{ArrivalSource, Begins};
use super::figures::Latencies;
use super::profile::Profile;
use super::progress::{RunProgress, Sampler};
use super::run::Run;
use super::tally::Shared;
use crate::clock::{Alarm, Clock};
use crate::control::directory::Coordinates;
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::exchange::{AdminCall, AdminHook, Exchange};
use crate::leg::scripted::{Accounts, CastRequest, Hearing};
use crate::play::acts;
use crate::report::TracedSink;

/// Interval between checks for stories to start: a large batch would keep others from being served, so it is short.
const TICK: Duration = Duration::from_millis(5);

/// The same once no more stories begin, and only their end is waited for.
const TICK_AT_THE_END: Duration = Duration::from_millis(50);

/// Seconds before its start at which a story is prepared: longer than a tick may be late before the run is void.
const AHEAD: f64 = 0.2;

/// Interval at which this machine's delay in waking a task is measured.
const LAG_EVERY: Duration = Duration::from_millis(20);

/// The sink of a lane: it counts, and writes to the program's log where one is wanted.
pub(super) type Traced = TracedSink<Shared>;

/// A run that is conducted.
pub(super) struct Conducted<'a> {
    pub(super) profile: &'a Arc<Profile>,
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) stage: Staging<'a>,
    /// What is counted of the stories, by lane.
    pub(super) stories: &'a [Shared],
    pub(super) sampler: Sampler<'a>,
    pub(super) progress: &'a RunProgress,
}

/// How a run came to its end, and what is to be told with its last second.
pub(super) struct Finale<'a> {
    pub(super) stage: Staging<'a>,
    sampler: Sampler<'a>,
    dropped: u64,
    lag: Lag,
    stop: CancellationToken,
    measuring: tokio::task::JoinHandle<()>,
}

impl<'a> Conducted<'a> {
    /// Plays the profile to its end, or until it is to stop. Each second is told to `each_second` too.
    pub(super) async fn run(self, mut each_second: impl FnMut(&mut Run)) -> Finale<'a> {
        let Self { profile, seed, clock, mut stage, stories, mut sampler, progress } = self;
        let (lag, stop) = (Lag::default(), CancellationToken::new());
        let measuring = tokio::spawn(lag.clone().measure(clock, stop.clone()));
        let mut source = ArrivalSource::new(profile, seed);
        let (mut tick, mut second) = (Instant::ZERO, Instant::from_secs(1));
        let mut over: Option<Instant> = None;
        loop {
            clock.sleep_until(tick).await;
            let now = clock.now();
            tick = now.max(tick) + if source.is_over() { TICK_AT_THE_END } else { TICK };
            source.reach(in_seconds(now), progress);
            for (lane, tally) in stories.iter().enumerate() {
                source.ended(stage.take_back(lane, tally.gone()));
            }
            if !progress.is_stopped() {
                while let Some(begins) = source.next(AHEAD) {
                    if !stage.put_on(begins).await {
                        source.ended(1);
                    }
                }
            }
            if now >= second {
                // A second that was missed has gone by: its counts are in this one.
                while second <= now {
                    second = second + Duration::from_secs(1);
                }
                sampler.second(in_seconds(now), source.wanted(), source.dropped(), &lag.take());
                each_second(&mut progress.run());
            }
            if source.is_over() {
                let last = *over.get_or_insert(now + source.longest());
                if source.in_flight() == 0 || now >= last {
                    break;
                }
            }
            if progress.is_stopped() {
                break;
            }
        }
        progress.run().interrupted = source.in_flight() > 0 || !source.is_over();
        progress.run().totals.without_organizer = stage.without_organizer;
        Finale { stage, sampler, dropped: source.dropped(), lag, stop, measuring }
    }
}

impl Finale<'_> {
    /// Goes out of service, and closes the last second.
    pub(super) async fn end(self, clock: Clock, progress: &RunProgress, last: impl FnOnce(&mut Run)) {
        let Self { stage, mut sampler, dropped, lag, stop, measuring } = self;
        let _lanes = stage.exchange.shut_down().await;
        stop.cancel();
        // A probe that panicked has measured nothing, and the run says so.
        let _ended = measuring.await;
        sampler.second(in_seconds(clock.now()), 0.0, dropped, &lag.take());
        last(&mut progress.run());
        progress.end();
    }
}

fn in_seconds(at: Instant) -> f64 {
    at.micros() as f64 / 1e6
}

/// Carries out what administrators of the profile's stories do.
pub(super) fn admin_hook(profile: &Arc<Profile>) -> AdminHook<Traced> {
    let profile = Arc::clone(profile);
    Box::new(move |call: AdminCall<'_, Traced>| {
        let AdminCall { part, act, shard, directory, mut entropy } = call;
        let story = &profile.stories[shard.stage_of(part).tag as usize];
        acts::act(story, (part, act), directory, shard, &mut entropy);
    })
}

/// Puts stories on stage, in turn on each lane, and lets organizers organize again.
#[derive(Debug)]
pub(super) struct Staging<'a> {
    profile: &'a Profile,
    pub(super) exchange: Exchange<Traced>,
    lanes: usize,
    next: usize,
    /// How callers hear whose calls leave this program.
    outward: Option<Hearing>,
    organizers: Organizers,
    /// Organizers of stories that are played.
    organizing: HashMap<OrganizerId, Arc<Accounts>>,
    /// Stories that were not started because no organizer was free.
    without_organizer: u64,
}

/// Where organizers come from.
#[derive(Debug)]
enum Organizers {
    /// They are users of the exchange. Those who are free, by their lane and story: what is said to a meeting keeps its order on
    /// one lane only.
    Enrolled(HashMap<(usize, usize), Vec<Arc<Accounts>>>),
    /// They are users of another bridge: those who are free, and the number of the next story.
    Pool(Vec<Coordinates>, u32),
}

impl<'a> Staging<'a> {
    /// Stories whose bridge is this exchange.
    pub(super) fn new(profile: &'a Profile, exchange: Exchange<Traced>, lanes: usize) -> Self {
        let organizers = Organizers::Enrolled(HashMap::new());
        Self {
            profile,
            exchange,
            lanes,
            next: 0,
            outward: None,
            organizers,
            organizing: HashMap::new(),
            without_organizer: 0,
        }
    }

    /// Stories whose bridge is another, of which these are the organizers: the exchange has their scripts only.
    pub(super) fn outward(self, hearing: Hearing, pool: Vec<Coordinates>) -> Self {
        Self { outward: Some(hearing), organizers: Organizers::Pool(pool, 0), ..self }
    }

    /// Puts a story on stage; returns whether organizers were free for it.
    async fn put_on(&mut self, begins: Begins) -> bool {
        let lane = self.next;
        let story = &self.profile.stories[begins.story];
        let accounts = match &mut self.organizers {
            Organizers::Enrolled(free) => {
                let free = free.get_mut(&(lane, begins.story)).and_then(Vec::pop);
                free.unwrap_or_else(|| {
                    let organizers =
                        story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
                    self.exchange.enrol(organizers).expect("conference IDs that the directory draws are free")
                })
            }
            Organizers::Pool(free, number) => {
                let Some(rest) = free.len().checked_sub(story.given.organizers.len()) else {
                    self.without_organizer += 1;
                    return false;
                };
                *number += 1;
                Arc::new(Accounts { first: OrganizerId(*number), shown: free.split_off(rest) })
            }
        };
        self.next = (self.next + 1) % self.lanes;
        if !accounts.shown.is_empty() {
            self.organizing.insert(accounts.first, Arc::clone(&accounts));
        }
        let tag = u32::try_from(begins.story).expect("a mix has few stories");
        let calling = CastRequest {
            cast: Arc::clone(&story.cast),
            accounts,
            begins: begins.moments,
            tag,
            outward: self.outward,
        };
        self.exchange.stage(lane, calling, Instant::ZERO).await.expect("the exchange is in service");
        true
    }

    /// Returns the number of stories that have ended; their organizers are free.
    fn take_back(&mut self, lane: usize, gone: Vec<(u32, OrganizerId)>) -> usize {
        let count = gone.len();
        for (tag, first) in gone {
            let story = tag as usize;
            let Some(accounts) = self.organizing.remove(&first) else { continue };
            match &mut self.organizers {
                Organizers::Enrolled(free) if self.profile.stories[story].leaves_organizers() => {
                    free.entry((lane, story)).or_default().push(accounts);
                }
                Organizers::Enrolled(_) => {}
                // Who was free longest is taken first, so that their meetings are over by then.
                Organizers::Pool(free, _) => {
                    free.splice(0..0, accounts.shown.iter().copied());
                }
            }
        }
        count
    }
}

/// Measures how late this machine wakes a sleeping task: the cause of the generator's own lateness.
#[derive(Clone, Debug, Default)]
struct Lag(Arc<Mutex<Latencies>>);

impl Lag {
    fn take(&self) -> Latencies {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn measure(self, clock: Clock, stop: CancellationToken) {
        let mut alarm = Alarm::new(clock);
        while !stop.is_cancelled() {
            let due = clock.now() + LAG_EVERY;
            alarm.sleep_until(due).await;
            let late = clock.now().since(due);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).add(late);
        }
    }
}
