//! The telephone at the keyboard, in real time and in process: how long it is from a key to its tone at the loudspeaker,
//! and to the end of the prompt that it cuts short.
//!
//! `cargo bench --bench phone [-- CALLS]`; 100 unless told otherwise. Each call is dialled, a key goes down some tenths of
//! a second into the welcome, and the call is hung up. What is measured is when the samples are handed to the
//! loudspeaker; the sound device adds its own buffer, 10 ms where it grants what is asked for.

#![expect(clippy::print_stdout, reason = "a bench prints figures")]

use std::time::{Duration, Instant};

use attendant::clock::{self, Pace};
use attendant::media::library::Library;
use attendant::media::rate::{FRAME, SAMPLES_PER_SECOND};
use attendant::phone::call::Calls;
use attendant::phone::carrier::Carrier as _;
use attendant::phone::demo;
use attendant::phone::model::{Input, PhoneModel, VOLUME_MAX};
use attendant::phone::monitor::{MonitorSound, listen};
use attendant::terminal::keymap::Key;
use tokio::sync::mpsc;

/// What the issue asks for.
const GOALS: [(&str, Duration); 2] =
    [("key to its tone", Duration::from_millis(30)), ("key to the prompt's end", Duration::from_millis(60))];

/// How long a call goes on after its key.
const AFTER: Duration = Duration::from_millis(200);

/// A frame and when it was handed to the loudspeaker.
type Played = (Instant, MonitorSound);

/// Somebody at the keyboard, and what comes out of the loudspeaker.
struct Phone<'s> {
    model: PhoneModel<'s>,
    calls: Calls,
    played: mpsc::Receiver<Played>,
}

impl Phone<'_> {
    async fn key(&mut self, key: Key) {
        self.model.handle_input(self.calls.clock().now(), Input::Key(key));
        self.obey().await;
    }

    async fn obey(&mut self) {
        while let Some(order) = self.model.poll_order() {
            self.calls.carry(&order, &mut self.model).await;
        }
    }

    /// What is played in the time that follows.
    async fn listen(&mut self, time: Duration) -> Vec<Played> {
        let clock = self.calls.clock();
        let until = clock.now() + time;
        let mut heard = Vec::new();
        loop {
            self.obey().await;
            let due = self.model.poll_timeout().map_or(until, |due| due.min(until));
            tokio::select! {
                biased;
                Some(news) = self.calls.news() => self.model.hear(clock.now(), news),
                Some(played) = self.played.recv() => heard.push(played),
                () = clock.sleep_until(due) => {
                    self.model.handle_timeout(clock.now());
                    if clock.now() >= until {
                        return heard;
                    }
                }
            }
        }
    }
}

/// When a sample of a frame is heard that was handed over then.
fn heard_at(handed: Instant, sample: usize) -> Instant {
    handed + Duration::from_secs(1) * sample as u32 / SAMPLES_PER_SECOND
}

/// The first sample that is more than the line: the key's tone.
fn tone(played: &[Played]) -> Option<Instant> {
    let volume = |sample: i16| i32::from(sample) * i32::from(VOLUME_MAX / 2) / i32::from(VOLUME_MAX);
    played.iter().find_map(|(handed, heard)| {
        let differs = |at: &usize| i32::from(heard.speaker[*at]) != volume(heard.line[*at]);
        (0..FRAME).find(differs).map(|at| heard_at(*handed, at))
    })
}

/// The last sample of the line that is not silent.
fn end_of_prompt(played: &[Played]) -> Option<Instant> {
    let (handed, heard) = played.iter().rfind(|(_, heard)| heard.line.iter().any(|sample| *sample != 0))?;
    let last = heard.line.iter().rposition(|sample| *sample != 0)?;
    Some(heard_at(*handed, last))
}

async fn measure(calls: u64) -> [Vec<Duration>; 2] {
    let story = demo::story();
    let (open, cues) =
        Calls::open(&story, 1, Pace::Realtime, true).await.expect("the demo directory is sound");
    let (clock, cues) = (open.clock(), cues.expect("somebody listens"));
    let (hand_over, played) = mpsc::channel(1_000);
    tokio::spawn(async move {
        let play =
            |heard: &MonitorSound| hand_over.try_send((clock::now(), *heard)).expect("the bench keeps up");
        listen(Library::built_in(), clock, cues, None, play).await;
    });
    let mut phone = Phone { model: PhoneModel::new(&story), calls: open, played };
    let mut figures = [Vec::new(), Vec::new()];
    for number in 0..calls {
        phone.key(Key::Enter).await;
        // Another part of a frame each time.
        phone.listen(Duration::from_micros(300_000 + number * 1_370)).await;
        let pressed = clock::now();
        phone.key(Key::Char { symbol: '3', held: false }).await;
        let played = phone.listen(AFTER).await;
        for (figures, heard) in figures.iter_mut().zip([tone(&played), end_of_prompt(&played)]) {
            figures.push(heard.map_or(AFTER, |heard| heard.saturating_duration_since(pressed)));
        }
        phone.key(Key::Backspace).await;
        phone.listen(Duration::from_millis(50)).await;
    }
    figures
}

fn main() {
    // `cargo bench` passes `--bench`.
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let figures = runtime.block_on(measure(calls));
    println!("{calls} calls, in milliseconds:");
    for ((what, goal), mut figures) in GOALS.into_iter().zip(figures) {
        figures.sort_unstable();
        let at = |percent: usize| figures[(figures.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!(
            "{what:<24} p50 {:>5.1}  p99 {:>5.1}  max {:>5.1}  (to be under {})",
            at(50),
            at(99),
            at(100),
            goal.as_millis()
        );
    }
}
