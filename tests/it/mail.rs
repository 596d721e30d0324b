//! Mail: what the five mails say, how they travel, and what becomes of them when servers misbehave.

mod commands;
mod delivery;
#[cfg(unix)]
mod exim;
mod letters;
mod maildir;
mod outside;
mod server;
mod worker;

use attendant::control::call::Language;
use attendant::store::mail::{Facts, MailKind};

/// Facts as an enabled user has them.
fn facts() -> Facts {
    Facts {
        display_name: "Amos Marble".to_owned(),
        conference_id: Some("3141592".to_owned()),
        number: Some("+14255550100".to_owned()),
        toll_free_number: Some("+18005550100".to_owned()),
    }
}

/// Every kind of mail in every language.
fn all() -> impl Iterator<Item = (MailKind, Language)> {
    Language::ALL.into_iter().flat_map(|language| MailKind::ALL.iter().map(move |kind| (*kind, language)))
}
