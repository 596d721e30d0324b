//! Suggestions for mistyped words.

/// The most characters of a word that are compared; a longer word is not a typo.
const CHARS_MAX: usize = 64;

/// The most known words that are compared: each takes time, and files can come from anybody.
const KNOWN_MAX: usize = 2_000;

/// Returns `did you mean …?` for an unknown word, if a known one resembles it.
#[must_use]
pub fn suggest<'w, W: IntoIterator<Item = &'w str>>(word: &str, known: W) -> Option<String> {
    let word: String = word.chars().take(CHARS_MAX).collect();
    let most = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .take(KNOWN_MAX)
        .map(|known| {
            (
                strsim::damerau_levenshtein(
                    &word.to_lowercase().replace('-', "_"),
                    &known.to_lowercase().replace('-', "_"),
                ),
                known,
            )
        })
        .filter(|(distance, known)| *distance <= most && *known != word)
        .min()
        .map(|(_, known)| format!("did you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_is_recognized_and_a_foreign_one_is_not() {
        let known = ["mail.smtp.host", "mail.smtp.port", "mail.transport"];
        assert_eq!(suggest("mail.smtp.hots", known).as_deref(), Some("did you mean `mail.smtp.host`?"));
        assert_eq!(suggest("MAIL.SMTP.PROT", known).as_deref(), Some("did you mean `mail.smtp.port`?"));
        assert_eq!(suggest("colour", known), None);
        assert_eq!(suggest("mail.transport", known), None, "it is that word");
    }
}
