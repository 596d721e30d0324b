//! The four transactions (RFC 3261 section 17, with what RFC 6026 corrects): one request, its repetitions, its responses.
//!
//! Each is a machine: `handle_input(now, …)` or `handle_timeout(now)` is one change; drain `poll_output()` completely before
//! the next; `poll_timeout()` says when `handle_timeout` is due. After `Terminated` it says nothing more, and is thrown
//! away. `now` never goes backwards.
//!
//! A server transaction keeps the printed response and nothing of the request: it lives on for 32 seconds after the call's
//! fate was decided, and thousands do so at once.

mod client;
mod either;
mod invite_client;
mod invite_server;
mod key;
mod server;

use std::time::Duration;

pub use client::Client;
pub use either::{ClientTransaction, ServerTransaction};
pub use invite_client::InviteClient;
pub use invite_server::InviteServer;
pub use key::{ClientKey, ServerKey};
pub use server::Server;

use super::message::Response;
use bytes::Bytes;

/// An estimate of the round-trip time (RFC 3261 section 17.1.1.1, T1).
pub const T1: Duration = Duration::from_millis(500);
/// The longest time between repetitions of a request other than INVITE, and of a response to INVITE (T2).
pub const T2: Duration = Duration::from_secs(4);
/// How long a message may stay in the network (T4).
pub const T4: Duration = Duration::from_secs(5);
/// How long anything is repeated or waited for (64·T1; timers B, F, H, J, L, M).
pub const TIMEOUT: Duration = Duration::from_secs(32);
/// How long an INVITE may go without any response before a 100 is sent (RFC 3261 section 17.2.1).
pub const TRYING_AFTER: Duration = Duration::from_millis(200);
/// How long a client absorbs repetitions of a final response to INVITE over an unreliable transport (timer D: at least 32
/// s).
pub const ABSORB: Duration = Duration::from_secs(32);

/// What reaches a server transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServerInput {
    /// The request again.
    Retransmission,
    /// The ACK of an INVITE's final response.
    Ack,
    /// The transaction user's response: its status code, and as it goes to the wire.
    Respond(u16, Bytes),
    /// The transport could not send.
    TransportError,
}

/// What a server transaction wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServerOutput {
    /// To where the request came from.
    Send(Bytes),
    /// The ACK that just came in is the transaction user's: it accepted the INVITE.
    Ack,
    /// Nobody acknowledged the final response within [`TIMEOUT`] (RFC 3261 section 17.2.1, timer H).
    Timeout,
    /// The response could not be sent.
    TransportError,
    /// It is over.
    Terminated,
}

/// What reaches a client transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientInput {
    /// A response that matches its [`ClientKey`].
    Response(Box<Response>),
    /// The transport could not send.
    TransportError,
}

/// What a client transaction wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientOutput {
    /// To where the request goes.
    Send(Bytes),
    /// For the transaction user: each provisional response, and the final one; of an INVITE that was accepted every 2xx, for each is
    /// acknowledged by the transaction user (RFC 3261 section 13.2.2.4).
    Response(Box<Response>),
    /// No final response came in time: a 408 to the transaction user (RFC 3261 section 8.1.3.1).
    Timeout,
    /// The request could not be sent: a 503 to the transaction user (RFC 3261 section 8.1.3.1).
    TransportError,
    /// It is over.
    Terminated,
}

/// The next interval of what is repeated twice as slowly each time.
fn doubled(interval: Duration, longest: Duration) -> Duration {
    (interval * 2).min(longest)
}
