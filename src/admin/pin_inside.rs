//! Keeps a user's PIN out of their conference ID and telephone number where these change and the PIN stays (BEHAVIOUR
//! section 4).
//!
//! Of a PIN only a keyed hash is kept, and how many digits it has. So every row of as many digits in the new number is
//! tried, as a caller's entry is: for a conference ID of seven digits and a PIN of five that is three hashes of 50 ms
//! each, and never more than twelve for a telephone number of fifteen digits.

use std::collections::BTreeSet;

use super::administration::Administration;
use super::refusal::Refusal;
use crate::control::call::Digits;
use crate::control::pin::PinEntry;
use crate::store::Directory;
use crate::store::pin_hash::HashError;
use crate::store::record::{KeptPin, UserRecord};

/// Numbers in which a PIN was looked for: an act that is decided again need not look again.
#[derive(Debug, Default)]
pub(super) struct LookedAt(Option<(KeptPin, String, bool)>);

impl<D: Directory> Administration<D> {
    /// Whether the user's PIN is a part of this number. A PIN whose key was lost is in none: nobody can key it.
    pub(super) async fn has_pin_inside(
        &self,
        user: &UserRecord,
        number: &str,
        looked_at: &mut LookedAt,
    ) -> Result<bool, Refusal> {
        let Some(kept) = &user.pin else { return Ok(false) };
        if let LookedAt(Some((pin, at, found))) = looked_at
            && pin == kept
            && at == number
        {
            return Ok(*found);
        }
        let mut found = false;
        for row in rows(number, kept.digits) {
            match self.hasher().matches(&user.name, Some(kept), PinEntry::new(row)).await {
                Ok(false) => {}
                Ok(true) => {
                    found = true;
                    break;
                }
                Err(HashError::Key(_) | HashError::NoHash) => break,
                Err(error @ (HashError::Busy | HashError::Ending)) => return Err(error.into()),
            }
        }
        *looked_at = LookedAt(Some((kept.clone(), number.to_owned(), found)));
        Ok(found)
    }
}

/// The rows of so many digits in a number, whatever stands between its digits.
fn rows(number: &str, length: usize) -> BTreeSet<Digits> {
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let rows = digits.windows(length.max(1)).filter_map(|row| std::str::from_utf8(row).ok());
    rows.filter_map(Digits::from_symbols).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_of_a_number_is_looked_at_once() {
        let rows = |number: &str, length| -> Vec<String> {
            let mut rows: Vec<_> = super::rows(number, length).into_iter().map(|row| row.reveal()).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows("+1 (425) 55", 4), ["1425", "2555", "4255"].map(str::to_owned));
        assert_eq!(rows("1111111", 5), ["11111"]);
        assert_eq!(rows("314", 4), [""; 0]);
        assert_eq!(rows("", 4), [""; 0]);
    }
}
