//! Times in reports (RFC 3550, section 4), and the round trips that follow from them.

use std::time::Duration;

use crate::control::time::Instant;

/// Seconds since 1900, in the upper 32 bits, and their fraction in the lower.
///
/// RFC 3550 (section 6.4.1) lets a sender count from anywhere else: a round trip is the difference of two times of one
/// clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NtpTime(u64);

impl NtpTime {
    /// The time with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits, as they are sent.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The time at this moment of a run that began at this time.
    #[must_use]
    pub fn at(self, now: Instant) -> Self {
        let (secs, micros) = (now.micros() / 1_000_000, now.micros() % 1_000_000);
        Self(self.0.wrapping_add(secs << 32).wrapping_add((micros << 32) / 1_000_000))
    }

    /// The middle 32 bits: 65,536ths of a second, which wrap around after 18 hours.
    #[must_use]
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }
}

/// A duration in 65,536ths of a second; the most that fits for what is longer than 18 hours.
#[must_use]
pub fn fraction_of(duration: Duration) -> u32 {
    let units = (duration.as_micros() << 16) / 1_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// How long a report was under way, there and back, that came at `now`: the peer had ours of `last_sender_report` for
/// `delay_since` (RFC 3550, section 6.4.1). `None` if the peer had none of ours, or says that it had it for longer than
/// it is old.
#[must_use]
pub fn round_trip(now: u32, last_sender_report: u32, delay_since: u32) -> Option<Duration> {
    let units = now.wrapping_sub(last_sender_report).wrapping_sub(delay_since);
    let plausible = last_sender_report != 0 && units.cast_signed() >= 0;
    plausible.then(|| Duration::from_micros((u64::from(units) * 1_000_000) >> 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure 2 of RFC 3550, section 6.4.1.
    #[test]
    fn a_round_trip_is_that_of_the_example_of_the_rfc() {
        let sent = NtpTime::from_bits(0xB44D_B705_2000_0000);
        assert_eq!(sent.middle(), 0xB705_2000);
        let delay = fraction_of(Duration::from_millis(5_250));
        assert_eq!(delay, 0x0005_4000);
        assert_eq!(round_trip(0xB710_8000, sent.middle(), delay), Some(Duration::from_millis(6_125)));
    }

    #[test]
    fn a_round_trip_holds_where_the_seconds_wrap_around() {
        assert_eq!(round_trip(0x0000_8000, 0xFFFF_8000, 0x0000_8000), Some(Duration::from_millis(500)));
    }

    #[test]
    fn no_round_trip_follows_from_what_cannot_be() {
        assert_eq!(round_trip(0xB710_8000, 0, 0), None);
        assert_eq!(round_trip(0xB705_2000, 0xB705_2000, 1), None);
    }

    #[test]
    fn a_moment_of_a_run_is_counted_from_its_beginning() {
        let origin = NtpTime::from_bits(0xB44D_B705_2000_0000);
        assert_eq!(origin.at(Instant::from_millis(5_250)).to_bits(), 0xB44D_B70A_6000_0000);
        assert_eq!(origin.at(Instant::from_micros(999_999)).middle(), 0xB706_1FFF);
        assert_eq!(fraction_of(Duration::MAX), u32::MAX);
    }
}
