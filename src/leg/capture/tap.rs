//! What is taken down of telephones, on its way to the thread that keeps it. Who taps never waits: what finds no room is
//! counted, and missing.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::frames::Ends;
use crate::clock::{self, Clock};
use crate::control::time::Instant;
use crate::rtp::packet::Kind;
use crate::rtp::receive::Formats;
use crate::sip::transport::Transport;
use crate::telemetry::LimitCounter;

/// Records that wait for the thread: it takes them every 20 ms.
pub const WIRE_MAX: usize = 65_536;

/// Their bytes.
const BYTES_MAX: usize = 64 << 20;

/// Where something went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Way {
    /// To us.
    In,
    /// From us.
    Out,
}

impl Way {
    /// The other way.
    pub(super) const fn back(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }
}

/// When something passed: microseconds since the Unix epoch, and its place among all records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment {
    pub(super) micros: u64,
    pub(super) number: u64,
}

/// Something that passed, as it was: keys and all. Only the thread that masks it reads it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) at: Moment,
    pub(super) ends: Ends,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A message of SIP.
    Message(Transport, Way, Bytes),
    /// A stream has closed.
    Closed(Transport),
    /// A datagram to or from a port of a call.
    Media(Media),
    /// Nothing more comes of a call's media.
    FlowEnded(u64),
}

#[derive(Debug)]
pub(super) struct Media {
    /// Of which flow.
    pub(super) flow: u64,
    /// The Call-ID of its call.
    pub(super) call_id: Arc<str>,
    pub(super) way: Way,
    /// What its payloads are.
    pub(super) formats: Formats,
    /// Callers may be heard in its sound, and their keys.
    pub(super) has_callers: bool,
    pub(super) datagram: Box<[u8]>,
}

impl What {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(_, _, bytes) => bytes.len(),
            Self::Media(media) => media.datagram.len(),
            Self::Closed(_) | Self::FlowEnded(_) => 0,
        }
    }
}

/// Where legs hand over what passes. Copies hand it to the same; the default one takes nothing.
#[derive(Clone, Debug, Default)]
pub struct Tap(Option<Arc<Queue>>);

impl Tap {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self(Some(queue))
    }

    /// Whether anything is taken down.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A message of SIP passes; of TLS it is as it was before encryption.
    pub(crate) fn message(
        &self,
        transport: Transport,
        way: Way,
        (ours, theirs): (SocketAddr, SocketAddr),
        bytes: impl FnOnce() -> Bytes,
    ) {
        if let Some(queue) = &self.0 {
            queue.push(Ends::new(ours, theirs), What::Message(transport, way, bytes()));
        }
    }

    /// A stream has closed.
    pub(crate) fn closed(&self, transport: Transport, (ours, theirs): (SocketAddr, SocketAddr)) {
        if let Some(queue) = &self.0 {
            queue.push(Ends::new(ours, theirs), What::Closed(transport));
        }
    }

    /// Returns what takes down the media of a call, with the address at which its telephone reaches them.
    pub(crate) fn flow(&self, call_id: &str, ours: IpAddr) -> Option<Box<FlowTap>> {
        let queue = Arc::clone(self.0.as_ref()?);
        let flow = queue.flows.fetch_add(1, Ordering::Relaxed);
        Some(Box::new(FlowTap { queue, flow, call_id: call_id.into(), ours }))
    }
}

/// Where a media thread hands over what passes of one call. Dropped when its media are over.
#[derive(Debug)]
pub struct FlowTap {
    queue: Arc<Queue>,
    flow: u64,
    call_id: Arc<str>,
    ours: IpAddr,
}

impl FlowTap {
    /// A datagram passes between a port of ours and somebody.
    pub(crate) fn datagram(
        &self,
        way: Way,
        (port, theirs): (u16, SocketAddr),
        (formats, has_callers): (Formats, bool),
        datagram: &[u8],
    ) {
        if !self.queue.keeps_sound && Kind::of(datagram) != Kind::Rtcp {
            return;
        }
        let (flow, call_id) = (self.flow, Arc::clone(&self.call_id));
        let media = Media { flow, call_id, way, formats, has_callers, datagram: datagram.into() };
        self.queue.push(self.ends(port, theirs), What::Media(media));
    }

    fn ends(&self, port: u16, theirs: SocketAddr) -> Ends {
        Ends::new(SocketAddr::new(self.ours, port), theirs)
    }
}

impl Drop for FlowTap {
    fn drop(&mut self) {
        let nowhere = SocketAddr::new(self.ours, 0);
        self.queue.push(Ends::new(nowhere, nowhere), What::FlowEnded(self.flow));
    }
}

/// Between those who tap and the thread that keeps.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    dropped: Arc<LimitCounter>,
    flows: AtomicU64,
    /// Sound is kept as well, and not only messages and reports.
    keeps_sound: bool,
    stopping: AtomicBool,
    clock: Clock,
    /// The time of the clock's zero, in microseconds since the Unix epoch.
    origin: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    records: Vec<Record>,
    bytes: usize,
    /// Records taken so far.
    number: u64,
}

impl Queue {
    /// A queue by a clock that goes as fast as the real one.
    pub(super) fn new(clock: Clock, keeps_sound: bool) -> Self {
        let now = u64::try_from(clock::epoch_ms()).unwrap_or_default().saturating_mul(1_000);
        Self {
            waiting: Mutex::default(),
            dropped: Arc::new(LimitCounter::new("capture")),
            flows: AtomicU64::new(0),
            keeps_sound,
            stopping: AtomicBool::new(false),
            clock,
            origin: now.saturating_sub(clock.now().micros()),
        }
    }

    /// Microseconds since the Unix epoch.
    pub(super) fn now(&self) -> u64 {
        self.origin + self.clock.now().micros()
    }

    /// The moment of the clock at so many microseconds since the Unix epoch.
    pub(super) fn instant(&self, micros: u64) -> Instant {
        Instant::from_micros(micros.saturating_sub(self.origin))
    }

    /// Takes all that waits.
    pub(super) fn take(&self) -> Vec<Record> {
        let mut waiting = self.waiting();
        waiting.bytes = 0;
        std::mem::take(&mut waiting.records)
    }

    /// The limit of what waits.
    pub(super) fn limit(&self) -> Arc<LimitCounter> {
        Arc::clone(&self.dropped)
    }

    /// How many records found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.total()
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn push(&self, ends: Ends, what: What) {
        let micros = self.now();
        let mut waiting = self.waiting();
        let bytes = waiting.bytes + what.bytes();
        // What ends something is always taken: there is one for each.
        let is_end = matches!(what, What::Closed(_) | What::FlowEnded(_));
        if is_end || waiting.records.len() < WIRE_MAX && bytes <= BYTES_MAX {
            waiting.bytes = bytes;
            waiting.number += 1;
            let at = Moment { micros, number: waiting.number };
            waiting.records.push(Record { at, ends, what });
        } else {
            drop(waiting);
            self.dropped.reached(self.clock.now(), WIRE_MAX as u64, "a record is missing in the capture");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Pace;
    use crate::rtp::receive::Formats;

    const FORMATS: Formats = Formats { laws: [Some(0), None], events: None };

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn what_finds_no_room_is_counted_and_ends_are_taken() {
        let queue = Arc::new(Queue::new(Clock::start(1, Pace::Realtime), true));
        let tap = Tap::new(Arc::clone(&queue));
        let flow = tap.flow("c", address(0).ip()).unwrap();
        for _ in 0..WIRE_MAX + 3 {
            flow.datagram(Way::In, (4_000, address(1)), (FORMATS, true), &[0; 12]);
        }
        drop(flow);
        tap.closed(Transport::Tcp, (address(1), address(2)));
        assert_eq!(queue.dropped(), 3);
        assert_eq!(queue.take().len(), WIRE_MAX + 2);
        tap.message(Transport::Udp, Way::In, (address(1), address(2)), || Bytes::from_static(b"SIP"));
        assert_eq!((queue.take().len(), queue.dropped()), (1, 3));
    }

    #[test]
    fn long_records_wait_in_a_smaller_number() {
        let queue = Arc::new(Queue::new(Clock::start(1, Pace::Realtime), true));
        let tap = Tap::new(Arc::clone(&queue));
        let long = Bytes::from(vec![b'x'; BYTES_MAX / 4]);
        for _ in 0..5 {
            tap.message(Transport::Udp, Way::In, (address(1), address(2)), || long.clone());
        }
        assert_eq!(queue.dropped(), 1);
    }

    #[test]
    fn where_nothing_is_kept_nothing_is_made() {
        let tap = Tap::default();
        assert!(!tap.is_on() && tap.flow("c", address(0).ip()).is_none());
        tap.message(Transport::Udp, Way::In, (address(1), address(2)), || panic!("is not asked for"));
    }
}
