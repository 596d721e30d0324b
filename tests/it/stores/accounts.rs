//! Accounts, and what two administrators do at once: the same in every store.

use attendant::admin::act::{Act, Change, NewNumber, NewToken, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::administration::Seen;
use attendant::admin::answer::Answer;
use attendant::admin::refusal::Refusal;
use attendant::control::call::Language;
use attendant::store::account::Password;
use attendant::store::audit::AuditEntry;
use attendant::store::token::{Token, TokenRecord};
use attendant::store::{Changes, Directory, Outbox};

use super::{Desk, NOW, against_every_store};

const AMOS: &str = "amos.marble@contoso.com";

against_every_store! {
    the_last_administrators_account_cannot_be_removed
    while_no_administrator_has_an_account_the_first_one_is_made
    an_act_on_what_was_seen_changes_nothing_else
    of_two_administrators_who_remove_each_other_one_stays
    an_administrators_token_ends_with_the_account
    an_administrators_token_ends_with_the_role
    a_users_account_gets_no_administrators_token
    a_token_above_its_account_signs_nobody_in
    a_token_issued_beside_a_demotion_is_not_in_force
    a_token_issued_beside_a_removal_is_not_in_force
    every_token_ends_with_its_account
    of_two_first_starts_one_makes_the_administrator
    two_concurrent_changes_of_a_number_both_succeed
}

fn typed(text: &str) -> Password {
    Password::typed(text.to_owned())
}

async fn give<S: Directory + Outbox>(desk: &Desk<S>, name: &str, role: Role) -> Password {
    match desk.ask(Act::GiveAccount { user: UserName(name.into()), role }).await {
        Ok(Answer::NewAccount(view, password, _)) => {
            assert!(view.must_change);
            password
        }
        other => panic!("{other:?}"),
    }
}

async fn signs_in<S: Directory + Outbox>(desk: &Desk<S>, name: &str, password: &Password) -> Option<Actor> {
    let signed = desk.administration.sign_in_by_password(NOW, name, password, "test").await.unwrap();
    signed.map(|(actor, _)| actor)
}

async fn the_last_administrators_account_cannot_be_removed<S: Directory + Outbox>(desk: Desk<S>) {
    let (view, first) = desk.administration.first_administrator(NOW).await.unwrap().unwrap();
    assert_eq!((view.name.as_str(), view.role.as_str()), ("admin", "administrator"));
    assert!(desk.administration.first_administrator(NOW).await.unwrap().is_none(), "there is one");
    let admin = signs_in(&desk, "ADMIN", &first).await.unwrap();
    assert_eq!(admin.role, Role::Administrator);
    assert_eq!(signs_in(&desk, "admin", &typed("guess")).await, None);
    assert_eq!(signs_in(&desk, "nobody", &first).await, None);
    let new = typed("correct horse battery staple");
    let change = async |before: &Password, new: &Password| {
        desk.administration.change_password(NOW + 1, &admin, before, new).await
    };
    assert!(matches!(change(&typed("guess"), &new).await, Err(Refusal::BadPassword(_))));
    assert!(matches!(change(&first, &first).await, Err(Refusal::BadPassword(_))));
    assert!(!change(&first, &new).await.unwrap().must_change);
    assert_eq!(signs_in(&desk, "admin", &first).await, None);
    assert!(signs_in(&desk, "admin", &new).await.is_some());
    let kept = desk.store.account("admin").await.unwrap().unwrap();
    assert!(!kept.password.contains(new.reveal()) && kept.password.contains("$argon2id$"));

    let user = Act::GiveAccount { user: UserName(AMOS.into()), role: Role::User };
    assert_eq!(desk.ask(user).await.unwrap_err(), Refusal::UnknownUser(AMOS.into()));
    desk.enable(AMOS).await;
    let one_time = give(&desk, &AMOS.to_uppercase(), Role::User).await;
    let amos = signs_in(&desk, AMOS, &one_time).await.unwrap();
    assert_eq!((amos.name.as_str(), amos.role), (AMOS, Role::User));
    let remove = |name: &str| desk.ask(Act::RemoveAccount(UserName(name.into())));
    assert_eq!(remove("admin").await.unwrap_err(), Refusal::LastAdministrator("admin".into()));
    give(&desk, "kim", Role::Administrator).await;
    remove("admin").await.unwrap();
    remove(AMOS).await.unwrap();
    assert_eq!(signs_in(&desk, AMOS, &one_time).await, None);
    let Ok(Answer::Accounts(accounts)) = desk.ask(Act::ListAccounts).await else { panic!("they are listed") };
    assert_eq!(accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["kim"]);
}

async fn while_no_administrator_has_an_account_the_first_one_is_made<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    give(&desk, AMOS, Role::User).await;
    let (made, password) = desk.administration.first_administrator(NOW).await.unwrap().unwrap();
    assert_eq!((made.name.as_str(), made.role.as_str()), ("admin", "administrator"));
    assert!(signs_in(&desk, "admin", &password).await.is_some());
    assert!(desk.administration.first_administrator(NOW).await.unwrap().is_none());
}

async fn of_two_administrators_who_remove_each_other_one_stays<S: Directory + Outbox>(desk: Desk<S>) {
    for round in 0..5 {
        let names = ["kim", "pat"].map(|name| format!("{name}{round}"));
        for name in &names {
            give(&desk, name, Role::Administrator).await;
        }
        let remove = |name: &str| desk.ask(Act::RemoveAccount(UserName(name.into())));
        for stays in desk.store.accounts().await.unwrap() {
            if !names.contains(&stays.name) {
                remove(&stays.name).await.unwrap();
            }
        }
        let both = tokio::join!(remove(&names[0]), remove(&names[1]));
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        assert_eq!(desk.store.accounts().await.unwrap().len(), 1);
    }
}

async fn an_administrators_token_ends_with_the_account<S: Directory + Outbox>(desk: Desk<S>) {
    for name in ["kim@contoso.com", "pat@contoso.com"] {
        give(&desk, name, Role::Administrator).await;
    }
    let wish = |user: &str| NewToken {
        user: UserName(user.into()),
        role: Role::Administrator,
        label: String::new(),
        days: 9,
    };
    let mut tokens = Vec::new();
    for name in ["kim@contoso.com", "pat@contoso.com"] {
        match desk.ask(Act::IssueToken(wish(name))).await {
            Ok(Answer::NewToken(_, token)) => tokens.push(token.reveal().to_owned()),
            other => panic!("{other:?}"),
        }
    }
    let signs_in =
        async |token: &str| desk.administration.sign_in(NOW + 1, token, "test").await.unwrap().is_some();
    assert!(signs_in(&tokens[0]).await && signs_in(&tokens[1]).await);
    let removed = desk.ask(Act::RemoveAccount(UserName("KIM@contoso.com".into()))).await.unwrap();
    let Answer::Done(done) = removed else { panic!("{removed:?}") };
    assert_eq!(done.remarks, ["the account was removed with an administrator's token"]);
    assert!(!signs_in(&tokens[0]).await && signs_in(&tokens[1]).await);
}

const KIM: &str = "kim@contoso.com";

fn token_for(user: &str, role: Role) -> Act {
    Act::IssueToken(NewToken { user: UserName(user.into()), role, label: String::new(), days: 9 })
}

fn account_of(user: &str, role: Role) -> Act {
    Act::GiveAccount { user: UserName(user.into()), role }
}

async fn issue<S: Directory + Outbox>(desk: &Desk<S>, user: &str, role: Role) -> Token {
    match desk.ask(token_for(user, role)).await {
        Ok(Answer::NewToken(_, token)) => token,
        other => panic!("{other:?}"),
    }
}

async fn role_of<S: Directory + Outbox>(desk: &Desk<S>, token: &Token) -> Option<Role> {
    let signed = desk.administration.sign_in(NOW + 1, &token.reveal(), "test").await.unwrap();
    signed.map(|actor| actor.role)
}

async fn an_administrators_token_ends_with_the_role<S: Directory + Outbox>(desk: Desk<S>) {
    desk.administration.first_administrator(NOW).await.unwrap();
    desk.enable(KIM).await;
    give(&desk, KIM, Role::Administrator).await;
    let administrators = issue(&desk, &KIM.to_uppercase(), Role::Administrator).await;
    let users = issue(&desk, KIM, Role::User).await;
    give(&desk, KIM, Role::Administrator).await;
    assert_eq!(role_of(&desk, &administrators).await, Some(Role::Administrator), "the role is the same");
    let demoted = desk.ask(account_of(KIM, Role::User)).await;
    let Ok(Answer::NewAccount(_, _, remarks)) = demoted else { panic!("{demoted:?}") };
    assert_eq!(remarks, ["its role is now user: revoked an administrator's token"]);
    assert_eq!(role_of(&desk, &administrators).await, None);
    assert_eq!(role_of(&desk, &users).await, Some(Role::User));
    let kept = desk.store.token(administrators.id()).await.unwrap().unwrap();
    assert!(kept.revoked_at.is_some(), "in the same commit");
    give(&desk, KIM, Role::Administrator).await;
    assert_eq!(role_of(&desk, &administrators).await, None, "what was revoked stays so");
}

async fn a_users_account_gets_no_administrators_token<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    give(&desk, AMOS, Role::User).await;
    let refused = desk.ask(token_for(&AMOS.to_uppercase(), Role::Administrator)).await.unwrap_err();
    assert_eq!(refused, Refusal::NotAdministrators(AMOS.into()));
    assert!(desk.store.tokens_after("", 10).await.unwrap().is_empty());
}

/// As in a directory from before tokens were revoked with the role.
async fn a_token_above_its_account_signs_nobody_in<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(KIM).await;
    let token = issue(&desk, KIM, Role::Administrator).await;
    let kept = desk.store.token(token.id()).await.unwrap().unwrap();
    desk.does(Act::RevokeToken(token.id().into())).await;
    give(&desk, KIM, Role::User).await;
    let forgotten = Token::draw();
    let record = TokenRecord { id: forgotten.id().to_owned(), hash: forgotten.hash(&desk.keyring), ..kept };
    desk.store.commit(Changes { tokens: vec![record], ..Changes::default() }).await.unwrap();
    assert_eq!(role_of(&desk, &forgotten).await, None);
    let Ok(Answer::Tokens(listed)) = desk.ask(Act::ListTokens(None)).await else { panic!("they are listed") };
    assert!(listed.iter().all(|token| !token.is_good), "{listed:?}");
}

async fn a_token_issued_beside_a_demotion_is_not_in_force<S: Directory + Outbox>(desk: Desk<S>) {
    desk.administration.first_administrator(NOW).await.unwrap();
    beside_another_token(&desk, |name| account_of(name, Role::User)).await;
}

async fn a_token_issued_beside_a_removal_is_not_in_force<S: Directory + Outbox>(desk: Desk<S>) {
    desk.administration.first_administrator(NOW).await.unwrap();
    beside_another_token(&desk, |name| Act::RemoveAccount(UserName(name.into()))).await;
}

/// Issues administrators' tokens while this is done to their accounts: whichever is first, none that had an account when it
/// was issued is in force in the end.
async fn beside_another_token<S: Directory + Outbox>(desk: &Desk<S>, done: impl Fn(&str) -> Act) {
    for round in 0..6 {
        let name = format!("user{round}@contoso.com");
        desk.enable(&name).await;
        give(desk, &name, Role::Administrator).await;
        let tokens = (0..3).map(|_| desk.ask(token_for(&name, Role::Administrator)));
        let (changed, issued) = tokio::join!(desk.ask(done(&name)), futures_util::future::join_all(tokens));
        changed.unwrap();
        let kept = desk.store.tokens_after("", 100).await.unwrap();
        let audit = desk.store.audit_after(0, 1_000).await.unwrap();
        let at = |act: &str, detail: &str| {
            let fits = |entry: &&AuditEntry| {
                let entry = &entry.entry;
                entry.subject == name && entry.act == act && entry.detail.contains(detail)
            };
            audit.iter().rfind(fits).map(|entry| entry.number)
        };
        let changed_at = at("give_account", "user").or(at("remove_account", "")).unwrap();
        for issued in issued {
            let Ok(Answer::NewToken(view, _)) = issued else { continue };
            let record = kept.iter().find(|token| token.id == view.id).unwrap();
            let first = at("issue_token", &view.id).unwrap() < changed_at;
            assert!(!first || record.revoked_at.is_some(), "round {round}: {record:?}");
            assert!(first || desk.store.account(&name).await.unwrap().is_none(), "it is for a user now");
        }
    }
}

async fn every_token_ends_with_its_account<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    give(&desk, AMOS, Role::User).await;
    let token = issue(&desk, AMOS, Role::User).await;
    let done = desk.does(Act::RemoveAccount(UserName(AMOS.to_uppercase()))).await;
    assert_eq!(done.remarks, ["the account was removed with a user's token"]);
    assert_eq!(role_of(&desk, &token).await, None);
}

async fn of_two_first_starts_one_makes_the_administrator<S: Directory + Outbox>(desk: Desk<S>) {
    let start = || desk.administration.first_administrator(NOW);
    let both = tokio::join!(start(), start());
    let made: Vec<_> = [both.0.unwrap(), both.1.unwrap()].into_iter().flatten().collect();
    let [(view, password)] = &made[..] else { panic!("one of them makes it: {made:?}") };
    assert_eq!(view.name, "admin");
    assert!(signs_in(&desk, "admin", password).await.is_some(), "and its password is the one that was shown");
}

async fn two_concurrent_changes_of_a_number_both_succeed<S: Directory + Outbox>(desk: Desk<S>) {
    let number = "+14255550177".to_owned();
    let wish =
        |primary| NewNumber { number: number.clone(), toll_free: false, primary, secondary: Vec::new() };
    let (english, german) = (Act::AddNumber(wish(Language::EnUs)), Act::AddNumber(wish(Language::DeDe)));
    let both = tokio::join!(desk.ask(english), desk.ask(german));
    assert!(both.0.is_ok() != both.1.is_ok(), "one of them was first: {both:?}");
    let set = |primary, secondary: Option<Vec<Language>>| {
        desk.ask(Act::SetNumber { number: number.clone(), primary, secondary })
    };
    let both = tokio::join!(set(Some(Language::JaJp), None), set(None, Some(vec![Language::FrFr])));
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    let numbers = desk.store.numbers().await.unwrap();
    let kept = numbers.iter().find(|kept| kept.number == number).unwrap();
    assert_eq!((kept.primary, &kept.secondary[..]), (Language::JaJp, &[Language::FrFr][..]));
    let both = tokio::join!(desk.ask(Act::RemoveNumber(number.clone())), set(None, Some(Vec::new())));
    assert!(both.0.is_ok(), "{both:?}");
    assert!(
        desk.store.numbers().await.unwrap().iter().all(|kept| kept.number != number),
        "it does not come back"
    );
}

async fn an_act_on_what_was_seen_changes_nothing_else<S: Directory + Outbox>(desk: Desk<S>) {
    let before = desk.enable(AMOS).await.user.unwrap();
    let reset = Change { reset_pin: true, ..Change::of(UserName(AMOS.into())) };
    let seen = desk.does(Act::Change(reset)).await.user.unwrap();
    let disable = Act::Disable { user: UserName(AMOS.into()), mail: None };
    let perform = async |seen: &Seen| {
        desk.administration.perform_on(NOW, &super::administrator(), &disable, Some(seen)).await
    };
    let mut other = seen.clone();
    other.display_name = "Kim".into();
    assert_eq!(perform(&Seen::User(other)).await.unwrap_err(), Refusal::Changed);
    assert!(desk.store.user(AMOS).await.unwrap().unwrap().account.enabled);
    assert_eq!(perform(&Seen::User(before)).await.unwrap_err(), Refusal::Changed, "the PIN is another");
    perform(&Seen::User(seen)).await.unwrap();
    assert!(!desk.store.user(AMOS).await.unwrap().unwrap().account.enabled);
}
