//! What differs between two runs of the same cases: verdicts, the first event that is another, times.

use std::collections::BTreeMap;

use super::recorded::{RecordedCase, RecordedEvent};

/// A run, by the labels of its cases.
pub type RecordedRun = BTreeMap<String, RecordedCase>;

/// A case that is not the same in both runs.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// As it was.
    pub before: &'a RecordedCase,
    /// As it is now.
    pub after: &'a RecordedCase,
    /// Where its events part, if they do.
    pub event: Option<Parting<'a>>,
}

/// Where two runs of a case part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parting<'a> {
    /// The number of the event, from 1.
    pub number: usize,
    /// The event as it was; nothing if there was none any more.
    pub before: Option<&'a RecordedEvent>,
    /// The event as it is now.
    pub after: Option<&'a RecordedEvent>,
    /// Whether it is the same event at another time, and all others are the same, too.
    pub is_time_only: bool,
}

/// How a verdict has changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    /// It fails the run now.
    Broken,
    /// It failed the run before.
    Fixed,
    /// Another word, but neither fails the run.
    Other,
    /// The same verdict, other events.
    Events,
    /// The same verdict and events at other times.
    Times,
}

impl Difference<'_> {
    /// Returns how the case has changed.
    #[must_use]
    pub fn change(&self) -> Change {
        let fails = |case: &RecordedCase| case.verdict == "failed";
        match (fails(self.before), fails(self.after)) {
            (false, true) => Change::Broken,
            (true, false) => Change::Fixed,
            _ if self.before.verdict != self.after.verdict => Change::Other,
            _ if self.event.is_some_and(|event| event.is_time_only) => Change::Times,
            _ => Change::Events,
        }
    }
}

/// Returns the cases that are in both runs and differ, the worst change first.
#[must_use]
pub fn differences<'a>(before: &'a RecordedRun, after: &'a RecordedRun) -> Vec<Difference<'a>> {
    let both = before.iter().filter_map(|(label, before)| Some((before, after.get(label)?)));
    let mut found: Vec<Difference<'a>> = both
        .filter(|(before, after)| before != after)
        .map(|(before, after)| Difference { before, after, event: parting(&before.events, &after.events) })
        // A message may quote a time that is nobody's event.
        .filter(|found| found.event.is_some() || found.before.verdict != found.after.verdict)
        .collect();
    found.sort_by_key(Difference::change);
    found
}

/// Returns the cases of one run that the other lacks.
#[must_use]
pub fn only_in<'a>(one: &'a RecordedRun, other: &RecordedRun) -> Vec<&'a RecordedCase> {
    one.iter().filter(|(label, _)| !other.contains_key(*label)).map(|(_, case)| case).collect()
}

fn parting<'a>(before: &'a [RecordedEvent], after: &'a [RecordedEvent]) -> Option<Parting<'a>> {
    let count = before.len().max(after.len());
    let first = |is_other: &dyn Fn(Option<&RecordedEvent>, Option<&RecordedEvent>) -> bool| {
        (0..count).find(|place| is_other(before.get(*place), after.get(*place)))
    };
    let what = |event: Option<&RecordedEvent>| event.map(|event| event.what.clone());
    let other = first(&|one, other| what(one) != what(other));
    let later = || first(&|one, other| one.map(|event| event.at_us) != other.map(|event| event.at_us));
    let place = other.or_else(later)?;
    Some(Parting {
        number: place + 1,
        before: before.get(place),
        after: after.get(place),
        is_time_only: other.is_none(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(verdict: &str, events: &[(u64, &str)]) -> RecordedCase {
        let events = events.iter().map(|(at_us, what)| RecordedEvent {
            at_us: *at_us,
            text: (*what).to_owned(),
            what: (*what).to_owned(),
        });
        RecordedCase {
            label: "f\tn".to_owned(),
            events: events.collect(),
            verdict: verdict.to_owned(),
            message: None,
            took_us: None,
        }
    }

    fn change(before: RecordedCase, after: RecordedCase) -> Option<(Change, usize)> {
        let run = |case: RecordedCase| RecordedRun::from([(case.label.clone(), case)]);
        let (before, after) = (run(before), run(after));
        let found = differences(&before, &after);
        found.first().map(|found| (found.change(), found.event.map_or(0, |event| event.number)))
    }

    #[test]
    fn the_first_event_that_differs_is_found() {
        let passed = |events: &[(u64, &str)]| case("passed", events);
        let base = &[(0, "dials"), (5, "hears"), (9, "ends")];
        assert_eq!(change(passed(base), passed(base)), None);
        assert_eq!(change(passed(base), passed(&[(0, "dials"), (5, "rings")])), Some((Change::Events, 2)));
        assert_eq!(change(passed(base), passed(&base[..2])), Some((Change::Events, 3)));
        let later = &[(0, "dials"), (6, "hears"), (9, "ends")];
        assert_eq!(change(passed(base), passed(later)), Some((Change::Times, 2)));
        assert_eq!(change(passed(base), case("failed", later)), Some((Change::Broken, 2)));
        assert_eq!(change(case("failed", base), passed(base)), Some((Change::Fixed, 0)));
        assert_eq!(change(case("skipped", &[]), passed(base)), Some((Change::Other, 1)));
    }
}
