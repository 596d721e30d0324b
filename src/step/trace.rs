//! What happened in a case, as a list of events to step through.

use std::collections::BTreeMap;

use crate::control::call::LegId;
use crate::control::caller::StepId;
use crate::control::event::{CallEvent, Event, MeetingEvent, Outcome};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::play::{CaseRun, Failure};
use crate::report::{CaseResult, EventText, dot, entry_lines, failures};
use crate::scenario::source::Sources;
use crate::scenario::span::Span;
use crate::scenario::story::Story;

/// A line of a scenario: the place of its file in [`Trace::files`], and its number, counted from 1.
pub type LineRef = (usize, usize);

/// An event of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceEvent {
    /// When.
    pub at: Instant,
    /// The caller whom it concerns: a place in the story's cast.
    pub who: Option<u32>,
    /// What happened.
    pub words: String,
    /// The word for its colour: that of [`dot`], or `key`, `step`.
    pub about: &'static str,
    /// The line of the scenario: that of the step, or of the step at which the caller stands.
    pub line: Option<LineRef>,
    /// Whether something failed here.
    pub fails: bool,
    /// What is to be said of a failure: `heard: nothing, since 12.590 s`.
    pub facts: Vec<String>,
    /// How many records have been taken once it has happened.
    pub(super) records: usize,
}

/// A file of the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceFile {
    /// Its path.
    pub path: String,
    /// Its lines, PINs masked.
    pub lines: Vec<String>,
}

/// A case that was played.
#[derive(Clone, Debug)]
pub struct Trace<'s> {
    /// The case, with all its people.
    pub story: &'s Story,
    /// Knows who dialled which call.
    pub text: EventText<'s>,
    /// The seed that it was played with.
    pub seed: u64,
    /// What failed first, in one line.
    pub failure: Option<String>,
    /// What happened, in order. Never empty.
    pub events: Vec<TraceEvent>,
    /// The scenario: its file, and those that it includes.
    pub files: Vec<TraceFile>,
    /// What is not known of a saved run, and why; empty if all is.
    pub note: String,
    /// The bridge's records, which say who is where.
    pub(super) records: Vec<(Instant, Event)>,
    /// The calls of each caller, by the event with which they were dialled.
    calls: BTreeMap<u32, Vec<(usize, LegId)>>,
    /// How calls ended, by the event with which they did.
    outcomes: BTreeMap<LegId, (usize, Outcome)>,
    /// PINs that were refused, by the event, with the tries that were left.
    refused: BTreeMap<LegId, Vec<(usize, u8)>>,
}

impl<'s> Trace<'s> {
    /// Nothing has happened yet.
    pub(super) fn empty(story: &'s Story, text: EventText<'s>, seed: u64) -> Self {
        Self {
            story,
            text,
            seed,
            failure: None,
            events: Vec::new(),
            files: Vec::new(),
            note: String::new(),
            records: Vec::new(),
            calls: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Reads what happened in a case that was played.
    #[must_use]
    pub fn of(result: &CaseResult<'s>, run: &CaseRun) -> Self {
        let (story, log) = (result.story(), &run.played.log);
        let mut trace = Self::empty(story, EventText::new(story, log), run.played.seed);
        let mut lines = entry_lines(&trace.text, log).into_iter().peekable();
        let mut entries = Vec::new();
        for (place, (at, entry)) in log.entries.iter().enumerate() {
            trace.note_entry(*at, entry);
            if let Some((_, words)) = lines.next_if(|(of, _)| *of == place) {
                trace.push(*at, entry, words);
                entries.push(place);
            }
        }
        let sources = &result.file().sources;
        trace.files = files(sources);
        let steps = trace.steps_under_way(run, &entries);
        let mut known = BTreeMap::new();
        for (event, step) in trace.events.iter_mut().zip(steps) {
            event.line = step.and_then(|step| {
                let place = || Some(line_of(sources, story.steps.get(step.0 as usize)?.span));
                *known.entry(step).or_insert_with(place)
            });
        }
        trace.add_failures(result, run);
        trace.fill();
        trace
    }

    /// Takes what the bridge records, and what else decides on what is known of a call from the next event on.
    pub(super) fn note_entry(&mut self, at: Instant, entry: &Entry) {
        let event = self.events.len();
        match entry {
            Entry::Event(record) => {
                self.records.push((at, *record));
                if let Event::Call(CallEvent::Finished { leg, outcome, .. }) = record {
                    self.outcomes.insert(*leg, (event, *outcome));
                }
                if let Event::Meeting(MeetingEvent::PinRefused { leg, tries_left, .. }) = record {
                    self.refused.entry(*leg).or_default().push((event, *tries_left));
                }
            }
            Entry::Dials { part, leg } => self.calls.entry(*part).or_default().push((event, *leg)),
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => {}
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    fn push(&mut self, at: Instant, entry: &Entry, words: String) {
        let administrator = || u32::try_from(self.story.cast.roles.len()).ok()?.checked_sub(1);
        let (about, who) = match entry {
            Entry::Event(Event::Call(CallEvent::Key { leg })) => ("key", self.text.part(*leg)),
            Entry::Event(event) => (dot(*event), event.leg().and_then(|leg| self.text.part(leg))),
            Entry::Dials { part, .. } | Entry::Finished { part } => ("quiet", Some(*part)),
            Entry::Step { part, .. } => ("step", Some(*part)),
            Entry::Failed { part, .. } | Entry::LineFault { part, .. } => ("fail", Some(*part)),
            Entry::Signal { .. } => ("step", None),
            Entry::Act { .. } => ("key", administrator()),
        };
        let fails = matches!(entry, Entry::Failed { .. });
        self.push_event(TraceEvent {
            at,
            who,
            words,
            about,
            line: None,
            fails,
            facts: Vec::new(),
            records: 0,
        });
    }

    pub(super) fn push_event(&mut self, event: TraceEvent) {
        self.events.push(TraceEvent { records: self.records.len(), ..event });
    }

    /// The step at which the caller of each event stands, or which the event is about. `entries` are the places of the
    /// events in the log.
    fn steps_under_way(&self, run: &CaseRun, entries: &[usize]) -> Vec<Option<StepId>> {
        let mut under_way: BTreeMap<u32, (StepId, Instant)> = BTreeMap::new();
        if let Some(Failure::TimedOut { standing }) = run.played.failures.first() {
            under_way.extend(standing.iter().map(|(part, step, since)| (*part, (*step, *since))));
        }
        let mut steps = vec![None; self.events.len()];
        let mut ahead = self.events.iter().zip(entries).enumerate().rev().peekable();
        for (place, (_, entry)) in run.played.log.entries.iter().enumerate().rev() {
            match entry {
                Entry::Step { part, done } => {
                    under_way.insert(*part, (done.step, done.began));
                }
                Entry::Failed { part, failure } => {
                    under_way.insert(*part, (failure.step, failure.began));
                }
                Entry::Event(_) | Entry::Dials { .. } | Entry::Signal { .. } => {}
                Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
            }
            if let Some((number, (event, _))) = ahead.next_if(|(_, (_, of))| **of == place) {
                let of = event.who.and_then(|who| under_way.get(&who));
                steps[number] = of.filter(|(_, began)| *began <= event.at).map(|(step, _)| *step);
            }
        }
        steps
    }

    /// Marks what failed, and adds what failed at the end.
    fn add_failures(&mut self, result: &CaseResult<'_>, run: &CaseRun) {
        for failure in failures(result, run) {
            self.failure.get_or_insert_with(|| failure.words.clone());
            let facts: Vec<String> =
                failure.facts.into_iter().map(|(name, fact)| labelled(name, &fact)).collect();
            let line = failure.span.map(|span| line_of(&result.file().sources, span));
            let is_it =
                |event: &&mut TraceEvent| event.fails && event.who == failure.role && event.facts.is_empty();
            match self.events.iter_mut().find(is_it).filter(|_| failure.role.is_some()) {
                Some(event) => event.facts = facts,
                None => self.push_event(TraceEvent {
                    at: run.played.took,
                    who: None,
                    words: failure.words,
                    about: "fail",
                    line,
                    fails: true,
                    facts,
                    records: 0,
                }),
            }
        }
    }

    /// An event without a line of its own has that of the one before it; and there is always one event.
    pub(super) fn fill(&mut self) {
        if self.events.is_empty() {
            let words = "nothing happens".to_owned();
            let (at, facts) = (Instant::ZERO, Vec::new());
            self.push_event(TraceEvent {
                at,
                who: None,
                words,
                about: "quiet",
                line: None,
                fails: false,
                facts,
                records: 0,
            });
        }
        let mut last = None;
        for event in &mut self.events {
            last = event.line.or(last);
            event.line = last;
        }
    }

    /// The callers, by their names. The administrator is one of them if the story has one.
    pub fn callers(&self) -> impl Iterator<Item = (u32, &'s str)> + use<'s> {
        (0..).zip(self.story.cast.roles.iter().map(|role| role.name.as_str()))
    }

    /// Returns the last call of a caller, as things stand after an event.
    #[must_use]
    pub fn call(&self, who: u32, event: usize) -> Option<LegId> {
        let calls = self.calls.get(&who)?;
        calls.iter().rfind(|(dialled, _)| *dialled <= event).map(|(_, leg)| *leg)
    }

    /// Returns how a call ended, if it has by then.
    #[must_use]
    pub fn outcome(&self, leg: LegId, event: usize) -> Option<Outcome> {
        self.outcomes.get(&leg).filter(|(ended, _)| *ended <= event).map(|(_, outcome)| *outcome)
    }

    /// Returns the PINs that a call may still give after an event; `None` if none was refused by then.
    #[must_use]
    pub fn tries_left(&self, leg: LegId, event: usize) -> Option<u8> {
        let refused = self.refused.get(&leg)?;
        refused.iter().rfind(|(at, _)| *at <= event).map(|(_, left)| *left)
    }
}

/// The texts that a scenario was read from, PINs masked.
fn files(sources: &Sources<'_>) -> Vec<TraceFile> {
    let texts = (0..u16::MAX).map_while(|number| Some((number, sources.text(number)?)));
    texts
        .map(|(number, text)| TraceFile { path: text.path.clone(), lines: sources.masked_lines(number) })
        .collect()
}

fn line_of(sources: &Sources<'_>, span: Span) -> LineRef {
    (usize::from(span.source), sources.line_and_column(span).0)
}

/// A fact under its name; one that goes on has none.
fn labelled(name: &str, fact: &str) -> String {
    if name.is_empty() { format!("  {fact}") } else { format!("{name}: {fact}") }
}
