//! The library with strangers beside its callers: they dial, key, hang up, vanish and dial again at random moments, lines
//! of the library's own callers fail, and PINs are looked at late. Nobody checks what a scenario expects; what counts is
//! that both drivers tell the same, and that no invariant is broken.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attendant::bridge::faults::{DirectoryFault, Fault, QuestionKind};
use attendant::clock::{Clock, Pace};
use attendant::control::call::{Digit, HangupCause};
use attendant::control::caller::{KeyPart, Named, Op, OrganizerRef, Program, StepId, Target};
use attendant::control::event::{CallEvent, Event, Outcome, Record};
use attendant::control::pin::Pin;
use attendant::control::time::Instant;
use attendant::exchange::{Exchange, Progress};
use attendant::leg::cast::Role;
use attendant::leg::log::{Entry, Sink};
use attendant::leg::scripted::{CastRequest, with_chosen_keys};
use attendant::play::invariants_of;
use attendant::play::live::{admin_hook, settings};
use attendant::play::world::World;
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::{sorted, transcripts};

/// Keeps everything, and goes on whatever fails.
#[derive(Debug, Default)]
struct Tape(Vec<(Instant, Entry)>);

impl Sink for Tape {
    fn take(&mut self, at: Instant, entry: Entry) {
        self.0.push((at, entry));
    }
}

/// The outcome of a call that is up when the time is over and the exchange goes out of service.
const SHUT_DOWN: Outcome = Outcome::Failed(HangupCause::Bridge);

/// How long a stranger does nothing: mostly hardly any time, so that one comes while another is still being looked up.
fn pause(chance: &mut ChaCha8Rng) -> Op {
    let longest = if chance.random_bool(0.8) { 1_000 } else { 30_000 };
    Op::Wait(Duration::from_millis(chance.random_range(1..longest)))
}

fn press(keys: Vec<KeyPart>) -> Op {
    Op::Press { keys: keys.into(), gap: Duration::from_millis(23), hold: Duration::ZERO }
}

fn keys(symbols: &str) -> impl Iterator<Item = KeyPart> {
    symbols.chars().filter_map(Digit::from_symbol).map(KeyPart::Key)
}

/// Calls up to three times. Each time a stranger gets as far as chance has it: to the conference ID, to the PIN, which
/// is right or wrong, or beyond.
fn stranger(chance: &mut ChaCha8Rng, number: usize, organizers: u16) -> Role {
    let mut ops = Vec::new();
    for _ in 0..chance.random_range(1..=3) {
        let organizer = OrganizerRef(chance.random_range(0..organizers));
        let pin = match chance.random_range(0..3) {
            0 => keys("55555#").collect(),
            1 => [KeyPart::Named(Named::PreviousPin(organizer))].into_iter().chain(keys("#")).collect(),
            _ => [KeyPart::Named(Named::Pin(organizer))].into_iter().chain(keys("#")).collect(),
        };
        let id = [KeyPart::Named(Named::ConferenceId(organizer))].into_iter().chain(keys("#")).collect();
        let acts = [press(id), press(keys("*").collect()), press(pin), press(keys("*6").collect())];
        ops.extend([pause(chance), Op::Dial(Target::Number(0))]);
        for act in acts.into_iter().take(chance.random_range(1..=4)) {
            ops.extend([pause(chance), act]);
        }
        ops.extend([pause(chance), if chance.random_bool(0.3) { Op::Drop } else { Op::HangUp }]);
    }
    let end = u32::try_from(ops.len()).unwrap();
    let ops = ops.into_iter().map(|op| (StepId(0), op)).collect();
    let program = Program { ops, end, ..Program::default() };
    Role::new(format!("stranger.{number}"), program)
}

/// A case of the library, changed as the seed has it.
fn varied(story: &Story, seed: u64) -> Arc<Story> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut story = story.clone();
    let organizers = u16::try_from(story.given.organizers.len()).unwrap();
    for (number, organizer) in story.given.organizers.iter_mut().enumerate() {
        organizer.conference_id.get_or_insert_with(|| format!("70{number:05}"));
        organizer.pin = organizer.pin.or_else(|| Pin::from_symbols(&format!("18{number:03}")));
    }
    let cast = Arc::make_mut(&mut story.cast);
    for (part, role) in (0..).zip(&mut cast.roles) {
        role.faults = with_chosen_keys(seed, part, &role.faults);
        if chance.random_bool(0.2) {
            role.faults.drop_after = Some(Duration::from_millis(chance.random_range(1..60_000)));
        } else if chance.random_bool(0.2) {
            role.faults.hang_up_after = Some(Duration::from_millis(chance.random_range(1..60_000)));
        }
    }
    if organizers > 0 && !cast.numbers.is_empty() {
        for number in 1..=chance.random_range(1..=4) {
            cast.roles.push(stranger(&mut chance, number, organizers));
        }
    }
    if chance.random_bool(0.7) {
        let late = Duration::from_millis(chance.random_range(1..7_000));
        story.directory_faults.push(DirectoryFault {
            question: Some(QuestionKind::CheckPin),
            times: None,
            what: Fault::Late(late),
        });
    }
    Arc::new(story)
}

fn in_virtual_time(story: &Arc<Story>, seed: u64) -> Tape {
    let world = World::new(story.given.policy.clone(), seed, Tape::default());
    let mut world = world.with_library(Arc::clone(&story.given.library));
    world.stage(story).expect("the reader refuses conference IDs that are taken");
    world.run(Instant::ZERO + story.timeout);
    world.into_sink()
}

/// On the exchange, while tokio's clock stands still.
fn on_the_exchange(story: &Arc<Story>, seed: u64) -> Tape {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let clock = Clock::start(1, Pace::Lockstep);
        let given = &story.given;
        let exchange = Exchange::open(settings(story, seed, clock), [(Tape::default(), admin_hook(story))]);
        let organizers = given.organizers.iter().filter_map(|organizer| organizer.entry(given));
        let accounts = exchange.enrol(organizers).expect("the reader refuses conference IDs that are taken");
        let calling = CastRequest { cast: Arc::clone(&story.cast), accounts, begins: [].into(), tag: 0, outward: None };
        exchange.stage(0, calling, Instant::ZERO).await.expect("the exchange was opened a moment ago");
        let ended = |now: &Progress| now.staged > 0 && (now.unfinished, now.calls) == (0, 0);
        tokio::select! {
            ended = exchange.wait_for(0, ended) => assert!(ended.is_some(), "the lane has not panicked"),
            () = clock.sleep_until(Instant::ZERO + story.timeout) => {}
        }
        exchange.all_answered().await;
        let mut tape = exchange.shut_down().await.pop().expect("the lane has not panicked").into_sink();
        let was_shut_down = |(_, entry): &(Instant, Entry)| matches!(entry, Entry::Event(Event::Call(CallEvent::Finished { outcome, .. })) if *outcome == SHUT_DOWN);
        tape.0.truncate(tape.0.iter().position(was_shut_down).unwrap_or(tape.0.len()));
        tape
    })
}

/// What was told before the time was up, and what the invariants say of it.
fn judged(story: &Story, tape: Tape) -> (Vec<String>, Vec<String>) {
    let until = Instant::ZERO + story.timeout;
    let told: Vec<_> = tape.0.into_iter().filter(|(at, _)| *at < until).collect();
    let mut invariants = invariants_of(story);
    for (at, entry) in &told {
        if let Entry::Event(event) = entry {
            invariants.take(&Record { at: *at, event: *event });
        }
    }
    let broken = invariants.violations().iter().map(ToString::to_string).collect();
    (sorted(&transcripts(&told)), broken)
}

/// In how many orders virtual time lets happen what falls into one moment, before a difference counts: the exchange's
/// tasks may come in any.
const ORDERS: u64 = 200;

/// The first lines that only one of the two has.
fn difference(one: &[String], other: &[String]) -> String {
    let only = |these: &[String], those: &[String], sign: char| {
        let missing = these.iter().filter(|line| !those.contains(line)).take(5);
        missing.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    only(one, other, '-') + &only(other, one, '+')
}

/// More by hand: `ATTENDANT_VARIANTS=10000 cargo test --release parity::variants`.
fn count() -> u64 {
    std::env::var("ATTENDANT_VARIANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(100)
}

#[test]
fn generated_stories_have_the_same_transcript_on_both() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound");
    let (mut chance, mut ties) = (ChaCha8Rng::seed_from_u64(16), 0);
    for seed in 0..count() {
        let case = &suite.cases[chance.random_range(0..suite.cases.len())];
        let story = varied(&case.story, seed);
        let (one, broken) = judged(&story, in_virtual_time(&story, seed));
        assert!(broken.is_empty(), "{}, seed {seed}, in virtual time: {broken:#?}", story.name);
        let (other, broken) = judged(&story, on_the_exchange(&story, seed));
        assert!(broken.is_empty(), "{}, seed {seed}, on the exchange: {broken:#?}", story.name);
        if one != other {
            ties += 1;
            let found = (1..=ORDERS).any(|order| {
                judged(&story, in_virtual_time(&story, seed.wrapping_add(order << 32))).0 == other
            });
            assert!(found, "{}, seed {seed}:\n{}", story.name, difference(&one, &other));
        }
    }
    assert!(ties * 20 <= count(), "{ties} of {} differ in the order of one moment", count());
}
