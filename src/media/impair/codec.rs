//! Transcoding: sound that is coded and decoded on its way.

use crate::media::g711::Law;

/// G.711 coding and decoding by each gateway on the way.
///
/// A second pass through the same law changes nothing, since decoded samples are the law's own steps; between the two
/// laws each conversion adds its own rounding.
#[derive(Clone, Debug)]
pub struct Tandem {
    laws: Vec<Law>,
}

impl Tandem {
    /// Creates a tandem of these laws, in order.
    #[must_use]
    pub fn new(laws: &[Law]) -> Self {
        Self { laws: laws.to_vec() }
    }

    /// Codes and decodes these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for out in samples {
            *out = self.laws.iter().fold(*out, |value, law| law.decode_sample(law.encode_sample(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level::{level, peak, sample};
    use crate::media::oscillator::Oscillator;

    /// Returns the level of the distortion that these codecs add, in dB below the signal.
    fn distance(laws: &[Law], dbm0: f64) -> f64 {
        let mut oscillator = Oscillator::new(1_004.0);
        let clean: Vec<i16> = (0..8_000).map(|_| sample(peak(dbm0) * oscillator.next_sample())).collect();
        let mut coded = clean.clone();
        Tandem::new(laws).apply(&mut coded);
        let added: Vec<i16> = clean.iter().zip(&coded).map(|(clean, coded)| coded - clean).collect();
        level(&clean) - level(&added)
    }

    #[test]
    fn one_law_keeps_the_distance_of_g711_and_two_take_some_of_it() {
        for law in Law::ALL {
            assert!(distance(&[law], -10.0) > 35.0);
            assert!(distance(&[law], -40.0) > 25.0);
        }
        let both = distance(&[Law::Pcmu, Law::Pcma], -10.0);
        assert!(both < distance(&[Law::Pcma], -10.0) - 1.0, "{both} dB");
    }

    #[test]
    fn the_same_law_again_changes_nothing() {
        for law in Law::ALL {
            assert_eq!(distance(&[law; 3], -20.0).to_bits(), distance(&[law], -20.0).to_bits());
        }
    }

    #[test]
    fn no_law_leaves_samples_as_they_are() {
        let mut samples = [0, 1, -1, i16::MAX, i16::MIN];
        Tandem::new(&[]).apply(&mut samples);
        assert_eq!(samples, [0, 1, -1, i16::MAX, i16::MIN]);
    }
}
