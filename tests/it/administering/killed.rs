//! A process that is killed in the middle of 1,000 resets has lost nothing that it acknowledged.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use attendant::store::Outbox as _;
use attendant::store::keyring::Keyring;
use attendant::store::mail::{MailKind, MailState};
use attendant::store::sql::{Location, Sql};

use super::super::bounded::Limit;
use super::super::stores::{Desk, NOW, symbols};

/// Tells a process that it is the one to be killed, and where its directory is.
const VICTIM: &str = "ATTENDANT_TEST_VICTIM";
const RESETS: usize = 1_000;
const USERS: usize = 20;
/// Resets that run at once, of which each may be committed and not yet acknowledged.
const AT_ONCE: usize = 4;
/// Acknowledged resets after which the process is killed.
const KILLED_AFTER: usize = 300;

async fn desk(folder: &Path) -> Desk<Sql> {
    let keyring = Arc::new(Keyring::at(&folder.join("keyring")).unwrap());
    let location = Location::File(folder.join("users.db"));
    Desk::new(Sql::open(&location, Arc::clone(&keyring)).await.unwrap(), keyring)
}

fn user(number: usize) -> String {
    format!("user{}@contoso.com", number % USERS)
}

/// Resets until it is killed, and prints each that is done.
#[expect(clippy::print_stdout, reason = "the one who kills it reads along")]
async fn be_the_victim(folder: &Path) {
    let desk = Arc::new(desk(folder).await);
    let tasks = (0..AT_ONCE).map(|first| {
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            for number in (first..RESETS).step_by(AT_ONCE) {
                let pin = desk.reset_pin(&user(number)).await;
                println!("done {} {}", user(number), symbols(pin));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_resets_outlive_kill_9_with_one_mail_each() {
    if let Some(folder) = env::var_os(VICTIM) {
        return be_the_victim(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let before = desk(folder.path()).await;
    before.does(attendant::admin::act::Act::SetTenant(vec![("pin_length".into(), "12".into())])).await;
    for number in 0..USERS {
        before.enable(&user(number)).await;
    }
    before.store.close().await;

    let this = "administering::killed::acknowledged_resets_outlive_kill_9_with_one_mail_each";
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", this, "--nocapture"])
        .env(VICTIM, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let _limit = Limit::on(&victim);
    let mut done: Vec<(String, String)> = Vec::new();
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // Before its first line the harness has printed the test's name.
        let Some((_, line)) = line.split_once("done ") else { continue };
        // The last line may be cut.
        if let Some((user, pin)) = line.split_once(' ').filter(|(_, pin)| pin.len() == 12) {
            done.push((user.to_owned(), pin.to_owned()));
        }
        if done.len() == KILLED_AFTER {
            victim.kill().unwrap();
        }
    }
    let status = victim.wait().unwrap();
    assert!(status.code().is_none(), "it was killed: {status:?}");
    assert!((KILLED_AFTER..RESETS).contains(&done.len()), "{} were acknowledged", done.len());

    let after = desk(folder.path()).await;
    let mails = after.store.mails_after(0, None, 10_000).await.unwrap();
    let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.mail.message_id.as_str()).collect();
    assert_eq!(ids.len(), mails.len(), "no message ID is there twice");
    let resets: Vec<_> = mails.iter().filter(|mail| mail.mail.kind == MailKind::PinReset).collect();
    assert!(resets.len() <= done.len() + AT_ONCE, "{} mails for {} resets", resets.len(), done.len());
    let users: BTreeSet<&String> = done.iter().map(|(user, _)| user).collect();
    for user in users {
        let own: Vec<_> = resets.iter().filter(|mail| mail.mail.user == *user).collect();
        let acknowledged = done.iter().filter(|(whose, _)| whose == user).count();
        assert!(own.len() >= acknowledged, "an acknowledged reset has its mail");
        let (last, before) = own.split_last().unwrap();
        assert!(before.iter().all(|mail| mail.state == MailState::Superseded), "only the last is to be sent");
        let pin = symbols(after.open(last).unwrap());
        assert!(after.check(NOW, user, &pin).await, "the PIN of the last mail is the right one");
    }
    let audit = after.whole_log().await;
    let entries = audit.iter().filter(|entry| entry.entry.act == "reset_pin").count();
    assert_eq!(entries, resets.len(), "as many resets are written down as were mailed");
}
