//! Mails that wait: claimed by one worker at a time, settled once, and sent again with the same message ID.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use attendant::admin::act::{Act, Change, MailRequest, UserName};
use attendant::store::audit::NewAudit;
use attendant::store::mail::{Claim, MailKind, MailRecord, MailState, OutboxCounts, Resend, Retry};
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store, symbols};

const LEASE: Duration = Duration::from_secs(60);

against_every_store! {
    a_mail_is_claimed_settled_and_wiped
    a_mail_that_fails_waits_and_is_dead_in_the_end
    mails_that_were_not_sent_are_counted
    a_killed_workers_claim_comes_back
    two_workers_never_have_the_same_mail
    a_newer_pin_wipes_what_lies_in_dead_mails
    a_newer_pin_supersedes_what_waits
    what_a_worker_has_in_hand_is_superseded_by_it
    a_users_mails_go_in_their_order
    a_mail_that_is_sent_again_is_written_down_with_it
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

async fn mails_that_were_not_sent_are_counted<S: Directory + Outbox>(desk: Desk<S>) {
    let counts = async || desk.store.outbox_counts().await.unwrap();
    assert_eq!(counts().await, OutboxCounts::default());
    for user in ["amos@contoso.com", "kim@contoso.com", "pat@contoso.com"] {
        desk.enable(user).await;
    }
    let all = OutboxCounts { waiting: 3, oldest_at: Some(NOW), ..OutboxCounts::default() };
    assert_eq!(counts().await, all);
    let claimed = desk.store.claim_due(NOW, LEASE, 2).await.unwrap();
    desk.store.settle_failed(&claimed[0].claim, "refused", Retry::At(NOW + 5_000)).await.unwrap();
    desk.store.settle_failed(&claimed[1].claim, "no such mailbox", Retry::Never).await.unwrap();
    let tried = OutboxCounts { waiting: 1, deferred: 1, dead: 1, oldest_at: Some(NOW) };
    assert_eq!(counts().await, tried);
    for mail in desk.store.claim_due(NOW + 5_000, LEASE, 10).await.unwrap() {
        desk.store.settle_sent(&mail.claim).await.unwrap();
    }
    assert_eq!(counts().await, OutboxCounts { dead: 1, ..OutboxCounts::default() });
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

async fn a_newer_pin_supersedes_what_waits<S: Directory + Outbox>(desk: Desk<S>) {
    let automatic = |on: &str| Act::SetTenant(vec![("send_mail_automatically".into(), on.into())]);
    desk.enable("amos@contoso.com").await;
    desk.enable("kim@contoso.com").await;
    desk.reset_pin("AMOS@contoso.com").await;
    let states = |mails: &[MailRecord]| mails.iter().map(|mail| mail.state).collect::<Vec<_>>();
    use MailState::{Superseded, Waiting};
    let mails = desk.mails().await;
    assert_eq!(states(&mails), [Superseded, Waiting, Waiting], "somebody else's stays");
    assert_eq!((&mails[0].mail.sealed_pin, mails[0].carries_pin), (&None, true));
    assert_eq!(desk.resend(mails[0].id, NOW).await, Resend::PinWiped);
    desk.does(automatic("false")).await;
    let pin = desk.reset_pin("amos@contoso.com").await;
    assert_eq!(states(&desk.mails().await), [Superseded, Waiting, Superseded], "though no mail is sent now");
    desk.does(automatic("true")).await;
    desk.does(Act::Disable { user: UserName("kim@contoso.com".into()), mail: None }).await;
    assert_eq!(states(&desk.mails().await), [Superseded, Superseded, Superseded, Waiting]);
    let claimed = desk.store.claim_due(NOW, LEASE, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|mail| mail.id).collect::<Vec<_>>(), [4]);
    assert!(desk.store.settle_sent(&claimed[0].claim).await.unwrap());
    assert_eq!(desk.store.next_due().await.unwrap(), None, "what is superseded is not waited for");
    assert!(desk.check(NOW, "amos@contoso.com", &symbols(pin)).await);
}

async fn what_a_worker_has_in_hand_is_superseded_by_it<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable("amos@contoso.com").await;
    let first = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
    desk.reset_pin("amos@contoso.com").await;
    assert!(
        desk.store.claim_due(NOW, LEASE, 10).await.unwrap().is_empty(),
        "the later one overtakes nothing"
    );
    assert!(desk.store.settle_failed(&first.claim, "not now", Retry::At(NOW + 5_000)).await.unwrap());
    let mails = desk.mails().await;
    assert_eq!((mails[0].state, &mails[0].mail.sealed_pin), (MailState::Superseded, &None));
    let second = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
    assert_eq!((second.id, second.mail.kind), (2, MailKind::PinReset));
}

async fn a_users_mails_go_in_their_order<S: Directory + Outbox>(desk: Desk<S>) {
    let change = |to: Option<&str>| {
        let mail = Some(MailRequest { to: to.map(str::to_owned), from: None });
        Act::Change(Change { mail, ..Change::of(UserName("amos@contoso.com".into())) })
    };
    desk.enable("amos@contoso.com").await;
    desk.does(change(None)).await;
    desk.does(change(Some("desk@contoso.com"))).await;
    desk.does(change(None)).await;
    let claim = async |now: i64| {
        let claimed = desk.store.claim_due(now, LEASE, 10).await.unwrap();
        claimed.into_iter().map(|mail| (mail.id, mail.claim)).collect::<Vec<_>>()
    };
    let ids = |claimed: &[(i64, Claim)]| claimed.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    let first = claim(NOW).await;
    assert_eq!(ids(&first), [1, 3], "another mailbox does not wait");
    assert!(desk.store.settle_sent(&first[1].1).await.unwrap());
    assert!(desk.store.settle_failed(&first[0].1, "not now", Retry::At(NOW + 5_000)).await.unwrap());
    assert!(claim(NOW).await.is_empty());
    assert_eq!(desk.store.next_due().await.unwrap(), Some(NOW + 5_000), "nothing is due before the first");
    let again = claim(NOW + 5_000).await;
    assert_eq!(ids(&again), [1]);
    assert!(desk.store.settle_failed(&again[0].1, "no such mailbox", Retry::Never).await.unwrap());
    for id in [2, 4] {
        let next = claim(NOW + 5_000).await;
        assert_eq!(ids(&next), [id], "a dead one holds nothing up");
        assert!(desk.store.settle_sent(&next[0].1).await.unwrap());
    }
}

async fn a_mail_that_is_sent_again_is_written_down_with_it<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable("amos@contoso.com").await;
    let entries = async || {
        let entries = desk.store.audit_after(0, 10).await.unwrap();
        let line = |entry: NewAudit| format!("{} {}: {}", entry.act, entry.subject, entry.detail);
        entries.into_iter().skip(1).map(|entry| line(entry.entry)).collect::<Vec<_>>()
    };
    assert_eq!(desk.resend(9, NOW).await, Resend::Unknown);
    assert_eq!(desk.resend(1, NOW).await, Resend::NotSettled);
    assert_eq!(entries().await, ["resend_mail mail 1: no change"]);
    let claimed = desk.store.claim_due(NOW, LEASE, 10).await.unwrap().remove(0);
    assert!(desk.store.settle_failed(&claimed.claim, "no such mailbox", Retry::Never).await.unwrap());
    assert_eq!(desk.resend(1, NOW).await, Resend::Waiting);
    assert_eq!(entries().await, ["resend_mail mail 1: no change", "resend_mail mail 1: "]);
}
