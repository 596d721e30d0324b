//! Keys whose beginning is missing, as behind a voice gate that opens late.

use crate::media::level::power;
use crate::media::rate::FRAME;

/// Mutes the beginning of any sound after a silence: a key of 100 ms that is cut by 20 ms lasts 80 ms.
///
/// Silence is 20 ms below -45 dBm0; a line that is noisier than that has no beginnings.
#[derive(Clone, Debug)]
pub struct LateOpening {
    cut: u32,
    /// A short running mean of the squares, which follows a tone within a millisecond or two.
    power: f64,
    /// The length of the current silence, in samples.
    quiet: usize,
    /// Number of samples still to be muted.
    left: u32,
}

impl LateOpening {
    /// The level below which the line counts as silent, in dBm0.
    const QUIET_DBM0: f64 = -45.0;

    /// Creates a gate that mutes this many samples.
    #[must_use]
    pub fn new(cut: u32) -> Self {
        Self { cut, power: 0.0, quiet: FRAME, left: 0 }
    }

    /// Mutes beginnings in these samples in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        let threshold = power(Self::QUIET_DBM0);
        for out in samples {
            self.power += (f64::from(*out).powi(2) - self.power) / 16.0;
            if self.power < threshold {
                self.quiet = self.quiet.saturating_add(1);
            } else {
                if self.quiet >= FRAME {
                    self.left = self.cut;
                }
                self.quiet = 0;
            }
            if self.left > 0 {
                *out = 0;
                self.left -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::dtmf::generator::{Settings, dial, keys};

    const CUT: u32 = 160;

    #[test]
    fn every_key_behind_a_pause_loses_its_beginning() {
        let settings = Settings::default();
        let whole = dial(&keys("159").unwrap(), &settings);
        let mut cut = whole.clone();
        LateOpening::new(CUT).apply(&mut cut);
        let start = settings.start() as usize;
        for (whole, cut) in whole.chunks(1_600).zip(cut.chunks(1_600)) {
            let missing = whole.iter().zip(cut).filter(|(whole, cut)| whole != cut).count();
            assert!((140..=160).contains(&missing), "{missing} samples are missing");
            assert!(cut[start..start + 140].iter().all(|sample| *sample == 0));
            assert_eq!(whole[start + 176..], cut[start + 176..]);
        }
    }

    #[test]
    fn what_goes_on_without_a_silence_is_left_alone() {
        let settings = Settings { off: 40, ..Settings::default() };
        let whole = dial(&keys("12").unwrap(), &settings);
        let mut cut = whole.clone();
        LateOpening::new(CUT).apply(&mut cut);
        assert_ne!(whole[..200], cut[..200]);
        assert_eq!(whole[840..], cut[840..]);
    }

    #[test]
    fn an_opening_does_not_depend_on_blocks() {
        let mut whole = dial(&keys("12").unwrap(), &Settings::default());
        let mut parts = whole.clone();
        LateOpening::new(CUT).apply(&mut whole);
        let mut opening = LateOpening::new(CUT);
        parts.chunks_mut(33).for_each(|block| opening.apply(block));
        assert_eq!(parts, whole);
    }
}
