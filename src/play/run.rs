//! The outcome of a case, with details of a failure found by playing it once more.

use std::sync::Arc;
use std::time::Duration;

use super::stored::Store;
use super::{Failure, Played};
use crate::control::caller::{FailureCause, Op, StepFailure};
use crate::leg::log::Entry;
use crate::scenario::story::{RunsOn, Story};

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

impl Bridge {
    /// What scenario files call it, under `runs_on`.
    #[must_use]
    pub const fn kind(&self) -> RunsOn {
        match self {
            Self::Virtual(_) => RunsOn::Sim,
            Self::Live { .. } => RunsOn::Live,
        }
    }

    /// Returns why this story is not played on it, if it is not.
    #[must_use]
    pub fn skips(&self, story: &Story) -> Option<String> {
        if story.skip.is_some() || story.runs_on.contains(&self.kind()) {
            return story.skip.clone();
        }
        let others: Vec<&str> = story.runs_on.iter().map(|place| place.name()).collect();
        Some(format!("it runs on {} only", others.join(" and ")))
    }
}

/// What became of a case.
#[derive(Debug)]
pub enum Outcome {
    /// It asks for what nobody has built, and was not played.
    NotBuilt,
    /// It was not to be played, for this reason.
    Skipped(String),
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
    /// The seed before the first that failed, as it passed.
    pub passed: Option<Box<Played>>,
    /// In what a second run with the same seed differed.
    pub unlike: Option<String>,
    /// Whether what was expected came after all.
    pub lateness: Option<Lateness>,
    /// The smallest faults with which it still fails, where that was searched.
    pub smallest: Option<Vec<String>>,
    /// The real time that it took.
    pub wall: Duration,
    /// Why it is expected to fail, if it is.
    pub expected_to_fail: Option<String>,
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
    /// Returns whether something that must hold does not.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        !self.played.failures.is_empty()
    }

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
        Self {
            played,
            bridge,
            seeds: 1,
            passed: None,
            unlike: None,
            lateness: None,
            smallest: None,
            wall,
            expected_to_fail: None,
        }
    }
}

impl Default for Bridge {
    fn default() -> Self {
        Self::Virtual(Store::default())
    }
}

impl Outcome {
    /// Returns whether it fails the run: something is wrong that was not expected, or nothing although it was.
    #[must_use]
    pub fn failed(&self) -> bool {
        match self {
            Self::NotBuilt | Self::Skipped(_) => false,
            Self::Played(run) => run.unlike.is_some() || run.has_failures() != run.expected_to_fail.is_some(),
        }
    }

    /// Returns why it was expected to fail, if it did.
    #[must_use]
    pub fn failed_as_expected(&self) -> Option<&str> {
        match self {
            Self::Played(run) if !self.failed() => run.expected_to_fail.as_deref(),
            Self::Played(_) | Self::NotBuilt | Self::Skipped(_) => None,
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
            | FailureCause::NotOn
            | FailureCause::Forbidden => None,
            FailureCause::NoCall | FailureCause::NotThere | FailureCause::AlreadyOnCall => None,
            FailureCause::Unknown => None,
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
