//! The only place where the operating system is asked for random bytes: PINs, conference IDs, keys, salts, tokens.

use rand::TryRng as _;
use rand::rngs::SysRng;

/// Random bytes.
///
/// # Panics
/// The operating system gives none: no secret may be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Draws the random numbers for PINs and conference IDs.
pub fn draw() -> u64 {
    u64::from_le_bytes(bytes())
}

/// The bytes of a token.
pub(super) const TOKEN_BYTES: usize = 16;

/// A name that nobody guesses or gives twice: 128 bits in hexadecimal.
#[must_use]
pub fn token() -> String {
    hex(&bytes::<TOKEN_BYTES>())
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a text in hexadecimal; `None` if it is none.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_as_it_is_written() {
        assert_eq!(unhex(&hex(&[0, 9, 0xaf, 0xff])), Some(vec![0, 9, 0xaf, 0xff]));
        for wrong in ["0", "0g", "zz", "+1"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
        assert_ne!(token(), token());
    }
}
