//! What is old is taken away, and the audit log goes on from there.

use std::time::Duration;

use attendant::admin::act::{Act, Change, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::prune::PrunableMails;
use attendant::admin::refusal::Refusal;
use attendant::store::mail::{MailId, MailState, Retry};
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, administrator, against_every_store, enable};

const AMOS: &str = "amos@contoso.com";
const HOUR: i64 = 3_600_000;

against_every_store! {
    a_pruned_log_goes_on_from_there
    a_prune_that_was_decided_on_another_log_is_refused
    only_administrators_prune
    settled_mails_go_and_those_that_wait_stay
    a_mail_knows_every_folder_that_it_was_put_into
}

fn ids(old: &PrunableMails) -> Vec<MailId> {
    old.mails.iter().map(|mail| mail.id).collect()
}

/// A user who is enabled and whose PIN is reset four times, an hour apart.
async fn five_acts<S: Directory + Outbox>(desk: &Desk<S>) {
    desk.enable(AMOS).await;
    for hour in 1..5 {
        let reset = Act::Change(Change { reset_pin: true, ..Change::of(UserName(AMOS.into())) });
        desk.administration.perform(NOW + hour * HOUR, &administrator(), &reset).await.unwrap();
    }
}

async fn a_pruned_log_goes_on_from_there<S: Directory + Outbox>(desk: Desk<S>) {
    five_acts(&desk).await;
    let (administration, actor) = (&desk.administration, administrator());
    assert_eq!(administration.prunable(NOW).await.unwrap(), None, "nothing is older");
    let pruned = administration.prunable(NOW + 2 * HOUR).await.unwrap().unwrap();
    assert_eq!((pruned.first, pruned.last.number, pruned.faults), (1, 2, 0));
    administration.prune_audit(NOW + 5 * HOUR, &actor, &pruned).await.unwrap();
    let log = desk.whole_log().await;
    let numbers: Vec<i64> = log.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [3, 4, 5, 6]);
    assert_eq!((log[3].entry.act.as_str(), log[3].entry.actor.as_str()), ("prune_audit", "kim"));
    assert!(log[3].entry.detail.starts_with("entries 1 to 2, "), "{:?}", log[3]);

    let all = administration.prunable(NOW + 9 * HOUR).await.unwrap().unwrap();
    administration.prune_audit(NOW + 9 * HOUR, &actor, &all).await.unwrap();
    desk.reset_pin(AMOS).await;
    let log = desk.whole_log().await;
    assert_eq!(log.iter().map(|entry| entry.number).collect::<Vec<_>>(), [7, 8]);
}

async fn a_prune_that_was_decided_on_another_log_is_refused<S: Directory + Outbox>(desk: Desk<S>) {
    five_acts(&desk).await;
    let pruned = desk.administration.prunable(NOW + 2 * HOUR).await.unwrap().unwrap();
    let actor = administrator();
    let prune = || desk.administration.prune_audit(NOW, &actor, &pruned);
    prune().await.unwrap();
    assert_eq!(prune().await, Err(Refusal::Changed), "it begins elsewhere now");
    assert_eq!(desk.whole_log().await.len(), 4, "and nothing was written");
}

async fn only_administrators_prune<S: Directory + Outbox>(desk: Desk<S>) {
    five_acts(&desk).await;
    let actor = Actor { name: AMOS.into(), role: Role::User, origin: "web".into() };
    let pruned = desk.administration.prunable(NOW + 2 * HOUR).await.unwrap().unwrap();
    let refused = desk.administration.prune_audit(NOW, &actor, &pruned).await;
    assert_eq!(refused, Err(Refusal::Forbidden(AMOS.into())));
    let mails = ids(&desk.administration.prunable_mails(NOW + HOUR).await.unwrap());
    assert!(desk.administration.prune_mails(NOW, &actor, NOW + HOUR, mails).await.is_err());
    assert_eq!((desk.whole_log().await.len(), desk.mails().await.len()), (7, 5), "both are written down");
}

async fn a_mail_knows_every_folder_that_it_was_put_into<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let claim = |hours: i64| desk.store.claim_due(NOW + hours * HOUR, Duration::from_secs(60), 1);
    let killed = claim(1).await.unwrap().remove(0);
    assert_eq!(killed.folders, [""; 0]);
    assert!(desk.store.note_folder(&killed.claim, "/var/mail/a b").await.unwrap());
    let other = claim(2).await.unwrap().remove(0);
    assert!(!desk.store.note_folder(&killed.claim, "/nowhere").await.unwrap(), "its claim has expired");
    assert!(desk.store.note_folder(&other.claim, "/tmp/ä").await.unwrap());
    desk.store.settle_sent(&other.claim).await.unwrap();
    let old = desk.administration.prunable_mails(NOW + HOUR).await.unwrap().mails;
    assert_eq!(old[0].folders, ["/var/mail/a b", "/tmp/ä"]);
}

async fn settled_mails_go_and_those_that_wait_stay<S: Directory + Outbox>(desk: Desk<S>) {
    let actor = administrator();
    for (hour, name) in (0..).zip(["a", "b", "c", "d"]) {
        let act = Act::Enable(enable(&format!("{name}@contoso.com")));
        desk.administration.perform(NOW + hour * HOUR, &actor, &act).await.unwrap();
    }
    let claimed = desk.store.claim_due(NOW + HOUR, Duration::from_secs(60), 2).await.unwrap();
    desk.store.settle_sent(&claimed[0].claim).await.unwrap();
    desk.store.settle_failed(&claimed[1].claim, "no such user", Retry::Never).await.unwrap();
    // This mail is superseded by the next.
    desk.reset_pin("c@contoso.com").await;
    let prunable = |before| desk.administration.prunable_mails(before);
    let prune =
        |old: PrunableMails| desk.administration.prune_mails(NOW + 9 * HOUR, &actor, old.before, ids(&old));
    assert_eq!(prunable(NOW).await.unwrap().mails, [], "none is so old");
    let first = prunable(NOW + HOUR).await.unwrap();
    assert_eq!(first.mails.len(), 1);
    let all = prunable(NOW + 9 * HOUR).await.unwrap();
    prune(first).await.unwrap();
    assert_eq!(prune(all.clone()).await, Err(Refusal::Changed), "one of them went meanwhile");
    let rest = prunable(NOW + 9 * HOUR).await.unwrap();
    assert_eq!(rest.mails, all.mails[1..]);
    prune(rest).await.unwrap();
    let left = desk.mails().await;
    assert!(left.len() == 2 && left.iter().all(|mail| mail.state == MailState::Waiting), "{left:?}");
    let told: Vec<String> = desk
        .whole_log()
        .await
        .into_iter()
        .skip(5)
        .map(|entry| entry.entry.act + " " + &entry.entry.detail)
        .collect();
    assert!(told.len() == 2 && told[0].starts_with("prune_mails 1 settled mail from before "), "{told:?}");
    desk.enable("e@contoso.com").await;
    assert_eq!(desk.mails().await.last().unwrap().id, 6, "no number is given twice");
}
