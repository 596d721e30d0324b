//! What passes between a shard of signalling and the media threads.

use std::net::IpAddr;

use super::line_side::Reserved;
use crate::control::call::{LegId, Source};
use crate::control::time::Instant;
use crate::leg::capture::FlowTap;
use crate::rtp::flow::Figures;
use crate::rtp::receive::Pressed;
use crate::sip::offer::Agreed;

/// Orders, and events of meetings, that wait for one media thread: it takes them in each millisecond.
pub const ORDERS: usize = 4_096;

/// Reports that wait for one shard of signalling.
pub const REPORTS: usize = 8_192;

/// The media of one call, as its shard of signalling numbers them. A number may be used again once the flow is
/// [closed](Report::Closed).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FlowId(pub u32);

/// What signalling knows of a peer besides its description: where it is called from decides whose packets are believed, and
/// how many are sent to an address that has not spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// From where its signalling came.
    pub signalling: IpAddr,
    /// It is on the list of those who may name any address for media.
    pub listed: bool,
}

/// What a media thread is to do.
#[derive(Debug)]
pub enum Order {
    /// Begins to send and to receive: silence, until something is to be heard.
    Open {
        /// Which flow.
        flow: FlowId,
        /// Its port.
        reserved: Reserved,
        /// What offer and answer agreed on.
        agreed: Agreed,
        /// Of whom.
        peer: Peer,
        /// Takes down what passes.
        tap: Option<Box<FlowTap>>,
    },
    /// Goes on by a new agreement: hold, another address, another codec. Our stream stays the same.
    Change {
        /// Which flow.
        flow: FlowId,
        /// What offer and answer agreed on.
        agreed: Agreed,
        /// Of whom.
        peer: Peer,
    },
    /// Says goodbye (RTCP BYE) and ends; [`Report::Closed`] follows.
    Close {
        /// Which flow.
        flow: FlowId,
    },
    /// The caller hears this from that moment on.
    Hear {
        /// Which flow.
        flow: FlowId,
        /// From when on.
        at: Instant,
        /// What.
        source: Source,
    },
    /// The bridge answered: this is the flow's leg in the event stream.
    Leg {
        /// Which flow.
        flow: FlowId,
        /// Its leg.
        leg: LegId,
    },
}

impl Order {
    /// Returns the flow that it is about.
    #[must_use]
    pub const fn flow(&self) -> FlowId {
        match self {
            Self::Open { flow, .. }
            | Self::Change { flow, .. }
            | Self::Close { flow }
            | Self::Hear { flow, .. }
            | Self::Leg { flow, .. } => *flow,
        }
    }
}

/// What a media thread tells a shard of signalling.
///
/// A thread never waits for a shard. Reports that find no room wait in the thread, in their order; when [`REPORTS`] wait
/// there too, further keys are dropped, counted and logged. Others are never dropped: there are few for each flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// The caller pressed a key.
    Heard {
        /// Which flow.
        flow: FlowId,
        /// When it was heard.
        at: Instant,
        /// Which key, and how it was told.
        pressed: Pressed,
    },
    /// Nothing has come of the caller for as long as it may be: the call is to be ended.
    Silent {
        /// Which flow.
        flow: FlowId,
    },
    /// A flow has ended: its last figures. Without an order to close it, the system gave it no socket to wait on, and its
    /// call is to be ended.
    Closed {
        /// Which flow.
        flow: FlowId,
        /// All figures.
        figures: Figures,
    },
}
