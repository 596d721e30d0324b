//! Play-and-collect, in VoiceXML's terms: a field takes keys up to its termination key. The attendant plays its
//! prompts and runs its timers; the field says what an entry amounts to.

use std::time::Duration;

use super::call::{Digit, Digits};

/// The limits of an entry field (VoiceXML 2.0, appendix D: `termchar`, `timeout`, `interdigittimeout`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Fewer keys than these make an entry invalid.
    pub digits_min: usize,
    /// More keys than these make an entry invalid.
    pub digits_max: usize,
    /// So many keys end an entry by themselves.
    pub digits_exact: Option<usize>,
    /// Ends an entry; not part of it.
    pub termchar: Option<Digit>,
    /// From the prompt's end to the first key.
    pub timeout: Duration,
    /// From one key to the next; ends an entry as the termination key does.
    pub interdigit_timeout: Duration,
}

/// The result of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collected {
    /// Keys that may be what was asked for.
    Filled(Digits),
    /// Nothing was keyed.
    NoInput,
    /// Keys that cannot be what was asked for.
    NoMatch(Digits),
}

/// An entry that is being keyed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Collect {
    keys: Digits,
    too_many: bool,
}

impl Collect {
    /// Takes a key; the entry if this was the termination key, or the last of as many as there are.
    pub fn key(&mut self, field: &Field, key: Digit) -> Option<Collected> {
        if field.termchar == Some(key) {
            return Some(self.end(field));
        }
        self.too_many |= !self.keys.push(key) || self.keys.len() > field.digits_max;
        (field.digits_exact == Some(self.keys.len())).then(|| self.end(field))
    }

    /// The entry as it is when a timeout or the termination key ends it.
    #[must_use]
    pub fn end(&self, field: &Field) -> Collected {
        if self.keys.is_empty() {
            Collected::NoInput
        } else if self.too_many || self.keys.len() < field.digits_min {
            Collected::NoMatch(self.keys)
        } else {
            Collected::Filled(self.keys)
        }
    }

    /// Returns whether nothing has been keyed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns how long to wait for the next key: the first one's timeout is longer.
    #[must_use]
    pub fn next_timeout(&self, field: &Field) -> Duration {
        if self.keys.is_empty() { field.timeout } else { field.interdigit_timeout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: Field = Field {
        digits_min: 1,
        digits_max: 12,
        digits_exact: None,
        termchar: Some(Digit::POUND),
        timeout: Duration::from_secs(10),
        interdigit_timeout: Duration::from_secs(5),
    };

    fn entry(keys: &str) -> (Option<Collected>, Collect) {
        entry_of(&FIELD, keys)
    }

    fn entry_of(field: &Field, keys: &str) -> (Option<Collected>, Collect) {
        let mut collect = Collect::default();
        let last =
            keys.chars().map(|key| collect.key(field, Digit::from_symbol(key).unwrap())).last().flatten();
        (last, collect)
    }

    fn digits(keys: &str) -> Digits {
        Digits::from_symbols(keys).unwrap()
    }

    #[test]
    fn the_termination_key_ends_an_entry_and_is_not_part_of_it() {
        assert_eq!(entry("3141592#").0, Some(Collected::Filled(digits("3141592"))));
        assert_eq!(entry("3141592").0, None);
    }

    #[test]
    fn a_timeout_ends_an_entry_as_the_termination_key_does() {
        assert_eq!(entry("3141592").1.end(&FIELD), Collected::Filled(digits("3141592")));
    }

    #[test]
    fn so_many_keys_as_there_are_end_an_entry() {
        let exact = Field { digits_exact: Some(5), termchar: None, ..FIELD };
        assert_eq!(entry_of(&exact, "3141").0, None);
        assert_eq!(entry_of(&exact, "31415").0, Some(Collected::Filled(digits("31415"))));
        assert_eq!(entry_of(&exact, "#").0, None, "no key ends it");
    }

    #[test]
    fn too_few_digits_are_no_match() {
        let field = Field { digits_min: 4, ..FIELD };
        assert_eq!(entry_of(&field, "314#").0, Some(Collected::NoMatch(digits("314"))));
        assert_eq!(entry_of(&field, "#").0, Some(Collected::NoInput));
        assert_eq!(entry_of(&field, "3141#").0, Some(Collected::Filled(digits("3141"))));
    }

    #[test]
    fn the_termination_key_alone_is_no_input() {
        assert_eq!(entry("#").0, Some(Collected::NoInput));
    }

    #[test]
    fn a_thirteenth_digit_makes_an_entry_invalid() {
        assert_eq!(entry("123456789012#").0, Some(Collected::Filled(digits("123456789012"))));
        assert_eq!(entry("1234567890123#").0, Some(Collected::NoMatch(digits("1234567890123"))));
        let endless = "5".repeat(500) + "#";
        assert_eq!(entry(&endless).0, Some(Collected::NoMatch(digits(&"5".repeat(32)))));
    }

    #[test]
    fn an_entry_is_empty_until_a_key_belongs_to_it() {
        assert!(entry("").1.is_empty());
        assert!(entry("#").1.is_empty());
        assert!(!entry("3").1.is_empty());
    }

    #[test]
    fn the_first_key_is_waited_for_longer_than_the_next() {
        assert_eq!(entry("").1.next_timeout(&FIELD), Duration::from_secs(10));
        assert_eq!(entry("3").1.next_timeout(&FIELD), Duration::from_secs(5));
    }
}
