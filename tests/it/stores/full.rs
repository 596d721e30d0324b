//! A disk that is full, and one that has room again.

use std::sync::Arc;

use attendant::admin::act::Act;
use attendant::admin::refusal::Refusal;
use attendant::store::keyring::Keyring;
use attendant::store::{Directory, StoreError};

use super::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_refuses_and_goes_on_once_there_is_room() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, _folder) = super::sqlite(Arc::clone(&keyring)).await;
    let desk = Desk::new(store, keyring);
    desk.enable("amos@contoso.com").await;
    for _ in 0..3 {
        desk.store.fill(true).await.unwrap();
        // The pages that it has are filled, and then it is full.
        let refused = loop {
            let name = format!("user{}@contoso.com", desk.store.audit_head().await.unwrap().number);
            if let Err(refused) = desk.ask(Act::Enable(super::enable(&name))).await {
                break refused;
            }
        };
        let done = desk.store.audit_head().await.unwrap().number;
        assert!(matches!(&refused, Refusal::Store(StoreError::Unavailable(why)) if why.contains("full")));
        let unready = desk.store.ready().await.unwrap_err().to_string();
        assert!(unready.contains("full"), "{unready}");
        desk.store.fill(false).await.unwrap();
        desk.store.ready().await.unwrap();
        desk.reset_pin("amos@contoso.com").await;
        let users = desk.store.users_after("", 10_000).await.unwrap();
        assert_eq!(desk.store.audit_head().await.unwrap().number, done + 1);
        assert_eq!(users.len() as i64, users_enabled(&desk).await, "each is whole");
    }
}

/// How many the audit log says were enabled.
async fn users_enabled<S: Directory>(desk: &Desk<S>) -> i64 {
    let entries = desk.store.audit_after(0, 10_000).await.unwrap();
    entries.iter().filter(|entry| entry.entry.act == "enable").count() as i64
}
