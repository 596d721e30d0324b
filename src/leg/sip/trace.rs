//! Who watches the messages that come in and go out: `--trace-sip`, which shows them in the log as they may be shown, and the
//! [capture](crate::leg::capture).

use std::net::SocketAddr;

use bytes::Bytes;

use super::addresses::Addresses;
use crate::leg::capture::{Tap, Way};
use crate::sip::guard::Verdict;
use crate::sip::mask::{Mask, masked};
use crate::sip::shard::Peer;
use crate::sip::transport::Transport;

/// What its lines in the log go by.
const TARGET: &str = "attendant::sip_trace";

/// Both watchers.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    addresses: Addresses,
    tap: Tap,
}

impl Trace {
    pub(super) fn new(addresses: Addresses, tap: Tap) -> Self {
        Self { addresses, tap }
    }

    /// A datagram came in, whatever it is.
    pub(super) fn came(&self, peer: Peer, bytes: &[u8]) {
        self.watch(Way::In, peer, bytes, || Bytes::copy_from_slice(bytes));
    }

    /// A stream brought something that could be read.
    pub(super) fn understood(&self, peer: Peer, verdict: &Verdict) {
        if let Verdict::Pass(message) = verdict
            && (is_shown() || self.tap.is_on())
        {
            let bytes = message.print();
            self.watch(Way::In, peer, &bytes, || bytes.clone());
        }
    }

    /// Something goes out.
    pub(super) fn goes(&self, peer: Peer, bytes: &Bytes) {
        self.watch(Way::Out, peer, bytes, || bytes.clone());
    }

    /// A stream has closed.
    pub(super) fn closed(&self, peer: Peer) {
        self.tap.closed(self.addresses.transport(peer), self.ends(peer));
    }

    fn watch(&self, way: Way, peer: Peer, bytes: &[u8], owned: impl FnOnce() -> Bytes) {
        let transport = self.addresses.transport(peer);
        if is_shown() && !is_blank(bytes) {
            show(way, transport, peer.address, bytes);
        }
        if self.tap.is_on() {
            self.tap.message(transport, way, self.ends(peer), owned);
        }
    }

    fn ends(&self, peer: Peer) -> (SocketAddr, SocketAddr) {
        (self.addresses.ours(peer), peer.address)
    }
}

fn is_shown() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::DEBUG)
}

fn show(way: Way, transport: Transport, peer: SocketAddr, bytes: &[u8]) {
    let way = match way {
        Way::In => "from",
        Way::Out => "to",
    };
    let text = masked(bytes, Mask::Letter);
    let text = String::from_utf8_lossy(&text);
    tracing::debug!(target: TARGET, "{way} {peer} by {}\n{text}", transport.via_name());
}

/// Whether it only keeps a NAT's binding alive.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
