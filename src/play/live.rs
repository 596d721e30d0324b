//! Plays one case on the live exchange, and judges it as the virtual one is.

use std::sync::Arc;
use std::time::Duration;

use super::case::{End, Played, standing};
use crate::bridge::faults::FaultPlan;
use crate::clock::Clock;
use crate::control::time::Instant;
use crate::exchange::{AdminCall, AdminHook, Exchange, Progress, Settings};
use crate::leg::log::{Log, Sink};
use crate::leg::scripted::{CastRequest, Hearing};
use crate::play::acts;
use crate::scenario::story::Story;

/// Maximum time for meetings to end after the last call.
const QUIET_WITHIN: Duration = Duration::from_secs(1);

/// Plays a case on an exchange of its own, by this clock; `None` if it was stopped before its end. Every call has ended
/// then too. `sink` takes its entries, and gives them back as a log.
///
/// # Panics
/// Outside of a tokio runtime. Never for a story that the reader made: it has seen to it that conference IDs are free.
pub async fn play_live(
    story: &Arc<Story>,
    seed: u64,
    clock: Clock,
    sink: impl Sink + Into<Log> + Send + 'static,
    stopped: impl Future<Output = ()>,
) -> Option<Played> {
    let exchange = Exchange::open(settings(story, seed, clock), [(sink, admin_hook(story))]);
    stage(&exchange, story, Instant::ZERO, None).await;
    match ended(&exchange, clock, Instant::ZERO + story.timeout, stopped).await {
        Some(ended) => Some(judged(exchange, story, seed, ended).await),
        None => {
            exchange.shut_down().await;
            None
        }
    }
}

/// Puts the users of a story into the directory, and its cast on the stage of the only lane, at this moment.
pub(super) async fn stage<S: Sink + Send + 'static>(
    exchange: &Exchange<S>,
    story: &Arc<Story>,
    at: Instant,
    outward: Option<Hearing>,
) {
    let given = &story.given;
    let organizers = given.organizers.iter().map(|organizer| organizer.entry(given)).collect();
    let organizers: Vec<_> =
        Option::expect(organizers, "the reader refuses conference IDs that are not digits");
    let accounts = exchange.enrol(organizers).expect("the reader refuses conference IDs that are taken");
    let cast = Arc::clone(&story.cast);
    let calling = CastRequest { cast, accounts, begins: [].into(), tag: 0, outward };
    exchange.stage(0, calling, at).await.expect("the exchange was opened a moment ago");
}

/// How a story came to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) in_time: bool,
    quiet: bool,
}

/// Waits until all scripts and calls have ended, and the meetings too, or the time is up; `None` if that was stopped.
pub(super) async fn ended<S: Sink + Send + 'static>(
    exchange: &Exchange<S>,
    clock: Clock,
    until: Instant,
    stopped: impl Future<Output = ()>,
) -> Option<Ended> {
    let ended = |now: &Progress| now.staged > 0 && (now.over || (now.unfinished, now.calls) == (0, 0));
    let in_time = tokio::select! {
        ended = exchange.wait_for(0, ended) => ended.is_some(),
        () = clock.sleep_until(until) => false,
        () = stopped => return None,
    };
    if in_time {
        tokio::select! {
            () = exchange.all_answered() => {}
            () = clock.sleep_until(until) => {}
        }
    }
    let quiet = in_time && {
        let late = exchange.now() + QUIET_WITHIN;
        tokio::select! {
            () = exchange.quiet() => true,
            () = clock.sleep_until(late) => false,
        }
    };
    Some(Ended { in_time, quiet })
}

/// Shuts an exchange down, and judges the story that was played on it.
pub(super) async fn judged<S: Sink + Into<Log> + Send + 'static>(
    exchange: Exchange<S>,
    story: &Arc<Story>,
    seed: u64,
    Ended { in_time, quiet }: Ended,
) -> Played {
    let (directory, questions) = (exchange.directory(Clone::clone), exchange.questions() as usize);
    let shard = exchange.shut_down().await.pop().expect("the lane has not panicked");
    let (now, events) = (shard.now(), shard.carried());
    let standing = if in_time { Vec::new() } else { standing(&shard) };
    let end = End { story, directory: &directory, now, quiet, standing, questions };
    let mut log: Log = shard.into_sink().into();
    log.end_with_failure();
    let failures = end.judge(&log);
    Played { seed, failures, log, took: now, events, questions: Vec::new(), wire: None }
}

/// Returns what an exchange is opened with to play a story: its settings, its sounds, and the faults of its directory.
#[must_use]
pub fn settings(story: &Story, seed: u64, clock: Clock) -> Settings {
    let given = &story.given;
    Settings {
        library: Arc::clone(&given.library),
        faults: FaultPlan::new(&story.directory_faults, &story.late_questions),
        ..Settings::new(given.policy.clone(), seed, clock)
    }
}

/// Carries out what the story's administrators do, on a lane of the exchange.
#[must_use]
pub fn admin_hook<S: Sink>(story: &Arc<Story>) -> AdminHook<S> {
    let story = Arc::clone(story);
    Box::new(move |call: AdminCall<'_, S>| {
        let AdminCall { part, act, shard, directory, mut entropy } = call;
        acts::act(&story, (part, act), directory, shard, &mut entropy);
    })
}
