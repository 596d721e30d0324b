//! Another order of what a scenario leaves open: callers who act a little later than they might, questions to the
//! directory that take a little longer. Written as `order` in a file, and varied by [`crate::suite::explore`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::check::Predicate;
use super::story::{StepText, Story};
use crate::control::caller::{Op, Program, StepId};
use crate::control::time::show_duration;
use crate::leg::cast::Role;

/// Something that happens a little later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Later {
    /// A caller's action: a dialling, a press, a hang-up; an administrator's act.
    Action {
        /// The caller: a place in [`Cast::roles`](crate::leg::cast::Cast::roles).
        role: u32,
        /// The number of the script's action, from 1.
        action: u32,
        /// How much later it begins.
        by: Duration,
    },
    /// A question to the directory.
    Question {
        /// The number of the question in the run, from 1.
        number: u32,
        /// How much later it is answered, by what is true then.
        by: Duration,
    },
}

impl Later {
    /// Returns the delay.
    #[must_use]
    pub fn by(self) -> Duration {
        match self {
            Self::Action { by, .. } | Self::Question { by, .. } => by,
        }
    }

    /// The same, later by this much instead.
    #[must_use]
    pub fn with_by(self, by: Duration) -> Self {
        match self {
            Self::Action { role, action, .. } => Self::Action { role, action, by },
            Self::Question { number, .. } => Self::Question { number, by },
        }
    }
}

/// The places of a script's actions among its operations, in their order.
#[must_use]
pub fn actions(program: &Program) -> Vec<usize> {
    (0..program.ops.len()).filter(|at| program.ops[*at].1.is_action()).collect()
}

/// A part of an order in words.
#[must_use]
pub fn describe(story: &Story, later: Later) -> String {
    match later {
        Later::Action { role, action, by } => {
            let cast = &story.cast.roles[role as usize];
            let at = (action as usize)
                .checked_sub(1)
                .and_then(|action| actions(&cast.program).get(action).copied());
            let step = at.and_then(|at| story.steps.get(cast.program.ops[at].0.0 as usize));
            let what = step.map_or("", |step| step.text.as_str());
            format!("{}: `{what}` {} later (action {action})", cast.name, show_duration(by))
        }
        Later::Question { number, by } => {
            format!("the directory answers question {number} {} later", show_duration(by))
        }
    }
}

impl Story {
    /// The story in this order, which names each action and each question once at most.
    ///
    /// Every deadline is later by as much as all that is put off together: what was in time still is, whatever waits
    /// for what, and only another order can fail.
    #[must_use]
    pub fn in_order(&self, order: &[Later]) -> Self {
        let mut story = self.clone();
        let together = order.iter().fold(Duration::ZERO, |sum, later| sum.saturating_add(later.by()));
        story.allow(together);
        let mut waits: BTreeMap<u32, BTreeMap<u32, Duration>> = BTreeMap::new();
        for later in order {
            match *later {
                Later::Action { role, action, by } => {
                    waits.entry(role).or_default().insert(action, by);
                }
                Later::Question { number, by } => story.late_questions.push((number, by)),
            }
        }
        for (role, waits) in waits {
            if let Some(cast) = Arc::make_mut(&mut story.cast).roles.get_mut(role as usize) {
                delay_actions(cast, &waits, &mut story.steps);
            }
        }
        story
    }

    /// Puts every deadline off, the story's own too. Callers of one name share their script, before and after.
    fn allow(&mut self, later: Duration) {
        self.timeout = self.timeout.saturating_add(later);
        let mut last: Option<(Arc<Program>, Arc<Program>)> = None;
        for role in &mut Arc::make_mut(&mut self.cast).roles {
            let delayed = match last.take() {
                Some((before, after)) if Arc::ptr_eq(&before, &role.program) => after,
                Some(_) | None => with_later_deadlines(&role.program, later),
            };
            last = Some((Arc::clone(&role.program), Arc::clone(&delayed)));
            role.program = delayed;
        }
        for check in &mut self.checks {
            if let Predicate::ComeWithin(within, _) = &mut check.predicate {
                *within = within.saturating_add(later);
            }
        }
    }
}

fn with_later_deadlines(program: &Arc<Program>, later: Duration) -> Arc<Program> {
    if later.is_zero() || !program.ops.iter().any(|(_, op)| matches!(op, Op::Expect(..))) {
        return Arc::clone(program);
    }
    let mut program = Program::clone(program);
    for (_, op) in &mut program.ops {
        if let Op::Expect(_, timing) = op {
            timing.within = timing.within.saturating_add(later);
        }
    }
    Arc::new(program)
}

/// Puts a wait before each of these actions; forks still lead where they led.
fn delay_actions(cast: &mut Role, waits: &BTreeMap<u32, Duration>, steps: &mut Vec<StepText>) {
    let places = actions(&cast.program);
    let place = |action: &u32| (*action as usize).checked_sub(1).and_then(|at| places.get(at).copied());
    let waits: Vec<(usize, Duration)> =
        waits.iter().filter_map(|(action, by)| Some((place(action)?, *by))).collect();
    let old = &cast.program;
    let mut ops = Vec::with_capacity(old.ops.len() + waits.len());
    let mut next = waits.iter().peekable();
    for (at, (id, op)) in old.ops.iter().enumerate() {
        if let Some((_, by)) = next.next_if(|(place, _)| *place == at)
            && let Some(step) = steps.get(id.0 as usize)
        {
            let wait = StepId(u32::try_from(steps.len()).expect("a story has a limited number of steps"));
            let text = StepText { text: "wait, as the order says".to_owned(), ..step.clone() };
            steps.push(text);
            ops.push((wait, Op::Wait(*by)));
        }
        ops.push((*id, op.clone()));
    }
    // What led to an action leads to the wait before it.
    let moved = |to: u32| {
        let before = waits.partition_point(|(place, _)| *place < to as usize);
        to + u32::try_from(before).expect("there are no more waits than operations")
    };
    for (_, op) in &mut ops {
        if let Op::Fork { branches, resume } = op {
            *branches = branches.iter().map(|(begin, end)| (moved(*begin), moved(*end))).collect();
            *resume = moved(*resume);
        }
    }
    cast.program = Arc::new(Program { ops, end: moved(old.end), languages: Arc::clone(&old.languages) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::caller::SignalId;
    use crate::scenario::span::Span;

    fn program() -> Program {
        let fork = Op::Fork { branches: [(2, 3), (3, 5)].into(), resume: 1 };
        let ops = [fork, Op::HangUp, Op::Drop, Op::Mark(SignalId(0)), Op::HangUp];
        Program { ops: (0..).map(StepId).zip(ops).collect(), end: 2, ..Program::default() }
    }

    #[test]
    fn dialling_keys_and_hanging_up_are_actions() {
        assert_eq!(actions(&program()), [1, 2, 4]);
    }

    #[test]
    fn inserted_waits_keep_the_targets_of_forks() {
        let forked = |actions: &[u32]| {
            let text = |_| StepText {
                span: Span::default(),
                run_at: None,
                role: String::new(),
                text: String::new(),
            };
            let mut steps: Vec<StepText> = (0..5).map(text).collect();
            let mut cast = Role::new("", program());
            let waits = actions.iter().map(|action| (*action, Duration::from_secs(1))).collect();
            delay_actions(&mut cast, &waits, &mut steps);
            let waits: Vec<usize> = (0..cast.program.ops.len())
                .filter(|at| matches!(cast.program.ops[*at].1, Op::Wait(_)))
                .collect();
            let Op::Fork { branches, resume } = cast.program.ops[0].1.clone() else { unreachable!() };
            (waits, branches.to_vec(), resume, cast.program.end)
        };
        assert_eq!(forked(&[1]), (vec![1], vec![(3, 4), (4, 6)], 1, 3), "the fork resumes at the wait");
        assert_eq!(forked(&[2]), (vec![2], vec![(2, 4), (4, 6)], 1, 2), "the branch begins with the wait");
        assert_eq!(forked(&[3]), (vec![4], vec![(2, 3), (3, 6)], 1, 2));
        assert_eq!(forked(&[1, 2, 3]), (vec![1, 3, 6], vec![(3, 5), (5, 8)], 1, 3));
        assert_eq!(forked(&[4, 0]), (vec![], vec![(2, 3), (3, 5)], 1, 2), "there is no such action");
    }
}
