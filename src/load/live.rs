//! Plays a profile on the live exchange, in real time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::conduct::{Conducted, Staging, admin_hook};
use super::profile::Profile;
use super::progress::{RunProgress, Sampler};
use super::tally::Shared;
use crate::clock::{Clock, Pace};
use crate::exchange::Exchange;
use crate::play::live::settings;
use crate::report::traced;

/// Maximum time for calls and meetings to end after the last story.
const QUIET_WITHIN: Duration = Duration::from_secs(1);

/// Plays a profile to its end, or until it is told to stop: then every call ends. Each second goes to `progress`.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn play(profile: &Arc<Profile>, seed: u64, lanes: NonZeroUsize, progress: &RunProgress) {
    let clock = Clock::start(1, Pace::Realtime);
    let tallies: Vec<Shared> = (0..lanes.get()).map(|_| Shared::by(clock)).collect();
    let settings = settings(&profile.stories[0], seed, clock);
    let hands = tallies.iter().map(|tally| (traced(tally.clone()), admin_hook(profile)));
    let stage = Staging::new(profile, Exchange::open(settings, hands), lanes.get());
    let sampler = Sampler::new(progress, profile, &tallies);
    let stories = &tallies;
    let conducted = Conducted { profile, seed, clock, stage, stories, sampler, progress };
    let finale = conducted.run(|_| {}).await;
    let late = clock.now() + QUIET_WITHIN;
    if !progress.is_stopped() {
        tokio::select! {
            () = finale.stage.exchange.quiet() => {}
            () = clock.sleep_until(late) => {}
        }
    }
    finale.end(clock, progress, |_| {}).await;
}
