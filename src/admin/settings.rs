//! Decides what acts change in the tenant's settings and service numbers, without I/O.

use super::act::NewNumber;
use super::refusal::Refusal;
use super::view::{check_address, check_languages, check_text, e164};
use crate::control::call::Language;
use crate::control::policy::{Policy, SettingError};
use crate::store::record::{NumberRecord, TenantRecord};

/// The record with these settings changed, or nothing where they are so already.
pub(super) fn set(
    tenant: &TenantRecord,
    base: &Policy,
    wishes: &[(String, String)],
) -> Result<Option<TenantRecord>, Refusal> {
    let before = tenant.over(base);
    let mut policy = before.clone();
    for (name, value) in wishes {
        if !Policy::tenant_settings().any(|known| known.name == name) {
            return Err(Refusal::Setting(name.clone(), SettingError::Unknown(name.clone())));
        }
        policy.set(name, value).map_err(|error| Refusal::Setting(name.clone(), error))?;
    }
    let after = &policy.tenant;
    check_text("sender's name", &after.mail_from_name)?;
    if !after.mail_from_address.is_empty() {
        check_address(&after.mail_from_address)?;
    }
    if after.mail_from_override && (after.mail_from_address.is_empty() || after.mail_from_name.is_empty()) {
        return Err(Refusal::SenderIncomplete);
    }
    let differing = Policy::tenant_settings().filter_map(|setting| {
        let value = policy.show(setting.name)?;
        (base.show(setting.name).as_ref() != Some(&value)).then(|| (setting.name.to_owned(), value))
    });
    let settings: Vec<_> = differing.collect();
    Ok((policy != before).then_some(TenantRecord { version: tenant.version, settings }))
}

pub(super) fn add_number(numbers: &[NumberRecord], wish: &NewNumber) -> Result<NumberRecord, Refusal> {
    let number = e164(&wish.number)?;
    check_languages(wish.primary, &wish.secondary)?;
    if numbers.iter().any(|known| known.number == number) {
        return Err(Refusal::NumberThere(number));
    }
    let NewNumber { toll_free, primary, ref secondary, .. } = *wish;
    Ok(NumberRecord { number, toll_free, primary, secondary: secondary.clone() })
}

/// The number with its languages changed, or nothing where they are so already.
pub(super) fn set_number(
    known: &NumberRecord,
    primary: Option<Language>,
    secondary: Option<&[Language]>,
) -> Result<Option<NumberRecord>, Refusal> {
    let mut changed = known.clone();
    changed.primary = primary.unwrap_or(known.primary);
    if let Some(secondary) = secondary {
        changed.secondary = secondary.to_vec();
    }
    check_languages(changed.primary, &changed.secondary)?;
    Ok((changed != *known).then_some(changed))
}

/// The service number that is meant, however it is written.
pub(super) fn find<'n>(numbers: &'n [NumberRecord], written: &str) -> Result<&'n NumberRecord, Refusal> {
    let number = e164(written)?;
    let known = || numbers.iter().map(|known| known.number.clone()).collect();
    let found = numbers.iter().find(|known| known.number == number);
    found.ok_or_else(|| Refusal::UnknownNumber(number.clone(), known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_all(wishes: &[(&str, &str)]) -> Result<Option<TenantRecord>, Refusal> {
        let wishes: Vec<_> = wishes.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        set(&TenantRecord::default(), &Policy::default(), &wishes)
    }

    #[test]
    fn only_what_differs_from_the_default_is_kept() {
        let kept = set_all(&[("pin_length", "9"), ("name_recording", "true")]).unwrap().unwrap();
        assert_eq!(kept.settings, [("pin_length".to_owned(), "9".to_owned())]);
        assert_eq!(set_all(&[("pin_length", "5")]), Ok(None), "it is so already");
    }

    #[test]
    fn a_sender_is_complete_or_refused() {
        let whole = [
            ("mail_from_override", "true"),
            ("mail_from_address", "help@contoso.com"),
            ("mail_from_name", "Help"),
        ];
        assert!(set_all(&whole).is_ok());
        assert_eq!(set_all(&whole[..2]), Err(Refusal::SenderIncomplete));
        assert!(set_all(&whole[1..]).is_ok(), "they wait for the override");
        assert!(set_all(&[("mail_from_address", "help")]).is_err());
        assert!(set_all(&[("mail_from_name", "Help\r\nBcc: pat@contoso.com")]).is_err());
    }

    #[test]
    fn what_is_no_tenant_setting_is_refused_with_those_that_are() {
        for name in ["colour", "max_length", "limits.5"] {
            let refused = set_all(&[(name, "7")]).unwrap_err().to_string();
            assert!(
                refused.contains("unknown tenant setting") && refused.contains("pin_length"),
                "{refused}"
            );
        }
        let refused = set_all(&[("pin_length", "3")]).unwrap_err().to_string();
        assert_eq!(refused, "pin_length: `3` is not a whole number from 4 to 12");
    }
}
