//! Plays a profile in virtual time: what becomes of millions of calls, at the speed of the machine. Latencies are those
//! of the dialogs, since nothing else takes time.

use std::sync::Arc;

use super::board::{Board, Book};
use super::feed::Feed;
use super::figures::Latencies;
use super::profile::Profile;
use super::schedule::seconds;
use super::tally::Shared;
use crate::control::time::Instant;
use crate::scenario::load::Model;
use crate::scenario::world::World;

/// Plays a profile to its end, or until the board is told to stop. Each virtual second goes to the board.
///
/// # Panics
/// Never for a profile that was read: its organizers' conference IDs are drawn by the directory, which has room.
pub fn play(profile: &Arc<Profile>, seed: u64, board: &Board) {
    let tallies = [Shared::default()];
    let given = &profile.stories[0].given;
    let world = World::new(given.policy.clone(), seed, tallies[0].clone());
    let mut world = world.with_library(Arc::clone(&given.library));
    let mut book = Book::new(board, profile, &tallies);
    let mut feed = Feed::new(profile, seed);
    // Arrivals are known ahead; where one story follows another, it is looked more often whether one has ended.
    let step = match profile.load.model {
        Model::Arrivals => 1.0,
        Model::Concurrency => 0.1,
    };
    let (mut now, mut second, mut last) = (0.0, 1.0, None);
    while !board.is_stopped() {
        feed.reach(now, board);
        feed.ended(tallies[0].gone().len());
        while let Some(begins) = feed.next(step) {
            let tag = u32::try_from(begins.story).expect("a mix has few stories");
            let staged = world.stage_later(&profile.stories[begins.story], begins.moments, tag);
            staged.expect("conference IDs that the directory draws are free");
        }
        if feed.is_over() {
            let last = *last.get_or_insert(now + feed.longest().as_secs_f64());
            if feed.in_flight() == 0 || now >= last {
                break;
            }
        }
        now += step;
        world.run(Instant::ZERO + seconds(now));
        if now >= second {
            second += 1.0;
            book.second(now, feed.wanted(), feed.dropped(), &Latencies::default());
        }
    }
    board.run().interrupted = feed.in_flight() > 0 || !feed.is_over();
    book.second(now, 0.0, feed.dropped(), &Latencies::default());
    board.end();
}
