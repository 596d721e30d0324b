//! Floor 3: the bridge as rows, without a runtime, a clock or I/O. World and the exchange both drive it.
//!
//! A call belongs to the bridge; its far end speaks the [`protocol`] and knows nothing of attendants and
//! meetings.

pub mod calls;
pub mod conferences;
pub mod deadlines;
pub mod envelope;
pub mod faults;
mod legs;
mod prefetch;
pub mod protocol;
pub mod shard;
pub mod side;

pub use prefetch::prefetch;
