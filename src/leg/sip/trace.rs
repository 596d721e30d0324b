//! What `--trace-sip` shows: every message that comes in and goes out, as it may be shown.

use std::net::SocketAddr;

use crate::sip::guard::Verdict;
use crate::sip::mask::masked;
use crate::sip::transport::Transport;

/// What its lines in the log go by.
const TARGET: &str = "attendant::sip_trace";

/// Shows a datagram that came in, whatever it was.
pub(super) fn came(transport: Transport, peer: SocketAddr, bytes: &[u8]) {
    show("from", transport, peer, bytes);
}

/// Shows what a stream brought, if it could be read.
pub(super) fn understood(transport: Transport, peer: SocketAddr, verdict: &Verdict) {
    if is_on()
        && let Verdict::Pass(message) = verdict
    {
        show("from", transport, peer, &message.print());
    }
}

/// Shows what goes out.
pub(super) fn goes(transport: Transport, peer: SocketAddr, bytes: &[u8]) {
    show("to", transport, peer, bytes);
}

fn is_on() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
}

fn show(way: &str, transport: Transport, peer: SocketAddr, bytes: &[u8]) {
    if is_on() && !is_blank(bytes) {
        tracing::debug!(target: TARGET, "{way} {peer} by {}\n{}", transport.via_name(), masked(bytes));
    }
}

/// Whether it only keeps a NAT's binding alive.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
