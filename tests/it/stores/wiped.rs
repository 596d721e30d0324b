//! Nothing that was wiped can be read in the files, and nobody else reads them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attendant::store::Outbox as _;
use attendant::store::keyring::Keyring;
use attendant::store::mail::Retry;
use attendant::store::sql::{Location, Sql};

use super::{Desk, NOW};

/// Many enough that their rows fill some dozens of pages.
const MAILS: usize = 120;

const LEASE: Duration = Duration::from_secs(60);

/// Which of these can be read in the files of the directory.
fn readable<'a>(folder: &Path, sealed: &'a [String]) -> Vec<&'a str> {
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let files: Vec<String> = files.map(|file| String::from_utf8_lossy(&file).into_owned()).collect();
    let is_there = |sealed: &&String| files.iter().any(|file| file.contains(sealed.as_str()));
    sealed.iter().filter(is_there).map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_whose_mail_was_sent_is_in_no_file() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, folder) = super::sqlite(Arc::clone(&keyring)).await;
    let desk = Desk::new(store, keyring);
    for number in 0..MAILS {
        desk.enable(&format!("user{number}@contoso.com")).await;
    }
    let sealed: Vec<String> =
        desk.mails().await.into_iter().map(|mail| mail.mail.sealed_pin.unwrap().0).collect();
    assert_eq!(readable(folder.path(), &sealed).len(), MAILS, "they are there while they wait");
    // Rows grow, shrink and move to other pages between those that are settled.
    for round in 0..5 {
        let now = NOW + 1_000 * round as i64;
        for (at, mail) in desk.store.claim_due(now, LEASE, 1_000).await.unwrap().into_iter().enumerate() {
            if round < 4 && (at * 7 + round) % 3 > 0 {
                let reason = "no route ".repeat((at * 37 + round) % 40);
                let retry = Retry::At(now + 1_000);
                assert!(desk.store.settle_failed(&mail.claim, &reason, retry).await.unwrap());
                continue;
            }
            let own = [mail.mail.sealed_pin.clone().unwrap().0];
            assert!(desk.store.settle_sent(&mail.claim).await.unwrap());
            assert_eq!(readable(folder.path(), &own), [""; 0], "mail {}", mail.id);
        }
    }
    assert_eq!(readable(folder.path(), &sealed), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_a_newer_one_replaced_is_in_no_file() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, folder) = super::sqlite(Arc::clone(&keyring)).await;
    let desk = Desk::new(store, keyring);
    desk.enable("amos@contoso.com").await;
    let mail = desk.store.claim_due(NOW, LEASE, 1).await.unwrap().remove(0);
    assert!(desk.store.settle_failed(&mail.claim, "no such mailbox", Retry::Never).await.unwrap());
    let sealed = [mail.mail.sealed_pin.unwrap().0];
    assert_eq!(readable(folder.path(), &sealed).len(), 1, "it may be sent again");
    desk.reset_pin("amos@contoso.com").await;
    assert_eq!(readable(folder.path(), &sealed), [""; 0]);
}

#[tokio::test]
async fn a_directory_that_others_may_read_is_refused_with_the_way_out() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, folder) = super::sqlite(Arc::clone(&keyring)).await;
    let path = folder.path().join("directory.db");
    for file in ["directory.db", "directory.db-wal"] {
        let path = folder.path().join(file);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused =
            Sql::open(&Location::File(folder.path().join("directory.db")), Arc::clone(&keyring)).await;
        let refused = refused.unwrap_err().to_string();
        let command = format!("`chmod 600 '{}'`", path.display());
        assert!(refused.contains("others may read") && refused.contains(&command), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    store.close().await;
    Sql::open(&Location::File(path), keyring).await.unwrap();
}
