//! The patterns that new PINs avoid.

use super::value::{Takes, Value};

/// Patterns that no generated PIN follows. `Default` is Microsoft's rule on-premises: all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PinRules {
    /// One digit all through, or repeated pairs: 77777, 225577.
    pub repetition: bool,
    /// Four or more consecutive digits, up or down: 991234.
    pub sequences: bool,
    /// A part of the user's telephone number or conference ID.
    pub own_numbers: bool,
}

impl PinRules {
    /// Every PIN is as good as any other.
    pub const NONE: Self = Self { repetition: false, sequences: false, own_numbers: false };

    /// Their words, with whether they are among these.
    fn words(self) -> [(&'static str, bool); 3] {
        [("repetition", self.repetition), ("sequences", self.sequences), ("own_numbers", self.own_numbers)]
    }
}

impl Default for PinRules {
    fn default() -> Self {
        Self { repetition: true, sequences: true, own_numbers: true }
    }
}

impl Value for PinRules {
    const TAKES: Takes = Takes::Form {
        pattern: "^ *(none|(repetition|sequences|own_numbers) *(, *(repetition|sequences|own_numbers) *)*)$",
        says: "none or, separated by commas, some of repetition, sequences and own_numbers",
        numbers: None,
        example: "sequences",
    };

    fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Self::NONE;
        if text.trim() == "none" {
            return Ok(rules);
        }
        for word in text.split(',').map(str::trim) {
            match word {
                "repetition" => rules.repetition = true,
                "sequences" => rules.sequences = true,
                "own_numbers" => rules.own_numbers = true,
                _ => return Err(format!("`{word}` is not one of repetition, sequences, own_numbers")),
            }
        }
        Ok(rules)
    }

    fn show(&self) -> String {
        let among: Vec<&str> =
            self.words().into_iter().filter(|(_, among)| *among).map(|(word, _)| word).collect();
        if among.is_empty() { "none".to_owned() } else { among.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_in_any_order_and_shown_in_one() {
        for (text, shown) in [
            ("own_numbers,repetition", "repetition, own_numbers"),
            ("none", "none"),
            ("repetition, sequences, own_numbers", "repetition, sequences, own_numbers"),
        ] {
            assert_eq!(PinRules::parse(text).unwrap().show(), shown);
        }
        assert_eq!(
            PinRules::parse("none, sequences").unwrap_err(),
            "`none` is not one of repetition, sequences, own_numbers"
        );
    }
}
