//! The program's own log as a reader of the event stream: a span for each call and each meeting.
//!
//! An operator's view is told at `info`: calls answered and ended, waiting, meetings started and ended, wrong PINs. The way
//! of each call is told at `debug`, that a key was pressed at `trace`. Digits never.

use std::collections::BTreeMap;

use tracing::{Level, Span};

use super::Details;
use crate::control::call::LegId;
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, ReadSink, Reader};

/// The part of the program that these lines are of: `RUST_LOG=info,attendant::calls=warn` leaves them out.
const TARGET: &str = "attendant::calls";

/// Writes events to the program's log.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    calls: BTreeMap<LegId, Call>,
    meetings: BTreeMap<MeetingId, Span>,
}

/// A call that is up.
#[derive(Clone, Debug)]
struct Call {
    span: Span,
    /// When it was answered, or came in, if it was not answered yet.
    since: Instant,
}

/// Writes one line: the level of a line is part of the place that writes it.
macro_rules! write_line {
    ($level:expr, $event:expr, $organizer:expr, $since:expr) => {{
        let details = Details::of($event);
        let Details { source, prompt, detail, count, yes, ended_by: cause, .. } = details;
        let call = $event.leg().map(|leg| leg.number());
        let (meeting, name) = ($event.meeting().map(|MeetingId(meeting)| meeting), $event.name());
        let Finished { outcome, duration_ms } = Finished::of($event, $since);
        let detail = detail.filter(|_| outcome.is_none());
        tracing::event!(
            target: TARGET,
            $level,
            call,
            meeting,
            organizer = $organizer,
            outcome,
            cause,
            duration_ms,
            source,
            prompt,
            detail,
            count,
            yes,
            "{name}"
        )
    }};
}

/// How a call ended, for its last line; nothing in any other.
#[derive(Default)]
struct Finished {
    outcome: Option<&'static str>,
    duration_ms: Option<u64>,
}

impl Finished {
    /// `after` is how long the call was up.
    fn of(event: Event, after: u64) -> Self {
        let Event::Call(CallEvent::Finished { outcome, .. }) = event else { return Self::default() };
        Self { outcome: Some(outcome.name()), duration_ms: Some(after) }
    }
}

impl Traced {
    /// Writes an event that `presence` has already taken: what it no longer knows has no span any more. `organizer` is the
    /// name of the user whose meeting it is, where the line is to have it.
    pub fn take(&mut self, at: Instant, event: Event, presence: &Presence, organizer: Option<&str>) {
        if !is_wanted() {
            return;
        }
        let span = self.span(at, event);
        let up = event
            .leg()
            .and_then(|leg| self.calls.get(&leg))
            .map_or(0, |call| u64::try_from(at.since(call.since).as_millis()).unwrap_or(u64::MAX));
        let write = || match level(event) {
            Level::WARN => write_line!(Level::WARN, event, organizer, up),
            Level::INFO => write_line!(Level::INFO, event, organizer, up),
            Level::DEBUG => write_line!(Level::DEBUG, event, organizer, up),
            _ => write_line!(Level::TRACE, event, organizer, up),
        };
        span.in_scope(write);
        if let Some(leg) = event.leg().filter(|leg| presence.caller(*leg).is_none()) {
            self.calls.remove(&leg);
        }
        if let Some(meeting) = event.meeting().filter(|meeting| presence.meeting(*meeting).is_none()) {
            self.meetings.remove(&meeting);
        }
    }

    fn span(&mut self, at: Instant, event: Event) -> Span {
        match event {
            Event::Call(event) => {
                let number = event.leg().number();
                let call = self.calls.entry(event.leg()).or_insert_with(|| Call {
                    span: tracing::info_span!(target: TARGET, "call", number),
                    since: at,
                });
                if let CallEvent::Answered { .. } = event {
                    call.since = at;
                }
                call.span.clone()
            }
            Event::Meeting(event) => {
                let MeetingId(number) = event.meeting();
                let span = self.meetings.entry(event.meeting());
                span.or_insert_with(|| tracing::info_span!(target: TARGET, "meeting", number)).clone()
            }
            Event::Account(event) => {
                tracing::info_span!(target: TARGET, "account", number = event.organizer().0)
            }
        }
    }
}

/// Writes the events of a sink that keeps no projection of its own.
#[derive(Clone, Debug, Default)]
pub struct TracedReader {
    traced: Traced,
    presence: Presence,
}

impl Reader for TracedReader {
    fn read(&mut self, at: Instant, entry: &Entry) {
        if let Entry::Event(event) = entry
            && is_wanted()
        {
            self.presence.take(at, *event);
            self.traced.take(at, *event, &self.presence, None);
        }
    }
}

/// A sink whose events are written to the program's log.
pub type TracedSink<S> = ReadSink<TracedReader, S>;

/// Returns this sink with its events written to the program's log.
#[must_use]
pub fn traced<S>(sink: S) -> TracedSink<S> {
    ReadSink::beside(TracedReader::default(), sink)
}

/// Whether anybody reads what is written here: nothing is folded for a log that is off.
fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, Level::WARN)
}

/// How much an event says to a reader of the log.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not a detail is information")]
const fn level(event: Event) -> Level {
    match event {
        Event::Account(AccountEvent::LockedOut { .. } | AccountEvent::PasscodeLockedOut { .. }) => {
            Level::WARN
        }
        Event::Call(CallEvent::Called { .. } | CallEvent::ConferenceIdKeyed { .. })
        | Event::Call(CallEvent::Hears { .. } | CallEvent::KeysIgnored { .. })
        | Event::Meeting(
            MeetingEvent::Promoted { .. }
            | MeetingEvent::Left { .. }
            | MeetingEvent::Commanded { .. }
            | MeetingEvent::Hand { .. }
            | MeetingEvent::Muted { .. }
            | MeetingEvent::Announced { .. },
        )
        | Event::Account(_) => Level::DEBUG,
        Event::Call(CallEvent::Key { .. } | CallEvent::Says { .. } | CallEvent::HearsVoice { .. }) => {
            Level::TRACE
        }
        _ => Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Digits, HangupCause};
    use crate::control::event::{Admission, Outcome, Place};
    use crate::control::pin::LockState;
    use crate::control::policy::OrganizerId;
    use crate::leg::log::{Log, Sink as _};
    use crate::telemetry::tests::logged;

    const LEG: LegId = LegId::new(7);
    const MEETING: MeetingId = MeetingId(3);

    fn a_call() -> [Event; 6] {
        let digits = Digits::from_symbols("3141592").unwrap();
        [
            CallEvent::Called { leg: LEG }.into(),
            CallEvent::Answered { leg: LEG }.into(),
            CallEvent::ConferenceIdKeyed { leg: LEG, digits, meeting: Some(MEETING) }.into(),
            MeetingEvent::Joined { meeting: MEETING, leg: LEG, admission: Admission::Direct }.into(),
            MeetingEvent::Left { meeting: MEETING, leg: LEG, place: Place::Joined }.into(),
            CallEvent::Finished { leg: LEG, outcome: Outcome::Joined, cause: HangupCause::Caller }.into(),
        ]
    }

    #[test]
    fn a_lockout_names_its_organizer() {
        let locked =
            AccountEvent::LockedOut { organizer: OrganizerId(MEETING.0), state: LockState::LockedForGood };
        let take = || {
            let (at, presence) = (Instant::from_secs(1), Presence::default());
            Traced::default().take(at, locked.into(), &presence, Some("amos@contoso.com"));
        };
        let line =
            "WARN account{number=3}: attendant::calls: locked_out meeting=3 organizer=\"amos@contoso.com\"\n";
        let text = logged(take);
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn calls_and_meetings_have_spans_and_leave_none() {
        let mut sink = traced(Log::default());
        let text = logged(|| {
            for (seconds, event) in (0..).zip(a_call()) {
                sink.take(Instant::from_secs(seconds), Entry::Event(event));
            }
        });
        for line in [
            "DEBUG call{number=7}: attendant::calls: called call=7\n",
            "INFO call{number=7}: attendant::calls: answered call=7\n",
            "INFO meeting{number=3}: attendant::calls: joined call=7 meeting=3 detail=\"direct\"\n",
            "INFO call{number=7}: attendant::calls: finished call=7 outcome=\"joined\" cause=\"caller\" \
             duration_ms=4000\n",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("3141592") && !text.contains("organizer"), "{text}");
        let Traced { calls, meetings } = &sink.reader.traced;
        assert_eq!((calls.len(), meetings.len()), (0, 0));
        assert_eq!(Log::from(sink).entries.len(), a_call().len(), "they are passed on");
    }
}
