//! Plays one case in virtual time and judges it: the scripts' expectations, the scenario's `then`, and the
//! invariants.

use std::sync::Arc;

use crate::control::caller::{Caller, StepFailure, StepId};
use crate::control::directory::StoryDirectory;
use crate::control::event::MeetingId;
use crate::control::pin::LockState;
use crate::control::policy::OrganizerId;
use crate::control::time::{Instant, show_duration};
use crate::leg::Shard;
use crate::leg::capture::Wire;
use crate::leg::log::{Entry, Log, Sink};
use crate::play::facts::Facts;
use crate::play::invariants::{Invariants, Violation};
use crate::play::watched::{KeepsLog, Watched};
use crate::play::webhooks::post;
use crate::play::world::{Tamper, World};
use crate::scenario::check::{Check, OrganizerFact, Predicate, Subject, WebhookFact};
use crate::scenario::order::Later;
use crate::scenario::story::{Act, Story};

/// A case that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The seed that orders what is due at one moment.
    pub seed: u64,
    /// The failures, the earliest first; empty if the case passed.
    pub failures: Vec<Failure>,
    /// Everything that happened.
    pub log: Log,
    /// The virtual time that it took.
    pub took: Instant,
    /// How many values were carried.
    pub events: u64,
    /// When each question was put to the directory, in order.
    pub questions: Vec<Instant>,
    /// What passed between telephones and bridge, of a case that was played over SIP for a report that shows it.
    pub wire: Option<Box<Wire>>,
}

/// A way in which a case failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A step of a script did not hold.
    Step {
        /// The caller: a place in [`Cast::roles`](crate::leg::cast::Cast::roles).
        role: u32,
        /// The failure.
        failure: Box<StepFailure>,
        /// When.
        at: Instant,
    },
    /// The time was up, and scripts had not ended.
    TimedOut {
        /// Where they stood, and since when.
        standing: Vec<(u32, StepId, Instant)>,
    },
    /// Something that must hold at the end does not.
    Check {
        /// A place in [`Story::checks`].
        check: usize,
        /// The actual value.
        found: String,
    },
    /// An invariant was broken.
    Invariant(Violation),
    /// The file's order puts off a question that is never asked.
    Order {
        /// A place in [`Story::order`].
        entry: usize,
    },
}

impl Failure {
    /// Returns whether two failures are the same but for their moment.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Step { role, failure, .. }, Self::Step { role: other_role, failure: other, .. }) => {
                role == other_role && failure.step == other.step
            }
            (Self::Check { check, .. }, Self::Check { check: other, .. }) => check == other,
            (Self::Invariant(one), Self::Invariant(other)) => one.invariant == other.invariant,
            (Self::Order { entry }, Self::Order { entry: other }) => entry == other,
            (Self::TimedOut { .. }, Self::TimedOut { .. }) => true,
            (Self::Step { .. } | Self::TimedOut { .. } | Self::Check { .. }, _) => false,
            (Self::Invariant(_) | Self::Order { .. }, _) => false,
        }
    }
}

/// Plays a case. The seed is the run's; a case passes if nothing is wrong.
///
/// # Panics
/// Never for a story that the reader made: it has seen to it that conference IDs are free.
#[must_use]
pub fn play(story: &Arc<Story>, seed: u64) -> Played {
    play_in(world_of(story, seed, Log::default()), story, seed).0
}

/// Plays a case as [`play`] does, and keeps what the machines did beside the log.
///
/// # Panics
/// As [`play`].
#[must_use]
pub fn play_watched(story: &Arc<Story>, seed: u64) -> (Played, Watched) {
    play_in(world_of(story, seed, Watched::default()), story, seed)
}

/// Plays a case on another directory than records in memory, made for its settings and this seed.
///
/// # Panics
/// As [`play`].
#[must_use]
pub fn play_on(story: &Arc<Story>, seed: u64, directory: Box<dyn StoryDirectory>) -> Played {
    let world = World::on(directory, seed, Log::default()).with_library(Arc::clone(&story.given.library));
    play_in(world, story, seed).0
}

/// Plays a case on a bridge whose values are tampered with, to see whether it notices.
///
/// # Panics
/// As [`play`].
#[must_use]
pub fn play_tampered(story: &Arc<Story>, seed: u64, tamper: Tamper) -> Played {
    play_in(world_of(story, seed, Log::default()).with_tamper(tamper), story, seed).0
}

/// The world of a story with plain records, before the story is staged.
pub(super) fn world_of<S: Sink>(story: &Story, seed: u64, sink: S) -> World<S> {
    let given = &story.given;
    World::new(given.policy.clone(), seed, sink).with_library(Arc::clone(&given.library))
}

fn play_in<S: KeepsLog>(mut world: World<S>, story: &Arc<Story>, seed: u64) -> (Played, S) {
    world.stage(story).expect("the reader refuses conference IDs that are taken");
    world.run(Instant::ZERO + story.timeout);
    let standing = standing(world.shard());
    if standing.is_empty() || has_failed(world.sink().log()) {
        // Everybody has hung up or is about to: what is left runs out by itself.
        world.run(Instant::NEVER);
    }
    let (events, took, questions) = (world.carried(), world.now(), world.asked().to_vec());
    let end = End {
        story,
        directory: world.directory(),
        now: took,
        quiet: world.is_quiet(),
        standing,
        questions: questions.len(),
    };
    let failures = end.judge(world.sink().log());
    let mut sink = world.into_sink();
    (Played { seed, failures, log: sink.take_log(), took, events, questions, wire: None }, sink)
}

fn has_failed(log: &Log) -> bool {
    log.wants_no_more()
}

fn failed_step(at: Instant, entry: &Entry) -> Option<Failure> {
    match entry {
        Entry::Failed { part, failure } => Some(Failure::Step { role: *part, failure: failure.clone(), at }),
        Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Signal { .. } => None,
        Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
    }
}

/// Returns the parts of the order that had no effect. Actions all happen in a run in which nothing fails: the reader
/// has counted them.
fn unasked(story: &Story, questions: usize) -> Vec<Failure> {
    let order = story.order.iter().flatten().enumerate();
    let unasked = order.filter(|(_, delayed)| match delayed.later {
        Later::Question { number, .. } => number as usize > questions,
        Later::Action { .. } => false,
    });
    unasked.map(|(entry, _)| Failure::Order { entry }).collect()
}

/// Returns the positions of scripts that have not ended.
pub(super) fn standing<S: Sink>(shard: &Shard<S>) -> Vec<(u32, StepId, Instant)> {
    if shard.unfinished() == 0 {
        return Vec::new();
    }
    let steps = |(part, caller): (u32, &Caller)| {
        let steps: Vec<_> = caller.standing_at().map(|(step, since)| (part, step, since)).collect();
        steps
    };
    shard.standing().flat_map(steps).collect()
}

/// The invariants as they hold for this story: with the rights and the music that its file gives.
#[must_use]
pub fn invariants_of(story: &Story) -> Invariants {
    let by_default = story.given.policy.tenant.allow_anonymous_start_by_default;
    let allowed = (0..)
        .zip(&story.given.organizers)
        .filter(|(_, organizer)| organizer.allow_anonymous_start.unwrap_or(by_default))
        .map(|(number, _)| OrganizerId(number));
    let mut invariants = Invariants::new(&story.given.policy, allowed);
    for act in &story.acts {
        if let Act::Set { name, value } = act {
            let mut changed = story.given.policy.clone();
            if name == "music_policy" && changed.set(name, value).is_ok() {
                invariants.allow_music(changed.meeting.music_policy);
            }
        }
    }
    invariants
}

fn broken_invariants(story: &Story, log: &Log, ran_out: bool) -> Vec<Violation> {
    let mut invariants = invariants_of(story);
    let mut last = Instant::ZERO;
    for record in log.records() {
        last = record.at;
        invariants.take(&record);
    }
    // A run that was cut short leaves calls open, which is not a fault of the bridge.
    if ran_out {
        invariants.end(last);
    }
    invariants.violations().to_vec()
}

/// The end of a run, on whatever it was carried.
pub(super) struct End<'a> {
    pub(super) story: &'a Story,
    /// The directory as it is now.
    pub(super) directory: &'a dyn StoryDirectory,
    /// The moment that was reached.
    pub(super) now: Instant,
    /// Whether nothing is left of any call.
    pub(super) quiet: bool,
    /// Where scripts stand that had not ended when the time was up.
    pub(super) standing: Vec<(u32, StepId, Instant)>,
    /// How many questions the directory was asked.
    pub(super) questions: usize,
}

impl End<'_> {
    /// The steps that failed, in order.
    pub(super) fn steps_that_failed(&self, log: &Log) -> Vec<Failure> {
        log.entries.iter().filter_map(|(at, entry)| failed_step(*at, entry)).collect()
    }

    /// Everything that is wrong, the first first.
    pub(super) fn judge(self, log: &Log) -> Vec<Failure> {
        let mut wrong = Vec::new();
        if !has_failed(log) {
            if self.standing.is_empty() {
                wrong.extend(self.checked(&Facts::of(log)));
            } else {
                wrong.push(Failure::TimedOut { standing: self.standing.clone() });
            }
        }
        wrong.extend(self.steps_that_failed(log));
        let broken = broken_invariants(self.story, log, wrong.is_empty());
        wrong.extend(broken.into_iter().map(Failure::Invariant));
        if wrong.is_empty() {
            wrong.extend(unasked(self.story, self.questions));
        }
        wrong
    }

    fn checked(&self, facts: &Facts) -> Vec<Failure> {
        let left = (!self.quiet).then(|| {
            let what = "state of a call or meeting is left over".to_owned();
            Failure::Invariant(Violation { at: self.now, invariant: 4, what })
        });
        let checks = self.story.checks.iter().enumerate();
        left.into_iter().chain(checks.filter_map(|(check, asked)| self.check(facts, check, asked))).collect()
    }

    /// What is wrong with one check of the story, by its place.
    pub(super) fn check(&self, facts: &Facts, check: usize, asked: &Check) -> Option<Failure> {
        let found = match &asked.predicate {
            Predicate::IsOneOf(wanted) => {
                let is_wanted = |found: &String| wanted.iter().any(|wanted| is_as_wanted(found, wanted));
                self.values(facts, &asked.subject).into_iter().find(|found| !is_wanted(found))?
            }
            Predicate::IsBetween(range) => {
                let fits = |found: &String| found.parse().is_ok_and(|number| range.contains(&number));
                self.values(facts, &asked.subject).into_iter().find(|found| !fits(found))?
            }
            Predicate::Never => format!("it happened at {} s", self.moment(facts, &asked.subject)?),
            Predicate::ComeBefore(other) => {
                match (self.moment(facts, &asked.subject), facts.signal(*other)) {
                    (Some(first), Some(second)) if first < second => return None,
                    (Some(first), Some(second)) => format!("at {first} s, and the other at {second} s"),
                    (first, second) => missing(first, second),
                }
            }
            Predicate::ComeWithin(within, other) => {
                match (self.moment(facts, &asked.subject), facts.signal(*other)) {
                    (Some(it), Some(from)) if from <= it && it <= from + *within => return None,
                    (Some(it), Some(from)) if it < from => {
                        format!("at {it} s, {} before it", show_duration(from.since(it)))
                    }
                    (Some(it), Some(from)) => {
                        format!("at {it} s, {} after it", show_duration(it.since(from)))
                    }
                    (first, second) => missing(first, second),
                }
            }
        };
        Some(Failure::Check { check, found })
    }

    fn moment(&self, facts: &Facts, subject: &Subject) -> Option<Instant> {
        match subject {
            Subject::When(signal) => facts.signal(*signal),
            Subject::Meeting(..) | Subject::Call(..) | Subject::Organizer(..) | Subject::Calls => None,
            Subject::Webhook(..) => None,
        }
    }

    fn values(&self, facts: &Facts, subject: &Subject) -> Vec<String> {
        let name = |part: u32| self.story.cast.roles[part as usize].name.clone();
        match subject {
            Subject::Meeting(organizer, fact) => {
                vec![facts.meeting(MeetingId(u32::from(organizer.0)), *fact, name)]
            }
            Subject::Call(parts, fact) => parts.iter().map(|part| facts.call(*part, *fact)).collect(),
            Subject::Organizer(organizer, fact) => {
                let id = OrganizerId(u32::from(organizer.0));
                let value = facts.organizer(id, *fact).unwrap_or_else(|| {
                    let info = self.directory.pin_info(self.now, id);
                    match fact {
                        OrganizerFact::LockedOut => (info.state != LockState::Open).to_string(),
                        OrganizerFact::WrongPins | OrganizerFact::Lockouts => info.wrong_in_all.to_string(),
                        OrganizerFact::PinDigits => info.digits.to_string(),
                    }
                });
                vec![value]
            }
            Subject::When(signal) => {
                vec![facts.signal(*signal).map_or_else(|| "never".to_owned(), |at| format!("{at} s"))]
            }
            Subject::Calls => vec![facts.open_calls().to_string()],
            Subject::Webhook(event, fact) => {
                let posted = post(facts.webhooks(), self.story.webhook_fault);
                let of = posted.get(event).copied().unwrap_or_default();
                vec![match fact {
                    WebhookFact::Count => of.taken.to_string(),
                    WebhookFact::Tries => of.tries.to_string(),
                }]
            }
        }
    }
}

/// `refused` stands for a refusal of any reason, `refused(full)` for that one.
fn is_as_wanted(found: &str, wanted: &str) -> bool {
    found == wanted || found.split_once('(').is_some_and(|(word, _)| word == wanted)
}

fn missing(first: Option<Instant>, second: Option<Instant>) -> String {
    match (first, second) {
        (None, _) => "it never happened".to_owned(),
        (Some(at), _) => format!("at {at} s, and the other never happened"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::tests::{EXAMPLE, story};

    #[test]
    fn the_example_of_the_language_passes() {
        let played = play(&Arc::new(story(EXAMPLE)), 1);
        assert!(played.failures.is_empty(), "{:?}", played.failures);
    }
}
