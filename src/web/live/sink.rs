//! Distributes the exchange's entries: to the snapshot, the tally, and the readers of the stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::api_event::ApiEvent;
use super::figures::Figures;
use super::recent::Recent;
use super::records::RecordTap;
use super::snapshot::Snapshot;
use super::webhooks::WebhookTap;
use crate::bridge::protocol::Calling;
use crate::clock::Clock;
use crate::control::call::LegId;
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Outcome, Place, Refusal};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::exchange::directory_backend::StoreBackend;
use crate::leg::log::{Entry, Sink};
use crate::leg::rtp::MeetingSink;
use crate::leg::scripted::StageRef;
use crate::load::tally;
use crate::report::Traced;
use crate::store::sql::Sql;
use crate::telemetry::LimitCounter;
use crate::telemetry::histogram::{Histogram, SLOW};

/// Events that a reader may be behind before it misses some.
const BEHIND_MAX: usize = 4_096;

/// How long callers waited in lobbies, by how that ended.
#[derive(Clone, Debug)]
pub(crate) struct LobbyWaits {
    /// In the meeting.
    pub(crate) joined: Histogram,
    /// With the call, or before it.
    pub(crate) left: Histogram,
}

impl Default for LobbyWaits {
    fn default() -> Self {
        Self { joined: Histogram::new(SLOW), left: Histogram::new(SLOW) }
    }
}

/// The sink of an exchange; copies share what it keeps.
#[derive(Clone, Debug)]
pub(crate) struct EventSink {
    snapshot: Arc<Mutex<Snapshot>>,
    version: Arc<AtomicU64>,
    tally: tally::Shared,
    figures: Arc<Mutex<Figures>>,
    events: broadcast::Sender<ApiEvent>,
    traced: Traced,
    calls_max: u64,
    refused: Arc<LimitCounter>,
    waits: Arc<Mutex<LobbyWaits>>,
    stop: CancellationToken,
    records: RecordTap,
    recent: Arc<Mutex<Recent>>,
    /// What mixes the sound of meetings for telephones, if there are any.
    mixes: Option<MeetingSink>,
    /// Whom to tell over HTTP.
    webhooks: Vec<WebhookTap>,
    /// Who knows the names of organizers, for the log.
    organizers: Option<Arc<StoreBackend<Sql>>>,
}

impl EventSink {
    /// `calls_max` is how many calls the exchange takes; once it is to `stop`, it takes none.
    pub(crate) fn new(clock: Clock, calls_max: u32, stop: CancellationToken) -> Self {
        Self {
            snapshot: Arc::default(),
            version: Arc::default(),
            tally: tally::Shared::by(clock),
            figures: Arc::default(),
            events: broadcast::channel(BEHIND_MAX).0,
            traced: Traced::default(),
            calls_max: calls_max.into(),
            waits: Arc::default(),
            refused: Arc::new(LimitCounter::new("calls")),
            stop,
            records: RecordTap::new(clock),
            recent: Arc::default(),
            mixes: None,
            webhooks: Vec::new(),
            organizers: None,
        }
    }

    /// The same, and what mixes the sound of meetings reads the stream too.
    pub(crate) fn mixed_by(self, mixes: Option<MeetingSink>) -> Self {
        Self { mixes, ..self }
    }

    /// The same, and the log names the organizers whom this directory knows.
    pub(crate) fn naming(self, organizers: Arc<StoreBackend<Sql>>) -> Self {
        Self { organizers: Some(organizers), ..self }
    }

    /// The same, and receivers of webhooks are told.
    pub(crate) fn telling(self, webhooks: Vec<WebhookTap>) -> Self {
        Self { webhooks, ..self }
    }

    /// The name of the user whose PIN an event is about.
    fn organizer_of(&self, event: Event) -> Option<String> {
        let meeting = match event {
            Event::Account(event) => MeetingId(event.organizer().0),
            Event::Meeting(
                MeetingEvent::PinRefused { meeting, .. } | MeetingEvent::PasscodeRefused { meeting, .. },
            ) => meeting,
            Event::Call(_) | Event::Meeting(_) => return None,
        };
        self.organizers.as_ref()?.name_of(meeting)
    }

    /// The snapshot as it is now. The exchange waits while it is locked.
    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes with whatever happens.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The figures of the last minutes.
    pub(crate) fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes a second of the figures.
    pub(crate) fn second(&self) {
        let (counts, news) = self.tally.look();
        // Nobody waits for the users of casts that have gone.
        drop(self.tally.gone());
        let meetings = self.snapshot().presence.meetings().len();
        self.figures().second(counts, &news, meetings);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Says in the log that a call was refused because there are as many as may be.
    fn note_limit(&self, at: Instant, event: Event) {
        let Event::Call(CallEvent::Finished { outcome: Outcome::Refused(Refusal::Congestion), .. }) = event
        else {
            return;
        };
        if !self.stop.is_cancelled() {
            self.refused.reached(at, self.calls_max, "the caller hears busy");
        }
    }

    /// Counts how long a caller waited in a lobby that leaves it with this event; `presence` is from before.
    fn note_wait(&self, at: Instant, event: Event, presence: &Presence) {
        let joined = match event {
            Event::Meeting(MeetingEvent::Joined { .. }) => true,
            Event::Meeting(MeetingEvent::Left { place: Place::Lobby, .. }) => false,
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => return,
        };
        let caller = event.leg().and_then(|leg| presence.caller(leg));
        if let Some(caller) = caller.filter(|caller| caller.is_at(Place::Lobby)) {
            let mut waits = self.lobby_waits();
            let of = if joined { &mut waits.joined } else { &mut waits.left };
            of.observe(at.since(caller.since));
        }
    }

    /// How long callers waited in lobbies.
    pub(crate) fn lobby_waits(&self) -> MutexGuard<'_, LobbyWaits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a call was refused because there were as many as may be.
    pub(crate) fn calls_refused(&self) -> u64 {
        self.refused.total()
    }

    /// The ways to the receivers of webhooks.
    pub(crate) fn webhooks(&self) -> &[WebhookTap] {
        &self.webhooks
    }

    /// The calls of the last hour. The exchange waits while they are locked.
    pub(crate) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records of what is over.
    pub(crate) fn records(&self) -> &RecordTap {
        &self.records
    }

    /// Events from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<ApiEvent> {
        self.events.subscribe()
    }
}

impl Sink for EventSink {
    fn take(&mut self, at: Instant, entry: Entry) {
        self.tally.take(at, entry.clone());
        if let Some(mixes) = &mut self.mixes {
            mixes.take(at, entry.clone());
        }
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        if self.events.receiver_count() > 0 {
            let event = ApiEvent::of(at, &entry, &snapshot);
            if let Some(event) = event {
                // The last reader may have left meanwhile.
                let _unread = self.events.send(event);
            }
        }
        if let Entry::Event(event) = entry {
            self.note_wait(at, event, &snapshot.presence);
            self.records.take(at, event, |leg| snapshot.own_name(leg));
        }
        // Who has gone has no name behind this.
        let name = if let Entry::Event(Event::Call(CallEvent::Called { leg })) = entry {
            snapshot.own_name(leg)
        } else {
            None
        };
        snapshot.take(at, &entry);
        if let Entry::Event(event) = entry {
            self.recent().take(at, event, &snapshot.presence, |_| name);
            for webhooks in &self.webhooks {
                webhooks.take(at, event, &snapshot.presence, |leg| snapshot.own_name(leg));
            }
            self.note_limit(at, event);
            let organizer = self.organizer_of(event);
            self.traced.take(at, event, &snapshot.presence, organizer.as_deref());
        }
        drop(snapshot);
        self.version.fetch_add(1, Ordering::Release);
    }

    fn due(&mut self, at: Instant) {
        self.tally.due(at);
    }

    fn calls_from(&mut self, leg: LegId, calling: Calling<'_>) {
        self.records.calls_from(leg, calling);
        self.recent().calls_from(leg, calling.number);
        self.snapshot().calls_from(leg, calling.from, calling.name);
    }

    fn on_stage(&mut self, at: Instant, stage: StageRef) {
        self.tally.on_stage(at, stage);
        self.snapshot().on_stage(stage);
    }

    fn gone(&mut self, at: Instant, stage: StageRef) {
        Sink::gone(&mut self.tally, at, stage);
        self.snapshot().gone(stage);
    }

    fn ends_casts_that_fail(&self) -> bool {
        true
    }
}
