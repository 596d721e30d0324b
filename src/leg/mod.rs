//! Floor 3: what is on the other end of a call.

pub mod cast;
mod device;
pub mod log;
pub mod scripted;
