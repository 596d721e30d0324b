//! Floor 3: what is on the other end of a call.

pub mod cast;
pub mod device;
pub mod log;
pub mod simulated;
pub mod trouble;
