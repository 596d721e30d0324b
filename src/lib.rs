//! Attendant: the dial-in side of an audio conferencing service, simulated.

pub mod cli;
pub mod clock;
pub mod control;
pub mod media;
pub mod scenario;
pub mod telemetry;
