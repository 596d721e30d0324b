//! The way out: datagrams by the socket that they came in by, messages of streams by the connection that the peer has opened.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustc_hash::FxBuildHasher;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::addresses::Addresses;
use super::gauges::{Gauge, Gauges};
use super::trace::Trace;
use crate::sip::refusal::Refusal;
use crate::sip::shard::Peer;
use crate::sip::transport::Transport;

/// Streams at once.
pub const CONNECTIONS: usize = 10_000;

/// Streams of one source at once; loopback's and listed peers' only count against [`CONNECTIONS`].
pub const CONNECTIONS_A_SOURCE: usize = 100;

/// Messages that may wait for a peer that reads slowly. Beyond them its stream is closed.
pub const UNSENT: usize = 256;

/// The sockets that are sent by.
#[derive(Debug)]
pub(super) struct Wire {
    udp: Arc<UdpSocket>,
    addresses: Addresses,
    streams: Arc<Streams>,
    trace: Trace,
}

/// Nothing can be sent to this peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unreachable;

impl Wire {
    pub(super) fn new(
        udp: Arc<UdpSocket>,
        addresses: Addresses,
        streams: Arc<Streams>,
        trace: Trace,
    ) -> Self {
        Self { udp, addresses, streams, trace }
    }

    /// Sends a message. A stream that is gone or does not take it is not opened again: peers open theirs.
    pub(super) async fn send(&self, peer: Peer, bytes: Bytes) -> Result<(), Unreachable> {
        let transport = self.addresses.transport(peer);
        self.trace.goes(peer, &bytes);
        match transport {
            Transport::Udp => match self.udp.send_to(&bytes, peer.address).await {
                Ok(_) => Ok(()),
                Err(error) => {
                    tracing::debug!(target: "attendant::sip", peer = %peer.address, %error, "a datagram could not be sent");
                    Err(Unreachable)
                }
            },
            Transport::Tcp | Transport::Tls => self.streams.send((transport, peer.address), bytes),
        }
    }
}

/// A stream, by its transport and its peer's address.
type StreamKey = (Transport, SocketAddr);

/// The streams that are open.
#[derive(Debug)]
pub(super) struct Streams {
    table: Mutex<Table>,
    gauges: Gauges,
}

#[derive(Debug, Default)]
struct Table {
    queues: HashMap<StreamKey, mpsc::Sender<Bytes>, FxBuildHasher>,
    /// How many each source has.
    sources: HashMap<IpAddr, usize, FxBuildHasher>,
    /// How many the gauges show.
    shown: usize,
}

impl Streams {
    pub(super) fn new(gauges: Gauges) -> Self {
        Self { table: Mutex::default(), gauges }
    }

    /// Takes a stream in; what is sent to its peer comes out of the receiver. It is open until the seat is dropped.
    pub(super) fn admit(
        self: &Arc<Self>,
        key: StreamKey,
        is_trusted: bool,
    ) -> Result<(Seat, mpsc::Receiver<Bytes>), Refusal> {
        let mut table = self.table();
        let source = key.1.ip().to_canonical();
        let of_source = table.sources.get(&source).copied().unwrap_or(0);
        if table.queues.len() >= CONNECTIONS || !is_trusted && of_source >= CONNECTIONS_A_SOURCE {
            return Err(Refusal::TooManyStreams);
        }
        let (queue, unsent) = mpsc::channel(UNSENT);
        table.queues.insert(key, queue);
        *table.sources.entry(source).or_default() += 1;
        self.show(&mut table);
        Ok((Seat { streams: Arc::clone(self), key }, unsent))
    }

    fn show(&self, table: &mut Table) {
        let now = table.queues.len();
        self.gauges.change(Gauge::Streams, &mut table.shown, now);
    }

    fn send(&self, key: StreamKey, bytes: Bytes) -> Result<(), Unreachable> {
        let mut table = self.table();
        let queue = table.queues.get(&key).ok_or(Unreachable)?;
        if queue.try_send(bytes).is_ok() {
            return Ok(());
        }
        tracing::warn!(target: "attendant::sip", peer = %key.1, "a stream is closed: its peer does not read what it is sent");
        table.queues.remove(&key);
        Err(Unreachable)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a stream in the table.
#[derive(Debug)]
pub(super) struct Seat {
    streams: Arc<Streams>,
    key: StreamKey,
}

impl Seat {
    /// Sends something by this stream.
    pub(super) fn send(&self, bytes: Bytes) -> Result<(), Unreachable> {
        self.streams.send(self.key, bytes)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.streams.table();
        table.queues.remove(&self.key);
        let source = self.key.1.ip().to_canonical();
        if let Some(count) = table.sources.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                table.sources.remove(&source);
            }
        }
        self.streams.show(&mut table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(host: u8, port: u16) -> StreamKey {
        (Transport::Tcp, SocketAddr::from(([192, 0, 2, host], port)))
    }

    #[test]
    fn a_source_has_so_many_streams_and_others_have_theirs() {
        let streams = Arc::new(Streams::new(Gauges::default()));
        let ports = 1..=u16::try_from(CONNECTIONS_A_SOURCE).unwrap();
        let mut seats: Vec<_> = ports.map(|port| streams.admit(key(7, port), false).unwrap()).collect();
        assert_eq!(streams.admit(key(7, 999), false).map(drop).unwrap_err(), Refusal::TooManyStreams);
        assert!(streams.admit(key(8, 1), false).is_ok() && streams.admit(key(7, 999), true).is_ok());
        seats.pop();
        assert!(streams.admit(key(7, 999), false).is_ok());
        drop(seats);
        assert_eq!((streams.gauges.get(Gauge::Streams), streams.table().sources.len()), (0, 0));
    }

    #[test]
    fn a_peer_that_does_not_read_is_cut_off() {
        let streams = Arc::new(Streams::new(Gauges::default()));
        let (seat, mut unsent) = streams.admit(key(7, 1), false).unwrap();
        for _ in 0..UNSENT {
            seat.send(Bytes::from_static(b"OPTIONS")).unwrap();
        }
        assert_eq!(seat.send(Bytes::from_static(b"OPTIONS")), Err(Unreachable));
        let read = std::iter::from_fn(|| unsent.try_recv().ok()).count();
        assert_eq!((read, unsent.is_closed()), (UNSENT, true));
    }
}
