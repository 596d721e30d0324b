//! Orders to a thread that takes none.

use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::control::call::{LegId, Source};
use crate::leg::rtp::Peer;
use crate::media::g711::Law;
use crate::sip::offer::{Agreed, Direction, RemoteRtcp};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A side whose thread takes so many orders, and none from there on.
fn side(orders: usize) -> (LineSide, Receiver<ToThread>) {
    let (orders, taken) = sync_channel(orders);
    let free = bind(SocketAddr::new(HOME, 0)).unwrap().local_addr().unwrap();
    let first = free.port().min(60_000);
    let ports = Ports::split(first..=first + 200, NonZeroUsize::MIN, 7).remove(0);
    (LineSide::new(3, HOME, ports, vec![Way { orders, rtcp: free }]), taken)
}

fn open(side: &mut LineSide, flow: u32) -> Result<(), Full> {
    let reserved = side.reserve(Instant::ZERO).unwrap();
    let agreed = Agreed {
        remote: reserved.local().rtp,
        rtcp: RemoteRtcp::Muxed,
        codec: Law::Pcmu,
        payload_type: 0,
        events: None,
        direction: Direction::SendRecv,
    };
    let peer = Peer { signalling: HOME, listed: false };
    side.order(Order::Open { flow: FlowId(flow), reserved, agreed, peer, tap: None })
}

/// The orders that the thread has: which side's, for which flow, and whether to close it.
fn taken(orders: &Receiver<ToThread>) -> Vec<(u16, u32, bool)> {
    let orders = std::iter::from_fn(|| orders.try_recv().ok());
    orders
        .map(|message| match message {
            ToThread::Order(side, order) => (side, order.flow().0, matches!(order, Order::Close { .. })),
            ToThread::Meeting(..) | ToThread::Stop => panic!("{message:?}"),
        })
        .collect()
}

#[test]
fn an_order_that_finds_no_room_is_refused_and_an_end_is_not() {
    let (mut side, orders) = side(2);
    assert_eq!([open(&mut side, 1), open(&mut side, 2)], [Ok(()), Ok(())]);
    assert_eq!(open(&mut side, 3), Err(Full));
    let hears = Order::Hear { flow: FlowId(1), at: Instant::ZERO, source: Source::Silence };
    assert_eq!(side.order(hears), Err(Full));
    assert_eq!(side.order(Order::Close { flow: FlowId(1) }), Ok(()));
    assert_eq!(taken(&orders), [(3, 1, false), (3, 2, false)]);
    assert_eq!(side.order(Order::Leg { flow: FlowId(2), leg: LegId::new(9) }), Ok(()));
    assert_eq!(taken(&orders), [(3, 1, true), (3, 2, false)]);
}

#[test]
fn a_port_whose_order_was_refused_is_free_again() {
    let (mut side, _orders) = side(1);
    open(&mut side, 1).unwrap();
    let refused = (0..300).map(|flow| open(&mut side, 2 + flow));
    assert_eq!(refused.filter(Result::is_err).count(), 300, "more than there are ports");
}

#[test]
fn orders_to_flows_that_are_not_open_go_nowhere() {
    let (mut side, orders) = side(4);
    assert_eq!(side.order(Order::Close { flow: FlowId(1) }), Ok(()));
    open(&mut side, 1).unwrap();
    side.order(Order::Close { flow: FlowId(1) }).unwrap();
    side.order(Order::Leg { flow: FlowId(1), leg: LegId::new(9) }).unwrap();
    assert_eq!(taken(&orders), [(3, 1, false), (3, 1, true)]);
}
