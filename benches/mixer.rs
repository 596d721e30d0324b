//! What mixing costs: time for each tick of 20 ms beside the plain mix of everybody for everybody, and memory.
//!
//! `cargo bench --bench mixer`. The plain mix adds, for each participant, the frames of all others.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attendant::control::call::LegId;
use attendant::media::mixer::{Frame, Heard, Mixer};
use attendant::media::rate::FRAME;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

/// A tick, as long as its frame: what is mixed in less keeps up.
const TICK: Duration = Duration::from_millis(20);

/// Each case is measured for this long, in runs of about so long.
const MEASURED: Duration = Duration::from_secs(1);
const RUN: Duration = Duration::from_millis(5);

/// A second of sound, for the lines to be known.
const WARM_UP_TICKS: u32 = 50;

/// Meetings for so many callers are kept while memory is read, so that pages do not count.
const MEASURED_CALLERS: u32 = 100_000;

/// Different frames of each sound, played in turn.
const FRAMES: usize = 16;
/// The largest sample of a voice, and of a noisy line (-24 and -56 dBm0).
const VOICE: i16 = 2_500;
const NOISE: i16 = 60;

/// Some meetings of one size. The last `talkers` of each talk, the `noisy` before them send a line's noise, all others
/// send nothing.
struct Case {
    name: &'static str,
    meetings: u32,
    size: u32,
    talkers: u32,
    noisy: u32,
}

const CASES: [Case; 6] = [
    Case { name: "a meeting of 250, 3 talk", meetings: 1, size: 250, talkers: 3, noisy: 0 },
    Case { name: "the same, noise on all other lines", meetings: 1, size: 250, talkers: 3, noisy: 247 },
    Case { name: "a meeting of 250, all talk", meetings: 1, size: 250, talkers: 250, noisy: 0 },
    Case { name: "a meeting of 10, 3 talk", meetings: 1, size: 10, talkers: 3, noisy: 0 },
    Case { name: "2,500 meetings of 4, 1 talks in each", meetings: 2_500, size: 4, talkers: 1, noisy: 0 },
    Case { name: "the same, noise on all other lines", meetings: 2_500, size: 4, talkers: 1, noisy: 3 },
];

fn main() -> ExitCode {
    let sounds = Sounds::new();
    println!(
        "{:<38} {:>11} {:>11} {:>7} {:>10} {:>16}",
        "case", "mixer", "plain mix", "ratio", "of a core", "bytes a caller"
    );
    // What was measured is held to the end: memory that is given back would be counted for none.
    let mut held = Vec::new();
    for case in &CASES {
        let Some(mixers) = case.measure(&sounds) else { return ExitCode::FAILURE };
        held.push(mixers);
    }
    println!("a mixer without callers takes {} bytes", size_of::<Mixer>());
    ExitCode::SUCCESS
}

impl Case {
    /// Measures and prints; nothing if the mixes do not agree.
    fn measure(&self, sounds: &Sounds) -> Option<Vec<Mixer>> {
        let before = resident_bytes();
        let mut mixers: Vec<Mixer> =
            (0..MEASURED_CALLERS.div_ceil(self.size).max(self.meetings)).map(|_| self.meeting()).collect();
        for tick in 0..WARM_UP_TICKS {
            self.mix(&mut mixers, sounds, tick);
        }
        let callers = mixers.len() as u64 * u64::from(self.size);
        let bytes = resident_bytes().saturating_sub(before) / callers;
        if !self.agrees(&mixers[0], sounds, WARM_UP_TICKS - 1) {
            println!("{}: the mixer and the plain mix differ", self.name);
            return None;
        }
        let mixed = timed(|tick| self.mix(&mut mixers[..self.meetings as usize], sounds, tick));
        let plain = timed(|tick| self.mix_plainly(sounds, tick));
        println!(
            "{:<38} {:>8.2} µs {:>8.2} µs {:>6.1}x {:>8.3} % {:>16}",
            self.name,
            mixed.as_secs_f64() * 1e6,
            plain.as_secs_f64() * 1e6,
            plain.as_secs_f64() / mixed.as_secs_f64(),
            mixed.as_secs_f64() / TICK.as_secs_f64() * 100.0,
            bytes,
        );
        Some(mixers)
    }

    fn meeting(&self) -> Mixer {
        let mut mixer = Mixer::default();
        (0..self.size).for_each(|who| mixer.join(LegId(who)));
        mixer
    }

    /// What this participant sends, if anything.
    fn sent<'s>(&self, sounds: &'s Sounds, who: u32, tick: u32) -> Option<&'s Frame> {
        let at = (who + tick) as usize % FRAMES;
        if who >= self.size - self.talkers {
            Some(&sounds.voice[at])
        } else if who >= self.size - self.talkers - self.noisy {
            Some(&sounds.noise[at])
        } else {
            None
        }
    }

    /// One tick of every meeting, each participant's frame looked up.
    fn mix(&self, mixers: &mut [Mixer], sounds: &Sounds, tick: u32) {
        for mixer in mixers {
            let sent = (0..self.size).filter_map(|who| Some((LegId(who), self.sent(sounds, who, tick)?)));
            mixer.mix(sent, None);
            while let Some(change) = mixer.poll_output() {
                black_box(change);
            }
            for who in 0..self.size {
                black_box(mixer.heard(LegId(who)));
            }
        }
    }

    fn mix_plainly(&self, sounds: &Sounds, tick: u32) {
        for _ in 0..self.meetings {
            for who in 0..self.size {
                black_box(self.plain(sounds, who, tick));
            }
        }
    }

    fn plain(&self, sounds: &Sounds, who: u32, tick: u32) -> Frame {
        let mut sum = [0_i32; FRAME];
        for other in (0..self.size).filter(|other| *other != who) {
            if let Some(frame) = self.sent(sounds, other, tick) {
                sum.iter_mut().zip(frame).for_each(|(sum, sample)| *sum += i32::from(*sample));
            }
        }
        sum.map(|sum| sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    }

    /// The mixer leaves out the noise, which the plain mix has: all samples of each are as near as that.
    fn agrees(&self, mixer: &Mixer, sounds: &Sounds, tick: u32) -> bool {
        let far = i32::from(NOISE) * i32::try_from(self.noisy).unwrap_or(i32::MAX);
        (0..self.size).all(|who| {
            let plain = self.plain(sounds, who, tick);
            let mixed = mixer.heard(LegId(who)).unwrap_or(Heard::Silence);
            mixed
                .frame()
                .iter()
                .zip(plain)
                .all(|(mixed, plain)| (i32::from(*mixed) - i32::from(plain)).abs() <= far)
        })
    }
}

struct Sounds {
    voice: [Frame; FRAMES],
    noise: [Frame; FRAMES],
}

impl Sounds {
    fn new() -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let mut frames =
            |most: i16| std::array::from_fn(|_| std::array::from_fn(|_| chance.random_range(-most..=most)));
        Self { voice: frames(VOICE), noise: frames(NOISE) }
    }
}

/// The time of one tick: the best of many runs, so that what else the machine does is left out.
fn timed(mut tick: impl FnMut(u32)) -> Duration {
    let began = Instant::now();
    let (mut best, mut ticks) = (Duration::MAX, 1);
    while began.elapsed() < MEASURED {
        let run = Instant::now();
        (0..ticks).for_each(&mut tick);
        let took = run.elapsed();
        best = best.min(took / ticks);
        if took < RUN {
            ticks *= 2;
        }
    }
    best
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
