//! No PIN is found in anything that was written: the database with its log of writes, the audit log, what the program
//! tells of itself at trace level, errors. PINs have 12 digits here, so that a hit is not a coincidence.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use attendant::admin::act::Act;
use attendant::store::keyring::Keyring;
use attendant::store::sql::{Location, Sql};
use attendant::store::{Directory as _, Outbox as _};

use super::super::stage::Stage;
use super::super::stores::{Desk, NOW, symbols};
use super::{HERE, administer, does};

/// Every file of a folder has none of these.
#[track_caller]
pub(in super::super) fn assert_nowhere(folder: &Path, pins: &[String]) -> usize {
    let mut looked_at = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            looked_at += assert_nowhere(&path, pins);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for pin in pins {
            let found = bytes.windows(pin.len()).any(|window| window == pin.as_bytes());
            assert!(!found, "{} has a PIN", path.display());
        }
        looked_at += 1;
    }
    looked_at
}

#[test]
fn no_command_leaves_a_pin_behind() {
    let stage = Stage::with(&[]);
    does(&stage, "tenant set pin_length=12");
    let mut pins = Vec::new();
    let mut said = String::new();
    for name in ["amos@contoso.com", "kim@contoso.com"] {
        for line in [format!("users enable {name}"), format!("users reset-pin {name} --yes")] {
            let ended = does(&stage, &format!("-vvv {line}"));
            assert!(ended.err.contains(" INFO "), "the log is on: {}", ended.err);
            pins.push(ended.out.trim_end().to_owned());
            said.push_str(&ended.err);
        }
    }
    for text in [
        "Set-CsOnlineDialInConferencingUser amos@contoso.com -ResetLeaderPin -Verbose",
        "Enable-CsOnlineDialInConferencingUser pat@contoso.com",
    ] {
        let ended = stage.attendant_words(&["cmdlet", text], &format!("-vvv {HERE}"));
        assert_eq!(ended.code, 0, "{text}: {ended:?}");
        let line = ended.out.lines().find_map(|line| line.strip_prefix("LeaderPin    : "));
        pins.push(line.unwrap().to_owned());
        said.push_str(&ended.err);
        let typed = format!("Set-CsOnlineDialInConferencingUser amos@contoso.com -LeaderPin {}", pins[0]);
        said.push_str(&stage.attendant_words(&["cmdlet", &typed], &format!("-vvv {HERE}")).err);
    }
    fs::write(stage.path().join("more.csv"), "name\nlee@contoso.com\n").unwrap();
    let imported = does(&stage, "-vvv users import more.csv --pins");
    pins.push(imported.out.trim_end().split_once(',').unwrap().1.to_owned());
    said.push_str(&imported.err);
    assert!(pins.iter().all(|pin| pin.len() == 12), "seven PINs were shown");
    for line in [
        "-vvv users list",
        "-vvv users list --json",
        "-vvv users show amos@contoso.com",
        "-vvv users export",
        "-vvv audit list",
        "-vvv audit list --json",
        "-vvv users lock amos@contoso.com",
        "-vvv users enable amos@contoso.com",
        "-vvv users disable kim@contoso.com --yes",
    ] {
        let ended = does(&stage, line);
        said.push_str(&ended.out);
        said.push_str(&ended.err);
    }
    said.push_str(&administer(&stage, "-vvv users show nobody@contoso.com").err);
    for pin in &pins {
        assert!(!said.contains(pin.as_str()), "a PIN was said");
    }
    // The mails have them, and nothing else does.
    assert!(assert_nowhere(&stage.path().join("d"), &pins) >= 2, "database and keyring were looked at");
}

#[tokio::test]
async fn neither_the_database_nor_its_log_of_writes_has_a_pin() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(Keyring::at(&folder.path().join("keyring")).unwrap());
    let location = Location::File(folder.path().join("users.db"));
    let desk = Desk::new(Sql::open(&location, Arc::clone(&keyring)).await.unwrap(), keyring);
    desk.does(Act::SetTenant(vec![("pin_length".into(), "12".into())])).await;
    let mut pins = vec![symbols(desk.enable("amos@contoso.com").await.new_pin.unwrap())];
    for _ in 0..20 {
        let pin = symbols(desk.reset_pin("amos@contoso.com").await);
        assert!(desk.check(NOW, "amos@contoso.com", &pin).await);
        assert!(!desk.check(NOW, "amos@contoso.com", pins.last().unwrap()).await);
        pins.push(pin);
    }
    assert!(folder.path().join("users.db-wal").metadata().unwrap().len() > 0, "the log of writes is there");
    assert!(assert_nowhere(folder.path(), &pins) >= 4);
    let claimed = desk.store.claim_due(NOW, std::time::Duration::from_secs(60), 5).await.unwrap();
    for mail in &claimed {
        desk.store.settle_sent(&mail.claim).await.unwrap();
    }
    for record in desk.mails().await {
        let shown = format!("{record:?}");
        assert!(pins.iter().all(|pin| !shown.contains(pin)), "{shown}");
    }
    let shown = format!("{:?} {desk:?}", desk.store.user("amos@contoso.com").await.unwrap());
    assert!(pins.iter().all(|pin| !shown.contains(pin)), "{shown}");
    assert!(assert_nowhere(folder.path(), &pins) >= 4);
}
