//! Voice activity detection on a line, by the power of each frame: above the line's noise, within limits that ITU-T
//! P.56 sets. Powers are means of squares, so that no number is rounded.

use super::Frame;
use crate::media::rate::FRAME;

/// A frame of this power is loud on any line. ITU-T P.56 (8.3) counts as speech what is less than 15.9 dB below the
/// level of a voice, and a voice has -19 dBm0 (RFC 7874, section 4): here are -34.9 dBm0, where a full-scale sine has
/// +3.14.
const ALWAYS_LOUD: u32 = 84_309;

/// No softer frame is loud: the same for a voice that is 12 dB softer, -46.9 dBm0. An idle line may have up to
/// -65 dBm0 (ITU-T G.712).
const NEVER_LOUD: u32 = 5_319;

/// In between a frame is loud that has this many times the power of the line's noise, 10 dB.
const OVER_THE_NOISE: u32 = 10;

/// The estimate of the noise falls at once and rises by this part of itself with each frame, 3.4 dB a second: slower
/// than talk, which pauses every few seconds.
const RISE: u32 = 64;

/// The state of one line.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    /// The power of its noise; the largest number while no frame has been heard.
    noise: u32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { noise: u32::MAX }
    }
}

impl Voice {
    /// Returns whether somebody talks in this frame, the next of the line.
    pub(super) fn is_loud(&mut self, frame: &Frame) -> bool {
        let power = power(frame);
        self.noise = power.min(self.noise.saturating_add(self.noise / RISE + 1));
        power >= self.noise.saturating_mul(OVER_THE_NOISE).clamp(NEVER_LOUD, ALWAYS_LOUD)
    }
}

fn power(frame: &Frame) -> u32 {
    let squares = frame.iter().map(|sample| i64::from(i32::from(*sample).pow(2)));
    let mean = squares.sum::<i64>() / FRAME as i64;
    u32::try_from(mean).expect("a mean of squares of 16 bits")
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;
    use crate::media::level::{peak, power as mean_square, sample};

    /// Frames of a tone of this level.
    fn tone(dbm0: f64) -> impl Iterator<Item = Frame> {
        (0..).map(move |frame| {
            std::array::from_fn(|at| {
                let turns = 1_000.0 * (frame * FRAME + at) as f64 / 8_000.0;
                sample(peak(dbm0) * f64::sin(2.0 * PI * turns))
            })
        })
    }

    /// Frames of white noise of this level.
    fn noise(dbm0: f64) -> impl Iterator<Item = Frame> {
        let most = sample((3.0 * mean_square(dbm0)).sqrt());
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        std::iter::repeat_with(move || std::array::from_fn(|_| chance.random_range(-most..=most)))
    }

    fn loud(voice: &mut Voice, frames: impl Iterator<Item = Frame>, ticks: usize) -> usize {
        frames.take(ticks).filter(|frame| voice.is_loud(frame)).count()
    }

    #[test]
    fn the_limits_are_the_levels_that_they_are_said_to_be() {
        assert!((f64::from(ALWAYS_LOUD) - mean_square(-19.0 - 15.9)).abs() < 1.0, "{}", mean_square(-34.9));
        assert!((f64::from(NEVER_LOUD) - mean_square(-31.0 - 15.9)).abs() < 1.0, "{}", mean_square(-46.9));
    }

    #[test]
    fn a_power_is_a_mean_of_squares_up_to_full_scale() {
        assert_eq!(power(&[0; FRAME]), 0);
        assert_eq!(power(&[-3; FRAME]), 9);
        assert_eq!(power(&[i16::MIN; FRAME]), 1 << 30);
        let mut click = [0; FRAME];
        click[7] = 160;
        assert_eq!(power(&click), 160);
    }

    #[test]
    fn a_frame_is_loud_from_the_limit_on() {
        let frame = |softer: usize| std::array::from_fn(|at| if at < softer { 72 } else { 73 });
        assert_eq!((power(&frame(11)), power(&frame(12))), (NEVER_LOUD, NEVER_LOUD - 1));
        let mut quiet = Voice::default();
        assert!(!quiet.is_loud(&[0; FRAME]));
        assert!(quiet.clone().is_loud(&frame(11)));
        assert!(!quiet.is_loud(&frame(12)));
    }

    #[test]
    fn a_steady_tone_as_loud_as_a_voice_is_never_taken_for_noise() {
        assert_eq!(loud(&mut Voice::default(), tone(-34.0), 3_000), 3_000);
        assert_eq!(loud(&mut Voice::default(), tone(-36.0), 3_000), 0);
    }

    #[test]
    fn an_idle_line_is_not_loud_even_after_nothing_at_all() {
        let mut voice = Voice::default();
        assert_eq!(loud(&mut voice, std::iter::repeat([0; FRAME]), 50), 0);
        assert_eq!(loud(&mut voice, noise(-48.0), 500), 0);
    }

    #[test]
    fn noise_is_told_from_a_soft_voice_by_what_the_line_had_before() {
        let mut voice = Voice::default();
        assert_eq!(loud(&mut voice, noise(-60.0), 50), 0);
        assert_eq!(loud(&mut voice.clone(), tone(-45.0), 10), 10);
        let mut noisy = Voice::default();
        assert_eq!(loud(&mut noisy, noise(-48.0), 50), 0);
        assert_eq!(loud(&mut noisy.clone(), tone(-40.0), 10), 0);
        assert_eq!(loud(&mut noisy.clone(), tone(-34.0), 10), 10);
    }

    #[test]
    fn new_noise_counts_as_voice_until_the_level_adapts() {
        let mut voice = Voice::default();
        assert_eq!(loud(&mut voice, noise(-60.0), 50), 0);
        let ticks = loud(&mut voice, noise(-40.0), 1_000);
        // From -60 to -50 dBm0, 10 dB below the new noise, at 3.4 dB a second.
        assert!((100..200).contains(&ticks), "{ticks}");
        let mut silent = Voice::default();
        assert!(!silent.is_loud(&[0; FRAME]));
        let ticks = loud(&mut silent, noise(-40.0), 1_000);
        assert!((200..400).contains(&ticks), "{ticks}");
    }

    #[test]
    fn a_pause_tells_the_noise_again() {
        let mut voice = Voice::default();
        loud(&mut voice, noise(-60.0), 50);
        loud(&mut voice, tone(-40.0), 1_000);
        assert_eq!(loud(&mut voice.clone(), tone(-40.0), 10), 0, "taken for noise by now");
        loud(&mut voice, noise(-60.0), 1);
        assert_eq!(loud(&mut voice, tone(-40.0), 10), 10);
    }
}
