//! Attendant: the dial-in side of an audio conferencing service, simulated.

pub mod control;
pub mod media;
pub mod scenario;
