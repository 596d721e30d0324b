//! A place among the events of a case, with everybody's place at that moment.

use std::time::Duration;

use super::trace::{Trace, TraceEvent};
use crate::control::presence::Presence;
use crate::control::time::Instant;

/// The most copies of the projection that are kept, and the fewest records between two: going back plays the rest again.
const COPIES_MAX: usize = 16;
const RECORDS_BETWEEN: usize = 256;

/// A place in a trace. It goes forwards and backwards alike.
#[derive(Debug)]
pub struct Cursor<'t, 's> {
    trace: &'t Trace<'s>,
    at: usize,
    presence: Presence,
    /// How many records `presence` has taken.
    taken: usize,
    /// The projection after so many records.
    copies: Vec<(usize, Presence)>,
    between: usize,
}

impl<'t, 's> Cursor<'t, 's> {
    /// The first event.
    #[must_use]
    pub fn new(trace: &'t Trace<'s>) -> Self {
        let between = (trace.records.len() / COPIES_MAX).max(RECORDS_BETWEEN);
        let mut cursor =
            Self { trace, at: 0, presence: Presence::default(), taken: 0, copies: Vec::new(), between };
        cursor.go(0);
        cursor
    }

    /// The number of the event, from 0.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The event, which has just happened.
    #[must_use]
    pub fn event(&self) -> &'t TraceEvent {
        &self.trace.events[self.at]
    }

    /// Where everybody is once the event has happened.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Returns whether the event is the last of its moment.
    #[must_use]
    pub fn ends_a_moment(&self) -> bool {
        self.trace.events.get(self.at + 1).is_none_or(|next| next.at > self.event().at)
    }

    /// Goes to an event; beyond the last, to that.
    pub fn go(&mut self, to: usize) {
        self.at = to.min(self.trace.events.len() - 1);
        let records = self.event().records;
        if records < self.taken {
            let copy = self.copies.iter().rfind(|(after, _)| *after <= records).cloned();
            (self.taken, self.presence) = copy.unwrap_or_default();
        }
        while self.taken < records {
            let (at, event) = self.trace.records[self.taken];
            self.presence.take(at, event);
            self.taken += 1;
            let is_new = self.copies.last().is_none_or(|(last, _)| *last < self.taken);
            if is_new && self.taken.is_multiple_of(self.between) {
                self.copies.push((self.taken, self.presence.clone()));
            }
        }
    }

    /// Goes so many events forwards, or backwards; not beyond the first and the last.
    pub fn step(&mut self, by: isize) {
        self.go(self.at.saturating_add_signed(by));
    }

    /// Goes to the next event, or the one before, for which this holds; false if there is none.
    pub fn seek(&mut self, forwards: bool, is_it: impl Fn(&TraceEvent) -> bool) -> bool {
        let events = &self.trace.events;
        let found = if forwards {
            (self.at + 1..events.len()).find(|place| is_it(&events[*place]))
        } else {
            (0..self.at).rfind(|place| is_it(&events[*place]))
        };
        found.inspect(|place| self.go(*place)).is_some()
    }

    /// The same, but from the end on to the beginning, or the other way round; the event itself comes last.
    pub fn seek_round(&mut self, forwards: bool, is_it: impl Fn(&TraceEvent) -> bool) -> bool {
        let count = self.trace.events.len();
        let ahead = |step: usize| if forwards { step } else { count - step };
        let mut round = (1..=count).map(|step| (self.at + ahead(step)) % count);
        let found = round.find(|place| is_it(&self.trace.events[*place]));
        found.inspect(|place| self.go(*place)).is_some()
    }

    /// Goes to the last event by then: things stand at that moment as they do after it.
    pub fn go_to_time(&mut self, time: Duration) {
        let until = Instant::ZERO + time;
        let by_then = self.trace.events.partition_point(|event| event.at <= until);
        self.go(by_then.saturating_sub(1));
    }
}
