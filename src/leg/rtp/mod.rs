//! The media of telephones: sockets, and the threads that own them.
//!
//! A media thread wakes each millisecond, sends what is due, and takes in what has come. A call's flow stays on one
//! thread for life, so that nothing is locked for a packet. What meetings sound like is mixed by one thread for each
//! meeting, and read by all who carry somebody in it.
//!
//! Signalling has a [`LineSide`] for each of its shards: it [reserves](LineSide::reserve) a port for a call, gives
//! [orders](Order), and gets [reports](Report) back. Who is in which meeting comes from the bridge's event stream, by
//! [`MeetingSink`].

mod agreement;
mod flow_row;
mod flows;
mod line_side;
mod name;
mod orders;
mod replies;
mod resting;
mod room;
mod rooms;
mod shared;
mod sink;
mod sockets;
mod start;
mod stats;
mod thread;
mod voices;

pub use line_side::{Full, LineSide, ReserveError, Reserved, TRIES_MAX};
pub use orders::{FlowId, ORDERS, Order, Peer, REPORTS, Report};
pub use sink::MeetingSink;
pub use start::{Media, Settings, StartError};
pub use stats::{Lateness, MediaFigures};
