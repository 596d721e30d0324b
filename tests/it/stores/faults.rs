//! Every act, failed at each of its steps in each way: it is done whole or not at all, what was acknowledged stays, and
//! the service goes on.

use std::sync::Arc;
use std::time::Duration;

use attendant::admin::act::{Act, Change, NewNumber, NewToken, UserName};
use attendant::admin::actor::Role;
use attendant::control::call::Language;
use attendant::control::meeting::PinVerdict;
use attendant::control::pin::{Pin, PinEntry, Secret};
use attendant::store::audit::NewAudit;
use attendant::store::keyring::Keyring;
use attendant::store::mail::{Claim, MailState, Retry};
use attendant::store::record::UserRecord;
use attendant::store::sql::Sql;
use attendant::store::sql::faults::{Fault, Step};
use attendant::store::{Directory as _, Outbox as _};

use super::{Desk, NOW, administrator};
use crate::postgres;

const LEASE: Duration = Duration::from_secs(60);

/// No act takes so many steps.
const STEPS_MAX: u64 = 60;

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Enable,
    ResetPin,
    Disable,
    RightPin,
    WrongPin,
    AddNumber,
    SetTenant,
    IssueToken,
    GiveAccount,
    RemoveAccount,
    Import,
    Claim,
    SettleSent,
    SettleFailed,
    Note,
}

const DEEDS: [Deed; 15] = [
    Deed::Enable,
    Deed::ResetPin,
    Deed::Disable,
    Deed::RightPin,
    Deed::WrongPin,
    Deed::AddNumber,
    Deed::SetTenant,
    Deed::IssueToken,
    Deed::GiveAccount,
    Deed::RemoveAccount,
    Deed::Import,
    Deed::Claim,
    Deed::SettleSent,
    Deed::SettleFailed,
    Deed::Note,
];

/// What a deed needs of what was done before it.
struct Prepared {
    pin: Pin,
    claim: Claim,
}

/// A user for one case, enabled unless enabling is the deed, with a mail that waits.
async fn prepare(desk: &Desk<Sql>, deed: Deed, who: &str) -> Prepared {
    let mut prepared = Prepared { pin: Pin::from_symbols("271828").unwrap(), claim: Claim::default() };
    if !matches!(deed, Deed::Enable | Deed::Import) {
        prepared.pin = desk.enable(who).await.new_pin.unwrap();
    }
    if deed == Deed::WrongPin || deed == Deed::RightPin {
        // What a right PIN clears, and a wrong one adds to.
        assert!(!desk.check(NOW, who, "99").await);
    }
    if deed == Deed::RemoveAccount {
        give_account(desk, who).await.unwrap();
    }
    if matches!(deed, Deed::SettleSent | Deed::SettleFailed) {
        prepared.claim = desk.store.claim_due(NOW, LEASE, 1).await.unwrap().remove(0).claim;
    }
    prepared
}

async fn give_account(desk: &Desk<Sql>, who: &str) -> Result<(), String> {
    told(desk.ask(Act::GiveAccount { user: UserName(who.into()), role: Role::Administrator }).await)
}

fn told<T, E: std::fmt::Display>(done: Result<T, E>) -> Result<(), String> {
    done.map(|_| ()).map_err(|error| error.to_string())
}

/// Does it; why not, if not.
async fn does(desk: &Desk<Sql>, deed: Deed, who: &str, prepared: &Prepared) -> Result<(), String> {
    let user = UserName(who.into());
    let check = async |pin: &str, expected| {
        let entry = PinEntry::new(attendant::control::call::Digits::from_symbols(pin).unwrap());
        let checked =
            desk.checks.check(NOW + 1, who, (Secret::Pin, entry)).await.map_err(|error| error.to_string())?;
        assert_eq!(checked.verdict, expected);
        Ok(())
    };
    match deed {
        Deed::Enable => told(desk.ask(Act::Enable(super::enable(who))).await),
        Deed::ResetPin => told(desk.ask(Act::Change(Change { reset_pin: true, ..Change::of(user) })).await),
        Deed::Disable => told(desk.ask(Act::Disable { user, mail: None }).await),
        Deed::RightPin => check(&super::symbols(prepared.pin), PinVerdict::Right).await,
        Deed::WrongPin => check("99", PinVerdict::Wrong).await,
        Deed::AddNumber => {
            let (primary, secondary) = (Language::EnUs, vec![Language::DeDe]);
            let number = NewNumber { number: number_of(who), toll_free: false, primary, secondary };
            told(desk.ask(Act::AddNumber(number)).await)
        }
        Deed::SetTenant => {
            // Another one than that of the case before.
            let number: u64 = number_of(who)[1..].parse().unwrap();
            let length = if number.is_multiple_of(2) { "6" } else { "7" };
            told(desk.ask(Act::SetTenant(vec![("pin_length".into(), length.into())])).await)
        }
        Deed::IssueToken => {
            let wish = NewToken { user, role: Role::User, label: "the app".into(), days: 1 };
            told(desk.ask(Act::IssueToken(wish)).await)
        }
        Deed::GiveAccount => give_account(desk, who).await,
        Deed::RemoveAccount => told(desk.ask(Act::RemoveAccount(user)).await),
        Deed::Import => {
            let users = vec![UserRecord { name: who.into(), ..UserRecord::default() }];
            let added = desk.store.import(users, NewAudit::default()).await;
            added.map(|added| assert_eq!(added, 1)).map_err(|error| error.to_string())
        }
        Deed::Claim => {
            let claimed = desk.store.claim_due(NOW, LEASE, 10).await.map_err(|error| error.to_string())?;
            assert_eq!(claimed.len(), 1, "{claimed:?}");
            Ok(())
        }
        Deed::SettleSent => told(desk.store.settle_sent(&prepared.claim).await),
        Deed::SettleFailed => {
            told(desk.store.settle_failed(&prepared.claim, "no such mailbox", Retry::Never).await)
        }
        Deed::Note => {
            told(desk.administration.note(NOW, &administrator(), "resend_mail", who, String::new()).await)
        }
    }
}

/// A number that is one user's only.
fn number_of(who: &str) -> String {
    let digits: String = who.chars().filter(char::is_ascii_digit).collect();
    format!("+1425{digits:0>7}")
}

/// Everything that a deed on this user may change, as figures.
async fn figures(desk: &Desk<Sql>, who: &str) -> Vec<(&'static str, i64)> {
    let store = &desk.store;
    let mut figures = vec![("audit", store.audit_head().await.unwrap().number)];
    figures.push(("tenant", store.tenant().await.unwrap().version));
    let numbers = store.numbers().await.unwrap();
    figures.push(("numbers", numbers.len() as i64));
    let user = store.user(who).await.unwrap();
    let user = user.unwrap_or_default();
    figures.push(("version", user.version));
    figures.push(("enabled", i64::from(user.account.enabled)));
    figures.push(("conference ID", i64::from(user.account.conference_id.is_some())));
    figures.push(("PIN", i64::from(user.account.pin.is_some())));
    figures.push(("wrong PINs", i64::from(user.account.lockout.counts().in_all)));
    let by_word = attendant::store::search::Sought { search: who.into(), ..Default::default() };
    figures.push(("found", store.users_found(&by_word, "", 10).await.unwrap().len() as i64));
    let mails = desk.mails().await;
    let mut mails_of = [0; 5];
    for mail in mails.iter().filter(|mail| mail.mail.user == who) {
        mails_of[0] += 1;
        mails_of[1] += i64::from(mail.attempts);
        mails_of[2] += i64::from(mail.mail.sealed_pin.is_some());
        mails_of[3] += i64::from(mail.state == MailState::Sent);
        mails_of[4] += i64::from(mail.state == MailState::Dead);
    }
    figures.extend(["mails", "attempts", "sealed", "sent", "dead"].into_iter().zip(mails_of));
    let tokens = store.tokens_after("", 10_000).await.unwrap();
    figures.push(("tokens", tokens.iter().filter(|token| token.user == who).count() as i64));
    figures.push(("accounts", store.accounts().await.unwrap().len() as i64));
    figures
}

/// What is another figure afterwards, and by how much.
fn changed(before: &[(&'static str, i64)], after: &[(&'static str, i64)]) -> Vec<(&'static str, i64)> {
    let each = before.iter().zip(after);
    each.map(|((name, before), (_, after))| (*name, after - before)).filter(|(_, by)| *by != 0).collect()
}

/// Nothing that waits belongs to a case any more.
async fn clear_outbox(desk: &Desk<Sql>) {
    for mail in desk.store.claim_due(NOW + 600_000, LEASE, 100).await.unwrap() {
        desk.store.settle_failed(&mail.claim, "over", Retry::Never).await.unwrap();
    }
}

/// Lets one deed fail at each of its steps in one way. Answers the steps at which it did.
async fn every_step_fails(desk: &Desk<Sql>, deed: Deed, fault: Fault, asks_outcome: bool) -> Vec<Step> {
    let own = DEEDS.iter().position(|known| *known == deed).unwrap();
    let whole = {
        let who = format!("amos{own:02}000@contoso.com");
        let prepared = prepare(desk, deed, &who).await;
        let before = figures(desk, &who).await;
        does(desk, deed, &who, &prepared).await.unwrap();
        let whole = changed(&before, &figures(desk, &who).await);
        clear_outbox(desk).await;
        whole
    };
    assert!(!whole.is_empty(), "{deed:?} does something");
    let mut met = Vec::new();
    for number in 1..=STEPS_MAX {
        let who = format!("amos{own:02}{number:03}@contoso.com");
        let prepared = prepare(desk, deed, &who).await;
        let before = figures(desk, &who).await;
        desk.store.faults().plan(number, fault);
        let done = does(desk, deed, &who, &prepared).await;
        let step = desk.store.faults().clear();
        let case = format!("{deed:?}, step {number} ({step:?}) {fault:?}: {done:?}");
        desk.store.ready().await.unwrap_or_else(|error| panic!("{case}: afterwards {error}"));
        let became = changed(&before, &figures(desk, &who).await);
        let lost_its_answer = fault == Fault::AnswerLost && step == Some(Step::Commit);
        match &done {
            Ok(()) => assert_eq!(became, whole, "{case}: what is acknowledged is done"),
            // SQLite is in the program itself, and never loses an answer.
            Err(_) if lost_its_answer && !asks_outcome => assert_eq!(became, whole, "{case}"),
            Err(_) => assert_eq!(became, [], "{case}: what is not acknowledged is not done in part"),
        }
        if done.is_err() && became.is_empty() {
            does(desk, deed, &who, &prepared).await.unwrap_or_else(|again| panic!("{case}, again: {again}"));
            let became = changed(&before, &figures(desk, &who).await);
            assert_eq!(became, whole, "{case}: then it was done again");
        }
        clear_outbox(desk).await;
        match step {
            Some(step) => met.push(step),
            None => {
                assert_eq!(done, Ok(()), "{case}");
                return met;
            }
        }
    }
    panic!("{deed:?} takes more than {STEPS_MAX} steps")
}

async fn every_deed_fails(desk: &Desk<Sql>, fault: Fault, asks_outcome: bool) {
    // So that an account can be taken away.
    give_account(desk, "kim@contoso.com").await.unwrap();
    for deed in DEEDS {
        let met = every_step_fails(desk, deed, fault, asks_outcome).await;
        for step in [Step::Begin, Step::Statement, Step::Commit] {
            assert!(met.contains(&step), "{deed:?} has its {step:?}: {met:?}");
        }
    }
}

async fn on_sqlite(fault: Fault) {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, _folder) = super::sqlite(Arc::clone(&keyring)).await;
    every_deed_fails(&Desk::new(store, keyring), fault, false).await;
}

async fn on_postgres(fault: Fault) {
    let keyring = Arc::new(Keyring::of_one_key());
    let store = Sql::open(&postgres::database(), Arc::clone(&keyring)).await.unwrap();
    every_deed_fails(&Desk::new(store, keyring), fault, true).await;
}

/// A test for each kind of fault and each database.
macro_rules! every_fault {
    ($($fault:ident: $sqlite:ident $postgres:ident;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $sqlite() {
            on_sqlite(Fault::$fault).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $postgres() {
            on_postgres(Fault::$fault).await;
        })*
    };
}

every_fault! {
    Refused: sqlite_refuses_any_step_and_goes_on postgres_refuses_any_step_and_goes_on;
    RolledBack: sqlite_gives_up_at_any_step_and_goes_on postgres_gives_up_at_any_step_and_goes_on;
    ConnectionLost: sqlite_is_lost_at_any_step_and_comes_back postgres_is_lost_at_any_step_and_comes_back;
    AnswerLost: sqlite_answers_are_lost_at_any_step postgres_answers_are_lost_at_any_step;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_fails_costs_the_connection_only() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, _folder) = super::sqlite(Arc::clone(&keyring)).await;
    let desk = Desk::new(store, keyring);
    desk.enable("amos@contoso.com").await;
    // Two who change one record at once: one of them is stale, and what it began is undone.
    let user = desk.store.user("amos@contoso.com").await.unwrap().unwrap();
    let changes = || attendant::store::Changes { users: vec![user.clone()], ..Default::default() };
    desk.store.commit(changes()).await.unwrap();
    // Begin, the look at the name, the update; then the rollback.
    desk.store.faults().plan(4, Fault::Refused);
    assert_eq!(desk.store.commit(changes()).await, Err(attendant::store::StoreError::Stale));
    // It needs the only connection that writes, so that it waits for the rollback.
    desk.enable("kim@contoso.com").await;
    assert_eq!(desk.store.faults().clear(), Some(Step::Rollback));
}
