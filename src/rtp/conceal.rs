//! What is heard where a packet is missing: the last 20 ms that came, again and again, weaker and weaker, until nothing
//! is left after 60 ms (the time that ITU-T G.711, appendix I, takes; it also looks for the pitch, which this does not).

use crate::media::mixer::Frame;
use crate::media::rate::FRAME;

/// Samples after which nothing is left: 60 ms.
pub const FADED: usize = 3 * FRAME;

/// Half of [`FADED`], by which a division is rounded.
const HALF: i32 = FADED as i32 / 2;

/// The sound of one stream where it is whole, and something in its place where it is not.
#[derive(Clone, Debug)]
pub struct Concealer {
    /// The last samples that came, a ring.
    last: Frame,
    /// Where the oldest of them stands, which the next takes the place of.
    oldest: usize,
    /// Samples missing in a row so far, at most [`FADED`].
    missing: usize,
}

impl Default for Concealer {
    fn default() -> Self {
        Self { last: [0; FRAME], oldest: 0, missing: FADED }
    }
}

impl Concealer {
    /// The next sample: what came, or something for what did not.
    pub fn next(&mut self, came: Option<i16>) -> i16 {
        match came {
            Some(sample) => {
                self.missing = 0;
                self.last[self.oldest] = sample;
                self.oldest = (self.oldest + 1) % FRAME;
                sample
            }
            None if self.missing < FADED => {
                let again = i32::from(self.last[(self.oldest + self.missing) % FRAME]);
                let weaker = again * (FADED - self.missing) as i32;
                self.missing += 1;
                // Rounded to the nearest; it only becomes smaller.
                ((weaker + weaker.signum() * HALF) / FADED as i32) as i16
            }
            None => 0,
        }
    }

    /// Whether so much is missing that nothing is heard in its place.
    #[must_use]
    pub fn is_faded(&self) -> bool {
        self.missing == FADED
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::*;
    use crate::media::impair::packets::{Concealment, Loss};

    #[test]
    fn what_came_is_heard_as_it_came() {
        let mut concealer = Concealer::default();
        for sample in [0, 1, -1, i16::MAX, i16::MIN] {
            assert_eq!(concealer.next(Some(sample)), sample);
        }
    }

    #[test]
    fn what_is_missing_is_the_last_frame_and_fades_over_60_ms() {
        let mut concealer = Concealer::default();
        let frame: Frame = std::array::from_fn(|at| 1_000 + at as i16);
        (0..FRAME).for_each(|at| {
            concealer.next(Some(frame[at]));
        });
        let heard: Vec<i16> = (0..FADED).map(|_| concealer.next(None)).collect();
        assert_eq!(heard[0], 1_000);
        assert_eq!(heard[FRAME], 667);
        assert_eq!(heard[2 * FRAME], 333);
        assert_eq!(heard[FADED - 1], 2);
        assert!(concealer.is_faded());
        assert_eq!([concealer.next(None), concealer.next(None)], [0; 2]);
        concealer.next(Some(7));
        assert!(!concealer.is_faded());
    }

    #[test]
    fn nothing_is_repeated_before_anything_came() {
        let mut concealer = Concealer::default();
        assert!((0..2 * FADED).all(|_| concealer.next(None) == 0));
    }

    proptest! {
        /// What impairments of whole packets do, this does sample by sample; theirs is rounded from fractions.
        #[test]
        fn whole_packets_fade_as_an_impaired_line_has_it(seed: u64, part in 0.05_f64..0.9, level in 1_i16..20_000) {
            let sent: Vec<i16> = (0..40 * FRAME).map(|at| (at as i16).wrapping_mul(2_011) % level).collect();
            let mut heard = sent.clone();
            Loss::random(part, Concealment::Fade, ChaCha8Rng::seed_from_u64(seed)).apply(&mut heard);
            let mut lost = vec![1; sent.len()];
            Loss::random(part, Concealment::Silence, ChaCha8Rng::seed_from_u64(seed)).apply(&mut lost);
            let mut concealer = Concealer::default();
            for ((sample, came), heard) in sent.iter().zip(lost).zip(heard) {
                let concealed = concealer.next((came == 1).then_some(*sample));
                prop_assert!(concealed.abs_diff(heard) <= 1, "{} and {}", concealed, heard);
            }
        }
    }
}
