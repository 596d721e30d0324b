//! Media threads on loopback, with one shard of signalling and the telephones that call.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use attendant::clock::{Clock, Pace};
use attendant::control::call::{Language, LegId, PlaybackId, Prompt, Source};
use attendant::control::event::{Admission, Event, MeetingEvent, MeetingId, Place};
use attendant::control::time::Instant;
use attendant::leg::log::{Entry, Sink as _};
use attendant::leg::rtp::{
    FlowId, LineSide, Media, MediaFigures, MeetingSink, Order, Peer, Report, Reserved, Settings,
};
use attendant::media::g711::Law;
use attendant::media::library::Library;
use attendant::rtp::flow::Figures;
use attendant::rtp::receive::Pressed;
use attendant::sip::offer::{Agreed, Direction, LocalAddress, RemoteRtcp};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use super::phone::Phone;
use crate::bounded::LIMIT;

pub(super) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(super) const MEETING: MeetingId = MeetingId(4);

/// The payload type of telephone events.
pub(super) const EVENTS: u8 = 101;

/// A range of so many ports of which one was free a moment ago. Those that others have are passed over.
pub(super) fn ports(count: u16) -> RangeInclusive<u16> {
    let free = UdpSocket::bind((HOME, 0)).unwrap().local_addr().unwrap().port();
    let first = free.min(u16::MAX - count) & !1;
    first..=first + count
}

/// The source of this prompt in English.
pub(super) fn prompt(prompt: Prompt) -> Source {
    Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
}

/// Media threads with their one shard of signalling, and the event stream that they read.
pub(super) struct Office {
    pub(super) media: Media,
    pub(super) side: LineSide,
    pub(super) sink: MeetingSink,
    pub(super) clock: Clock,
    reports: mpsc::Receiver<Report>,
    runtime: Runtime,
    flows: u32,
    /// What came before it was asked for.
    early: Vec<Report>,
}

impl Office {
    pub(super) fn open(threads: usize) -> Self {
        Self::open_on(threads, ports(200), 1)
    }

    pub(super) fn open_on(threads: usize, ports: RangeInclusive<u16>, speed: u32) -> Self {
        let clock = Clock::start(speed, Pace::Realtime);
        let (media, mut sides) = Media::start(Settings {
            bind: HOME,
            ports,
            threads: NonZeroUsize::new(threads).unwrap(),
            sides: NonZeroUsize::MIN,
            library: Arc::clone(Library::built_in()),
            media_gone: None,
            clock,
            seed: 7,
        })
        .unwrap();
        let (side, reports) = sides.remove(0);
        let sink = media.meeting_sink();
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        Self { media, side, sink, clock, reports, runtime, flows: 0, early: Vec::new() }
    }

    pub(super) fn order(&mut self, order: Order) {
        self.side.order(order).unwrap();
    }

    /// A telephone calls, and is answered.
    pub(super) fn call(&mut self, law: Law) -> Phone {
        self.call_with(|agreed| agreed.codec = law)
    }

    pub(super) fn call_with(&mut self, agree: impl FnOnce(&mut Agreed)) -> Phone {
        let socket = UdpSocket::bind((HOME, 0)).unwrap();
        let mut agreed = Agreed {
            remote: socket.local_addr().unwrap(),
            rtcp: RemoteRtcp::Muxed,
            codec: Law::Pcmu,
            payload_type: 0,
            events: Some(EVENTS),
            direction: Direction::SendRecv,
        };
        agree(&mut agreed);
        agreed.payload_type = agreed.codec.payload_type();
        let flow = FlowId(self.flows);
        self.flows += 1;
        let local = self.open_flow(flow, agreed);
        let leg = LegId::new(flow.0.into());
        self.order(Order::Leg { flow, leg });
        Phone::new(socket, local, (flow, leg), agreed)
    }

    pub(super) fn open_flow(&mut self, flow: FlowId, agreed: Agreed) -> LocalAddress {
        let reserved: Reserved = self.side.reserve(self.clock.now()).unwrap();
        let local = reserved.local();
        let peer = Peer { signalling: HOME, listed: false };
        self.order(Order::Open { flow, reserved, agreed, peer, tap: None });
        local
    }

    pub(super) fn change(&mut self, phone: &Phone, agreed: Agreed) {
        let peer = Peer { signalling: HOME, listed: false };
        self.order(Order::Change { flow: phone.flow, agreed, peer });
    }

    pub(super) fn hear(&mut self, phone: &Phone, at: Instant, source: Source) {
        self.order(Order::Hear { flow: phone.flow, at, source });
    }

    pub(super) fn record(&mut self, event: MeetingEvent) {
        self.sink.take(self.clock.now(), Entry::Event(Event::Meeting(event)));
    }

    /// A caller comes into the meeting, and hears it.
    pub(super) fn join(&mut self, phone: &Phone) {
        self.joined(phone.leg);
        self.hear(phone, self.clock.now(), Source::Conference);
    }

    pub(super) fn joined(&mut self, leg: LegId) {
        self.record(MeetingEvent::Joined { meeting: MEETING, leg, admission: Admission::Direct });
    }

    pub(super) fn left(&mut self, leg: LegId) {
        self.record(MeetingEvent::Left { meeting: MEETING, leg, place: Place::Joined });
    }

    /// The next key that was heard of a telephone.
    #[track_caller]
    pub(super) fn pressed(&mut self, phone: &Phone) -> Pressed {
        self.report(|report| match report {
            Report::Heard { flow, pressed, .. } => (*flow == phone.flow).then_some(*pressed),
            Report::Silent { .. } | Report::Closed { .. } => None,
        })
    }

    /// Hangs a telephone up. Gives its figures, and how many keys were heard that nobody asked for.
    #[track_caller]
    pub(super) fn hang_up(&mut self, phone: &Phone) -> (Figures, usize) {
        self.order(Order::Close { flow: phone.flow });
        let figures = self.closed(phone.flow);
        let keys = self.early.iter().filter(|report| match report {
            Report::Heard { flow, .. } => *flow == phone.flow,
            Report::Silent { .. } | Report::Closed { .. } => false,
        });
        (figures, keys.count())
    }

    #[track_caller]
    pub(super) fn closed(&mut self, flow: FlowId) -> Figures {
        self.report(|report| match report {
            Report::Closed { flow: closed, figures } => (*closed == flow).then_some(*figures),
            Report::Heard { .. } | Report::Silent { .. } => None,
        })
    }

    #[track_caller]
    fn report<T>(&mut self, wanted: impl Fn(&Report) -> Option<T>) -> T {
        if let Some(at) = self.early.iter().position(|report| wanted(report).is_some()) {
            return wanted(&self.early.remove(at)).expect("it was just found");
        }
        loop {
            let Self { reports, runtime, .. } = self;
            let next = runtime.block_on(async { tokio::time::timeout(LIMIT, reports.recv()).await });
            let report = next.expect("a report in time").expect("the threads run");
            match wanted(&report) {
                Some(found) => return found,
                None => self.early.push(report),
            }
        }
    }

    pub(super) fn figures(&self) -> MediaFigures {
        self.media.figures()
    }

    /// Waits until the bridge's clock shows so much more.
    pub(super) fn pass(&self, time: Duration) {
        let until = self.clock.now() + time;
        crate::bounded::until("time passes", || self.clock.now() >= until);
    }
}

/// The address of a stranger: another host.
pub(super) fn elsewhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 2], 0))
}
