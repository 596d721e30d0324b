//! Steps that were over before all was known that may contradict them.

use std::ops::Range;
use std::time::Duration;

use super::{Caller, Expectation, FailureCause, Sound, StepId};
use crate::control::call::Source;
use crate::control::time::Instant;

/// How late a caller learns what it hears, whose ear has to find that out from samples.
///
/// Expectations are judged by when a sound began, not by when that was known: a deadline is missed only so much later. What
/// must last, or not come, goes on at its time all the same, and fails afterwards if it is contradicted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lateness {
    /// After this time at the latest it is known what began.
    pub wait: Duration,
    /// By so much the beginning of a sound, or of a state that it tells, may be taken for an earlier one.
    pub slack: Duration,
    /// So much later, where what begins may be one of several sounds that begin with the same words.
    pub alike: Duration,
    /// So much later, where it may be that what is heard has begun again.
    pub again: Duration,
    /// So long after a caller vanished the bridge knows: until then the step lasts.
    pub vanishing: Duration,
}

impl Lateness {
    /// What is heard is known at once.
    const NONE: Self = Self {
        wait: Duration::ZERO,
        slack: Duration::ZERO,
        alike: Duration::ZERO,
        again: Duration::ZERO,
        vanishing: Duration::ZERO,
    };
}

/// What a caller keeps who learns late what it hears.
#[derive(Clone, Debug)]
pub(super) struct Late {
    lateness: Lateness,
    /// What was heard before what is heard now, and since when.
    pub(super) heard_before: (Source, Instant),
    doubts: Vec<Doubt>,
}

impl Late {
    pub(super) fn new(lateness: Lateness) -> Self {
        Self { lateness, heard_before: (Source::Silence, Instant::ZERO), doubts: Vec::new() }
    }
}

/// A step that was over, and what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubt {
    step: StepId,
    began: Instant,
    /// The moment up to which it counts what is heard.
    until: Instant,
    claim: Claim,
}

/// What a step says of the time up to its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim {
    /// What was heard then has lasted.
    Lasted { since: Instant, expected: Expectation },
    /// This has not come.
    NeverCame(Expectation),
}

impl Caller {
    /// How late this caller learns what it hears.
    pub(super) fn lateness(&self) -> &Lateness {
        self.late.as_ref().map_or(&Lateness::NONE, |late| &late.lateness)
    }

    /// A step is over that what is still to be known may contradict.
    pub(super) fn doubt(&mut self, index: usize, now: Instant, claim: Claim) {
        let (step, _) = self.op(index);
        let began = self.threads[index].began;
        if let Some(late) = &mut self.late {
            let Lateness { wait, alike, .. } = late.lateness;
            late.doubts.retain(|doubt| doubt.until + wait + alike >= now);
            late.doubts.push(Doubt { step, began, until: now, claim });
        }
    }

    /// Looks whether a step was held to be over that what is heard contradicts.
    pub(super) fn reconsider(&mut self, now: Instant) {
        let Some(late) = &self.late else { return };
        let Lateness { wait, alike, .. } = late.lateness;
        let is_wrong = |doubt: &Doubt| match doubt.claim {
            Claim::Lasted { expected, .. } => self.broke_off(expected, doubt.began..doubt.until),
            Claim::NeverCame(expected) => {
                self.since(expected).is_some_and(|since| (doubt.began..=doubt.until).contains(&since))
            }
        };
        let wrong =
            late.doubts.iter().find(|doubt| doubt.until + wait + alike >= now && is_wrong(doubt)).copied();
        if let Some(Doubt { step, began, claim, .. }) = wrong.filter(|_| !self.failed && !self.is_over()) {
            let why = match claim {
                Claim::Lasted { since, .. } => FailureCause::Broken { since },
                Claim::NeverCame(_) => FailureCause::Forbidden,
            };
            self.fail_step(step, began, why);
        }
    }

    /// Whether what was heard from one of these moments on was over before the other, as far as is known.
    pub(super) fn broke_off(&self, expected: Expectation, Range { start, end }: Range<Instant>) -> bool {
        let is_within = |at: Instant| at > start && at + self.lateness().slack < end;
        let voice = match expected {
            Expectation::Hears(sound) => sound.voice(),
            Expectation::State(_) => None,
        };
        match voice {
            Some((voice, kind)) => self.voices().ended(voice, kind).is_some_and(is_within),
            None if expected == Expectation::Hears(Sound::Silence) => {
                is_within(self.heard_since) || self.voices().began().is_some_and(is_within)
            }
            None => is_within(self.heard_since),
        }
    }
}
