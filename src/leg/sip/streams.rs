//! SIP over TCP and TLS: the task that takes connections in, and one for each of them, which reads with limits and sends what
//! its peer is told.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::addresses::Addresses;
use super::inbox::Inboxes;
use super::trace::Trace;
use super::wire::{Seat, Streams};
use crate::sip::framer::{Frame, Framer, MESSAGE_WITHIN};
use crate::sip::network::Network;
use crate::sip::refusal::Refusal;
use crate::sip::shard::Peer;
use crate::sip::transport::Transport;

/// Bytes that are read at once: most messages.
const READ: usize = 2_048;

/// How long a connection that is closed may take to send what waits.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait when the system gives no connection, as without free files.
const PAUSE: Duration = Duration::from_millis(100);

/// What every connection is given.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) addresses: Addresses,
    pub(super) inboxes: Arc<Inboxes>,
    pub(super) streams: Arc<Streams>,
    pub(super) trace: Trace,
    /// Peers with no limit of their own.
    pub(super) trusted: Arc<[Network]>,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Takes connections in until `stop`; encrypted ones with the newest of these configurations.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    shared: Shared,
) {
    let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let tls = tls.as_ref().map(|tls| TlsAcceptor::from(Arc::clone(&tls.borrow())));
                take_in(stream, address, transport, tls, &shared);
            }
            Err(error) => {
                tracing::warn!(target: "attendant::sip", %error, "a SIP connection could not be taken in");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn take_in(
    stream: TcpStream,
    address: SocketAddr,
    transport: Transport,
    tls: Option<TlsAcceptor>,
    shared: &Shared,
) {
    let source = address.ip().to_canonical();
    let is_trusted = source.is_loopback() || shared.trusted.iter().any(|network| network.contains(source));
    let (seat, unsent) = match shared.streams.admit((transport, address), is_trusted) {
        Ok(admitted) => admitted,
        Err(refusal) => return shared.inboxes.count(refusal),
    };
    // Small messages are not held back; a system that cannot do that sends them all the same.
    let _delayed = stream.set_nodelay(true);
    let peer = shared.addresses.peer(transport, address);
    let shared = shared.clone();
    shared.tasks.clone().spawn(async move {
        match tls {
            None => converse(stream, peer, (seat, unsent), &shared).await,
            Some(tls) => match timeout(MESSAGE_WITHIN, tls.accept(stream)).await {
                Ok(Ok(stream)) => converse(stream, peer, (seat, unsent), &shared).await,
                Ok(Err(error)) => {
                    tracing::debug!(target: "attendant::sip", peer = %peer.address, %error, "a TLS handshake failed");
                }
                Err(_late) => shared.inboxes.count(Refusal::Slow),
            },
        }
    });
}

/// Reads and writes until either end closes.
async fn converse(
    stream: impl AsyncRead + AsyncWrite,
    peer: Peer,
    (seat, unsent): (Seat, mpsc::Receiver<Bytes>),
    shared: &Shared,
) {
    let (reader, writer) = tokio::io::split(stream);
    let writing = std::pin::pin!(write(writer, unsent));
    let rest = first(read(reader, peer, &seat, shared), writing, &shared.stop).await;
    // Nothing more is sent by it: what waits still goes out.
    drop(seat);
    if let Some(writing) = rest {
        let _in_time = timeout(CLOSES_WITHIN, writing).await;
    }
    shared.trace.closed(peer);
    shared.inboxes.closed(peer).await;
}

/// Waits for the end of reading or of the service, and returns the writing that is left; or for that of writing.
async fn first<W: Future<Output = ()> + Unpin>(
    reading: impl Future<Output = ()>,
    mut writing: W,
    stop: &CancellationToken,
) -> Option<W> {
    tokio::select! {
        () = reading => Some(writing),
        () = stop.cancelled() => Some(writing),
        () = &mut writing => None,
    }
}

async fn read(mut reader: ReadHalf<impl AsyncRead>, peer: Peer, seat: &Seat, shared: &Shared) {
    let clock = shared.inboxes.clock();
    let mut framer = Framer::new(clock.now(), peer.address);
    let mut buffer = [0; READ];
    loop {
        let due = framer.poll_timeout().unwrap_or(crate::control::time::Instant::NEVER);
        tokio::select! {
            read = reader.read(&mut buffer) => match read {
                Ok(length @ 1..) => framer.handle_input(clock.now(), &buffer[..length]),
                Ok(0) | Err(_) => return,
            },
            () = clock.sleep_until(due) => framer.handle_timeout(clock.now()),
        }
        while let Some(frame) = framer.poll_output() {
            let answer = match frame {
                Frame::Message(verdict) => {
                    shared.trace.understood(peer, &verdict);
                    shared.inboxes.of_stream(peer, verdict).await
                }
                Frame::Ping => Some(Bytes::from_static(b"\r\n")),
                Frame::Close(refusal) => return shared.inboxes.count(refusal),
            };
            let Some(answer) = answer else { continue };
            shared.trace.goes(peer, &answer);
            if seat.send(answer).is_err() {
                return;
            }
        }
    }
}

/// Writes what the peer is told, until nobody tells it any more.
async fn write(mut writer: WriteHalf<impl AsyncWrite>, mut unsent: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = unsent.recv().await {
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
        // TLS keeps a part of a record back otherwise.
        if unsent.is_empty() && writer.flush().await.is_err() {
            return;
        }
    }
    // A peer that is gone already is not told.
    let _gone = writer.shutdown().await;
}
