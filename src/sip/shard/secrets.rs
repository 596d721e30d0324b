//! What nobody may guess, drawn from one key: tags, branches, the key of nonces.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::sip::message::BRANCH_COOKIE;

/// Draws what is unique and cannot be guessed, by numbering it under a key.
#[derive(Clone)]
pub(super) struct Secrets {
    key: [u8; 32],
    drawn: u64,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("drawn", &self.drawn).finish_non_exhaustive()
    }
}

impl Secrets {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self { key, drawn: 0 }
    }

    pub(super) fn nonce_key(&self) -> [u8; 32] {
        self.mac(b"nonces")
    }

    /// A tag for the call in this row, which says so: requests find their call by it.
    pub(super) fn tag(&mut self, slot: u32) -> String {
        format!("{slot:x}.{:016x}", self.draw())
    }

    /// The row that a tag of ours names; who made it is still to be checked.
    pub(super) fn slot_of_tag(tag: &str) -> Option<usize> {
        usize::from_str_radix(tag.split_once('.')?.0, 16).ok()
    }

    /// A branch for the client transaction in this row (RFC 3261 section 8.1.1.7), or for an ACK, which has none.
    pub(super) fn branch(&mut self, slot: Option<usize>) -> String {
        let slot = slot.map_or_else(|| "ack".to_owned(), |slot| format!("{slot:x}"));
        format!("{BRANCH_COOKIE}{slot}.{:016x}", self.draw())
    }

    /// The row that a branch of ours names; whether it is that row's is still to be checked.
    pub(super) fn slot_of_branch(branch: &str) -> Option<usize> {
        Self::slot_of_tag(branch.get(BRANCH_COOKIE.len()..)?)
    }

    /// A number that cannot be guessed.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let [a, b, c, d, e, f, g, h, ..] = self.mac(&self.drawn.to_be_bytes());
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    fn mac(&self, of: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(of);
        mac.finalize().into_bytes().into()
    }
}
