//! What a user's meetings are held to, read at one moment: the same in every store.

use attendant::admin::act::{Act, Change, NewNumber, UserName};
use attendant::control::call::Language;
use attendant::store::record::{Standing, UserKey};
use attendant::store::{Directory, Outbox};

use super::{Desk, NOW, against_every_store};

const AMOS: &str = "amos@contoso.com";
const NUMBER: &str = "+14255550177";

against_every_store! {
    a_user_is_read_with_all_that_their_meetings_are_held_to
    each_act_makes_another_version_and_no_check_of_a_pin_does
}

async fn standing<S: Directory + Outbox>(desk: &Desk<S>) -> Standing {
    desk.store.standing(UserKey::Name(&AMOS.to_uppercase())).await.unwrap().unwrap()
}

async fn a_user_is_read_with_all_that_their_meetings_are_held_to<S: Directory + Outbox>(desk: Desk<S>) {
    assert!(desk.store.standing(UserKey::Name(AMOS)).await.unwrap().is_none(), "nobody of that name");
    let id = desk.enable(AMOS).await.user.unwrap().conference_id.unwrap();
    assert_eq!(standing(&desk).await.number_language, None);
    let new =
        NewNumber { number: NUMBER.into(), toll_free: false, primary: Language::JaJp, secondary: Vec::new() };
    desk.does(Act::AddNumber(new)).await;
    let number = Change { number: Some(NUMBER.into()), ..Change::of(UserName(AMOS.into())) };
    desk.does(Act::Change(number)).await;
    desk.does(Act::SetTenant(vec![("pin_length".into(), "7".into())])).await;
    let by_id = desk.store.standing(UserKey::ConferenceId(id)).await.unwrap().unwrap();
    for standing in [standing(&desk).await, by_id] {
        let Standing { user, tenant, number_language, .. } = standing;
        assert_eq!(
            (user.name.as_str(), user.account.enabled, number_language),
            (AMOS, true, Some(Language::JaJp))
        );
        assert_eq!(tenant.settings, [("pin_length".to_owned(), "7".to_owned())]);
    }
}

async fn each_act_makes_another_version_and_no_check_of_a_pin_does<S: Directory + Outbox>(desk: Desk<S>) {
    desk.enable(AMOS).await;
    let before = standing(&desk).await.changes;
    desk.check(NOW, AMOS, "00000").await;
    assert_eq!(standing(&desk).await.changes, before);
    let forbid = Change { allow_anonymous_start: Some(true), ..Change::of(UserName(AMOS.into())) };
    desk.does(Act::Change(forbid)).await;
    let changed = standing(&desk).await;
    assert!(changed.changes > before && changed.user.account.allow_anonymous_start);
}
