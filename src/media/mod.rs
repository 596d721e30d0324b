//! Samples in, samples out: what the bridge plays and how long it lasts, the keys that callers press,
//! and what lines do to both.
//!
//! Nothing here opens a file or reads a clock. What must be known without opening a sound file is
//! in the [`manifest`].

pub mod amount;
pub mod dtmf;
pub mod g711;
pub mod impair;
pub mod level;
pub mod manifest;
pub mod mixer;
pub mod oscillator;
pub mod telephone_event;
