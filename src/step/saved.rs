//! The events of a saved run, to step through.

use super::trace::{Trace, TraceEvent};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::report::saved::{SavedCase, SavedNames};
use crate::report::{EventText, dot};
use crate::scenario::story::Story;

/// Returns what was saved, as events to step through; what the lines do not tell is not known. `people` is that of
/// [`SavedCase::people`], `note` says why no more is known.
#[must_use]
pub fn trace<'s>(case: &SavedCase, people: &'s Story, note: String) -> Trace<'s> {
    let names = SavedNames::of(people);
    let mut trace = Trace::empty(people, EventText::live(people), case.seed());
    trace.note = note;
    for saved in &case.events {
        let at = Instant::from_micros(saved.at_us);
        let (who, entry) = (names.caller(saved), names.entry(saved));
        if let Some(entry) = &entry {
            trace.text.note(entry);
            trace.note_entry(at, entry);
        }
        // A call comes in with the dialling.
        if saved.event == "called" {
            continue;
        }
        let about = match (saved.event.as_str(), &entry) {
            ("step_failed" | "line_fault", _) => "fail",
            ("step_done" | "signal", _) => "step",
            ("key" | "act", _) => "key",
            (_, Some(Entry::Event(event))) => dot(*event),
            _ => "quiet",
        };
        let fails = saved.event == "step_failed";
        let facts = case.message().filter(|_| fails).map(str::to_owned).into_iter().collect();
        let words = saved.text.clone();
        trace.push_event(TraceEvent { at, who, words, about, line: None, fails, facts, records: 0 });
    }
    trace.failure = case.message().filter(|_| case.failed()).map(str::to_owned);
    if let Some(words) = trace.failure.clone().filter(|_| trace.events.iter().all(|event| !event.fails)) {
        let at = case.ended();
        let facts = Vec::new();
        trace.push_event(TraceEvent {
            at,
            who: None,
            words,
            about: "fail",
            line: None,
            fails: true,
            facts,
            records: 0,
        });
    }
    trace.fill();
    trace
}
