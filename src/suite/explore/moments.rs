//! The events of a run that are close to each other, and their order.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::mem::discriminant;
use std::rc::Rc;
use std::time::Duration;

use crate::control::call::LegId;
use crate::control::caller::StepId;
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::play::Played;
use crate::report::Moved;
use crate::scenario::order::{Later, actions};
use crate::scenario::story::Story;

/// The least that time is parted into: deadlines are whole milliseconds.
const STEP: Duration = Duration::from_millis(1);

/// An action of a script, with the moment from which the bridge knows of it.
#[derive(Clone, Copy, Debug)]
struct Acted {
    role: u32,
    action: u32,
    at: Instant,
}

/// The moments of one run.
#[derive(Debug)]
pub(super) struct Moments {
    acted: Vec<Acted>,
    questions: Vec<Instant>,
    /// Everything that changes who is where, and whose doing or fate it is.
    turns: Vec<(Instant, Option<u32>)>,
    /// The order of the turns, as a number.
    pub(super) order: u64,
}

impl Moments {
    pub(super) fn of(story: &Story, played: &Played) -> Self {
        let mut reading = Reading::new(story);
        for (at, entry) in &played.log.entries {
            reading.take(*at, entry);
        }
        let order = reading.hasher.finish();
        Self { acted: reading.acted, questions: played.questions.clone(), turns: reading.turns, order }
    }

    /// Everything that can come so much later that it changes places with what followed within `window`, one after the
    /// other: there may be very many.
    pub(super) fn swaps(&self, window: Duration) -> impl Iterator<Item = Later> + '_ {
        let acted = self.acted.iter().map(|acted| (acted.at, Some(acted.role)));
        let asked = self.questions.iter().map(|at| (*at, None));
        let mut moments = BTreeMap::new();
        for (at, whose) in self.turns.iter().copied().chain(acted).chain(asked) {
            let known = moments.entry(at).or_insert(whose);
            *known = known.filter(|known| Some(*known) == whose);
        }
        let moments = Rc::new(moments);
        let acted = self.acted.iter().flat_map({
            let moments = Rc::clone(&moments);
            move |Acted { role, action, at }| {
                let later = behind(&moments, *at, window, Some(*role));
                later.into_iter().map(|by| Later::Action { role: *role, action: *action, by })
            }
        });
        let asked = (1..).zip(&self.questions).flat_map(move |(number, at)| {
            behind(&moments, *at, window, None).into_iter().map(move |by| Later::Question { number, by })
        });
        acted.chain(asked)
    }

    /// Returns the effect of a delay; `None` if its event never happened.
    pub(super) fn moved(&self, later: Later) -> Option<Moved> {
        let by = later.by();
        match later {
            Later::Action { role, action, .. } => {
                let acted = self.acted.iter().find(|acted| (acted.role, acted.action) == (role, action))?;
                Some(Moved { part: Some(role), from: acted.at - by, to: acted.at })
            }
            Later::Question { number, .. } => {
                let asked = *self.questions.get((number as usize).checked_sub(1)?)?;
                Some(Moved { part: None, from: asked, to: asked + by })
            }
        }
    }

    /// Returns the events that can be delayed: the actions, and the number of questions.
    pub(super) fn movable(&self) -> (Vec<(u32, u32)>, usize) {
        (self.acted.iter().map(|acted| (acted.role, acted.action)).collect(), self.questions.len())
    }
}

/// Moments, each with whose it is if it is one caller's alone.
type MomentOwners = BTreeMap<Instant, Option<u32>>;

/// From `at` to each next moment within the window that is not this caller's alone, and a little past it.
fn behind(moments: &MomentOwners, at: Instant, window: Duration, role: Option<u32>) -> Vec<Duration> {
    let next = moments.range(at..=at + window).filter(|(_, whose)| role.is_none() || **whose != role);
    next.flat_map(|(next, _)| [next.since(at), next.since(at) + STEP]).filter(|by| !by.is_zero()).collect()
}

struct Reading {
    /// The actions of each role by the step that they are of, in their order.
    steps: Vec<BTreeMap<StepId, VecDeque<u32>>>,
    parts: BTreeMap<LegId, u32>,
    last_key: BTreeMap<u32, Instant>,
    acted: Vec<Acted>,
    turns: Vec<(Instant, Option<u32>)>,
    hasher: DefaultHasher,
}

impl Reading {
    fn new(story: &Story) -> Self {
        let steps = story.cast.roles.iter().map(|role| {
            let mut steps: BTreeMap<StepId, VecDeque<u32>> = BTreeMap::new();
            for (number, at) in (1..).zip(actions(&role.program)) {
                steps.entry(role.program.ops[at].0).or_default().push_back(number);
            }
            steps
        });
        Self {
            steps: steps.collect(),
            parts: BTreeMap::new(),
            last_key: BTreeMap::new(),
            acted: Vec::new(),
            turns: Vec::new(),
            hasher: DefaultHasher::new(),
        }
    }

    fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Event(event) => self.event(at, event),
            Entry::Dials { part, leg } => {
                self.parts.insert(*leg, *part);
                self.turn(at, Some(*part), 1_u8);
            }
            Entry::Step { part, done } => {
                let next = self.steps[*part as usize].get_mut(&done.step).and_then(VecDeque::pop_front);
                if let Some(action) = next {
                    let key = self.last_key.remove(part).filter(|key| *key >= done.began);
                    self.acted.push(Acted { role: *part, action, at: key.unwrap_or(at) });
                }
            }
            Entry::Act { act, .. } => self.turn(at, None, (2_u8, act)),
            Entry::LineFault { part, .. } => self.turn(at, Some(*part), 3_u8),
            Entry::Failed { .. } | Entry::Signal { .. } | Entry::Finished { .. } => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events are no turn of a call")]
    fn event(&mut self, at: Instant, event: &Event) {
        let part = event.leg().and_then(|leg| self.parts.get(&leg).copied());
        match event {
            Event::Call(CallEvent::Key { .. }) => {
                if let Some(part) = part {
                    self.last_key.insert(part, at);
                }
            }
            Event::Meeting(MeetingEvent::PinAccepted { .. })
            | Event::Meeting(MeetingEvent::PinRefused { .. })
            | Event::Meeting(MeetingEvent::PasscodeAccepted { .. })
            | Event::Meeting(MeetingEvent::PasscodeRefused { .. })
            | Event::Meeting(MeetingEvent::Parked { .. })
            | Event::Meeting(MeetingEvent::Started { .. })
            | Event::Meeting(MeetingEvent::Joined { .. })
            | Event::Meeting(MeetingEvent::Promoted { .. })
            | Event::Meeting(MeetingEvent::Left { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Locked { .. })
            | Event::Meeting(MeetingEvent::Ended { .. })
            | Event::Call(CallEvent::Finished { .. })
            | Event::Account(_) => self.turn(at, part, discriminant(event)),
            _ => {}
        }
    }

    fn turn(&mut self, at: Instant, part: Option<u32>, what: impl std::hash::Hash) {
        self.turns.push((at, part));
        (part, what).hash(&mut self.hasher);
    }
}
