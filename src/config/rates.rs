//! What calls to a service number cost, for reports that tell charges.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::layers::Loading;

/// The parts of a unit of the currency that prices are counted in: a price may have four decimals.
const PARTS: u64 = 10_000;

/// The price of each number and the currency. A number without a price costs nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rates {
    /// Three letters (ISO 4217).
    currency: String,
    /// The price of each minute that has begun, in parts, by the digits of the number.
    per_minute: BTreeMap<String, u64>,
}

impl Default for Rates {
    fn default() -> Self {
        Self { currency: "USD".to_owned(), per_minute: BTreeMap::new() }
    }
}

/// What a call costs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Charge(u64);

impl fmt::Display for Charge {
    /// Two decimals, as reports have them, or up to four where it has more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / PARTS, self.0 % PARTS);
        let shortest = text.len() - 2;
        f.write_str(&text[..shortest.max(text.trim_end_matches('0').len())])
    }
}

impl Serialize for Charge {
    /// A number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0 / PARTS, self.0 % PARTS) {
            (whole, 0) => serializer.serialize_u64(whole),
            // No charge is so large that a float does not hold it.
            _ => serializer.serialize_f64(self.0 as f64 / PARTS as f64),
        }
    }
}

impl Rates {
    /// Reads prices as the configuration has them: `+14255550100=0.0125, +18005550100=0.03`.
    ///
    /// # Errors
    /// An entry is no number with its price; says which.
    pub fn parse(currency: &str, text: &str) -> Result<Self, String> {
        let is_currency = currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
        if !is_currency {
            return Err(format!("`{currency}` is not a currency; expected three letters such as USD"));
        }
        let mut per_minute = BTreeMap::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let expected = || {
                format!("`{entry}` is not a number with its price; expected one such as +14255550100=0.0125")
            };
            let (number, price) = entry.split_once('=').ok_or_else(expected)?;
            let number = digits(number);
            let price = parts(price.trim()).filter(|_| !number.is_empty()).ok_or_else(expected)?;
            per_minute.insert(number, price);
        }
        Ok(Self { currency: currency.to_owned(), per_minute })
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// What a call of so many seconds to this number costs: each minute that has begun.
    #[must_use]
    pub fn charge(&self, number: Option<&str>, seconds: i64) -> Charge {
        let price = number.and_then(|number| self.per_minute.get(&digits(number))).copied().unwrap_or(0);
        let minutes = u64::try_from(seconds).unwrap_or(0).div_ceil(60);
        Charge(price.saturating_mul(minutes))
    }
}

impl Loading<'_> {
    /// Reads the prices of calls.
    pub(super) fn rates(&mut self) -> Rates {
        let (currency, prices) = (self.or_empty("records.currency"), self.or_empty("records.rates"));
        Rates::parse(&currency, &prices).unwrap_or_else(|why| {
            let name = if why.contains("currency") { "records.currency" } else { "records.rates" };
            self.refuse(name, &why, "a number without a price costs nothing");
            Rates::default()
        })
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A price with up to four decimals.
fn parts(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_price = !whole.is_empty() && decimals.len() <= 4;
    let all_digits = whole.bytes().chain(decimals.bytes()).all(|digit| digit.is_ascii_digit());
    let decimals = format!("{decimals:0<4}").parse::<u64>().ok()?;
    let whole = whole.parse::<u64>().ok().filter(|_| is_price && all_digits)?;
    whole.checked_mul(PARTS)?.checked_add(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_minute_that_has_begun_is_charged_by_the_number() {
        let rates = Rates::parse("EUR", "+14255550100=0.0125, +1 800 555 0100 = 3").unwrap();
        let charge = |number, seconds| rates.charge(number, seconds).to_string();
        assert_eq!(charge(Some("14255550100"), 61), "0.025");
        assert_eq!(charge(Some("+18005550100"), 60), "3.00");
        assert_eq!([charge(Some("+18005550100"), 0), charge(Some("+1"), 60), charge(None, 60)], ["0.00"; 3]);
        let told = |seconds| serde_json::to_string(&rates.charge(Some("14255550100"), seconds)).unwrap();
        assert_eq!([told(3_600), told(80 * 60)], ["0.75", "1"]);
        assert_eq!(Rates::default().charge(Some("14255550100"), 60).to_string(), "0.00");
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (currency, text) in
            [("usd", ""), ("USD", "+14255550100"), ("USD", "x=1"), ("USD", "1=1.23456"), ("USD", "1=-1")]
        {
            assert!(Rates::parse(currency, text).is_err(), "{text}");
        }
    }
}
