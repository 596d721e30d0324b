//! Mails that wait: claimed by one worker at a time, settled once, and sent again with the same message ID.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use attendant::admin::act::{Act, UserName};
use attendant::store::mail::{Claim, MailState, Resend, Retry};
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store};

const LEASE: Duration = Duration::from_secs(60);

against_every_store! {
    a_mail_is_claimed_settled_and_wiped
    a_mail_that_fails_waits_and_is_dead_in_the_end
    a_killed_workers_claim_comes_back
    two_workers_never_have_the_same_mail
    a_newer_pin_wipes_what_lies_in_dead_mails
}

async fn a_mail_is_claimed_settled_and_wiped<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = desk.enable("amos@contoso.com").await.new_pin.unwrap();
    assert_eq!(desk.store.next_due().await.unwrap(), Some(NOW));
    let claimed = desk.store.claim_due(NOW, LEASE, 10).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].attempts), (1, 1));
    assert_eq!(desk.open(&claimed[0]), Some(pin));
    assert_eq!(desk.store.next_due().await.unwrap(), Some(NOW + 60_000), "the claim may come back");
    assert!(!desk.store.settle_sent(&Claim { id: claimed[0].id, token: String::new() }).await.unwrap());
    assert!(desk.store.settle_sent(&claimed[0].claim).await.unwrap());
    assert!(!desk.store.settle_sent(&claimed[0].claim).await.unwrap(), "it is settled once");
    let sent = desk.store.mail(claimed[0].id).await.unwrap().unwrap();
    assert_eq!((sent.state, sent.mail.sealed_pin.clone(), sent.carries_pin), (MailState::Sent, None, true));
    assert_eq!(desk.resend(sent.id, NOW).await, Resend::PinWiped);
    assert_eq!(desk.resend(99, NOW).await, Resend::Unknown);
    assert_eq!(desk.store.next_due().await.unwrap(), None);
}

async fn a_mail_that_fails_waits_and_is_dead_in_the_end<S: Directory + Outbox>(desk: Desk<S>) {
    let pin = desk.enable("amos@contoso.com").await.new_pin.unwrap();
    let first = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
    assert!(desk.store.settle_failed(&first.claim, "refused", Retry::At(NOW + 5_000)).await.unwrap());
    assert!(desk.store.claim_due(NOW + 4_999, LEASE, 10).await.unwrap().is_empty());
    assert_eq!(desk.resend(first.id, NOW).await, Resend::NotSettled);
    let second = desk.store.claim_due(NOW + 5_000, LEASE, 10).await.unwrap().remove(0);
    assert_eq!((second.attempts, second.last_error.as_deref()), (2, Some("refused")));
    assert!(desk.store.settle_failed(&second.claim, "no such mailbox", Retry::Never).await.unwrap());
    let dead = desk.store.mails_after(0, Some(MailState::Dead), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].last_error.as_deref(), desk.open(&dead[0])), (Some("no such mailbox"), Some(pin)));
    assert!(desk.store.mails_after(0, Some(MailState::Sent), 10).await.unwrap().is_empty());
    assert_eq!(desk.resend(first.id, NOW + 9_000).await, Resend::Waiting);
    let again = desk.store.claim_due(NOW + 9_000, LEASE, 10).await.unwrap().remove(0);
    assert_eq!((again.mail.message_id.as_str(), again.attempts), (first.mail.message_id.as_str(), 1));
}

async fn a_killed_workers_claim_comes_back<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable("amos@contoso.com").await;
    let killed = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
    assert!(desk.store.claim_due(NOW + 59_999, LEASE, 10).await.unwrap().is_empty());
    let other = desk.store.claim_due(NOW + 60_000, LEASE, 10).await.unwrap().remove(0);
    assert_eq!(other.mail.message_id, killed.mail.message_id);
    assert!(!desk.store.settle_sent(&killed.claim).await.unwrap(), "the first claim is void");
    assert!(!desk.store.settle_failed(&killed.claim, "late", Retry::Never).await.unwrap());
    assert!(desk.store.settle_sent(&other.claim).await.unwrap());
}

async fn two_workers_never_have_the_same_mail<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    for number in 0..40 {
        desk.enable(&format!("user{number}@contoso.com")).await;
    }
    let workers = (0..8).map(|_| {
        let store = Arc::clone(&desk.store);
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim_due(NOW, LEASE, 3).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                for mail in claimed {
                    assert!(store.settle_sent(&mail.claim).await.unwrap());
                    mine.push(mail.id);
                }
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.unwrap());
    }
    // A worker may have ended while others held the last ones.
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (40, 40));
}

async fn a_newer_pin_wipes_what_lies_in_dead_mails<S: Directory + Outbox>(desk: Desk<S>) {
    for name in ["amos@contoso.com", "kim@contoso.com"] {
        desk.enable(name).await;
        let first = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
        assert!(desk.store.settle_failed(&first.claim, "no such mailbox", Retry::Never).await.unwrap());
    }
    desk.reset_pin("Amos@contoso.com").await;
    let mails = desk.mails().await;
    let sealed: Vec<bool> = mails.iter().map(|mail| mail.mail.sealed_pin.is_some()).collect();
    assert_eq!(sealed, [false, true, true], "only what is out of date is wiped");
    assert_eq!(desk.resend(mails[0].id, NOW).await, Resend::PinWiped);
    assert_eq!(desk.resend(mails[1].id, NOW).await, Resend::Waiting);
    let disable = Act::Disable { user: UserName("kim@contoso.com".into()), mail: None };
    let again = desk.store.claim_due(NOW, LEASE, 10).await.unwrap();
    for mail in &again {
        assert!(desk.store.settle_failed(&mail.claim, "no such mailbox", Retry::Never).await.unwrap());
    }
    desk.does(disable).await;
    assert_eq!(desk.resend(mails[1].id, NOW).await, Resend::PinWiped);
}
