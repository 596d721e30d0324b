//! Floor 5: the scenario file, and playing it.

pub mod log;
pub mod story;
pub mod world;
