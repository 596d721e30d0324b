//! Device legs: calls whose far end is a device at the exchange, while tokio's clock stands still.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use attendant::bridge::protocol::{Action, Dial, Refused, Report};
use attendant::clock::{Clock, Pace};
use attendant::control::attendant::Dialled;
use attendant::control::call::{Digit, HangupCause, LegId, Prompt, Source};
use attendant::control::caller::{KeyPart, Named, Op, Target};
use attendant::control::event::{CallEvent, Event, Outcome};
use attendant::control::time::Instant;
use attendant::exchange::{AdminHook, Device, Exchange, Limits, LineId, LineReport, SendError, Settings};
use attendant::leg::cast::Role;
use attendant::leg::log::{Entry, Log};
use attendant::play::{live, play};
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;
use tokio::sync::mpsc;

/// How often all others are let go first: as often as it takes until what is due has come to rest.
const REST: usize = 64;

fn story(path: &str) -> Arc<Story> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    let suite = read_suite(&[path], &Params::new(), NonZeroUsize::MIN).expect("the file is sound");
    Arc::clone(&suite.cases.last().unwrap().story)
}

/// An exchange with the users of a story.
struct Bench {
    story: Arc<Story>,
    exchange: Exchange<Log>,
    clock: Clock,
}

impl Bench {
    fn open(story: &Arc<Story>, limits: Limits) -> Self {
        let nobody_acts: AdminHook<Log> = Box::new(|_| {});
        let clock = Clock::start(1, Pace::Lockstep);
        let settings = Settings { limits, ..live::settings(story, 1, clock) };
        let exchange = Exchange::open(settings, [(Log::default(), nobody_acts)]);
        let given = story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
        exchange.enrol(given).unwrap();
        Self { story: Arc::clone(story), exchange, clock }
    }

    async fn connect(&self) -> (Device, mpsc::Receiver<LineReport>) {
        self.exchange.connect(0, None).await.unwrap()
    }

    /// A call to the story's first number.
    fn call(&self) -> Dial {
        Dial::to(Dialled::Number(Arc::clone(&self.story.cast.numbers[0])))
    }

    async fn wait_until(&self, at: Instant) {
        self.clock.sleep_until(at).await;
        for _ in 0..REST {
            tokio::task::yield_now().await;
        }
    }

    async fn wait_until_secs(&self, secs: u64) {
        self.wait_until(Instant::from_secs(secs)).await;
    }

    async fn shut_down(self) -> Log {
        self.exchange.shut_down().await.pop().unwrap().into_sink()
    }
}

/// Runs with a clock that goes on only when there is nothing to do.
fn paused<R>(test: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(test)
}

fn told(reports: &mut mpsc::Receiver<LineReport>) -> Vec<Report> {
    std::iter::from_fn(|| reports.try_recv().ok()).map(|told| told.report).collect()
}

fn outcomes(log: &Log) -> Vec<(Outcome, HangupCause)> {
    let mut outcomes = Vec::new();
    for record in log.records() {
        if let Event::Call(CallEvent::Finished { outcome, cause, .. }) = record.event {
            outcomes.push((outcome, cause));
        }
    }
    outcomes
}

const SIMPLE: &str = "scenarios/lobby/all-are-released-at-once.yaml";

#[test]
fn a_device_is_told_what_is_heard_and_keys_stop_the_prompt() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        let (phone, mut reports) = bench.connect().await;
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(1).await;
        phone.press(Digit::from_symbol('3').unwrap()).unwrap();
        bench.wait_until_secs(2).await;
        let heard = told(&mut reports);
        let leg = LegId::new(0);
        assert!(
            matches!(
                heard[..],
                [
                    Report::Answered { leg: answered },
                    Report::Hears(Source::Prompt { prompt: Prompt::Welcome, .. }),
                    Report::Hears(Source::Silence)
                ] if answered == leg
            ),
            "{heard:?}"
        );
        phone.hang_up().unwrap();
        bench.wait_until_secs(3).await;
        assert_eq!(told(&mut reports), [Report::Ended(HangupCause::Caller)]);
        assert_eq!(outcomes(&bench.shut_down().await), [(Outcome::Abandoned, HangupCause::Caller)]);
    });
}

#[test]
fn actions_without_a_call_and_second_calls_are_refused() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        let (phone, mut reports) = bench.connect().await;
        phone.press(Digit::STAR).unwrap();
        phone.hang_up().unwrap();
        bench.wait_until_secs(1).await;
        let no_call = Report::Refused(Refused::NoCall);
        assert_eq!(told(&mut reports), [no_call, no_call]);
        phone.dial(bench.call()).unwrap();
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(2).await;
        assert!(told(&mut reports).contains(&Report::Refused(Refused::OnCall)));
        phone.hang_up().unwrap();
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(3).await;
        let again = told(&mut reports);
        assert!(
            matches!(again[..2], [Report::Ended(_), Report::Answered { leg }] if leg == LegId::new(1)),
            "{again:?}"
        );
    });
}

#[test]
fn a_device_beyond_the_limit_of_calls_hears_busy() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits { calls: 1, ..Limits::default() });
        let (first, _reports) = bench.connect().await;
        let (second, mut reports) = bench.connect().await;
        first.dial(bench.call()).unwrap();
        bench.wait_until_secs(1).await;
        second.dial(bench.call()).unwrap();
        bench.wait_until_secs(2).await;
        assert_eq!(told(&mut reports), [Report::Ended(HangupCause::Congestion)]);
    });
}

#[test]
fn a_shutdown_ends_the_call_of_a_device_and_it_is_told() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        let (phone, mut reports) = bench.connect().await;
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(1).await;
        let call = bench.call();
        let log = bench.shut_down().await;
        assert_eq!(outcomes(&log), [(Outcome::Failed(HangupCause::Bridge), HangupCause::Bridge)]);
        assert_eq!(told(&mut reports).last(), Some(&Report::Ended(HangupCause::Bridge)));
        assert_eq!(phone.dial(call), Err(SendError::OutOfService));
    });
}

#[test]
fn a_device_that_does_not_read_loses_its_call() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits { reports: 2, ..Limits::default() });
        let (phone, mut reports) = bench.connect().await;
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(30).await;
        assert_eq!(told(&mut reports).len(), 2);
        bench.wait_until_secs(31).await;
        assert_eq!(told(&mut reports), [Report::Ended(HangupCause::Lost)]);
        assert_eq!(
            outcomes(&bench.shut_down().await),
            [(Outcome::Failed(HangupCause::Lost), HangupCause::Lost)]
        );
    });
}

#[test]
fn a_device_that_is_gone_vanishes_from_its_call() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        let (phone, _reports) = bench.connect().await;
        phone.dial(bench.call()).unwrap();
        bench.wait_until_secs(1).await;
        drop(phone);
        bench.wait_until_secs(2).await;
        assert_eq!(
            outcomes(&bench.shut_down().await),
            [(Outcome::Failed(HangupCause::Lost), HangupCause::Lost)]
        );
    });
}

#[test]
fn keys_that_come_faster_than_they_are_taken_are_refused() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits { actions: 3, ..Limits::default() });
        let (phone, _reports) = bench.connect().await;
        phone.dial(bench.call()).unwrap();
        let pressed: Vec<_> = (0..10_000).map(|_| phone.press(Digit::POUND)).collect();
        assert_eq!(pressed.iter().filter(|pressed| pressed.is_ok()).count(), 2);
        assert_eq!(pressed.last(), Some(&Err(SendError::TooFast)));
    });
}

#[test]
fn a_hundred_thousand_calls_by_devices_that_leave_keep_no_row() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        // One call stays up all the time: what comes after it is forgotten all the same.
        let (waiter, mut heard) = bench.connect().await;
        waiter.dial(bench.call()).unwrap();
        let mut most = 0;
        for round in 0..100_000 {
            let (phone, mut reports) = bench.connect().await;
            phone.dial(bench.call()).unwrap();
            while reports.recv().await.unwrap().report != Report::Ended(HangupCause::Caller) {
                let _refused_once_over = phone.hang_up();
            }
            drop(phone);
            told(&mut heard);
            if round % 1_000 == 0 {
                most = most.max(bench.exchange.progress(0).rows);
            }
        }
        bench.wait_until_secs(1).await;
        let rows = bench.exchange.progress(0).rows;
        assert!(rows <= 2 && most <= 8, "{rows} rows are left, {most} at most between");
    });
}

#[test]
fn a_trunk_carries_ten_thousand_lines_at_once() {
    const LINES: u32 = 10_000;
    const ANSWERED: u8 = 1;
    const WELCOMED: u8 = 2;
    const OVER: u8 = 4;
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits::default());
        let (trunk, mut reports) = bench.exchange.open_trunk(0).await.unwrap();
        let listening = tokio::spawn(async move {
            let mut heard = vec![0; LINES as usize];
            while let Some(told) = reports.recv().await {
                heard[told.line.0 as usize] |= match told.report {
                    Report::Answered { .. } => ANSWERED,
                    Report::Hears(Source::Prompt { prompt: Prompt::Welcome, .. }) => WELCOMED,
                    Report::Ended(HangupCause::Caller) => OVER,
                    Report::Hears(_) | Report::Announced(_) | Report::Ended(_) | Report::Refused(_) => 0,
                    Report::Voice(_) => 0,
                };
            }
            heard
        });
        for line in (0..LINES).map(LineId) {
            trunk.act(line, Action::Dial(bench.call())).await.unwrap();
        }
        bench.wait_until_secs(1).await;
        assert_eq!(bench.exchange.progress(0).calls, LINES);
        for line in (0..LINES).map(LineId) {
            trunk.act(line, Action::HangUp(HangupCause::Caller)).await.unwrap();
        }
        bench.wait_until_secs(2).await;
        assert_eq!((trunk.missed(), bench.exchange.progress(0).rows), (0, 0));
        drop(trunk);
        let heard = listening.await.unwrap();
        assert!(heard.iter().all(|heard| *heard == ANSWERED | WELCOMED | OVER), "dialled, heard, hung up");
    });
}

#[test]
fn a_trunk_that_does_not_read_learns_which_calls_it_lost() {
    paused(async {
        let bench = Bench::open(&story(SIMPLE), Limits { trunk_reports: 7, ..Limits::default() });
        let (trunk, mut reports) = bench.exchange.open_trunk(0).await.unwrap();
        for line in (0..10).map(LineId) {
            trunk.act(line, Action::Dial(bench.call())).await.unwrap();
        }
        bench.wait_until_secs(1).await;
        let mut ended = Vec::new();
        let mut answered = 0;
        for secs in 2..8 {
            while let Ok(told) = reports.try_recv() {
                match told.report {
                    Report::Ended(HangupCause::Lost) => ended.push(told.line.0),
                    Report::Answered { .. } => answered += 1,
                    Report::Hears(_) | Report::Announced(_) | Report::Ended(_) | Report::Refused(_) => {}
                    Report::Voice(_) => {}
                }
            }
            bench.wait_until_secs(secs).await;
        }
        ended.sort_unstable();
        let calls = bench.exchange.progress(0).calls;
        assert_eq!((ended.len() as u32 + calls, trunk.missed() as usize), (10, 2 * ended.len()));
        assert!(answered < 10 && ended.is_sorted_by(|one, other| one < other), "{ended:?}");
        let lost = outcomes(&bench.shut_down().await);
        let lost = lost.iter().filter(|(_, cause)| *cause == HangupCause::Lost).count();
        assert_eq!(lost, ended.len());
    });
}

/// What a caller keys from the first call to the last, where the script says it from the beginning.
fn keyed(role: &Role, story: &Story) -> Option<VecDeque<Digit>> {
    let mut digits = VecDeque::new();
    for (_, op) in role.program.ops.iter() {
        match op {
            Op::Press { keys, .. } => {
                for key in keys.iter() {
                    match key {
                        KeyPart::Key(digit) => digits.push_back(*digit),
                        KeyPart::Pause(_) => {}
                        KeyPart::Named(Named::Pin(organizer)) => {
                            let pin = story.given.organizers[usize::from(organizer.0)].pin?;
                            digits.extend(pin.reveal().iter());
                        }
                        KeyPart::Named(Named::Passcode(organizer)) => {
                            let passcode = story.given.organizers[usize::from(organizer.0)].passcode?;
                            digits.extend(passcode.reveal().iter());
                        }
                        KeyPart::Named(Named::ConferenceId(organizer)) => {
                            let id =
                                story.given.organizers[usize::from(organizer.0)].conference_id.as_ref()?;
                            digits.extend(id.chars().filter_map(Digit::from_symbol));
                        }
                        KeyPart::Named(Named::PreviousPin(_) | Named::PreviousConferenceId(_)) => {
                            return None;
                        }
                    }
                }
            }
            Op::Dial(Target::Number(0)) | Op::Expect(..) | Op::Still(..) | Op::Never(..) => {}
            Op::When(_) | Op::Wait(_) | Op::Mark(_) | Op::HangUp => {}
            Op::Dial(_) | Op::Say(..) | Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => {
                return None;
            }
        }
    }
    Some(digits)
}

/// Something that a user of a device does: who, and what.
#[derive(Clone, Copy, Debug)]
enum Does {
    Dial,
    Press(Digit),
    HangUp,
}

/// What the callers of a run did, with its moments.
fn doings(story: &Story, log: &Log) -> Option<Vec<(Instant, usize, Does)>> {
    let roles = &story.cast.roles;
    let mut keys: Vec<_> = roles.iter().map(|role| keyed(role, story)).collect::<Option<_>>()?;
    let mut parts = BTreeMap::new();
    let mut doings = Vec::new();
    for (at, entry) in &log.entries {
        let (part, does) = match entry {
            Entry::Dials { part, leg } => {
                parts.insert(*leg, *part as usize);
                (*part as usize, Does::Dial)
            }
            Entry::Event(Event::Call(CallEvent::Key { leg })) => {
                (parts[leg], Does::Press(keys[parts[leg]].pop_front()?))
            }
            Entry::Event(Event::Call(CallEvent::Finished { leg, cause: HangupCause::Caller, .. })) => {
                (parts[leg], Does::HangUp)
            }
            Entry::Event(_) | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => continue,
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => continue,
        };
        doings.push((*at, part, does));
    }
    Some(doings)
}

/// Does the same with devices.
fn with_devices(story: &Arc<Story>, doings: &[(Instant, usize, Does)], over: Instant) -> Log {
    paused(async {
        let bench = Bench::open(story, Limits::default());
        let mut devices = Vec::new();
        for _ in &story.cast.roles {
            devices.push(bench.connect().await);
        }
        for (at, who, does) in doings {
            bench.wait_until(*at).await;
            let (device, reports) = &mut devices[*who];
            match does {
                Does::Dial => {
                    let from = story.cast.roles[*who].from.clone();
                    device.dial(Dial { from, ..bench.call() })
                }
                Does::Press(digit) => device.press(*digit),
                Does::HangUp => device.hang_up(),
            }
            .unwrap();
            // What is told is taken in, so that no call is lost.
            told(reports);
        }
        bench.wait_until(over).await;
        bench.shut_down().await
    })
}

/// What the bridge told, by the call or meeting, in order.
fn transcript(log: &Log) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in log.records() {
        let line = format!("{} {:?}", record.at, record.event);
        let of_meeting = line.find("meeting: MeetingId(").or(line.find("leg: LegId(")).unwrap_or(0);
        let event_text = line[of_meeting..].split(')').next().unwrap_or_default().to_owned();
        told.entry(event_text).or_default().push(line);
    }
    told
}

/// How many stories may differ: those in which somebody hangs up in the very moment in which the bridge does, or four
/// callers go into a lobby and out of it in one moment. There the order is the exchange's own.
const TIES_MAX: usize = 5;

/// All plain stories of the library, each with devices that do the same at the same moments.
#[test]
fn devices_and_scripts_leave_the_same_transcript() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound");
    let mut compared = 0;
    let mut differ = Vec::new();
    for case in &suite.cases {
        let story = &case.story;
        // Another seed draws other PINs; a case that fails stops where it does.
        let plain = story.seed.is_none_or(|seed| seed == 1)
            && story.expected_to_fail.is_none()
            && story.skip.is_none()
            && story.directory_faults.is_empty()
            && story.acts.is_empty()
            && story.late_questions.is_empty()
            && story.cast.roles.len() <= 12
            && story
                .cast
                .roles
                .iter()
                .all(|role| role.faults == Default::default() && role.key_path == Default::default());
        if !plain {
            continue;
        }
        let script = play(story, 1).log;
        let Some(doings) = doings(story, &script) else { continue };
        compared += 1;
        let over = script.entries.last().map_or(Instant::ZERO, |(at, _)| *at);
        let device = with_devices(story, &doings, over);
        let (script, device) = (transcript(&script), transcript(&device));
        if script != device {
            let line =
                |of: &BTreeMap<String, Vec<String>>| of.values().flatten().cloned().collect::<Vec<_>>();
            let (a, b) = (line(&script), line(&device));
            let first = a.iter().zip(&b).find(|(a, b)| a != b).map(|(a, b)| format!("{a} != {b}"));
            differ.push((&story.name, first));
        }
    }
    assert!(compared > 200, "{compared} stories compared");
    assert!(differ.len() <= TIES_MAX, "{compared} stories compared, and of these differ {differ:#?}");
}
