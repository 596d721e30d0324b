//! Callers whom the bridge does not answer.

use super::value::{Takes, Value};
use crate::control::numbers::e164;

/// Telephone numbers from which no calls are taken. A number is what the caller's network says, and can be forged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockedCallers(Vec<String>);

impl BlockedCallers {
    /// Returns whether this number, in any form, is among them.
    #[must_use]
    pub fn has(&self, from: &str) -> bool {
        !self.0.is_empty() && e164(from).is_some_and(|number| self.0.contains(&number))
    }
}

impl Value for BlockedCallers {
    const TAKES: Takes = Takes::Form {
        pattern: "^(none|[^,]*[0-9][^,]*(,[^,]*[0-9][^,]*)*)$",
        says: "none, or telephone numbers with their country codes, separated by commas",
        numbers: None,
        example: "+14255550100, +4930901820",
    };

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        let number = |written: &str| {
            let written = written.trim();
            e164(written).ok_or_else(|| {
                format!("`{written}` is not a telephone number with its country code, such as +14255550100")
            })
        };
        text.split(',').map(number).collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        if self.0.is_empty() { "none".to_owned() } else { self.0.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_number_is_known_in_any_form() {
        let blocked = BlockedCallers::parse("+1 (425) 555-0100, tel:+4930901820").unwrap();
        assert_eq!(blocked.show(), "+14255550100, +4930901820");
        for (from, is_blocked) in
            [("14255550100", true), ("+1.425.555.0100", true), ("+14255550101", false), ("anonymous", false)]
        {
            assert_eq!(blocked.has(from), is_blocked, "{from}");
        }
        assert!(!BlockedCallers::default().has("+14255550100"));
        assert!(BlockedCallers::parse("5550100").unwrap_err().contains("country code"));
    }
}
