//! Webhooks, read off the event stream and put on their way to the sender. No call waits for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::clock;
use crate::config::WebhookConfig;
use crate::control::call::LegId;
use crate::control::event::{Event, MeetingEvent, MeetingId, WebhookEvent};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::telemetry::LimitCounter;

/// Messages between the bridge and the sender, which takes them faster than they come.
const ON_THE_WAY_MAX: usize = 4_096;

/// What is told of one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Webhook {
    pub(crate) event: WebhookEvent,
    pub(crate) meeting: MeetingId,
    /// One of the meeting's occurrences, from the first caller to the last.
    pub(crate) occurrence: u64,
    /// From 1, for each occurrence.
    pub(crate) sequence: u64,
    pub(crate) call: Option<u64>,
    pub(crate) caller: Option<String>,
    /// Why a meeting ended, or how somebody joined.
    pub(crate) reason: Option<&'static str>,
    pub(crate) muted: bool,
    /// In milliseconds since the Unix epoch.
    pub(crate) at: i64,
}

/// Reads webhooks off the event stream, and puts them on their way; copies share what they know.
#[derive(Clone, Debug)]
pub(crate) struct WebhookTap {
    wanted: Arc<[WebhookEvent]>,
    occurrences: Arc<Mutex<Occurrences>>,
    way: mpsc::Sender<Webhook>,
    waiting: Arc<Mutex<Option<Waiting>>>,
    lost: Arc<LimitCounter>,
}

/// A receiver, and the end of the way to it.
type Waiting = (WebhookConfig, mpsc::Receiver<Webhook>);

#[derive(Debug, Default)]
struct Occurrences {
    begun: u64,
    /// The occurrence of each meeting that somebody is in, and its last sequence number.
    of: BTreeMap<MeetingId, (u64, u64)>,
}

impl WebhookTap {
    /// A tap for the events that a receiver wants: all if it names none.
    pub(crate) fn new(config: WebhookConfig) -> Self {
        let (way, coming) = mpsc::channel(ON_THE_WAY_MAX);
        let wanted = if config.events.is_empty() { &WebhookEvent::ALL[..] } else { &config.events };
        Self {
            wanted: wanted.into(),
            occurrences: Arc::default(),
            way,
            waiting: Arc::new(Mutex::new(Some((config, coming)))),
            lost: Arc::new(LimitCounter::new("webhooks")),
        }
    }

    /// Gives the receiver and the end of the way to it, once: whoever has it sends.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Takes in an event; `presence` is from after it, `name` gives the name of a caller.
    pub(crate) fn take(
        &self,
        at: Instant,
        event: Event,
        presence: &Presence,
        name: impl Fn(LegId) -> Option<String>,
    ) {
        let Some(meeting) = event.meeting() else { return };
        let mut occurrences = self.occurrences.lock().unwrap_or_else(PoisonError::into_inner);
        for told in WebhookEvent::of(event).filter(|told| self.wanted.contains(told)) {
            let (occurrence, sequence) = occurrences.next(meeting);
            let muted = event.leg().and_then(|leg| presence.caller(leg)).is_some_and(|caller| caller.muted);
            let call = event.leg().map(|leg| leg.number());
            let reason = reason(event);
            let webhook = Webhook {
                event: told,
                meeting,
                occurrence,
                sequence,
                call,
                caller: event.leg().and_then(&name),
                reason,
                muted,
                at: clock::epoch_ms(),
            };
            if self.way.try_send(webhook).is_err() {
                self.lost.reached(at, ON_THE_WAY_MAX as u64, "a webhook is not sent");
            }
        }
        if presence.meeting(meeting).is_none() {
            occurrences.of.remove(&meeting);
        }
    }

    pub(crate) fn counter(&self) -> &LimitCounter {
        &self.lost
    }
}

impl Occurrences {
    fn next(&mut self, meeting: MeetingId) -> (u64, u64) {
        let begun = &mut self.begun;
        let (occurrence, sequence) = self.of.entry(meeting).or_insert_with(|| {
            *begun += 1;
            (*begun, 0)
        });
        *sequence += 1;
        (*occurrence, *sequence)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "most events have no reason")]
fn reason(event: Event) -> Option<&'static str> {
    match event {
        Event::Meeting(MeetingEvent::Ended { reason, .. }) => Some(reason.name()),
        Event::Meeting(MeetingEvent::Started { right, .. }) => Some(right.name()),
        Event::Meeting(MeetingEvent::Joined { admission, .. }) => Some(admission.name()),
        _ => None,
    }
}
