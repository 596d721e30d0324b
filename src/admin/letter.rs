//! Decides which mail an act sends (BEHAVIOUR section 5), without I/O.

use super::act::{MailRequest, Sender};
use crate::control::pin::Pin;
use crate::control::policy::TenantPolicy;
use crate::store::entropy;
use crate::store::keyring::Keyring;
use crate::store::mail::{Facts, MailKind, NewMail, SealedPin};
use crate::store::record::UserRecord;

/// The part after the `@` of a message ID: a name that nobody owns (RFC 2606, section 2), since the random part before
/// it is what makes it one of a kind.
const MESSAGE_ID_DOMAIN: &str = "attendant.invalid";

/// A change of a user that may be worth a mail.
#[derive(Clone, Copy, Debug)]
pub(super) struct MailTrigger<'n> {
    /// The event, or nothing if the act is none that a mail tells of.
    pub(super) event: Option<MailKind>,
    /// The PIN that was generated.
    pub(super) pin: Option<Pin>,
    /// A mail that was asked for by name.
    pub(super) request: Option<&'n MailRequest>,
}

/// The mail, and what the administrator must know about it.
#[derive(Debug, Default)]
pub(super) struct Letter {
    pub(super) mail: Option<NewMail>,
    pub(super) remarks: Vec<String>,
}

/// Decides. One act sends one mail at most: where it is asked for by name, that one replaces the automatic one.
pub(super) fn letter(
    now: i64,
    trigger: &MailTrigger<'_>,
    user: &UserRecord,
    tenant: &TenantPolicy,
    keyring: &Keyring,
) -> Letter {
    let pass_on = || format!("give the PIN to {} yourself: it is not shown again", user.name);
    let unsent = |why: String| {
        let mut remarks = vec![why];
        remarks.extend(trigger.pin.is_some().then(pass_on));
        Letter { mail: None, remarks }
    };
    let kind = match (trigger.event, trigger.request) {
        (None, None) => return Letter::default(),
        (Some(event), Some(_)) => event,
        (None, Some(_)) => MailKind::Coordinates,
        (Some(event), None) if tenant.send_mail_automatically => event,
        (Some(_), None) => {
            return unsent("automatic mail is off: no mail was sent".to_owned());
        }
    };
    let to = trigger.request.and_then(|request| request.to.clone()).or_else(|| user.mail.clone());
    let Some(to) = to else {
        return unsent(format!("{} has no mail address: no mail was sent", user.name));
    };
    let id = format!("{}@{MESSAGE_ID_DOMAIN}", entropy::token());
    let carried = match kind {
        MailKind::Enabled | MailKind::PinReset => trigger.pin,
        MailKind::CoordinatesChanged | MailKind::Disabled | MailKind::Coordinates => None,
    };
    let sealed_pin = carried.map(|pin| SealedPin(keyring.seal(pin, &id)));
    let mail = NewMail {
        sealed_pin,
        user: user.name.clone(),
        kind,
        to,
        from: sender(trigger.request, tenant),
        language: user.language,
        facts: Facts {
            display_name: user.display_name.clone(),
            conference_id: user.account.conference_id.map(|id| id.reveal()),
            number: user.number.clone(),
            toll_free_number: user.toll_free_number.clone().filter(|_| user.allow_toll_free),
        },
        message_id: id,
        at: now,
    };
    let numberless = mail.facts.number.is_none() && kind != MailKind::Disabled;
    let remark = "the mail contains no service number: `attendant numbers add` adds one, which users who are enabled \
                  later get, and `attendant users set USER --number NUMBER` gives it to one who has none";
    Letter { mail: Some(mail), remarks: numberless.then(|| remark.to_owned()).into_iter().collect() }
}

fn sender(request: Option<&MailRequest>, tenant: &TenantPolicy) -> Option<(String, String)> {
    if let Some(Sender { address, name }) = request.and_then(|request| request.from.as_ref()) {
        return Some((address.clone(), name.clone()));
    }
    tenant.mail_from_override.then(|| (tenant.mail_from_address.clone(), tenant.mail_from_name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of BEHAVIOUR section 5 and the text below it: event, PIN, automatic mail, `-SendEmail`, its address,
    /// whether the user has one; then kind, address and whether there is a PIN in it, and how many remarks.
    #[test]
    fn which_mail_is_sent_with_what_follows_the_table() {
        use MailKind::{Coordinates, CoordinatesChanged, Disabled, Enabled, PinReset};
        const OWN: &str = "amos@contoso.com";
        const OTHER: &str = "desk@contoso.com";
        let (asked, elsewhere) = (Some(None), Some(Some(OTHER)));
        for (event, pin, automatic, request, address, expected, remarks) in [
            (Some(Enabled), true, true, None, true, Some((Enabled, OWN, true)), 0),
            (Some(PinReset), true, true, None, true, Some((PinReset, OWN, true)), 0),
            (Some(CoordinatesChanged), false, true, None, true, Some((CoordinatesChanged, OWN, false)), 0),
            (Some(Disabled), false, true, None, true, Some((Disabled, OWN, false)), 0),
            (None, false, true, None, true, None, 0),
            (None, false, true, asked, true, Some((Coordinates, OWN, false)), 0),
            (None, false, false, asked, true, Some((Coordinates, OWN, false)), 0),
            (None, false, false, elsewhere, true, Some((Coordinates, OTHER, false)), 0),
            (Some(PinReset), true, true, asked, true, Some((PinReset, OWN, true)), 0),
            (Some(PinReset), true, false, asked, true, Some((PinReset, OWN, true)), 0),
            (Some(PinReset), true, true, elsewhere, true, Some((PinReset, OTHER, true)), 0),
            (Some(PinReset), true, false, elsewhere, false, Some((PinReset, OTHER, true)), 0),
            (Some(Enabled), true, false, None, true, None, 2),
            (Some(PinReset), true, false, None, true, None, 2),
            (Some(PinReset), true, true, None, false, None, 2),
            (Some(CoordinatesChanged), false, false, None, true, None, 1),
            (Some(Disabled), false, true, None, false, None, 1),
            (None, false, false, asked, false, None, 1),
        ] {
            let request =
                request.map(|to: Option<&str>| MailRequest { to: to.map(str::to_owned), from: None });
            let trigger = MailTrigger {
                event,
                pin: pin.then(|| Pin::from_symbols("27182").unwrap()),
                request: request.as_ref(),
            };
            let user = UserRecord {
                name: OWN.into(),
                mail: address.then(|| OWN.into()),
                number: Some("+14255550100".into()),
                ..UserRecord::default()
            };
            let tenant = TenantPolicy { send_mail_automatically: automatic, ..TenantPolicy::default() };
            let letter = letter(7, &trigger, &user, &tenant, &Keyring::of_one_key());
            let sent =
                letter.mail.as_ref().map(|mail| (mail.kind, mail.to.as_str(), mail.sealed_pin.is_some()));
            assert_eq!(sent, expected, "{trigger:?} automatic {automatic} address {address}");
            assert_eq!(letter.remarks.len(), remarks, "{:?}", letter.remarks);
        }
    }

    #[test]
    fn a_mail_without_a_number_is_remarked_unless_it_takes_them_away() {
        use MailKind::{Coordinates, CoordinatesChanged, Disabled, Enabled, PinReset};
        let user = UserRecord { mail: Some("amos@contoso.com".into()), ..UserRecord::default() };
        for (event, remarks) in
            [(Enabled, 1), (PinReset, 1), (CoordinatesChanged, 1), (Coordinates, 1), (Disabled, 0)]
        {
            let trigger = MailTrigger { event: Some(event), pin: None, request: None };
            let letter = letter(7, &trigger, &user, &TenantPolicy::default(), &Keyring::of_one_key());
            assert_eq!(letter.remarks.len(), remarks, "{event:?}: {:?}", letter.remarks);
        }
    }

    #[test]
    fn the_sender_comes_from_command_tenant_or_configuration() {
        let mut tenant = TenantPolicy {
            mail_from_address: "help@contoso.com".into(),
            mail_from_name: "Help".into(),
            ..TenantPolicy::default()
        };
        let own = Sender { address: "kim@contoso.com".into(), name: "Kim".into() };
        let request = MailRequest { to: None, from: Some(own) };
        assert_eq!(sender(None, &tenant), None);
        tenant.mail_from_override = true;
        assert_eq!(sender(None, &tenant), Some(("help@contoso.com".into(), "Help".into())));
        assert_eq!(sender(Some(&request), &tenant), Some(("kim@contoso.com".into(), "Kim".into())));
        assert_eq!(sender(Some(&MailRequest::default()), &tenant), sender(None, &tenant));
    }
}
