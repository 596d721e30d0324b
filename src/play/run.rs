//! The outcome of a case, with details of a failure found by playing it once more.

use std::sync::Arc;
use std::time::Duration;

use super::stored::Store;
use super::{Failure, Played};
use crate::control::caller::{FailureCause, Op, StepFailure};
use crate::leg::log::Entry;
use crate::scenario::story::Story;

/// What carries the calls of a case.
#[derive(Clone, Debug)]
pub enum Bridge {
    /// Virtual time: a case takes no longer than its work.
    Virtual(Store),
    /// The live exchange, with a clock that runs this many times faster than the real one.
    Live {
        /// How many times.
        speed: u32,
    },
}

/// What became of a case.
#[derive(Debug)]
pub enum Outcome {
    /// It asks for what nobody has built, and was not played.
    NotBuilt,
    /// It was played.
    Played(Box<CaseRun>),
}

/// A case that was played, with the first seed that failed or the last that was tried.
#[derive(Debug)]
pub struct CaseRun {
    /// How it went.
    pub played: Played,
    /// What carried its calls.
    pub bridge: Bridge,
    /// How many seeds were tried.
    pub seeds: usize,
    /// In what a second run with the same seed differed.
    pub unlike: Option<String>,
    /// Whether what was expected came after all.
    pub lateness: Option<Lateness>,
    /// The smallest faults with which it still fails, where that was searched.
    pub smallest: Option<Vec<String>>,
    /// The real time that it took.
    pub wall: Duration,
}

/// When the expected sound came, had the caller continued to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lateness {
    /// So long after the deadline.
    Late(Duration),
    /// Not in all the time that the story may take.
    Never,
}

impl CaseRun {
    /// A story that was played like this; what came too late in it is waited for in one more run, which `play_again`
    /// plays with the same seed on the same bridge.
    #[must_use]
    pub fn of(
        story: &Arc<Story>,
        played: Played,
        bridge: Bridge,
        play_again: impl Fn(&Arc<Story>) -> Played,
    ) -> Self {
        let lateness = lateness(story, &played, play_again);
        Self { lateness, ..Self::once(played, bridge) }
    }

    /// A story that was played like this and cannot be played the same way again.
    pub(crate) fn once(played: Played, bridge: Bridge) -> Self {
        let wall = Duration::ZERO;
        Self { played, bridge, seeds: 1, unlike: None, lateness: None, smallest: None, wall }
    }
}

impl Default for Bridge {
    fn default() -> Self {
        Self::Virtual(Store::default())
    }
}

impl Outcome {
    /// Returns whether it was played and something is wrong.
    #[must_use]
    pub fn failed(&self) -> bool {
        match self {
            Self::NotBuilt => false,
            Self::Played(run) => !run.played.failures.is_empty() || run.unlike.is_some(),
        }
    }
}

/// Plays a case with a deadline that was missed once more, and lets that caller wait on.
fn lateness(
    story: &Arc<Story>,
    played: &Played,
    play_again: impl Fn(&Arc<Story>) -> Played,
) -> Option<Lateness> {
    let missed = played.failures.iter().find_map(|wrong| match wrong {
        Failure::Step { role, failure, .. } => match failure.why {
            FailureCause::TooLate { deadline } => Some((*role, failure, deadline)),
            FailureCause::NotRestarted { .. }
            | FailureCause::TooEarly { .. }
            | FailureCause::Broken { .. }
            | FailureCause::Forbidden => None,
            FailureCause::NoCall | FailureCause::AlreadyOnCall | FailureCause::Unknown => None,
        },
        Failure::TimedOut { .. } | Failure::Check { .. } | Failure::Invariant(_) | Failure::Order { .. } => {
            None
        }
    });
    let (role, failure, deadline) = missed?;
    let patient = Arc::new(patient(story, role, failure));
    let came = play_again(&patient).log.entries.into_iter().find_map(|(_, entry)| match entry {
        Entry::Step { part, done } if part == role && done.step == failure.step => {
            (done.began == failure.began).then_some(done.at)
        }
        Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } => None,
        Entry::Signal { .. } | Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
    });
    Some(came.map_or(Lateness::Never, |at| Lateness::Late(at.since(deadline))))
}

/// The story with all the time in the world for the step that failed.
fn patient(story: &Story, role: u32, failure: &StepFailure) -> Story {
    let mut patient = story.clone();
    let program = Arc::make_mut(&mut Arc::make_mut(&mut patient.cast).roles[role as usize].program);
    for (_, op) in program.ops.iter_mut().filter(|(step, _)| *step == failure.step) {
        if let Op::Expect(_, timing) = op {
            timing.within = story.timeout;
            timing.hold = None;
        }
    }
    patient
}
