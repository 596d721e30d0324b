//! Floor 5: the scenario file, and playing it.

pub mod facts;
pub mod invariants;
pub mod log;
pub mod play;
pub mod story;
pub mod world;
