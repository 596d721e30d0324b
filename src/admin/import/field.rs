//! A field of a file of users: what was meant by it, whatever a spreadsheet made of it, and how one is written that no
//! spreadsheet calculates.

use std::fmt;

use super::super::people::{Context, service_number};
use super::super::refusal::Refusal;
use crate::control::call::Language;

/// What Excel and LibreOffice write for true in their languages, and what people do.
const TRUE: &[&str] = &[
    "true",
    "yes",
    "1",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "sí",
    "vero",
    "sì",
    "verdadeiro",
    "sim",
    "waar",
    "prawda",
    "tak",
    "pravda",
    "sant",
    "sand",
    "sann",
    "tosi",
    "igaz",
    "doğru",
    "истина",
];

/// The same for false.
const FALSE: &[&str] = &[
    "false", "no", "0", "falsch", "nein", "faux", "non", "falso", "não", "onwaar", "nee", "fałsz", "nie",
    "nepravda", "falskt", "falsk", "usann", "epätosi", "hamis", "yanlış", "ложь",
];

/// A field of a line.
pub(super) struct Field<'f> {
    pub(super) column: &'static str,
    pub(super) written: &'f str,
    pub(super) context: Context<'f>,
}

/// What is wrong in a line that somebody else knows.
pub(super) struct RowError(pub(super) String);

impl From<Refusal> for RowError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.to_string())
    }
}

impl Field<'_> {
    /// What was meant, if anything.
    pub(super) fn text(&self) -> Option<String> {
        Some(written(self.written)).filter(|text| !text.is_empty())
    }

    /// What is wrong in it, with the name of its column.
    pub(super) fn wrong(&self, what: impl fmt::Display) -> RowError {
        RowError(format!("{}: {what}", self.column))
    }

    /// What was meant by a number that a spreadsheet may have taken for one of its own.
    pub(super) fn digits(&self) -> Result<Option<String>, RowError> {
        match self.text().map(|text| text.trim_start_matches('\'').trim().to_owned()) {
            Some(text) if is_rounded(&text) => Err(self.wrong(format_args!(
                "a spreadsheet has rounded it to `{}`; format the column as text, and write it again",
                short(&text)
            ))),
            digits => Ok(digits),
        }
    }

    /// Yes or no, in the languages of spreadsheets.
    pub(super) fn flag(&self) -> Result<Option<bool>, RowError> {
        let Some(text) = self.text() else { return Ok(None) };
        let word = text.to_lowercase();
        match (TRUE.contains(&word.as_str()), FALSE.contains(&word.as_str())) {
            (true, _) => Ok(Some(true)),
            (_, true) => Ok(Some(false)),
            (false, false) => Err(self
                .wrong(format_args!("`{}` is neither true nor false; expected true or false", short(&text)))),
        }
    }

    /// A service number of this kind.
    pub(super) fn service_number(&self, toll_free: bool) -> Result<Option<String>, RowError> {
        let Some(written) = self.digits()? else { return Ok(None) };
        let known = service_number(self.context, &written, toll_free);
        known.map(|known| Some(known.number.clone())).map_err(|refusal| self.wrong(refusal))
    }

    /// A language by its tag.
    pub(super) fn language(&self) -> Result<Option<Language>, RowError> {
        let Some(tag) = self.text() else { return Ok(None) };
        Language::from_tag(&tag).map(Some).ok_or_else(|| {
            let known = Language::ALL.map(Language::tag).join(", ");
            RowError(format!("unknown language `{}`; expected one of {known}", short(&tag)))
        })
    }
}

/// The most of a field that is quoted, in characters.
const QUOTED_CHARS: usize = 40;

pub(super) fn short(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).collect()
}

/// A field as it was meant: without the `="…"` by which a spreadsheet is kept from reading a number, and without the
/// apostrophe that [`guarded`] puts before a formula.
fn written(field: &str) -> String {
    let formula = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = formula.map_or_else(|| field.to_owned(), |inner| inner.replace("\"\"", "\""));
    if is_guarded(&text) { text[1..].to_owned() } else { text }
}

fn is_guarded(text: &str) -> bool {
    text.strip_prefix('\'').is_some_and(looks_like_formula)
}

/// Whether a spreadsheet would calculate this, or take a guard away from it when it comes back.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A text as it is exported: nobody's display name becomes a formula on an administrator's machine.
pub(super) fn guarded(text: &str) -> String {
    if looks_like_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// Whether a spreadsheet has shown a number in powers of ten: `1.42556E+10`, and the digits are gone.
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_number =
        |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".,+-".contains(c)) && !text.is_empty();
    is_number(mantissa) && is_number(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_comes_back_as_it_was() {
        for text in ["Amos", "=1+1", "'=1+1", "''@x", "'t Hooft", "-", "+1", "\"q\"", ""] {
            let exported = guarded(text);
            assert!(!exported.starts_with(['=', '+', '-', '@']), "{exported}");
            assert_eq!(written(&exported), text);
        }
        assert_eq!(written("=\"0314\""), "0314");
        assert_eq!(written("=\"a\"\"b\""), "a\"b");
    }

    #[test]
    fn only_numbers_in_powers_of_ten_are_rounded() {
        for rounded in ["1.42556E+10", "3,14E+06", "4e9", "1E5"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["3141592", "", "e", "12a", "E5", "1E", "bee"] {
            assert!(!is_rounded(other), "{other}");
        }
    }
}
