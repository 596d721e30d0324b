//! Floor 5: the scenario file, and playing it.

mod acts;
mod compile;
pub mod explore;
pub mod facts;
pub mod invariants;
pub mod limits;
mod lint;
pub mod live;
pub use crate::leg::log;
mod mask;
pub mod order;
mod params;
pub mod play;
pub mod problem;
pub mod read;
pub mod recording;
pub mod report;
pub mod schema;
pub mod session;
pub mod source;
pub mod story;
pub mod suite;
mod tree;
pub mod truth_table;
mod verbs;
mod words;
pub mod world;
