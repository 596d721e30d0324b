//! The outcome of a case, with details of a failure found by playing it once more.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::outward::SIP_ALLOWANCE;
use super::stored::Store;
use super::via::Via;
use super::{Failure, Played};
use crate::control::caller::{FailureCause, Op, StepId};
use crate::control::time::Instant;
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
    /// The live exchange, called by SIP and RTP over the loopback interface.
    OverSip(OverSip),
    /// A bridge that runs elsewhere.
    Via(Arc<Via>, OverSip),
}

/// How cases are played over SIP.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OverSip {
    /// How often a case that fails is played again: on a real network something may go wrong that is not the bridge's.
    pub retries: u32,
    /// Whether a case that fails and then passes fails the run.
    pub flaky_fails: bool,
    /// The folder that takes a capture of each attempt, keys masked.
    pub captures: Option<Arc<Path>>,
    /// Whether messages and streams are kept, for a report that shows them.
    pub keeps_wire: bool,
}

impl Bridge {
    /// The bridge of cases that are shown: in virtual time, or over SIP with all that passes.
    #[must_use]
    pub fn shown(over_sip: bool) -> Self {
        if over_sip {
            Self::OverSip(OverSip { keeps_wire: true, ..OverSip::default() })
        } else {
            Self::default()
        }
    }

    /// What scenario files call it, under `runs_on`.
    #[must_use]
    pub const fn kind(&self) -> RunsOn {
        match self {
            Self::Virtual(_) => RunsOn::Sim,
            Self::Live { .. } => RunsOn::Live,
            Self::OverSip(_) | Self::Via(..) => RunsOn::Sip,
        }
    }

    /// Returns by how much it is more lenient than virtual time, if it is: how much longer each `within` is, and how much
    /// shorter a prompt's `for`.
    #[must_use]
    pub const fn allowance(&self) -> Option<Duration> {
        match self {
            Self::Virtual(_) | Self::Live { .. } => None,
            Self::OverSip(_) | Self::Via(..) => Some(SIP_ALLOWANCE),
        }
    }

    /// Whether a case that fails and then passes fails the run.
    const fn fails_flaky(&self) -> bool {
        match self {
            Self::Virtual(_) | Self::Live { .. } => false,
            Self::OverSip(how) | Self::Via(_, how) => how.flaky_fails,
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
    /// What was to carry its calls could not be opened or reached, for this reason.
    Unreachable(String),
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
    /// With how many of them it fails the run, if it was not enough to find one.
    pub failing_seeds: Option<usize>,
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
    /// The attempts before this one, all of which failed.
    pub attempts: Vec<Played>,
    /// What of it was not judged, and why: at a bridge elsewhere callers cannot tell everything.
    pub not_judged: Vec<String>,
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

    /// Returns whether it failed, and passed when it was played again.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        !self.attempts.is_empty() && !self.has_failures()
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
            failing_seeds: None,
            passed: None,
            unlike: None,
            lateness: None,
            smallest: None,
            wall,
            expected_to_fail: None,
            attempts: Vec::new(),
            not_judged: Vec::new(),
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
            Self::NotBuilt | Self::Skipped(_) | Self::Unreachable(_) => false,
            Self::Played(run) => {
                let is_wrong = run.has_failures() != run.expected_to_fail.is_some();
                run.unlike.is_some() || is_wrong || (run.is_flaky() && run.bridge.fails_flaky())
            }
        }
    }

    /// Returns how a case was played that fails the run.
    #[must_use]
    pub fn failed_run(&self) -> Option<&CaseRun> {
        match self {
            Self::Played(run) if self.failed() => Some(run),
            Self::Played(_) | Self::NotBuilt | Self::Skipped(_) | Self::Unreachable(_) => None,
        }
    }

    /// Returns why it was expected to fail, if it did.
    #[must_use]
    pub fn failed_as_expected(&self) -> Option<&str> {
        match self {
            Self::Played(run) if !self.failed() => run.expected_to_fail.as_deref(),
            Self::Played(_) | Self::NotBuilt | Self::Skipped(_) | Self::Unreachable(_) => None,
        }
    }
}

/// Plays a case with deadlines that were missed once more, and lets those callers wait on.
fn lateness(
    story: &Arc<Story>,
    played: &Played,
    play_again: impl Fn(&Arc<Story>) -> Played,
) -> Option<Lateness> {
    let missed: Vec<Missed> = played.failures.iter().filter_map(too_late).collect();
    let Missed { role, step, began, deadline } = *missed.first()?;
    // Whoever else came too late would end the run before it is there.
    let mut patient = Story::clone(story);
    missed.iter().for_each(|missed| be_patient(&mut patient, *missed));
    let again = play_again(&Arc::new(patient));
    let came = again.log.entries.into_iter().find_map(|(_, entry)| match entry {
        Entry::Step { part, done } if part == role && done.step == step => {
            (done.began == began).then_some(done.at)
        }
        Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } => None,
        Entry::Signal { .. } | Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
    });
    let waited_in_vain = || {
        let is_first = |missed: Missed| (missed.role, missed.step) == (role, step);
        let timed_out = |wrong: &Failure| matches!(wrong, Failure::TimedOut { .. });
        again.failures.iter().any(|wrong| timed_out(wrong) || too_late(wrong).is_some_and(is_first))
    };
    came.map(|at| Lateness::Late(at.since(deadline))).or_else(|| waited_in_vain().then_some(Lateness::Never))
}

/// A step that came too late.
#[derive(Clone, Copy)]
struct Missed {
    role: u32,
    step: StepId,
    began: Instant,
    deadline: Instant,
}

fn too_late(wrong: &Failure) -> Option<Missed> {
    let Failure::Step { role, failure, .. } = wrong else { return None };
    let FailureCause::TooLate { deadline } = failure.why else { return None };
    Some(Missed { role: *role, step: failure.step, began: failure.began, deadline })
}

/// Gives a story all the time in the world for a step that failed.
fn be_patient(story: &mut Story, missed: Missed) {
    let within = story.timeout;
    let program = Arc::make_mut(&mut Arc::make_mut(&mut story.cast).roles[missed.role as usize].program);
    for (_, op) in program.ops.iter_mut().filter(|(step, _)| *step == missed.step) {
        if let Op::Expect(_, timing) = op {
            timing.within = within;
            timing.hold = None;
        }
    }
}
