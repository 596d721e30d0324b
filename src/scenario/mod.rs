//! Floor 5: the scenario file, and playing it.

pub mod story;
