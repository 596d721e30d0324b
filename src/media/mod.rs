//! Samples in, samples out: what the bridge plays, how long it lasts and how it sounds, the keys that callers press, and
//! what lines do to both.
//!
//! Nothing here opens a file or reads a clock: sounds come as bytes, time as an argument. The recordings are part of the
//! program, in the [`library`].

// Every package names the modules of all floors alike.
use crate as media;
use attendant_control as control;

pub mod amount;
pub mod conference_audio;
pub mod dtmf;
pub mod g711;
pub mod hear;
pub mod impair;
pub mod inspect;
pub mod level;
pub mod library;
pub mod manifest;
pub mod mixer;
pub mod oscillator;
pub mod playout;
pub mod rate;
pub mod speaker;
pub mod speech_level;
pub mod telephone_event;
mod tone;
pub mod wav;
