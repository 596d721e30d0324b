//! A sine that neither drifts nor depends on the machine.

use std::f64::consts::TAU;

use super::rate::SAMPLES_PER_SECOND;

/// A turn of the phase, in the units of the accumulator.
const TURN: f64 = 18_446_744_073_709_551_616.0;

/// A source of one sine with the peak 1, sample by sample.
///
/// The phase is a fraction of a turn in 64 bits that wraps, so after any number of hours it is exactly the number of
/// samples times the step: a recurrence of sines would gain or lose level by rounding, a growing argument would lose
/// bits. Another frequency goes on from the phase reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Oscillator {
    phase: u64,
    step: u64,
}

impl Oscillator {
    /// A sine of this many Hz that begins at phase 0. What is not between 0 and half the sample rate is folded
    /// there, as sampling does.
    #[must_use]
    pub fn new(hz: f64) -> Self {
        let mut oscillator = Self::default();
        oscillator.tune(hz);
        oscillator
    }

    /// Goes on with this frequency in Hz, from the phase reached.
    pub fn tune(&mut self, hz: f64) {
        self.step = turns(hz / f64::from(SAMPLES_PER_SECOND));
    }

    /// Moves the phase to this part of a turn.
    pub fn turn_to(&mut self, part: f64) {
        self.phase = turns(part);
    }

    /// The next sample, -1 to 1.
    pub fn next_sample(&mut self) -> f64 {
        let value = sine(self.phase);
        self.phase = self.phase.wrapping_add(self.step);
        value
    }
}

/// The sine of a number of turns, as the machine-independent arithmetic here has it.
#[must_use]
pub fn sine_of_turns(turns_: f64) -> f64 {
    sine(turns(turns_))
}

/// The part of a turn behind the whole ones, in the units of the accumulator.
fn turns(turns: f64) -> u64 {
    // `as` takes NaN for 0.
    ((turns - turns.floor()) * TURN) as u64
}

/// The sine of a phase by Taylor's series, folded into a quarter of a turn, where the first term left out is below
/// 1e-9: far below a step of 16 bits. Products and sums alone, so that every machine gets the same samples, which
/// the functions of mathematical libraries do not promise.
fn sine(phase: u64) -> f64 {
    const QUARTER: f64 = 0.25;
    // Read as signed, the phase is -1/2 to 1/2 of a turn.
    let turns = phase.cast_signed() as f64 / TURN;
    let folded = if turns.abs() <= QUARTER { turns } else { (2.0 * QUARTER).copysign(turns) - turns };
    let x = folded * TAU;
    let square = x * x;
    // 1/n! for n = 3, 5 … 13, each from the one before.
    let mut sum = 1.0;
    for n in [12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        sum = 1.0 - sum * square / (n * (n + 1.0));
    }
    x * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_that_of_the_mathematical_library() {
        for step in 0..10_000 {
            let turns = f64::from(step) / 4_999.0 - 1.0;
            assert!((sine_of_turns(turns) - (turns * TAU).sin()).abs() < 2e-9, "{turns} turns");
        }
    }

    #[test]
    fn an_hour_and_a_day_later_the_phase_is_exact() {
        let hz = 697.0 * 1.015;
        let mut oscillator = Oscillator::new(hz);
        let samples: u64 = 24 * 3_600 * 8_000;
        oscillator.phase = oscillator.step.wrapping_mul(samples);
        let turns = hz * 24.0 * 3_600.0;
        assert!((oscillator.next_sample() - (turns.fract() * TAU).sin()).abs() < 1e-3);
    }

    #[test]
    fn another_frequency_goes_on_from_the_phase_reached() {
        let mut oscillator = Oscillator::new(1_000.0);
        for _ in 0..3 {
            oscillator.next_sample();
        }
        oscillator.tune(2_000.0);
        assert!((oscillator.next_sample() - (3.0 / 8.0 * TAU).sin()).abs() < 1e-8);
        assert!((oscillator.next_sample() - (5.0 / 8.0 * TAU).sin()).abs() < 1e-8);
    }

    #[test]
    fn a_frequency_that_is_none_gives_silence() {
        for hz in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut oscillator = Oscillator::new(hz);
            assert!((0..9).all(|_| oscillator.next_sample() == 0.0));
        }
    }
}
