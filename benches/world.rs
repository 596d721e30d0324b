//! One World with very many scripted callers: events a second, wall time, peak memory for each caller.
//!
//! `cargo bench --bench world [-- CALLERS_PER_MEETING MEETINGS]`; 10 and 10,000 unless told otherwise. Each meeting's
//! callers dial, key the conference ID, wait in the lobby, are released by the organizer's PIN, talk for five minutes
//! and hang up.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use attendant::control::call::{Digit, Prompt};
use attendant::control::caller::{
    CallState, Expectation, KeyPart, Named, Op, OrganizerRef, Program, SignalId, Sound, Target, Timing,
};
use attendant::control::event::{Event, MeetingEvent};
use attendant::control::policy::Policy;
use attendant::control::time::Instant;
use attendant::leg::cast::{Cast, Role, Signal};
use attendant::leg::log::{Entry, Sink};
use attendant::play::world::World;
use attendant::scenario::story::{Given, Organizer, Story};

const TALK: Duration = Duration::from_secs(5 * 60);
const WAITING: SignalId = SignalId(0);
const STARTED: SignalId = SignalId(1);

/// Counts, and keeps nothing.
#[derive(Debug, Default)]
struct Count {
    entries: u64,
    joined: u64,
    failed: u64,
}

impl Sink for Count {
    fn take(&mut self, _at: Instant, entry: Entry) {
        self.entries += 1;
        self.joined += u64::from(matches!(entry, Entry::Event(Event::Meeting(MeetingEvent::Joined { .. }))));
        self.failed += u64::from(matches!(entry, Entry::Failed { .. }));
    }
}

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let callers = numbers.next().unwrap_or(10);
    let meetings = numbers.next().unwrap_or(10_000);
    let story = Arc::new(story(callers));
    let before = resident_bytes("VmRSS:");
    let clock = Clock::now();
    let mut world = World::new(Policy::default(), 1, Count::default());
    for _ in 0..meetings {
        world.stage(&story).expect("drawn conference IDs are free");
    }
    world.run(Instant::NEVER);
    let wall = clock.elapsed().as_secs_f64();
    let peak = resident_bytes("VmHWM:");
    let all = u64::from(callers) * u64::from(meetings);
    let events = world.carried();
    println!("callers            {all} in {meetings} meetings");
    println!("virtual time       {} s", world.now());
    println!("wall time          {wall:.2} s");
    println!("events             {events} ({:.1} a caller)", events as f64 / all as f64);
    println!("events a second    {:.2} million", events as f64 / wall / 1e6);
    println!("log entries        {}", world.sink().entries);
    println!("peak memory        {} bytes a caller", (peak - before) / all);
    if world.sink().joined == all && world.sink().failed == 0 && world.calls() == 0 {
        return ExitCode::SUCCESS;
    }
    println!(
        "joined {} of {all}, {} failed, {} calls up",
        world.sink().joined,
        world.sink().failed,
        world.calls()
    );
    ExitCode::FAILURE
}

fn story(callers: u32) -> Story {
    let mut roles = vec![Role::new("pat", participant()); callers as usize - 1];
    roles.push(Role { states: vec![(CallState::Joined, STARTED)], ..Role::new("amos", organizer()) });
    let signal = |name: &str, needs, listeners| Signal { name: name.into(), needs, listeners };
    let signals = vec![
        signal("pat.waiting", callers - 1, vec![callers - 1]),
        signal("amos.joined", 1, (0..callers - 1).collect()),
    ];
    let given = Given::new(Arc::default(), Policy::default(), vec![Organizer::new("amos")]);
    let cast = Cast { roles, signals, numbers: vec![Arc::default()], recordings: Vec::new() };
    Story::new("bench", given, cast, Duration::from_secs(7200))
}

fn participant() -> Program {
    let mut ops = enter();
    ops.push(hears(Sound::HoldMusic, 40));
    ops.push(Op::Mark(WAITING));
    ops.push(Op::Expect(
        Expectation::State(CallState::Joined),
        Timing { within: Duration::from_millis(200), of: Some(STARTED), hold: None },
    ));
    ops.push(Op::Wait(TALK));
    ops.push(Op::HangUp);
    Program::of_steps(ops)
}

fn organizer() -> Program {
    let mut ops = vec![Op::When(WAITING)];
    ops.extend(enter());
    ops.push(press([KeyPart::Key(Digit::STAR)].into()));
    ops.push(hears(Sound::Prompt(Prompt::EnterPin), 2));
    ops.push(press([KeyPart::Named(Named::Pin(OrganizerRef(0))), KeyPart::Key(Digit::POUND)].into()));
    ops.push(Op::Expect(
        Expectation::State(CallState::Joined),
        Timing { within: Duration::from_secs(2), of: None, hold: None },
    ));
    ops.push(Op::Wait(TALK));
    ops.push(Op::HangUp);
    Program::of_steps(ops)
}

fn enter() -> Vec<Op> {
    vec![
        Op::Dial(Target::Number(0)),
        hears(Sound::Prompt(Prompt::Welcome), 2),
        press([KeyPart::Named(Named::ConferenceId(OrganizerRef(0))), KeyPart::Key(Digit::POUND)].into()),
        hears(Sound::Prompt(Prompt::PressStarIfOrganizer), 6),
    ]
}

fn press(keys: Arc<[KeyPart]>) -> Op {
    Op::Press { keys, gap: Duration::from_millis(100), hold: Duration::from_millis(100) }
}

fn hears(sound: Sound, secs: u64) -> Op {
    Op::Expect(Expectation::Hears(sound), Timing { within: Duration::from_secs(secs), of: None, hold: None })
}

/// A line of /proc/self/status in bytes.
fn resident_bytes(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|text| text.strip_prefix(line)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
