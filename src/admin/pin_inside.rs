//! Keeps a user's PIN out of their conference ID and telephone number where these change and the PIN stays (BEHAVIOUR
//! section 4).
//!
//! Of a PIN only a keyed hash is kept, and how many digits it has. So every part of as many digits of the new number is
//! tried, as a caller's entry is: for a conference ID of seven digits and a PIN of five that is three hashes of 50 ms
//! each, and never more than twelve for a telephone number of fifteen digits.

use super::administration::Administration;
use super::refusal::Refusal;
use crate::control::pin::{PinEntry, parts_of};
use crate::store::Directory;
use crate::store::pin_hash::HashError;
use crate::store::record::{KeptPin, UserRecord};

/// Numbers in which a PIN was looked for: an act that is decided again need not look again.
#[derive(Debug, Default)]
pub(super) struct LookedAt(Option<(KeptPin, String, bool)>);

impl<D: Directory> Administration<D> {
    /// Returns whether the user's PIN is a part of this number. A PIN whose key was lost is in none: nobody can key it.
    pub(super) async fn has_pin_inside(
        &self,
        user: &UserRecord,
        number: &str,
        looked_at: &mut LookedAt,
    ) -> Result<bool, Refusal> {
        let Some(kept) = &user.account.pin else { return Ok(false) };
        if let LookedAt(Some((pin, at, found))) = looked_at
            && pin == kept
            && at == number
        {
            return Ok(*found);
        }
        let mut found = false;
        for part in parts_of(number, kept.digits) {
            match self.hasher().matches(&user.name, Some(kept), PinEntry::new(part)).await {
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
