//! Keeps a mix below full scale: where a sum is too loud, all of it becomes softer, and no peak is cut off.

use super::Frame;
use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

/// The largest sample.
const FULL_SCALE: i32 = i16::MAX as i32;

/// The gain at which a sum stays as it is. Gains have 30 bits after the point, so that even the sum of all
/// [`TALKERS_MAX`](super::TALKERS_MAX) keeps its shape.
const UNITY: u32 = 1 << POINT;
const POINT: u32 = 30;

/// The steepest fall of the gain, for each sample: from unity to nothing in 5 ms. It falls before the peak comes, as far
/// as the frame shows it.
const FALL: u32 = UNITY / (SAMPLES_PER_SECOND / 200);

/// The rise of the gain for each sample: from nothing to unity in 2 s, so that it does not follow syllables.
const RISE: u32 = UNITY / (SAMPLES_PER_SECOND * 2);

/// The gain of one mix, from frame to frame.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    gain: u32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: UNITY }
    }
}

impl Limiter {
    /// The next frame of the mix: its sum, sample for sample, unless that is or just was too loud.
    pub(super) fn limit(&mut self, sum: &[i32; FRAME]) -> Frame {
        if self.gain == UNITY && sum.iter().all(|sample| magnitude(*sample) <= FULL_SCALE) {
            return sum.map(|sample| at_gain(sample, UNITY));
        }
        let mut gains = sum.map(most);
        let mut next = UNITY;
        for gain in gains.iter_mut().rev() {
            *gain = (*gain).min(next + FALL);
            next = *gain;
        }
        let mut limited = [0; FRAME];
        for ((limited, sample), most) in limited.iter_mut().zip(sum).zip(gains) {
            self.gain = (self.gain + RISE).min(most);
            *limited = at_gain(*sample, self.gain);
        }
        limited
    }
}

/// The size of a sample; that of the smallest is one less, as 16 bits hold it.
fn magnitude(sample: i32) -> i32 {
    sample ^ (sample >> 31)
}

/// The largest gain at which this sample fits 16 bits.
fn most(sample: i32) -> u32 {
    let magnitude = magnitude(sample);
    if magnitude <= FULL_SCALE {
        return UNITY;
    }
    let gain = (i64::from(FULL_SCALE) << POINT) / i64::from(magnitude);
    u32::try_from(gain).expect("less than unity")
}

fn at_gain(sample: i32, gain: u32) -> i16 {
    i16::try_from((i64::from(sample) * i64::from(gain)) >> POINT).expect("the gain makes it fit")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::level::{peak, sample};

    fn limited(limiter: &mut Limiter, sums: &[[i32; FRAME]]) -> Vec<i16> {
        sums.iter().flat_map(|sum| limiter.limit(sum)).collect()
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let sum = std::array::from_fn(|at| if at % 2 == 0 { i16::MAX.into() } else { i16::MIN.into() });
        let mut limiter = Limiter::default();
        for _ in 0..3 {
            assert_eq!(limiter.limit(&sum).map(i32::from), sum);
        }
    }

    #[test]
    fn a_tone_that_is_too_loud_stays_a_tone() {
        let tone: Vec<f64> = (0..8_000).map(|at| peak(12.0) * f64::sin(f64::from(at) / 3.0)).collect();
        let sums: Vec<[i32; FRAME]> =
            tone.chunks(FRAME).map(|frame| std::array::from_fn(|at| frame[at] as i32)).collect();
        let heard = limited(&mut Limiter::default(), &sums);
        // From the second frame on: whatever it lacks of a scaled tone is far below what clipping would leave.
        let gain = f64::from(i16::MAX) / peak(12.0);
        let error = |heard: &dyn Fn(usize) -> f64| {
            (FRAME..8_000).map(|at| (heard(at) - tone[at] * gain).powi(2)).sum::<f64>().sqrt()
        };
        let limited = error(&|at| f64::from(heard[at]));
        let clipped = error(&|at| f64::from(sample(tone[at])));
        assert!(limited < clipped / 20.0, "{limited} and {clipped}");
    }

    #[test]
    fn the_gain_falls_before_the_peak_and_rises_slowly_after_it() {
        let mut sum = [10_000; FRAME];
        sum[100] = 65_534;
        let mut limiter = Limiter::default();
        let heard = limiter.limit(&sum);
        assert_eq!(heard[..80], [10_000; 80], "nothing is softer 2.5 ms before it");
        assert!(heard[80..100].is_sorted_by(|a, b| a >= b) && heard[99] < 5_500, "{:?}", &heard[80..101]);
        assert!((32_765..=32_767).contains(&heard[100]));
        let after = limited(&mut limiter, &[[10_000; FRAME]; 50]);
        assert!(after.is_sorted() && after[0] < 5_100, "{}", after[0]);
        assert_eq!(after[8_000 - 1], 10_000, "a second later nothing is left of it");
    }

    proptest! {
        #[test]
        fn no_sum_is_too_loud_and_none_changes_its_sign(
            sums in prop::collection::vec(prop::collection::vec(any::<i32>(), FRAME), 1..4),
        ) {
            let mut limiter = Limiter::default();
            for sum in sums {
                let sum: [i32; FRAME] = sum.try_into().unwrap();
                for (heard, sum) in limiter.limit(&sum).into_iter().zip(sum) {
                    // Rounded down: -1 for the softest below zero.
                    prop_assert!(i32::from(heard).signum() * sum.signum() >= 0, "{heard} of {sum}");
                    prop_assert!(magnitude(heard.into()) <= magnitude(sum));
                }
            }
        }
    }
}
