//! Who waits for whom when the time is up.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::caller::{Op, SignalId, StepId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::scenario::story::Story;

use super::event_text::EventText;

/// A script that had not ended, where it stood, and since when.
type Standing = (u32, StepId, Instant);

/// What is known of those for whom scripts wait.
pub(super) struct Waits<'a> {
    story: &'a Story,
    ended: BTreeMap<u32, Instant>,
    standing: &'a [Standing],
}

impl<'a> Waits<'a> {
    pub(super) fn new(story: &'a Story, log: &Log, standing: &'a [Standing]) -> Self {
        let ended = log.entries.iter().filter_map(|(at, entry)| match entry {
            Entry::Finished { part } => Some((*part, *at)),
            Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } => None,
            Entry::Signal { .. } | Entry::LineFault { .. } | Entry::Act { .. } => None,
        });
        Self { story, ended: ended.collect(), standing }
    }

    /// The signal for which a step waits.
    fn signal(&self, (part, step, _): &Standing) -> Option<SignalId> {
        let program = &self.story.cast.roles.get(*part as usize)?.program;
        program.ops.iter().filter(|(id, _)| id == step).find_map(|(_, op)| match op {
            Op::When(signal) => Some(*signal),
            Op::Expect(_, timing) => timing.of,
            Op::Dial(_) | Op::Press { .. } | Op::Still(..) | Op::Never(..) | Op::Wait(_) => None,
            Op::Mark(_)
            | Op::Say(..)
            | Op::HangUp
            | Op::Drop
            | Op::Act(_)
            | Op::ActOn(_)
            | Op::Fork { .. } => None,
        })
    }

    /// The callers who would give a signal.
    fn givers(&self, signal: SignalId) -> impl Iterator<Item = u32> {
        let gives = move |role: &crate::leg::cast::Role| {
            role.states.iter().any(|(_, given)| *given == signal)
                || role.program.ops.iter().any(|(_, op)| *op == Op::Mark(signal))
        };
        (0..).zip(&self.story.cast.roles).filter(move |(_, role)| gives(role)).map(|(part, _)| part)
    }

    /// Says of the caller for whom a script waits where that one is, if it is one caller.
    pub(super) fn for_whom(&self, text: &EventText<'_>, standing: &Standing) -> Option<String> {
        let signal = self.signal(standing)?;
        let mut givers = self.givers(signal);
        let (giver, None) = (givers.next()?, givers.next()) else { return None };
        let name = text.role(giver);
        if let Some(ended) = self.ended.get(&giver) {
            return Some(format!("{name}, whose script ended at {ended} s"));
        }
        let (_, step, since) = self.standing.iter().find(|(part, ..)| *part == giver)?;
        Some(format!("{name}, who waits at `{}` since {since} s", text.step(*step)))
    }

    /// The scripts that wait for each other in a circle: `pat waits for amos, amos waits for pat`.
    pub(super) fn circle(&self, text: &EventText<'_>) -> Option<String> {
        let next = |part: u32| {
            let standing = self.standing.iter().filter(|(of, ..)| *of == part);
            let signals = standing.filter_map(|standing| self.signal(standing));
            let waits = |part: &u32| self.standing.iter().any(|(of, ..)| of == part);
            signals.flat_map(|signal| self.givers(signal)).find(waits)
        };
        for (first, ..) in self.standing {
            let (mut path, mut seen, mut at) = (Vec::new(), BTreeSet::new(), Some(*first));
            while let Some(part) = at.filter(|part| seen.insert(*part)) {
                path.push(part);
                at = next(part);
            }
            if let Some(start) = at.and_then(|back| path.iter().position(|part| *part == back)) {
                let circle = &path[start..];
                let others = circle.iter().cycle().skip(1);
                let waits = circle.iter().zip(others);
                let waits =
                    waits.map(|(one, other)| format!("{} waits for {}", text.role(*one), text.role(*other)));
                return Some(waits.collect::<Vec<_>>().join(", "));
            }
        }
        None
    }
}
