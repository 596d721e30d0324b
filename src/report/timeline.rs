//! The timeline of a run, line by line: the whole of it, or only the lines that concern one caller.

use std::collections::BTreeSet;

use super::counted::counts;
use super::event_text::EventText;
use crate::control::call::LegId;
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::scenario::check::Check;

/// The lines of one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// When.
    pub at: Instant,
    /// The lines.
    pub lines: Vec<String>,
}

/// Every entry as a line; the keys of one press are one line, at the first of them.
#[must_use]
pub fn timeline(event_text: &EventText<'_>, log: &Log) -> Vec<(Instant, String)> {
    timed(log, lines(event_text, log, |_| true))
}

/// The same with the place of each line's entry in the log, but without the calls that come in: they do with the dialling.
#[must_use]
pub fn entry_lines(event_text: &EventText<'_>, log: &Log) -> Vec<(usize, String)> {
    let is_call = |entry: &Entry| matches!(entry, Entry::Event(Event::Call(CallEvent::Called { .. })));
    lines(event_text, log, |entry| !is_call(entry))
}

/// Returns the events, moment by moment, without the steps of the scripts.
#[must_use]
pub fn moments(event_text: &EventText<'_>, log: &Log) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for (at, line) in timed(log, lines(event_text, log, is_seen)) {
        match moments.last_mut().filter(|moment| moment.at == at) {
            Some(moment) => moment.lines.push(line),
            None => moments.push(Moment { at, lines: vec![line] }),
        }
    }
    moments
}

/// Something that came later than it might have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The caller: a place in the story's roles; `None` for an answer of the directory.
    pub part: Option<u32>,
    /// When it would have come.
    pub from: Instant,
    /// When it came.
    pub to: Instant,
}

/// The last `most` lines of what concerns a caller: the own call, and the meeting that it was in last.
pub(super) fn last_of(
    event_text: &EventText<'_>,
    log: &Log,
    part: Option<u32>,
    most: usize,
) -> Vec<(Instant, String)> {
    let mut lines = concerning(event_text, log, part.into_iter().collect());
    lines.drain(..lines.len().saturating_sub(most));
    lines
}

/// The last `most` lines of what a check counts; where that is nothing, of everything.
pub(super) fn counted_by(
    event_text: &EventText<'_>,
    log: &Log,
    check: &Check,
    most: usize,
) -> Vec<(Instant, String)> {
    let mut lines = timed(log, lines(event_text, log, |entry| counts(check, event_text, entry)));
    if lines.is_empty() {
        return last_of(event_text, log, None, most);
    }
    lines.drain(..lines.len().saturating_sub(most));
    lines
}

/// The `most` lines nearest to what came later, of what concerns its callers and the one who failed.
pub(super) fn around(
    event_text: &EventText<'_>,
    log: &Log,
    part: Option<u32>,
    moved: &[Moved],
    most: usize,
) -> Vec<(Instant, String)> {
    let whose: Option<BTreeSet<u32>> = moved.iter().map(|moved| moved.part).chain([part]).collect();
    let lines = concerning(event_text, log, whose.unwrap_or_default());
    // What lies between the two moments comes first, and of that what lies nearest to the second.
    let from_one = |at: Instant, moved: &Moved| {
        let outside = at.since(moved.to) + moved.from.since(at);
        (outside, at.since(moved.to) + moved.to.since(at))
    };
    let distance = |at: Instant| moved.iter().map(|moved| from_one(at, moved)).min();
    let mut nearest: Vec<usize> = (0..lines.len()).collect();
    nearest.sort_by_key(|line| distance(lines[*line].0));
    nearest.truncate(most);
    nearest.sort_unstable();
    nearest.into_iter().map(|line| lines[line].clone()).collect()
}

/// The lines of what concerns these callers, or everybody if there are none: their calls, and the meetings that they
/// were in.
fn concerning(event_text: &EventText<'_>, log: &Log, parts: BTreeSet<u32>) -> Vec<(Instant, String)> {
    let is_one = |part: Option<u32>| parts.is_empty() || part.is_some_and(|part| parts.contains(&part));
    let part_of = |event: Event| event.leg().and_then(|leg| event_text.part(leg));
    let meetings: BTreeSet<MeetingId> = log
        .records()
        .filter(|record| is_one(part_of(record.event)))
        .filter_map(|record| record.event.meeting())
        .collect();
    let concerns = |entry: &Entry| match entry {
        Entry::Event(event) => {
            is_one(part_of(*event)) || event.meeting().is_some_and(|meeting| meetings.contains(&meeting))
        }
        Entry::Dials { part, .. } | Entry::LineFault { part, .. } => is_one(Some(*part)),
        Entry::Act { .. } => true,
        Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::Finished { .. } => false,
    };
    timed(log, lines(event_text, log, |entry| is_seen(entry) && concerns(entry)))
}

/// Returns whether an entry tells more than its neighbours: a call comes in with the dialling, and what the directory
/// makes of a PIN is told again to the caller.
fn is_seen(entry: &Entry) -> bool {
    match entry {
        Entry::Event(
            Event::Call(CallEvent::Called { .. }) | Event::Account(AccountEvent::PinChecked { .. }),
        )
        | Entry::Event(Event::Account(AccountEvent::PasscodeChecked { .. })) => false,
        Entry::Event(_) | Entry::Dials { .. } | Entry::LineFault { .. } | Entry::Act { .. } => true,
        Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::Finished { .. } => false,
    }
}

/// Lines with their moments.
fn timed(log: &Log, lines: Vec<(usize, String)>) -> Vec<(Instant, String)> {
    lines.into_iter().map(|(place, line)| (log.entries[place].0, line)).collect()
}

/// The entries that are kept as lines, each with its place in the log; the keys of one press as one line.
fn lines(event_text: &EventText<'_>, log: &Log, keeps: impl Fn(&Entry) -> bool) -> Vec<(usize, String)> {
    let presses = Presses::of(event_text, log);
    let (mut lines, mut shown) = (Vec::<(usize, String)>::new(), BTreeSet::new());
    let mut counted: Option<(LegId, u32)> = None;
    for (place, (at, entry)) in log.entries.iter().enumerate().filter(|(_, (_, entry))| keeps(entry)) {
        let Entry::Event(Event::Call(CallEvent::Key { leg })) = entry else {
            lines.push((place, event_text.line(entry)));
            counted = None;
            continue;
        };
        if let Some(press) = presses.at(event_text.part(*leg), *at) {
            // What follows the first key, such as the silence after it, does not part the press in two.
            if shown.insert(press) {
                let keys = presses.keys(press).unwrap_or_default();
                lines.push((place, format!("{} presses {keys}", event_text.caller(*leg))));
                counted = None;
            }
            continue;
        }
        match counted.filter(|(same, _)| same == leg).zip(lines.last_mut()) {
            Some(((_, count), (_, last))) => {
                *last = format!("{} keys of {}", count + 1, event_text.caller(*leg));
                counted = Some((*leg, count + 1));
            }
            None => {
                lines.push((place, event_text.line(entry)));
                counted = Some((*leg, 1));
            }
        }
    }
    lines
}

/// The presses that scripts have finished, with their keys as the file shows them: what may be a PIN is masked there.
struct Presses(Vec<Press>);

struct Press {
    part: u32,
    began: Instant,
    ended: Instant,
    keys: String,
}

impl Presses {
    fn of(event_text: &EventText<'_>, log: &Log) -> Self {
        let presses = log.entries.iter().filter_map(|(at, entry)| {
            let Entry::Step { part, done } = entry else { return None };
            let keys = event_text.step(done.step).strip_prefix("press: ")?;
            let keys = keys.split(", ").next().unwrap_or_default().to_owned();
            Some(Press { part: *part, began: done.began, ended: *at, keys })
        });
        let mut presses: Vec<Press> = presses.collect();
        presses.sort_by_key(|press| (press.part, press.began));
        Self(presses)
    }

    /// The press in which this part pressed a key then.
    fn at(&self, part: Option<u32>, at: Instant) -> Option<usize> {
        let part = part?;
        let next = self.0.partition_point(|press| (press.part, press.began) <= (part, at));
        let place = next.checked_sub(1)?;
        let press = self.0.get(place)?;
        (press.part == part && at <= press.ended).then_some(place)
    }

    fn keys(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(|press| press.keys.as_str())
    }
}
