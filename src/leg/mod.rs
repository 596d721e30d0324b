//! Floor 3: what is on the other end of a call.

pub mod cast;
pub mod log;
pub mod scripted;
