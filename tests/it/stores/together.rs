//! Many at once: resets, enables, conference IDs and wrong PINs that come together.

use std::collections::BTreeSet;
use std::sync::Arc;

use attendant::admin::act::{Act, Change, ConferenceIdChange, UserName};
use attendant::admin::refusal::Refusal;
use attendant::control::call::{Digits, LegId};
use attendant::control::meeting::{CheckId, Epoch, PinVerdict};
use attendant::control::pin::{Pin, PinEntry, Secret};
use attendant::control::policy::OrganizerId;
use attendant::store::mail::MailState;
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store, enable, symbols};

const AMOS: &str = "amos@contoso.com";

against_every_store! {
    resets_at_once_leave_one_right_pin_and_a_mail_each
    enables_at_once_are_one
    one_conference_id_goes_to_one_user
    wrong_pins_at_once_do_not_pass_the_limit
    a_reset_gets_through_while_pins_are_tried
    a_check_that_is_asked_again_counts_once
}

/// Does all of them at once and answers what each gave.
pub(super) async fn at_once<R: Send + 'static, F: Future<Output = R> + Send + 'static>(
    count: usize,
    each: impl Fn(usize) -> F,
) -> Vec<R> {
    let tasks: Vec<_> = (0..count).map(|number| tokio::spawn(each(number))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

async fn resets_at_once_leave_one_right_pin_and_a_mail_each<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let desk = Arc::new(desk);
    let pins: Vec<Pin> = at_once(20, |_| {
        let desk = Arc::clone(&desk);
        async move { desk.reset_pin(AMOS).await }
    })
    .await;
    let mails = desk.mails().await;
    assert_eq!(mails.len(), 21);
    let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.mail.message_id.as_str()).collect();
    assert_eq!(ids.len(), 21);
    let (last, before) = mails.split_last().unwrap();
    assert!(before.iter().all(|mail| mail.state == MailState::Superseded), "only the last is to be sent");
    let last = desk.open(last).unwrap();
    assert!(pins.contains(&last), "it was shown");
    assert!(desk.check(NOW, AMOS, &symbols(last)).await, "the last reset counts");
    assert_eq!(desk.whole_log().await.len(), 21);
}

async fn enables_at_once_are_one<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    let desk = Arc::new(desk);
    let done = at_once(12, |_| {
        let desk = Arc::clone(&desk);
        async move { desk.enable(AMOS).await }
    })
    .await;
    assert_eq!(done.iter().filter(|done| done.changed).count(), 1);
    assert_eq!(done.iter().filter_map(|done| done.new_pin).count(), 1);
    assert_eq!(desk.mails().await.len(), 1);
}

async fn one_conference_id_goes_to_one_user<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    let desk = Arc::new(desk);
    let wanted = Digits::from_symbols("3141592").unwrap();
    let answers = at_once(12, |number| {
        let desk = Arc::clone(&desk);
        async move {
            let mut wish = enable(&format!("user{number}@contoso.com"));
            wish.conference_id = Some(wanted);
            desk.ask(Act::Enable(wish)).await
        }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = answers.into_iter().filter_map(Result::err);
    assert!(refused.into_iter().all(|refusal| refusal == Refusal::ConferenceIdTaken(wanted)));
    assert_eq!(desk.mails().await.len(), 1);
    let owner = desk.store.user_by_conference_id(wanted).await.unwrap().unwrap();
    let mut free = Change::of(UserName(owner.name));
    free.conference_id = Some(ConferenceIdChange::Reset);
    desk.does(Act::Change(free)).await;
    assert!(desk.store.user_by_conference_id(wanted).await.unwrap().is_none());
}

async fn wrong_pins_at_once_do_not_pass_the_limit<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    let right = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    let desk = Arc::new(desk);
    // The right one comes last: with 25 wrong before it, it is locked out.
    let answers = at_once(60, |_| {
        let desk = Arc::clone(&desk);
        async move { desk.check(NOW, AMOS, "0").await }
    })
    .await;
    assert!(answers.iter().all(|right| !right));
    let counted = desk.store.user(AMOS).await.unwrap().unwrap().account.lockout.wrong_in_all();
    assert_eq!(counted, 25, "those that came while it was locked do not count");
    assert!(!desk.check(NOW, AMOS, &right).await);
}

async fn a_reset_gets_through_while_pins_are_tried<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let desk = Arc::new(desk);
    let trying = {
        let desk = Arc::clone(&desk);
        tokio::spawn(at_once(80, move |_| {
            let desk = Arc::clone(&desk);
            async move { desk.check(NOW, AMOS, "0").await }
        }))
    };
    let pin = desk.reset_pin(AMOS).await;
    trying.await.unwrap();
    desk.does(Act::UnlockPin(UserName(AMOS.into()))).await;
    assert!(desk.check(NOW, AMOS, &symbols(pin)).await);
}

async fn a_check_that_is_asked_again_counts_once<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    let pin = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    let desk = Arc::new(desk);
    let keyed = |symbols: &str| (Secret::Pin, PinEntry::new(Digits::from_symbols(symbols).unwrap()));
    let asked = |number, entry| {
        let desk = Arc::clone(&desk);
        async move {
            desk.checks
                .check_once(NOW, AMOS, (LegId::new(7), CheckId { epoch: Epoch(0), number }), entry)
                .await
                .unwrap()
        }
    };
    let wrong = at_once(8, |_| asked(1, keyed("0000"))).await;
    assert!(wrong.iter().all(|checked| checked.verdict == PinVerdict::Wrong));
    let told = wrong.iter().flat_map(|checked| checked.events(OrganizerId(0), LegId::new(7)));
    assert_eq!(told.count(), 1, "and is told once");
    assert_eq!(asked(2, keyed("0000")).await.verdict, PinVerdict::Wrong);
    let count = || async { desk.store.user(AMOS).await.unwrap().unwrap().account.lockout.wrong_in_all() };
    assert_eq!(count().await, 2, "eight times the same question is one wrong PIN");
    assert_eq!(asked(3, keyed(&pin)).await.verdict, PinVerdict::Right);
    desk.reset_pin(AMOS).await;
    assert_eq!(asked(3, keyed(&pin)).await.verdict, PinVerdict::Wrong, "what was right is looked at again");
    assert_eq!(asked(1, keyed("0000")).await.verdict, PinVerdict::Wrong);
    assert_eq!(count().await, 3);
}
