//! Floor 0: decides. No I/O, no async, no clock, no hash order, no entropy.

// Every package names the modules of all floors alike.
use crate as control;

pub mod account;
pub mod attendant;
pub mod call;
pub mod caller;
pub mod collect;
pub mod conclusions;
pub mod conference;
pub mod delivery;
pub mod directory;
pub mod event;
pub mod meeting;
mod named;
pub mod numbers;
pub mod outputs;
pub mod pin;
pub mod policy;
pub mod presence;
pub mod query;
pub mod time;
