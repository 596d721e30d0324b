//! Floor 5: the scenario file, and playing it.

mod compile;
pub mod limits;
mod lint;
mod mask;
mod params;
pub mod problem;
pub mod read;
pub mod schema;
pub mod source;
pub mod story;
mod tree;
mod verbs;
mod words;
