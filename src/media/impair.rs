//! Impairments of sound by telephone lines and networks, each a small machine that changes frames in place.
//!
//! Every impairment has `apply(&mut self, samples: &mut [i16])`, which may be given a whole recording or one frame of
//! 20 ms after the other. Those that work on packets (in [`packets`]) take every [`FRAME`](crate::media::rate::FRAME)
//! samples of what they are given for one packet. Nothing has entropy of its own: what is random takes a generator that
//! a seed started. No parameter makes any of them panic; the readers of parameters decide which make sense.

pub mod codec;
pub mod conditions;
pub mod line;
pub mod noise;
pub mod onset;
pub mod packets;
