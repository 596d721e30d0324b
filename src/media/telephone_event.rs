//! Keys as RTP carries them beside the sound: telephone events (RFC 4733). Here the payload of one packet;
//! [`encoder`] makes the packets of presses, [`decoder`] makes presses of packets.

pub mod decoder;
pub mod encoder;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::rate::SAMPLES_PER_SECOND;
use crate::control::call::Digit;

/// Length of a payload in bytes (RFC 4733, section 2.3).
pub const PAYLOAD_BYTES: usize = 4;

/// The longest duration that one report tells, in timestamp units; a longer press is told in segments
/// (RFC 4733, section 2.5.1.3).
pub const SEGMENT_MAX: u16 = u16::MAX;

/// The events' clock runs at the rate of the G.711 stream that they are part of.
const UNITS_PER_MILLISECOND: u32 = SAMPLES_PER_SECOND / 1000;

/// The end bit of the second byte; the next is reserved, sent as 0 and ignored when received.
const END: u8 = 0b1000_0000;
const VOLUME: u8 = 0b0011_1111;

/// The volume of a tone in RFC 4733: its power in dBm0 without the minus sign, 0 to 63.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Volume(u8);

impl Volume {
    /// This many dB below 0 dBm0; what is softer than -63 dBm0 counts as -63.
    #[must_use]
    pub const fn below_0_dbm0(decibels: u8) -> Self {
        Self(if decibels < VOLUME { decibels } else { VOLUME })
    }

    /// The power in dBm0, 0 to -63.
    #[must_use]
    pub const fn dbm0(self) -> i8 {
        -self.0.cast_signed()
    }
}

/// The payload of one packet: what an event has come to so far. Its `Debug` masks keys, since they may be a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TelephoneEvent {
    /// The event: 0 to 15 are keys, others are hook flash, fax and modem tones and the like.
    pub code: u8,
    /// The event has ended, and `duration` is its whole length (or that of its last segment).
    pub end: bool,
    /// How loud the tone was.
    pub volume: Volume,
    /// Since the packet's RTP timestamp, in timestamp units of 1/8000 s.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Reads the payload of a packet.
    ///
    /// # Errors
    /// The payload has another length than [`PAYLOAD_BYTES`]: it is none of a telephone event, or carries several,
    /// which keys cannot be sent in, since such events follow each other without a pause.
    pub fn parse(payload: &[u8]) -> Result<Self, WrongLength> {
        let &[code, flags, high, low] = payload else { return Err(WrongLength { found: payload.len() }) };
        Ok(Self {
            code,
            end: flags & END != 0,
            volume: Volume(flags & VOLUME),
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The payload that says this.
    #[must_use]
    pub fn to_bytes(self) -> [u8; PAYLOAD_BYTES] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, if self.end { END } else { 0 } | self.volume.0, high, low]
    }

    /// The key that was pressed, if it is one.
    #[must_use]
    pub fn digit(self) -> Option<Digit> {
        Digit::from_event_code(self.code)
    }
}

impl fmt::Debug for TelephoneEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TelephoneEvent");
        match self.digit() {
            Some(digit) => shown.field("code", &digit),
            None => shown.field("code", &self.code),
        };
        shown.field("end", &self.end).field("volume", &self.volume).field("duration", &self.duration).finish()
    }
}

/// A payload that is not that of one telephone event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongLength {
    /// How many bytes there were.
    pub found: usize,
}

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found } = self;
        write!(
            f,
            "a telephone-event payload of {found} bytes; one event takes {PAYLOAD_BYTES} (RFC 4733, section 2.3)"
        )
    }
}

impl Error for WrongLength {}

/// Timestamp units in this time, rounded down.
fn units(time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    micros.saturating_mul(u64::from(UNITS_PER_MILLISECOND)) / 1_000
}

/// The time that these timestamp units take.
fn time(units: u32) -> Duration {
    Duration::from_micros(u64::from(units) * 1_000 / u64::from(UNITS_PER_MILLISECOND))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_payload_is_laid_out_as_the_rfc_draws_it() {
        let star = TelephoneEvent { code: 10, end: false, volume: Volume::below_0_dbm0(7), duration: 0x0640 };
        assert_eq!(star.to_bytes(), [10, 0x07, 0x06, 0x40]);
        assert_eq!(TelephoneEvent { end: true, ..star }.to_bytes(), [10, 0x87, 0x06, 0x40]);
        assert_eq!(TelephoneEvent::parse(&[10, 0x07, 0x06, 0x40]), Ok(star));
        assert_eq!(star.digit(), Some(Digit::STAR));
    }

    #[test]
    fn the_reserved_bit_is_ignored() {
        assert_eq!(TelephoneEvent::parse(&[1, 0xCA, 0, 1]), TelephoneEvent::parse(&[1, 0x8A, 0, 1]));
    }

    #[test]
    fn a_payload_of_another_length_is_told_what_would_be_right() {
        for payload in [&[][..], &[1, 10, 0], &[1, 10, 0, 160, 0], &[1, 0x8A, 0, 160, 2, 0x8A, 0, 160]] {
            assert_eq!(TelephoneEvent::parse(payload), Err(WrongLength { found: payload.len() }));
        }
        assert_eq!(
            WrongLength { found: 3 }.to_string(),
            "a telephone-event payload of 3 bytes; one event takes 4 (RFC 4733, section 2.3)"
        );
    }

    #[test]
    fn a_volume_is_held_at_the_softest_that_can_be_told() {
        assert_eq!(Volume::below_0_dbm0(10).dbm0(), -10);
        assert_eq!(Volume::below_0_dbm0(63).dbm0(), -63);
        assert_eq!(Volume::below_0_dbm0(200).dbm0(), -63);
    }

    #[test]
    fn only_key_events_are_masked_when_printed() {
        let flags = 10;
        let printed: Vec<_> =
            [7, 8, 16].map(|code| format!("{:?}", TelephoneEvent::parse(&[code, flags, 0, 0]))).into();
        assert_eq!(printed[0], printed[1]);
        assert!(printed[2].contains("16"), "{}", printed[2]);
    }

    #[test]
    fn times_and_timestamp_units_are_eight_a_millisecond() {
        assert_eq!((units(Duration::from_millis(20)), time(160)), (160, Duration::from_millis(20)));
        assert_eq!((units(Duration::from_micros(249)), time(1)), (1, Duration::from_micros(125)));
        assert_eq!(time(u32::MAX).as_secs(), 536_870);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(code: u8, end: bool, decibels: u8, duration: u16) {
            let event = TelephoneEvent { code, end, volume: Volume::below_0_dbm0(decibels), duration };
            prop_assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Ok(event));
        }
    }
}
