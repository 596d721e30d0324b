//! Runs detectors over conditions, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use attendant::media::dtmf::Press;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::corpus::{Condition, Make};
use crate::score::{Kind, Score};

/// Hears keys in a whole recording.
pub(crate) type Decode = fn(&[i16]) -> Vec<Press>;

/// Ours, and the baseline.
pub(crate) type Both<T> = [T; 2];

/// The score of each detector in each condition.
pub(crate) fn scores(conditions: &[Condition], decode: Both<Decode>, share: f64) -> Vec<Both<Score>> {
    in_parallel(conditions.len(), |at| {
        let condition = &conditions[at];
        let count = (condition.sequences as f64 * share).ceil() as usize;
        let seed = seed(condition.class) ^ seed(&condition.name);
        over(&condition.make, count, seed, |recording| {
            decode.map(|decode| {
                Score::of(recording, condition.kind, condition.timed, &decode(&recording.samples))
            })
        })
    })
}

/// The score of each detector over so many recordings of one kind.
pub(crate) fn accepted(make: &Make, count: usize, name: &str, decode: Both<Decode>) -> Both<Score> {
    over(make, count, seed(name), |recording| {
        decode.map(|decode| Score::of(recording, Kind::Must, false, &decode(&recording.samples)))
    })
}

fn over(
    make: &Make,
    count: usize,
    seed: u64,
    score: impl Fn(&crate::signal::Recording) -> Both<Score>,
) -> Both<Score> {
    let mut sum: Both<Score> = Default::default();
    for number in 0..count {
        // Each recording has a seed of its own, so that a quick run makes the first of a full one.
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64));
        let recording = make(&mut rng);
        for (sum, score) in sum.iter_mut().zip(score(&recording)) {
            sum.add(score);
        }
    }
    sum
}

/// FNV-1a: a number that a name always has.
fn seed(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Does `count` things on all cores, and gives what came of them in order.
pub(crate) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let result = work(at);
                    done.lock().expect("no thread panics holding it").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics holding it");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
