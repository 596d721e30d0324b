//! The program's own log as a reader of the event stream: a span for each call and each meeting.
//!
//! What moves callers is told at `info`, what they hear at `debug`, that a key was pressed at `trace`. Digits never.

use std::collections::BTreeMap;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

use super::Details;
use crate::control::call::LegId;
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log, Sink};
use crate::leg::scripted::StageRef;

/// Writes events to the program's log.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    calls: BTreeMap<LegId, Span>,
    meetings: BTreeMap<MeetingId, Span>,
}

/// Writes one line: the level of a line is part of the place that writes it.
macro_rules! write_line {
    ($level:expr, $event:expr) => {{
        let Details { source, prompt, detail, count, yes, begun_us: _, language: _ } = Details::of($event);
        let (event, call) = ($event.name(), $event.leg().map(|leg| leg.number()));
        tracing::event!($level, event, call, source, prompt, detail, count, yes)
    }};
}

impl Traced {
    /// Writes an event that `presence` has already taken: what it no longer knows has no span any more.
    pub fn take(&mut self, event: Event, presence: &Presence) {
        if !is_wanted() {
            return;
        }
        let span = self.span(event);
        let write = || match level(event) {
            Level::INFO => write_line!(Level::INFO, event),
            Level::DEBUG => write_line!(Level::DEBUG, event),
            _ => write_line!(Level::TRACE, event),
        };
        span.in_scope(write);
        if let Some(leg) = event.leg().filter(|leg| presence.caller(*leg).is_none()) {
            self.calls.remove(&leg);
        }
        if let Some(meeting) = event.meeting().filter(|meeting| presence.meeting(*meeting).is_none()) {
            self.meetings.remove(&meeting);
        }
    }

    fn span(&mut self, event: Event) -> Span {
        match event {
            Event::Call(event) => {
                let call = event.leg();
                let span = self.calls.entry(call);
                span.or_insert_with(|| tracing::info_span!("call", number = call.number())).clone()
            }
            Event::Meeting(event) => {
                let MeetingId(meeting) = event.meeting();
                let span = self.meetings.entry(event.meeting());
                span.or_insert_with(|| tracing::info_span!("meeting", number = meeting)).clone()
            }
            Event::Account(event) => tracing::info_span!("account", number = event.organizer().0),
        }
    }
}

/// Passes entries on, and writes their events to the program's log.
#[derive(Clone, Debug)]
pub struct TracedSink<S> {
    sink: S,
    traced: Traced,
    presence: Presence,
}

impl<S> TracedSink<S> {
    /// Returns a sink that passes all entries on to this one.
    pub fn new(sink: S) -> Self {
        Self { sink, traced: Traced::default(), presence: Presence::default() }
    }
}

impl<S: Sink> Sink for TracedSink<S> {
    fn take(&mut self, at: Instant, entry: Entry) {
        if let Entry::Event(event) = entry
            && is_wanted()
        {
            self.presence.take(at, event);
            self.traced.take(event, &self.presence);
        }
        self.sink.take(at, entry);
    }

    fn due(&mut self, at: Instant) {
        self.sink.due(at);
    }

    fn on_stage(&mut self, at: Instant, stage: StageRef) {
        self.sink.on_stage(at, stage);
    }

    fn gone(&mut self, at: Instant, stage: StageRef) {
        self.sink.gone(at, stage);
    }

    fn ends_casts_that_fail(&self) -> bool {
        self.sink.ends_casts_that_fail()
    }

    fn wants_no_more(&self) -> bool {
        self.sink.wants_no_more()
    }
}

impl From<TracedSink<Self>> for Log {
    fn from(traced: TracedSink<Self>) -> Self {
        traced.sink
    }
}

/// Whether anybody reads what is written here: nothing is folded for a log that is off.
fn is_wanted() -> bool {
    LevelFilter::current() >= Level::INFO
}

/// How much an event says to a reader of the log.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not a detail is information")]
const fn level(event: Event) -> Level {
    match event {
        Event::Call(CallEvent::Key { .. }) => Level::TRACE,
        Event::Call(CallEvent::Hears { .. } | CallEvent::KeysIgnored { .. })
        | Event::Meeting(MeetingEvent::Announced { .. } | MeetingEvent::AnnouncementDropped { .. })
        | Event::Account(AccountEvent::PinChecked { .. }) => Level::DEBUG,
        _ => Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Digits, HangupCause};
    use crate::control::event::{Admission, Outcome, Place};
    use crate::telemetry::tests::logged;

    const LEG: LegId = LegId::new(7);
    const MEETING: MeetingId = MeetingId(3);

    fn a_call() -> [Event; 5] {
        let digits = Digits::from_symbols("3141592").unwrap();
        [
            CallEvent::Called { leg: LEG }.into(),
            CallEvent::ConferenceIdKeyed { leg: LEG, digits, meeting: Some(MEETING) }.into(),
            MeetingEvent::Joined { meeting: MEETING, leg: LEG, admission: Admission::Direct }.into(),
            MeetingEvent::Left { meeting: MEETING, leg: LEG, place: Place::Joined }.into(),
            CallEvent::Finished { leg: LEG, outcome: Outcome::Joined, cause: HangupCause::Caller }.into(),
        ]
    }

    #[test]
    fn calls_and_meetings_have_spans_and_leave_none() {
        let mut sink = TracedSink::new(Log::default());
        let text = logged(|| {
            a_call().into_iter().for_each(|event| sink.take(Instant::ZERO, Entry::Event(event)));
        });
        assert!(
            text.contains(r#"call{number=7}: attendant::report::traced: event="called" call=7"#),
            "{text}"
        );
        assert!(
            text.contains(r#"meeting{number=3}: attendant::report::traced: event="joined" call=7"#),
            "{text}"
        );
        assert!(text.contains(r#"detail="direct""#), "{text}");
        assert!(!text.contains("3141592"), "{text}");
        assert_eq!((sink.traced.calls.len(), sink.traced.meetings.len()), (0, 0));
        assert_eq!(Log::from(sink).entries.len(), a_call().len(), "they are passed on");
    }
}
