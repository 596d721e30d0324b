//! Records as administrators see them, and the checks of what they write.

use super::answer::{NumberView, PinInfo, UserView};
use super::refusal::Refusal;
use sha2::{Digest as _, Sha256};

use crate::control::account;
use crate::control::call::{Digits, Language};
use crate::control::numbers;
use crate::control::pin::LockState;
use crate::control::policy::{LockoutPolicy, SECONDARY_LANGUAGES_MAX};
use crate::store::check::{epoch_ms, moment};
use crate::store::record::{NumberRecord, UserRecord};

/// The longest name, address and text, in characters: an address has at most 254 (RFC 5321, section 4.5.3.1.3).
const TEXT_MAX: usize = 256;

pub(super) fn user(record: &UserRecord) -> UserView {
    UserView {
        id: record.id.0,
        name: record.name.clone(),
        display_name: record.display_name.clone(),
        mail: record.mail.clone(),
        enabled: record.account.enabled,
        conference_id: record.account.conference_id,
        pin_is_set: record.account.pin.is_some(),
        pin_mark: record.account.pin.as_ref().map_or(0, |pin| mark(&pin.hash)),
        number: record.number.clone(),
        toll_free_number: record.toll_free_number.clone(),
        allow_toll_free: record.allow_toll_free,
        allow_anonymous_start: record.account.allow_anonymous_start,
        language: record.language,
    }
}

/// The first bytes of a hash of the keyed hash.
fn mark(kept: &str) -> u64 {
    let hash = Sha256::digest(kept.as_bytes());
    hash.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

pub(super) fn number(record: NumberRecord) -> NumberView {
    let NumberRecord { number, toll_free, primary, secondary } = record;
    NumberView { number, toll_free, primary, secondary }
}

pub(super) fn lock_state(record: &UserRecord, now: i64, lockout: &LockoutPolicy) -> LockState {
    record.account.pin_info(moment(now), lockout).state
}

pub(super) fn pin_info(record: &UserRecord, now: i64, lockout: &LockoutPolicy) -> PinInfo {
    let account::PinInfo { state, wrong_in_all, .. } = record.account.pin_info(moment(now), lockout);
    PinInfo {
        id: record.id.0,
        name: record.name.clone(),
        is_set: record.account.pin.is_some(),
        is_locked: state != LockState::Open,
        locked_until: match state {
            LockState::LockedUntil(until) => Some(epoch_ms(until)),
            LockState::Open | LockState::LockedForGood => None,
        },
        wrong_in_all,
    }
}

/// A character that ends a line, or turns the writing direction of what comes after it (Unicode's UAX 9, section 2): who
/// reads a name with one sees another.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line of text.
pub(super) fn check_text(what: &'static str, text: &str) -> Result<(), Refusal> {
    let fits = text.chars().count() <= TEXT_MAX && !text.chars().any(is_unseen);
    if fits { Ok(()) } else { Err(Refusal::BadText(what)) }
}

/// `name@domain`, with nothing that could end a line or an address: it goes into mail headers.
pub(super) fn is_address(text: &str) -> bool {
    let plain = |part: &str| {
        let refused = |c: char| is_unseen(c) || c.is_whitespace() || "<>()[],;:\\\"@".contains(c);
        !part.is_empty() && !part.contains(refused) && !part.starts_with('.') && !part.ends_with('.')
    };
    text.chars().count() <= TEXT_MAX
        && text.split_once('@').is_some_and(|(name, domain)| plain(name) && plain(domain))
}

pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if is_address(name) { Ok(()) } else { Err(Refusal::BadName(name.to_owned())) }
}

pub(super) fn check_address(address: &str) -> Result<(), Refusal> {
    if is_address(address) { Ok(()) } else { Err(Refusal::BadAddress(address.to_owned())) }
}

/// A telephone number as it is kept, of one in any of the forms in which people write it.
pub(super) fn e164(written: &str) -> Result<String, Refusal> {
    numbers::e164(written).ok_or_else(|| Refusal::BadNumber(written.to_owned()))
}

/// The conference ID of one that somebody wrote, in groups or not.
pub(super) fn conference_id(written: &str) -> Result<Digits, Refusal> {
    numbers::conference_id(written).ok_or(Refusal::BadConferenceId)
}

/// Returns whether keys can name a meeting: an act may come from a program that read them elsewhere.
pub(super) fn check_conference_id(id: &Digits) -> Result<(), Refusal> {
    conference_id(&id.reveal()).map(|_| ())
}

pub(super) fn check_languages(primary: Language, secondary: &[Language]) -> Result<(), Refusal> {
    let mut all = secondary.to_vec();
    all.push(primary);
    all.sort_unstable();
    all.dedup();
    let fits = secondary.len() <= SECONDARY_LANGUAGES_MAX && all.len() == secondary.len() + 1;
    if fits { Ok(()) } else { Err(Refusal::BadLanguages) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused_before_it_comes_into_a_mail() {
        for right in ["amos.marble@contoso.com", "ä@b", "a+b@c.d"] {
            assert!(is_address(right), "{right}");
        }
        let long = format!("{}@b", "a".repeat(300));
        for wrong in
            ["", "amos", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "<a@b>", "a,b@c", "a@b.", &long]
        {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn what_turns_the_direction_of_writing_is_refused() {
        for turned in ["amos\u{202e}elbram", "\u{2067}amos", "amos\u{2069}"] {
            assert!(check_text("display name", turned).is_err(), "{turned:?}");
            assert!(!is_address(&format!("{turned}@contoso.com")), "{turned:?}");
        }
        for written in ["Amos Marble", "עמוס", "عاموس", "アモス"] {
            assert!(check_text("display name", written).is_ok(), "{written}");
        }
    }

    #[test]
    fn a_number_speaks_each_language_once() {
        use Language::{DeDe, EnUs, EsEs, FrFr, JaJp};
        assert!(check_languages(EnUs, &[DeDe, FrFr, EsEs, JaJp]).is_ok());
        assert!(check_languages(EnUs, &[DeDe, EnUs]).is_err());
        assert!(check_languages(EnUs, &[DeDe, DeDe]).is_err());
        assert!(check_languages(EnUs, &[DeDe, FrFr, EsEs, JaJp, EnUs]).is_err());
    }
}
