//! Judges a run of which nothing is known but what its callers did and heard.

use super::case::{End, Failure};
use super::facts::Facts;
use crate::leg::log::Log;
use crate::scenario::check::{CallFact, Check, Predicate, Subject};

/// The verdict of callers.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Everything that is wrong, the first first.
    pub(super) failures: Vec<Failure>,
    /// The checks of `then` that they cannot judge: places in the story's checks.
    pub(super) not_judged: Vec<usize>,
}

/// Judges a run as its callers can. The invariants of the bridge are not among what they hear.
pub(super) fn judge(end: &End<'_>, log: &Log) -> Verdict {
    let mut verdict = Verdict { failures: end.steps_that_failed(log), not_judged: Vec::new() };
    if !verdict.failures.is_empty() {
        return verdict;
    }
    if !end.standing.is_empty() {
        verdict.failures.push(Failure::TimedOut { standing: end.standing.clone() });
        return verdict;
    }
    let facts = Facts::of(log);
    for (place, check) in end.story.checks.iter().enumerate() {
        match end.check(&facts, place, check) {
            _ if !is_heard(&check.subject) => verdict.not_judged.push(place),
            Some(_) if is_alike(&facts, check) => verdict.not_judged.push(place),
            failure => verdict.failures.extend(failure),
        }
    }
    verdict
}

/// Whether callers can tell it: when they were where, how their calls ended, and that none is up.
const fn is_heard(subject: &Subject) -> bool {
    match subject {
        Subject::When(_) | Subject::Call(_, CallFact::Outcome) | Subject::Calls => true,
        Subject::Meeting(..) | Subject::Organizer(..) | Subject::Call(..) | Subject::Webhook(..) => false,
    }
}

/// Whether an outcome that is wanted sounds as the one that was told.
fn is_alike(facts: &Facts, check: &Check) -> bool {
    let (Subject::Call(parts, fact), Predicate::IsOneOf(wanted)) = (&check.subject, &check.predicate) else {
        return false;
    };
    let alike = |told: &str| wanted.iter().any(|wanted| sounds_as(told, wanted));
    parts.iter().all(|part| alike(&facts.call(*part, *fact)))
}

/// Whether who was told this by the bridge may have had that outcome.
fn sounds_as(told: &str, outcome: &str) -> bool {
    let (word, _) = outcome.split_once('(').unwrap_or((outcome, ""));
    told == outcome
        || match told {
            // The bridge hung up, and did not say why.
            "failed(bridge)" => matches!(word, "lobby-timeout" | "ended" | "refused"),
            "ended" => word == "ended",
            "refused(too-many-attempts)" => word == "refused",
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_apart_as_far_as_they_can_be_heard() {
        for (told, outcome, expected) in [
            ("joined", "joined", true),
            ("joined", "ended", false),
            ("ended", "ended(removed)", true),
            ("failed(bridge)", "refused(full)", true),
            ("failed(bridge)", "joined", false),
            ("refused(too-many-attempts)", "refused(too-many-pins)", true),
            ("refused(full)", "refused(locked)", false),
        ] {
            assert_eq!(sounds_as(told, outcome), expected, "{told} {outcome}");
        }
    }
}
