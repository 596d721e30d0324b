//! Numbers as people write them: telephone numbers and conference IDs, read in one way at every entrance (BEHAVIOUR 5).
//!
//! People copy numbers from mails, spreadsheets and address books, with blanks, hyphens, brackets and marks that nobody sees.
//! All code that takes a number from outside parses it here, and stores and returns the parsed form.

use std::num::NonZeroU32;

use super::call::Digits;

/// Digits that a conference ID may have: a 13th digit makes an entry invalid (BEHAVIOUR 2.2).
pub const CONFERENCE_ID_MAX: usize = 12;

/// Digits of a number that is written with `+` or `tel:`. E.164 (section 6.2.1) allows 15; no country has numbers of fewer
/// than 4 that are dialled from abroad.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;

/// Digits from which a number without `+` is taken for one with its country code (BEHAVIOUR 5).
const E164_DIGITS_WITHOUT_PLUS: usize = 11;

/// The last digits of a telephone number, at most seven, in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NumberEnd(NonZeroU32);

impl NumberEnd {
    const DIGITS_MAX: usize = 7;
    /// Above the digits' value, of less than 24 bits.
    const COUNT_SHIFT: u32 = 28;

    /// The last digits of a number as the network tells it, so many of them or all it has; `None` if it is not a number.
    #[must_use]
    pub fn of(number: &str, digits: u8) -> Option<Self> {
        if number.chars().any(char::is_alphabetic) {
            return None;
        }
        let all: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
        let count = all.len().min(usize::from(digits)).min(Self::DIGITS_MAX);
        let value = all[all.len() - count..].iter().fold(0, |value, digit| value * 10 + digit);
        let count = u32::try_from(count).ok()?;
        NonZeroU32::new(count << Self::COUNT_SHIFT | value).filter(|_| count > 0).map(Self)
    }

    /// Returns how many digits there are.
    #[must_use]
    pub const fn count(self) -> u8 {
        (self.0.get() >> Self::COUNT_SHIFT) as u8
    }

    /// The digit at this place; the last one beyond.
    #[must_use]
    pub fn digit(self, at: u8) -> u8 {
        let value = self.0.get() & ((1 << Self::COUNT_SHIFT) - 1);
        let behind = self.count().saturating_sub(at + 1);
        u8::try_from(value / 10_u32.pow(behind.into()) % 10).unwrap_or_default()
    }
}

/// A telephone number that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Telephone {
    /// `+14255550100`, good from everywhere.
    E164(String),
    /// `911`, good only where it is dialled from.
    Local(String),
}

impl Telephone {
    /// Reads a number in any of the forms in which people write it; `None` if it is not a number in any.
    ///
    /// `+14255550100`, `14255550100`, `tel:+14255550100`, `+1 (425) 555-0100` and `+1.425.555.0100` are the same one.
    /// Without `+` and `tel:`, 11 to 15 digits are a number with its country code, unless they begin with a 0, as no
    /// country code does; other digits are kept as they would be dialled.
    #[must_use]
    pub fn read(written: &str) -> Option<Self> {
        let trimmed = written.trim_matches(is_separator);
        let scheme = trimmed.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
        let rest = &trimmed[scheme.map_or(0, str::len)..];
        let ungrouped = ungrouped(rest);
        let plain: String = ungrouped.chars().filter(|c| !"./()".contains(*c)).collect();
        let (is_whole, digits) = match plain.strip_prefix('+') {
            Some(digits) => (true, digits),
            None => (scheme.is_some(), plain.as_str()),
        };
        // `+49 (0) 30` is dialled without the 0 from abroad, and with it at home: nobody can tell what is meant.
        if digits.is_empty() || !is_digits(digits) || ungrouped.contains("(0)") {
            return None;
        }
        let has_country = !digits.starts_with('0') && E164_DIGITS.contains(&digits.len());
        if has_country && (is_whole || digits.len() >= E164_DIGITS_WITHOUT_PLUS) {
            return Some(Self::E164(format!("+{digits}")));
        }
        let is_short_enough = digits.len() <= *E164_DIGITS.end();
        (!is_whole && is_short_enough).then(|| Self::Local(digits.to_owned()))
    }
}

/// The number as E.164 writes it, `+14255550100`, of one that is written in any form; `None` if it is not one that can be
/// dialled from everywhere.
#[must_use]
pub fn e164(written: &str) -> Option<String> {
    match Telephone::read(written)? {
        Telephone::E164(number) => Some(number),
        Telephone::Local(_) => None,
    }
}

/// The conference ID of one that may be written in groups, as mails print it: `314 1592`, `314-1592`. `None` if it has
/// anything else in it, or not 1 to 12 digits.
#[must_use]
pub fn conference_id(written: &str) -> Option<Digits> {
    let digits = ungrouped(written);
    let fits = (1..=CONFERENCE_ID_MAX).contains(&digits.len()) && is_digits(&digits);
    Digits::from_symbols(&digits).filter(|_| fits)
}

/// Keys or digits that are written in groups, without what stands between the groups.
#[must_use]
pub fn ungrouped(written: &str) -> String {
    written.chars().filter(|c| !is_separator(*c)).collect()
}

/// Returns digits in groups of three, the last of up to four, as people read them: `314 1592`.
#[must_use]
pub fn in_groups(digits: &str) -> String {
    let symbols: Vec<char> = digits.chars().collect();
    let mut groups: Vec<String> = symbols.chunks(3).map(|group| group.iter().collect()).collect();
    if groups.len() > 1 && symbols.len() % 3 == 1 {
        let last = groups.pop().unwrap_or_default();
        if let Some(before) = groups.last_mut() {
            before.push_str(&last);
        }
    }
    groups.join(" ")
}

/// Returns whether this stands between groups of digits and is not one of them: a blank, a hyphen or dash, or a mark
/// that is not seen, as address books and web pages put around numbers to keep their direction.
#[must_use]
pub fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Returns whether there is nothing but decimal digits.
#[must_use]
pub fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_of_a_number_has_at_most_the_digits_that_are_asked_for() {
        let end = |number: &str, digits| {
            NumberEnd::of(number, digits)
                .map(|end| (0..end.count()).map(|at| end.digit(at)).collect::<Vec<_>>())
        };
        assert_eq!(end("+1 425-555-0107", 4), Some(vec![0, 1, 0, 7]));
        assert_eq!(end("+14255550000", 7), Some(vec![5, 5, 5, 0, 0, 0, 0]));
        assert_eq!(end("911", 4), Some(vec![9, 1, 1]));
        assert_eq!([end("anonymous", 4), end("pat2", 4), end("", 4), end("+", 4)], [const { None }; 4]);
    }

    #[test]
    fn one_number_has_many_forms() {
        for written in [
            "+14255550100",
            "14255550100",
            "tel:+14255550100",
            "TEL:14255550100",
            "+1 425-555-0100",
            "+1 (425) 555-0100",
            "+1.425.555.0100",
            "1/425/555/0100",
            "\u{202a}+1\u{a0}425\u{2011}555\u{2013}0100\u{202c}",
            " tel: +1 425 555 0100\n",
        ] {
            assert_eq!(e164(written).as_deref(), Some("+14255550100"), "{written}");
        }
    }

    #[test]
    fn a_short_number_is_dialled_as_typed_and_is_not_e164() {
        for (written, dialled) in
            [("911", "911"), ("555-0100", "5550100"), ("0014255550100", "0014255550100")]
        {
            assert_eq!(Telephone::read(written), Some(Telephone::Local(dialled.to_owned())), "{written}");
            assert_eq!(e164(written), None, "{written}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_read_as_one() {
        for wrong in [
            "",
            " ",
            "+",
            "tel:",
            "+123",
            "+014255550100",
            "+49 (0) 30 901820",
            "++14255550100",
            "1+4255550100",
            "tel:tel:14255550100",
            "+1425555010a",
            "+1234567890123456",
            "1234567890123456",
            "1.42555501E+10",
            "+14255550100;ext=5",
            "+1 425 555 0100 x5",
            "sip:+14255550100",
            "bridge",
        ] {
            assert_eq!(Telephone::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_conference_id_may_be_written_in_groups() {
        for written in
            ["3141592", "314 1592", "314-1592", " 314\u{a0}1592 ", "3 1 4 1 5 9 2", "\u{202d}3141592\u{202c}"]
        {
            assert_eq!(conference_id(written), Digits::from_symbols("3141592"), "{written}");
        }
        for wrong in [
            "",
            " ",
            "-",
            "314*1592",
            "3141592#",
            "314.1592",
            "3141592.0",
            "3,141,592",
            "3.14E+06",
            "A1",
            "1234567890123",
        ] {
            assert_eq!(conference_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn conference_ids_are_grouped_without_a_lone_digit() {
        let ids = ["", "3", "31", "3141", "31415", "314159", "3141592", "31415926", "3141592653"];
        assert_eq!(
            ids.map(in_groups),
            ["", "3", "31", "3141", "314 15", "314 159", "314 1592", "314 159 26", "314 159 2653"]
        );
    }

    /// Digits with separators anywhere between them.
    fn grouped(digits: &str, between: &[String]) -> String {
        let separators = between.iter().map(String::as_str).chain(std::iter::repeat(""));
        digits.chars().zip(separators).map(|(digit, separator)| format!("{digit}{separator}")).collect()
    }

    proptest! {
        #[test]
        fn groups_change_no_number(
            digits in "[1-9][0-9]{10,14}",
            between in prop::collection::vec("[-. /()\u{a0}\u{2011}\u{202a}]{0,2}", 0..15),
            prefix in prop::sample::select(vec!["", "+", "tel:", "tel:+", " + "]),
        ) {
            let written = format!("{prefix}{}", grouped(&digits, &between));
            prop_assume!(!ungrouped(&written).contains("(0)"));
            prop_assert_eq!(e164(&written), Some(format!("+{digits}")));
        }

        #[test]
        fn what_was_read_is_read_as_itself(written in "(tel:|\\+)?[-+0-9 .()]{0,24}") {
            match Telephone::read(&written) {
                None => {}
                Some(read @ Telephone::E164(_)) => {
                    let Telephone::E164(number) = &read else { unreachable!() };
                    prop_assert!(number.len() <= 16 && number.starts_with('+') && is_digits(&number[1..]));
                    prop_assert_eq!(Telephone::read(number), Some(read.clone()));
                }
                Some(read @ Telephone::Local(_)) => {
                    let Telephone::Local(number) = &read else { unreachable!() };
                    prop_assert!(number.len() <= 15 && is_digits(number));
                    prop_assert_eq!(Telephone::read(number), Some(read.clone()));
                }
            }
        }

        #[test]
        fn groups_change_no_conference_id(
            digits in "[0-9]{1,12}",
            between in prop::collection::vec("[- \u{a0}\u{2011}]{0,2}", 0..12),
        ) {
            let read = conference_id(&grouped(&digits, &between)).map(|id| id.reveal());
            prop_assert_eq!(read, Some(digits));
        }

        #[test]
        fn no_text_makes_the_reader_fail(text in any::<String>()) {
            let _number = Telephone::read(&text);
            if let Some(id) = conference_id(&text) {
                prop_assert!((1..=CONFERENCE_ID_MAX).contains(&id.len()));
            }
        }
    }
}
