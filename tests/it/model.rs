//! Random steps against the reference model and the real machines, which must agree after each: where every caller is,
//! what each hears and what each was told in between, who joined in which order, and how every meeting and its PIN
//! entry stand. Rights show in what the organizer's keys are answered with.

mod asked;
mod bench;
mod line;
mod reference;
mod steps;

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use bench::Bench;
use reference::{After, Model, Place};
use steps::{Line, Step};

/// Short, since a failure prints the one that the steps begin with.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = if self.organizers[0].anonymous_start { "anonymous start" } else { "started by PIN" };
        let names = if self.settings.name_recording { "names recorded" } else { "no names" };
        let passcode = if self.organizers[0].passcode { ", passcode" } else { "" };
        let (after, two) = (self.after_organizer_leaves, self.start_needs_two);
        write!(f, "{start}, {names}{passcode}, {after:?} after the organizer left, two needed: {two}")
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Line;

    fn init_state() -> BoxedStrategy<Self> {
        let after = prop_oneof![3 => Just(After::Stay), 1 => Just(After::Lobby), 1 => Just(After::End)];
        let rules = (after, prop::bool::weighted(0.15));
        (prop::bool::weighted(0.2), any::<bool>(), prop::bool::weighted(0.3), rules)
            .prop_map(|(start, names, passcode, (after_organizer_leaves, start_needs_two))| match passcode {
                true => Self::new(start, names, true),
                false => Self { after_organizer_leaves, start_needs_two, ..Self::new(start, names, false) },
            })
            .boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Line> {
        steps::steps(model)
    }

    fn preconditions(model: &Self, Line(step): &Line) -> bool {
        steps::makes_sense(model, step)
    }

    fn apply(mut model: Self, Line(step): &Line) -> Self {
        model.step(step);
        model
    }
}

/// One caller, as the model has it and as the machines do. A caller who has gone hears nothing any more; then only the
/// outcome counts.
#[derive(PartialEq, Debug)]
struct Seen<'a> {
    at: &'static str,
    hears: &'static str,
    told: &'a [&'static str],
    voices: BTreeSet<usize>,
}

/// One meeting, likewise.
#[derive(PartialEq, Debug)]
struct Stands {
    started: bool,
    locked: bool,
    lobby: usize,
    joined: usize,
    pins: &'static str,
}

impl Model {
    fn seen(&self, c: usize) -> Seen<'_> {
        let caller = &self.callers[c];
        let (at, hears) = match (caller.place, caller.parked) {
            (Place::Gone(outcome), _) => ("gone", outcome),
            (Place::Joined, _) => ("joined", self.hears(c)),
            (_, Some(_)) => ("lobby", self.hears(c)),
            (_, None) => ("outside", self.hears(c)),
        };
        Seen { at, hears, told: &caller.began, voices: self.voices(c) }
    }

    fn stands(&self, of: usize) -> Stands {
        Stands {
            started: self.meetings[of].started.is_some(),
            locked: self.meetings[of].locked,
            lobby: self.in_lobby(of).len(),
            joined: self.in_meeting(of).len(),
            pins: self.organizers[of].pins.state(self.now),
        }
    }
}

impl Bench {
    fn seen(&self, c: usize) -> Seen<'_> {
        let call = &self.calls[c];
        Seen { at: call.place, hears: call.hears, told: &call.began, voices: call.voices.clone() }
    }

    fn stands(&self, of: usize) -> Stands {
        let (started, lobby, joined) = self.meeting(of);
        Stands { started, locked: self.locked[of], lobby, joined, pins: self.pins(of) }
    }
}

struct Machines;

impl StateMachineTest for Machines {
    type SystemUnderTest = Bench;
    type Reference = Model;

    fn init_test(model: &Model) -> Bench {
        Bench::new(model)
    }

    fn apply(mut bench: Bench, model: &Model, Line(step): Line) -> Bench {
        bench.step(&step);
        let at = format!("step {}, {step:?}", bench.steps);
        for c in 0..model.callers.len() {
            assert_eq!(bench.seen(c), model.seen(c), "{at}: caller {c}, machines left, model right");
        }
        assert_eq!(bench.joined, model.joined, "{at}: who joined, machines left, model right");
        for of in 0..2 {
            assert_eq!(bench.stands(of), model.stands(of), "{at}: meeting {of}, machines left, model right");
        }
        bench
    }

    /// Everybody hangs up: nothing is left behind.
    fn teardown(mut bench: Bench, mut model: Model) {
        for c in (0..model.callers.len()).filter(|c| model.is_up(*c)).collect::<Vec<_>>() {
            let step = Step::HangUp(c);
            model.step(&step);
            bench = Self::apply(bench, &model, Line(step));
        }
        assert!(bench.is_idle(), "all have hung up, and a machine still waits for something");
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_machines_do_what_the_reference_model_says(sequential 1..60 => Machines);
}

/// More by hand: `ATTENDANT_CASES=20000 cargo test --release model`. A failure is kept as a test of its own, not as a
/// seed in a file.
fn config() -> ProptestConfig {
    let cases = std::env::var("ATTENDANT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_024);
    ProptestConfig {
        cases,
        failure_persistence: None,
        max_local_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}
