//! Records of calls and meetings, read off the event stream and put on their way to the directory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::bridge::protocol::Calling;
use crate::clock::{self, Clock};
use crate::control::call::LegId;
use crate::control::event::Event;
use crate::control::time::Instant;
use crate::report::records::{Caller, Completed, Records, WallClock};
use crate::telemetry::LimitCounter;

/// Records that wait for the directory. More are lost, counted and logged.
pub(crate) const RECORDS_WAITING_MAX: usize = 65_536;

/// How long records are kept: as long as Microsoft's report of calls reaches back (Graph, `getPstnCalls`: 90 days).
pub(crate) const RECORDS_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// A record with what the directory cannot know.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) record: Completed,
    pub(crate) caller: Caller,
    /// In milliseconds since the Unix epoch.
    pub(crate) ended_at: i64,
}

/// What goes the way to the directory.
#[derive(Debug)]
pub(crate) enum Message {
    /// A record.
    Record(Box<Told>),
    /// All before it is to be kept.
    Flush(oneshot::Sender<()>),
}

/// Reads the records off the event stream, and puts them on their way; copies share what they know.
#[derive(Clone, Debug)]
pub(crate) struct RecordTap {
    state: Arc<Mutex<State>>,
    way: mpsc::Sender<Message>,
    lost: Arc<LimitCounter>,
    wall: WallClock,
}

#[derive(Debug)]
struct State {
    records: Records,
    /// Who telephones, while their calls have no record.
    telephones: BTreeMap<LegId, Caller>,
    waiting: Option<mpsc::Receiver<Message>>,
}

impl RecordTap {
    pub(crate) fn new(clock: Clock) -> Self {
        let (way, waiting) = mpsc::channel(RECORDS_WAITING_MAX);
        let state =
            State { records: Records::default(), telephones: BTreeMap::new(), waiting: Some(waiting) };
        let passed = i64::try_from(clock.now().millis()).unwrap_or(i64::MAX) / i64::from(clock.speed());
        let wall = WallClock { origin_ms: clock::epoch_ms() - passed, speed: clock.speed() };
        Self { state: Arc::new(Mutex::new(state)), way, lost: Arc::new(LimitCounter::new("records")), wall }
    }

    /// A telephone calls.
    pub(crate) fn calls_from(&self, leg: LegId, calling: Calling<'_>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let Calling { from, name, number } = calling;
        let caller = Caller { from: owned(from), to: owned(number), name: owned(name) };
        self.lock().telephones.insert(leg, caller);
    }

    /// Takes in an event. `name` gives a simulated caller's name.
    pub(crate) fn take(&self, at: Instant, event: Event, name: impl FnOnce(LegId) -> Option<String>) {
        let mut state = self.lock();
        let Some(record) = state.records.take(at, event) else { return };
        let caller = match &record {
            Completed::Call(call) => {
                let simulated = || Caller { name: name(call.leg), ..Caller::default() };
                state.telephones.remove(&call.leg).unwrap_or_else(simulated)
            }
            Completed::Meeting(_) => Caller::default(),
        };
        let told = Told { record, caller, ended_at: clock::epoch_ms() };
        if self.way.try_send(Message::Record(Box::new(told))).is_err() {
            self.lost.reached(at, RECORDS_WAITING_MAX as u64, "the record of a call or meeting is lost");
        }
    }

    /// Waits until everything up to now is kept, or given up.
    pub(crate) async fn flush(&self) {
        let (kept, told) = oneshot::channel();
        if self.way.send(Message::Flush(kept)).await.is_ok() {
            // A keeper that has gone keeps nothing more.
            let _gone = told.await;
        }
    }

    /// Gives the end of the way, once: whoever has it keeps the records.
    pub(crate) fn waiting(&self) -> Option<mpsc::Receiver<Message>> {
        self.lock().waiting.take()
    }

    /// Returns the wall clock beside the bridge's.
    pub(crate) fn wall(&self) -> &WallClock {
        &self.wall
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
