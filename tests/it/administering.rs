//! Administration as somebody at a shell meets it: `attendant users`, `tenant`, `numbers`, `audit`, `directory`.

mod backups;
mod durable;
mod killed;
mod numbers;
mod spreadsheets;
pub(super) mod traces;

use attendant::admin::act::{Act, Change, UserName};
use attendant::store::sql::{Location, Sql};

use super::bounded;
use super::disk::Disk;
use super::stage::{Ended, Stage};
use super::stores::{Desk, administrator, enable};

/// What every command is given: a directory of the stage.
pub(super) const HERE: &str = "--directory d/users.db";

const AMOS: &str = "amos.marble@contoso.com";

pub(super) fn administer(stage: &Stage, line: &str) -> Ended {
    stage.attendant(&format!("{line} {HERE}"))
}

#[track_caller]
fn does(stage: &Stage, line: &str) -> Ended {
    let ended = administer(stage, line);
    assert_eq!(ended.code, 0, "{line}: {ended:?}");
    ended
}

#[test]
fn a_new_pin_stands_alone_on_standard_output() {
    let stage = Stage::with(&[]);
    does(&stage, "numbers add +14255550100 --secondary es-ES");
    does(&stage, "tenant set pin_length=9");
    let enabled = does(&stage, &format!("users enable {AMOS}"));
    let pin = enabled.out.trim_end();
    assert!(pin.len() == 9 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{enabled:?}");
    assert!(enabled.err.contains("the mail to amos.marble@contoso.com is in "), "{}", enabled.err);
    let again = does(&stage, &format!("users enable {AMOS}"));
    assert_eq!(again.out, "");
    let reset = does(&stage, &format!("users reset-pin {AMOS} --yes --send-mail --to desk@contoso.com"));
    assert!(
        reset.out.trim_end() != pin && reset.err.contains("the mail to desk@contoso.com is in "),
        "{reset:?}"
    );
    let shown = does(&stage, &format!("users show {AMOS}"));
    assert!(shown.out.contains("*******") && !shown.out.contains(reset.out.trim_end()), "{}", shown.out);
    let json = does(&stage, "users list --json");
    let user: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&user["name"], &user["pin"], &user["number"]),
        (&AMOS.into(), &"*******".into(), &"+14255550100".into())
    );
}

#[test]
fn a_directory_that_is_not_there_is_read_by_nobody_and_made_aloud() {
    let stage = Stage::with(&[]);
    for line in [
        "users list",
        "users show pat@contoso.com",
        "users export",
        "numbers list",
        "tenant show",
        "tokens list",
        "accounts list",
        "mail list",
        "mail show 1",
        "audit list",
        "audit verify",
        "records",
        "cmdlet Get-CsOnlineDialInConferencingTenantSettings",
        "directory check",
        "directory backup saved",
        "directory rotate-key",
        "directory adopt-keyring --yes",
        "mail send",
        "mail resend 1",
        "mail prune --older-than 1 --yes",
        "audit prune --older-than 1 --yes",
        "users reset-pin pat@contoso.com --yes",
        "users unlock pat@contoso.com",
        "tokens revoke 3f09a1c25b7e4d68",
        "accounts give kim --administrator",
        "accounts give pat@contoso.com",
        "numbers remove +14255550100 --yes",
        "tenant reset --yes",
    ] {
        let ended = administer(&stage, line);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}: {ended:?}");
        let told =
            "error: there is no directory at d/users.db; `attendant serve` and commands that add something";
        assert!(ended.err.starts_with(told) && !ended.err.contains("help"), "{line}: {}", ended.err);
    }
    assert!(!stage.path().join("d").exists(), "and nothing is made");
    let default = stage.attendant("users list");
    assert!(
        default.code == 2 && default.err.contains("help: did you mean another one? --config FILE"),
        "{default:?}"
    );
    let made = does(&stage, "tenant set pin_length=9").err;
    assert!(made.contains("note: a new directory was made at d/users.db\n"), "{made}");
    let again = does(&stage, "tenant set pin_length=8").err;
    assert!(!again.contains("note"), "{again}");
    assert_eq!(does(&stage, "users list").err, "");
}

#[test]
fn what_cannot_be_undone_asks_or_wants_yes() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    for line in ["users reset-pin", "users reset-conference-id", "users disable"] {
        let ended = administer(&stage, &format!("{line} {AMOS}"));
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}");
        assert!(ended.err.contains("cannot be undone; add --yes to confirm"), "{}", ended.err);
        does(&stage, &format!("{line} {AMOS} --yes"));
    }
    assert_eq!(administer(&stage, "tenant reset").code, 2);
}

#[test]
fn what_is_wrong_is_told_with_what_would_be_right() {
    let stage = Stage::with(&[
        ("pins.csv", "name,pin\nkim@contoso.com,1\n"),
        ("column.csv", "name,colour\nkim@contoso.com,red\n"),
        ("short.csv", "name,mail\nkim@contoso.com\n"),
        ("mail.csv", "name,mail\nkim@contoso.com,kim@contoso.com\npat@contoso.com,pat\n"),
        ("twice.csv", "name,conference_id\nkim@contoso.com,314\npat@contoso.com,314\n"),
    ]);
    does(&stage, "tenant set pin_length=5");
    for (line, code, said) in [
        ("users show pat@contoso.com", 2, "unknown user pat@contoso.com"),
        ("users enable pat", 2, "`pat` is not a user principal name"),
        (
            "users enable pat@contoso.com --number +14255550100",
            2,
            "`attendant numbers add +14255550100` adds it",
        ),
        (
            "accounts give admin",
            2,
            "an administrator need not be one of the users, and gets an account with --administrator",
        ),
        ("tenant set pin_length=13", 2, "`13` is not a whole number from 4 to 12"),
        ("tenant set colour=red", 2, "expected one of pin_length"),
        ("users import pins.csv", 2, "pins.csv, line 1: PINs are never imported"),
        ("users import column.csv", 2, "line 1: unknown column `colour`"),
        ("users import short.csv", 2, "line 2: it has 1 fields; expected 2"),
        ("users import mail.csv", 2, "line 3: `pat` is not a mail address"),
        ("users import twice.csv", 2, "line 3: the conference ID 314 belongs to somebody else"),
        ("users import none.csv", 2, "none.csv: cannot be read: No such file"),
    ] {
        let ended = administer(&stage, line);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{line}: {ended:?}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
    let nowhere = stage.attendant("users list --directory postgres://a:5ecret@127.0.0.1:1/b");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("cannot be opened") && !nowhere.err.contains("5ecret"), "{}", nowhere.err);
}

#[test]
fn a_number_with_the_users_pin_in_it_is_refused() {
    let stage = Stage::with(&[]);
    does(&stage, "tenant set pin_length=4");
    let pin = does(&stage, &format!("users enable {AMOS} --phone +4930")).out.trim_end().to_owned();
    let before = does(&stage, "users export").out;
    let set = format!("Set-CsOnlineDialInConferencingUser {AMOS} -ConferenceId 90{pin}09");
    for ended in [
        administer(&stage, &format!("users set {AMOS} --conference-id 90{pin}09")),
        administer(&stage, &format!("users set {AMOS} --phone +49-90{pin}09")),
        stage.attendant_words(&["cmdlet", &set], HERE),
    ] {
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
        assert!(ended.err.contains("the user's PIN must not be a part of this"), "{}", ended.err);
        assert!(!ended.err.contains(&pin), "no digit of it is told: {}", ended.err);
    }
    assert_eq!(does(&stage, "users export").out, before, "nothing was changed");
    // With another PIN in the same act both go together.
    let reset = stage.attendant_words(&["cmdlet", &format!("{set} -ResetLeaderPin")], HERE);
    assert_eq!(reset.code, 0, "{reset:?}");
    assert!(does(&stage, "users export").out.contains(&format!(",90{pin}09,")));
}

#[test]
fn users_go_out_and_come_in_again_without_their_pins() {
    let stage = Stage::with(&[]);
    does(&stage, "numbers add +14255550100");
    does(&stage, &format!("users enable {AMOS}"));
    does(&stage, "users enable kim@contoso.com --display-name Kim --language de-DE --conference-id 3141592");
    let exported = does(&stage, "users export").out;
    assert!(
        exported.contains("kim@contoso.com,Kim,kim@contoso.com,,de-DE,true,3141592,+14255550100,,true,false")
    );
    std::fs::write(stage.path().join("users.csv"), &exported).unwrap();
    let again = does(&stage, "users import users.csv");
    assert_eq!(again.out, "0 added, 2 existed\n");
    let other = "--directory d/other.db";
    stage.attendant(&format!("numbers add +14255550100 {other}"));
    let imported = stage.attendant(&format!("users import users.csv {other}"));
    assert_eq!(imported.out, "2 added, 0 existed\n", "{imported:?}");
    assert_eq!(stage.attendant(&format!("users export {other}")).out, exported);
    let shown = stage.attendant(&format!("users show {AMOS} {other}"));
    assert!(shown.out.contains("no PIN"), "{}", shown.out);
}

#[test]
fn import_with_pins_gives_each_user_one_pin() {
    let stage = Stage::with(&[
        ("one.csv", "name,enabled\nkim@contoso.com,true\nlee@contoso.com,false\n"),
        ("two.csv", "name\nkim@contoso.com\npat@contoso.com\n"),
    ]);
    let given = |file: &str| {
        let ended = does(&stage, &format!("users import {file} --pins"));
        let pins: Vec<(String, String)> = ended
            .out
            .lines()
            .map(|line| line.split_once(',').map(|(name, pin)| (name.into(), pin.into())).unwrap())
            .collect();
        assert!(pins.iter().all(|(_, pin)| pin.len() == 5), "{ended:?}");
        (pins.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ended.err)
    };
    let (names, said) = given("one.csv");
    assert_eq!(names, ["kim@contoso.com"], "who is not enabled needs none");
    assert!(said.contains("2 added, 0 existed") && said.contains("1 mail sent"), "{said}");
    assert_eq!(given("two.csv").0, ["pat@contoso.com"], "who has one keeps it");
    let mails = does(&stage, "mail list").out;
    assert_eq!((mails.matches("enabled").count(), mails.matches("pin_reset").count()), (2, 0), "{mails}");
    let json = does(&stage, "users import two.csv --pins --json");
    assert_eq!(json.out.lines().count(), 1, "only the summary: {}", json.out);
}

#[test]
fn a_token_stands_alone_on_standard_output_and_nowhere_else() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let issued = does(&stage, &format!("tokens issue {AMOS} --days 7 --label app"));
    let token = issued.out.trim_end();
    let (id, secret) = token.strip_prefix("attendant_").unwrap().split_once('_').unwrap();
    assert!(issued.err.contains(id) && !issued.err.contains(secret), "{}", issued.err);
    let listed = does(&stage, "tokens list");
    assert!(
        listed.out.contains(id) && listed.out.contains("app") && !listed.out.contains(secret),
        "{}",
        listed.out
    );
    let json: serde_json::Value = serde_json::from_str(&does(&stage, "tokens list --json").out).unwrap();
    assert_eq!(
        (&json["user"], &json["role"], &json["is_good"]),
        (&AMOS.into(), &"user".into(), &true.into())
    );
    does(&stage, &format!("tokens revoke {id}"));
    assert!(does(&stage, "tokens list").out.contains("revoked"));
    assert_eq!(administer(&stage, "tokens revoke 0").code, 2);
    assert_eq!(administer(&stage, "tokens issue pat@contoso.com").code, 2);
    assert_eq!(administer(&stage, &format!("tokens issue {AMOS} --days 0")).code, 2);
    traces::assert_nowhere(&stage.path().join("d"), &[secret.to_owned()]);
}

/// A real shell, which completes what was typed so far.
fn completed(stage: &Stage, typed: &str) -> Vec<String> {
    let words: Vec<&str> = typed.split(' ').collect();
    let script = format!(
        "PATH=$1:$PATH; source <(attendant completions bash); COMP_WORDS=({typed}) COMP_CWORD={} COMP_TYPE=9; \
         _clap_complete_attendant attendant '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len() - 1,
        words.last().unwrap()
    );
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_attendant")).parent().unwrap();
    let output = bounded::output(stage.program("bash").args(["-c", &script, "bash"]).arg(folder)).unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_shell_completes_commands_and_users() {
    let stage = Stage::with(&[]);
    for name in [AMOS, "amy@contoso.com", "kim@contoso.com"] {
        does(&stage, &format!("users enable {name}"));
    }
    assert_eq!(completed(&stage, "attendant users reset-p"), ["reset-pin"]);
    let line = format!("attendant users {HERE} show AM");
    assert_eq!(completed(&stage, &line), [AMOS, "amy@contoso.com"]);
    let line = format!("attendant users {HERE} show ");
    assert!(completed(&stage, &line).contains(&"kim@contoso.com".to_owned()));
    let elsewhere = "attendant users --directory d/none.db show am";
    assert!(!completed(&stage, elsewhere).contains(&AMOS.to_owned()));
    assert!(!stage.path().join("d/none.db").exists(), "completing makes no directory");
}

#[tokio::test]
async fn an_audit_log_that_was_touched_is_found() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    for _ in 0..4 {
        does(&stage, &format!("users reset-pin {AMOS} --yes"));
    }
    assert_eq!(does(&stage, "audit verify").out, "5 entries, unchanged\n");
    let listed = does(&stage, "audit list --after 3 --limit 1 --json").out;
    let entry: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&entry["number"], &entry["act"], &entry["origin"]),
        (&4.into(), &"reset_pin".into(), &"cli".into())
    );
    let newest = does(&stage, "audit list --last 2 --json").out;
    assert!(newest.lines().count() == 2 && newest.contains("\"number\":5"), "{newest}");
    assert_eq!(does(&stage, "audit list --last 99 --json").out.lines().count(), 5);
    let url = format!("sqlite://{}", stage.path().join("d/users.db").display());
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    for (touch, said) in [
        ("UPDATE audit SET actor = 'pat' WHERE number = 2", "wrong entry 2 was changed after it was written"),
        ("DELETE FROM audit WHERE number = 3", "wrong entry 3 is missing"),
        ("DELETE FROM audit WHERE number = 5", "wrong the log ends at entry 4, its end was 5"),
        (
            "UPDATE ends SET audit_number = 4",
            "wrong the end of the log is not sealed by a key of the keyring",
        ),
        ("DELETE FROM audit", "wrong the end of the log is not sealed by a key of the keyring"),
    ] {
        sqlx::query(touch).execute(&pool).await.unwrap();
        let ended = administer(&stage, "audit verify");
        assert_eq!(ended.code, 1, "{touch}");
        assert!(ended.out.contains(said), "{touch}: {}", ended.out);
    }
    does(&stage, &format!("users enable {AMOS}"));
    let later = administer(&stage, "audit verify");
    assert!(later.code == 1 && later.out.contains("wrong the log was changed by somebody else"), "{later:?}");
}

#[tokio::test]
async fn to_verify_the_audit_log_writes_nothing() {
    let stage = Stage::with(&[]);
    let nothing = administer(&stage, "audit verify");
    assert_eq!(nothing.code, 2, "{nothing:?}");
    assert!(!stage.path().join("d").exists(), "nothing was made");
    does(&stage, &format!("users enable {AMOS}"));
    let path = stage.path().join("d/users.db");
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("UPDATE ends SET audit_seal = ''").execute(&pool).await.unwrap();
    pool.close().await;
    let before = std::fs::read(&path).unwrap();
    for line in ["audit verify", "audit list"] {
        administer(&stage, line);
    }
    assert!(std::fs::read(&path).unwrap() == before, "not a byte is another");
}

#[test]
fn an_entry_kept_elsewhere_must_be_there() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let said = does(&stage, "audit verify").err;
    let last = said.split("the last is ").nth(1).unwrap().split(';').next().unwrap();
    does(&stage, &format!("users reset-pin {AMOS} --yes"));
    does(&stage, &format!("audit verify --has {last}"));
    let other = administer(&stage, &format!("audit verify --has 2{last}"));
    assert!(other.code == 1 && other.out.contains("wrong the log does not have the entry 21:"), "{other:?}");
    assert_eq!(administer(&stage, "audit verify --has x").code, 2);
}

/// Every command that opens the directory, with an exit code of its own choice when it may work.
const OPENING: &[&str] = &[
    "users list",
    "users enable kim@contoso.com",
    "tenant show",
    "numbers list",
    "tokens list",
    "accounts list",
    "mail list",
    "mail send",
    "audit list",
    "audit verify",
    "directory rotate-key",
    "cmdlet Get-CsOnlineDialInConferencingUser",
    "serve --listen 127.0.0.1:0",
];

#[test]
fn no_command_makes_a_keyring_beside_a_used_directory() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let (keyring, kept) = (stage.path().join("d/users.db.keyring"), stage.path().join("kept"));
    std::fs::rename(&keyring, &kept).unwrap();
    for line in OPENING {
        let refused = administer(&stage, line);
        assert_eq!(refused.code, 1, "{line}: {refused:?}");
        assert!(refused.err.contains("the keyring d/users.db.keyring does not exist"), "{line}: {refused:?}");
        assert!(refused.err.contains("adopt-keyring"), "{line}: the way out: {refused:?}");
        assert!(!keyring.exists(), "{line}");
    }
    std::fs::rename(&kept, &keyring).unwrap();
    assert_eq!(does(&stage, "audit verify").out, "1 entries, unchanged\n");
}

#[test]
fn no_command_makes_a_directory_in_the_place_of_a_lost_one() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let database = stage.path().join("d/users.db");
    let kept = std::fs::read(&database).unwrap();
    for emptied in [false, true] {
        for line in OPENING.iter().chain(&["directory adopt-keyring --yes"]) {
            std::fs::remove_file(&database).unwrap_or_default();
            if emptied {
                super::disk::private(&database, b"");
            }
            let refused = administer(&stage, line);
            assert_eq!(refused.code, 1, "{line}: {refused:?}");
            assert!(refused.err.contains("d/users.db is missing or empty"), "{line}: {refused:?}");
            assert!(refused.err.contains("attendant directory create"), "{line}: the way out: {refused:?}");
            assert_eq!(database.exists(), emptied, "{line}");
        }
    }
    super::disk::private(&database, &kept);
    assert_eq!(does(&stage, "audit verify").out, "1 entries, unchanged\n", "restored");
}

#[test]
fn a_lost_directory_is_begun_again_by_name_only() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let used = administer(&stage, "directory create --yes");
    assert!(used.code == 1 && used.err.contains("already"), "{used:?}");
    std::fs::remove_file(stage.path().join("d/users.db")).unwrap();
    assert_eq!(administer(&stage, "directory create").code, 2, "it asks");
    let created = does(&stage, "directory create --yes");
    assert!(created.out.contains("a new directory was created at d/users.db"), "{created:?}");
    assert_eq!(does(&stage, "users list --json").out, "");
    assert!(does(&stage, "audit list --json").out.contains("create_directory"));
}

/// The URL of a new, empty database of PostgreSQL.
fn empty_database() -> String {
    match super::postgres::database() {
        Location::Postgres(url) => url,
        Location::File(path) => panic!("{path:?}"),
    }
}

#[test]
fn an_empty_database_is_read_by_nobody_and_made_aloud() {
    let stage = Stage::with(&[]);
    let on = |line: &str, url: &str| {
        stage.attendant(&format!("{line} --directory {url} -o directory.keyring=k/keyring"))
    };
    let url = empty_database();
    for line in [
        "users list",
        "audit verify",
        "directory check",
        "directory backup saved",
        "mail send",
        "tenant reset --yes",
    ] {
        let refused = on(line, &url);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{line}: {refused:?}");
        assert!(
            refused.err.starts_with("error: there is no directory in the database postgres://"),
            "{refused:?}"
        );
        assert!(
            refused.err.contains("which is empty; `attendant serve` and commands that add"),
            "{refused:?}"
        );
    }
    assert!(!stage.path().join("k").exists(), "no keyring is made");
    let made = on("tenant set pin_length=9", &url);
    assert!(made.code == 0 && made.err.contains("note: a new directory was made at postgres://"), "{made:?}");
    let read = on("tenant show", &url);
    assert!(read.code == 0 && read.out.contains('9'), "{read:?}");
}

#[test]
fn an_empty_database_is_not_the_one_of_a_used_keyring() {
    let stage = Stage::with(&[]);
    let [first, second] = [(); 2].map(|()| empty_database());
    let keyring = "-o directory.keyring=keyring";
    let enabled = stage.attendant(&format!("users enable {AMOS} --directory {first} {keyring}"));
    assert_eq!(enabled.code, 0, "{enabled:?}");
    let refused = stage.attendant(&format!("users enable {AMOS} --directory {second} {keyring}"));
    assert!(refused.code == 1 && refused.err.contains("attendant directory create"), "{refused:?}");
    let elsewhere = stage.attendant(&format!("users list --directory {second} -o directory.keyring=other"));
    assert!(elsewhere.err.contains("which is empty"), "no table was made: {elsewhere:?}");
}

#[test]
fn a_new_directory_on_a_full_disk_is_told_so_at_once() {
    let stage = Stage::with(&[]);
    let disk = Disk::mount(&stage, "d", 2_048);
    for kilobytes in [0, 4, 8, 12, 16, 24] {
        disk.fill_but(kilobytes * 1024);
        let refused = administer(&stage, &format!("users enable {AMOS}"));
        let told = refused.err.contains("is full") || refused.err.contains("No space left");
        assert!(refused.code == 1 && told, "{kilobytes}: {refused:?}");
        assert!(!refused.err.contains("timed out"), "{kilobytes}: {refused:?}");
        disk.free();
    }
    does(&stage, &format!("users enable {AMOS}"));
    drop(disk);
}

#[test]
fn the_log_is_verified_where_nothing_can_be_written() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let disk = Disk::read_only(&stage, "r", "d");
    let there = "--directory r/users.db";
    let verified = stage.attendant(&format!("audit verify {there}"));
    assert_eq!((verified.code, verified.out.as_str()), (0, "1 entries, unchanged\n"), "{verified:?}");
    let listed = stage.attendant(&format!("users list {there}"));
    assert!(listed.code == 0 && listed.out.contains(AMOS), "{listed:?}");
    let refused = stage.attendant(&format!("users enable kim@contoso.com {there}"));
    assert!(refused.code == 1 && refused.err.contains("r/users.db.lock: Read-only"), "{refused:?}");
    super::disk::private(&stage.path().join("d/users.db-wal"), &[0; 32]);
    let unread = stage.attendant(&format!("audit verify {there}"));
    assert!(unread.code == 1 && unread.err.contains("r/users.db-wal holds the latest changes"), "{unread:?}");
    drop(disk);
}

#[test]
fn a_directory_is_opened_with_its_own_keyring_only() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let first = stage.read("d/users.db.keyring");
    does(&stage, "directory rotate-key");
    let own = stage.read("d/users.db.keyring");
    stage.attendant("tenant set pin_length=9 --directory d/other.db");
    for foreign in [stage.read("d/other.db.keyring"), first] {
        std::fs::write(stage.path().join("d/users.db.keyring"), foreign).unwrap();
        for line in OPENING {
            let refused = administer(&stage, line);
            assert_eq!(refused.code, 1, "{line}: {refused:?}");
            let newest = own.lines().last().unwrap().split(' ').next().unwrap();
            let said = format!("belongs to the keyring with the key {newest}");
            assert!(refused.err.contains(&said), "{line}: {refused:?}");
        }
    }
    std::fs::write(stage.path().join("d/users.db.keyring"), own).unwrap();
    does(&stage, "users list");
}

#[test]
fn a_lost_keyring_is_given_up_by_name_only() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    std::fs::remove_file(stage.path().join("d/users.db.keyring")).unwrap();
    assert_eq!(administer(&stage, "directory adopt-keyring").code, 2, "it asks");
    let adopted = does(&stage, "directory adopt-keyring --yes");
    assert!(adopted.out.contains("now belongs to d/users.db.keyring"), "{adopted:?}");
    let verified = administer(&stage, "audit verify");
    assert!(verified.code == 1 && verified.out.contains("which the keyring lacks"), "{verified:?}");
    assert_eq!(does(&stage, &format!("users reset-pin {AMOS} --yes")).out.trim_end().len(), 5);
    let again = does(&stage, "directory adopt-keyring --yes");
    assert!(again.out.contains("already"), "{again:?}");
}

#[test]
fn a_key_is_rotated_and_what_the_old_one_sealed_still_verifies() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let rotated = does(&stage, "directory rotate-key");
    assert!(rotated.out.contains("from now on (d/users.db.keyring)"), "{}", rotated.out);
    assert_eq!(stage.read("d/users.db.keyring").lines().filter(|line| !line.starts_with('#')).count(), 2);
    assert_eq!(does(&stage, "audit verify").out, "2 entries, unchanged\n");
    assert!(does(&stage, "audit list").out.contains("rotate_key"));
    assert!(does(&stage, "directory where").out.contains("directory  d/users.db"));
}

/// A user who was enabled in the year 2020, and whose PIN was reset an hour later.
async fn long_ago(stage: &Stage) {
    let folder = stage.path().join("d");
    std::fs::create_dir_all(&folder).unwrap();
    let location = Location::File(folder.join("users.db"));
    let (store, keyring) = Sql::open_with(&location, &location.keyring().unwrap()).await.unwrap();
    let desk = Desk::new(store, keyring);
    let reset = Change { reset_pin: true, ..Change::of(UserName(AMOS.into())) };
    for (at, act) in [(0, Act::Enable(enable(AMOS))), (3_600_000, Act::Change(reset))] {
        desk.administration.perform(1_600_000_000_000 + at, &administrator(), &act).await.unwrap();
    }
    desk.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_entries_are_archived_and_taken_away() {
    let stage = Stage::with(&[]);
    long_ago(&stage).await;
    does(&stage, &format!("users disable {AMOS} --yes"));
    let before = does(&stage, "audit list --json").out;
    let prune = "audit prune --older-than 365 --archive old.jsonl";
    assert_eq!(administer(&stage, prune).code, 2, "it asks");
    let pruned = does(&stage, &format!("{prune} --yes"));
    assert_eq!(pruned.out, "entries 1 to 2 were moved to old.jsonl\n");
    assert_eq!(
        stage.read("old.jsonl").lines().collect::<Vec<_>>(),
        before.lines().take(2).collect::<Vec<_>>()
    );
    assert_eq!(does(&stage, "audit verify").out, "2 entries, unchanged\n");
    assert_eq!(does(&stage, &format!("{prune} --yes")).out, "no entry is older than 365 days\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_there_is_not_written_over() {
    let stage = Stage::with(&[("old.jsonl", "kept\n")]);
    long_ago(&stage).await;
    let refused = administer(&stage, "audit prune --older-than 365 --archive old.jsonl --yes");
    assert!(refused.code == 1 && refused.err.contains("the archive old.jsonl"), "{refused:?}");
    assert_eq!(
        (stage.read("old.jsonl").as_str(), does(&stage, "audit list --json").out.lines().count()),
        ("kept\n", 2)
    );
    does(&stage, "mail send");
    let pruned = does(&stage, "mail prune --older-than 365 --yes").out;
    assert!(pruned.starts_with("2 removed, and 1 file in "), "{pruned}");
    assert_eq!(does(&stage, "mail list --json").out, "");
}
