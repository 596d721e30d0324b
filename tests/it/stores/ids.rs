//! The numbers of users, which outlive the process: given once, to those who come together and by programs before.

use std::collections::BTreeSet;
use std::sync::Arc;

use attendant::admin::act::{Act, Change, UserName};
use attendant::control::policy::OrganizerId;
use attendant::store::audit::NewAudit;
use attendant::store::record::{UserKey, UserRecord};
use attendant::store::{Directory, Outbox};

use super::audit::Victim;
use super::together::at_once;
use super::{Desk, against_every_store, enable};

const AMOS: &str = "amos@contoso.com";
const KIM: &str = "kim@contoso.com";

/// What takes the latest steps of the schema back.
pub(crate) const BEFORE_IDS: &[&str] = &[
    "ALTER TABLE users DROP COLUMN passcode_hash",
    "ALTER TABLE users DROP COLUMN passcode_digits",
    "ALTER TABLE users DROP COLUMN wrong_passcodes",
    "ALTER TABLE users DROP COLUMN wrong_passcodes_in_all",
    "ALTER TABLE users DROP COLUMN passcodes_locked_until",
    "DELETE FROM _sqlx_migrations WHERE description = 'passcodes'",
    "ALTER TABLE mails DROP COLUMN folders",
    "DELETE FROM _sqlx_migrations WHERE description = 'mail folders'",
    "DROP TABLE records",
    "ALTER TABLE ends DROP COLUMN record_id",
    "DELETE FROM _sqlx_migrations WHERE description = 'records'",
    "DROP INDEX users_id",
    "ALTER TABLE users DROP COLUMN id",
    "ALTER TABLE ends DROP COLUMN next_user",
    "DELETE FROM _sqlx_migrations WHERE description = 'user ids'",
];

against_every_store! {
    a_user_keeps_the_number_that_the_answer_tells
    numbers_are_given_once_to_users_who_come_together
    imported_users_are_numbered_and_those_there_are_not
    what_is_refused_takes_no_number
}

async fn number<S: Directory + Outbox>(desk: &Desk<S>, name: &str) -> u32 {
    desk.store.user(name).await.unwrap().unwrap().id.0
}

async fn a_user_keeps_the_number_that_the_answer_tells<S: Directory + Outbox>(desk: Desk<S>) {
    for (name, expected) in [(KIM, 0), (AMOS, 1)] {
        assert_eq!(desk.enable(name).await.user.unwrap().id, expected);
    }
    let reset = Change { reset_pin: true, ..Change::of(UserName(AMOS.into())) };
    assert_eq!(desk.does(Act::Change(reset)).await.user.unwrap().id, 1);
    desk.does(Act::Disable { user: UserName(AMOS.into()), mail: None }).await;
    assert_eq!(desk.enable(AMOS).await.user.unwrap().id, 1);
    let found = desk.store.standing(UserKey::Id(OrganizerId(1))).await.unwrap().unwrap();
    assert_eq!((found.user.name.as_str(), found.user.id.0), (AMOS, 1));
    assert!(desk.store.standing(UserKey::Id(OrganizerId(2))).await.unwrap().is_none());
}

async fn numbers_are_given_once_to_users_who_come_together<S: Directory + Outbox + 'static>(desk: Desk<S>) {
    const USERS: u32 = 40;
    let desk = Arc::new(desk);
    let ids = at_once(USERS as usize, |number| {
        let desk = Arc::clone(&desk);
        async move { desk.enable(&format!("user{number}@contoso.com")).await.user.unwrap().id }
    });
    assert_eq!(ids.await.into_iter().collect::<BTreeSet<_>>(), (0..USERS).collect());
}

async fn imported_users_are_numbered_and_those_there_are_not<S: Directory + Outbox>(desk: Desk<S>) {
    let record = |name: &str| UserRecord { name: name.to_owned(), ..UserRecord::default() };
    desk.enable(AMOS).await;
    // More than one statement takes, one of them twice.
    let names = (0..600).map(|number| format!("user{number:03}@contoso.com"));
    let users: Vec<UserRecord> = [AMOS.to_uppercase()]
        .into_iter()
        .chain(names)
        .chain(["USER000@contoso.com".into()])
        .map(|name| record(&name))
        .collect();
    for added in [600, 0] {
        assert_eq!(desk.store.import(users.clone(), NewAudit::default()).await, Ok(added));
    }
    assert_eq!((number(&desk, AMOS).await, number(&desk, "user000@contoso.com").await), (0, 1));
    assert_eq!(number(&desk, "user599@contoso.com").await, 600);
    desk.enable(KIM).await;
    assert_eq!(number(&desk, KIM).await, 601, "who was there already took none");
}

async fn what_is_refused_takes_no_number<S: Directory + Outbox>(desk: Desk<S>) {
    let id = desk.enable(AMOS).await.user.unwrap().conference_id;
    let taken = attendant::admin::act::Enable { conference_id: id, ..enable(KIM) };
    desk.ask(Act::Enable(taken)).await.unwrap_err();
    desk.enable(KIM).await;
    assert_eq!(number(&desk, KIM).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_an_earlier_program_get_numbers_and_lose_nothing() {
    for kind in super::audit::BOTH {
        let victim = Victim::new(kind).await;
        let before = victim.desk.store.users_after("", 100).await.unwrap();
        let pin = victim.desk.reset_pin("c@contoso.com").await;
        victim.desk.store.close().await;
        victim.attack(BEFORE_IDS).await;
        let victim = victim.reopen().await;
        let after = victim.desk.store.users_after("", 100).await.unwrap();
        let known = |users: &[UserRecord]| -> Vec<_> {
            users
                .iter()
                .map(|user| (user.name.clone(), user.account.conference_id, user.mail.clone()))
                .collect()
        };
        assert_eq!(known(&after), known(&before), "{kind:?}");
        assert_eq!(after.iter().map(|user| user.id.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4], "{kind:?}");
        assert!(victim.desk.check(super::NOW, "c@contoso.com", &super::symbols(pin)).await, "{kind:?}");
        victim.act("f").await;
        assert_eq!(number(&victim.desk, "f@contoso.com").await, 5, "{kind:?}");
        let verified = victim.verify().await;
        assert_eq!((verified.faulty, verified.entries), (0, 7), "{kind:?}: {verified:?}");
        assert_eq!(victim.reopen().await.faults().await, "", "{kind:?}: nothing is foreign");
    }
}
