//! Plays a profile on the live exchange, in real time.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::arrival_source::{ArrivalSource, Begins};
use super::figures::Latencies;
use super::profile::Profile;
use super::progress::{RunProgress, Sampler};
use super::tally::Shared;
use crate::clock::{Alarm, Clock, Pace};
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::exchange::{AdminCall, AdminHook, Exchange};
use crate::leg::scripted::{Accounts, CastRequest};
use crate::play::acts;
use crate::play::live::settings;
use crate::report::TracedSink;

/// Interval between checks for stories to start: a large batch would keep others from being served, so it is short.
const TICK: Duration = Duration::from_millis(5);

/// The same once no more stories begin, and only their end is waited for.
const TICK_AT_THE_END: Duration = Duration::from_millis(50);

/// Seconds before its start at which a story is prepared: longer than a tick may be late before the run is void.
const AHEAD: f64 = 0.2;

/// Interval at which this machine's delay in waking a task is measured.
const LAG_EVERY: Duration = Duration::from_millis(20);

/// Maximum time for calls and meetings to end after the last story.
const QUIET_WITHIN: Duration = Duration::from_secs(1);

/// The sink of a lane: it counts, and writes to the program's log where one is wanted.
type Traced = TracedSink<Shared>;

/// Plays a profile to its end, or until it is told to stop: then every call ends. Each second goes to `progress`.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn play(profile: &Arc<Profile>, seed: u64, lanes: NonZeroUsize, progress: &RunProgress) {
    let clock = Clock::start(1, Pace::Realtime);
    let tallies: Vec<Shared> = (0..lanes.get()).map(|_| Shared::by(clock)).collect();
    let settings = settings(&profile.stories[0], seed, clock);
    let hands = tallies.iter().map(|tally| (TracedSink::new(tally.clone()), admin_hook(profile)));
    let mut stage = Staging::new(profile, Exchange::open(settings, hands), lanes);
    let (lag, stop) = (Lag::default(), CancellationToken::new());
    let measuring = tokio::spawn(lag.clone().measure(clock, stop.clone()));
    let mut sampler = Sampler::new(progress, profile, &tallies);
    let mut source = ArrivalSource::new(profile, seed);
    let (mut tick, mut second) = (Instant::ZERO, Instant::from_secs(1));
    let mut over: Option<Instant> = None;
    loop {
        clock.sleep_until(tick).await;
        let now = clock.now();
        tick = now.max(tick) + if source.is_over() { TICK_AT_THE_END } else { TICK };
        source.reach(in_seconds(now), progress);
        for (lane, tally) in tallies.iter().enumerate() {
            source.ended(stage.take_back(lane, tally.gone()));
        }
        if !progress.is_stopped() {
            while let Some(begins) = source.next(AHEAD) {
                stage.put_on(begins).await;
            }
        }
        if now >= second {
            // A second that was missed has gone by: its counts are in this one.
            while second <= now {
                second = second + Duration::from_secs(1);
            }
            sampler.second(in_seconds(now), source.wanted(), source.dropped(), &lag.take());
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
    let late = clock.now() + QUIET_WITHIN;
    if !progress.is_stopped() {
        tokio::select! {
            () = stage.exchange.quiet() => {}
            () = clock.sleep_until(late) => {}
        }
    }
    progress.run().interrupted = source.in_flight() > 0 || !source.is_over();
    let _lanes = stage.exchange.shut_down().await;
    stop.cancel();
    // A probe that panicked has measured nothing, and the run says so.
    let _ended = measuring.await;
    sampler.second(in_seconds(clock.now()), 0.0, source.dropped(), &lag.take());
    progress.end();
}

fn in_seconds(at: Instant) -> f64 {
    at.micros() as f64 / 1e6
}

fn admin_hook(profile: &Arc<Profile>) -> AdminHook<Traced> {
    let profile = Arc::clone(profile);
    Box::new(move |call: AdminCall<'_, Traced>| {
        let AdminCall { part, act, shard, directory, mut entropy } = call;
        let story = &profile.stories[shard.stage_of(part).tag as usize];
        acts::act(story, (part, act), directory, shard, &mut entropy);
    })
}

/// Puts stories on stage, in turn on each lane, and lets organizers organize again.
#[derive(Debug)]
struct Staging<'a> {
    profile: &'a Profile,
    exchange: Exchange<Traced>,
    lanes: usize,
    next: usize,
    /// Organizers who are free, by their lane and story: what is said to a meeting keeps its order on one lane only.
    free: HashMap<(usize, usize), Vec<Arc<Accounts>>>,
    /// Organizers of stories that are played.
    organizing: HashMap<OrganizerId, Arc<Accounts>>,
}

impl<'a> Staging<'a> {
    fn new(profile: &'a Profile, exchange: Exchange<Traced>, lanes: NonZeroUsize) -> Self {
        let (free, organizing) = (HashMap::new(), HashMap::new());
        Self { profile, exchange, lanes: lanes.get(), next: 0, free, organizing }
    }

    async fn put_on(&mut self, begins: Begins) {
        let lane = self.next;
        self.next = (self.next + 1) % self.lanes;
        let story = &self.profile.stories[begins.story];
        let free = self.free.get_mut(&(lane, begins.story)).and_then(Vec::pop);
        let accounts = free.unwrap_or_else(|| {
            let organizers =
                story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
            self.exchange.enrol(organizers).expect("conference IDs that the directory draws are free")
        });
        if !accounts.shown.is_empty() {
            self.organizing.insert(accounts.first, Arc::clone(&accounts));
        }
        let tag = u32::try_from(begins.story).expect("a mix has few stories");
        let calling = CastRequest {
            cast: Arc::clone(&story.cast),
            accounts,
            begins: begins.moments,
            tag,
            outward: None,
        };
        self.exchange.stage(lane, calling, Instant::ZERO).await.expect("the exchange is in service");
    }

    /// Returns the number of stories that have ended; their organizers are free.
    fn take_back(&mut self, lane: usize, gone: Vec<(u32, OrganizerId)>) -> usize {
        let count = gone.len();
        for (tag, first) in gone {
            let story = tag as usize;
            if let Some(accounts) = self.organizing.remove(&first)
                && self.profile.stories[story].leaves_organizers()
            {
                self.free.entry((lane, story)).or_default().push(accounts);
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
