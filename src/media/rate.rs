//! The telephone network's time: samples in a second, and packets of 20 ms.

use std::time::Duration;

/// Samples in one second of every sound (ITU-T G.711).
pub const SAMPLES_PER_SECOND: u32 = 8000;

/// A packet's time: 20 ms, as telephone sound over IP mostly has it (RFC 3551, section 4.5).
pub const FRAME_TIME: Duration = Duration::from_millis(20);

/// Samples in a packet.
pub const FRAME: usize = SAMPLES_PER_SECOND as usize / 50;

/// A duration in samples, rounded down; at most what 32 bits hold, six days.
#[must_use]
pub fn samples_of(duration: Duration) -> u32 {
    let samples = duration.as_nanos() * u128::from(SAMPLES_PER_SECOND) / 1_000_000_000;
    u32::try_from(samples).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_samples_and_never_too_many() {
        assert_eq!(samples_of(FRAME_TIME) as usize, FRAME);
        assert_eq!(samples_of(Duration::from_millis(100)), 800);
        assert_eq!(samples_of(Duration::from_micros(249)), 1);
        assert_eq!(samples_of(Duration::MAX), u32::MAX);
    }
}
