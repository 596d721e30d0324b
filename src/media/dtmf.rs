//! Keypad tones (DTMF): the two frequencies of each key, detection and generation.
//!
//! ITU-T Q.23 gives the frequencies. A press is one tone of the low group and one of the high group together.

pub mod detector;
mod evidence;
pub mod generator;
mod history;
mod overtones;
pub mod recording;
mod spectrum;

use crate::control::call::Digit;

/// The frequencies of the low group in Hz, one for each row of keys from the top (ITU-T Q.23).
pub const LOW_GROUP: [f64; 4] = [697.0, 770.0, 852.0, 941.0];

/// The frequencies of the high group in Hz, one for each column of keys from the left (ITU-T Q.23).
pub const HIGH_GROUP: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// The symbols of the keypad, rows from the top.
const KEYPAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Returns the frequencies of a key in Hz: the low group's, then the high group's.
#[must_use]
pub fn frequencies(digit: Digit) -> (f64, f64) {
    let symbol = digit.symbol();
    let keys = KEYPAD.iter().flatten();
    let at = keys.copied().position(|key| key == symbol).expect("every key has its place on the keypad");
    (LOW_GROUP[at / 4], HIGH_GROUP[at % 4])
}

/// Returns the key at this row and column of the keypad, each counted from 0: the inverse of [`frequencies`].
#[must_use]
pub fn key_at(row: usize, column: usize) -> Option<Digit> {
    Digit::from_symbol(*KEYPAD.get(row)?.get(column)?)
}

/// A detected press of a key. Times are in samples from the start of the stream.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Press {
    /// The key.
    pub digit: Digit,
    /// The start of the tones.
    pub start: u64,
    /// The end of the tones.
    pub end: u64,
    /// The position in the stream at which the key was detected.
    pub detected: u64,
    /// The mean of the two tones' levels, in dBm0.
    pub level_dbm0: f32,
    /// How much louder the tone of the high group was, in dB.
    pub twist_db: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_frequencies_of_their_row_and_column() {
        let of = |symbol| frequencies(Digit::from_symbol(symbol).unwrap());
        assert_eq!(of('1'), (697.0, 1209.0));
        assert_eq!(of('6'), (770.0, 1477.0));
        assert_eq!(of('0'), (941.0, 1336.0));
        assert_eq!(of('*'), (941.0, 1209.0));
        assert_eq!(of('D'), (941.0, 1633.0));
    }

    #[test]
    fn every_place_of_the_keypad_is_one_key() {
        for (row, low) in LOW_GROUP.into_iter().enumerate() {
            for (column, high) in HIGH_GROUP.into_iter().enumerate() {
                assert_eq!(frequencies(key_at(row, column).unwrap()), (low, high));
            }
        }
        assert_eq!(key_at(4, 0), None);
        assert_eq!(key_at(0, 4), None);
    }
}
