//! The live exchange with very many callers, in real time and in process: bytes for each caller, CPU while all wait,
//! and how long after the PIN's last key the last caller hears that the meeting has started.
//!
//! `cargo bench --bench exchange [-- CALLERS_PER_MEETING MEETINGS MEETINGS_PER_SECOND]`; 10, 1,000 and 500 unless told
//! otherwise. The callers of each meeting dial, key the conference ID and wait with music; once all wait, all are left
//! alone for ten seconds; then each organizer calls, keys the PIN, and all hang up soon after.

#![expect(clippy::print_stdout, reason = "a bench prints figures")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use attendant::clock::{Clock, Pace};
use attendant::control::call::{Digit, LegId, Prompt, Source};
use attendant::control::caller::{
    CallState, KeyPart, Named, Op, OrganizerRef, Program, Sight, Sound, StepId, Target, Timing,
};
use attendant::control::directory::NewOrganizer;
use attendant::control::event::{Event, MeetingId};
use attendant::control::policy::Policy;
use attendant::control::time::Instant;
use attendant::exchange::{Exchange, Hand, Limits, Settings};
use attendant::leg::cast::{Cast, KeyPath, LineFaults, Role};
use attendant::leg::log::{Entry, Sink};
use attendant::leg::simulated::Calling;
use attendant::leg::trouble::Troubles;
use attendant::media::library::Library;

/// One for each core of the machine that the figures are for.
const LANES: usize = 2;

/// How long everybody is left alone.
const QUIET: Duration = Duration::from_secs(10);

/// From the first key of a call to the lobby, with room to spare.
const DIAL_IN: Duration = Duration::from_secs(30);

/// What one lane saw.
#[derive(Debug, Default)]
struct Seen {
    /// The meeting in whose lobby a leg waits, by the leg's number on its lane.
    lobby: Vec<u32>,
    /// By meeting: how many wait, and when the last key of whoever started it was pressed.
    waiting: Vec<(u32, Instant)>,
    /// The last key of each leg that does not wait.
    keyed: BTreeMap<LegId, Instant>,
    parked: u64,
    failed: u64,
    last_joined: Vec<Duration>,
}

impl Seen {
    fn meeting(&mut self, meeting: MeetingId) -> &mut (u32, Instant) {
        let place = meeting.0 as usize;
        if self.waiting.len() <= place {
            self.waiting.resize(place + 1, (0, Instant::NEVER));
        }
        &mut self.waiting[place]
    }
}

impl Sink for Seen {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a bench counts what it measures")]
    fn take(&mut self, at: Instant, entry: Entry) {
        match entry {
            Entry::Failed { .. } => self.failed += 1,
            Entry::Event(Event::Key { leg }) => {
                self.keyed.insert(leg, at);
            }
            Entry::Event(Event::Parked { meeting, leg }) => {
                self.parked += 1;
                self.keyed.remove(&leg);
                let place = leg.0 as usize / LANES;
                if self.lobby.len() <= place {
                    self.lobby.resize(place + 1, u32::MAX);
                }
                self.lobby[place] = meeting.0;
                self.meeting(meeting).0 += 1;
            }
            Entry::Event(Event::PinAccepted { meeting, leg }) => {
                self.meeting(meeting).1 = self.keyed.remove(&leg).unwrap_or(at);
            }
            Entry::Event(Event::Hears {
                leg,
                source: Source::Prompt { prompt: Prompt::MeetingStarted, .. },
            }) => {
                let Some(meeting) = self.lobby.get(leg.0 as usize / LANES).copied() else { return };
                let (waiting, keyed) = self.meeting(MeetingId(meeting));
                *waiting -= 1;
                if *waiting == 0 {
                    let took = at.since(*keyed);
                    self.last_joined.push(took);
                }
            }
            _ => {}
        }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let callers = numbers.next().unwrap_or(10);
    let meetings = numbers.next().unwrap_or(1_000);
    let rate = numbers.next().unwrap_or(500);
    let before = resident_bytes();
    let dialled = Duration::from_secs_f64(f64::from(meetings) / f64::from(rate));
    let go = dialled + DIAL_IN + QUIET + Duration::from_secs(5);
    let cast = cast(callers, go);
    let mut policy = Policy::default();
    policy.set("name_recording", "false").expect("it is a setting");
    policy.set("capacity", &(callers + 1).max(250).to_string()).expect("it is a setting");
    let settings = Settings {
        policy,
        library: Arc::clone(Library::built_in()),
        seed: 1,
        clock: Clock::start(1, Pace::Measured),
        limits: Limits::default(),
        troubles: Troubles::default(),
    };
    let nobody_acts = || -> Hand<Seen> { Box::new(|_| {}) };
    let exchange = Exchange::open(settings, [(); LANES].map(|()| (Seen::default(), nobody_acts())));
    let cpu = cpu_seconds();
    for meeting in 0..meetings {
        let at = Instant::ZERO + Duration::from_secs_f64(f64::from(meeting) / f64::from(rate));
        let enrolled = exchange.enrol([NewOrganizer::default()]).expect("drawn conference IDs are free");
        let calling = Calling { cast: Arc::clone(&cast), enrolled, begins: [].into(), tag: 0 };
        if exchange.stage(meeting as usize % LANES, calling, at).await.is_err() {
            println!("a meeting did not come on stage");
            return ExitCode::FAILURE;
        }
    }
    let clock = Clock::start(1, Pace::Measured);
    let left = (dialled + DIAL_IN).saturating_sub(Duration::from_micros(exchange.now().micros()));
    clock.sleep_until(Instant::ZERO + left).await;
    let (all, waited_from) = (meetings * callers, cpu_seconds());
    let up: u32 = (0..LANES).map(|lane| exchange.progress(lane).calls).sum();
    let memory = resident_bytes().saturating_sub(before);
    println!("{all} callers in {meetings} meetings: {up} calls are up, {} meetings", exchange.meetings());
    println!("dial-in: {:.2} s of CPU for {:.1} s", waited_from - cpu, dialled.as_secs_f64());
    println!("memory: {} bytes a caller", memory / u64::from(all.max(1)));
    let quiet = clock.now() + QUIET;
    clock.sleep_until(quiet).await;
    let waited = cpu_seconds() - waited_from;
    println!("while all wait: {:.2} % of a core", 100.0 * waited / QUIET.as_secs_f64());
    for lane in 0..LANES {
        let _ended = exchange.wait_for(lane, |now| now.unfinished == 0).await;
    }
    exchange.quiet().await;
    let lanes = exchange.shut_down().await;
    let seen: Vec<Seen> = lanes.into_iter().map(attendant::leg::simulated::Shard::into_sink).collect();
    let mut joined: Vec<Duration> = seen.iter().flat_map(|seen| seen.last_joined.iter().copied()).collect();
    joined.sort_unstable();
    let of =
        |part: f64| joined.get(((joined.len() as f64 * part) as usize).min(joined.len().saturating_sub(1)));
    println!(
        "start_to_joined of {} meetings: p50 {:?}, p99 {:?}, max {:?}",
        joined.len(),
        of(0.5).copied().unwrap_or_default(),
        of(0.99).copied().unwrap_or_default(),
        joined.last().copied().unwrap_or_default()
    );
    let (parked, failed) =
        (seen.iter().map(|seen| seen.parked).sum::<u64>(), seen.iter().map(|seen| seen.failed).sum::<u64>());
    println!(
        "{parked} were parked, {failed} scripts failed, {} bytes a caller at the end",
        resident_bytes().saturating_sub(before) / u64::from(all.max(1))
    );
    if failed == 0 && joined.len() == meetings as usize { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The callers of a meeting, and the organizer, who calls so long after them: once all meetings wait, and as spread as
/// they dialled.
fn cast(callers: u32, go: Duration) -> Arc<Cast> {
    let role = |name: &str, program: &Arc<Program>| Role {
        name: name.into(),
        program: Arc::clone(program),
        from: None,
        states: Vec::new(),
        key_path: KeyPath::Direct,
        faults: LineFaults::default(),
    };
    let (participant, organizer) = (Arc::new(participant(go)), Arc::new(organizer(go)));
    let mut roles: Vec<Role> = (0..callers).map(|_| role("pat", &participant)).collect();
    roles.push(role("amos", &organizer));
    Arc::new(Cast { roles, signals: Vec::new(), numbers: vec![Arc::default()] })
}

fn participant(go: Duration) -> Program {
    let joined = Timing { within: go + DIAL_IN, of: None, hold: None };
    let mut ops = enter();
    ops.push(Op::Expect(Sight::State(CallState::Joined), joined));
    ops.push(Op::Wait(Duration::from_secs(5)));
    ops.push(Op::HangUp);
    program(ops)
}

fn organizer(go: Duration) -> Program {
    let mut ops = vec![Op::Wait(go)];
    ops.extend(enter());
    ops.push(hears(Prompt::PressStarIfOrganizer));
    ops.push(press([KeyPart::Key(Digit::STAR)].into()));
    ops.push(hears(Prompt::EnterPin));
    ops.push(press([KeyPart::Named(Named::Pin(OrganizerRef(0))), KeyPart::Key(Digit::POUND)].into()));
    let joined = Timing { within: Duration::from_secs(5), of: None, hold: None };
    ops.push(Op::Expect(Sight::State(CallState::Joined), joined));
    ops.push(Op::Wait(Duration::from_secs(5)));
    ops.push(Op::HangUp);
    program(ops)
}

fn enter() -> Vec<Op> {
    vec![
        Op::Dial(Target::Number(0)),
        hears(Prompt::Welcome),
        press([KeyPart::Named(Named::ConferenceId(OrganizerRef(0))), KeyPart::Key(Digit::POUND)].into()),
    ]
}

fn press(keys: Arc<[KeyPart]>) -> Op {
    Op::Press { keys, gap: Duration::from_millis(100), hold: Duration::from_millis(100) }
}

fn hears(prompt: Prompt) -> Op {
    let timing = Timing { within: Duration::from_secs(10), of: None, hold: None };
    Op::Expect(Sight::Hears(Sound::Prompt(prompt)), timing)
}

fn program(ops: Vec<Op>) -> Program {
    let end = u32::try_from(ops.len()).expect("a short script");
    Program { ops: (0..).map(StepId).zip(ops).collect(), end }
}

/// What of this process lies in memory, in bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    line.and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// What this process has used of all cores, in seconds: fields 14 and 15 of /proc/self/stat, in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
