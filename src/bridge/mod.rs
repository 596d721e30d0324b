//! Floor 3: the bridge as rows, without a runtime, a clock or I/O. World and the exchange both drive it.

pub mod deadlines;
pub mod envelope;
pub mod faults;
pub(crate) mod legs;
pub mod protocol;
