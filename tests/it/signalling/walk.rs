//! Every order of everything in one call: what is on its way arrives in any order, up to two messages are lost or come twice,
//! and once a timer runs out before what is on its way arrives. The rules of the world hold in every state.

use std::collections::HashSet;
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::phone::{Phone, Plan, Step};
use super::world::{Bridge, Letter, World};

/// Messages that are lost or come twice.
const TROUBLES: u8 = 2;

/// Times that a timer runs out before what is on its way arrives.
const LATE: u8 = 1;

/// Nothing is on its way for longer (RFC 3261 section 17.1.1.1, T4): transactions rely on that.
const T4: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct State {
    world: World,
    /// In no order.
    under_way: Vec<Letter>,
    troubles: u8,
    late: u8,
}

/// What led to a state; told when a rule is broken there.
struct Path(Vec<String>);

impl Drop for Path {
    #[expect(clippy::print_stderr, reason = "the way to a failure is what a developer needs of it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0.join("\n"));
        }
    }
}

/// Hashes what is printed.
struct Fingerprint(DefaultHasher);

impl Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

struct Walk {
    seen: HashSet<u64>,
    path: Path,
    ends: usize,
}

impl Walk {
    fn visit(&mut self, mut state: State) {
        state.under_way.append(&mut state.world.letters);
        state.under_way.sort();
        let mut fingerprint = Fingerprint(DefaultHasher::new());
        write!(fingerprint, "{:?}", state.world).expect("a hasher takes everything");
        (&state.under_way, state.troubles, state.late).hash(&mut fingerprint.0);
        if !self.seen.insert(fingerprint.0.finish()) {
            return;
        }
        for at in 0..state.under_way.len() {
            if at > 0 && state.under_way[at] == state.under_way[at - 1] {
                continue;
            }
            let mut arrives = state.clone();
            let letter = arrives.under_way.remove(at);
            self.step("arrives", &letter, arrives, Some(&letter));
            if state.troubles < TROUBLES {
                let mut lost = state.clone();
                lost.troubles += 1;
                lost.under_way.remove(at);
                self.step("is lost", &letter, lost, None);
                let mut doubled = state.clone();
                doubled.troubles += 1;
                self.step("arrives, and will again", &letter, doubled, Some(&letter));
            }
        }
        match state.world.next_due() {
            Some(due)
                if state.under_way.is_empty() || state.late < LATE && due.since(state.world.now) < T4 =>
            {
                state.late += u8::from(!state.under_way.is_empty());
                self.path.0.push(format!("{due}"));
                state.world.pass(due);
                self.visit(state);
                self.path.0.pop();
            }
            None if state.under_way.is_empty() => {
                self.ends += 1;
                state.world.check_end();
            }
            Some(_) | None => {}
        }
    }

    fn step(&mut self, what: &str, letter: &Letter, mut state: State, arrives: Option<&Letter>) {
        let start = String::from_utf8_lossy(&letter.bytes);
        let to = if letter.is_to_bridge { "to the bridge" } else { "to the telephone" };
        self.path.0.push(format!("{} {to} {what}", start.lines().next().unwrap_or_default()));
        if let Some(letter) = arrives {
            state.world.deliver(letter);
        }
        self.visit(state);
        self.path.0.pop();
    }
}

/// Walks through every order of a call; returns how many states and ends there are.
fn walk(bridge: Bridge, plan: Plan) -> (usize, usize) {
    // The path is deep, and each step holds a world.
    let walk = move || {
        let mut world = World::new(bridge, vec![Phone::new(0, plan)]);
        world.dial(0);
        let mut walk = Walk { seen: HashSet::new(), path: Path(Vec::new()), ends: 0 };
        walk.visit(State { world, under_way: Vec::new(), troubles: 0, late: 0 });
        (walk.seen.len(), walk.ends)
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(walk).expect("a thread starts");
    thread.join().expect("every rule holds in every state")
}

fn steps(steps: &[Step]) -> Vec<(u64, Step)> {
    steps.iter().map(|step| (100, *step)).collect()
}

#[track_caller]
fn all_hold(bridge: Bridge, plan: Plan) {
    let (states, ends) = walk(bridge, plan);
    assert!(states > 500 && ends > 10, "{states} states, {ends} ends: the walk did not see much");
}

#[test]
fn every_order_of_a_call_that_the_caller_ends() {
    all_hold(Bridge::default(), Plan { steps: steps(&[Step::Bye]), ..Plan::default() });
}

#[test]
fn every_order_of_a_call_that_both_end() {
    let bridge = Bridge { hang_up: Some(121), ..Bridge::default() };
    all_hold(bridge, Plan { steps: steps(&[Step::Bye]), ..Plan::default() });
}

#[test]
fn every_order_of_a_call_that_is_cancelled() {
    let bridge = Bridge { ring: Some(10), answer: (300, None), ..Bridge::default() };
    all_hold(bridge, Plan { cancel_after: Some(300), ..Plan::default() });
}

#[test]
fn every_order_of_a_call_that_is_refused() {
    all_hold(Bridge { answer: (20, Some(486)), ..Bridge::default() }, Plan::default());
}

#[test]
fn every_order_of_a_bye_before_the_ack() {
    all_hold(Bridge::default(), Plan { hangs_up_before_ack: true, ..Plan::default() });
}

#[test]
fn every_order_of_a_delayed_offer_and_a_hold() {
    let plan =
        Plan { is_offerless: true, steps: steps(&[Step::Invite("sendonly"), Step::Bye]), ..Plan::default() };
    all_hold(Bridge::default(), plan);
}

#[test]
fn every_order_of_a_key() {
    all_hold(Bridge::default(), Plan { steps: steps(&[Step::Key('5'), Step::Bye]), ..Plan::default() });
}

#[test]
fn every_order_of_a_refresh_that_meets_a_hold() {
    // Both ask again 45 seconds after the call was answered.
    let fields = "Session-Expires: 90\r\nSupported: replaces\r\n";
    let plan =
        Plan { fields, steps: vec![(44_980, Step::Invite("sendonly")), (100, Step::Bye)], ..Plan::default() };
    all_hold(Bridge::default(), plan);
}
