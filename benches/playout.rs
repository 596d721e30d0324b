//! What hold music costs when everybody who waits is recorded, and when nobody listens: CPU for each second of sound,
//! and memory a caller, beside a bridge that opens the file anew for each caller.
//!
//! `cargo bench --bench playout`. Callers came at different moments, so that each is elsewhere in the loop.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::hint::black_box;
use std::io::Cursor;
use std::process::ExitCode;
use std::time::{Duration, Instant as Clock};

use attendant::control::call::Source;
use attendant::control::time::Instant;
use attendant::media::library::Library;
use attendant::media::playout::Playout;
use attendant::media::wav;
use hound::WavReader;

/// Callers who wait and are recorded.
const CALLERS: u64 = 10_000;
/// Callers of whom the memory is read, so that pages do not count.
const PARKED: u64 = 1_000_000;

/// Samples and microseconds of a frame of 20 ms.
const FRAME: usize = 160;
const FRAME_MICROS: u64 = 20_000;
/// Frames of one second.
const FRAMES: u64 = 50;

/// The best of so many runs counts, so that what else the machine does is left out.
const RUNS: usize = 5;

/// A frame that one caller has heard.
type Frame = [i16; FRAME];

fn main() -> ExitCode {
    let library = Library::built_in();
    let file = wav::write(&library.hold_music().samples().collect::<Vec<i16>>());

    let before = resident_bytes();
    let parked: Vec<Playout> = (0..PARKED).map(waiting).collect();
    let bytes = resident_bytes().saturating_sub(before) as f64 / PARKED as f64;
    let opened_before = resident_bytes();
    let mut opened: Vec<Opened<'_>> = (0..CALLERS).map(|caller| Opened::new(&file, caller)).collect();
    let opened_bytes = resident_bytes().saturating_sub(opened_before) as f64 / CALLERS as f64;

    // Both must play the same, or one of them is measured for nothing.
    let now = now(0);
    for (playout, opened) in parked.iter().zip(&mut opened).take(100) {
        let mut frame = [0; FRAME];
        playout.render(library, now, &[], &mut frame);
        if frame != opened.next_frame() {
            println!("the two play different music");
            return ExitCode::FAILURE;
        }
    }

    let callers = &parked[..usize::try_from(CALLERS).expect("ten thousand fit")];
    let ours = best(|| {
        for frame in 0..FRAMES {
            for playout in callers {
                let mut heard = [0; FRAME];
                playout.render(library, self::now(frame), &[], &mut heard);
                black_box(&heard);
            }
        }
    });
    let anew = best(|| {
        for _ in 0..FRAMES {
            for caller in &mut opened {
                black_box(caller.next_frame());
            }
        }
    });
    println!("one second of hold music for each of {CALLERS} recorded callers, on one core");
    println!("{:<36} {:>9} {:>12} {:>16}", "", "CPU", "of a core", "bytes a caller");
    row("a source and a moment (ours)", ours, bytes);
    row("a reader of the file for each caller", anew, opened_bytes);
    println!("{:.0} times the CPU", anew.as_secs_f64() / ours.as_secs_f64());
    println!("whoever waits unheard costs {} bytes, and no CPU", size_of::<Playout>());
    ExitCode::SUCCESS
}

fn row(what: &str, took: Duration, bytes: f64) {
    let share = took.as_secs_f64() * 100.0;
    println!("{what:<36} {:>6.1} ms {share:>10.2} % {bytes:>16.0}", took.as_secs_f64() * 1e3);
}

/// The moment at which a frame begins, half an hour into the run.
fn now(frame: u64) -> Instant {
    Instant::from_micros(1_800_000_000 + frame * FRAME_MICROS)
}

/// When this caller's music began: within the last ten minutes.
fn began(caller: u64) -> Instant {
    Instant::from_millis(1_800_000 - caller * 7_919 % 600_000)
}

fn waiting(caller: u64) -> Playout {
    let mut playout = Playout::new(Instant::ZERO);
    playout.hear(began(caller), Source::HoldMusic { begun: began(caller) });
    playout
}

/// What a bridge keeps that opens the file for each caller: a reader, and the frame that is read.
struct Opened<'f> {
    file: &'f [u8],
    reader: WavReader<Cursor<&'f [u8]>>,
    frame: Frame,
}

impl<'f> Opened<'f> {
    fn new(file: &'f [u8], caller: u64) -> Self {
        let mut opened = Self { file, reader: open(file), frame: [0; FRAME] };
        let heard = now(0).since(began(caller)).as_micros() / 125;
        let place = u32::try_from(heard).expect("ten minutes of samples fit") % opened.reader.len();
        opened.reader.seek(place).expect("the place is within the file");
        opened
    }

    fn next_sample(&mut self) -> i16 {
        loop {
            match self.reader.samples::<i16>().next() {
                Some(sample) => return sample.expect("memory can be read"),
                None => self.reader = open(self.file),
            }
        }
    }

    fn next_frame(&mut self) -> Frame {
        for at in 0..FRAME {
            self.frame[at] = self.next_sample();
        }
        self.frame
    }
}

fn open(file: &[u8]) -> WavReader<Cursor<&[u8]>> {
    WavReader::new(Cursor::new(file)).expect("the file was written here")
}

fn best(mut run: impl FnMut()) -> Duration {
    let timed = |_| {
        let began = Clock::now();
        run();
        began.elapsed()
    };
    (0..RUNS).map(timed).min().unwrap_or_default()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
