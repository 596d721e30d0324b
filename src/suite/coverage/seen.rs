//! Reads what a case reached from its event stream and the steps of its dialogs. The walk through the machines is read the
//! same way.

use std::collections::BTreeSet;

use super::{Group, Item, events, universe};
use crate::control::attendant::{DialogStep, Trigger};
use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::meeting::MeetingTimer;
use crate::control::policy::Policy;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::Log;
use crate::play::Watched;
use crate::scenario::story::{Act, Story};

/// What was reached so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    steps: BTreeSet<DialogStep>,
    timers: BTreeSet<MeetingTimer>,
    items: BTreeSet<Item>,
}

impl Seen {
    /// Takes in a whole case.
    pub(super) fn case(&mut self, story: &Story, log: &Log, watched: Watched) {
        self.steps.extend(watched.steps);
        self.timers.extend(watched.timers);
        let mut presence = Presence::default();
        for record in log.records() {
            self.event(record.at, record.event, &mut presence);
        }
        self.settings(&story.given.policy);
        for act in &story.acts {
            if let Act::Set { name, value } = act {
                let mut changed = story.given.policy.clone();
                if changed.set(name, value).is_ok() {
                    self.settings(&changed);
                }
            }
        }
    }

    /// Takes in a step of a dialog.
    pub(super) fn step(&mut self, step: DialogStep) {
        self.steps.insert(step);
    }

    /// Takes in an event, which `presence` is told of, as far as it moves a caller or a meeting from one place to another.
    pub(super) fn moved_by(&mut self, at: Instant, event: Event, presence: &mut Presence) {
        let place = |presence: &Presence| event.leg().map(|leg| place_of(presence, leg));
        let state = |presence: &Presence| event.meeting().map(|meeting| state_of(presence, meeting));
        let (place_before, state_before) = (place(presence), state(presence));
        presence.take(at, event);
        self.moved(Group::Places, place_before, place(presence), event);
        self.moved(Group::Meetings, state_before, state(presence), event);
    }

    fn moved(&mut self, group: Group, from: Option<&str>, to: Option<&str>, event: Event) {
        if let (Some(from), Some(to)) = (from, to)
            && from != to
            && let Some(by) = events::name(event)
        {
            self.items.insert(Item::new(group, format!("{from} -> {to}: {by}")));
        }
    }

    /// Takes in an event, which `presence` is told of.
    fn event(&mut self, at: Instant, event: Event, presence: &mut Presence) {
        self.moved_by(at, event, presence);
        if let Some(name) = events::name(event) {
            self.items.insert(Item::new(Group::Events, name));
        }
        match event {
            Event::Call(CallEvent::Hears { source: Source::Prompt { prompt, language, .. }, .. })
            | Event::Meeting(MeetingEvent::Announced { prompt, language, .. }) => {
                let has_no_language = matches!(prompt, Prompt::RecordedName { .. } | Prompt::Tone(_));
                let language = (!has_no_language).then_some(language);
                self.items.insert(Item::new(Group::Prompts, universe::prompt(prompt, language)));
            }
            Event::Call(CallEvent::Finished { outcome, .. }) => {
                self.items.insert(Item::new(Group::Outcomes, outcome.name()));
            }
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => {}
        }
    }

    fn settings(&mut self, policy: &Policy) {
        for setting in Policy::SETTINGS {
            let value = policy.show(setting.name).unwrap_or_default();
            let class = universe::value_class(setting, &value);
            self.items.insert(Item::new(Group::Settings, format!("{}: {class}", setting.name)));
        }
    }

    /// Everything that was reached.
    pub(super) fn items(self) -> BTreeSet<Item> {
        let Self { steps, timers, mut items } = self;
        for DialogStep { from, by, to } in steps {
            items.extend([from, to].map(|state| Item::new(Group::States, state.name())));
            match by {
                Trigger::Key(kind) => {
                    items.insert(Item::new(Group::Keys, format!("{}: {}", from.name(), kind.name())));
                }
                Trigger::Timer(timer) => {
                    items.insert(Item::new(Group::Timers, format!("dialog: {}", timer.name())));
                }
                Trigger::Input(_) => {}
            }
            if from != to {
                let name = format!("{} -> {}: {}", from.name(), to.name(), by.name());
                items.insert(Item::new(Group::Transitions, name));
            }
        }
        items.extend(
            timers.into_iter().map(|timer| Item::new(Group::Timers, format!("meeting: {}", timer.name()))),
        );
        items
    }
}

fn place_of(presence: &Presence, leg: LegId) -> &'static str {
    presence.place(leg).map_or("outside", |(_, place)| place.name())
}

fn state_of(presence: &Presence, meeting: MeetingId) -> &'static str {
    match presence.meeting(meeting) {
        Some(meeting) if meeting.started.is_some() && meeting.locked => "locked",
        Some(meeting) if meeting.started.is_some() => "running",
        Some(_) | None => "waiting",
    }
}
