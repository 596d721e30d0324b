//! Parts and decibels as whole numbers, so that what names them compares, and reads back as it was written.

use std::fmt;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

/// A part of something, in hundredths of a percent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Part(u16);

impl Part {
    const WHOLE: u16 = 10_000;

    /// Reads `5%` or `0.25%`; nothing for what is none, or more than all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hundredths = fixed(text.strip_suffix('%')?, 2)?;
        u16::try_from(hundredths).ok().filter(|part| *part <= Self::WHOLE).map(Self)
    }

    /// From 0 to 1.
    #[must_use]
    pub fn as_ratio(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }

    /// Returns whether this is none at all.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Returns whether it hits this time.
    pub fn hits(self, chance: &mut ChaCha8Rng) -> bool {
        chance.random_ratio(u32::from(self.0), u32::from(Self::WHOLE))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, i32::from(self.0), 2)?;
        f.write_str("%")
    }
}

/// Decibels, in tenths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Decibels(i16);

impl Decibels {
    /// The most that a file may name, either way: more than 16 bits can tell apart.
    const MOST: i16 = 1_000;

    /// Reads `-10dB`, `+6dB` or `1.5dB`, with the unit that is asked for; nothing for what is none, or beyond 100.
    #[must_use]
    pub fn parse(text: &str, unit: &str) -> Option<Self> {
        let number = text.strip_suffix(unit)?.trim_end();
        let tenths = fixed(number.strip_prefix('+').unwrap_or(number), 1)?;
        i16::try_from(tenths).ok().filter(|tenths| tenths.abs() <= Self::MOST).map(Self)
    }

    /// Returns it as a number.
    #[must_use]
    pub fn as_number(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Decibels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_fixed(f, i32::from(self.0), 1)
    }
}

/// A number with at most so many decimals, times ten to their power.
fn fixed(text: &str, decimals: u32) -> Option<i32> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let places = u32::try_from(part.len()).ok()?;
    if !are_digits(whole) || !are_digits(part) || whole.len() > 6 || places > decimals {
        return None;
    }
    let part = part.parse::<i32>().ok()? * 10_i32.pow(decimals - places);
    let number = whole.parse::<i32>().ok()? * 10_i32.pow(decimals) + part;
    Some(if negative { -number } else { number })
}

fn write_fixed(f: &mut fmt::Formatter<'_>, number: i32, decimals: u32) -> fmt::Result {
    let (scale, sign) = (10_u32.pow(decimals), if number < 0 { "-" } else { "" });
    let (whole, part) = (number.unsigned_abs() / scale, number.unsigned_abs() % scale);
    let shown = format!("{part:0width$}", width = decimals as usize);
    match shown.trim_end_matches('0') {
        "" => write!(f, "{sign}{whole}"),
        part => write!(f, "{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_decibels_are_read_and_shown_as_people_write_them() {
        for text in ["0%", "5%", "0.25%", "12.5%", "100%"] {
            assert_eq!(Part::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Part::parse("0.25%").map(Part::as_ratio), Some(0.0025));
        for (text, shown, number) in [("-10dB", "-10", -10.0), ("+6dB", "6", 6.0), ("-0.5 dB", "-0.5", -0.5)]
        {
            let read = Decibels::parse(text, "dB").unwrap();
            assert_eq!((read.to_string().as_str(), read.as_number()), (shown, number));
        }
        assert_eq!(Decibels::parse("-40dBm0", "dBm0").map(Decibels::as_number), Some(-40.0));
    }

    #[test]
    fn what_is_no_part_and_no_decibels_is_refused() {
        for text in ["", "5", "%", "-5%", "101%", "5.%", ".5%", "0.125%", "5 %", "1e2%", "99999999999%"] {
            assert_eq!(Part::parse(text), None, "{text}");
        }
        for text in ["", "dB", "6", "6dBm0", "--6dB", "0.25dB", "101dB", "-101dB", "9999999999dB", "٣dB"] {
            assert_eq!(Decibels::parse(text, "dB"), None, "{text}");
        }
    }
}
