//! The passcodes of users' meetings: kept hashed, compared apart from PINs, and locked by themselves, alike in every store.

use attendant::admin::act::{Act, Change, PasscodeChange, UserName};
use attendant::admin::refusal::Refusal;
use attendant::control::meeting::PinVerdict;
use attendant::control::pin::Secret;
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store, symbols};

const AMOS: &str = "amos@contoso.com";
const PASSCODE: &str = "5772";

against_every_store! {
    a_passcode_is_no_pin_and_is_taken_away_again
    wrong_passcodes_lock_passcodes_and_no_pin
    a_passcode_differs_from_the_pin
}

fn set(passcode: &str) -> Act {
    let passcode = PasscodeChange::from_text(passcode);
    Act::Change(Change { passcode, ..Change::of(UserName(AMOS.into())) })
}

async fn a_passcode_is_no_pin_and_is_taken_away_again<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    let done = desk.does(set(PASSCODE)).await;
    assert!(done.changed && done.new_pin.is_none());
    let account = desk.store.user(AMOS).await.unwrap().unwrap().account;
    assert!(!account.passcode.unwrap().hash.contains(PASSCODE));
    for (secret, keyed, verdict) in [
        (Secret::Passcode, PASSCODE, PinVerdict::Passcode),
        (Secret::Either, PASSCODE, PinVerdict::Passcode),
        (Secret::Either, &pin, PinVerdict::Right),
        (Secret::Passcode, &pin, PinVerdict::Wrong),
        (Secret::Pin, PASSCODE, PinVerdict::Wrong),
    ] {
        assert_eq!(desk.verdict(NOW, AMOS, secret, keyed).await, verdict, "{secret:?}");
    }
    let log = desk.whole_log().await;
    assert!(log.iter().all(|entry| !entry.entry.detail.contains(PASSCODE)));
    assert!(log.iter().any(|entry| entry.entry.detail.contains("new passcode")));
    assert!(desk.does(set("none")).await.changed);
    assert!(desk.store.user(AMOS).await.unwrap().unwrap().account.passcode.is_none());
    assert!(!desk.does(set("none")).await.changed, "there was none");
}

async fn wrong_passcodes_lock_passcodes_and_no_pin<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    desk.does(set(PASSCODE)).await;
    for _ in 0..10 {
        assert_eq!(desk.verdict(NOW, AMOS, Secret::Passcode, "9999").await, PinVerdict::Wrong);
    }
    assert_eq!(desk.verdict(NOW, AMOS, Secret::Passcode, PASSCODE).await, PinVerdict::Wrong, "it is locked");
    assert!(desk.check(NOW, AMOS, &pin).await);
    let log = desk.whole_log().await;
    assert!(log.iter().any(|entry| entry.entry.detail.contains("Passcode entry locked for 1h")), "{log:?}");
    desk.does(Act::UnlockPin(UserName(AMOS.into()))).await;
    assert_eq!(desk.verdict(NOW, AMOS, Secret::Passcode, PASSCODE).await, PinVerdict::Passcode);
}

async fn a_passcode_differs_from_the_pin<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = symbols(desk.enable(AMOS).await.new_pin.unwrap());
    assert!(matches!(desk.ask(set(&pin)).await, Err(Refusal::PinInside(_))));
}
