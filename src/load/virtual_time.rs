//! Plays a profile in virtual time: what becomes of millions of calls, at the speed of the machine. Latencies are those
//! of the dialogs, since nothing else takes time.

use std::sync::Arc;
use std::thread;

use super::arrival_source::ArrivalSource;
use super::figures::Latencies;
use super::profile::Profile;
use super::progress::{RunProgress, Sampler};
use super::schedule::seconds;
use super::tally::Shared;
use crate::control::time::Instant;
use crate::play::world::World;
use crate::scenario::load::Model;

/// Bridges that play side by side, each with its share of the stories: so many whatever the machine, so that a seed gives
/// the same run everywhere.
const WORLDS: usize = 8;

/// Plays a profile to its end, or until it is told to stop. Each virtual second goes to `progress`.
///
/// # Panics
/// Never for a profile that was read: its organizers' conference IDs are drawn by the directory, which has room.
pub fn play(profile: &Arc<Profile>, seed: u64, progress: &RunProgress) {
    let tallies = [(); WORLDS].map(|()| Shared::default());
    let given = &profile.stories[0].given;
    let mut worlds: Vec<World<Shared>> = tallies
        .iter()
        .zip(0..)
        .map(|(tally, number)| {
            let world = World::new(given.policy.clone(), seed.wrapping_add(number), tally.clone());
            world.with_library(Arc::clone(&given.library))
        })
        .collect();
    let mut sampler = Sampler::new(progress, profile, &tallies);
    let mut source = ArrivalSource::new(profile, seed);
    // Arrivals are known ahead; where one story follows another, it is looked more often whether one has ended.
    let step = match profile.load.model {
        Model::Arrivals => 1.0,
        Model::Concurrency => 0.1,
    };
    let (mut now, mut second, mut last) = (0.0, 1.0, None);
    let mut turn = 0;
    while !progress.is_stopped() {
        source.reach(now, progress);
        source.ended(tallies.iter().map(|tally| tally.gone().len()).sum());
        while let Some(begins) = source.next(step) {
            let tag = u32::try_from(begins.story).expect("a mix has few stories");
            let staged = worlds[turn].stage_later(&profile.stories[begins.story], begins.moments, tag);
            staged.expect("conference IDs that the directory draws are free");
            turn = (turn + 1) % WORLDS;
        }
        if source.is_over() {
            let last = *last.get_or_insert(now + source.longest().as_secs_f64());
            if source.in_flight() == 0 || now >= last {
                break;
            }
        }
        now += step;
        run(&mut worlds, Instant::ZERO + seconds(now));
        if now >= second {
            second += 1.0;
            sampler.second(now, source.wanted(), source.dropped(), &Latencies::default());
        }
    }
    progress.run().interrupted = source.in_flight() > 0 || !source.is_over();
    sampler.second(now, 0.0, source.dropped(), &Latencies::default());
    progress.end();
}

/// Plays all of them on until then, on every core.
fn run(worlds: &mut [World<Shared>], until: Instant) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = worlds.len().div_ceil(cores);
    thread::scope(|scope| {
        for worlds in worlds.chunks_mut(share) {
            scope.spawn(move || worlds.iter_mut().for_each(|world| world.run(until)));
        }
    });
}
