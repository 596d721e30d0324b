//! Attendant: the dial-in side of an audio conferencing service, simulated.

pub mod media;
