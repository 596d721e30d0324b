//! By which words users are found: those of the principal name before its `@`, and of the display name, in any case. The
//! beginning of a word is enough; a number finds conference IDs that begin with it too.

use std::collections::BTreeSet;

use super::record::UserRecord;

/// Words of one user, or of one search, that count: a name has a handful.
pub(super) const WORDS_MAX: usize = 12;

/// Characters of a word that count.
const WORD_CHARS: usize = 32;

/// The words of a user.
pub(super) fn of_user(user: &UserRecord) -> BTreeSet<String> {
    let own = user.name.split('@').next().unwrap_or_default();
    let mut words = split(own);
    words.extend(split(&user.display_name));
    words.into_iter().take(WORDS_MAX).collect()
}

/// What a search asks for: every one must begin a word, or the conference ID. What stands behind an `@` is passed over,
/// since nearly all users share it.
pub(super) fn of_search(text: &str) -> Vec<String> {
    let own = text.split_whitespace().map(|part| part.split('@').next().unwrap_or_default());
    let words: BTreeSet<String> = own.flat_map(split).collect();
    words.into_iter().take(WORDS_MAX).collect()
}

/// Whether a search finds this user.
pub(super) fn finds(search: &[String], user: &UserRecord) -> bool {
    let words = of_user(user);
    let id = user.conference_id.map(|id| id.reveal()).unwrap_or_default();
    search.iter().all(|sought| {
        words.iter().any(|word| word.starts_with(sought)) || (is_number(sought) && id.starts_with(sought))
    })
}

/// Whether a word of a search may begin a conference ID.
pub(super) fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn split(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| part.to_lowercase().chars().take(WORD_CHARS).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::Digits;

    #[test]
    fn the_beginnings_of_words_and_of_the_conference_id_find_a_user() {
        let amos = UserRecord {
            name: "a.marble2@contoso.com".into(),
            display_name: "Amos Märble-Smith".into(),
            conference_id: Digits::from_symbols("3141592"),
            ..UserRecord::default()
        };
        for found in
            ["", "amos", "SMI mär", "a.marble2@contoso.com", "a.marble2@other", "314", "@contoso.com"]
        {
            assert!(finds(&of_search(found), &amos), "{found}");
        }
        for missed in ["arble", "amos kim", "contoso", "1592", "amosx"] {
            assert!(!finds(&of_search(missed), &amos), "{missed}");
        }
    }
}
