//! Tokens: who signs in with one, in which role, until when; and that nothing that is kept is one.

use attendant::admin::act::{Act, NewToken, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::answer::{Answer, TokenView};
use attendant::admin::refusal::Refusal;
use attendant::store::token::Token;
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store};

const AMOS: &str = "amos@contoso.com";
const DAY: i64 = 86_400_000;

against_every_store! {
    a_token_is_good_until_its_end_or_its_revocation
    a_token_acts_in_its_role_only
    of_a_token_a_keyed_hash_is_kept_and_nothing_else
}

async fn issue<S: Directory + Outbox>(
    desk: &Desk<S>,
    user: &str,
    role: Role,
    days: u32,
) -> (TokenView, Token) {
    let wish = NewToken { user: UserName(user.into()), role, label: "the app".into(), days };
    match desk.ask(Act::IssueToken(wish)).await {
        Ok(Answer::NewToken(view, token)) => (view, token),
        other => panic!("{other:?}"),
    }
}

async fn sign_in<S: Directory + Outbox>(desk: &Desk<S>, now: i64, given: &str) -> Option<Actor> {
    desk.administration.sign_in(now, given, "api").await.unwrap()
}

async fn a_token_is_good_until_its_end_or_its_revocation<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let (view, token) = issue(&desk, &AMOS.to_uppercase(), Role::User, 7).await;
    assert_eq!((view.user.as_str(), view.expires_at, view.is_good), (AMOS, NOW + 7 * DAY, true));
    let amos = Actor { name: AMOS.into(), role: Role::User, origin: "api".into() };
    assert_eq!(sign_in(&desk, NOW + 7 * DAY - 1, &token.reveal()).await, Some(amos.clone()));
    assert_eq!(sign_in(&desk, NOW + 7 * DAY, &token.reveal()).await, None, "its time is over");
    let (_, other) = issue(&desk, AMOS, Role::User, 1).await;
    let forged = token.reveal().replace(token.id(), other.id());
    for wrong in ["", "attendant", AMOS, &forged, &token.reveal().to_uppercase()] {
        assert_eq!(sign_in(&desk, NOW, wrong).await, None, "{wrong}");
    }
    assert!(desk.does(Act::RevokeToken(token.id().into())).await.changed);
    assert!(!desk.does(Act::RevokeToken(token.id().into())).await.changed);
    assert_eq!(sign_in(&desk, NOW, &token.reveal()).await, None, "it was revoked");
    assert_eq!(sign_in(&desk, NOW, &other.reveal()).await, Some(amos), "the other is good");
    let Ok(Answer::Tokens(tokens)) = desk.ask(Act::ListTokens(Some(UserName(AMOS.into())))).await else {
        panic!("tokens are listed")
    };
    let good: Vec<(&str, bool)> = tokens.iter().map(|token| (token.id.as_str(), token.is_good)).collect();
    let mut expected = vec![(token.id(), false), (other.id(), true)];
    expected.sort_by_key(|(id, _)| good.iter().position(|(known, _)| known == id));
    assert_eq!(good, expected);
    assert!(matches!(desk.ask(Act::RevokeToken("0".into())).await, Err(Refusal::UnknownToken(_))));
}

async fn a_token_acts_in_its_role_only<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let (_, own) = issue(&desk, AMOS, Role::User, 1).await;
    let (_, administrators) = issue(&desk, "kim@contoso.com", Role::Administrator, 1).await;
    let reset = Act::Change(attendant::admin::act::Change {
        reset_pin: true,
        ..attendant::admin::act::Change::of(UserName(AMOS.into()))
    });
    for (token, may) in [(own, false), (administrators, true)] {
        let actor = sign_in(&desk, NOW, &token.reveal()).await.unwrap();
        let answered = desk.administration.perform(NOW, &actor, &reset).await;
        assert_eq!(answered.is_ok(), may, "{answered:?}");
        let more = Act::IssueToken(NewToken {
            user: UserName(AMOS.into()),
            role: Role::Administrator,
            label: String::new(),
            days: 1,
        });
        assert_eq!(desk.administration.perform(NOW, &actor, &more).await.is_ok(), may);
    }
    let stranger = NewToken {
        user: UserName("pat@contoso.com".into()),
        role: Role::User,
        label: String::new(),
        days: 1,
    };
    assert!(matches!(desk.ask(Act::IssueToken(stranger)).await, Err(Refusal::UnknownUser(_))));
    let audit = desk.store.audit_after(0, 100).await.unwrap();
    let last = &audit.last().unwrap().entry;
    assert_eq!(
        (last.actor.as_str(), last.act.as_str(), last.origin.as_str()),
        ("kim@contoso.com", "issue_token", "api")
    );
}

async fn of_a_token_a_keyed_hash_is_kept_and_nothing_else<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let (_, token) = issue(&desk, AMOS, Role::User, 1).await;
    let secret = token.reveal().rsplit('_').next().unwrap().to_owned();
    let kept = desk.store.tokens_after("", 10).await.unwrap();
    let audit = desk.store.audit_after(0, 100).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!format!("{kept:?} {audit:?} {token:?}").contains(&secret));
    assert!(token.is_hashed_as(&kept[0].hash, &desk.keyring));
}
