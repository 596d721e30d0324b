//! Another order of what a scenario leaves open: callers who act a little later than they might, questions to the
//! directory that take a little longer. Written as `order` in a file, and varied by [`super::explore`].

use std::sync::Arc;
use std::time::Duration;

use super::story::{Must, Role, StepText, Story};
use crate::control::caller::{Op, Program, StepId};

/// Something that happens a little later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Later {
    /// A caller's action: a dialling, a press, a hang-up; an administrator's act.
    Action {
        /// Whose: a place in [`Story::roles`].
        role: u32,
        /// Which of the script's actions, counted from 1.
        action: u32,
        /// How much later it begins.
        by: Duration,
    },
    /// A question to the directory.
    Question {
        /// Which of the run, counted from 1 as they are asked.
        number: u32,
        /// How much later it is answered, by what is true then.
        by: Duration,
    },
}

impl Later {
    /// How much later.
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
    let is_action = |op: &Op| match op {
        Op::Dial(_) | Op::Press { .. } | Op::HangUp | Op::Drop | Op::Act(_) => true,
        Op::Expect(..) | Op::Never(..) | Op::When(_) | Op::Wait(_) | Op::Mark(_) | Op::Fork { .. } => false,
    };
    (0..program.ops.len()).filter(|at| is_action(&program.ops[*at].1)).collect()
}

impl Story {
    /// The story in this order. An action is put off at most once, and so is a question: the longest counts.
    ///
    /// Every deadline is later by as much as all that is put off together: what was in time still is, whatever waits
    /// for what, and only another order can fail.
    #[must_use]
    pub fn in_order(&self, order: &[Later]) -> Self {
        let mut story = self.clone();
        let together = order.iter().fold(Duration::ZERO, |sum, later| sum.saturating_add(later.by()));
        story.allow(together);
        for (role, cast) in (0..).zip(&mut story.roles) {
            let mut waits: Vec<(u32, Duration)> =
                order.iter().filter_map(|later| of_role(*later, role)).collect();
            waits.sort_unstable();
            waits.reverse();
            waits.dedup_by_key(|(action, _)| *action);
            if !waits.is_empty() {
                put_off(cast, &waits, &mut story.steps);
            }
        }
        story.late_questions.extend(order.iter().filter_map(|later| match later {
            Later::Question { number, by } => Some((*number, *by)),
            Later::Action { .. } => None,
        }));
        story
    }
}

impl Story {
    fn allow(&mut self, later: Duration) {
        for role in &mut self.roles {
            let expects = role.program.ops.iter().any(|(_, op)| matches!(op, Op::Expect(..)));
            if expects {
                for (_, op) in &mut Arc::make_mut(&mut role.program).ops {
                    if let Op::Expect(_, timing) = op {
                        timing.within = timing.within.saturating_add(later);
                    }
                }
            }
        }
        for check in &mut self.checks {
            if let Must::ComeWithin(within, _) = &mut check.must {
                *within = within.saturating_add(later);
            }
        }
    }
}

fn of_role(later: Later, whose: u32) -> Option<(u32, Duration)> {
    match later {
        Later::Action { role, action, by } if role == whose => Some((action, by)),
        Later::Action { .. } | Later::Question { .. } => None,
    }
}

/// Puts a wait before each of these actions, the last first.
fn put_off(cast: &mut Role, waits: &[(u32, Duration)], steps: &mut Vec<StepText>) {
    let places = actions(&cast.program);
    let mut program = Program::clone(&cast.program);
    for (action, by) in waits {
        let Some(at) = (*action as usize).checked_sub(1).and_then(|action| places.get(action)) else {
            continue;
        };
        let Some(step) = steps.get(program.ops[*at].0.0 as usize) else { continue };
        let text = StepText { text: "wait, as the order says".to_owned(), ..step.clone() };
        let id = StepId(u32::try_from(steps.len()).expect("a story has a limited number of steps"));
        steps.push(text);
        insert(&mut program, *at, (id, Op::Wait(*by)));
    }
    cast.program = Arc::new(program);
}

/// Puts an operation before another; forks still lead where they led.
fn insert(program: &mut Program, at: usize, op: (StepId, Op)) {
    let place = u32::try_from(at).expect("a program has a limited number of operations");
    let moved = |to: u32| to + u32::from(to > place);
    program.ops.insert(at, op);
    program.end = moved(program.end);
    for (_, op) in &mut program.ops {
        if let Op::Fork { branches, resume } = op {
            *branches = branches.iter().map(|(begin, end)| (moved(*begin), moved(*end))).collect();
            *resume = moved(*resume);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        let fork = Op::Fork { branches: [(2, 3), (3, 5)].into(), resume: 1 };
        let ops = [fork, Op::HangUp, Op::Drop, Op::Mark(crate::control::caller::SignalId(0)), Op::HangUp];
        Program { ops: (0..).map(StepId).zip(ops).collect(), end: 2 }
    }

    #[test]
    fn dialling_keys_and_hanging_up_are_actions() {
        assert_eq!(actions(&program()), [1, 2, 4]);
    }

    #[test]
    fn forks_lead_where_they_led_whatever_is_put_before_an_operation() {
        let wait = (StepId(9), Op::Wait(Duration::from_secs(1)));
        let forked = |at| {
            let mut program = program();
            insert(&mut program, at, wait.clone());
            let Op::Fork { branches, resume } = program.ops[0].1.clone() else { unreachable!() };
            (branches.to_vec(), resume, program.end)
        };
        assert_eq!(forked(1), (vec![(3, 4), (4, 6)], 1, 3), "the fork resumes at the wait");
        assert_eq!(forked(2), (vec![(2, 4), (4, 6)], 1, 2), "the branch begins with the wait");
        assert_eq!(forked(4), (vec![(2, 3), (3, 6)], 1, 2));
    }
}
