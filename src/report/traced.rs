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
        let (event, call) = ($event.name(), $event.leg().map(|leg| leg.0));
        tracing::event!($level, event, call, source, prompt, detail, count, yes)
    }};
}

impl Traced {
    /// Writes an event that `presence` has already taken: what it no longer knows has no span any more.
    pub fn take(&mut self, event: Event, presence: &Presence) {
        if LevelFilter::current() < Level::INFO {
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
                let LegId(call) = event.leg();
                let span = self.calls.entry(event.leg());
                span.or_insert_with(|| tracing::info_span!("call", number = call)).clone()
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

/// Returns the log level of an event.
const fn level(event: Event) -> Level {
    match event {
        Event::Call(CallEvent::Called { .. } | CallEvent::Answered { .. } | CallEvent::Finished { .. })
        | Event::Call(CallEvent::ConferenceIdKeyed { .. } | CallEvent::DirectoryFailed { .. })
        | Event::Account(AccountEvent::Administered { .. } | AccountEvent::LockedOut { .. }) => Level::INFO,
        Event::Call(CallEvent::Hears { .. } | CallEvent::KeysIgnored { .. })
        | Event::Meeting(MeetingEvent::Announced { .. } | MeetingEvent::AnnouncementDropped { .. })
        | Event::Account(AccountEvent::PinChecked { .. }) => Level::DEBUG,
        Event::Call(CallEvent::Key { .. }) => Level::TRACE,
        Event::Meeting(_) => Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::control::call::{Digits, HangupCause};
    use crate::control::event::{Admission, Outcome, Place};
    use crate::control::time::Instant;

    /// The text written to the log.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    const LEG: LegId = LegId(7);
    const MEETING: MeetingId = MeetingId(3);

    fn a_call() -> [Event; 5] {
        let digits = Digits::from_symbols("3141592").unwrap();
        [
            CallEvent::Called { leg: LEG }.into(),
            CallEvent::ConferenceIdKeyed { leg: LEG, digits, meeting: Some(MEETING) }.into(),
            MeetingEvent::Joined { meeting: MEETING, leg: LEG, admission: Admission::Door }.into(),
            MeetingEvent::Left { meeting: MEETING, leg: LEG, place: Place::Joined }.into(),
            CallEvent::Finished { leg: LEG, outcome: Outcome::Joined, cause: HangupCause::Caller }.into(),
        ]
    }

    #[test]
    fn calls_and_meetings_have_spans_and_leave_none() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        let (mut traced, mut presence) = (Traced::default(), Presence::default());
        tracing::subscriber::with_default(subscriber, || {
            for event in a_call() {
                presence.take(Instant::ZERO, event);
                traced.take(event, &presence);
            }
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(
            text.contains(r#"call{number=7}: attendant::report::traced: event="called" call=7"#),
            "{text}"
        );
        assert!(
            text.contains(r#"meeting{number=3}: attendant::report::traced: event="joined" call=7"#),
            "{text}"
        );
        assert!(text.contains(r#"detail="door""#), "{text}");
        assert!(!text.contains("3141592"), "{text}");
        assert_eq!((traced.calls.len(), traced.meetings.len()), (0, 0));
    }
}
