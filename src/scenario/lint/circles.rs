//! Scripts that wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::caller::{Op, Program, SignalId, StepId};
use crate::leg::cast::Cast;
use crate::scenario::problem::Problem;
use crate::scenario::story::Story;

/// A role that waits for a signal that cannot come any more.
#[derive(Clone, Copy)]
struct Stuck {
    role: usize,
    step: StepId,
    signal: SignalId,
}

/// Warns of the first circle of scripts that wait for each other. Whoever has dialled is taken to reach every state, and
/// branches of `parallel` to wait for nothing, so that what is told is certain.
pub(super) fn circle(story: &Story) -> Option<Problem> {
    let cast = &story.cast;
    let stuck = Run::new(cast).stuck();
    let by_role: BTreeMap<usize, Stuck> = stuck.iter().map(|stuck| (stuck.role, *stuck)).collect();
    let next = |stuck: &Stuck| {
        let givers = by_role.values().filter(|giver| gives(cast, giver.role, stuck.signal));
        givers.min_by_key(|giver| giver.role).copied()
    };
    for first in &stuck {
        let (mut path, mut seen, mut at) = (Vec::new(), BTreeSet::new(), Some(*first));
        while let Some(here) = at.filter(|here| seen.insert(here.role)) {
            path.push(here);
            at = next(&here);
        }
        if let Some(start) = at.and_then(|back| path.iter().position(|stuck| stuck.role == back.role)) {
            return problem(story, &path[start..]);
        }
    }
    None
}

fn problem(story: &Story, circle: &[Stuck]) -> Option<Problem> {
    let name = |stuck: &Stuck| story.cast.roles.get(stuck.role).map_or("", |role| role.name.as_str());
    let signal = |stuck: &Stuck| {
        story.cast.signals.get(usize::from(stuck.signal.0)).map_or("", |signal| signal.name.as_str())
    };
    let span = |stuck: &Stuck| story.steps.get(stuck.step.0 as usize).map(|step| step.span);
    let waits = |stuck: &Stuck| format!("{} waits for {}", name(stuck), signal(stuck));
    let (first, others) = circle.split_first()?;
    let all: Vec<String> = circle.iter().map(waits).collect();
    let message = format!("these scripts wait for each other and never go on: {}", all.join(", "));
    let problem = Problem::warning(span(first)?, message);
    Some(others.iter().fold(problem, |problem, other| match span(other) {
        Some(at) => problem.also(at, waits(other)),
        None => problem,
    }))
}

/// Whether this role gives the signal, be it a mark or a state.
fn gives(cast: &Cast, role: usize, signal: SignalId) -> bool {
    cast.roles.get(role).is_some_and(|role| {
        role.states.iter().any(|(_, given)| *given == signal)
            || role.program.ops.iter().any(|(_, op)| *op == Op::Mark(signal))
    })
}

/// All scripts, each as far as it comes.
struct Run<'c> {
    cast: &'c Cast,
    /// Where each script stands.
    at: Vec<usize>,
    /// How many have given each signal.
    given: Vec<u32>,
    /// Marks that a role gave: each counts once.
    marked: BTreeSet<(usize, SignalId)>,
    dialled: Vec<bool>,
    /// The roles that wait for each signal.
    waiting: BTreeMap<SignalId, Vec<usize>>,
    /// Roles that may go on.
    ready: Vec<usize>,
}

impl<'c> Run<'c> {
    fn new(cast: &'c Cast) -> Self {
        let roles = cast.roles.len();
        Self {
            cast,
            at: vec![0; roles],
            given: vec![0; cast.signals.len()],
            marked: BTreeSet::new(),
            dialled: vec![false; roles],
            waiting: BTreeMap::new(),
            ready: (0..roles).rev().collect(),
        }
    }

    /// Runs every script as far as it comes; those that are stuck.
    fn stuck(mut self) -> Vec<Stuck> {
        while let Some(role) = self.ready.pop() {
            self.advance(role);
        }
        let stuck = |(signal, roles): (SignalId, Vec<usize>)| {
            let cast = self.cast;
            let at = &self.at;
            roles
                .into_iter()
                .filter_map(move |role| {
                    let (step, _) = cast.roles.get(role)?.program.ops.get(*at.get(role)?)?;
                    Some(Stuck { role, step: *step, signal })
                })
                .collect::<Vec<_>>()
        };
        let mut all: Vec<Stuck> = std::mem::take(&mut self.waiting).into_iter().flat_map(stuck).collect();
        all.sort_by_key(|stuck| stuck.role);
        all
    }

    fn advance(&mut self, role: usize) {
        let program: &'c Program = &self.cast.roles[role].program;
        while let Some((_, op)) =
            program.ops.get(self.at[role]).filter(|_| self.at[role] < program.end as usize)
        {
            match op {
                Op::When(signal) if !self.is_given(*signal) => return self.wait(role, *signal),
                Op::Expect(_, timing) => {
                    if let Some(signal) = timing.of.filter(|signal| !self.is_given(*signal)) {
                        return self.wait(role, signal);
                    }
                }
                Op::Fork { branches, .. } => self.fork(role, program, branches),
                Op::Mark(_) | Op::Dial(_) => self.gives(role, op),
                Op::When(_) | Op::Still(..) | Op::Never(..) | Op::Wait(_) | Op::Press { .. } => {}
                Op::Say(..) | Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) => {}
            }
            self.at[role] += 1;
        }
    }

    fn wait(&mut self, role: usize, signal: SignalId) {
        self.waiting.entry(signal).or_default().push(role);
    }

    fn is_given(&self, signal: SignalId) -> bool {
        let place = usize::from(signal.0);
        let needs = self.cast.signals.get(place).map_or(0, |signal| signal.needs);
        self.given.get(place).is_none_or(|given| *given >= needs)
    }

    /// All branches are taken to come to their end.
    fn fork(&mut self, role: usize, program: &'c Program, branches: &[(u32, u32)]) {
        let mut left = branches.to_vec();
        while let Some((start, end)) = left.pop() {
            for (_, op) in program.ops.get(start as usize..end as usize).into_iter().flatten() {
                match op {
                    Op::Fork { branches, .. } => left.extend(branches.iter()),
                    Op::Mark(_) | Op::Dial(_) => self.gives(role, op),
                    Op::When(_) | Op::Expect(..) | Op::Still(..) | Op::Never(..) | Op::Wait(_) => {}
                    Op::Press { .. } | Op::Say(..) | Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) => {}
                }
            }
        }
    }

    /// A mark is given, or a call is made, which may reach every state.
    fn gives(&mut self, role: usize, op: &Op) {
        match op {
            Op::Mark(signal) if self.marked.insert((role, *signal)) => self.count(*signal),
            Op::Dial(_) if !std::mem::replace(&mut self.dialled[role], true) => {
                let cast = self.cast;
                cast.roles[role].states.iter().for_each(|(_, signal)| self.count(*signal));
            }
            Op::Mark(_) | Op::Dial(_) | Op::When(_) | Op::Expect(..) | Op::Still(..) | Op::Never(..) => {}
            Op::Wait(_)
            | Op::Press { .. }
            | Op::Say(..)
            | Op::HangUp
            | Op::Drop
            | Op::Act(_)
            | Op::ActOn(_) => {}
            Op::Fork { .. } => {}
        }
    }

    fn count(&mut self, signal: SignalId) {
        if let Some(given) = self.given.get_mut(usize::from(signal.0)) {
            *given += 1;
        }
        if self.is_given(signal) {
            self.ready.extend(self.waiting.remove(&signal).into_iter().flatten());
        }
    }
}
