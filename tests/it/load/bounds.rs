//! Bounds of percentiles and of changes: how often they are right, and what is concluded from few values.

use std::time::Duration;

use attendant::load::compare::Change;
use attendant::load::figures::Latencies;
use attendant::load::run::Run;
use attendant::scenario::load::Metric;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::stage::{Ended, Stage};

/// How much is measured.
const COUNTS: [u32; 6] = [30, 100, 300, 1_000, 3_000, 10_000];

/// Percentiles, in hundredths of a percent.
const PARTS: [u16; 4] = [5_000, 9_000, 9_900, 9_990];

/// How latencies are distributed, by the share of those that are shorter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    /// An exponential tail.
    Smooth,
    /// The same in steps of a packet: very many are alike.
    Stepped,
}

impl Shape {
    fn latency(self, share: f64) -> Duration {
        let millis = -100.0 * (1.0 - share).ln();
        match self {
            Self::Smooth => Duration::from_secs_f64(millis / 1_000.0),
            Self::Stepped => Duration::from_millis(20 * (millis / 20.0).ceil() as u64),
        }
    }

    fn percentile(self, part: u16) -> Duration {
        self.latency(f64::from(part) / 10_000.0)
    }

    fn measured(self, count: u32, chance: &mut ChaCha8Rng) -> Vec<Duration> {
        (0..count).map(|_| self.latency(chance.random())).collect()
    }
}

/// How many runs of each kind; `ATTENDANT_CASES` makes them more.
fn cases() -> u32 {
    std::env::var("ATTENDANT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150)
}

/// The least that counts as so much, in that many cases: four standard deviations below.
fn least(share: f64, cases: u32) -> f64 {
    share - 4.0 * (share * (1.0 - share) / f64::from(cases)).sqrt()
}

#[test]
fn bounds_of_95_percent_hold_95_percent_of_the_time() {
    let (cases, mut chance) = (cases(), ChaCha8Rng::seed_from_u64(17));
    for shape in [Shape::Smooth, Shape::Stepped] {
        for count in COUNTS {
            let mut right = [0_u32; PARTS.len()];
            let mut bounded = [0_u32; PARTS.len()];
            for _ in 0..cases {
                let mut latencies = Latencies::default();
                shape.measured(count, &mut chance).into_iter().for_each(|took| latencies.add(took));
                for (at, part) in PARTS.into_iter().enumerate() {
                    // Whole microseconds, as they are kept.
                    let truth = Duration::from_micros(shape.percentile(part).as_micros() as u64);
                    let bounds = latencies.bounds(part, 0.95);
                    let holds = bounds.lower.is_none_or(|lower| lower <= truth)
                        && bounds.upper.is_none_or(|upper| truth <= upper);
                    right[at] += u32::from(holds);
                    bounded[at] += u32::from(bounds.upper.is_some());
                }
            }
            for (at, part) in PARTS.into_iter().enumerate() {
                let [right, bounded] = [right, bounded].map(|of| f64::from(of[at]) / f64::from(cases));
                println!("{shape:?} n={count} p({}): {right:.4}, bounded {bounded}", f64::from(part) / 100.0);
                assert!(right >= least(0.95, cases), "{shape:?}, {count} values, {part}: {right}");
            }
        }
    }
}

/// A run in which these were measured.
fn run(stage: &Stage, latencies: impl IntoIterator<Item = Duration>) -> Run {
    let mut run = Run::parse(&stage.read("empty.run")).unwrap();
    latencies.into_iter().for_each(|took| run.latencies.add(Metric::StartToJoined, took));
    run
}

/// A stage with a run in which nothing was measured yet.
fn stage() -> Stage {
    let stage = super::stage();
    let ended = stage.attendant("load quick.yaml --virtual --set limit=max<1h --report run=empty.run");
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut empty = Run::parse(&stage.read("empty.run")).unwrap();
    empty.latencies = Default::default();
    put(&stage, "empty.run", &empty);
    stage
}

fn put(stage: &Stage, file: &str, run: &Run) {
    std::fs::write(stage.path().join(file), run.write().unwrap()).unwrap();
}

#[test]
fn changes_lie_between_their_bounds_95_percent_of_the_time() {
    let stage = stage();
    let (cases, mut chance) = (cases(), ChaCha8Rng::seed_from_u64(71));
    for (before, after) in [(500, 500), (500, 5_000), (5_000, 500)] {
        let mut right = [0_u32; 3];
        for _ in 0..cases {
            let first = run(&stage, Shape::Smooth.measured(before, &mut chance));
            let slower = Shape::Smooth.measured(after, &mut chance).into_iter().map(|took| took.mul_f64(1.3));
            let second = run(&stage, slower);
            for (right, part) in right.iter_mut().zip(PARTS) {
                let change = Change::of(&first, &second, Metric::StartToJoined, part).unwrap();
                let [low, high] = [change.least, change.most].map(|bound| bound.unwrap());
                *right += u32::from(low <= 0.3 && 0.3 <= high);
            }
        }
        for (right, part) in right.into_iter().zip(PARTS) {
            let right = f64::from(right) / f64::from(cases);
            println!("{before} and {after} values, p({}): {right:.4}", f64::from(part) / 100.0);
            assert!(right >= least(0.95, cases), "{before} and {after} values, {part}: {right}");
        }
    }
}

/// What `compare` says of a limit, where the second run is ten times as slow as the first.
fn compared(stage: &Stage, counts: [u32; 2], limit: &str) -> Ended {
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    for (file, count, times) in [("a.run", counts[0], 1), ("b.run", counts[1], 10)] {
        let latencies = Shape::Smooth.measured(count, &mut chance).into_iter().map(|took| took * times);
        put(stage, file, &run(stage, latencies));
    }
    stage.attendant_words(&["compare", "--fail-on", limit], "a.run b.run")
}

#[test]
fn thirty_values_neither_keep_nor_break_a_limit() {
    let stage = stage();
    for counts in [[30, 30], [30, 10_000], [10_000, 30]] {
        for limit in
            ["p(50) +10%", "p(90) +10%", "p(99) +10%", "p(50) +9999%", "p(99) +9999%", "p(99.9) +10%"]
        {
            let ended = compared(&stage, counts, &format!("start_to_joined {limit}"));
            let last = ended.out.lines().last().unwrap();
            assert_eq!(ended.code, 3, "what cannot be judged is not green: {counts:?}: {ended:?}");
            assert!(last.starts_with(&format!("unclear  start_to_joined {limit}: ")), "{counts:?}: {last}");
            assert!(last.contains("one of the runs has only 30 measurements"), "{last}");
        }
    }
}

#[test]
fn a_percentile_without_an_upper_bound_is_shown_as_open() {
    let ended = compared(&stage(), [436, 436], "start_to_joined p(99) +10%");
    let row = ended.out.lines().find(|line| line.starts_with("start_to_joined p(99)")).unwrap();
    assert!(row.ends_with(" ? to ?   too few: 436 of 437"), "{row}");
    let last = ended.out.lines().last().unwrap();
    assert!(last.ends_with("one of the runs has only 436 measurements; p(99) needs 437"), "{last}");
}

#[test]
fn enough_values_tell_what_is_slower() {
    let stage = stage();
    assert_eq!(compared(&stage, [500, 500], "start_to_joined p(99) +10%").code, 3);
    let ended = compared(&stage, [500, 500], "start_to_joined p(99) +9900%");
    assert_eq!(ended.code, 0);
    assert!(ended.out.ends_with("holds  start_to_joined p(99) +9900%\n"), "{}", ended.out);
}
