//! A thread that is told the time.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::sync::mpsc;

use super::*;
use crate::clock::Pace;
use crate::leg::rtp::line_side::{LineSide, Way};
use crate::leg::rtp::sockets::bind;
use crate::rtp::ports::Ports;
use crate::sip::offer::{Direction, RemoteRtcp};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A thread that does not run: the test tells it the time.
struct Bench {
    thread: MediaThread,
    side: LineSide,
    _orders: SyncSender<ToThread>,
    _reports: mpsc::Receiver<Report>,
    /// What callers hear with.
    telephone: UdpSocket,
}

impl Bench {
    fn new() -> Self {
        let library = Arc::clone(Library::built_in());
        let encoded = Arc::new(EncodedLibrary::new(&library));
        let (orders, messages) = sync_channel(ORDERS);
        let (reports, reported) = mpsc::channel(8);
        let rtcp = bind(SocketAddr::new(HOME, 0)).unwrap();
        let way = Way { orders: orders.clone(), rtcp: rtcp.local_addr().unwrap() };
        let telephone = bind(SocketAddr::new(HOME, 0)).unwrap();
        let first = telephone.local_addr().unwrap().port().min(60_000);
        let ports = Ports::split(first..=first + 400, NonZeroUsize::MIN, 7).remove(0);
        let mut thread = MediaThread::new(Parts {
            clock: Clock::start(1, Pace::Realtime),
            media_gone: None,
            library,
            encoded,
            messages,
            replies: vec![Replies::new(reports)],
            shared: Arc::default(),
            stats: Arc::new(ThreadStats::new()),
            rtcp,
            cname: "bench".into(),
            origin: NtpTime::from_bits(0),
            seed: 1,
        })
        .unwrap();
        thread.next = 1_000;
        let side = LineSide::new(0, HOME, ports, vec![way]);
        Self { thread, side, _orders: orders, _reports: reported, telephone }
    }

    fn open(&mut self, flow: u32) {
        let now = Instant::from_millis(1_000);
        let reserved = self.side.reserve(now).unwrap();
        let agreed = Agreed {
            remote: self.telephone.local_addr().unwrap(),
            rtcp: RemoteRtcp::Muxed,
            codec: crate::media::g711::Law::Pcmu,
            payload_type: 0,
            events: Some(101),
            direction: Direction::SendRecv,
        };
        let peer = Peer { signalling: HOME, listed: false };
        let open = Order::Open { flow: FlowId(flow), reserved, agreed, peer, tap: None };
        self.thread.take(now, ToThread::Order(0, open));
    }

    /// The thread wakes at this millisecond. How many packets it sends.
    fn wake(&mut self, millisecond: u64) -> u64 {
        let before = self.figures().packets_sent;
        self.thread.send(Instant::from_millis(millisecond));
        self.figures().packets_sent - before
    }

    fn figures(&self) -> crate::leg::rtp::MediaFigures {
        crate::leg::rtp::MediaFigures::of(&[Arc::clone(&self.thread.parts.stats)])
    }
}

#[test]
fn each_flow_sends_in_its_own_millisecond_of_twenty() {
    let mut bench = Bench::new();
    (0..40).for_each(|flow| bench.open(flow));
    let sent: Vec<u64> = (1_000..1_040).map(|millisecond| bench.wake(millisecond)).collect();
    assert_eq!(sent, [2; 40]);
    assert_eq!(bench.wake(1_039), 0, "what was sent is not sent again");
}

#[test]
fn a_late_thread_catches_up_without_a_burst() {
    let mut bench = Bench::new();
    (0..40).for_each(|flow| bench.open(flow));
    for millisecond in 1_000..1_020 {
        bench.wake(millisecond);
    }
    assert_eq!(bench.wake(1_029), 20, "all that fell due within ten milliseconds");
    assert_eq!(bench.figures().packets_skipped, 0);
    assert_eq!(bench.wake(1_520), 40, "one packet of each flow");
    assert_eq!(bench.figures().packets_skipped, 2 * (1_520 - 1_029 - 20));
    assert_eq!(bench.wake(1_521), 2);
}

#[test]
fn rows_that_are_closed_are_used_again() {
    let mut bench = Bench::new();
    for round in 0..5 {
        (0..20).for_each(|flow| bench.open(20 * round + flow));
        for flow in 0..20 {
            bench.thread.close(Instant::from_millis(1_000), 0, FlowId(20 * round + flow));
        }
    }
    assert_eq!((bench.thread.flows.len(), bench.thread.flows.rows.len()), (0, 20));
    assert_eq!(bench.thread.resting.len(), 100);
    bench.thread.resting.handle_timeout(Instant::from_millis(11_000));
    assert_eq!(bench.thread.resting.len(), 0);
}
