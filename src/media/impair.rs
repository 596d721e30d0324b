//! Impairments of sound by telephone lines and networks, each a small machine that changes frames in place.
//!
//! Every impairment has `apply(&mut self, samples: &mut [i16])`, which may be given a whole recording or one frame of
//! 20 ms at a time. Those that work on packets (in [`packets`]) treat every [`FRAME`](crate::media::rate::FRAME)
//! samples as one packet. There is no hidden randomness: random impairments take a generator that
//! was seeded. No parameter makes any of them panic; the code that reads parameters decides which make sense.

pub mod codec;
pub mod conditions;
pub mod line;
pub mod noise;
pub mod onset;
pub mod packets;
