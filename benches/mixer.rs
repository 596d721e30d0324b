//! What mixing costs: time for each tick of 20 ms beside the plain mix of everybody for everybody, and memory. First the
//! mixer alone, then the machine that gives each leg its sound: its tick, and its tick with the frame of every leg.
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

use attendant::control::call::{LegId, Source};
use attendant::control::event::MeetingId;
use attendant::control::time::Instant as Moment;
use attendant::media::conference_audio::ConferenceAudio;
use attendant::media::library::Library;
use attendant::media::mixer::{Frame, Heard, Mixer};
use attendant::media::rate::{FRAME, FRAME_TIME};
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
    println!(
        "\n{:<38} {:>11} {:>11} {:>11} {:>7} {:>16}",
        "conference audio", "tick", "and frames", "plain mix", "ratio", "bytes a caller"
    );
    let mut held = Vec::new();
    for size in [3, 10, 100, 1_000] {
        for talkers in [0, 1, 3] {
            let case = Case { name: "", meetings: 1, size, talkers, noisy: 0 };
            let Some(bridge) = case.measure_audio(&sounds) else { return ExitCode::FAILURE };
            held.push(bridge);
        }
    }
    ExitCode::SUCCESS
}

/// A machine with its time.
#[derive(Default)]
struct Bridge {
    audio: ConferenceAudio,
    now: Moment,
}

impl Bridge {
    /// Conferences of the same size.
    fn with(conferences: u32, size: u32) -> Self {
        let mut bridge = Self::default();
        for leg in (0..u64::from(conferences * size)).map(LegId::new) {
            bridge.audio.open(bridge.now, leg);
            bridge.audio.hear(bridge.now, leg, Source::Conference, None);
            bridge.audio.join(MeetingId(leg.number() as u32 / size), leg);
        }
        bridge.audio.tick(bridge.now, Library::built_in());
        bridge
    }

    /// One tick, in which the talkers of each conference send.
    fn tick(&mut self, case: &Case, sounds: &Sounds, conferences: u32, tick: u32) {
        for leg in 0..conferences {
            for who in case.size - case.talkers..case.size {
                if let Some(frame) = case.sent(sounds, who, tick) {
                    self.audio.receive(
                        LegId::new((leg * case.size + who).into()),
                        self.now.millis() / 20,
                        frame,
                    );
                }
            }
        }
        self.now = self.now + FRAME_TIME;
        self.audio.tick(self.now, Library::built_in());
    }

    fn hear(&self, case: &Case) {
        let mut own = [0; FRAME];
        for who in 0..case.size {
            black_box(self.audio.heard(LegId::new(who.into()), Library::built_in(), &mut own));
        }
    }
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

    /// Measures the machine that gives each leg its sound, and prints; nothing if it and the plain mix do not agree.
    fn measure_audio(&self, sounds: &Sounds) -> Option<Bridge> {
        let before = resident_bytes();
        let conferences = MEASURED_CALLERS / self.size;
        let mut many = Bridge::with(conferences, self.size);
        many.tick(self, sounds, conferences, 0);
        many.tick(self, sounds, conferences, 1);
        let bytes = resident_bytes().saturating_sub(before) / u64::from(conferences * self.size);
        let mut one = Bridge::with(1, self.size);
        one.tick(self, sounds, 1, 0);
        let mut own = [0; FRAME];
        let agrees = (0..self.size).all(|who| {
            let heard = one.audio.heard(LegId::new(who.into()), Library::built_in(), &mut own);
            heard.is_some_and(|heard| *heard.frame() == self.plain(sounds, who, 0))
        });
        if !agrees {
            println!(
                "{} in a conference, {} talk: the machine and the plain mix differ",
                self.size, self.talkers
            );
            return None;
        }
        let ticked = timed(|tick| one.tick(self, sounds, 1, tick));
        let heard = timed(|tick| {
            one.tick(self, sounds, 1, tick);
            one.hear(self);
        });
        let plain = timed(|tick| self.mix_plainly(sounds, tick));
        println!(
            "{:<38} {:>8} ns {:>8} ns {:>8} ns {:>6.1}x {:>16}",
            format!("a conference of {}, {} talk", self.size, self.talkers),
            ticked.as_nanos(),
            heard.as_nanos(),
            plain.as_nanos(),
            plain.as_secs_f64() / heard.as_secs_f64(),
            bytes,
        );
        Some(many)
    }

    fn meeting(&self) -> Mixer {
        let mut mixer = Mixer::default();
        (0..self.size).for_each(|who| mixer.join(LegId::new(who.into())));
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
            let sent = (0..self.size)
                .filter_map(|who| Some((LegId::new(who.into()), self.sent(sounds, who, tick)?)));
            mixer.mix(sent, None);
            while let Some(change) = mixer.poll_output() {
                black_box(change);
            }
            for who in 0..self.size {
                black_box(mixer.heard(LegId::new(who.into())));
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

    /// The mixer leaves out the noise, which the plain mix has: all samples of each are as near as that. Those of more
    /// voices than fit 16 bits are softer.
    fn agrees(&self, mixer: &Mixer, sounds: &Sounds, tick: u32) -> bool {
        let far = i32::from(NOISE) * i32::try_from(self.noisy).unwrap_or(i32::MAX);
        let fits = self.talkers * u32::from(VOICE.unsigned_abs()) <= u32::from(i16::MAX.unsigned_abs());
        (0..self.size).all(|who| {
            let plain = self.plain(sounds, who, tick).map(i32::from);
            let mixed = mixer.heard(LegId::new(who.into())).unwrap_or(Heard::Silence).frame().map(i32::from);
            mixed.iter().zip(plain).all(|(mixed, plain)| {
                (mixed - plain).abs() <= far || !fits && mixed * plain >= 0 && mixed.abs() <= plain.abs() + 1
            })
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
