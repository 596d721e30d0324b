//! Samples in, samples out: what the bridge plays and how long it lasts.
//!
//! Nothing here opens a file or reads a clock. What must be known without opening a sound file is
//! in the [`manifest`].

pub mod manifest;
