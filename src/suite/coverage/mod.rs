//! Coverage: what of the bridge the played cases reached, out of all that there is.
//!
//! States and transitions are those that the machines take, found by a walk through them; prompts, refusals,
//! settings and events are the lists of their enums. What a case reached is read from its event stream, and from the steps
//! of its dialogs.

mod diagram;
mod events;
mod hints;
mod html;
mod record;
mod seen;
mod text;
mod universe;
mod unreachable;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use super::{SEED, Suite, in_order};
use crate::play::{Bridge, CaseRun, Outcome, play_watched};
use crate::scenario::story::Story;
use seen::Seen;

pub use diagram::{mermaid, svg};
pub use hints::hint;
pub use html::html;
pub use record::ReadError;
pub use text::text;
pub use unreachable::{UNREACHABLE, is_meant};

/// A kind of thing that can be reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// The states of a call's dialog.
    States,
    /// The ways from one of them to another.
    Transitions,
    /// The keys that a caller can press in each of them.
    Keys,
    /// The deadlines of dialogs and meetings.
    Timers,
    /// The ways of a meeting from one state to another.
    Meetings,
    /// The ways of a caller from one place of a meeting to another.
    Places,
    /// The prompts, in each language.
    Prompts,
    /// The ways in which a call ends, refusals among them.
    Outcomes,
    /// The settings, with their values.
    Settings,
    /// The events of the stream.
    Events,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 10] = [
        Self::States,
        Self::Transitions,
        Self::Keys,
        Self::Timers,
        Self::Meetings,
        Self::Places,
        Self::Prompts,
        Self::Outcomes,
        Self::Settings,
        Self::Events,
    ];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::States => "states",
            Self::Transitions => "transitions",
            Self::Keys => "keys",
            Self::Timers => "timers",
            Self::Meetings => "meetings",
            Self::Places => "places",
            Self::Prompts => "prompts",
            Self::Outcomes => "outcomes",
            Self::Settings => "settings",
            Self::Events => "events",
        }
    }

    /// Its title for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::States => "States of a dialog",
            Self::Transitions => "Transitions of a dialog",
            Self::Keys => "Keys in each state",
            Self::Timers => "Timers",
            Self::Meetings => "Transitions of a meeting",
            Self::Places => "Transitions of a caller's place",
            Self::Prompts => "Prompts in each language",
            Self::Outcomes => "Refusals and other ends of calls",
            Self::Settings => "Settings and their values",
            Self::Events => "Events",
        }
    }
}

/// One thing that can be reached.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Item {
    /// Its kind.
    pub group: Group,
    /// Its name, once in its group. A transition is `from -> to: cause`.
    pub name: String,
}

impl Item {
    fn new(group: Group, name: impl Into<String>) -> Self {
        Self { group, name: name.into() }
    }

    /// A transition's two ends, and its cause.
    #[must_use]
    pub fn edge(&self) -> Option<(&str, &str, &str)> {
        let (from, rest) = self.name.split_once(" -> ")?;
        let (to, by) = rest.split_once(": ")?;
        Some((from, to, by))
    }
}

/// How far an item was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reached {
    /// By so many cases.
    By(u64),
    /// By none.
    Not,
    /// By none, and no scenario can, for this reason.
    Unreachable(&'static str),
}

/// What the cases of a run reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// How many cases were played.
    pub cases: u64,
    /// Each item, with the number of cases that reached it.
    reached: BTreeMap<Item, u64>,
}

impl Coverage {
    /// Nothing was played yet.
    #[must_use]
    pub fn new() -> Self {
        Self { cases: 0, reached: all().iter().map(|item| (item.clone(), 0)).collect() }
    }

    /// Takes in what one more case reached.
    fn take(&mut self, items: BTreeSet<Item>) {
        self.cases += 1;
        for item in items {
            *self.reached.entry(item).or_default() += 1;
        }
    }

    /// Adds what another run reached.
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        for (item, cases) in other.reached {
            *self.reached.entry(item).or_default() += cases;
        }
    }

    /// Every item, in order, and how far it was reached.
    pub fn items(&self) -> impl Iterator<Item = (&Item, Reached)> {
        self.reached.iter().map(|(item, cases)| {
            let reached = match (cases, unreachable::reason(item)) {
                (1.., _) => Reached::By(*cases),
                (0, Some(reason)) => Reached::Unreachable(reason),
                (0, None) => Reached::Not,
            };
            (item, reached)
        })
    }

    /// How many items of a group were reached, and how many can be.
    #[must_use]
    pub fn count(&self, group: Group) -> Count {
        self.items().filter(|(item, _)| item.group == group).map(|(_, reached)| reached).collect()
    }

    /// How many items were reached, and how many can be.
    #[must_use]
    pub fn total(&self) -> Count {
        self.items().map(|(_, reached)| reached).collect()
    }
}

impl Default for Coverage {
    fn default() -> Self {
        Self::new()
    }
}

/// A share of all items.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// How many were reached.
    pub reached: usize,
    /// How many can be reached.
    pub reachable: usize,
    /// How many cannot.
    pub unreachable: usize,
}

impl Count {
    /// The share in tenths of a percent, rounded down: only all of them are 1,000.
    #[must_use]
    pub const fn permille(self) -> usize {
        match self.reachable {
            0 => 1_000,
            reachable => self.reached * 1_000 / reachable,
        }
    }

    /// The share as people read it: `97.3 %`.
    #[must_use]
    pub fn percent(self) -> String {
        percent(self.permille())
    }
}

impl FromIterator<Reached> for Count {
    fn from_iter<T: IntoIterator<Item = Reached>>(items: T) -> Self {
        let mut count = Self::default();
        for reached in items {
            match reached {
                Reached::Unreachable(_) => count.unreachable += 1,
                Reached::Not => count.reachable += 1,
                Reached::By(_) => {
                    count.reached += 1;
                    count.reachable += 1;
                }
            }
        }
        count
    }
}

/// Tenths of a percent as people read them.
#[must_use]
pub fn percent(permille: usize) -> String {
    match permille % 10 {
        0 => format!("{} %", permille / 10),
        tenth => format!("{}.{tenth} %", permille / 10),
    }
}

/// Everything that there is to reach.
#[must_use]
pub fn all() -> &'static BTreeSet<Item> {
    static ALL: OnceLock<BTreeSet<Item>> = OnceLock::new();
    ALL.get_or_init(universe::items)
}

/// Plays these cases of the suite in virtual time on so many threads, with their own seeds, and tells what they reached.
/// `deliver` is told what became of each case, in order; it may break off.
pub fn run(
    suite: &Suite,
    selected: &[usize],
    jobs: NonZeroUsize,
    stop: &AtomicBool,
    mut deliver: impl FnMut(usize, &Outcome) -> ControlFlow<()>,
) -> Coverage {
    let mut coverage = Coverage::new();
    let cases = &suite.cases;
    let work = |number: usize| cover(&cases[selected[number]].story);
    in_order(jobs, selected.len(), stop, work, |number, (outcome, items)| {
        if let Outcome::Played(_) = outcome {
            coverage.take(items);
        }
        deliver(selected[number], &outcome)
    });
    coverage
}

/// Plays a case, and tells what it reached.
fn cover(story: &Arc<Story>) -> (Outcome, BTreeSet<Item>) {
    let bridge = Bridge::default();
    if let Some(reason) = bridge.skips(story) {
        return (Outcome::Skipped(reason), BTreeSet::new());
    }
    if !story.not_implemented.is_empty() {
        return (Outcome::NotBuilt, BTreeSet::new());
    }
    let (played, watched) = play_watched(story, story.seed.unwrap_or(SEED));
    let mut seen = Seen::default();
    seen.case(story, &played.log, watched);
    let expected_to_fail = story.expected_to_fail.clone();
    let run = CaseRun { expected_to_fail, ..CaseRun::once(played, bridge) };
    (Outcome::Played(Box::new(run)), seen.items())
}
