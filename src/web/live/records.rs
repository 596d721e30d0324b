//! Records of calls and meetings, from the event stream to the directory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock::{self, Clock};
use crate::control::call::LegId;
use crate::control::event::{Event, MeetingId};
use crate::control::time::Instant;
use crate::report::records::{CallRecord, Completed, Names, RecordLine, Records, WallClock};
use crate::store::StoreError;
use crate::web::app::Shared;

/// Records that wait for the directory. More are lost, counted and logged.
pub(crate) const RECORDS_WAITING_MAX: usize = 65_536;

/// How long records are kept: as long as Microsoft's report of calls reaches back (Graph, `getPstnCalls`: 90 days).
pub(crate) const RECORDS_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// How many are written in one transaction.
const BATCH: usize = 500;

/// Pause before the directory is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How often old records are removed.
const REMOVAL: Duration = Duration::from_secs(3_600);

/// A record with what the directory cannot know.
#[derive(Debug)]
struct Told {
    record: Completed,
    number: Option<String>,
    name: Option<String>,
    ended_at: i64,
}

enum Message {
    Record(Box<Told>),
    /// All before it is to be kept.
    Flush(oneshot::Sender<()>),
}

/// Reads the records off the event stream, and puts them on their way; copies share what they know.
#[derive(Clone, Debug)]
pub(crate) struct RecordTap {
    state: Arc<Mutex<State>>,
    way: mpsc::Sender<Message>,
    lost: Arc<AtomicU64>,
    wall: WallClock,
}

#[derive(Debug)]
struct State {
    records: Records,
    /// The number and the name of telephones, while their calls have no record.
    telephones: BTreeMap<LegId, (Option<String>, Option<String>)>,
    waiting: Option<mpsc::Receiver<Message>>,
}

impl RecordTap {
    pub(crate) fn new(clock: Clock) -> Self {
        let (way, waiting) = mpsc::channel(RECORDS_WAITING_MAX);
        let state =
            State { records: Records::default(), telephones: BTreeMap::new(), waiting: Some(waiting) };
        let passed = i64::try_from(clock.now().millis()).unwrap_or(i64::MAX) / i64::from(clock.speed());
        let wall = WallClock { origin_ms: clock::epoch_ms() - passed, speed: clock.speed() };
        Self { state: Arc::new(Mutex::new(state)), way, lost: Arc::default(), wall }
    }

    /// A call comes from a telephone of this number, under this name.
    pub(crate) fn calls_from(&self, leg: LegId, number: Option<&str>, name: Option<&str>) {
        let known = (number.map(str::to_owned), name.map(str::to_owned));
        self.lock().telephones.insert(leg, known);
    }

    /// Takes in an event. `name` gives a simulated caller's name.
    pub(crate) fn take(&self, at: Instant, event: Event, name: impl FnOnce(LegId) -> Option<String>) {
        let mut state = self.lock();
        let Some(record) = state.records.take(at, event) else { return };
        let (number, name) = match &record {
            Completed::Call(call) => {
                state.telephones.remove(&call.leg).unwrap_or_else(|| (None, name(call.leg)))
            }
            Completed::Meeting(_) => (None, None),
        };
        let told = Told { record, number, name, ended_at: clock::epoch_ms() };
        if self.way.try_send(Message::Record(Box::new(told))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many records were lost, because the directory took none for too long.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything up to now is kept, or given up.
    pub(crate) async fn flush(&self) {
        let (kept, told) = oneshot::channel();
        if self.way.send(Message::Flush(kept)).await.is_ok() {
            // A keeper that has gone keeps nothing more.
            let _gone = told.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes records into the directory, as long as the program runs, and removes those that are too old. Once the service is to
/// end, what the directory does not take at once is lost, and said.
pub(crate) fn keep_records(app: &Shared) -> Option<JoinHandle<()>> {
    let app = Arc::clone(app);
    let waiting = app.bridge.events.records().lock().waiting.take()?;
    Some(tokio::spawn(keep(app, waiting)))
}

async fn keep(app: Shared, mut waiting: mpsc::Receiver<Message>) {
    let mut removal = interval(REMOVAL);
    removal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut batch, mut said) = (Vec::with_capacity(BATCH), 0);
    loop {
        tokio::select! {
            taken = waiting.recv_many(&mut batch, BATCH) => if taken == 0 { return },
            _passed = removal.tick() => {
                remove_old(&app).await;
                continue;
            }
        }
        let mut lines = Vec::with_capacity(batch.len());
        let mut flushed = Vec::new();
        for message in batch.drain(..) {
            match message {
                Message::Record(told) => lines.push((told.ended_at, line(&app, &told))),
                Message::Flush(kept) => flushed.push(kept),
            }
        }
        write(&app, &lines).await;
        let lost = app.bridge.events.records().lost();
        if lost > said {
            tracing::error!(lost = lost - said, limit = RECORDS_WAITING_MAX, "records of calls were lost");
            said = lost;
        }
        for kept in flushed {
            // Who waited may have gone.
            let _unheard = kept.send(());
        }
    }
}

async fn write(app: &Shared, lines: &[(i64, String)]) {
    let mut is_said = false;
    while let Err(error) = app.store().keep_records(lines).await {
        if app.stop.is_cancelled() {
            tracing::error!(lost = lines.len(), %error, "records of calls were lost");
            return;
        }
        if !is_said {
            tracing::warn!(%error, "records of calls wait until the directory takes them");
            is_said = true;
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = app.stop.cancelled() => {}
        }
    }
}

async fn remove_old(app: &Shared) {
    let kept = i64::try_from(RECORDS_KEPT.as_millis()).unwrap_or(i64::MAX);
    match app.store().remove_records(clock::epoch_ms() - kept).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "records older than 90 days were removed"),
        Err(error @ StoreError::Unavailable(_)) => tracing::debug!(%error, "no old records were removed"),
        Err(error) => tracing::warn!(%error, "no old records were removed"),
    }
}

fn line(app: &Shared, told: &Told) -> String {
    let names = NamesOf { app, told };
    let line = RecordLine::of(&told.record, &app.bridge.events.records().wall, &names);
    serde_json::to_string(&line).unwrap_or_default()
}

struct NamesOf<'a> {
    app: &'a Shared,
    told: &'a Told,
}

impl Names for NamesOf<'_> {
    fn caller(&self, _record: &CallRecord) -> (Option<String>, Option<String>) {
        (self.told.number.clone(), self.told.name.clone())
    }

    fn organizer(&self, meeting: MeetingId) -> String {
        self.app.bridge.meeting_name(meeting)
    }
}
