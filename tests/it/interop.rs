//! Telephones of others: sipp, baresip, linphonec and Kamailio call the real program over loopback.

mod baresip;
mod bridge;
mod handset;
mod heard;
mod kamailio;
mod linphonec;
mod signalling;
mod sipp;
mod softphone;
mod stories;

use std::net::{TcpListener, UdpSocket};

use bridge::Bridge;

/// A port that was free for UDP and TCP a moment ago, for programs that cannot choose one themselves.
fn free_port() -> u16 {
    std::iter::repeat_with(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        UdpSocket::bind(("127.0.0.1", port)).is_ok().then_some(port)
    })
    .flatten()
    .next()
    .unwrap()
}
