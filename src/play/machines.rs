//! The bridge of a case at any moment of it: how each dialog stands, and what is due when. Events do not tell this; it
//! is read off the machines of the same case, played again up to that moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::case::world_of;
use super::world::World;
use crate::control::attendant::{DialogState, DialogTimer};
use crate::control::call::LegId;
use crate::control::caller::StepId;
use crate::control::event::MeetingId;
use crate::control::meeting::MeetingTimer;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::scenario::story::Story;

/// The resolution of time: what happens at a moment has not happened so long before it.
const BEFORE: Duration = Duration::from_micros(1);

/// The party that a deadline is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Party {
    /// A caller or the administrator: a place in [`Cast::roles`](crate::leg::cast::Cast::roles).
    Role(u32),
    /// A meeting.
    Meeting(MeetingId),
}

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A step of a script has waited long enough.
    Step(StepId),
    /// One of a dialog.
    Dialog(DialogTimer),
    /// One of a meeting.
    Meeting(MeetingTimer),
}

/// A deadline that is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// Whose.
    pub of: Party,
    /// What for.
    pub due: Due,
}

/// How the dialog of a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialog {
    /// Its state.
    pub state: DialogState,
    /// The PINs that the caller may still give, once one is asked for.
    pub tries_left: Option<u8>,
}

/// How the machines stand at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The dialog of each call.
    pub dialogs: BTreeMap<LegId, Dialog>,
    /// Every deadline, the next first.
    pub deadlines: Vec<Deadline>,
}

/// The machines of a case that is played in virtual time, with this seed.
#[derive(Debug)]
pub struct Machines {
    story: Arc<Story>,
    seed: u64,
    world: World<Unheard>,
}

/// Takes entries that somebody else has already.
#[derive(Debug)]
struct Unheard;

impl Sink for Unheard {
    fn take(&mut self, _at: Instant, _entry: Entry) {}
}

impl Machines {
    /// The machines before anything happens.
    ///
    /// # Panics
    /// Never for a story that the reader made: it has seen to it that conference IDs are free.
    #[must_use]
    pub fn new(story: &Arc<Story>, seed: u64) -> Self {
        Self { story: Arc::clone(story), seed, world: staged(story, seed) }
    }

    /// Looks at the machines once everything of a moment has happened.
    pub fn after(&mut self, moment: Instant) -> Standing {
        // World does not go back: what was is played again.
        if self.world.now() > moment {
            self.world = staged(&self.story, self.seed);
        }
        self.world.run(moment);
        self.standing()
    }

    /// Looks at the machines before anything of a moment has happened; of the first, when everybody is about to begin.
    pub fn before(&mut self, moment: Instant) -> Standing {
        if moment == Instant::ZERO { Standing::default() } else { self.after(moment - BEFORE) }
    }

    fn standing(&self) -> Standing {
        let shard = self.world.shard();
        let mut standing = Standing::default();
        for (leg, call) in shard.bridge().calls().all_up() {
            let dialog = call.attendant();
            let (state, tries_left) = (dialog.state(), dialog.pin_tries_left());
            standing.dialogs.insert(leg, Dialog { state, tries_left });
            if let Some(part) = shard.part_of(leg) {
                let due = |(at, timer)| Deadline { at, of: Party::Role(part), due: Due::Dialog(timer) };
                standing.deadlines.extend(dialog.deadlines().map(due));
            }
        }
        for (part, caller) in shard.standing() {
            let step = |(step, at): (StepId, Option<Instant>)| {
                Some(Deadline { at: at?, of: Party::Role(part), due: Due::Step(step) })
            };
            standing.deadlines.extend(caller.waits().filter_map(step));
        }
        for number in 0..self.story.given.organizers.len() {
            let id = MeetingId(u32::try_from(number).unwrap_or(u32::MAX));
            let Some(meeting) = self.world.meeting(id) else { continue };
            let due = |(at, timer)| Deadline { at, of: Party::Meeting(id), due: Due::Meeting(timer) };
            standing.deadlines.extend(meeting.deadlines().map(due));
        }
        standing.deadlines.sort_by_key(|deadline| deadline.at);
        standing
    }
}

fn staged(story: &Arc<Story>, seed: u64) -> World<Unheard> {
    let mut world = world_of(story, seed, Unheard);
    world.stage(story).expect("the reader refuses conference IDs that are taken");
    world
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::play;
    use crate::scenario::read::tests::{EXAMPLE, story};

    fn example() -> Arc<Story> {
        Arc::new(story(EXAMPLE))
    }

    /// Every moment of a case.
    fn moments(story: &Arc<Story>) -> Vec<Instant> {
        let mut moments: Vec<Instant> = play(story, 1).log.entries.iter().map(|(at, _)| *at).collect();
        moments.dedup();
        moments
    }

    #[test]
    fn a_moment_is_the_same_from_before_and_from_behind() {
        let story = example();
        let moments = moments(&story);
        let mut machines = Machines::new(&story, 1);
        let forwards: Vec<Standing> = moments.iter().map(|at| machines.after(*at)).collect();
        let mut backwards: Vec<Standing> = moments.iter().rev().map(|at| machines.after(*at)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        let fresh = |at: &Instant| Machines::new(&story, 1).after(*at);
        assert_eq!(forwards, moments.iter().map(fresh).collect::<Vec<_>>());
    }

    #[test]
    fn dialogs_and_deadlines_are_told_until_the_call_is_over() {
        let story = example();
        let mut machines = Machines::new(&story, 1);
        assert_eq!(machines.before(Instant::ZERO), Standing::default());
        let early = machines.after(Instant::from_secs(1));
        assert!(early.dialogs.values().any(|dialog| dialog.state == DialogState::ConferenceId), "{early:?}");
        assert!(early.deadlines.is_sorted_by_key(|deadline| deadline.at));
        assert!(early.deadlines.iter().all(|deadline| deadline.at > Instant::from_secs(1)));
        let step =
            |deadline: &Deadline| matches!((deadline.of, deadline.due), (Party::Role(0), Due::Step(_)));
        assert!(early.deadlines.iter().any(step), "what the script waits for: {early:?}");
        let last = moments(&story).pop().unwrap();
        assert_eq!(machines.after(last), Standing::default());
    }
}
