//! Plays one case in virtual time and judges it: the scripts' expectations, the scenario's `then`, and the
//! invariants.

use std::sync::Arc;

use super::facts::Facts;
use super::invariants::{Invariants, Violation};
use super::log::{Entry, Log};
use super::order::Later;
use super::story::{Act, Check, Must, OrganizerFact, Story, That};
use super::world::{Tamper, World};
use crate::control::caller::{Failure, StepId};
use crate::control::event::MeetingId;
use crate::control::pin::LockState;
use crate::control::policy::OrganizerId;
use crate::control::time::{Instant, show_duration};

/// A case that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The seed that orders what is due at one moment.
    pub seed: u64,
    /// What went wrong, the first first; nothing if the case passed.
    pub wrong: Vec<Wrong>,
    /// Everything that happened.
    pub log: Log,
    /// The virtual time that it took.
    pub took: Instant,
    /// How many values were carried.
    pub events: u64,
    /// When each question was put to the directory, in order.
    pub questions: Vec<Instant>,
}

/// A way in which a case failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrong {
    /// A step of a script did not hold.
    Step {
        /// Whose: a place in [`Cast::roles`](crate::leg::cast::Cast::roles).
        role: u32,
        /// What failed, and when.
        failure: Box<Failure>,
        /// When.
        at: Instant,
    },
    /// The time was up, and scripts had not ended.
    TimeUp {
        /// Where they stood, and since when.
        standing: Vec<(u32, StepId, Instant)>,
    },
    /// Something that must hold at the end does not.
    Check {
        /// A place in [`Story::checks`].
        check: usize,
        /// What is the case instead.
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

impl Wrong {
    /// Whether two failures are the same but for their moment.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Step { role, failure, .. }, Self::Step { role: other_role, failure: other, .. }) => {
                role == other_role && failure.step == other.step
            }
            (Self::Check { check, .. }, Self::Check { check: other, .. }) => check == other,
            (Self::Invariant(one), Self::Invariant(other)) => one.invariant == other.invariant,
            (Self::Order { entry }, Self::Order { entry: other }) => entry == other,
            (Self::TimeUp { .. }, Self::TimeUp { .. }) => true,
            (Self::Step { .. } | Self::TimeUp { .. } | Self::Check { .. }, _) => false,
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
    play_in(world_of(story, seed), story, seed)
}

/// Plays a case on a bridge whose values are tampered with, to see whether it notices.
///
/// # Panics
/// As [`play`].
#[must_use]
pub fn play_tampered(story: &Arc<Story>, seed: u64, tamper: Tamper) -> Played {
    play_in(world_of(story, seed).with_tamper(tamper), story, seed)
}

fn world_of(story: &Story, seed: u64) -> World<Log> {
    let given = &story.given;
    World::new(given.policy.clone(), seed, Log::default()).with_library(Arc::clone(&given.library))
}

fn play_in(mut world: World<Log>, story: &Arc<Story>, seed: u64) -> Played {
    world.stage(story).expect("the reader refuses conference IDs that are taken");
    world.run(Instant::ZERO + story.timeout);
    let mut wrong = Vec::new();
    if world.unfinished() > 0 && !has_failed(world.sink()) {
        wrong.push(time_up(&world));
    } else {
        // Everybody has hung up or is about to: what is left runs out by itself.
        world.run(Instant::NEVER);
    }
    let (events, took, questions) = (world.carried(), world.now(), world.asked().to_vec());
    let facts = Facts::of(world.sink());
    if !has_failed(world.sink()) && wrong.is_empty() {
        let end = End { story, facts: &facts, world: &world };
        if !world.is_quiet() {
            let what = "something is left of a call or of a meeting".to_owned();
            wrong.push(Wrong::Invariant(Violation { at: took, invariant: 4, what }));
        }
        wrong.extend(story.checks.iter().enumerate().filter_map(|(check, asked)| end.judge(check, asked)));
    }
    let log = world.into_sink();
    wrong.extend(log.entries.iter().find_map(|(at, entry)| failed_step(*at, entry)));
    wrong.extend(broken_invariants(story, &log, wrong.is_empty()).into_iter().map(Wrong::Invariant));
    if wrong.is_empty() {
        wrong.extend(unasked(story, questions.len()));
    }
    Played { seed, wrong, log, took, events, questions }
}

fn has_failed(log: &Log) -> bool {
    super::log::Sink::wants_no_more(log)
}

fn failed_step(at: Instant, entry: &Entry) -> Option<Wrong> {
    match entry {
        Entry::Failed { part, failure } => Some(Wrong::Step { role: *part, failure: failure.clone(), at }),
        Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Signal { .. } => None,
        Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
    }
}

/// What of the order had no effect. Actions all happen in a run in which nothing fails: the reader has counted them.
fn unasked(story: &Story, questions: usize) -> Vec<Wrong> {
    let order = story.order.iter().flatten().enumerate();
    let unasked = order.filter(|(_, put_off)| match put_off.later {
        Later::Question { number, .. } => number as usize > questions,
        Later::Action { .. } => false,
    });
    unasked.map(|(entry, _)| Wrong::Order { entry }).collect()
}

fn time_up(world: &World<Log>) -> Wrong {
    let standing = world
        .standing()
        .flat_map(|(part, caller)| caller.standing_at().map(move |(step, since)| (part, step, since)))
        .collect();
    Wrong::TimeUp { standing }
}

fn broken_invariants(story: &Story, log: &Log, ran_out: bool) -> Vec<Violation> {
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
    let mut last = Instant::ZERO;
    for record in log.records() {
        last = record.at;
        invariants.take(&record);
    }
    // A run that was cut short leaves calls open, and that is no fault of the bridge.
    if ran_out {
        invariants.end(last);
    }
    invariants.violations().to_vec()
}

/// The end of a run, as `then` looks at it.
struct End<'a> {
    story: &'a Story,
    facts: &'a Facts,
    world: &'a World<Log>,
}

impl End<'_> {
    fn judge(&self, check: usize, asked: &Check) -> Option<Wrong> {
        let found = match &asked.must {
            Must::Be(wanted) => {
                self.values(&asked.that).into_iter().find(|found| !is_as_wanted(found, wanted))?
            }
            Must::ComeBefore(other) => match (self.moment(&asked.that), self.facts.signal(*other)) {
                (Some(first), Some(second)) if first < second => return None,
                (Some(first), Some(second)) => format!("at {first} s, and the other at {second} s"),
                (first, second) => unhappened(first, second),
            },
            Must::ComeWithin(within, other) => match (self.moment(&asked.that), self.facts.signal(*other)) {
                (Some(it), Some(from)) if from <= it && it <= from + *within => return None,
                (Some(it), Some(from)) if it < from => {
                    format!("at {it} s, {} before it", show_duration(from.since(it)))
                }
                (Some(it), Some(from)) => format!("at {it} s, {} after it", show_duration(it.since(from))),
                (first, second) => unhappened(first, second),
            },
        };
        Some(Wrong::Check { check, found })
    }

    fn moment(&self, that: &That) -> Option<Instant> {
        match that {
            That::When(signal) => self.facts.signal(*signal),
            That::Meeting(..) | That::Call(..) | That::Organizer(..) | That::Calls => None,
        }
    }

    fn values(&self, that: &That) -> Vec<String> {
        let name = |part: u32| self.story.cast.roles[part as usize].name.clone();
        match that {
            That::Meeting(organizer, fact) => {
                vec![self.facts.meeting(MeetingId(u32::from(organizer.0)), *fact, name)]
            }
            That::Call(parts, fact) => parts.iter().map(|part| self.facts.call(*part, *fact)).collect(),
            That::Organizer(organizer, fact) => {
                let id = OrganizerId(u32::from(organizer.0));
                let directory = self.world.directory();
                let value = self.facts.organizer(id, *fact).unwrap_or_else(|| match fact {
                    OrganizerFact::LockedOut => {
                        (directory.lock_state(self.world.now(), id) != LockState::Open).to_string()
                    }
                    OrganizerFact::WrongPins | OrganizerFact::Lockouts => {
                        directory.wrong_pins(id).to_string()
                    }
                    OrganizerFact::PinDigits => directory.pin_digits(id).to_string(),
                });
                vec![value]
            }
            That::When(signal) => {
                vec![self.facts.signal(*signal).map_or_else(|| "never".to_owned(), |at| format!("{at} s"))]
            }
            That::Calls => vec![self.facts.open_calls().to_string()],
        }
    }
}

/// `refused` stands for a refusal of any reason, `refused(full)` for that one.
fn is_as_wanted(found: &str, wanted: &str) -> bool {
    found == wanted || found.split_once('(').is_some_and(|(word, _)| word == wanted)
}

fn unhappened(first: Option<Instant>, second: Option<Instant>) -> String {
    match (first, second) {
        (None, _) => "it never happened".to_owned(),
        (Some(at), _) => format!("at {at} s, and the other never happened"),
    }
}
