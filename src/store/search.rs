//! By what users are found. The words of one are those of the principal name before its `@`, and of the display name, in
//! any case. The beginning of a word is enough; a number finds conference IDs that begin with it too.

use std::collections::BTreeSet;

use super::check::epoch_ms;
use super::record::UserRecord;
use crate::control::numbers::{is_digits, ungrouped};

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

/// The filters of a search: users must match all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sought {
    /// Words of which each begins a word of the user's name or display name, or the conference ID.
    pub search: String,
    /// Only those who are enabled for dial-in conferencing.
    pub enabled_only: bool,
    /// Only those with this service number in their invitations.
    pub number: Option<String>,
    /// Only those who need an administrator's attention in this way.
    pub matter: Option<Matter>,
}

/// What an administrator may have to see to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Matter {
    /// Not enabled for dial-in conferencing.
    Disabled,
    /// Enabled, and nobody can start their meetings with a PIN.
    WithoutPin,
    /// Enabled, and their invitations name no number to call.
    WithoutNumber,
    /// PIN entry is locked at this moment, in milliseconds since the Unix epoch.
    LockedOut(i64),
}

impl Matter {
    /// Each, for this moment.
    #[must_use]
    pub const fn all(now: i64) -> [Self; 4] {
        [Self::LockedOut(now), Self::WithoutPin, Self::Disabled, Self::WithoutNumber]
    }

    /// Its word in addresses and for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::WithoutPin => "without-pin",
            Self::WithoutNumber => "without-number",
            Self::LockedOut(_) => "locked-out",
        }
    }

    /// The one of this word, for this moment.
    #[must_use]
    pub fn of_word(word: &str, now: i64) -> Option<Self> {
        Self::all(now).into_iter().find(|matter| matter.word() == word)
    }

    pub(super) fn concerns(self, user: &UserRecord) -> bool {
        let account = &user.account;
        match self {
            Self::Disabled => !account.enabled,
            Self::WithoutPin => account.enabled && account.pin.is_none(),
            Self::WithoutNumber => {
                account.enabled && user.number.is_none() && user.toll_free_number.is_none()
            }
            Self::LockedOut(now) => {
                let counts = account.lockout.counts();
                counts.by_hand || counts.locked_until.is_some_and(|until| epoch_ms(until) > now)
            }
        }
    }
}

/// How many users there are, and how many need attention.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Census {
    /// All of them.
    pub users: u64,
    /// Of each [`Matter`], in the order of [`Matter::all`].
    pub matters: [u64; 4],
}

impl Sought {
    /// Returns whether it takes a user, whatever the search says.
    pub(super) fn takes(&self, user: &UserRecord) -> bool {
        let has = |number: &String| {
            [&user.number, &user.toll_free_number].into_iter().any(|known| known.as_ref() == Some(number))
        };
        (user.account.enabled || !self.enabled_only)
            && self.number.as_ref().is_none_or(has)
            && self.matter.is_none_or(|matter| matter.concerns(user))
    }
}

/// A parsed search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Search {
    /// Every one must begin a word, or the conference ID.
    pub(super) words: Vec<String>,
    /// A number that was written in groups, as `314 1592`: the conference ID may begin with all of it instead.
    pub(super) grouped: Option<String>,
}

impl Search {
    /// Reads a search. What stands behind an `@` is passed over, since nearly all users share it.
    pub(super) fn of(text: &str) -> Self {
        let own = text.split_whitespace().map(|part| part.split('@').next().unwrap_or_default());
        let words: BTreeSet<String> = own.flat_map(split).collect();
        let all = ungrouped(text);
        let is_grouped = all.len() < text.trim().len() && (1..=WORD_CHARS).contains(&all.len());
        let grouped = Some(all).filter(|all| is_grouped && is_digits(all));
        Self { words: words.into_iter().take(WORDS_MAX).collect(), grouped }
    }

    /// Returns whether it finds this user.
    pub(super) fn finds(&self, user: &UserRecord) -> bool {
        let words = of_user(user);
        let id = user.account.conference_id.map(|id| id.reveal()).unwrap_or_default();
        let found = |sought: &String| {
            words.iter().any(|word| word.starts_with(sought)) || (is_digits(sought) && id.starts_with(sought))
        };
        self.words.iter().all(found) || self.grouped.as_ref().is_some_and(|digits| id.starts_with(digits))
    }
}

fn split(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| part.to_lowercase().chars().take(WORD_CHARS).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::account::Account;
    use crate::control::call::Digits;

    #[test]
    fn the_beginnings_of_words_and_of_the_conference_id_find_a_user() {
        let amos = UserRecord {
            name: "a.marble2@contoso.com".into(),
            display_name: "Amos Märble-Smith".into(),
            account: Account { conference_id: Digits::from_symbols("3141592"), ..Account::default() },
            ..UserRecord::default()
        };
        for found in [
            "",
            "amos",
            "SMI mär",
            "a.marble2@contoso.com",
            "a.marble2@other",
            "314",
            "@contoso.com",
            "314 15",
            "3-1415-92 ",
        ] {
            assert!(Search::of(found).finds(&amos), "{found}");
        }
        for missed in ["arble", "amos kim", "contoso", "1592", "amosx", "314 16", "1592 314"] {
            assert!(!Search::of(missed).finds(&amos), "{missed}");
        }
    }
}
