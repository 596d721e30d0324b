//! The search for users: the same in every store.

use attendant::admin::act::{Act, Description, Listing, UserName};
use attendant::admin::answer::Answer;
use attendant::control::account::Account;
use attendant::control::call::Digits;
use attendant::store::audit::NewAudit;
use attendant::store::record::UserRecord;
use attendant::store::search::Sought;
use attendant::store::{Directory, Outbox};

use super::{Desk, against_every_store};

const AMOS: &str = "amos.marble@contoso.com";

against_every_store! {
    users_are_found_by_the_beginnings_of_words_in_pages
    what_many_have_and_what_few_have_is_found_in_pages
}

async fn found<S: Directory + Outbox>(desk: &Desk<S>, search: &str, after: &str, limit: u32) -> Vec<String> {
    let listing = Listing {
        sought: Sought { search: search.into(), ..Sought::default() },
        after: after.into(),
        limit: Some(limit),
    };
    match desk.ask(Act::ListUsers(listing)).await {
        Ok(Answer::Users(users)) => users.into_iter().map(|user| user.name).collect(),
        other => panic!("{other:?}"),
    }
}

async fn users_are_found_by_the_beginnings_of_words_in_pages<S: Directory + Outbox>(desk: Desk<S>) {
    for number in 0..30 {
        let user = UserName(format!("kim{number:02}.lee@contoso.com"));
        let display_name = Some(format!("Kim Lée {number}"));
        let describe =
            Act::Describe(Description { user, display_name, mail: None, phone: None, language: None });
        desk.does(describe).await;
    }
    desk.enable(AMOS).await;
    assert_eq!(found(&desk, "marb AM", "", 9).await, [AMOS]);
    assert_eq!(found(&desk, AMOS, "", 9).await, [AMOS]);
    assert_eq!(found(&desk, "arble", "", 9).await, [""; 0], "words are found by their beginnings");
    assert_eq!(found(&desk, "lée kim0", "", 100).await.len(), 10);
    let first = found(&desk, "lee", "", 20).await;
    let second = found(&desk, "lee", first.last().unwrap(), 20).await;
    assert_eq!((first.len(), second.len()), (20, 10));
    assert!(first.iter().chain(&second).is_sorted());
    assert_eq!(found(&desk, "", "", 100).await.len(), 31);
    let id = desk.store.user(AMOS).await.unwrap().unwrap().account.conference_id.unwrap().reveal();
    assert_eq!(found(&desk, &id[..5], "", 9).await, [AMOS], "the conference ID's beginning");
    let user = UserName(AMOS.into());
    let renamed = Description {
        user,
        display_name: Some("Ada Lovelace".into()),
        mail: None,
        phone: None,
        language: None,
    };
    desk.does(Act::Describe(renamed)).await;
    assert_eq!(found(&desk, "love", "", 9).await, [AMOS]);
    assert_eq!(found(&desk, "amos", "", 9).await, [AMOS], "the principal name stays");
}

/// Who is found by the rule itself: each word begins a word of the user's, or the conference ID; or the number that they
/// make together begins that.
fn is_found(search: &str, user: &UserRecord) -> bool {
    let text = format!("{} {}", user.name.split('@').next().unwrap(), user.display_name).to_lowercase();
    let id = user.account.conference_id.map(|id| id.reveal()).unwrap_or_default();
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let begins = |sought: &str| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(sought))
            || number(sought) && id.starts_with(sought)
    };
    let whole = search.replace(' ', "");
    search.split(' ').all(begins) || number(&whole) && id.starts_with(&whole)
}

async fn what_many_have_and_what_few_have_is_found_in_pages<S: Directory + Outbox>(desk: Desk<S>) {
    let users: Vec<UserRecord> = (0..2_500)
        .map(|number| UserRecord {
            name: format!("{}.{number:04}@contoso.com", ["amos", "kim", "zoe"][number / 1_000]),
            display_name: format!(
                "{} {}",
                ["Dora", "Ito"][number % 2],
                ["Klein", "Marble", "Zorn"][number % 3]
            ),
            account: Account {
                enabled: number % 5 > 0,
                conference_id: (number % 5 > 0)
                    .then(|| Digits::from_symbols(&format!("3{number:06}")).unwrap()),
                ..Account::default()
            },
            ..UserRecord::default()
        })
        .collect();
    desk.store.import(users.clone(), NewAudit::default()).await.unwrap();
    for search in
        ["a", "3", "3 a", "30", "z", "zoe 3", "dora klein", "0042", "3 3", "300 0042", "3002 499", "24", "x"]
    {
        let expected: Vec<&str> =
            users.iter().filter(|user| is_found(search, user)).map(|user| user.name.as_str()).collect();
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = found(&desk, search, &after, 97).await;
            let Some(last) = page.last() else { break };
            after.clone_from(last);
            all.extend(page);
        }
        assert_eq!(all, expected, "{search}");
    }
}
