//! Floor 5: playing one case, in virtual time or on the live exchange, and judging it.

pub(crate) mod acts;
mod by_ear;
mod case;
pub mod facts;
pub mod invariants;
pub mod live;
pub mod machines;
pub mod outward;
mod run;
pub mod stored;
pub mod via;
mod watched;
mod webhooks;
pub mod world;

pub use case::{Failure, Played, invariants_of, play, play_on, play_tampered, play_watched};
pub use run::{Bridge, CaseRun, Lateness, Outcome, OverSip};
pub use watched::Watched;
