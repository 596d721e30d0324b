//! One administrator's day: enable, reset, change, lock, disable; what is answered, mailed, and written down.

use attendant::admin::act::{
    Act, Change, ConferenceIdChange, Description, Listing, MailRequest, NewNumber, UserName,
};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::answer::Answer;
use attendant::admin::refusal::Refusal;
use attendant::control::call::{Digits, Language};
use attendant::store::mail::MailKind;
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store, enable, symbols};

const AMOS: &str = "Amos.Marble@contoso.com";

against_every_store! {
    a_day_at_the_desk
    defaults_are_copied_when_a_user_is_enabled
    numbers_and_settings
    a_lock_and_its_end
    users_see_their_own_coordinates_only
    what_is_wrong_is_told_and_changes_nothing
}

fn amos() -> UserName {
    UserName(AMOS.to_lowercase())
}

fn change(edit: impl FnOnce(&mut Change)) -> Act {
    let mut change = Change::of(amos());
    edit(&mut change);
    Act::Change(change)
}

fn number(number: &str, toll_free: bool, primary: Language) -> Act {
    Act::AddNumber(NewNumber { number: number.into(), toll_free, primary, secondary: Vec::new() })
}

async fn view<S: Directory + Outbox>(desk: &Desk<S>) -> attendant::admin::answer::UserView {
    match desk.ask(Act::ShowUser(amos())).await {
        Ok(Answer::Users(mut users)) => users.pop().unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn a_day_at_the_desk<S: Directory + Outbox>(desk: Desk<S>) {
    desk.does(number("+14255550100", false, Language::DeDe)).await;
    let enabled = desk.enable(AMOS).await;
    let first = enabled.new_pin.unwrap();
    assert_eq!((enabled.changed, enabled.mailed_to.as_slice()), (true, &[AMOS.to_owned()][..]));
    let user = view(&desk).await;
    assert_eq!((user.name.as_str(), user.display_name.as_str()), (AMOS, "Amos Marble"));
    assert_eq!((user.number.as_deref(), user.language), (Some("+14255550100"), Language::DeDe));
    let id = user.conference_id.unwrap();
    assert_eq!(id.len(), 7);
    assert!(desk.check(NOW, AMOS, &symbols(first)).await);
    assert_eq!(desk.store.user_by_conference_id(id).await.unwrap().unwrap().name, AMOS);

    let again = desk.enable(AMOS).await;
    assert_eq!((again.changed, again.new_pin, again.mailed_to.len()), (false, None, 0));
    assert!(again.remarks[0].contains("is already enabled"), "{again:?}");

    assert_eq!(desk.open(&desk.mails().await[0]), Some(first));
    let second = desk.reset_pin(AMOS).await;
    assert_eq!(desk.open(&desk.mails().await[1]), Some(second));
    assert!(!desk.check(NOW, AMOS, &symbols(first)).await && desk.check(NOW, AMOS, &symbols(second)).await);

    let moved = desk.does(change(|change| change.conference_id = Some(ConferenceIdChange::Reset))).await;
    assert_eq!(moved.new_pin, None);
    assert!(desk.store.user_by_conference_id(id).await.unwrap().is_none(), "the old one is free");
    let chosen = Digits::from_symbols("3141592").unwrap();
    desk.does(change(|change| change.conference_id = Some(ConferenceIdChange::Set(chosen)))).await;
    assert_eq!(view(&desk).await.conference_id, Some(chosen));
    let anonymous = desk.does(change(|change| change.allow_anonymous_start = Some(true))).await;
    assert_eq!((anonymous.changed, anonymous.mailed_to.len()), (true, 0), "no event, no mail");
    let elsewhere = MailRequest { to: Some("desk@contoso.com".into()), from: None };
    desk.does(change(|change| change.mail = Some(elsewhere.clone()))).await;
    let both = desk
        .does(change(|change| {
            change.reset_pin = true;
            change.mail = Some(elsewhere);
        }))
        .await;
    let third = both.new_pin.unwrap();
    assert_eq!(desk.open(desk.mails().await.last().unwrap()), Some(third));
    assert_eq!(both.mailed_to, ["desk@contoso.com"], "one mail, to that address");

    desk.does(Act::Disable { user: amos(), mail: None }).await;
    assert_eq!((view(&desk).await.conference_id, view(&desk).await.pin_is_set), (None, false));
    assert!(!desk.check(NOW, AMOS, &symbols(third)).await);
    assert!(desk.store.user_by_conference_id(chosen).await.unwrap().is_none());

    let mails = desk.mails().await;
    let sent: Vec<_> =
        mails.iter().map(|mail| (mail.mail.kind, mail.mail.to.as_str(), mail.carries_pin)).collect();
    assert_eq!(
        sent,
        [
            (MailKind::Enabled, AMOS, true),
            (MailKind::PinReset, AMOS, true),
            (MailKind::CoordinatesChanged, AMOS, false),
            (MailKind::CoordinatesChanged, AMOS, false),
            (MailKind::Coordinates, "desk@contoso.com", false),
            (MailKind::PinReset, "desk@contoso.com", true),
            (MailKind::Disabled, AMOS, false),
        ]
    );
    let facts = &mails[3].mail.facts;
    assert_eq!(
        (facts.conference_id.as_deref(), facts.number.as_deref()),
        (Some("3141592"), Some("+14255550100"))
    );

    let audit = desk.whole_log().await;
    let acts: Vec<&str> = audit.iter().map(|entry| entry.entry.act.as_str()).collect();
    assert_eq!(
        acts,
        [
            "add_number",
            "enable",
            "enable",
            "reset_pin",
            "change",
            "change",
            "change",
            "change",
            "reset_pin",
            "disable"
        ]
    );
    assert_eq!(audit[2].entry.detail, "no change");
    assert_eq!((audit[3].entry.actor.as_str(), audit[3].entry.origin.as_str()), ("kim", "test"));
    assert_eq!(audit[8].entry.detail, "new PIN, mail pin_reset to desk@contoso.com");
}

async fn defaults_are_copied_when_a_user_is_enabled<S: Directory + Outbox>(desk: Desk<S>) {
    let set = |name: &str, value: &str| Act::SetTenant(vec![(name.into(), value.into())]);
    desk.enable("kim@contoso.com").await;
    desk.does(set("allow_anonymous_start_by_default", "true")).await;
    desk.does(set("pin_length", "12")).await;
    let enabled = desk.enable(AMOS).await;
    assert_eq!(enabled.new_pin.unwrap().digits(), 12);
    desk.does(set("allow_anonymous_start_by_default", "false")).await;
    assert!(view(&desk).await.allow_anonymous_start, "what was copied stays");
    assert!(!desk.store.user("KIM@contoso.com").await.unwrap().unwrap().account.allow_anonymous_start);
    assert_eq!(desk.store.user("kim@contoso.com").await.unwrap().unwrap().account.pin.unwrap().digits, 5);

    desk.does(set("send_mail_automatically", "false")).await;
    let before = desk.mails().await.len();
    let quiet = desk.does(change(|change| change.reset_pin = true)).await;
    assert_eq!((quiet.mailed_to.len(), desk.mails().await.len()), (0, before));
    assert_eq!(quiet.remarks[0], "automatic mail is off: no mail was sent");
    assert!(quiet.remarks[1].contains("give the PIN to Amos.Marble@contoso.com"), "{quiet:?}");

    desk.does(Act::ResetTenant).await;
    let described = Description {
        user: amos(),
        display_name: None,
        mail: Some(String::new()),
        phone: Some("+1 425 555 1234".into()),
        language: Some(Language::FrFr),
    };
    desk.does(Act::Describe(described)).await;
    let unreachable = desk.does(change(|change| change.reset_pin = true)).await;
    assert!(unreachable.new_pin.is_some() && unreachable.mailed_to.is_empty());
    assert!(unreachable.remarks[0].contains("has no mail address"), "{unreachable:?}");
}

async fn numbers_and_settings<S: Directory + Outbox>(desk: Desk<S>) {
    desk.does(number("+14255550100", false, Language::EnUs)).await;
    desk.does(number("+18005550199", true, Language::EnUs)).await;
    desk.does(number("+14255550101", false, Language::EnUs)).await;
    desk.enable(AMOS).await;
    desk.does(change(|change| change.toll_free_number = Some("+18005550199".into()))).await;
    let set = Act::SetNumber {
        number: "+14255550100".into(),
        primary: Some(Language::JaJp),
        secondary: Some(vec![Language::EnUs, Language::DeDe]),
    };
    assert!(desk.does(set.clone()).await.changed);
    assert!(!desk.does(set).await.changed, "it is so already");
    let Ok(Answer::Numbers(numbers)) = desk.ask(Act::ShowNumbers(None)).await else { panic!() };
    assert_eq!(numbers.len(), 3);
    assert_eq!((numbers[0].primary, numbers[0].secondary.len()), (Language::JaJp, 2));

    let remove = |number: &str| Act::RemoveNumber(number.into());
    let used = desk.ask(remove("+18005550199")).await.unwrap_err();
    assert_eq!(used, Refusal::NumberInUse("+18005550199".into(), AMOS.into()));
    assert!(desk.does(remove("+14255550101")).await.changed);
    assert!(matches!(desk.ask(remove("+14255550101")).await, Err(Refusal::UnknownNumber(..))));

    let settings =
        vec![("pin_length".into(), "8".into()), ("entry_exit_announcements".into(), "tone".into())];
    assert!(desk.does(Act::SetTenant(settings)).await.changed);
    let Ok(Answer::Tenant(tenant)) = desk.ask(Act::ShowTenant).await else { panic!() };
    assert_eq!(tenant.pin_length.get(), 8);
    desk.does(Act::ResetTenant).await;
    let Ok(Answer::Tenant(tenant)) = desk.ask(Act::ShowTenant).await else { panic!() };
    assert_eq!(tenant, attendant::control::policy::TenantPolicy::default());
}

async fn a_lock_and_its_end<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    let info = async || match desk.ask(Act::ShowPin(amos())).await {
        Ok(Answer::Pin(info)) => info,
        other => panic!("{other:?}"),
    };
    for _ in 0..25 {
        assert!(!desk.check(NOW, AMOS, "0").await);
    }
    let locked = info().await;
    assert_eq!((locked.is_locked, locked.wrong_in_all), (true, 25));
    assert_eq!(locked.locked_until, Some(NOW + 3_600_000));
    assert!(!desk.check(NOW + 3_599_999, AMOS, &pin).await, "locked for the right PIN too");
    assert!(desk.check(NOW + 3_600_000, AMOS, &pin).await);
    desk.does(Act::LockPin(amos())).await;
    assert_eq!((info().await.is_locked, info().await.locked_until), (true, None));
    assert!(!desk.check(NOW + 9_000_000, AMOS, &pin).await);
    let reset = desk.does(change(|change| change.reset_pin = true)).await;
    assert!(reset.remarks.last().unwrap().contains("is locked, for the new PIN too"), "{reset:?}");
    let pin = symbols(reset.new_pin.unwrap());
    assert!(!desk.check(NOW + 9_000_000, AMOS, &pin).await);
    assert!(desk.does(Act::UnlockPin(amos())).await.changed);
    assert_eq!((info().await.is_locked, info().await.wrong_in_all), (false, 0));
    assert!(desk.check(NOW + 9_000_000, AMOS, &pin).await);
    assert!(!desk.check(NOW, "stranger@contoso.com", "12345").await, "an unknown organizer's PIN is wrong");
}

async fn users_see_their_own_coordinates_only<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    desk.enable("kim@contoso.com").await;
    let actor = Actor { name: AMOS.to_uppercase(), role: Role::User, origin: "web".into() };
    let asks = async |act: Act| desk.administration.perform(NOW, &actor, &act).await;
    assert!(matches!(asks(Act::ShowUser(amos())).await, Ok(Answer::Users(_))));
    let kim = UserName("kim@contoso.com".into());
    for refused in [
        Act::ShowUser(kim.clone()),
        Act::ShowPin(amos()),
        change(|change| change.reset_pin = true),
        Act::Enable(enable(AMOS)),
        Act::Disable { user: amos(), mail: None },
        Act::ListUsers(Listing::default()),
        Act::UnlockPin(amos()),
        Act::ShowTenant,
        Act::ResetTenant,
        Act::ShowNumbers(None),
        Act::RemoveNumber("+14255550100".into()),
    ] {
        let answered = asks(refused.clone()).await;
        assert!(matches!(answered, Err(Refusal::Forbidden(_))), "{refused:?}: {answered:?}");
    }
    let audit = desk.store.audit_after(0, 100).await.unwrap();
    let refused = audit.iter().filter(|entry| entry.entry.detail == "refused: not an administrator");
    assert_eq!(refused.count(), 11, "what was tried is written down");
}

async fn what_is_wrong_is_told_and_changes_nothing<S: Directory + Outbox>(desk: Desk<S>) {
    desk.does(number("+18005550199", true, Language::EnUs)).await;
    desk.enable("kim@contoso.com").await;
    let taken = desk.store.user("kim@contoso.com").await.unwrap().unwrap().account.conference_id.unwrap();
    desk.enable(AMOS).await;
    let before = format!("{:?}", desk.store.user(AMOS).await.unwrap());
    let (mails, audit) = (desk.mails().await.len(), desk.store.audit_head().await.unwrap());
    let address = |to: &str| Some(MailRequest { to: Some(to.into()), from: None });
    let stranger = UserName("pat@contoso.com".into());
    for (act, said) in [
        (
            change(|change| change.conference_id = Some(ConferenceIdChange::Set(taken))),
            "belongs to somebody else",
        ),
        (
            change(|change| {
                change.conference_id = Digits::from_symbols("12*").map(ConferenceIdChange::Set);
            }),
            "1 to 12 digits",
        ),
        (
            change(|change| change.number = Some("+14255550100".into())),
            "`attendant numbers add +14255550100`",
        ),
        (change(|change| change.number = Some("+18005550199".into())), "is a toll-free number"),
        (
            change(|change| {
                change.reset_pin = true;
                change.mail = address("desk@contoso.com\r\nBcc: all@contoso.com");
            }),
            "is not a mail address",
        ),
        (Act::Change(Change::of(stranger.clone())), "unknown user pat@contoso.com"),
        (Act::ShowUser(UserName(String::new())), "unknown user"),
        (Act::Enable(enable("pat")), "is not a user principal name"),
        (Act::SetTenant(vec![("pin_length".into(), "3".into())]), "whole number from 4 to 12"),
    ] {
        let refused = desk.ask(act).await.unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    assert_eq!(format!("{:?}", desk.store.user(AMOS).await.unwrap()), before);
    assert_eq!((desk.mails().await.len(), desk.store.audit_head().await.unwrap()), (mails, audit));
    desk.does(Act::Disable { user: amos(), mail: None }).await;
    let refused = desk.ask(change(|change| change.reset_pin = true)).await.unwrap_err();
    assert_eq!(refused, Refusal::NotEnabled(AMOS.into()));
}
