//! SIP over UDP: the task that reads the socket. It judges each datagram and passes it on; no call waits for it.

use std::io;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::addresses::Addresses;
use super::inbox::Inboxes;
use super::trace::Trace;
use crate::sip::guard::{MESSAGE_MAX, datagram};
use crate::sip::transport::Transport;

/// Datagrams that are read before others have their turn.
const AT_ONCE: usize = 64;

/// Bytes that the system may keep for us while we are busy, if it lets us: 2,000 INVITEs.
pub(super) const RECEIVE_BUFFER: usize = 4 << 20;

/// Reads until `stop`.
pub(super) async fn receive(
    socket: Arc<UdpSocket>,
    (addresses, trace): (Addresses, Trace),
    inboxes: Arc<Inboxes>,
    stop: CancellationToken,
) {
    let mut buffer = vec![0; MESSAGE_MAX];
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            ready = socket.readable() => if let Err(error) = ready {
                tracing::error!(target: "attendant::sip", %error, "SIP over UDP is not read any more");
                return;
            }
        }
        for _ in 0..AT_ONCE {
            match socket.try_recv_from(&mut buffer) {
                Ok((length, source)) => {
                    let peer = addresses.peer(Transport::Udp, source);
                    trace.came(peer, &buffer[..length]);
                    let verdict = datagram(&buffer[..length], source);
                    if let Some(answer) = inboxes.datagram(peer, verdict) {
                        trace.goes(peer, &answer);
                        // One that finds no room is lost as any datagram may be: the request comes again.
                        let _lost = socket.try_send_to(&answer, source);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // What the network says of an earlier datagram: timers tell the call.
                Err(error) => {
                    tracing::debug!(target: "attendant::sip", %error, "a datagram could not be read");
                }
            }
        }
    }
}
