//! Floor 3: the far end of a call. It speaks [`crate::bridge::protocol`]; the call itself belongs to the bridge.

pub mod capture;
pub mod cast;
mod device;
mod ends;
pub mod log;
pub mod outward;
pub mod rtp;
pub mod scripted;
pub mod sip;
pub mod trunk;

pub use ends::{Ends, Shard};
