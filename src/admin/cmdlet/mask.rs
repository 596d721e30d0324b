//! Masks typed text before it is stored or quoted: every row of digits that could be a PIN.

use crate::control::pin::MASK;
use crate::control::policy::PinLength;

/// The text with each row of digits masked that is as long as a PIN or longer. Telephone numbers stay, which are
/// written with `+` or `tel:`, and so do addresses: no PIN has an `@`.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for word in text.split_inclusive(ends_a_word) {
        if word.contains('@') {
            masked.push_str(word);
        } else {
            mask_word(word, &mut masked);
        }
    }
    masked
}

fn ends_a_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '"' | '`' | ',' | ';' | '(' | ')' | '=')
}

fn mask_word(word: &str, masked: &mut String) {
    let mut rest = word;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[start..].bytes().take_while(u8::is_ascii_digit).count();
        let (before, row) = (&rest[..start], &rest[start..start + digits]);
        masked.push_str(before);
        let is_telephone = before.ends_with('+') || before.to_ascii_lowercase().ends_with("tel:");
        masked.push_str(if digits < PinLength::MIN || is_telephone { row } else { MASK });
        rest = &rest[start + digits..];
    }
    masked.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_pin_is_masked_and_nothing_else() {
        for (typed, kept) in [
            ("Set-X -ResetLeaderPin 27182", "Set-X -ResetLeaderPin *******"),
            ("Set-X -Pin:2718281828459045", "Set-X -Pin:*******"),
            ("-Passcode '3141592'", "-Passcode '*******'"),
            ("a27182b 271 x", "a*******b 271 x"),
            ("-ServiceNumber +14255550100, tel:14255550100", "-ServiceNumber +14255550100, tel:14255550100"),
            ("-ServiceNumber TEL:+14255550100", "-ServiceNumber TEL:+14255550100"),
            ("-id amos1234@contoso.com 1234", "-id amos1234@contoso.com *******"),
            ("größer 27182–x", "größer *******–x"),
        ] {
            assert_eq!(mask(typed), kept);
        }
    }
}
