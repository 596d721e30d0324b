//! Calls of which only the events are known, written as a scenario: those of a saved run, or of a bridge's last hour.

use std::collections::BTreeMap;
use std::time::Duration;

use super::acts::{Acts, Done};
use super::deduce::{Keys, keys};
use super::{Act, PersonIndex, Scenario, Session};
use crate::control::call::{LegId, Source};
use crate::control::caller::Program;
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId, StartRight};
use crate::control::pin::{self, Pin};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::leg::cast::{Cast, Role};
use crate::leg::log::Entry;
use crate::report::saved::{SavedCase, SavedEvent, SavedNames};
use crate::scenario::story::{Given, Story};

/// The name of administrators' scripts.
const ADMIN: &str = "admin";

/// Characters of a person's name in a scenario.
const NAME_MAX: usize = 32;

/// Digits of a passcode that stands for one that is not known.
const PASSCODE: &str = "8642097531";

/// A call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedCall {
    /// Its leg.
    pub leg: LegId,
    /// The caller.
    pub caller: String,
    /// What the caller dialled, as a scenario writes it: `bridge`, `app:amos`.
    pub dialled: String,
}

/// Calls as their events tell them.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What the scenario is called.
    pub title: String,
    /// The world before the first call.
    pub given: Given,
    /// Whose meeting each is: a place among the organizers.
    pub meetings: BTreeMap<MeetingId, usize>,
    /// The calls, in the order in which they came in.
    pub calls: Vec<RecordedCall>,
    /// What administrators did, as a scenario writes it, each with the place of the event that comes next; if that is not known, it
    /// is deduced.
    pub acts: Option<Vec<(usize, Instant, String)>>,
    /// The events, in order.
    pub events: Vec<(Instant, Event)>,
}

impl Recorded {
    /// The calls of a saved case.
    ///
    /// # Errors
    /// There is none in it.
    pub fn of(case: &SavedCase) -> Result<Self, String> {
        let people = case.people();
        let given = case.given.as_ref().map_or_else(|| people.given.clone(), |line| line.given());
        let names = SavedNames::of(&people);
        let mut read = Reading::default();
        for saved in &case.events {
            read.line(saved, names.entry(saved));
        }
        let Reading { calls, events, acts, .. } = read;
        if calls.is_empty() {
            return Err("there is no call in it".to_owned());
        }
        let place = |name: &str| given.organizers.iter().position(|organizer| organizer.name == name);
        let meetings = (0..).map(MeetingId).zip(&people.given.organizers);
        let meetings = meetings.filter_map(|(meeting, organizer)| Some((meeting, place(&organizer.name)?)));
        let meetings = meetings.collect();
        let mut given = given;
        for line in case.given.iter().flat_map(|given| &given.organizers).filter(|line| line.has_passcode) {
            let passcode = made_up_passcode(&given.policy);
            let of = given.organizers.iter_mut().find(|organizer| organizer.name == line.name);
            of.into_iter().for_each(|organizer| organizer.passcode = passcode);
        }
        Ok(Self { title: case.name.clone(), given, meetings, calls, acts: Some(acts), events })
    }

    /// Writes them as a scenario, which is replayed to check that it passes.
    #[must_use]
    pub fn scenario(mut self) -> Scenario {
        self.deduce_given();
        self.answer_at_once();
        let people = people(&self.calls);
        let roles = people.names.iter().map(|name| Role::new(name.clone(), Program::default())).collect();
        let cast = Cast { roles, ..Cast::default() };
        let story = Story::new(self.title.clone(), self.given.clone(), cast, Duration::ZERO);
        let mut session = Session::new(&story).titled(title(&self.title));
        self.tell(&people, &mut session);
        session.scenario()
    }

    /// Adds to the organizers what their meetings show: which start without a PIN, and ask for a passcode.
    fn deduce_given(&mut self) {
        for (_, event) in &self.events {
            let Event::Meeting(event) = event else { continue };
            let Some(place) = self.meetings.get(&event.meeting()) else { continue };
            let Some(organizer) = self.given.organizers.get_mut(*place) else { continue };
            if let MeetingEvent::Started { right: StartRight::Anonymous, .. } = event {
                organizer.allow_anonymous_start.get_or_insert(true);
            }
            if let MeetingEvent::PasscodeAccepted { .. } | MeetingEvent::PasscodeRefused { .. } = event {
                organizer.passcode = organizer.passcode.or_else(|| made_up_passcode(&self.given.policy));
            }
        }
    }

    /// Puts the key that ended an entry off until the directory answered: that of a scenario answers at once, and what others did
    /// meanwhile comes before.
    fn answer_at_once(&mut self) {
        let limit = self.given.policy.dialog.interdigit_timeout;
        for place in 0..self.events.len() {
            let (at, event) = self.events[place];
            let Some(leg) = event.leg().filter(|_| is_answer(event)) else { continue };
            let of_call = |(_, event): &&(Instant, Event)| event.leg() == Some(leg);
            let before = self.events[..place].iter().enumerate().rev();
            let last = before.filter(|(_, event)| of_call(event)).find(|(_, (_, event))| !is_silence(*event));
            let Some((key, (pressed, Event::Call(CallEvent::Key { .. })))) = last else { continue };
            if *pressed < at && at.since(*pressed) < limit {
                self.events[key..place].rotate_left(1);
                self.events[place - 1].0 = at;
            }
        }
    }

    fn tell(&self, people: &People, session: &mut Session<'_>) {
        let first = self.events.first().map_or(Instant::ZERO, |(at, _)| *at);
        let since = |at: Instant| Instant::ZERO + at.since(first);
        let mut keys: BTreeMap<LegId, std::vec::IntoIter<_>> = BTreeMap::new();
        let (mut caused, mut acts) = (Acts::default(), self.acts.iter().flatten().peekable());
        for (place, (at, event)) in self.events.iter().enumerate() {
            while let Some((_, acted, step)) = acts.next_if(|(next, ..)| *next <= place) {
                session.administers(since(*acted), step.clone());
            }
            if let (Some(done), None) = (caused.cause(*at, *event), &self.acts) {
                self.act(since(*at), &done, people, session);
            }
            let who = event.leg().and_then(|leg| people.of.get(&leg).copied());
            match (*event, who) {
                (Event::Call(CallEvent::Called { leg }), Some(who)) => {
                    let Keys { digits, rows } = self.keys(leg);
                    let call = self.calls.iter().find(|call| call.leg == leg);
                    let dialled =
                        call.map(|call| call.dialled.as_str()).filter(|dialled| !dialled.is_empty());
                    session.dials(since(*at), (leg, who), dialled.unwrap_or("bridge"));
                    for row in rows {
                        session.keyed[who].row(row.from, row.count, row.text);
                    }
                    keys.insert(leg, digits.into_iter());
                }
                (Event::Call(CallEvent::Key { leg }), Some(who)) => {
                    if let Some(digit) = keys.get_mut(&leg).and_then(Iterator::next) {
                        session.pressed(who, digit);
                    }
                }
                (Event::Call(CallEvent::Says { leg, speech: Some(speech) }), Some(who)) => {
                    let how_long = self.silent_after(place, leg).since(*at);
                    session.says(since(*at), who, speech, how_long);
                }
                _ => {}
            }
            session.take(since(*at), &Entry::Event(self.translated(*event)));
        }
        for (_, acted, step) in acts {
            session.administers(since(*acted), step.clone());
        }
    }

    /// An event with the organizer's place for the meeting, where a session asks for it.
    fn translated(&self, event: Event) -> Event {
        match event {
            Event::Call(CallEvent::ConferenceIdKeyed { leg, digits, meeting }) => {
                let place = meeting.and_then(|meeting| self.meetings.get(&meeting));
                let meeting = place.and_then(|place| u32::try_from(*place).ok()).map(MeetingId);
                CallEvent::ConferenceIdKeyed { leg, digits, meeting }.into()
            }
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => event,
        }
    }

    fn keys(&self, leg: LegId) -> Keys {
        let call = self.calls.iter().find(|call| call.leg == leg);
        let numbers = &self.given.numbers;
        let dialled =
            call.and_then(|call| numbers.iter().find(|(name, _)| *name == call.dialled.trim_matches('"')));
        let usual = Default::default();
        let number = dialled.or(numbers.first()).map_or(&usual, |(_, number)| number);
        let name = |meeting: MeetingId| {
            let organizer = self.given.organizers.get(*self.meetings.get(&meeting)?)?;
            Some(organizer.name.as_str())
        };
        keys(leg, self.events.iter().copied(), &self.given.policy, number, &name)
    }

    /// When a caller who talks is silent again.
    fn silent_after(&self, place: usize, leg: LegId) -> Instant {
        let is_over = |event: &Event| match event {
            Event::Call(CallEvent::Says { leg: who, speech: None }) => *who == leg,
            Event::Call(CallEvent::Finished { leg: who, .. }) => *who == leg,
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => false,
        };
        let mut later = self.events[place..].iter();
        let over = later.find(|(_, event)| is_over(event)).or(self.events.last());
        over.map_or(Instant::ZERO, |(at, _)| *at)
    }

    fn act(&self, at: Instant, done: &Done, people: &People, session: &mut Session<'_>) {
        let act = match done {
            Done::InMeeting(meeting, act) => self.meetings.get(meeting).map(|place| act(*place)),
            Done::ToCaller(leg, act) => people.of.get(leg).map(|who| Act::OnCaller(*act, *who)),
        };
        if let Some(act) = act {
            session.acts(at, act);
        }
    }
}

/// Returns whether an event is the directory's answer to an entry.
fn is_answer(event: Event) -> bool {
    matches!(
        event,
        Event::Call(CallEvent::ConferenceIdKeyed { .. })
            | Event::Meeting(
                MeetingEvent::PinAccepted { .. }
                    | MeetingEvent::PinRefused { .. }
                    | MeetingEvent::PasscodeAccepted { .. }
                    | MeetingEvent::PasscodeRefused { .. }
            )
    )
}

/// Returns whether somebody hears nothing, as behind a key.
fn is_silence(event: Event) -> bool {
    matches!(
        event,
        Event::Call(CallEvent::Hears { source: Source::Silence, .. } | CallEvent::DirectoryFailed { .. })
    )
}

/// A passcode for a meeting whose own nobody knows.
#[must_use]
pub fn made_up_passcode(policy: &Policy) -> Option<Pin> {
    let exact = policy.dialog.passcode.exact_digits.0;
    let count = exact.map_or(6, |exact| exact.get()).min(PASSCODE.len());
    pin::passcode(&PASSCODE[..count])
}

/// The lines of a saved case, as they are read.
#[derive(Default)]
struct Reading {
    calls: Vec<RecordedCall>,
    events: Vec<(Instant, Event)>,
    acts: Vec<(usize, Instant, String)>,
    /// What callers have dialled whose calls have not begun.
    dialled: BTreeMap<String, String>,
    /// The place of an administrator's act that is not told in words yet.
    acted: Option<usize>,
}

impl Reading {
    fn line(&mut self, saved: &SavedEvent, entry: Option<Entry>) {
        let at = Instant::from_micros(saved.at_us);
        match (saved.event.as_str(), &saved.step, saved.caller.as_deref()) {
            ("act", ..) => self.acted = Some(self.events.len()),
            ("step_done", Some(step), Some(ADMIN)) if is_act(step) => {
                let place = self.acted.take().unwrap_or(self.events.len());
                self.acts.push((place, at, step.clone()));
            }
            ("step_done", Some(step), Some(caller)) => {
                if let Some(dialled) = step.strip_prefix("dial: ") {
                    self.dials(caller, dialled);
                }
            }
            _ => {}
        }
        match entry {
            Some(Entry::Dials { leg, .. }) => {
                let caller = saved.caller.clone().unwrap_or_default();
                let dialled = self.dialled.remove(&caller).unwrap_or_default();
                self.calls.push(RecordedCall { leg, caller, dialled });
            }
            Some(Entry::Event(event)) => self.events.push((at, event)),
            Some(_) | None => {}
        }
    }

    /// A caller has dialled this: the call has begun already, or is about to.
    fn dials(&mut self, caller: &str, dialled: &str) {
        match self.calls.iter_mut().rev().find(|call| call.caller == caller) {
            Some(call) if call.dialled.is_empty() => dialled.clone_into(&mut call.dialled),
            Some(_) | None => {
                self.dialled.insert(caller.to_owned(), dialled.to_owned());
            }
        }
    }
}

/// Who calls.
struct People {
    names: Vec<String>,
    of: BTreeMap<LegId, PersonIndex>,
}

/// Gives each caller a name that a scenario takes, and no other has.
fn people(calls: &[RecordedCall]) -> People {
    let mut people = People { names: Vec::new(), of: BTreeMap::new() };
    let mut known: BTreeMap<&str, PersonIndex> = BTreeMap::new();
    for call in calls {
        let who = *known.entry(&call.caller).or_insert_with(|| {
            let name = name(&call.caller).unwrap_or_else(|| "caller".to_owned());
            let free = |name: &String| name != ADMIN && !people.names.contains(name);
            let numbered = (2..).map(|number| format!("{name}-{number}"));
            let name = [name.clone()].into_iter().chain(numbered).find(free).unwrap_or_default();
            people.names.push(name);
            people.names.len() - 1
        });
        people.of.insert(call.leg, who);
    }
    people
}

/// A name as a scenario takes it; none for what may be somebody's number.
fn name(of: &str) -> Option<String> {
    let name: String = of.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: String = name.trim_matches('-').chars().take(NAME_MAX).collect();
    name.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(name)
}

/// A title that needs no quotes.
fn title(of: &str) -> String {
    serde_json::Value::from(of.replace("${", "{")).to_string()
}

fn is_act(step: &str) -> bool {
    let verb = step.split([':', ' ']).next().unwrap_or_default();
    !["when", "wait", "mark", "run", "repeat", "parallel", "hears", "expect", "never", "still"]
        .contains(&verb)
}
