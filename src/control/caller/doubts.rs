//! Steps that were over before all was known that may contradict them.

use std::ops::Range;

use super::{Caller, Claim, Doubt, Expectation, FailureCause, Lateness, Sound};
use crate::control::time::Instant;

impl Caller {
    /// A step is over that what is still to be known may contradict.
    pub(super) fn doubt(&mut self, index: usize, now: Instant, claim: Claim) {
        let Lateness { wait, alike, .. } = self.lateness;
        if !wait.is_zero() {
            let (step, _) = self.op(index);
            let began = self.threads[index].began;
            self.doubts.retain(|doubt| doubt.until + wait + alike >= now);
            self.doubts.push(Doubt { step, began, until: now, claim });
        }
    }

    /// Looks whether a step was held to be over that what is heard contradicts.
    pub(super) fn reconsider(&mut self, now: Instant) {
        let Lateness { wait, alike, .. } = self.lateness;
        let is_wrong = |doubt: &Doubt| match doubt.claim {
            Claim::Lasted { expected, .. } => self.broke_off(expected, doubt.began..doubt.until),
            Claim::NeverCame(expected) => {
                self.since(expected).is_some_and(|since| (doubt.began..=doubt.until).contains(&since))
            }
        };
        let wrong =
            self.doubts.iter().find(|doubt| doubt.until + wait + alike >= now && is_wrong(doubt)).copied();
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
        let is_within = |at: Instant| at > start && at + self.lateness.slack < end;
        let voice = match expected {
            Expectation::Hears(sound) => sound.voice(),
            Expectation::State(_) => None,
        };
        match voice {
            Some((voice, kind)) => self.voices.ended(voice, kind).is_some_and(is_within),
            None if expected == Expectation::Hears(Sound::Silence) => {
                is_within(self.heard_since) || self.voices.began().is_some_and(is_within)
            }
            None => is_within(self.heard_since),
        }
    }
}
